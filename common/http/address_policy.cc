#include "common/http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace guestbridge {
namespace {

enum class Kind {
  kPublic,
  kInternal,  // private, loopback, CGNAT, documentation, …
  kNever,     // link-local with the metadata services, multicast, "this network"
};

struct Range4 {
  uint32_t base;
  int bits;
  Kind kind;
};

constexpr uint32_t Ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// RFC 6890 and the metadata addresses of the large clouds. The first match counts.
constexpr Range4 kRanges4[] = {
    {Ip(0, 0, 0, 0), 8, Kind::kNever},
    {Ip(169, 254, 0, 0), 16, Kind::kNever},
    {Ip(100, 100, 100, 200), 32, Kind::kNever},  // metadata of Alibaba Cloud
    {Ip(192, 0, 0, 192), 32, Kind::kNever},      // metadata of Oracle Cloud
    {Ip(224, 0, 0, 0), 4, Kind::kNever},
    {Ip(240, 0, 0, 0), 4, Kind::kNever},
    {Ip(10, 0, 0, 0), 8, Kind::kInternal},
    {Ip(100, 64, 0, 0), 10, Kind::kInternal},
    {Ip(127, 0, 0, 0), 8, Kind::kInternal},
    {Ip(172, 16, 0, 0), 12, Kind::kInternal},
    {Ip(192, 0, 0, 0), 24, Kind::kInternal},
    {Ip(192, 0, 2, 0), 24, Kind::kInternal},
    {Ip(192, 88, 99, 0), 24, Kind::kInternal},
    {Ip(192, 168, 0, 0), 16, Kind::kInternal},
    {Ip(198, 18, 0, 0), 15, Kind::kInternal},
    {Ip(198, 51, 100, 0), 24, Kind::kInternal},
    {Ip(203, 0, 113, 0), 24, Kind::kInternal},
};

Kind KindOf4(uint32_t address) {
  for (const Range4& range : kRanges4) {
    const uint32_t mask = ~uint32_t{0} << (32 - range.bits);
    if ((address & mask) == range.base) return range.kind;
  }
  return Kind::kPublic;
}

using Bytes16 = std::array<uint8_t, 16>;

bool HasPrefix(const Bytes16& address, const Bytes16& prefix, int bits) {
  for (int i = 0; i < bits; ++i) {
    const int bit = 7 - i % 8;
    if (((address[i / 8] ^ prefix[i / 8]) >> bit & 1) != 0) return false;
  }
  return true;
}

uint32_t Embedded4(const Bytes16& address, size_t at) {
  return Ip(address[at], address[at + 1], address[at + 2], address[at + 3]);
}

Kind KindOf6(const Bytes16& address) {
  const auto within = [&](const Bytes16& prefix, int bits) {
    return HasPrefix(address, prefix, bits);
  };
  if (within({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96)) {  // ::ffff:a.b.c.d
    const Kind kind = KindOf4(Embedded4(address, 12));
    return kind == Kind::kPublic ? Kind::kInternal : kind;
  }
  if (within({0, 0x64, 0xff, 0x9b}, 96)) return KindOf4(Embedded4(address, 12));
  if (within({0x20, 0x02}, 16)) return KindOf4(Embedded4(address, 2));  // 6to4
  if (within({0xfe, 0x80}, 10)) return Kind::kNever;
  if (within({0xff}, 8)) return Kind::kNever;
  // Metadata of AWS: fd00:ec2::254.
  if (within({0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128)) {
    return Kind::kNever;
  }
  if (within({}, 128)) return Kind::kNever;  // ::
  if (within({0x20, 0x01, 0x0d, 0xb8}, 32)) return Kind::kInternal;
  if (within({0x20, 0x01, 0, 0}, 23)) return Kind::kInternal;  // Teredo and others
  return within({0x20}, 3) ? Kind::kPublic : Kind::kInternal;
}

}  // namespace

bool IsAddressAllowed(const sockaddr& address,
                      HttpClientOptions::AddressPolicy policy) {
  using AddressPolicy = HttpClientOptions::AddressPolicy;
  if (policy == AddressPolicy::kAny) return true;
  Kind kind = Kind::kNever;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    kind = KindOf4(ntohl(v4.sin_addr.s_addr));
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    Bytes16 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    kind = KindOf6(bytes);
  }
  if (policy == AddressPolicy::kAnyButMetadata) return kind != Kind::kNever;
  return kind == Kind::kPublic;
}

}  // namespace guestbridge
