#include "sync-agent/model/origin.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

// As contacts on portals carry it; never changed once released.
constexpr char kRecordedV1[] =
    "1|a1b2c3d4|7|AbCdEfGhIjKlMnOpQrSt-_|aaaaaa,bbbbb_,ccccc-";

TEST(OriginVersion, ReadsARecordedContactOfVersion1) {
  const auto version = DecodeOriginVersion(kRecordedV1);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(version->nonce, "a1b2c3d4");
  EXPECT_EQ(version->revision, 7);
  EXPECT_EQ(version->content_hash, "AbCdEfGhIjKlMnOpQrSt-_");
  EXPECT_EQ(version->values, (ValueDigests{"aaaaaa", "bbbbb_", "ccccc-"}));
  EXPECT_EQ(EncodeOriginVersion(*version), kRecordedV1);
}

TEST(OriginVersion, RefusesWhatItDoesNotKnowInsteadOfGuessing) {
  for (const char* text :
       {"", "2|a1b2c3d4|7|AbCdEfGhIjKlMnOpQrSt-_|", "1|short|7|AbCdEfGhIjKlMnOpQrSt-_|",
        "1|a1b2c3d4|x|AbCdEfGhIjKlMnOpQrSt-_|", "1|a1b2c3d4|7|tooshort|",
        "1|a1b2c3d4|7|AbCdEfGhIjKlMnOpQrSt-_|aaaaa", "12", "v1",
        "1|a1b2c3d4|7|AbCdEfGhIjKlMnOpQrSt-_|aaaaaa|extra"}) {
    EXPECT_FALSE(DecodeOriginVersion(text).ok()) << text;
  }
}

TEST(OriginVersion, FitsThePortalsFieldHoweverManyValuesThereAre) {
  OriginVersion version{"a1b2c3d4", 1234567890, std::string(22, 'h'), {}};
  for (int i = 0; i < 200; ++i) version.values.insert(std::to_string(100000 + i));
  const std::string text = EncodeOriginVersion(version);
  EXPECT_LE(text.size(), 255u);
  EXPECT_EQ(DecodeOriginVersion(text)->values.size(), 30u);
}

TEST(ContentDigest, SurvivesStorage) {
  ContactContent content;
  content.fields = {{"NAME", "Anna"}, {"COMMENTS", "a|b;c:d"}};
  content.multifields = {
      {"PHONE", {{"+79161234567", "MOBILE"}, {"+70001112233", "WORK"}}}};
  const ContentDigest digest =
      DigestContent(ClientKey("00000000-0000-4000-8000-000000000001"), content);
  EXPECT_EQ(DecodeDigest(EncodeDigest(digest)), digest);
  EXPECT_EQ(digest.values.size(), 4u);
}

TEST(ContentDigest, EqualPhonesOfTwoGuestsLookDifferent) {
  EXPECT_NE(
      DigestValue(ClientKey("00000000-0000-4000-8000-000000000001"), "PHONE", "+7"),
      DigestValue(ClientKey("00000000-0000-4000-8000-000000000002"), "PHONE", "+7"));
}

TEST(ContentHash, TellsWhereOneValueEndsAndTheNextBegins) {
  ContactContent a, b;
  a.fields = {{"NAME", "ab"}, {"POST", "c"}};
  b.fields = {{"NAME", "a"}, {"POST", "bc"}};
  EXPECT_NE(HashContent(a), HashContent(b));
}

TEST(ClientKey, IsLowerCaseHoweverItCame) {
  EXPECT_EQ(ClientKey("E43CE3EA-F385-4DF5-AD79-99716515D314").guid(),
            "e43ce3ea-f385-4df5-ad79-99716515d314");
}

TEST(ValuesToName, OfMoreThanFitMultifieldsComeFirst) {
  const ClientKey client("00000000-0000-4000-8000-000000000001");
  ContactContent content;
  for (int i = 0; i < 60; ++i) {
    content.fields[absl::StrCat("UF_CRM_", i)] = absl::StrCat("value ", i);
  }
  content.multifields["PHONE"] = {{"+79160000001", "MOBILE"}, {"+79160000002", "WORK"}};
  content.multifields["EMAIL"] = {{"guest@example.org", "HOME"}};
  const ContentDigest digest = DigestContent(client, content);
  const ValueDigests named = ValuesToName(client, content, digest);
  EXPECT_EQ(named.size(), static_cast<size_t>(kMostNamedValues));
  for (const char* phone : {"+79160000001", "+79160000002"}) {
    EXPECT_EQ(named.count(DigestValue(client, "PHONE", phone)), 1u) << phone;
  }
  EXPECT_EQ(named.count(DigestValue(client, "EMAIL", "guest@example.org")), 1u);
}

TEST(ValuesToName, WhatFitsIsNamedWhole) {
  const ClientKey client("00000000-0000-4000-8000-000000000001");
  ContactContent content;
  content.fields["NAME"] = "Anna";
  content.multifields["PHONE"] = {{"+79160000001", "MOBILE"}};
  const ContentDigest digest = DigestContent(client, content);
  EXPECT_EQ(ValuesToName(client, content, digest), digest.values);
}

}  // namespace
}  // namespace guestbridge::agent
