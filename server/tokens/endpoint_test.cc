#include "server/tokens/endpoint.h"

#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

TEST(EndpointTest, ReadsSchemeHostPortAndPath) {
  const auto plain = ParseEndpoint("http://127.0.0.1:8443/base/");
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 8443);
  EXPECT_EQ(plain->path, "/base");
  const auto secure = ParseEndpoint("HTTPS://OAuth.Example.com");
  ASSERT_TRUE(secure.has_value());
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->host, "oauth.example.com");
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->path, "");
  const auto six = ParseEndpoint("https://[::1]:9443/");
  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, 9443);
}

TEST(EndpointTest, RefusesWhatCanBeReadInTwoWays) {
  for (const char* url : {"",
                          "oauth.example.com",
                          "ftp://oauth.example.com",
                          "https://",
                          "https:///x",
                          "https://user@oauth.example.com",
                          "https://a.example.com\\@b.example.com",
                          "https://a.example.com#b",
                          "https://a.example.com?b",
                          "https://a b.example.com",
                          "https://a.example.com:0",
                          "https://a.example.com:65536",
                          "https://a.example.com:",
                          "https://a.example.com:44x",
                          "https://[::1",
                          "https://[::1]x",
                          "https://a..example.com",
                          "https://.example.com",
                          "https://\xd1\x85.example.com",
                          "https://a.example.com\n"}) {
    EXPECT_FALSE(ParseEndpoint(url).has_value()) << url;
  }
}

TEST(EndpointTest, FollowsOnlyBitrix24sOwnOAuthServers) {
  for (const char* url :
       {"https://oauth.bitrix.info/rest/", "https://oauth.bitrix24.tech/rest/",
        "https://bitrix24.tech", "https://OAUTH.Bitrix24.Tech/rest/"}) {
    const auto server = TrustedOAuthServer(url);
    ASSERT_TRUE(server.has_value()) << url;
    EXPECT_EQ(server->path, "") << "only the host is taken";
  }
  for (const char* url :
       {"", "http://oauth.bitrix.info/rest/", "https://oauth.bitrix.info:8443/rest/",
        "https://oauth.bitrix.info.evil.example/rest/", "https://evilbitrix.info/rest/",
        "https://oauth.bitrix.info@evil.example/",
        "https://evil.example/oauth.bitrix.info", "https://bitrix24.tech.example"}) {
    EXPECT_FALSE(TrustedOAuthServer(url).has_value()) << url;
  }
}

}  // namespace
}  // namespace guestbridge::server
