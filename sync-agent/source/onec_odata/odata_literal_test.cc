#include "sync-agent/source/onec_odata/odata_literal.h"

#include "common/status/error.h"
#include "gtest/gtest.h"
#include "sync-agent/source/onec_odata/source_address.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

TEST(LiteralTest, DoublesApostrophesAndNeverLeavesItsPlace) {
  EXPECT_EQ(TextLiteral("O'Neil"), "'O''Neil'");
  EXPECT_EQ(Literal(LiteralKind::kNumber, "12"), "12");
  EXPECT_EQ(Literal(LiteralKind::kNumber, "1 or 1 eq 1"), "'1 or 1 eq 1'");
  EXPECT_EQ(Literal(LiteralKind::kDateTime, "2024-05-01T10:20:30"),
            "datetime'2024-05-01T10:20:30'");
  EXPECT_EQ(Literal(LiteralKind::kDateTime, "x' or '"), "'x'' or '''");
}

TEST(LiteralTest, EncodesASpaceAsPercentTwentyAndWhatSplitsAQuery) {
  EXPECT_EQ(EncodeQueryValue("Phone eq '+7 a&b#c%d=é'"),
            "Phone%20eq%20'%2B7%20a%26b%23c%25d%3D%C3%A9'");
  EXPECT_EQ(EncodeSegment("Catalog_Клиенты(guid'a/b')"),
            "Catalog_%D0%9A%D0%BB%D0%B8%D0%B5%D0%BD%D1%82%D1%8B(guid'a%2Fb')");
}

TEST(LiteralTest, TellsGuidsAndTimes) {
  EXPECT_TRUE(IsGuid("E43CE3EA-f385-4df5-ad79-99716515d314"));
  EXPECT_FALSE(IsGuid("e43ce3ea-f385-4df5-ad79-99716515d31'"));
  EXPECT_FALSE(IsGuid(""));
  EXPECT_TRUE(IsDateTime("0001-01-01T00:00:00"));
  EXPECT_FALSE(IsDateTime("2024-05-01 10:20:30"));
  EXPECT_FALSE(IsDateTime("2024-05-01T10:20:30Z"));
}

TEST(LiteralTest, JoinsFilters) {
  EXPECT_EQ(AndFilter("", "a eq 1"), "a eq 1");
  EXPECT_EQ(AndFilter("a eq 1", ""), "a eq 1");
  EXPECT_EQ(AndFilter("a eq 1", "b eq 2"), "a eq 1 and b eq 2");
  EXPECT_EQ(AnyGuidFilter("K", {"1", "2"}), "K eq guid'1' or K eq guid'2'");
}

TEST(SourceAddressTest, TakesAPublicationWithAndWithoutTheService) {
  const auto plain = ParseSourceAddress("http://1c.example.org:8080/hotel/");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "1c.example.org");
  EXPECT_EQ(plain->port, 8080);
  EXPECT_EQ(plain->root, "/hotel/odata/standard.odata");
  const auto whole = ParseSourceAddress("HTTPS://h/a/app/1/odata/standard.odata");
  ASSERT_TRUE(whole.ok());
  EXPECT_TRUE(whole->tls);
  EXPECT_EQ(whole->port, 443);
  EXPECT_EQ(whole->root, "/a/app/1/odata/standard.odata");
  const auto six = ParseSourceAddress("http://[::1]:81/отель");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, 81);
  EXPECT_EQ(six->root, "/%D0%BE%D1%82%D0%B5%D0%BB%D1%8C/odata/standard.odata");
  EXPECT_EQ(ParseSourceAddress("http://[::1]/b")->port, 80);
}

TEST(SourceAddressTest, RefusesWhatIsNoPublication) {
  for (const char* url :
       {"", "hotel", "ftp://h/b", "http://", "http:///b", "http://h:0/b",
        "http://h:99999/b", "http://h:/b", "http://h/b?x=1", "http://h/b#x",
        "http://h/a b", "http://user:secret@h/b", "http://[::1/b", "http://::1/b"}) {
    const auto address = ParseSourceAddress(url);
    EXPECT_EQ(ReasonOf(address.status()), "SOURCE_URL_INVALID") << url;
    EXPECT_EQ(address.status().ToString().find("secret"), std::string::npos);
  }
}

TEST(TextFoldTest, FoldsLatinAndCyrillicAndTrimsWhatPeopleType) {
  EXPECT_EQ(FoldCase("ГОСТИНИЦА Ёлка ABC Ünïcode Њ €"),
            "гостиница ёлка abc ünïcode њ €");
  EXPECT_EQ(FoldCase("\xd0"), "\xd0");
  EXPECT_EQ(TrimText("\xc2\xa0 000000001  \xc2\xa0"), "000000001");
  EXPECT_EQ(TrimText(" \xc2\xa0"), "");
}

}  // namespace
}  // namespace guestbridge::agent
