#include "common/http/host_name.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(HostName, IsLabelsOfLettersDigitsAndDashes) {
  for (const char* name : {"a", "hotel.bitrix24.ru", "my_portal.example",
                           "xn--e1a.example", "127.1", "a-b.c"}) {
    EXPECT_TRUE(IsHostName(name)) << name;
  }
  for (const char* name : {"", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a b", "a/b",
                           "a:1", "[::1]", "user@host", "a%2e", "отель.рф"}) {
    EXPECT_FALSE(IsHostName(name)) << name;
  }
}

TEST(HostName, AListIsOfAddressesInNumbersWithTheirPorts) {
  for (const char* server :
       {"bridge.example:7443", "unix:/run/s", "ipv4:10.0.0.11:7443", "[::1]:7443",
        "ipv4:10.0.0.11:7443,10.0.0.12:7443", "ipv6:[::1]:7443,[fe80::2]:7443"}) {
    EXPECT_FALSE(IsMalformedList(server)) << server;
  }
  for (const char* server :
       {"ipv4:", "ipv4:bridge.example:7443", "ipv4:10.0.0.11:7443,bridge:7443",
        "ipv4:10.0.0.11", "ipv4:10.0.0.11:0", "ipv4:10.0.0.11:70000",
        "ipv4:10.0.0.11:7443,", "ipv4:[::1]:7443", "ipv6:::1:7443", "ipv6:10.0.0.11:1",
        "ipv4:10.0.0.11:7443, 10.0.0.12:7443"}) {
    EXPECT_TRUE(IsMalformedList(server)) << server;
  }
}

TEST(HostName, IsOfBoundedLength) {
  const std::string label(63, 'a');
  EXPECT_TRUE(IsHostName(label));
  EXPECT_FALSE(IsHostName(label + "a"));
  const std::string name = absl::StrCat(label, ".", label, ".", label, ".");
  EXPECT_TRUE(IsHostName(name + std::string(61, 'a')));
  EXPECT_FALSE(IsHostName(name + std::string(62, 'a')));
}

}  // namespace
}  // namespace guestbridge
