#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// Reading changes by an exchange plan, against an emulated 1C whose composition has
// one.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ClientRow;
using agent::ContactId;
using agent::ReadRequest;
using agent::Source;
using agent::SourceCheck;
using agent::Watermark;
using nlohmann::json;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Kind = ReadRequest::Kind;
using Keys = std::set<std::string>;

constexpr char kProfile[] =
    "extends: 1c-hotel\n"
    "exchange_plan: {set: ExchangePlan_GuestBridge, node: GB}\n";

class ExchangePlanTest : public ::testing::Test {
 protected:
  ExchangePlanTest() : emulator_({"--generate", "200"}) {
    Publish(true);
    source_ = emulator_.Connect(kProfile);
    Settle(Kind::kFull);
  }

  void Publish(bool published) {
    emulator_.Post("/config",
                   {{"composition", {{"ExchangePlan_GuestBridge", published}}}});
  }
  // A whole reading since the last one that was settled.
  Keys Read(Kind kind = Kind::kChanges) {
    Keys keys;
    rows_.clear();
    auto stream = source_.reader->OpenStream(
        {.kind = kind, .since = settled_, .attributes = {"LastName", "City"}});
    EXPECT_THAT(stream, IsOk());
    errors_ = 0;
    for (int i = 0; i < 2000; ++i) {
      auto page = (*stream)->Next();
      if (!page.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(page.status())) << page.status();
        ++errors_;
        continue;
      }
      for (ClientRow& row : page->rows) {
        EXPECT_TRUE(keys.insert(row.key.guid()).second);
        rows_.push_back(std::move(row));
      }
      if (page->last) {
        read_ = page->watermark;
        return keys;
      }
    }
    ADD_FAILURE() << "the stream does not end";
    return keys;
  }
  // The same, and the caller has dealt with all of it.
  Keys Settle(Kind kind = Kind::kChanges) {
    Keys keys = Read(kind);
    settled_ = read_;
    return keys;
  }
  std::string Add(const std::string& name) {
    return emulator_.Add({{"LastName", name}});
  }
  void Edit(const std::string& guid) {
    emulator_.Post("/clients/edit", {{"guid", guid}, {"set", {{"City", "Тверь"}}}});
  }
  int Count(const std::string& part) {
    return static_cast<int>(emulator_.Get("/journal?since=0&url=" + part).size());
  }
  size_t Registered() { return emulator_.Get("/changes").size(); }

  OnecEmulator emulator_;
  Source source_;
  Watermark settled_;
  Watermark read_;
  std::vector<ClientRow> rows_;
  int errors_ = 0;
};

TEST_F(ExchangePlanTest, GivesExactlyWhatChangedUntilItIsSettled) {
  const std::string added = Add("Новая");
  const std::string imported = emulator_.Post(
      "/clients/import", {{"clients", {{{"LastName", "Импорт"}}}}})["guids"][0];
  emulator_.Delete("/journal");
  EXPECT_THAT(Read(), UnorderedElementsAre(added, imported));
  // The node, the history's newest moment, the selection, the clients.
  EXPECT_EQ(emulator_.CountRequests(), 4);
  // The export was not settled.
  EXPECT_THAT(Settle(), UnorderedElementsAre(added, imported));
  EXPECT_EQ(Registered(), 2u);
  Edit(added);
  EXPECT_THAT(Settle(), UnorderedElementsAre(added));
  EXPECT_EQ(Registered(), 1u);
  EXPECT_THAT(Settle(), IsEmpty());
  EXPECT_EQ(Registered(), 0u);
}

TEST_F(ExchangePlanTest, AnotherSourceGoesOnFromTheWatermark) {
  const std::string added = Add("Новая");
  EXPECT_THAT(Settle(), UnorderedElementsAre(added));
  source_ = emulator_.Connect(kProfile);
  EXPECT_THAT(Settle(), IsEmpty());
  EXPECT_EQ(Registered(), 0u);
}

TEST_F(ExchangePlanTest, OurOwnWriteBackComesOnceWithTheSameContent) {
  const std::string added = Add("Новая");
  EXPECT_THAT(Settle(), UnorderedElementsAre(added));
  const auto before = rows_[0].attributes;
  EXPECT_THAT(source_.writer->WriteContact(ClientKey(added), ContactId(7)), IsOk());
  // What is exported is compared by content, so nothing follows from the echo.
  EXPECT_THAT(Settle(), UnorderedElementsAre(added));
  EXPECT_EQ(rows_[0].attributes, before);
  EXPECT_EQ(rows_[0].contact, ContactId(7));
  EXPECT_THAT(Settle(), IsEmpty());
  EXPECT_THAT(source_.writer->WriteContact(ClientKey(added), ContactId(7)), IsOk());
  EXPECT_THAT(Settle(), IsEmpty());
}

TEST_F(ExchangePlanTest, ATombstoneIsNotADeletionAndAMarkIsARow) {
  const std::string gone = Add("Ушла");
  const std::string marked = Add("Лишняя");
  Settle();
  emulator_.Post("/clients/delete", {{"guid", gone}});
  emulator_.Post("/clients/mark", {{"guid", marked}, {"deleted", true}});
  EXPECT_THAT(Settle(), UnorderedElementsAre(marked));
  EXPECT_TRUE(rows_[0].marked_for_deletion);
  EXPECT_THAT(Settle(), IsEmpty());
  EXPECT_EQ(Registered(), 0u);
}

TEST_F(ExchangePlanTest, ABaseFromABackupIsReadWhole) {
  Add("Первая");
  Settle();
  emulator_.Post("/backup", json::object());
  Add("Вторая");
  Settle();
  Settle();
  Settle();
  emulator_.Post("/restore", json::object());
  const Keys all = Settle();
  EXPECT_EQ(all, Read(Kind::kFull));
  const std::string added = Add("Третья");
  EXPECT_THAT(Settle(), Contains(added));
  EXPECT_LT(Settle().size(), 3u);
}

TEST_F(ExchangePlanTest, ALossOnTheWayLosesNoClient) {
  Keys expected;
  Keys came;
  int seed = 0;
  for (const char* kind : {"truncated", "html_ok", "gateway", "reset", "lock"}) {
    for (const char* function : {"SelectChanges", "NotifyChangesReceived"}) {
      for (const bool after : {false, true}) {
        SCOPED_TRACE(absl::StrCat(kind, " ", function, " ", after));
        emulator_.Post(
            "/faults",
            {{"kind", kind}, {"url", function}, {"after", after}, {"nth", 1}});
        expected.insert(Add(absl::StrCat("Гость ", ++seed)));
        const Keys read = Settle();
        came.insert(read.begin(), read.end());
        emulator_.Delete("/faults");
      }
    }
  }
  for (const std::string& guid : expected) EXPECT_THAT(came, Contains(guid));
  for (int i = 0; i < 3; ++i) Settle();
  EXPECT_EQ(Registered(), 0u);
}

TEST_F(ExchangePlanTest, WithoutThePlanTheHistoryIsReadAndBackAgain) {
  const std::string first = Add("Первая");
  Settle();
  for (const json& change :
       {json{{"composition", {{"ExchangePlan_GuestBridge", false}}}},
        json{{"denied_read", {{"ExchangePlan_GuestBridge", true}}}},
        json{{"denied_write", {{"ExchangePlan_GuestBridge", true}}}}}) {
    SCOPED_TRACE(change.dump());
    emulator_.Post("/config", change);
    const std::string added = Add("Новая");
    emulator_.Delete("/journal");
    EXPECT_THAT(Settle(), Contains(added));
    EXPECT_GT(Count("ClientChangeHistory"), 0);
    Publish(true);
    for (const char* right : {"denied_read", "denied_write"}) {
      emulator_.Post("/config", {{right, {{"ExchangePlan_GuestBridge", false}}}});
    }
    const std::string next = Add("Следующая");
    EXPECT_THAT(Settle(), Contains(next));
  }
  EXPECT_LE(Settle().size(), 4u);  // by the plan once more
  EXPECT_THAT(Settle(), IsEmpty());
}

TEST_F(ExchangePlanTest, AClientThatXmlCannotCarryDoesNotStopTheOthers) {
  const std::string odd = Add("Обычная");
  emulator_.Post("/clients/edit", {{"guid", odd}, {"set", {{"City", "\x0b"}}}});
  const std::string added = Add("Новая");
  const Keys keys = Settle();
  EXPECT_THAT(keys, Contains(added));
  EXPECT_THAT(keys, Contains(odd));
}

TEST_F(ExchangePlanTest, TheTestSaysWhetherThePlanIsUsed) {
  const auto row = [&](Source& source) {
    for (const SourceCheck& check :
         source.probe->Test("000000001", {}, [] { return true; })) {
      if (check.name == "exchange-plan") return check.reason;
    }
    return std::string("none");
  };
  const size_t registered = Registered();
  EXPECT_EQ(row(source_), "CHECK_EXCHANGE_PLAN_OK");
  EXPECT_THAT(*source_.probe->FetchCapabilities(), Contains("exchange-plan"));
  Source other = emulator_.Connect(
      "extends: 1c-hotel\nexchange_plan: {set: ExchangePlan_GuestBridge, node: X}\n");
  EXPECT_EQ(row(other), "EXCHANGE_NODE_MISSING");
  Source plain = emulator_.Connect();
  EXPECT_EQ(row(plain), "none");
  EXPECT_THAT(*plain.probe->FetchCapabilities(), Not(Contains("exchange-plan")));
  Publish(false);
  EXPECT_EQ(row(source_), "EXCHANGE_PLAN_UNAVAILABLE");
  EXPECT_THAT(*source_.probe->FetchCapabilities(), Not(Contains("exchange-plan")));
  EXPECT_EQ(Registered(), registered);
}

}  // namespace
}  // namespace guestbridge::testing
