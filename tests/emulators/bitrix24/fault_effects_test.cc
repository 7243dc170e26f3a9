// The fault plan as a client meets it; rules themselves: limits_test.cc.
#include "tests/emulators/bitrix24/fault_effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using FaultTest = PortalTest;
using ::testing::HasSubstr;

TEST_F(FaultTest, LateWorkIsCarriedOutAfterTheAnswerAndJournalled) {
  portal_.clock.SetSpeed(1000);
  Control("/faults", {{"kind", "late_commit"},
                      {"method", "batch"},
                      {"ms", 500},
                      {"ms_to", 1500},
                      {"body", "silence"}});
  const HttpReply reply = Ask("batch", Adds(3));
  EXPECT_EQ(reply.delivery, HttpReply::Delivery::kSilent);
  portal_.late.Wait();
  EXPECT_EQ(Contacts(), 3u);
  const Json request = Shown("/journal")[0];
  EXPECT_EQ(request["late"], true);
  EXPECT_EQ(request["committed"], true);
  EXPECT_EQ(Shown("/counters")["late_running"], 0);
}

TEST_F(FaultTest, TheTokenExpiresAfterKCommands) {
  Control("/faults", {{"kind", "expired_token"}, {"method", "batch"}, {"after", 2}});
  const Json result = Call("batch", Adds(5))["result"];
  EXPECT_EQ(result["result"].size(), 2u);
  EXPECT_EQ(result["result_error"]["c2"]["error"], "expired_token");
  EXPECT_EQ(result["result_error"]["c4"]["error"], "expired_token");
  EXPECT_EQ(Contacts(), 2u);
}

TEST_F(FaultTest, ADroppedBatchMayEndInAPageOrInSilence) {
  Control("/faults", {{"kind", "drop"},
                      {"after", 2},
                      {"method", "batch"},
                      {"status", 502},
                      {"nth", 1}});
  EXPECT_EQ(Ask("batch", Adds(5)).status, 502);
  EXPECT_EQ(Contacts(), 2u);
  Control("/faults",
          {{"kind", "drop"}, {"after", 1}, {"method", "batch"}, {"body", "silence"}});
  EXPECT_EQ(Ask("batch", Adds(5)).delivery, HttpReply::Delivery::kSilent);
  EXPECT_EQ(Contacts(), 3u);
}

TEST_F(FaultTest, ARuleEndsAfterItsSeconds) {
  portal_.clock.SetFrozen(true);
  Control("/faults", {{"kind", "error"}, {"seconds", 10}});
  EXPECT_EQ(Ask("profile", {}).status, 500);
  Control("/clock/advance", {{"seconds", 10}});
  EXPECT_EQ(Ask("profile", {}).status, 200);
}

TEST_F(FaultTest, WhileThePortalIsAwayNothingBehindTheGatewayIsReached) {
  portal_.clock.SetFrozen(true);
  Control("/faults", {{"kind", "away"}, {"seconds", 5}});
  const HttpReply away = Ask("batch", Adds(2));
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(away.content_type, "text/html");
  EXPECT_TRUE(Shown("/limits")["buckets"].empty());
  EXPECT_EQ(Shown("/counters")["away"], 1);
  EXPECT_EQ(Shown("/journal")[0]["fault"], "away");
  Control("/clock/advance", {{"seconds", 6}});
  EXPECT_EQ(Ask("batch", Adds(2)).status, 200);
  EXPECT_EQ(Contacts(), 2u);
}

TEST_F(FaultTest, HugeDeepAndDoubledAnswersHoldTheTrueOneToo) {
  Control("/faults", {{"kind", "huge"}, {"bytes", 100000}, {"nth", 1}});
  const HttpReply huge = Ask("batch", Adds(1));
  EXPECT_GT(huge.body.size(), 100000u);
  EXPECT_EQ(Body(huge)["result"]["result"]["c0"], 1);
  Control("/faults", {{"kind", "deep"}, {"count", 5000}, {"nth", 1}});
  EXPECT_THAT(Ask("batch", Adds(1)).body, HasSubstr(std::string(5000, '[')));
  Control("/faults", {{"kind", "duplicate_keys"}, {"nth", 1}});
  const std::string doubled = Ask("batch", Adds(1)).body;
  EXPECT_NE(doubled.find("\"result\":"), doubled.rfind("\"result\":"));
  EXPECT_EQ(Contacts(), 3u);
}

TEST_F(FaultTest, BrokenUtf8IsInTheBody) {
  Control("/faults", {{"kind", "invalid_utf8"}});
  const HttpReply reply = Ask("profile", {});
  EXPECT_TRUE(Body(reply).is_discarded());
  EXPECT_THAT(reply.body, HasSubstr("\xC3\x28\xFF"));
}

TEST_F(FaultTest, WrongTypesChangeEveryValueOfTheResult) {
  Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  Control("/faults", {{"kind", "wrong_types"}, {"method", "crm.contact.*"}});
  EXPECT_TRUE(Call("crm.contact.get", {{"id", 1}})["result"]["ID"].is_object());
  EXPECT_TRUE(
      Call("crm.contact.add", {{"fields", {{"NAME", "B"}}}})["result"].is_array());
  EXPECT_EQ(Contacts(), 2u);
}

TEST_F(FaultTest, AKeyIsMissingAtAnyDepth) {
  Control("/faults", {{"kind", "missing_keys"}, {"field", "result_error"}});
  EXPECT_FALSE(Call("batch", Adds(1))["result"].contains("result_error"));
  portal_.faults.Clear();
  Control("/faults", {{"kind", "missing_keys"}, {"field", "time"}});
  EXPECT_FALSE(Call("batch", Adds(1)).contains("time"));
}

TEST_F(FaultTest, IdsAreThoseOfOtherContacts) {
  for (int i = 0; i < 3; ++i) Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  Control("/faults", {{"kind", "wrong_ids"}, {"method", "*"}});
  EXPECT_EQ(Call("crm.contact.get", {{"id", 1}})["result"]["ID"], "2");
  EXPECT_EQ(Call("crm.contact.add", {{"fields", {{"NAME", "B"}}}})["result"], 1);
  const Json batch = Call("batch", Adds(1))["result"]["result"];
  EXPECT_NE(batch["c0"], 5);
}

TEST_F(FaultTest, IdsAreTheNextOnesThoughNothingStandsThere) {
  Control("/faults", {{"kind", "next_ids"}, {"method", "crm.contact.add"}});
  EXPECT_EQ(Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}})["result"], 2);
  EXPECT_EQ(Call("crm.contact.add", {{"fields", {{"NAME", "B"}}}})["result"], 3);
  EXPECT_EQ(Contacts(), 2u);
}

TEST_F(FaultTest, AListRepeatsItsFirstPageForEver) {
  for (int i = 0; i < 60; ++i) Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  Control("/config", {{"bucket", false}});
  Control("/faults", {{"kind", "repeat_page"}, {"method", "crm.contact.list"}});
  const auto first = [&](const Json& params) {
    return Call("crm.contact.list", params)["result"][0]["ID"];
  };
  EXPECT_EQ(first({{"start", 50}}), "1");
  EXPECT_EQ(first({{"start", -1}, {"filter", {{">ID", 50}}}}), "1");
  EXPECT_EQ(Call("crm.contact.list", {{"start", 50}})["next"], 50);
}

TEST_F(FaultTest, FromTheNthCallOnARuleKeepsFiring) {
  Control("/faults", {{"kind", "error"}, {"from", 3}, {"method", "profile"}});
  EXPECT_EQ(Ask("profile", {}).status, 200);
  EXPECT_EQ(Ask("profile", {}).status, 200);
  EXPECT_EQ(Ask("profile", {}).status, 500);
  EXPECT_EQ(Ask("profile", {}).status, 500);
}

TEST_F(FaultTest, AMovedPortalSendsTheOldHostToTheNewOne) {
  Control("/config", {{"moved_from", "old.example"}, {"moved_to", "new.example"}});
  const HttpReply old = Ask("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  EXPECT_EQ(old.status, 302);
  EXPECT_EQ(old.headers.at("Location"),
            "https://new.example:8443/rest/1/code/crm.contact.add");
  EXPECT_EQ(Contacts(), 0u);
  const HttpReply moved =
      Ask("crm.contact.add", {{"fields", {{"NAME", "A"}}}}, "new.example:8443");
  EXPECT_EQ(moved.status, 200);
  EXPECT_EQ(Contacts(), 1u);
}

TEST_F(FaultTest, TokensOfAMovedPortalNameTheNewHost) {
  Control("/config", {{"moved_from", "old.example"}, {"moved_to", "new.example"}});
  const Json tokens = Control("/oauth/tokens", Json::object());
  const HttpReply reply =
      service_.HandleOauth({.verb = "POST",
                            .path = "/oauth/token/",
                            .body = {{"grant_type", "refresh_token"},
                                     {"client_id", tokens["client_id"]},
                                     {"client_secret", tokens["client_secret"]},
                                     {"refresh_token", tokens["refresh_token"]}}});
  EXPECT_EQ(Body(reply)["client_endpoint"], "https://new.example:8443/rest/");
}

TEST_F(FaultTest, OriginsAreCounted) {
  Call("batch", Adds(3));
  Call("batch", Adds(1));
  EXPECT_EQ(Shown("/contacts/origins").dump(), R"({"o0":2,"o1":1,"o2":1})");
  EXPECT_EQ(Shown("/contacts/origins", "min=2").dump(), R"({"o0":2})");
  EXPECT_EQ(Shown("/counters")["duplicate_origins"], 1);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
