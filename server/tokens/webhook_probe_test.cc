#include "server/tokens/webhook_probe.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/tokens/fake_transport.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WebhookProbeTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<std::string>> Probe(PortalAccess access = {}) {
    return ProbeWebhook(transport_.Factory(), access, "hotel.example.com", 443, 7,
                        SecretString("abc/ def"));
  }
  absl::Status ProbeAnswered(int status, const std::string& body) {
    transport_.handler = [&](const auto&, const auto&) {
      return FakeTransport::Answer(status, body);
    };
    return Probe().status();
  }
  FakeTransport transport_;
};

TEST_F(WebhookProbeTest, TellsTheScopes) {
  for (const char* result : {R"(["crm","user"])", R"({"0":"crm","2":"user"})"}) {
    transport_.handler = [&](const auto&, const HttpRequest& request) {
      EXPECT_EQ(request.target, "/rest/7/abc%2F%20def/scope");
      return FakeTransport::Answer(200, absl::StrCat("{\"result\":", result, "}"));
    };
    const auto scopes = Probe();
    ASSERT_TRUE(scopes.ok()) << scopes.status();
    EXPECT_THAT(*scopes, ElementsAre("crm", "user"));
  }
  EXPECT_EQ(transport_.last_options.host, "hotel.example.com");
  EXPECT_TRUE(transport_.last_options.tls);
  EXPECT_EQ(transport_.last_options.address_policy,
            HttpClientOptions::AddressPolicy::kPublicOnly);
}

TEST_F(WebhookProbeTest, AnAnswerThatIsCutShortIsNotTakenForAStranger) {
  EXPECT_EQ(ReasonOf(ProbeAnswered(200, " {\"result\":[\"cr")), "PORTAL_ANSWER_BROKEN");
  EXPECT_EQ(ReasonOf(ProbeAnswered(200, "<html>")), "PORTAL_NOT_BITRIX24");
  EXPECT_EQ(ReasonOf(ProbeAnswered(200, "{\"a\":1}")), "PORTAL_NOT_BITRIX24");
}

TEST_F(WebhookProbeTest, AsksForTheProfileWhereScopeIsMissing) {
  transport_.handler = [](const auto&, const HttpRequest& request) {
    if (absl::EndsWith(request.target, "/scope")) {
      return FakeTransport::Answer(404, R"({"error":"ERROR_METHOD_NOT_FOUND"})");
    }
    return FakeTransport::Answer(200, R"({"result":{"ID":"7"}})");
  };
  const auto scopes = Probe();
  ASSERT_TRUE(scopes.ok()) << scopes.status();
  EXPECT_THAT(*scopes, IsEmpty()) << "unknown";
  EXPECT_EQ(transport_.Asked().size(), 2u);
}

TEST_F(WebhookProbeTest, TellsErrorsApartByTheirCodeWhateverTheStatus) {
  const struct {
    const char* error;
    const char* reason;
  } kCases[] = {
      {"INVALID_CREDENTIALS", "WEBHOOK_REFUSED"},
      {"invalid_credentials", "WEBHOOK_REFUSED"},
      {"NO_AUTH_FOUND", "WEBHOOK_REFUSED"},
      {"authorization_error", "WEBHOOK_REFUSED"},
      {"ACCESS_DENIED", "PORTAL_PLAN_WITHOUT_REST"},
      {"OVERLOAD_LIMIT", "PORTAL_BLOCKED"},
      {"PORTAL_DELETED", "PORTAL_CLOSED"},
      {"insufficient_scope", "SCOPE_MISSING"},
  };
  for (const auto& c : kCases) {
    for (const int status : {200, 400, 401, 403, 500, 503}) {
      const absl::Status error = ProbeAnswered(
          status, absl::StrCat("{\"error\":\"", c.error,
                               "\",\"error_description\":\"text<br />\"}"));
      EXPECT_EQ(ReasonOf(error), c.reason) << c.error << " " << status;
      EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition) << c.error;
    }
  }
  EXPECT_EQ(ReasonOf(ProbeAnswered(503, R"({"error":"QUERY_LIMIT_EXCEEDED"})")),
            "PORTAL_UNREACHABLE");
  EXPECT_EQ(ReasonOf(ProbeAnswered(500, R"({"error":"INTERNAL_SERVER_ERROR"})")),
            "PORTAL_UNREACHABLE");
  EXPECT_EQ(ReasonOf(ProbeAnswered(403, R"({"error":"NEW_CODE"})")), "WEBHOOK_REFUSED");
}

TEST_F(WebhookProbeTest, MissesTheScopeCrm) {
  const absl::Status error = ProbeAnswered(200, R"({"result":["user","task"]})");
  EXPECT_EQ(ReasonOf(error), "SCOPE_MISSING");
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ParametersOf(error)["scope"], "crm");
  EXPECT_EQ(ReasonOf(ProbeAnswered(200, R"({"result":[]})")), "SCOPE_MISSING");
}

TEST_F(WebhookProbeTest, KnowsWhatIsNoPortal) {
  for (const auto& [status, body] :
       std::vector<std::pair<int, std::string>>{{200, "<html>welcome</html>"},
                                                {404, "not found"},
                                                {200, ""},
                                                {302, ""},
                                                {200, "[1,2]"},
                                                {200, "{\"hello\":1}"}}) {
    EXPECT_EQ(ReasonOf(ProbeAnswered(status, body)), "PORTAL_NOT_BITRIX24")
        << status << body;
  }
  const absl::Status error = ProbeAnswered(502, "<html>bad gateway</html>");
  EXPECT_EQ(ReasonOf(error), "PORTAL_UNREACHABLE");
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
}

TEST_F(WebhookProbeTest, SaysWhyAPortalIsNotReached) {
  transport_.handler = [](const auto&, const auto&) {
    return FakeTransport::NotSent("HOST_NOT_FOUND");
  };
  const absl::Status error = Probe().status();
  EXPECT_EQ(ReasonOf(error), "PORTAL_UNREACHABLE");
  EXPECT_EQ(ParametersOf(error)["detail"], "HOST_NOT_FOUND");
  transport_.handler = [](const auto&, const auto&) {
    return FakeTransport::NotSent("ADDRESS_REFUSED");
  };
  EXPECT_EQ(ReasonOf(Probe().status()), "PORTAL_ADDRESS_REFUSED");
}

TEST_F(WebhookProbeTest, NoErrorShowsTheSecret) {
  for (const char* body : {"{\"error\":\"INVALID_CREDENTIALS abc/ def\"}", "<html>"}) {
    const absl::Status error = ProbeAnswered(401, body);
    EXPECT_FALSE(absl::StrContains(error.ToString(), "abc/ def")) << error;
    EXPECT_FALSE(absl::StrContains(error.ToString(), "abc%2F")) << error;
  }
}

TEST_F(WebhookProbeTest, PrivatePortalsAreAllowedOnRequestButNotMetadata) {
  transport_.handler = [](const auto&, const auto&) {
    return FakeTransport::Answer(200, R"({"result":["crm"]})");
  };
  EXPECT_TRUE(Probe({.extra_ca_file = "ca.pem", .allow_private = true}).ok());
  EXPECT_EQ(transport_.last_options.address_policy,
            HttpClientOptions::AddressPolicy::kAnyButMetadata);
  EXPECT_EQ(transport_.last_options.extra_ca_file, "ca.pem");
}

}  // namespace
}  // namespace guestbridge::server
