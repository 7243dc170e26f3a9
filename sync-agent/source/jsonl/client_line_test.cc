#include "sync-agent/source/jsonl/client_line.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr char kGuid[] = "0A0B0C0D-0000-4000-8000-000000000001";
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Line(const std::string& rest) {
  return std::string("{\"Ref_Key\":\"") + kGuid + "\"" + rest + "}";
}

TEST(ClientLineTest, AClientReadsAsIn1C) {
  const auto client = DecodeClientLine(Line(
      R"(,"DataVersion":"AAA=","Code":"000000007   ","LastName":"О'Нил",)"
      R"("DateOfBirth":"0200-01-01T00:00:00","NoSMSDelivery":false,"Rooms":12,)"
      R"("Rate":1.50,"Fax":null,"Tags":[1,{"a":2}],"More":{"Ref_Key":3},)"
      R"("DeletionMark":true,"IsFolder":false,"CreateDate":"2021-05-06T07:08:09Z",)"
      R"("B24ContactID":"42")"));
  ASSERT_THAT(client, IsOk());
  EXPECT_EQ(client->key.guid(), "0a0b0c0d-0000-4000-8000-000000000001");
  EXPECT_EQ(client->code, "000000007");
  EXPECT_EQ(client->contact.value(), 42);
  const ClientRow row = MakeClientRow(client->attributes, client->contact,
                                      {"LastName", "DateOfBirth", "NoSMSDelivery",
                                       "DeletionMark", "Rooms", "Rate", "Fax", "Tags"});
  EXPECT_EQ(row.key, client->key);
  EXPECT_EQ(row.data_version, "AAA=");
  EXPECT_EQ(row.created.text, "2021-05-06T07:08:09");
  EXPECT_TRUE(row.marked_for_deletion);
  EXPECT_FALSE(row.is_folder);
  EXPECT_EQ(row.contact.value(), 42);
  const Fields expected = {{"LastName", "О'Нил"},
                           {"DateOfBirth", "0200-01-01T00:00:00"},
                           {"NoSMSDelivery", "false"},
                           {"DeletionMark", "true"},
                           {"Rooms", "12"},
                           {"Rate", "1.50"}};
  EXPECT_EQ(row.attributes, expected);
}

TEST(ClientLineTest, KeepsWhatItWasGivenThroughTheStoredForm) {
  const auto client =
      DecodeClientLine(Line(R"(,"Remarks":"a\u0000b\n\"\\","LastName":"Ж")"));
  ASSERT_THAT(client, IsOk());
  EXPECT_EQ(client->attributes.at("Remarks"), std::string("a\0b\n\"\\", 6));
  EXPECT_EQ(DecodeAttributes(EncodeAttributes(client->attributes)), client->attributes);
  EXPECT_TRUE(DecodeAttributes("[").empty());
}

TEST(ClientLineTest, EveryKindOfBadLineHasItsReason) {
  const std::pair<std::string, const char*> kBad[] = {
      {"", "LINE_NOT_JSON"},
      {"{", "LINE_NOT_JSON"},
      {"null", "LINE_NOT_JSON"},
      {"[]", "LINE_NOT_JSON"},
      {"[{}]", "LINE_NOT_JSON"},
      {"\"Ref_Key\"", "LINE_NOT_JSON"},
      {"<html>", "LINE_NOT_JSON"},
      {Line("").substr(0, 20), "LINE_NOT_JSON"},
      {Line(",\"LastName\":\"a\tb\""), "LINE_NOT_JSON"},
      {Line(",\"LastName\":\"\\ud800\""), "LINE_NOT_JSON"},
      {Line("") + Line(""), "LINE_NOT_JSON"},
      {Line(std::string(",\"LastName\":\"\0\"", 15)), "LINE_NOT_JSON"},
      {Line(",\"LastName\":\"\xC3\""), "LINE_NOT_UTF8"},
      {"{}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":null}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":7}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":{}}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":\"0a0b\"}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":\"00000000-0000-0000-0000-000000000000\"}", "LINE_KEY_INVALID"},
      {"{\"Ref_Key\":\"0a0b0c0d-0000-4000-8000-00000000000g\"}", "LINE_KEY_INVALID"},
      {Line(",\"City\":\"a\",\"City\":\"b\""), "LINE_ATTRIBUTE_REPEATED"},
      {Line(",\"Ref_Key\":\"x\""), "LINE_ATTRIBUTE_REPEATED"},
      {Line(",\"DeletionMark\":1"), "LINE_VALUE_INVALID"},
      {Line(",\"IsFolder\":\"yes\""), "LINE_VALUE_INVALID"},
      {Line(",\"DeletionMark\":{\"value\":true}"), "LINE_VALUE_INVALID"},
      {Line(",\"IsFolder\":[true]"), "LINE_VALUE_INVALID"},
      {Line(",\"B24ContactID\":\"about 7\""), "LINE_VALUE_INVALID"},
      {Line(",\"B24ContactID\":1.5"), "LINE_VALUE_INVALID"},
      {Line(",\"B24ContactID\":true"), "LINE_VALUE_INVALID"},
      {Line(",\"B24ContactID\":1e300"), "LINE_VALUE_INVALID"},
      {Line(",\"Remarks\":\"" + std::string(kLongestLine, 'x') + "\""),
       "LINE_TOO_LONG"},
  };
  for (const auto& [text, reason] : kBad) {
    EXPECT_THAT(DecodeClientLine(text), StatusIs(kInvalid, reason))
        << text.substr(0, 100);
  }
}

TEST(ClientLineTest, NothingAndZeroAreNoContact) {
  for (const char* value : {"null", "0", "\"0\"", "\"\"", "\"  \"", "-3", "0.0"}) {
    const auto client =
        DecodeClientLine(Line(std::string(",\"B24ContactID\":") + value));
    ASSERT_THAT(client, IsOk()) << value;
    EXPECT_FALSE(client->contact.exists()) << value;
  }
  EXPECT_EQ(DecodeClientLine(Line(",\"B24ContactID\":7.0"))->contact.value(), 7);
}

TEST(ClientLineTest, DocumentsAndBareReferencesAreNotKept) {
  const auto client = DecodeClientLine(
      Line(R"(,"IdentityDocumentNumber":"1234","IdentityDocumentType_Key":"x",)"
           R"("Photo_Base64Data":"AAAA","Citizenship_Key":)"
           R"("c0de0000-0000-4000-8000-000000000112","Language_Key":"RU")"));
  ASSERT_THAT(client, IsOk());
  EXPECT_EQ(client->attributes.size(), 2u);
  EXPECT_EQ(client->attributes.at("Language_Key"), "RU");
  const std::vector<std::string> wanted = {"LastName", "IdentityDocumentNumber"};
  EXPECT_THAT(CheckAttributes(wanted), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                "SOURCE_ATTRIBUTE_PROTECTED"));
}

TEST(ClientLineTest, AThousandLevelsDeepIsStillOneLine) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(DecodeClientLine(Line(",\"Tags\":" + deep)),
              StatusIs(kInvalid, "LINE_NOT_JSON"));
  EXPECT_THAT(DecodeClientLine(Line(",\"Tags\":" + deep + std::string(100'000, ']'))),
              IsOk());
}

}  // namespace
}  // namespace guestbridge::agent
