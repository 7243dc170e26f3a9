#include "sync-agent/policed_portal.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace guestbridge::agent {
namespace {

// Does whatever it is told, and counts.
class Obedient final : public Portal {
 public:
  explicit Obedient(int* requests) : requests_(requests) {}
  PortalAnswer Send(const PortalRequest& request) override {
    ++*requests_;
    PortalAnswer answer;
    answer.fate = RequestFate::kAnswered;
    answer.results.resize(request.commands.size());
    return answer;
  }

 private:
  int* const requests_;
};

class PolicedPortalTest : public ::testing::Test {
 protected:
  PolicedPortalTest() {
    LocalPolicy policy;
    policy.fields_never_sent = {"COMMENTS", "EMAIL"};
    portal_ = PolicePortal(std::make_unique<Obedient>(&requests_), policy);
  }
  // Beside a harmless one: the request goes as a whole or not at all.
  PortalAnswer Send(Command command) {
    PortalRequest request;
    request.commands.push_back(GetProfile{});
    request.commands.push_back(std::move(command));
    return portal_->Send(request);
  }
  void ExpectRefused(Command command) {
    const PortalAnswer answer = Send(std::move(command));
    EXPECT_EQ(answer.fate, RequestFate::kRefused);
    EXPECT_EQ(answer.reason, "POLICY_FIELD_FORBIDDEN");
    ASSERT_EQ(answer.results.size(), 2u);
    for (const CommandResult& result : answer.results) {
      EXPECT_EQ(result.fate, Fate::kNotExecuted);
      for (const ItemResult& item : result.items) {
        EXPECT_EQ(item.fate, Fate::kNotExecuted);
      }
    }
    EXPECT_EQ(requests_, 0);
  }

  int requests_ = 0;
  std::unique_ptr<Portal> portal_;
};

TEST_F(PolicedPortalTest, NoCommandPassesWithAFieldThatIsNeverSent) {
  AddContact add;
  add.content.fields["COMMENTS"] = "secret";
  ExpectRefused(add);
  add = {};
  add.content.multifields["EMAIL"] = {{"a@example.org", "WORK"}};
  ExpectRefused(add);
  UpdateContact update;
  update.fields["comments"] = "secret";
  ExpectRefused(update);
  update = {};
  update.multifields.push_back({"EMAIL", 0, "a@example.org", "WORK"});
  ExpectRefused(update);
  ImportContacts import;
  import.items.resize(2);
  import.items[1].content.fields["COMMENTS"] = "secret";
  ExpectRefused(import);
}

TEST_F(PolicedPortalTest, WhatCarriesNoneOfThemPasses) {
  AddContact add;
  add.content.fields["LAST_NAME"] = "Orlova";
  add.content.multifields["PHONE"] = {{"+79161234567", "WORK"}};
  add.stamp = {"guestbridge:base", "guid", "1"};
  UpdateContact update;
  update.fields["LAST_NAME"] = "Orlova";
  update.multifields.push_back({"PHONE", 0, "+79161234567", "WORK"});
  ImportContacts import;
  import.items.resize(1);
  const std::vector<Command> commands = {add, update, import, DeleteContact{},
                                         ListContacts{}};
  for (const Command& command : commands) {
    EXPECT_EQ(Send(command).fate, RequestFate::kAnswered);
  }
  EXPECT_EQ(requests_, 5);
}

}  // namespace
}  // namespace guestbridge::agent
