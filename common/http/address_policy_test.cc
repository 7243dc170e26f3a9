#include "common/http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "gtest/gtest.h"

namespace guestbridge {
namespace {

using Policy = HttpClientOptions::AddressPolicy;

bool IsAllowed(const std::string& text, Policy policy) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
  } else {
    ADD_FAILURE() << text;
  }
  return IsAddressAllowed(reinterpret_cast<const sockaddr&>(storage), policy);
}

TEST(AddressPolicyTest, PublicAddressesAreAllowed) {
  for (const char* address :
       {"8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.0.1",
        "100.128.0.1", "169.253.0.1", "192.167.1.1", "223.255.255.254",
        "2606:2800:220:1::1", "2a00:1450::5", "64:ff9b::808:808", "2002:808:808::1"}) {
    SCOPED_TRACE(address);
    EXPECT_TRUE(IsAllowed(address, Policy::kPublicOnly));
    EXPECT_TRUE(IsAllowed(address, Policy::kAnyButMetadata));
    EXPECT_TRUE(IsAllowed(address, Policy::kAny));
  }
}

TEST(AddressPolicyTest, InternalAddressesAreForSourcesOnly) {
  for (const char* address : {"127.0.0.1",
                              "127.255.255.254",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "192.0.2.1",
                              "198.18.0.1",
                              "198.51.100.1",
                              "203.0.113.1",
                              "::1",
                              "fd12::1",
                              "fc00::1",
                              "::ffff:10.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:8.8.8.8",
                              "2001:db8::1",
                              "2001::1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::"}) {
    SCOPED_TRACE(address);
    EXPECT_FALSE(IsAllowed(address, Policy::kPublicOnly));
    EXPECT_TRUE(IsAllowed(address, Policy::kAnyButMetadata));
    EXPECT_TRUE(IsAllowed(address, Policy::kAny));
  }
}

TEST(AddressPolicyTest, MetadataLinkLocalAndMulticastAreForNobody) {
  for (const char* address :
       {"169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "100.100.100.200", "192.0.0.192",
        "::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"}) {
    SCOPED_TRACE(address);
    EXPECT_FALSE(IsAllowed(address, Policy::kPublicOnly));
    EXPECT_FALSE(IsAllowed(address, Policy::kAnyButMetadata));
    EXPECT_TRUE(IsAllowed(address, Policy::kAny));
  }
}

}  // namespace
}  // namespace guestbridge
