#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sync-agent/source/source.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// Rows whose version the caller knows are left out; everything else comes.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientPage;
using agent::ClientRow;
using agent::ContactId;
using agent::KnownRow;
using agent::ReadRequest;
using agent::Source;
using agent::Watermark;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = ReadRequest::Kind;

constexpr int kClients = 300;

class KnownVersionsTest : public ::testing::Test {
 protected:
  struct Pass {
    std::set<std::string> keys;
    int unchanged = 0;
    Watermark watermark;
  };

  Pass Read(Kind kind) {
    ReadRequest request;
    request.kind = kind;
    request.since = watermark_;
    request.attributes = {"LastName"};
    request.last_written = last_written_;
    request.last_written_contact = last_contact_;
    request.known =
        [this](
            absl::Span<const ClientKey> keys) -> absl::StatusOr<std::vector<KnownRow>> {
      std::vector<KnownRow> rows;
      for (const ClientKey& key : keys) {
        const auto known = known_.find(key.guid());
        rows.push_back(known == known_.end() ? KnownRow() : known->second);
      }
      return rows;
    };
    Pass pass;
    auto stream = source_.reader->OpenStream(request);
    EXPECT_THAT(stream, IsOk());
    for (bool last = !stream.ok(); !last;) {
      const absl::StatusOr<ClientPage> page = (*stream)->Next();
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      pass.unchanged += page->unchanged;
      for (const ClientRow& row : page->rows) pass.keys.insert(row.key.guid());
      last = page->last;
      if (last) pass.watermark = page->watermark;
    }
    return pass;
  }

  // A run that has dealt with everything.
  void LearnAll() {
    ReadRequest request;
    request.attributes = {"LastName"};
    auto stream = source_.reader->OpenStream(request);
    ASSERT_THAT(stream, IsOk());
    for (bool last = false; !last;) {
      const absl::StatusOr<ClientPage> page = (*stream)->Next();
      ASSERT_THAT(page, IsOk());
      for (const ClientRow& row : page->rows) {
        known_[row.key.guid()] = {row.data_version, false};
      }
      last = page->last;
      if (last) watermark_ = page->watermark;
    }
  }

  void Edit(const std::string& guid, const std::string& name) {
    emulator_.Post("/clients/edit", {{"guid", guid}, {"set", {{"LastName", name}}}});
  }
  std::string AnyClient() const { return known_.begin()->first; }

  void WriteBack(const std::string& guid, int64_t contact) {
    const auto written =
        source_.writer->WriteContact(ClientKey(guid), ContactId(contact));
    ASSERT_THAT(written, IsOk());
    ASSERT_EQ(written->version_before, known_[guid].version);
    known_[guid] = {written->version_after, /*echo=*/true};
    last_written_ = ClientKey(guid);
    last_contact_ = ContactId(contact);
  }

  OnecEmulator emulator_{{"--generate", std::to_string(kClients)}};
  Source source_ = emulator_.Connect();
  std::map<std::string, KnownRow> known_;
  Watermark watermark_;
  ClientKey last_written_;
  ContactId last_contact_;
};

TEST_F(KnownVersionsTest, AComparisonGivesOnlyTheRowsThatDiffer) {
  LearnAll();
  const auto clients = static_cast<int>(known_.size());
  emulator_.Delete("/journal");
  Pass pass = Read(Kind::kCompare);
  EXPECT_THAT(pass.keys, IsEmpty());
  EXPECT_EQ(pass.unchanged, clients);
  // Whether the watermark's moment is there, two marks, one page of keys and versions.
  EXPECT_EQ(emulator_.CountRequests(), 4);

  Edit(AnyClient(), "Другая");
  const std::string added = emulator_.Add({{"LastName", "Новая"}});
  pass = Read(Kind::kCompare);
  EXPECT_EQ(pass.keys, (std::set<std::string>{AnyClient(), added}));
  EXPECT_EQ(pass.unchanged, clients - 1);
  EXPECT_FALSE(pass.watermark.value.empty());
}

TEST_F(KnownVersionsTest, TheEchoOfAWriteBackCostsKeysAndVersions) {
  LearnAll();
  emulator_.Post("/config", {{"contact_id_adds_history", true}});
  int64_t contact = 0;
  for (const auto& [guid, row] : std::map(known_)) WriteBack(guid, ++contact);
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(Kind::kChanges).keys, IsEmpty());
  for (const json& call : emulator_.Get("/journal?since=0")) {
    const std::string target = call["target"];
    const bool narrow = target.find("LastName") == std::string::npos;
    EXPECT_TRUE(narrow) << target;
  }
}

TEST_F(KnownVersionsTest, AnEditAfterTheWriteBackIsNoEcho) {
  LearnAll();
  emulator_.Post("/config", {{"contact_id_adds_history", true}});
  const std::string guid = AnyClient();
  WriteBack(guid, 5);
  Edit(guid, "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, Contains(guid));
}

TEST_F(KnownVersionsTest, ClientsWithoutAContactThatAreKnownCostNoRows) {
  LearnAll();
  emulator_.Delete("/journal");
  emulator_.Post("/clients/import", {{"clients", {{{"LastName", "Импорт"}}}}});
  const Pass pass = Read(Kind::kChanges);
  int fresh = 0;
  for (const std::string& key : pass.keys) fresh += known_.count(key) == 0 ? 1 : 0;
  EXPECT_EQ(fresh, 1);
  // And the newest of the history, which the next reading begins with.
  EXPECT_LE(pass.keys.size(), 2u);
}

TEST_F(KnownVersionsTest, ARestoredBaseThatLostTheLastWriteIsReadWhole) {
  LearnAll();
  const size_t clients = known_.size();
  emulator_.Post("/backup", json::object());
  WriteBack(AnyClient(), 5);
  EXPECT_LT(Read(Kind::kChanges).keys.size(), clients);
  emulator_.Post("/restore", json::object());
  EXPECT_EQ(Read(Kind::kChanges).keys.size(), clients);
  EXPECT_EQ(Read(Kind::kCompare).keys.size(), clients);
}

TEST_F(KnownVersionsTest, WithoutVersionsEverythingComes) {
  LearnAll();
  source_ = emulator_.Connect("extends: 1c-hotel\nclient: {version: null}\n");
  EXPECT_EQ(Read(Kind::kCompare).keys.size(), known_.size());
}

TEST_F(KnownVersionsTest, WithoutAHistoryTheVersionsTellWhatChanged) {
  LearnAll();
  source_ = emulator_.Connect("extends: 1c-hotel\nhistory: null\n");
  Edit(AnyClient(), "Другая");
  EXPECT_THAT(Read(Kind::kChanges).keys, ElementsAre(AnyClient()));
}

}  // namespace
}  // namespace guestbridge::testing
