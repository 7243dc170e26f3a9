#include "server/api/integrations.h"

#include "server/api/api_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class IntegrationsTest : public ApiFixture {
 protected:
  absl::StatusOr<v1::Integration> Create(const v1::Integration& integration) {
    v1::CreateIntegrationRequest request;
    request.set_integration_id("hotel");
    *request.mutable_integration() = integration;
    request.mutable_integration()->set_type(v1::Integration::BITRIX24);
    return integrations_.Create(request);
  }
  absl::StatusOr<v1::Integration> Update(const v1::Integration& integration,
                                         const std::vector<std::string>& paths) {
    v1::UpdateIntegrationRequest request;
    *request.mutable_integration() = integration;
    request.mutable_integration()->set_name("integrations/hotel");
    for (const std::string& path : paths)
      request.mutable_update_mask()->add_paths(path);
    return integrations_.Update(request);
  }
  static void ExpectDefaults(const v1::Integration& integration) {
    EXPECT_EQ(integration.deletion_mark_policy(), v1::Integration::IGNORE);
    EXPECT_EQ(integration.gone_contact_policy(), v1::Integration::RECREATE);
    EXPECT_EQ(integration.robots_policy(), v1::Integration::ROBOTS_FOR_NEW_GUESTS);
    EXPECT_EQ(integration.nameless_policy(), v1::Integration::SKIP);
  }
};

TEST_F(IntegrationsTest, PoliciesHaveTheirDefaultsAndAreChangedOneByOne) {
  const auto made = Create({});
  ASSERT_THAT(made, IsOk());
  ExpectDefaults(*made);
  v1::Integration change;
  change.set_deletion_mark_policy(v1::Integration::DELETE);
  change.set_robots_policy(v1::Integration::ROBOTS_NEVER);
  const auto updated = Update(change, {"deletion_mark_policy"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->deletion_mark_policy(), v1::Integration::DELETE);
  EXPECT_EQ(updated->robots_policy(), v1::Integration::ROBOTS_FOR_NEW_GUESTS);
  EXPECT_EQ(updated->display_name(), "hotel");
  EXPECT_NE(updated->etag(), made->etag());
  EXPECT_EQ(integrations_.Get("integrations/hotel")->deletion_mark_policy(),
            v1::Integration::DELETE);
  EXPECT_EQ(integrations_.List({})->integrations(0).deletion_mark_policy(),
            v1::Integration::DELETE);
  // The same again changes nothing, and no agent hears of it.
  EXPECT_EQ(Update(change, {"deletion_mark_policy"})->etag(), updated->etag());
  // Without a mask what is set counts; `*` puts the rest back.
  EXPECT_EQ(Update(change, {})->robots_policy(), v1::Integration::ROBOTS_NEVER);
  ExpectDefaults(*Update({}, {"*"}));
}

TEST_F(IntegrationsTest, APolicyCanBeSetAtOnce) {
  v1::Integration integration;
  integration.set_gone_contact_policy(v1::Integration::ASK);
  integration.set_nameless_policy(v1::Integration::EXPORT);
  const auto made = Create(integration);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->gone_contact_policy(), v1::Integration::ASK);
  EXPECT_EQ(made->nameless_policy(), v1::Integration::EXPORT);
}

TEST_F(IntegrationsTest, APolicyThatTheServerDoesNotKnowIsRefused) {
  for (const char* path : {"deletion_mark_policy", "gone_contact_policy",
                           "robots_policy", "nameless_policy"}) {
    v1::Integration unknown;
    const auto* field = v1::Integration::descriptor()->FindFieldByName(path);
    unknown.GetReflection()->SetEnumValue(&unknown, field, 77);
    const absl::Status refused = Create(unknown).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(refused), "POLICY_UNKNOWN");
    EXPECT_EQ(ViolationsOf(refused).at(0).field, absl::StrCat("integration.", path));
  }
  ASSERT_THAT(Create({}), IsOk());
  v1::Integration unknown;
  unknown.set_gone_contact_policy(v1::Integration::GoneContactPolicy(77));
  EXPECT_EQ(ReasonOf(Update(unknown, {"gone_contact_policy"}).status()),
            "POLICY_UNKNOWN");
  ExpectDefaults(*integrations_.Get("integrations/hotel"));
}

TEST_F(IntegrationsTest, AnAgentIsToldWithItsConfiguration) {
  Prepare("hotel");
  v1::Integration change;
  change.set_gone_contact_policy(v1::Integration::NEVER);
  change.set_deletion_mark_policy(v1::Integration::DELETE);
  ASSERT_THAT(Update(change, {}), IsOk());
  const std::shared_ptr<Session> session = ConnectAgent("desk", "one");
  ASSERT_NE(session, nullptr);
  int told = 0;
  for (const v1::WatchResponse& message : Sent(*session)) {
    if (!message.has_configuration()) continue;
    ++told;
    EXPECT_EQ(message.configuration().gone_contact_policy(), v1::Integration::NEVER);
    EXPECT_EQ(message.configuration().deletion_mark_policy(), v1::Integration::DELETE);
  }
  EXPECT_EQ(told, 1);
}

TEST_F(IntegrationsTest, WhatWasStoredBeforePoliciesExistedShowsTheDefaults) {
  ASSERT_TRUE(store_
                  ->Write([](Transaction& transaction) {
                    store::IntegrationRecord record;
                    record.mutable_integration()->set_name("integrations/old");
                    record.mutable_integration()->set_type(v1::Integration::BITRIX24);
                    return PutRecord(transaction, keys::Integration("old"), record);
                  })
                  .ok());
  ExpectDefaults(*integrations_.Get("integrations/old"));
  ExpectDefaults(integrations_.List({})->integrations(0));
}

}  // namespace
}  // namespace guestbridge::server
