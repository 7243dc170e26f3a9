#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/source/jsonl/client_line.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "tests/contract/any_base.h"
#include "tests/testing/status_matchers.h"

// What sync-agent/source/source.h promises, on every kind of source.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientRow;
using agent::ContactId;
using agent::ReadRequest;
using agent::Source;
using agent::SourceCheck;
using agent::SourceField;
using agent::Watermark;
using ::testing::Contains;
using ::testing::Not;
using ::testing::SizeIs;

using Kind = ReadRequest::Kind;

struct Pass {
  std::multimap<std::string, ClientRow> rows;  // by Ref_Key
  Watermark watermark;
};

class AnySourceTest : public ::testing::TestWithParam<std::unique_ptr<AnyBase> (*)()> {
 protected:
  Pass ReadAll(Source& source, Kind kind, const Watermark& since = {}) {
    Pass pass;
    auto stream = source.reader->OpenStream(
        {.kind = kind, .since = since, .attributes = {"LastName", "Phone"}});
    EXPECT_THAT(stream, IsOk());
    for (int i = 0; stream.ok() && i < 10'000; ++i) {
      auto page = (*stream)->Next();
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) return pass;
      for (ClientRow& row : page->rows) {
        std::string key = row.key.guid();
        pass.rows.emplace(std::move(key), std::move(row));
      }
      if (!page->last) continue;
      pass.watermark = page->watermark;
      return pass;
    }
    return pass;
  }

  const std::unique_ptr<AnyBase> base_ = GetParam()();
};

TEST_P(AnySourceTest, AFullReadingHasEveryClientWithWhatWasAskedFor) {
  std::vector<std::string> keys;
  for (int i = 0; i < 30; ++i) {
    keys.push_back(base_->Add({{"LastName", "Гость"}, {"Phone", "+79160000001"}}));
  }
  Source source = base_->Connect();
  const Pass pass = ReadAll(source, Kind::kFull);
  for (const std::string& key : keys) {
    ASSERT_EQ(pass.rows.count(key), 1u) << key;
    const ClientRow& row = pass.rows.find(key)->second;
    EXPECT_EQ(row.attributes.at("LastName"), "Гость");
    EXPECT_EQ(row.attributes.at("Phone"), "+79160000001");
    EXPECT_THAT(row.attributes, SizeIs(2));
    EXPECT_FALSE(row.marked_for_deletion);
    EXPECT_FALSE(row.contact.exists());
  }
  EXPECT_FALSE(pass.watermark.value.empty());
  EXPECT_GE(source.reader->usage().rows, 30);
}

TEST_P(AnySourceTest, ChangesAreAtLeastThoseSinceTheMark) {
  const std::string calm = base_->Add({{"LastName", "А"}, {"B24ContactID", "3"}});
  const std::string edited = base_->Add({{"LastName", "Б"}, {"B24ContactID", "4"}});
  base_->Wait();
  base_->Add({{"LastName", "Последний"}, {"B24ContactID", "5"}});
  Source source = base_->Connect();
  const Pass full = ReadAll(source, Kind::kFull);
  base_->Wait();
  base_->Edit(edited, {{"LastName", "В"}, {"DeletionMark", true}});
  const std::string added = base_->Add({{"LastName", "Г"}});
  for (const Watermark& mark : {full.watermark, full.watermark}) {
    const Pass changes = ReadAll(source, Kind::kChanges, mark);
    ASSERT_EQ(changes.rows.count(edited), 1u);
    EXPECT_EQ(changes.rows.find(edited)->second.attributes.at("LastName"), "В");
    EXPECT_TRUE(changes.rows.find(edited)->second.marked_for_deletion);
    EXPECT_EQ(changes.rows.count(added), 1u);
    EXPECT_EQ(changes.rows.count(calm), 0u);
  }
  // What a mark does not say anything of is read whole.
  for (const char* mark : {"", "9|x"}) {
    EXPECT_EQ(ReadAll(source, Kind::kChanges, {mark}).rows.count(calm), 1u);
  }
}

TEST_P(AnySourceTest, ClientsAreFoundByKeyAndByCodeAndAbsenceIsNoError) {
  const std::string key = base_->Add({{"LastName", "Гость"}});
  Source source = base_->Connect();
  const std::vector<std::string> attributes = {"LastName"};
  const auto by_key = source.reader->FindClient(key, attributes);
  ASSERT_THAT(by_key, IsOk());
  ASSERT_TRUE(by_key->has_value());
  const auto by_code = source.reader->FindClient(" " + (*by_key)->code, attributes);
  ASSERT_THAT(by_code, IsOk());
  ASSERT_TRUE(by_code->has_value());
  EXPECT_EQ((*by_code)->key.guid(), key);
  EXPECT_FALSE(source.reader->FindClient("nobody", {})->has_value());
  const std::vector<ClientKey> keys = {
      ClientKey(key), ClientKey("00000000-0000-4000-8000-00000000dead"),
      ClientKey("' or 1 eq 1")};
  const auto rows = source.reader->FetchClients(keys, attributes);
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_EQ(rows->front().attributes.at("LastName"), "Гость");
}

TEST_P(AnySourceTest, AWrittenIdIsHeldAndReadBack) {
  const std::string key = base_->Add({{"LastName", "Гость"}});
  Source source = base_->Connect();
  for (const int contact : {123456, 123456, 7}) {
    ASSERT_THAT(source.writer->WriteContact(ClientKey(key), ContactId(contact)),
                IsOk());
    EXPECT_EQ(base_->ContactOf(key), std::to_string(contact));
    EXPECT_EQ((*source.reader->FindClient(key, {}))->contact, ContactId(contact));
  }
  EXPECT_THAT(source.writer->WriteContact(
                  ClientKey("00000000-0000-4000-8000-00000000dead"), ContactId(7)),
              StatusIs(absl::StatusCode::kNotFound, "CLIENT_GONE"));
}

TEST_P(AnySourceTest, DocumentsAreNeverReadNorOffered) {
  base_->Add({{"LastName", "Гость"}, {"IdentityDocumentNumber", "1234"}});
  Source source = base_->Connect();
  EXPECT_THAT(
      source.reader
          ->OpenStream({.kind = Kind::kFull,
                        .since = {},
                        .attributes = {"IdentityDocumentNumber"}})
          .status(),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SOURCE_ATTRIBUTE_PROTECTED"));
  const auto fields = source.probe->FetchFields();
  ASSERT_THAT(fields, IsOk());
  std::vector<std::string> names;
  for (const SourceField& field : *fields) names.push_back(field.name);
  for (const char* wanted : {"LastName", "FirstName", "SecondName", "DateOfBirth",
                             "Phone", "EMail", "Address", "Remarks"}) {
    EXPECT_THAT(names, Contains(wanted));
  }
  for (const char* unwanted :
       {"Ref_Key", "B24ContactID", "IsFolder", "IdentityDocumentNumber"}) {
    EXPECT_THAT(names, Not(Contains(unwanted)));
  }
}

TEST_P(AnySourceTest, ATestOfAHealthyBaseFailsNothing) {
  base_->Add({{"LastName", "Гость"}});
  Source source = base_->Connect();
  std::vector<std::string> names;
  const std::vector<std::string> mapped = {"LastName"};
  for (const SourceCheck& check :
       source.probe->Test("000000001", mapped, [] { return true; })) {
    EXPECT_NE(check.state, SourceCheck::State::kFailed) << check.reason;
    EXPECT_NE(FindReason(check.reason), nullptr) << check.reason;
    names.push_back(check.name);
  }
  for (const char* wanted : {"source", "entities", "write-right", "version", "identity",
                             "hotel", "built-in-job"}) {
    EXPECT_THAT(names, Contains(wanted));
  }
  EXPECT_THAT(*source.probe->FetchCapabilities(), Contains("change-history"));
}

INSTANTIATE_TEST_SUITE_P(Onec, AnySourceTest, ::testing::Values(MakeOnecBase));
INSTANTIATE_TEST_SUITE_P(Jsonl, AnySourceTest, ::testing::Values(MakeJsonlBase));

TEST(ProtectedAttributesTest, AreTheSameInFilesAsInTheProfile) {
  const auto profile = agent::LoadSourceProfile("1c-hotel", "");
  ASSERT_THAT(profile, IsOk());
  ASSERT_FALSE(profile->client.never_export.empty());
  for (const std::string& name : profile->client.never_export) {
    EXPECT_TRUE(agent::IsProtectedAttribute(name)) << name;
  }
  for (const auto& [role, name] : profile->client.fields) {
    EXPECT_FALSE(agent::IsProtectedAttribute(name)) << name;
  }
}

}  // namespace
}  // namespace guestbridge::testing
