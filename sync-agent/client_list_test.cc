#include "sync-agent/client_list.h"

#include <string>

#include "common/resource/page.h"
#include "common/status/error.h"
#include "sync-agent/client_tasks_fixture_test.h"

namespace guestbridge::agent {
namespace {

class ClientListTest : public ClientTasksTest {
 protected:
  absl::StatusOr<v1::ListClientsResponse> Ask(v1::Client::State state,
                                              const std::string& token) {
    v1::ListClientsRequest request;
    request.set_parent("integrations/main");
    request.set_state(state);
    request.set_page_size(1);
    request.set_page_token(token);
    return ListClients(request, Parts());
  }
  // All that the last match said that of.
  std::vector<v1::Client> OfMatch(
      v1::ListClientsRequest::LastMatch said,
      v1::Client::State state = v1::Client::STATE_UNSPECIFIED) {
    v1::ListClientsRequest request;
    request.set_parent("integrations/main");
    request.set_last_match(said);
    request.set_state(state);
    request.set_page_size(1);
    std::vector<v1::Client> all;
    for (;;) {
      const auto page = ListClients(request, Parts());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      all.insert(all.end(), page->clients().begin(), page->clients().end());
      if (page->next_page_token().empty()) return all;
      request.set_page_token(page->next_page_token());
    }
  }
};

TEST_F(ClientListTest, APageTokenBelongsToOneStateAndAForgedOneToNone) {
  Exported("Orlova");
  Exported("Petrova");
  const auto first = Ask(v1::Client::STATE_UNSPECIFIED, "");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->clients_size(), 1);
  const auto second = Ask(v1::Client::STATE_UNSPECIFIED, first->next_page_token());
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->clients_size(), 1);
  EXPECT_NE(second->clients(0).client(), first->clients(0).client());
  EXPECT_EQ(ReasonOf(Ask(v1::Client::QUEUED, first->next_page_token()).status()),
            "PAGE_TOKEN_INVALID");
  for (const std::string& forged :
       {std::string("no token"), EncodePageToken("another list", "main")}) {
    EXPECT_EQ(ReasonOf(Ask(v1::Client::STATE_UNSPECIFIED, forged).status()),
              "PAGE_TOKEN_INVALID");
  }
}

TEST_F(ClientListTest, WhatAMatchSaidIsListedAlsoOfThoseTheLedgerDoesNotHold) {
  using Said = v1::ListClientsRequest;
  Contact(50, "Orlova", "+79160000001");
  Contact(60, "Ivanov", "+79169999999");
  Contact(70, "Kim", "+79160000003");
  world.base.Add(1, "Orlova", "+79160000001");
  world.base.Add(2, "Ivanov").contact = ContactId(60);
  world.base.Add(3, "Petrov", "+79160000003");
  world.base.Add(4, "Sidorov", "+79160000004");
  world.base.Add(5, "Lee");
  Contact(80, "Lee", "+79160000080").stamp = {"guestbridge:base", Key(4).guid(), ""};
  EXPECT_TRUE(OfMatch(Said::ANY).empty());
  Match();
  EXPECT_FALSE(world.ledger->Get(Key(1))->has_value());
  EXPECT_FALSE(world.ledger->Get(Key(3))->has_value());

  const auto matched = OfMatch(Said::MATCHED);
  ASSERT_EQ(matched.size(), 3u);
  EXPECT_EQ(matched[0].state(), v1::Client::PROPOSED);
  EXPECT_EQ(matched[0].proposed_contact(), 50);
  EXPECT_EQ(matched[0].found_by(), "MATCHED_BY_PHONE_NAME");
  EXPECT_EQ(matched[1].client(), Key(1).guid());
  EXPECT_EQ(matched[1].name(), "integrations/main/clients/" + Key(1).guid());
  EXPECT_EQ(matched[1].state(), v1::Client::QUEUED);
  EXPECT_EQ(matched[1].contact(), 0);
  EXPECT_EQ(matched[1].proposed_contact(), 60);
  EXPECT_EQ(matched[1].found_by(), "MATCHED_BY_STORED_ID");
  EXPECT_EQ(matched[1].certainty(), v1::Client::CERTAIN);
  EXPECT_EQ(matched[2].state(), v1::Client::QUEUED);
  EXPECT_EQ(matched[2].proposed_contact(), 80);
  EXPECT_EQ(matched[2].found_by(), "MATCHED_BY_ORIGIN");
  const auto ambiguous = OfMatch(Said::AMBIGUOUS);
  ASSERT_EQ(ambiguous.size(), 1u);
  EXPECT_EQ(ambiguous[0].state(), v1::Client::AMBIGUOUS);
  EXPECT_EQ(ambiguous[0].candidate_contacts(0), 70);
  const auto fresh = OfMatch(Said::NEW);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_EQ(fresh[0].client(), Key(3).guid());
  EXPECT_EQ(fresh[0].state(), v1::Client::QUEUED);
  EXPECT_EQ(fresh[0].proposed_contact(), 0);
  EXPECT_EQ(fresh[0].found_by(), "");
  EXPECT_EQ(OfMatch(Said::ANY).size(), 5u);
  EXPECT_EQ(OfMatch(Said::ANY, v1::Client::QUEUED).size(), 3u);

  // As it stands now, by what was said then.
  Export();
  EXPECT_EQ(OfMatch(Said::NEW)[0].state(), v1::Client::EXPORTED);
  EXPECT_EQ(OfMatch(Said::MATCHED)[1].contact(), 60);
  EXPECT_EQ(OfMatch(Said::MATCHED, v1::Client::EXPORTED).size(), 2u);
}

TEST_F(ClientListTest, AnErasedClientIsInNoMatch) {
  using Said = v1::ListClientsRequest;
  world.base.Add(1, "Orlova");
  world.base.Add(2, "Ivanov");
  Match();
  // Erased by another agent while a request of its own is in doubt here.
  Intend(0);
  auto other = *Ledger::Open(":memory:", world.random);
  ASSERT_TRUE(other->Erase(Key(0), 1000).ok());
  ASSERT_TRUE(world.ledger->TakeErasures(*other->ErasuresBeyond({}, 10)).ok());
  const auto left = OfMatch(Said::ANY);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].client(), Key(1).guid());
  ASSERT_TRUE(world.ledger->Erase(Key(1), 1000).ok());
  EXPECT_TRUE(OfMatch(Said::ANY).empty());
}

TEST_F(ClientListTest, APageTokenBelongsToOneResultOfAMatch) {
  world.base.Add(1, "Orlova");
  world.base.Add(2, "Ivanov");
  Match();
  v1::ListClientsRequest request;
  request.set_last_match(v1::ListClientsRequest::NEW);
  request.set_page_size(1);
  const auto first = ListClients(request, Parts());
  ASSERT_TRUE(first.ok()) << first.status();
  request.set_page_token(first->next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  for (const auto other :
       {v1::ListClientsRequest::LAST_MATCH_UNSPECIFIED, v1::ListClientsRequest::ANY}) {
    request.set_last_match(other);
    EXPECT_EQ(ReasonOf(ListClients(request, Parts()).status()), "PAGE_TOKEN_INVALID");
  }
}

}  // namespace
}  // namespace guestbridge::agent
