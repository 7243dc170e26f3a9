#include "server/api/portal_address.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/api_fixture_test.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::server {
namespace {

using PortalAddressTest = ApiFixture;

// Ways to write an address that no portal has. Those that are no host name or address
// at all are refused as such, the others as private.
constexpr const char* kSpellings[] = {"localhost",
                                      "LocalHost",
                                      "localhost.",
                                      "portal.localhost",
                                      "127.0.0.1",
                                      "127.0.0.1.",
                                      "127.1",
                                      "127.0.1",
                                      "127.255.255.254",
                                      "2130706433",
                                      "0x7f000001",
                                      "0x7f.1",
                                      "0x7f.0x0.0x0.0x1",
                                      "0177.0.0.1",
                                      "017700000001",
                                      "0",
                                      "0.0.0.0",
                                      "0x0",
                                      "::1",
                                      "[::1]",
                                      "0:0:0:0:0:0:0:1",
                                      "::",
                                      "::127.0.0.1",
                                      "::ffff:127.0.0.1",
                                      "::ffff:7f00:1",
                                      "::FFFF:10.0.0.1",
                                      "::ffff:8.8.8.8",
                                      "64:ff9b::7f00:1",
                                      "64:ff9b::169.254.169.254",
                                      "2002:7f00:1::",
                                      "2002:a9fe:a9fe::",
                                      "fc00::1",
                                      "fd12:3456::1",
                                      "fe80::1",
                                      "fe80::1%eth0",
                                      "febf::1",
                                      "ff02::1",
                                      "fd00:ec2::254",
                                      "2001:db8::1",
                                      "10.0.0.1",
                                      "10.1",
                                      "167772161",
                                      "012.0.0.1",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.168.1.1",
                                      "192.168.257",
                                      "0xc0a80101",
                                      "169.254.169.254",
                                      "169.254.43518",
                                      "2852039166",
                                      "0251.0376.0251.0376",
                                      "metadata.google.internal",
                                      "METADATA.google.internal",
                                      "metadata",
                                      "instance-data",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "100.100.100.200",
                                      "192.0.0.192",
                                      "192.0.2.1",
                                      "198.18.0.1",
                                      "224.0.0.1",
                                      "255.255.255.255",
                                      "http://127.0.0.1/",
                                      "https://hotel.bitrix24.ru@127.0.0.1",
                                      "127.0.0.1:443",
                                      "127.0.0.1/hotel.bitrix24.ru",
                                      "127.0.0.1#hotel.bitrix24.ru",
                                      "127.0.0.1\\@hotel.bitrix24.ru",
                                      "127.0.0.1\t",
                                      " 127.0.0.1",
                                      "127.0.0.1\n",
                                      "127%2e0%2e0%2e1",
                                      "127。0。0。1",
                                      "１２７.0.0.1",
                                      "①②⑦.0.0.1",
                                      "..127.0.0.1"};
static_assert(sizeof(kSpellings) / sizeof(kSpellings[0]) >= 60);

TEST_F(PortalAddressTest, NoSpellingOfAPrivateAddressIsTakenForAPortal) {
  CreateIntegration("main");
  for (const char* spelling : kSpellings) {
    v1::Connection connection = WebhookConnection("main");
    connection.set_api_server(spelling);
    const std::string reason = ReasonOf(connections_.Save(connection).status());
    EXPECT_THAT(reason,
                ::testing::AnyOf("API_SERVER_INVALID", "PORTAL_ADDRESS_REFUSED"))
        << spelling;
  }
  EXPECT_EQ(credentials_.last_secret, "") << "no portal was asked";
}

TEST_F(PortalAddressTest, PublicAddressesAndNamesPass) {
  for (const char* host : {"hotel.bitrix24.ru", "crm.hotel.example", "8.8.8.8",
                           "172.32.0.1", "2a00:1450::1", "64:ff9b::808:808"}) {
    EXPECT_FALSE(IsPrivateHost(host)) << host;
  }
}

}  // namespace
}  // namespace guestbridge::server
