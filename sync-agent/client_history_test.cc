#include "sync-agent/client_history.h"

#include "sync-agent/client_links.h"
#include "sync-agent/client_tasks_fixture_test.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Entry = v1::HistoryEntry;

class ClientHistoryTest : public ClientTasksTest {
 protected:
  absl::StatusOr<v1::ListClientHistoryResponse> Ask(const std::string& client,
                                                    int size = 0,
                                                    const std::string& token = "") {
    v1::ListClientHistoryRequest request;
    request.set_parent(absl::StrCat("integrations/main/clients/", client));
    request.set_page_size(size);
    request.set_page_token(token);
    return ListClientHistory(request, Parts());
  }
  std::vector<Entry> Entries(size_t i) {
    const auto history = Ask(Key(i).guid());
    EXPECT_TRUE(history.ok()) << history.status();
    return {history->entries().begin(), history->entries().end()};
  }
  std::vector<Entry::Kind> Kinds(size_t i) {
    std::vector<Entry::Kind> kinds;
    for (const Entry& entry : Entries(i)) kinds.push_back(entry.kind());
    return kinds;
  }
  void Unlink(size_t i, bool make_new) {
    v1::UnlinkClientRequest request;
    request.set_name(absl::StrCat("integrations/main/clients/", Key(i).guid()));
    request.set_make_new(make_new);
    ASSERT_TRUE(UnlinkClient(request, Parts()).ok());
  }
};

TEST_F(ClientHistoryTest, ExportsAreToldWithTheFieldsThatTheyChanged) {
  const int64_t contact = Exported("Orlova");
  Export();  // nothing to do, nothing to tell
  world.base.clients[0].attributes["LastName"] = "Petrova";
  Export();
  const auto entries = Entries(0);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].kind(), Entry::UPDATED);
  EXPECT_THAT(entries[0].fields(), ElementsAre("LAST_NAME"));
  EXPECT_EQ(entries[0].run(), "integrations/main/runs/3");
  EXPECT_EQ(entries[0].mapping_version(), 1);
  EXPECT_EQ(entries[0].contact(), contact);
  EXPECT_GT(entries[0].time().seconds(), 0);
  EXPECT_EQ(entries[1].kind(), Entry::ADDED);
  EXPECT_EQ(entries[1].run(), "integrations/main/runs/1");
}

TEST_F(ClientHistoryTest, ValuesOfGuestsAreNotInIt) {
  Exported("Orlova");
  world.base.clients[0].attributes["LastName"] = "Petrova";
  world.base.clients[0].attributes["Phone"] = "+79267778899";
  Export();
  const std::string text = Ask(Key(0).guid())->SerializeAsString();
  for (const char* value : {"Orlova", "Petrova", "9161234567", "9267778899"}) {
    EXPECT_EQ(text.find(value), std::string::npos) << value;
  }
}

TEST_F(ClientHistoryTest, ARefusalIsToldOnceHoweverOftenItIsMet) {
  world.portal.refused_name = "Orlova";
  world.base.Add(1, "Orlova");
  for (int i = 0; i < 4; ++i) {
    auto settings = world.Settings();
    settings.settle = true;
    world.Run(settings);
  }
  EXPECT_EQ(Record(0).reason, "PORTAL_REFUSED");
  const auto entries = Entries(0);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].kind(), Entry::FAILED);
  EXPECT_EQ(entries[0].reason(), "PORTAL_REFUSED");
  EXPECT_EQ(entries[0].run(), "integrations/main/runs/1");
}

TEST_F(ClientHistoryTest, AContactThatWasGoneIsToldAsRecreated) {
  world.portal.Delete(Exported("Orlova"));
  Export();
  EXPECT_THAT(Kinds(0), ElementsAre(Entry::RECREATED, Entry::ADDED));
}

TEST_F(ClientHistoryTest, AnAdoptionTellsHowTheContactWasFound) {
  Contact(50, "Orlova");
  world.base.Add(1, "Orlova", "+79161234567").contact = ContactId(50);
  Export();
  const auto entries = Entries(0);
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries.back().kind(), Entry::ADOPTED);
  EXPECT_EQ(entries.back().reason(), "MATCHED_BY_STORED_ID");
  EXPECT_EQ(entries.back().contact(), 50);
}

TEST_F(ClientHistoryTest, AMatchTellsHowItFoundTheContact) {
  Contact(50, "Orlova");
  world.base.Add(1, "Orlova", "+79161234567");
  Match(/*apply=*/true);
  const auto entries = Entries(0);
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries.back().kind(), Entry::ADOPTED);
  EXPECT_EQ(entries.back().reason(), "MATCHED_BY_PHONE_NAME");
}

TEST_F(ClientHistoryTest, WhatAPersonDecidedIsTold) {
  const int64_t contact = Exported("Orlova");
  Unlink(0, /*make_new=*/false);
  Unlink(0, /*make_new=*/false);  // again, to no harm
  Unlink(0, /*make_new=*/true);
  Export();
  const auto entries = Entries(0);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].kind(), Entry::ADDED);
  EXPECT_EQ(entries[1].kind(), Entry::RELEASED);
  EXPECT_EQ(entries[2].kind(), Entry::UNLINKED);
  EXPECT_EQ(entries[2].contact(), contact);
  EXPECT_TRUE(entries[2].run().empty());
}

TEST_F(ClientHistoryTest, ARebuildKeepsWhatIsThere) {
  Exported("Orlova");
  auto rebuild = world.Settings();
  rebuild.kind = RunKind::kRebuild;
  world.Run(rebuild);
  EXPECT_THAT(Kinds(0), ElementsAre(Entry::ADDED));
}

TEST_F(ClientHistoryTest, AGuestWithoutExportsHasNoneAndAnUnknownOneIsAnError) {
  world.base.Add(1, "Orlova");
  EXPECT_THAT(Kinds(0), IsEmpty());
  EXPECT_EQ(Ask("1")->client(),
            absl::StrCat("integrations/main/clients/", Key(0).guid()));
  EXPECT_EQ(ReasonOf(Ask("nobody").status()), "CLIENT_NOT_FOUND");
}

TEST_F(ClientHistoryTest, OneThat1CDoesNotShowAnyMoreKeepsItsHistory) {
  Exported("Orlova");
  const std::string guid = Key(0).guid();
  world.base.clients.clear();
  EXPECT_EQ(Ask(guid)->entries_size(), 1);
}

TEST_F(ClientHistoryTest, ItComesInPagesThatBelongToOneClient) {
  Exported("Orlova");
  Exported("Petrova");
  Unlink(0, false);
  Unlink(0, true);
  const auto first = Ask(Key(0).guid(), 2);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->entries_size(), 2);
  const auto second = Ask(Key(0).guid(), 2, first->next_page_token());
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->entries_size(), 1);
  EXPECT_EQ(second->entries(0).kind(), Entry::ADDED);
  EXPECT_TRUE(second->next_page_token().empty());
  EXPECT_EQ(ReasonOf(Ask(Key(1).guid(), 2, first->next_page_token()).status()),
            "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace guestbridge::agent
