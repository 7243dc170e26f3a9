#include "server/api/erasures.h"

#include <string>

#include "absl/strings/str_format.h"
#include "server/api/api_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr char kSecret[] = "0123456789abcdefghij";
constexpr char kOtherSecret[] = "abcdefghij0123456789";

std::string Hash(int number) { return absl::StrFormat("%032x", number); }

class ErasuresTest : public ApiFixture {
 protected:
  ErasuresTest() {
    Prepare("main");
    session_ = ConnectAgent("a", "one");
    Sent(*session_);
  }

  static v1::ReportLedgerRequest Report(const std::string& secret, int first,
                                        int last) {
    v1::ReportLedgerRequest request;
    request.set_integration("integrations/main");
    v1::Erasures& erasures = *request.add_erasures();
    erasures.set_secret(secret);
    for (int i = first; i <= last; ++i) {
      v1::ErasedClient& client = *erasures.add_clients();
      client.set_hash(Hash(i));
      client.mutable_erase_time()->set_seconds(1000 + i);
    }
    return request;
  }

  // What the agent is sent next; none: nothing is.
  std::optional<v1::AgentConfiguration> Configuration() {
    dispatcher_.OnChanges({{.revision = 1, .key = "erasures/main"}});
    std::optional<v1::AgentConfiguration> last;
    for (const v1::WatchResponse& message : Sent(*session_)) {
      if (message.has_configuration()) last = message.configuration();
    }
    return last;
  }

  bool Keeps(int number) { return *erasures_.Keeps("main", Hash(number)); }

  std::shared_ptr<Session> session_;
  Erasures erasures_{*store_, *sealer_};
};

TEST_F(ErasuresTest, WhatOneLedgerSaysStandsInTheNextConfiguration) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 2)), IsOk());
  const auto configuration = Configuration();
  ASSERT_TRUE(configuration.has_value());
  ASSERT_EQ(configuration->erasures_size(), 1);
  EXPECT_EQ(configuration->erasures(0).secret(), kSecret);
  ASSERT_EQ(configuration->erasures(0).clients_size(), 2);
  EXPECT_EQ(configuration->erasures(0).clients(1).hash(), Hash(2));
  EXPECT_EQ(configuration->erasures(0).clients(1).erase_time().seconds(), 1002);
  EXPECT_TRUE(Keeps(2));
  EXPECT_FALSE(Keeps(3));
}

TEST_F(ErasuresTest, SaidAgainItChangesNothing) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 2)), IsOk());
  ASSERT_TRUE(Configuration().has_value());
  v1::ReportLedgerRequest again = Report(kSecret, 1, 2);
  again.mutable_erasures(0)->mutable_clients(0)->mutable_erase_time()->set_seconds(5);
  ASSERT_THAT(erasures_.Take(*session_, again), IsOk());
  ASSERT_THAT(erasures_.Take(*session_, v1::ReportLedgerRequest()), IsOk());
  EXPECT_FALSE(Configuration().has_value()) << "no new revision";
}

TEST_F(ErasuresTest, EachLedgersStandUnderItsSecret) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 1)), IsOk());
  ASSERT_THAT(erasures_.Take(*session_, Report(kOtherSecret, 2, 3)), IsOk());
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 2)), IsOk());
  const auto configuration = Configuration();
  ASSERT_TRUE(configuration.has_value());
  ASSERT_EQ(configuration->erasures_size(), 2);
  EXPECT_EQ(configuration->erasures(0).clients_size(), 2);
  EXPECT_EQ(configuration->erasures(1).clients_size(), 2);
}

TEST_F(ErasuresTest, TheDatabaseHoldsNeitherSecretNorHash) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 2)), IsOk());
  ASSERT_THAT(store_->Read([](Transaction& transaction) -> absl::Status {
    const auto document = transaction.Get("erasures/main");
    EXPECT_TRUE(document.ok() && document->has_value());
    EXPECT_EQ((*document)->body.find(kSecret), std::string::npos);
    EXPECT_EQ((*document)->body.find(Hash(1)), std::string::npos);
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(ErasuresTest, WhatNoAgentSaysIsRefusedWhole) {
  const auto refused = [&](auto change) {
    v1::ReportLedgerRequest request = Report(kSecret, 1, 2);
    change(*request.mutable_erasures(0));
    EXPECT_THAT(erasures_.Take(*session_, request),
                StatusIs(absl::StatusCode::kInvalidArgument, "ERASURE_MALFORMED"));
    EXPECT_FALSE(Keeps(1));
  };
  refused([](v1::Erasures& e) { e.set_secret("short"); });
  refused([](v1::Erasures& e) { e.set_secret(std::string(65, 'a')); });
  refused([](v1::Erasures& e) { e.set_secret("with a blank in it!!"); });
  refused([](v1::Erasures& e) { e.mutable_clients(1)->set_hash("0a1b"); });
  refused(
      [](v1::Erasures& e) { e.mutable_clients(1)->set_hash(std::string(32, 'A')); });
  refused([](v1::Erasures& e) { e.mutable_clients(1)->clear_erase_time(); });
  refused([](v1::Erasures& e) {
    e.mutable_clients(1)->mutable_erase_time()->set_nanos(-1);
  });
}

TEST_F(ErasuresTest, MoreThanAConfigurationCanHoldAreRefusedWhole) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, kMostErasedClients)),
              IsOk());
  const int more = kMostErasedClients + 1;
  EXPECT_THAT(erasures_.Take(*session_, Report(kOtherSecret, more, more)),
              StatusIs(absl::StatusCode::kResourceExhausted, "ERASURES_TOO_MANY"));
  EXPECT_FALSE(Keeps(more));
  EXPECT_TRUE(Keeps(kMostErasedClients));
  const auto configuration = Configuration();
  ASSERT_TRUE(configuration.has_value());
  EXPECT_LT(configuration->ByteSizeLong(), 3U << 20) << "a message has room for 4 MiB";
}

TEST_F(ErasuresTest, OnlyItsAgentSpeaksForAnIntegration) {
  const auto other = ConnectAgent("b", "two");
  EXPECT_THAT(
      erasures_.Take(*other, Report(kSecret, 1, 1)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "INTEGRATION_NOT_ASSIGNED"));
}

// An older sealed value put back in its place would bring guests back that were erased
// since.
TEST_F(ErasuresTest, WhatWasPutBackIsNotUsedAndTheLedgersWordMendsIt) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 1)), IsOk());
  std::string before;
  ASSERT_THAT(store_->Read([&](Transaction& transaction) -> absl::Status {
    before = (*transaction.Get("erasures/main"))->body;
    return absl::OkStatus();
  }),
              IsOk());
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 2, 2)), IsOk());
  ASSERT_THAT(store_->Write([&](Transaction& transaction) {
    return transaction.Put("erasures/main", before);
  }),
              IsOk());
  EXPECT_TRUE(absl::IsDataLoss(erasures_.Keeps("main", Hash(1)).status()));
  // The integration goes on: its ledger knows.
  dispatcher_.OnChanges({{.revision = 1, .key = "erasures/main"}});
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  auto configuration = Configuration();
  EXPECT_TRUE(configuration.has_value());
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 2)), IsOk());
  configuration = Configuration();
  ASSERT_TRUE(configuration.has_value());
  EXPECT_EQ(configuration->erasures(0).clients_size(), 2);
}

TEST_F(ErasuresTest, TheyGoWithTheIntegration) {
  ASSERT_THAT(erasures_.Take(*session_, Report(kSecret, 1, 1)), IsOk());
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  EXPECT_FALSE(Keeps(1));
}

}  // namespace
}  // namespace guestbridge::server
