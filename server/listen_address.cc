#include "server/listen_address.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace guestbridge::server {

namespace {

constexpr absl::string_view kUnix = "unix:";
constexpr size_t kLongestSocket = 107;

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto invalid = [&] {
    return MakeError("LISTEN_ADDRESS_INVALID", {{"listen", text}});
  };
  if (absl::StartsWith(text, kUnix)) {
    ListenAddress local;
    local.socket = text.substr(kUnix.size());
    // As much as the kernel's address holds.
    if (local.socket.empty() || local.socket.size() > kLongestSocket) return invalid();
    return local;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return invalid();
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port) || address.port < 0 ||
      address.port > 65535) {
    return invalid();
  }
  if (address.host.size() > 2 && address.host.front() == '[' &&
      address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return invalid();
  }
  if (address.host.empty()) return invalid();
  return address;
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6;
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

absl::Status CheckSocketFolder(const std::string& socket) {
  const std::string parent = std::filesystem::path(socket).parent_path();
  const std::string folder = parent.empty() ? "." : parent;
  struct stat facts {};
  if (stat(folder.c_str(), &facts) != 0) {
    return MakeError("LISTEN_SOCKET_UNSAFE",
                     {{"file", socket}, {"detail", std::strerror(errno)}});
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
  return MakeError("LISTEN_SOCKET_UNSAFE",
                   {{"file", socket}, {"detail", absl::StrCat("chmod go-w ", folder)}});
}

std::string ToHostPort(const ListenAddress& address) {
  if (!address.socket.empty()) return absl::StrCat(kUnix, address.socket);
  if (address.host.find(':') != std::string::npos) {
    return absl::StrCat("[", address.host, "]:", address.port);
  }
  return absl::StrCat(address.host, ":", address.port);
}

}  // namespace guestbridge::server
