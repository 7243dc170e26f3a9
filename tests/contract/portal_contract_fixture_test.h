#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"
#include "tests/contract/portal_emulator.h"

// The portal client against a portal that speaks HTTP, TLS and PHP.
namespace guestbridge::agent {

inline constexpr char kOriginator[] = "guestbridge:base";

class PortalContract : public ::testing::Test {
 protected:
  PortalContract() : http_(emulator_.Connect()), portal_(Open(*http_)) {}

  std::unique_ptr<Portal> Open(
      HttpClient& http,
      const std::string& code = guestbridge::testing::PortalEmulator::kWebhookCode) {
    return MakeRestPortal(emulator_.WebhookSettings(code), http, SystemClock());
  }
  PortalAnswer Send(std::vector<Command> commands) {
    return portal_->Send({std::move(commands), absl::Seconds(20)});
  }
  CommandResult SendOne(Command command) {
    const PortalAnswer answer = Send({std::move(command)});
    EXPECT_EQ(answer.fate, RequestFate::kAnswered) << answer.reason;
    return answer.results.at(0);
  }
  static AddContact Guest(const std::string& name, const std::string& origin) {
    AddContact add;
    add.content.fields = {{"LAST_NAME", name}, {"COMMENTS", name}};
    add.stamp = {kOriginator, origin, "1|nonce|1|hash|"};
    return add;
  }
  ContactRow Read(ContactId id, std::vector<std::string> select) {
    ListContacts list;
    list.ids = {id};
    list.select = std::move(select);
    const CommandResult result = SendOne(list);
    EXPECT_TRUE(result.complete_page);
    return result.rows.at(0);
  }
  int CountContacts() { return emulator_.Get("/contacts/count")["count"]; }
  void Fault(const nlohmann::json& rule) { emulator_.Post("/faults", rule); }

  guestbridge::testing::PortalEmulator emulator_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Portal> portal_;
};

}  // namespace guestbridge::agent
