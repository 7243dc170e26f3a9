// Events as an application meets them.
#include "tests/emulators/bitrix24/event_delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/emulators/bitrix24/http_front.h"
#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

class EventTest : public PortalTest {
 protected:
  EventTest() { token_ = portal_.credentials.Issue(1, portal_.clock.Now()).access; }

  Json AppCall(const std::string& method, Json params) {
    params["auth"] = token_;
    return Body(service_.HandlePortal(
        {.verb = "POST", .path = "/rest/" + method, .body = params}));
  }

  std::string token_;
};

TEST_F(EventTest, AWebhookMayNotBind) {
  const HttpReply reply = Ask("event.bind", {{"event", "ONCRMCONTACTADD"}});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(Body(reply)["error"], "WRONG_AUTH_TYPE");
  EXPECT_EQ(Ask("event.offline.get", {}).status, 403);
}

TEST_F(EventTest, OfflineEventsCollapseByObjectAndSkipOwnWrites) {
  AppCall("event.bind", {{"event", "onCrmContactUpdate"},
                         {"event_type", "offline"},
                         {"auth_connector", "bridge"}});
  const Json added = Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  const auto update = [&](const char* connector) {
    AppCall("crm.contact.update", {{"id", added["result"]},
                                   {"fields", {{"NAME", "B"}}},
                                   {"auth_connector", connector}});
  };
  update("bridge");
  const auto take = [&](int clear) {
    return AppCall("event.offline.get",
                   {{"auth_connector", "bridge"}, {"clear", clear}})["result"];
  };
  EXPECT_TRUE(take(1)["events"].empty());
  update("");
  update("");
  const Json reserved = take(0);
  ASSERT_EQ(reserved["events"].size(), 1u);
  EXPECT_TRUE(take(1)["events"].empty()) << "reserved rows are given to nobody else";
  AppCall("event.offline.clear", {{"process_id", reserved["process_id"]}});
  EXPECT_TRUE(portal_.events.List().empty());
}

TEST_F(EventTest, OldRowsArePurged) {
  AppCall("event.bind", {{"event", "ONCRMCONTACTADD"}, {"event_type", "offline"}});
  Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  portal_.clock.Advance(absl::Hours(24 * 35));
  Call("crm.contact.add", {{"fields", {{"NAME", "B"}}}});
  EXPECT_EQ(portal_.events.List().size(), 1u);
}

TEST_F(EventTest, AnOnlineHandlerIsPostedTheIdOnce) {
  std::mutex mutex;
  std::vector<Json> posts;
  auto handler = HttpListener::Start({}, portal_.clock, [&](const HttpCall& call) {
    std::lock_guard<std::mutex> lock(mutex);
    posts.push_back(call.body);
    return HttpReply{.status = 500};
  });
  ASSERT_TRUE(handler.ok());
  const std::string url =
      "http://127.0.0.1:" + std::to_string((*handler)->port()) + "/events";
  AppCall("event.bind", {{"event", "ONCRMCONTACTADD"}, {"handler", url}});
  const Json added = Call("crm.contact.add", {{"fields", {{"NAME", "A"}}}});
  portal_.late.Wait();
  ASSERT_EQ(posts.size(), 1u);
  EXPECT_EQ(posts[0]["event"], "ONCRMCONTACTADD");
  EXPECT_EQ(posts[0]["data"]["FIELDS"]["ID"],
            std::to_string(added["result"].get<int64_t>()));
  EXPECT_EQ(posts[0]["auth"]["application_token"], portal_.application_token);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
