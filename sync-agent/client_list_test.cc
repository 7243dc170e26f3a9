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

}  // namespace
}  // namespace guestbridge::agent
