#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_FIXTURE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "tests/emulators/bitrix24/control.h"
#include "tests/emulators/bitrix24/rest_service.h"

namespace guestbridge::testing::bitrix24 {

// A portal in memory with one webhook, asked as its socket would ask it.
class PortalTest : public ::testing::Test {
 protected:
  PortalTest() {
    portal_.credentials.MakeUser(1);
    portal_.credentials.webhooks.push_back({.user_id = 1, .code = "code"});
    portal_.settings.language = "en";
    portal_.rest_endpoint = "https://old.example:8443/rest/";
    portal_.oauth_endpoint = "https://oauth.example:9443";
  }

  HttpReply Ask(const std::string& method, const Json& params,
                const std::string& host = "old.example:8443") {
    return service_.HandlePortal({.verb = "POST",
                                  .path = "/rest/1/code/" + method,
                                  .body = params,
                                  .host = host,
                                  .remote_ip = "127.0.0.1"});
  }

  static Json Body(const HttpReply& reply) {
    return Json::parse(reply.body, nullptr, false);
  }

  Json Call(const std::string& method, const Json& params) {
    return Body(Ask(method, params));
  }

  // A batch of `count` adds named c0, c1 …
  Json Adds(int count) {
    Json cmd = Json::object();
    for (int i = 0; i < count; ++i) {
      cmd["c" + std::to_string(i)] =
          "crm.contact.add?fields[ORIGIN_ID]=o" + std::to_string(i);
    }
    return {{"cmd", cmd}};
  }

  Json Control(const std::string& path, const Json& body) {
    const HttpReply reply =
        control_.Handle({.verb = "POST", .path = path, .body = body});
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return Body(reply);
  }

  Json Shown(const std::string& path, const std::string& query = "") {
    return Body(control_.Handle({.verb = "GET", .path = path, .query = query}));
  }

  size_t Contacts() { return portal_.contacts.all().size(); }

  Portal portal_{1};
  bitrix24::Control control_{portal_};
  RestService service_{portal_};
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_FIXTURE_H_
