#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "common/random/random.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"
#include "server/store/watched_store_test.h"
#include "server/tokens/fake_transport.h"
#include "server/tokens/token_manager.h"
#include "server/tokens/token_state.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/temp_dir.h"

// Several servers and one chain of tokens, each dead once used.
namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;

constexpr char kUnderWay[] = "OAUTH_UNREACHABLE";

class TokenReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sealer_ = *OpenSealer(dir_.File("key"), true, SystemRandom());
    store_ = *OpenSqliteStore(dir_.File("server.db"));
    transport_.handler = [this](const auto&, const HttpRequest& request) {
      return Handle(request);
    };
    one_ = Server("one");
    two_ = Server("two");
    ASSERT_TRUE(Save(*one_, "r1").ok());
  }

  std::unique_ptr<TokenManager> Server(const std::string& id,
                                       const std::string& predecessor = "") {
    return Server(id, *store_, predecessor);
  }
  std::unique_ptr<TokenManager> Server(const std::string& id, Store& store,
                                       const std::string& predecessor = "") {
    TokenManagerOptions options;
    options.server = id;
    options.predecessor = predecessor;
    options.pause = [this](absl::Duration time) {
      ++pauses_;
      clock_.Advance(time);
      if (on_pause_) on_pause_();
    };
    return *TokenManager::Create(options, store, *sealer_, clock_,
                                 transport_.Factory());
  }

  HttpResult Handle(const HttpRequest& request) {
    std::string token;
    for (const absl::string_view part : absl::StrSplit(request.target, '&')) {
      constexpr absl::string_view kName = "refresh_token=";
      if (absl::StartsWith(part, kName)) token = std::string(part.substr(kName.size()));
    }
    used_.push_back(token);
    // The first request after it was set, and none of those that it makes itself.
    if (before_answer_) std::exchange(before_answer_, nullptr)();
    HttpResult result = FakeTransport::Answer(400, R"({"error":"invalid_grant"})");
    if (token == live_) {
      ++number_;
      live_ = absl::StrCat("r", number_);
      result = FakeTransport::Answer(
          200, absl::StrCat(R"({"access_token":"a)", number_,
                            R"(","expires_in":3600,"scope":"crm","refresh_token":")",
                            live_, R"("})"));
    }
    if (after_answer_) std::exchange(after_answer_, nullptr)();
    return result;
  }

  absl::Status Save(TokenManager& manager, std::optional<std::string> token) {
    OAuthCredentials credentials{.client_id = "app.1",
                                 .client_secret = SecretString("s1"),
                                 .refresh_token = std::nullopt,
                                 .portal = "hotel.example.com"};
    if (token.has_value()) credentials.refresh_token = SecretString(*token);
    GB_ASSIGN_OR_RETURN(const store::TokenRecord tokens,
                        manager.RefreshForSave("main", credentials));
    store::ConnectionRecord connection;
    connection.mutable_connection()->set_api_server("hotel.example.com");
    connection.mutable_connection()->mutable_oauth()->set_client_id("app.1");
    connection.set_sealed_client_secret(sealer_->Seal(
        SecretString("s1"), "integrations/main/connection#client_secret"));
    return store_
        ->Write([&](Transaction& t) -> absl::Status {
          GB_RETURN_IF_ERROR(PutRecord(t, "connections/main", connection));
          GB_RETURN_IF_ERROR(NoteSeals(t, *sealer_, "connections/main", connection));
          return manager.AdoptTokens(t, "main", tokens);
        })
        .status();
  }

  store::TokenRecord Stored() {
    store::TokenRecord record;
    EXPECT_TRUE(store_
                    ->Read([&](Transaction& t) -> absl::Status {
                      GB_ASSIGN_OR_RETURN(
                          const auto stored,
                          GetRecord<store::TokenRecord>(t, "tokens/main"));
                      if (stored.has_value()) record = stored->value;
                      return absl::OkStatus();
                    })
                    .ok());
    return record;
  }
  // As a restored database or an older server leaves it.
  void PutStored(const store::TokenRecord& record) {
    EXPECT_TRUE(store_
                    ->Write([&](Transaction& t) -> absl::Status {
                      GB_RETURN_IF_ERROR(PutRecord(t, "tokens/main", record));
                      return NoteSeals(t, *sealer_, "tokens/main", record);
                    })
                    .ok());
  }

  // An access token that is not `refused`, or the reason why there is none.
  static std::string Get(TokenManager& manager, const std::string& refused) {
    const auto token = manager.GetAccessToken("main", Sha256Hex(refused).substr(0, 8));
    return token.ok() ? token->token.Reveal() : ReasonOf(token.status());
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<Store> store_;
  FakeTransport transport_;
  std::string live_ = "r1";
  int number_ = 1;
  std::vector<std::string> used_;
  std::function<void()> before_answer_;
  std::function<void()> after_answer_;
  std::function<void()> on_pause_;
  std::atomic<int> pauses_{0};
  std::unique_ptr<TokenManager> one_;
  std::unique_ptr<TokenManager> two_;
};

TEST_F(TokenReplicasTest, TheSecondServerTakesTheResultOfTheFirst) {
  absl::Notification asked;
  absl::Notification answer;
  before_answer_ = [&] {
    asked.Notify();
    answer.WaitForNotification();
  };
  std::thread first([&] { EXPECT_EQ(Get(*one_, "a2"), "a3"); });
  asked.WaitForNotification();
  on_pause_ = [&] {
    if (!first.joinable()) return;
    answer.Notify();
    first.join();
  };
  EXPECT_EQ(Get(*two_, "a2"), "a3");
  if (first.joinable()) {
    ADD_FAILURE() << "it did not wait";
    answer.Notify();
    first.join();
  }
  EXPECT_THAT(used_, ElementsAre("r1", "r2"));
}

TEST_F(TokenReplicasTest, WhileOneRefreshesAnotherUsesNoTokenUp) {
  before_answer_ = [&] {
    EXPECT_EQ(Get(*two_, "a2"), kUnderWay);
    const int pauses = pauses_;
    EXPECT_GT(pauses, 0);
    EXPECT_EQ(Get(*two_, "a2"), kUnderWay);
    EXPECT_EQ(pauses_, pauses) << "those who waited for the first call wait no longer";
    EXPECT_EQ(ReasonOf(Save(*two_, std::nullopt)), kUnderWay);
    EXPECT_EQ(Get(*two_, "other"), "a2") << "for whom nothing was refused";
  };
  EXPECT_EQ(Get(*one_, "a2"), "a3");
  EXPECT_THAT(used_, ElementsAre("r1", "r2"));
  EXPECT_EQ(Get(*two_, "a2"), "a3");
}

TEST_F(TokenReplicasTest, AServerThatDoesNotComeBackIsTakenOver) {
  before_answer_ = [&] {
    EXPECT_EQ(Get(*two_, "a2"), kUnderWay);
    clock_.Advance(TokenManager::kTakeOver);
    EXPECT_EQ(Get(*two_, "a2"), "a3");
  };
  // It wakes up late: what it asked with is dead, and it says nothing against the rest.
  EXPECT_EQ(Get(*one_, "a2"), "a3");
  EXPECT_THAT(used_, ElementsAre("r1", "r2", "r2")) << "and no other token is used up";
  EXPECT_TRUE(two_->State("main")->valid());
  EXPECT_EQ(Get(*two_, "a3"), "a4");
}

TEST_F(TokenReplicasTest, AServerThatSleptAfterItsClaimUsesNoTokenUp) {
  WatchedStore watched(*store_);
  const auto sleepy = Server("three", watched);
  bool slept = false;
  watched.after_write = [&] {
    if (std::exchange(slept, true)) return;
    EXPECT_EQ(Get(*two_, "a2"), kUnderWay);
    clock_.Advance(TokenManager::kTakeOver);
    EXPECT_EQ(Get(*two_, "a2"), "a3");
  };
  EXPECT_EQ(Get(*sleepy, "a2"), "a3");
  EXPECT_THAT(used_, ElementsAre("r1", "r2"));
}

TEST_F(TokenReplicasTest, TokensThatCameLateAreNotLostToAServerThatTookOver) {
  after_answer_ = [&] {
    EXPECT_EQ(Get(*two_, "a2"), kUnderWay);
    clock_.Advance(TokenManager::kTakeOver);
    EXPECT_EQ(Get(*two_, "a2"), "REFRESH_ANSWER_LOST") << "for all that it can know";
  };
  EXPECT_EQ(Get(*one_, "a2"), "a3");
  EXPECT_TRUE(two_->State("main")->valid());
  EXPECT_EQ(Get(*two_, "a2"), "a3");
  EXPECT_EQ(Get(*two_, "a3"), "a4");
}

TEST_F(TokenReplicasTest, TokensThatCameLateReplaceNoNewerChain) {
  after_answer_ = [&] {
    live_ = "fresh";
    ASSERT_TRUE(Save(*two_, "fresh").ok());
  };
  EXPECT_EQ(Get(*one_, "a2"), "a4") << "that of the new chain";
  EXPECT_EQ(live_, "r4");
  EXPECT_EQ(Get(*two_, "a4"), "a5");
}

TEST_F(TokenReplicasTest, TokensThatCameAfterADatabaseWasSetBackAreTheNewest) {
  const store::TokenRecord backup = Stored();
  ASSERT_EQ(Get(*one_, "a2"), "a3");
  after_answer_ = [&] { PutStored(backup); };
  EXPECT_EQ(Get(*one_, "a3"), "a4");
  EXPECT_EQ(Get(*two_, "a4"), "a5") << "the chain goes on";
}

TEST_F(TokenReplicasTest, TokensOfBeforeGrantsWereCountedReplaceNoOtherChain) {
  store::TokenRecord old = Stored();
  old.clear_grant();
  store::TokenRecord other = old;
  other.set_sealed_refresh_token(sealer_->Seal(
      SecretString("fresh"), "integrations/main/connection#refresh_token"));
  PutStored(old);
  after_answer_ = [&] { PutStored(other); };
  Get(*Server("one"), "a2");
  EXPECT_EQ(Stored().grant(), 0);

  // A webhook has no grant either.
  PutStored(old);
  live_ = "r2";
  const store::TokenRecord webhook = WebhookTokens({"crm"});
  after_answer_ = [&] { PutStored(webhook); };
  Get(*Server("one"), "a2");
  EXPECT_EQ(Stored().sealed_refresh_token(), "");

  PutStored(old);
  live_ = "r2";
  EXPECT_NE(Get(*Server("one"), "a2"), "a2") << "and its own chain goes on";
  EXPECT_GT(Stored().grant(), 0);
}

TEST_F(TokenReplicasTest, AServerThatRestartsDoesNotWaitForItself) {
  before_answer_ = [&] { EXPECT_EQ(Get(*Server("one again", "one"), "a2"), "a3"); };
  Get(*one_, "a2");
  EXPECT_EQ(pauses_, 0);
}

TEST_F(TokenReplicasTest, NobodyWaitsForAServerThatDiedAndIsBack) {
  before_answer_ = [&] {
    Server("one again", "one");
    EXPECT_EQ(Get(*two_, "a2"), "a3");
    EXPECT_EQ(pauses_, 0);
  };
  Get(*one_, "a2");
}

TEST_F(TokenReplicasTest, AServerThatStartsWaitsForOneThatMayRun) {
  before_answer_ = [&] { EXPECT_EQ(Get(*Server("copy"), "a2"), kUnderWay); };
  Get(*one_, "a2");
  EXPECT_GT(pauses_, 0);
}

TEST_F(TokenReplicasTest, AnOldNoteIsTakenOverAtOnce) {
  before_answer_ = [&] {
    clock_.Advance(absl::Minutes(11));
    EXPECT_EQ(Get(*two_, "a2"), "a3");
    EXPECT_EQ(pauses_, 0);
  };
  Get(*one_, "a2");
}

}  // namespace
}  // namespace guestbridge::server
