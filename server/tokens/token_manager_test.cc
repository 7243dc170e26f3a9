#include "server/tokens/token_manager.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "server/tokens/fake_transport.h"

namespace guestbridge::server {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class TestClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration Steady() const override { return steady; }
  void Pass(absl::Duration time) {
    now += time;
    steady += time;
  }
  absl::Time now = absl::FromUnixSeconds(1'780'000'000);
  absl::Duration steady = absl::Hours(1);
};

// A working model of the OAuth server: one chain of refresh tokens, each dead once
// used.
class OAuthModel {
 public:
  std::string live = "r1";
  std::string scope = "crm,user";
  std::string client_secret = "s1";
  std::string server_endpoint = "https://oauth.bitrix.info/rest/";
  std::string client_endpoint = "https://hotel.example.com/rest/";
  int lifetime = 3600;
  bool old_lives = false;  // Whether a used token still works.
  std::function<std::optional<HttpResult>()> fault;        // Before it acts.
  std::function<std::optional<HttpResult>()> fault_after;  // After it acted.
  std::vector<std::string> used;                           // Refresh tokens asked with.

  HttpResult Handle(const HttpRequest& request) {
    const std::string token = Parameter(request.target, "refresh_token");
    used.push_back(token);
    EXPECT_EQ(Parameter(request.target, "grant_type"), "refresh_token");
    if (fault) {
      if (auto result = fault()) return *result;
    }
    if (Parameter(request.target, "client_secret") != client_secret) {
      return FakeTransport::Answer(401, R"({"error":"invalid_client"})");
    }
    if (token != live && !(old_lives && used_up_.contains(token))) {
      return FakeTransport::Answer(400, R"({"error":"invalid_grant"})");
    }
    used_up_.insert(live);
    ++number_;
    live = absl::StrCat("r", number_);
    HttpResult granted = FakeTransport::Answer(
        200, absl::StrCat(R"({"access_token":"a)", number_, R"(","expires_in":)",
                          lifetime, R"(,"scope":")", scope, R"(","refresh_token":")",
                          live, R"(","server_endpoint":")", server_endpoint,
                          R"(","client_endpoint":")", client_endpoint,
                          R"(","member_id":"0123456789abcdef0123456789abcdef"})"));
    if (fault_after) {
      if (auto result = fault_after()) return *result;
    }
    return granted;
  }

 private:
  static std::string Parameter(const std::string& target, const std::string& name) {
    for (const absl::string_view part : absl::StrSplit(target, absl::ByAnyChar("?&"))) {
      if (absl::StartsWith(part, name + "=")) {
        return std::string(part.substr(name.size() + 1));
      }
    }
    return "";
  }
  int number_ = 1;
  std::set<std::string> used_up_;
};

// Answers like `result`, but the first time only.
std::function<std::optional<HttpResult>()> Once(HttpResult result) {
  return [result, done = false]() mutable -> std::optional<HttpResult> {
    if (std::exchange(done, true)) return std::nullopt;
    return result;
  };
}

class TokenManagerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 absl::StrCat("guestbridge-tokens-", RandomToken(SystemRandom(), 12));
    std::filesystem::create_directories(directory_);
    auto sealer = OpenSealer((directory_ / "key").string(), true, SystemRandom());
    ASSERT_TRUE(sealer.ok()) << sealer.status();
    sealer_ = *std::move(sealer);
    auto store = OpenSqliteStore((directory_ / "server.db").string());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    transport_.handler = [this](const auto&, const HttpRequest& request) {
      return oauth_.Handle(request);
    };
    Restart();
  }
  void TearDown() override {
    manager_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Restart(const std::string& oauth_url = "") {
    auto manager =
        TokenManager::Create({.oauth_url = oauth_url, .extra_ca_file = ""}, *store_,
                             *sealer_, clock_, transport_.Factory());
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }

  OAuthCredentials Credentials(std::optional<std::string> refresh_token) {
    OAuthCredentials credentials{.client_id = "app.1",
                                 .client_secret = SecretString(secret_),
                                 .refresh_token = std::nullopt,
                                 .portal = "hotel.example.com"};
    if (refresh_token.has_value()) {
      credentials.refresh_token = SecretString(*refresh_token);
    }
    return credentials;
  }

  // A save as the API does it; with `fails`, its transaction does not commit.
  absl::Status Save(std::optional<std::string> refresh_token, bool fails = false) {
    GB_ASSIGN_OR_RETURN(
        const store::TokenRecord tokens,
        manager_->RefreshForSave("main", Credentials(std::move(refresh_token))));
    store::ConnectionRecord connection;
    connection.mutable_connection()->set_api_server("hotel.example.com");
    connection.mutable_connection()->mutable_oauth()->set_client_id("app.1");
    connection.set_sealed_client_secret(sealer_->Seal(
        SecretString(secret_), "integrations/main/connection#client_secret"));
    return store_
        ->Write([&](Transaction& t) -> absl::Status {
          GB_RETURN_IF_ERROR(PutRecord(t, "connections/main", connection));
          GB_RETURN_IF_ERROR(NoteSeals(t, *sealer_, "connections/main", connection));
          GB_RETURN_IF_ERROR(manager_->AdoptTokens(t, "main", tokens));
          return fails ? absl::AbortedError("no") : absl::OkStatus();
        })
        .status();
  }

  std::string Get(const std::string& refused = "") {
    const auto token = manager_->GetAccessToken(
        "main", refused.empty() ? "" : Sha256Hex(refused).substr(0, 8));
    return token.ok() ? token->token.Reveal() : ReasonOf(token.status());
  }

  v1::TokenState State() { return *manager_->State("main"); }

  std::filesystem::path directory_;
  TestClock clock_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<Store> store_;
  FakeTransport transport_;
  OAuthModel oauth_;
  std::string secret_ = "s1";
  std::unique_ptr<TokenManager> manager_;
};

TEST_F(TokenManagerTest, ASaveRefreshesAndShowsTheState) {
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_THAT(transport_.Asked(),
              ElementsAre("https://oauth.bitrix.info:443/oauth/token/"));
  const v1::TokenState state = State();
  EXPECT_TRUE(state.valid());
  EXPECT_EQ(state.expire_time().seconds(), absl::ToUnixSeconds(clock_.now) + 3600);
  EXPECT_THAT(state.scopes(), ElementsAre("crm", "user"));
  EXPECT_EQ(state.portal(), "") << "the portal is the one that was named";
  EXPECT_EQ(Get(), "a2");
  EXPECT_EQ(oauth_.used.size(), 1u) << "no refresh before its time";
}

TEST_F(TokenManagerTest, RefreshesWhenEndedOrRefusedOnly) {
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_EQ(Get("something else"), "a2");
  EXPECT_EQ(Get("a2"), "a3");
  EXPECT_EQ(Get("a2"), "a3") << "a late complaint about the old token";
  clock_.Pass(absl::Minutes(58));
  EXPECT_EQ(Get(), "a3");
  clock_.Pass(absl::Seconds(61));
  EXPECT_EQ(Get(), "a4");
  EXPECT_THAT(oauth_.used, ElementsAre("r1", "r2", "r3"));
}

TEST_F(TokenManagerTest, AShortLifeIsUsedForMostOfIt) {
  oauth_.lifetime = 20;
  ASSERT_TRUE(Save("r1").ok());
  clock_.Pass(absl::Seconds(15));
  EXPECT_EQ(Get(), "a2");
  clock_.Pass(absl::Seconds(4));
  EXPECT_EQ(Get(), "a3");
}

TEST_F(TokenManagerTest, ARestartGoesOnWithTheRotatedToken) {
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_EQ(Get("a2"), "a3");
  Restart();
  EXPECT_EQ(Get(), "a3");
  EXPECT_EQ(Get("a3"), "a4");
}

TEST_F(TokenManagerTest, ManyComplaintsMakeOneRefresh) {
  ASSERT_TRUE(Save("r1").ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(Get("a2"), "a3"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(oauth_.used.size(), 2u);
}

TEST_F(TokenManagerTest, ALostAnswerIsTriedOnceMoreAndMayEndWell) {
  ASSERT_TRUE(Save("r1").ok());
  oauth_.fault = Once(FakeTransport::Lost());
  EXPECT_EQ(Get("a2"), "a3") << "lost on its way there";
  oauth_.old_lives = true;
  oauth_.fault_after = Once(FakeTransport::Lost());
  EXPECT_EQ(Get("a3"), "a5") << "lost on its way back; the old token still lives";
}

TEST_F(TokenManagerTest, ALostAnswerThatKilledTheChainIsSaidAsSuch) {
  ASSERT_TRUE(Save("r1").ok());
  oauth_.fault_after = Once(FakeTransport::Lost());
  EXPECT_EQ(Get("a2"), "REFRESH_ANSWER_LOST");
  EXPECT_THAT(oauth_.used, ElementsAre("r1", "r2", "r2", "r1"));
  EXPECT_FALSE(State().valid());
  EXPECT_EQ(State().reason(), "REFRESH_ANSWER_LOST");
  clock_.Pass(absl::Hours(24));
  Restart();
  EXPECT_EQ(Get(), "REFRESH_ANSWER_LOST");
  EXPECT_EQ(oauth_.used.size(), 4u) << "not asked again";
  oauth_.live = "fresh";
  ASSERT_TRUE(Save("fresh").ok());
  EXPECT_TRUE(State().valid());
}

TEST_F(TokenManagerTest, ATokenThatDiedWithACrashIsSaidAsLost) {
  ASSERT_TRUE(Save("r1").ok());
  // What a crash between sending and storing leaves: rotated there, noted as sent here.
  oauth_.fault_after = [] {
    return std::optional(FakeTransport::Answer(502, "<html>"));
  };
  EXPECT_EQ(Get("a2"), "OAUTH_UNREACHABLE");
  oauth_.fault_after = nullptr;
  Restart();
  EXPECT_EQ(Get("a2"), "REFRESH_ANSWER_LOST");
}

TEST_F(TokenManagerTest, AWithdrawnTokenIsSaidAsRefused) {
  ASSERT_TRUE(Save("r1").ok());
  oauth_.live = "other";
  EXPECT_EQ(Get("a2"), "REFRESH_TOKEN_REFUSED");
  EXPECT_EQ(State().reason(), "REFRESH_TOKEN_REFUSED");
}

TEST_F(TokenManagerTest, TheTokenBeforeIsTriedWhenTheCurrentOneIsDead) {
  ASSERT_TRUE(Save("r1").ok());
  ASSERT_EQ(Get("a2"), "a3");  // Holds r3, and r2 before it.
  oauth_.live = "r2";
  EXPECT_EQ(Get("a3"), "a4");
  EXPECT_THAT(oauth_.used, ElementsAre("r1", "r2", "r3", "r2"));
}

TEST_F(TokenManagerTest, EveryDocumentedErrorHasItsReason) {
  const struct {
    int status;
    const char* body;
    const char* reason;
    absl::StatusCode code;
  } kCases[] = {
      {400, R"({"error":"invalid_grant"})", "REFRESH_TOKEN_REFUSED",
       absl::StatusCode::kFailedPrecondition},
      {401, R"({"error":"invalid_client"})", "OAUTH_CLIENT_REFUSED",
       absl::StatusCode::kFailedPrecondition},
      {200, R"({"error":"WRONG_CLIENT"})", "OAUTH_CLIENT_REFUSED",
       absl::StatusCode::kFailedPrecondition},
      {403, R"({"error":"insufficient_scope"})", "OAUTH_SCOPE_REFUSED",
       absl::StatusCode::kFailedPrecondition},
      {400, R"({"error":"invalid_scope"})", "OAUTH_SCOPE_REFUSED",
       absl::StatusCode::kFailedPrecondition},
      {402, R"({"error":"PAYMENT_REQUIRED"})", "PAYMENT_REQUIRED",
       absl::StatusCode::kFailedPrecondition},
      {400, R"({"error":"invalid_request"})", "OAUTH_REQUEST_INVALID",
       absl::StatusCode::kFailedPrecondition},
      {500, R"({"error":"INTERNAL_SERVER_ERROR"})", "OAUTH_UNREACHABLE",
       absl::StatusCode::kUnavailable},
      {502, "<html>bad gateway</html>", "OAUTH_UNREACHABLE",
       absl::StatusCode::kUnavailable},
      {200, "<html>maintenance</html>", "OAUTH_UNREACHABLE",
       absl::StatusCode::kUnavailable},
      {200, R"({"access_tok)", "OAUTH_ANSWER_MALFORMED",
       absl::StatusCode::kUnavailable},
      {200, R"({"expires_in":3600})", "OAUTH_ANSWER_MALFORMED",
       absl::StatusCode::kUnavailable},
  };
  for (const auto& c : kCases) {
    oauth_.fault = [&] {
      return std::optional(FakeTransport::Answer(c.status, c.body));
    };
    const absl::Status error = Save("r1");
    EXPECT_EQ(ReasonOf(error), c.reason) << c.body;
    EXPECT_EQ(error.code(), c.code) << c.body;
  }
  EXPECT_FALSE(store_->ChangesAfter(0, 10)->size() > 0) << "nothing was stored";
}

TEST_F(TokenManagerTest, ServerTroubleLeavesTheStateAndIsNotHammered) {
  ASSERT_TRUE(Save("r1").ok());
  oauth_.fault = [] {
    return std::optional(FakeTransport::NotSent("CONNECTION_REFUSED"));
  };
  EXPECT_EQ(Get("a2"), "OAUTH_UNREACHABLE");
  EXPECT_EQ(Get("a2"), "OAUTH_UNREACHABLE");
  EXPECT_EQ(oauth_.used.size(), 2u);
  EXPECT_TRUE(State().valid());
  EXPECT_EQ(Get(), "a2") << "for whom nothing was refused";
  oauth_.fault = nullptr;
  clock_.Pass(absl::Seconds(6));
  EXPECT_EQ(Get("a2"), "a3");
}

TEST_F(TokenManagerTest, ARefusalThatMayBeLiftedIsTriedAgainLater) {
  ASSERT_TRUE(Save("r1").ok());
  oauth_.fault = [] {
    return std::optional(FakeTransport::Answer(402, R"({"error":"PAYMENT_REQUIRED"})"));
  };
  EXPECT_EQ(Get("a2"), "PAYMENT_REQUIRED");
  EXPECT_EQ(State().reason(), "PAYMENT_REQUIRED");
  oauth_.fault = nullptr;
  clock_.Pass(absl::Minutes(5));
  EXPECT_EQ(Get("a2"), "PAYMENT_REQUIRED");
  clock_.Pass(absl::Minutes(6));
  EXPECT_EQ(Get("a2"), "a3");
  EXPECT_TRUE(State().valid());
}

TEST_F(TokenManagerTest, AFailedSaveDoesNotLoseTheChainThatItStarted) {
  EXPECT_FALSE(Save("r1", /*fails=*/true).ok());
  EXPECT_EQ(Get(), "CONNECTION_NOT_SET") << "nothing is in force";
  Restart();
  ASSERT_TRUE(Save("r1").ok()) << "the same file again, though r1 is dead by now";
  EXPECT_EQ(Get(), "a3");
}

TEST_F(TokenManagerTest, TheSameRefreshTokenAgainGoesOnWithTheStoredChain) {
  ASSERT_TRUE(Save("r1").ok());
  ASSERT_EQ(Get("a2"), "a3");
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_EQ(Get(), "a4");
  ASSERT_TRUE(Save(std::nullopt).ok()) << "and so does none";
  EXPECT_EQ(Get(), "a5");
}

TEST_F(TokenManagerTest, AFailedSaveWithTheStoredChainKeepsItAlive) {
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_FALSE(Save(std::nullopt, /*fails=*/true).ok());
  EXPECT_EQ(Get(), "a3");
  EXPECT_EQ(Get("a3"), "a4");
}

TEST_F(TokenManagerTest, AWrongNewSecretLeavesTheOldConnectionWorking) {
  ASSERT_TRUE(Save("r1").ok());
  secret_ = "wrong";
  EXPECT_EQ(ReasonOf(Save(std::nullopt)), "OAUTH_CLIENT_REFUSED");
  EXPECT_TRUE(State().valid());
  EXPECT_EQ(Get("a2"), "a3");
}

TEST_F(TokenManagerTest, WhatLiesAsideFromAnotherSaveIsNotAdopted) {
  ASSERT_TRUE(Save("r1").ok());
  const std::string stored_chain = oauth_.live;
  oauth_.live = "x1";
  EXPECT_FALSE(Save("x1", /*fails=*/true).ok());
  oauth_.live = stored_chain;
  ASSERT_TRUE(Save(std::nullopt).ok());
  EXPECT_EQ(oauth_.used.back(), stored_chain);
  EXPECT_EQ(Get(), "a4");
}

TEST_F(TokenManagerTest, ScopeCrmIsNeeded) {
  oauth_.scope = "user,task";
  const absl::Status error = Save("r1");
  EXPECT_EQ(ReasonOf(error), "SCOPE_MISSING");
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  oauth_.scope = "user,crm";
  EXPECT_TRUE(Save("r1").ok()) << "the chain went on";
}

TEST_F(TokenManagerTest, WithoutATokenThereIsNothingToRefresh) {
  EXPECT_EQ(ReasonOf(Save(std::nullopt)), "REAUTHORIZATION_NEEDED");
  EXPECT_EQ(oauth_.used.size(), 0u);
}

TEST_F(TokenManagerTest, FollowsTheServerOfTheAnswerWithinBitrix24) {
  oauth_.server_endpoint = "https://oauth.bitrix24.tech/rest/";
  ASSERT_TRUE(Save("r1").ok());
  ASSERT_EQ(Get("a2"), "a3");
  EXPECT_EQ(transport_.Asked().back(), "https://oauth.bitrix24.tech:443/oauth/token/");
  oauth_.server_endpoint = "https://oauth.evil.example/rest/";
  ASSERT_EQ(Get("a3"), "a4");
  ASSERT_EQ(Get("a4"), "a5");
  EXPECT_EQ(transport_.Asked().back(), "https://oauth.bitrix24.tech:443/oauth/token/");
  EXPECT_EQ(transport_.last_options.address_policy,
            HttpClientOptions::AddressPolicy::kPublicOnly);
}

TEST_F(TokenManagerTest, TheOperatorsServerIsTheOnlyOne) {
  Restart("http://127.0.0.1:9000/base/");
  oauth_.server_endpoint = "https://oauth.bitrix24.tech/rest/";
  ASSERT_TRUE(Save("r1").ok());
  ASSERT_EQ(Get("a2"), "a3");
  EXPECT_THAT(transport_.Asked(),
              Each(StartsWith("http://127.0.0.1:9000/base/oauth/token/")));
  EXPECT_EQ(transport_.last_options.address_policy,
            HttpClientOptions::AddressPolicy::kAny);
  EXPECT_EQ(
      ReasonOf(TokenManager::Create({.oauth_url = "nonsense", .extra_ca_file = ""},
                                    *store_, *sealer_, clock_, transport_.Factory())
                   .status()),
      "OAUTH_URL_INVALID");
}

TEST_F(TokenManagerTest, AnotherPortalIsReportedNotFollowed) {
  oauth_.client_endpoint = "https://Other.example.com/rest/";
  ASSERT_TRUE(Save("r1").ok());
  EXPECT_EQ(State().portal(), "other.example.com");
}

TEST_F(TokenManagerTest, ClosedChainsAndWebhooksAreTold) {
  EXPECT_EQ(Get(), "CONNECTION_NOT_SET");
  ASSERT_TRUE(Save("r1").ok());
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& t) -> absl::Status {
                    return manager_->ForgetTokens(t, "main");
                  })
                  .ok());
  EXPECT_EQ(Get(), "REAUTHORIZATION_NEEDED");
  EXPECT_EQ(State().reason(), "REAUTHORIZATION_NEEDED");
  store::ConnectionRecord connection;
  connection.mutable_connection()->mutable_webhook()->set_user_id(7);
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& t) -> absl::Status {
                    GB_RETURN_IF_ERROR(PutRecord(t, "connections/main", connection));
                    return PutRecord(t, "tokens/main", WebhookTokens({"crm"}));
                  })
                  .ok());
  EXPECT_EQ(Get(), "OAUTH_NOT_USED");
  EXPECT_TRUE(State().valid());
  EXPECT_THAT(State().scopes(), ElementsAre("crm"));
  EXPECT_FALSE(State().has_expire_time());
}

TEST_F(TokenManagerTest, TheStoreHoldsNoTokenInClear) {
  oauth_.live = "r1-is-long-enough-to-be-found";
  ASSERT_TRUE(Save("r1-is-long-enough-to-be-found").ok());
  const absl::Status read = store_->Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto documents, t.List("", "", 100));
    for (const Document& document : documents) {
      EXPECT_FALSE(absl::StrContains(document.body, "long-enough")) << document.key;
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

TEST_F(TokenManagerTest, AnOlderRecordThatIsPutBackIsRefusedUntilANewTokenIsSaved) {
  ASSERT_TRUE(Save("r1").ok());
  std::string old;
  ASSERT_TRUE(store_
                  ->Read([&](Transaction& t) -> absl::Status {
                    GB_ASSIGN_OR_RETURN(const auto found, t.Get("tokens/main"));
                    old = found->body;
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_EQ(Get("a2"), "a3");
  ASSERT_TRUE(
      store_->Write([&](Transaction& t) { return t.Put("tokens/main", old); }).ok());
  EXPECT_EQ(Get("a3"), "SECRET_ROLLED_BACK");
  EXPECT_EQ(ReasonOf(Save(std::nullopt)), "SECRET_ROLLED_BACK");
  oauth_.live = "r9";
  ASSERT_TRUE(Save("r9").ok());
  EXPECT_NE(Get(), "SECRET_ROLLED_BACK");
}

TEST_F(TokenManagerTest, TokensThatWereSealedAnewMeanwhileAreAdopted) {
  const auto tokens = manager_->RefreshForSave("main", Credentials("r1"));
  ASSERT_TRUE(tokens.ok());
  const std::string place = "integrations/main/connection#refresh_token";
  // As the background does after a rotation.
  ASSERT_TRUE(
      store_
          ->Write([&](Transaction& t) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto pending, GetRecord<store::PendingTokenRecord>(
                                                  t, "pending-tokens/main"));
            store::TokenRecord& held = *pending->value.mutable_tokens();
            GB_ASSIGN_OR_RETURN(const SecretString token,
                                sealer_->Open(held.sealed_refresh_token(), place));
            held.set_sealed_refresh_token(sealer_->Seal(token, place));
            GB_RETURN_IF_ERROR(PutRecord(t, pending->key, pending->value));
            return NoteSeals(t, *sealer_, pending->key, pending->value);
          })
          .ok());
  bool adopted = false;
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& t) -> absl::Status {
                    GB_RETURN_IF_ERROR(manager_->AdoptTokens(t, "main", *tokens));
                    GB_ASSIGN_OR_RETURN(const auto found, t.Get("tokens/main"));
                    adopted = found.has_value();
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(adopted);
}

}  // namespace
}  // namespace guestbridge::server
