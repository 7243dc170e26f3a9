#include "sync-agent/portal/bitrix24/redirect.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

constexpr char kTarget[] = "/rest/1/s3cr3t/batch";
const PortalAddress kFrom = {"hotel.bitrix24.ru", 443};

std::string Judged(const std::string& location, bool allow_private = false) {
  const auto to = JudgeRedirect(location, kTarget, kFrom, allow_private);
  return to.has_value() ? ToText(*to) : "refused";
}

TEST(Redirect, ARenamedPortalIsFollowedToItsNewHost) {
  EXPECT_EQ(Judged("https://Grand.Bitrix24.ru/rest/1/s3cr3t/batch"),
            "grand.bitrix24.ru");
  EXPECT_EQ(Judged("HTTPS://crm.example.com:443/rest/1/s3cr3t/batch"),
            "crm.example.com");
  EXPECT_EQ(Judged("https://crm.example.com:8443/rest/1/s3cr3t/batch"),
            "crm.example.com:8443");
  EXPECT_EQ(Judged("https://hotel.bitrix24.ru:8443/rest/1/s3cr3t/batch"),
            "hotel.bitrix24.ru:8443");
}

TEST(Redirect, WhatCouldCarryTheSecretElsewhereIsRefused) {
  for (const char* location :
       {"", "/rest/1/s3cr3t/batch", "//crm.example.com/rest/1/s3cr3t/batch",
        "http://crm.example.com/rest/1/s3cr3t/batch", "https://crm.example.com",
        "https://crm.example.com/", "https://crm.example.com/login",
        "https://crm.example.com/rest/1/s3cr3t/profile",
        "https://crm.example.com/rest/1/s3cr3t/batch?x=1",
        "https://crm.example.com/x/rest/1/s3cr3t/batch",
        "https://crm.example.com/rest/1/s3cr3t/batch#",
        "https://user@crm.example.com/rest/1/s3cr3t/batch",
        "https://user:pw@crm.example.com/rest/1/s3cr3t/batch",
        "https://crm.example.com:0/rest/1/s3cr3t/batch",
        "https://crm.example.com:65536/rest/1/s3cr3t/batch",
        "https://crm.example.com:+443/rest/1/s3cr3t/batch",
        "https://crm.example.com:/rest/1/s3cr3t/batch",
        "https://crm.example.com:44a/rest/1/s3cr3t/batch",
        "https:///rest/1/s3cr3t/batch", "https://./rest/1/s3cr3t/batch",
        "https://-a.example.com/rest/1/s3cr3t/batch",
        "https://crm..example.com/rest/1/s3cr3t/batch",
        "https://crm.example.com./rest/1/s3cr3t/batch",
        "https://crm example.com/rest/1/s3cr3t/batch",
        "https://crm.example.com\\@evil.example.com/rest/1/s3cr3t/batch",
        "https://xn--\xd0\xb0.example.com/rest/1/s3cr3t/batch",
        "https://[::1/rest/1/s3cr3t/batch", "https://[zz]/rest/1/s3cr3t/batch",
        // Where it stands already: that would go in circles.
        "https://hotel.bitrix24.ru/rest/1/s3cr3t/batch",
        "https://HOTEL.bitrix24.ru:443/rest/1/s3cr3t/batch"}) {
    SCOPED_TRACE(location);
    EXPECT_EQ(Judged(location), "refused");
    EXPECT_EQ(Judged(location, true), "refused");
  }
}

TEST(Redirect, APrivateAddressNeedsTheOperatorsWordAndMetadataNeverPasses) {
  for (const char* host : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "[::1]", "[fd00::1]",
                           "localhost", "portal.localhost", "[::ffff:10.0.0.1]"}) {
    SCOPED_TRACE(host);
    const std::string location = std::string("https://") + host + kTarget;
    EXPECT_EQ(Judged(location), "refused");
    EXPECT_NE(Judged(location, true), "refused");
  }
  for (const char* host :
       {"169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200",
        "metadata.google.internal", "metadata", "0.0.0.0", "127.1", "2130706433",
        "0x7f000001", "0177.0.0.1", "1.2.3.4.5"}) {
    SCOPED_TRACE(host);
    const std::string location = std::string("https://") + host + kTarget;
    EXPECT_EQ(Judged(location), "refused");
    EXPECT_EQ(Judged(location, true), "refused");
  }
  EXPECT_EQ(Judged(std::string("https://203.0.112.7") + kTarget), "203.0.112.7");
}

TEST(Redirect, AZeroByteEndsNoAddress) {
  for (const std::string& host :
       {std::string("[2a00::1\0]", 9), std::string("203.0.112.7\0x", 13),
        std::string("crm.example.com\0.ru", 19)}) {
    EXPECT_EQ(Judged("https://" + host + kTarget, true), "refused");
  }
}

TEST(Redirect, OnlyAnAnswerThatSendsTheCallOnIsAMove) {
  HttpResult answer;
  answer.outcome = HttpOutcome::kAnswered;
  for (const int status : {301, 302, 307, 308}) {
    answer.status = status;
    EXPECT_TRUE(IsMoved(answer)) << status;
  }
  for (const int status : {200, 300, 303, 304, 400, 503}) {
    answer.status = status;
    EXPECT_FALSE(IsMoved(answer)) << status;
  }
  answer.outcome = HttpOutcome::kSentNoAnswer;
  answer.status = 302;
  EXPECT_FALSE(IsMoved(answer));
}

}  // namespace
}  // namespace guestbridge::agent
