#include "sync-agent/control/configuration.h"

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace v1 = guestbridge::v1;

namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

v1::AgentConfiguration Configured() {
  v1::AgentConfiguration configuration;
  configuration.set_integration("integrations/main");
  configuration.set_revision(7);
  configuration.set_active(true);
  configuration.set_bound_base_identity("base-1");
  v1::Connection& connection = *configuration.mutable_connection();
  connection.set_hotel("000000001");
  connection.set_api_server("portal.example.org");
  connection.set_ssl(true);
  connection.mutable_webhook()->set_user_id(1);
  connection.mutable_webhook()->set_secret("code");
  connection.mutable_source()->set_type("onec-odata");
  connection.mutable_source()->set_url("http://onec.example.org/hotel");
  connection.mutable_source()->set_password("password");
  v1::FieldMapping& mapping = *configuration.mutable_mapping();
  mapping.set_version(3);
  v1::FieldMappingEntry& entry = *mapping.add_entries();
  entry.set_source("LastName");
  entry.set_target("LAST_NAME");
  return configuration;
}

TEST(Configuration, IsReadWhole) {
  const auto settings = ReadConfiguration(Configured());
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->id, "main");
  EXPECT_EQ(settings->revision, 7);
  EXPECT_TRUE(settings->active);
  EXPECT_EQ(settings->portal.host, "portal.example.org");
  EXPECT_EQ(settings->portal.port, 443);
  EXPECT_FALSE(settings->portal.oauth);
  EXPECT_EQ(settings->portal.webhook_secret.Reveal(), "code");
  EXPECT_EQ(settings->source.password.Reveal(), "password");
  EXPECT_EQ(settings->settle_time, absl::Seconds(120));
  EXPECT_EQ(settings->box_settle_time, absl::Minutes(15));
  EXPECT_FALSE(settings->spread_imports);
  EXPECT_EQ(settings->pace.bucket_capacity, 50);
  EXPECT_EQ(settings->bound_base_identity, "base-1");
  ASSERT_TRUE(settings->mapping.has_value());
  EXPECT_EQ(settings->mapping->version(), 3);
  EXPECT_TRUE(settings->events.client_changed);
}

TEST(Configuration, ReadsPolicies) {
  v1::AgentConfiguration configuration = Configured();
  auto policies = ReadConfiguration(configuration)->policies;
  EXPECT_EQ(policies.deletion_mark, DeletionMarkPolicy::kIgnore);
  EXPECT_EQ(policies.gone_contact, GoneContactPolicy::kRecreate);
  EXPECT_EQ(policies.robots, RobotsPolicy::kNewGuests);
  EXPECT_FALSE(policies.export_nameless);
  configuration.set_deletion_mark_policy(v1::Integration::DELETE);
  configuration.set_gone_contact_policy(v1::Integration::ASK);
  configuration.set_robots_policy(v1::Integration::ROBOTS_ALWAYS);
  configuration.set_nameless_policy(v1::Integration::EXPORT);
  policies = ReadConfiguration(configuration)->policies;
  EXPECT_EQ(policies.deletion_mark, DeletionMarkPolicy::kDelete);
  configuration.set_deletion_mark_policy(v1::Integration::MARK);
  EXPECT_EQ(ReadConfiguration(configuration)->policies.deletion_mark,
            DeletionMarkPolicy::kMark);
  EXPECT_EQ(policies.gone_contact, GoneContactPolicy::kAsk);
  EXPECT_EQ(policies.robots, RobotsPolicy::kAlways);
  EXPECT_TRUE(policies.export_nameless);
}

TEST(Configuration, APolicyOfANewerServerIsReadAsTheOneThatDoesLeast) {
  v1::AgentConfiguration configuration = Configured();
  configuration.set_deletion_mark_policy(v1::Integration::DeletionMarkPolicy(77));
  configuration.set_gone_contact_policy(v1::Integration::GoneContactPolicy(77));
  configuration.set_robots_policy(v1::Integration::RobotsPolicy(77));
  configuration.set_nameless_policy(v1::Integration::NamelessPolicy(77));
  const Policies policies = ReadConfiguration(configuration)->policies;
  EXPECT_EQ(policies.deletion_mark, DeletionMarkPolicy::kIgnore);
  EXPECT_EQ(policies.gone_contact, GoneContactPolicy::kNever);
  EXPECT_EQ(policies.robots, RobotsPolicy::kNever);
  EXPECT_FALSE(policies.export_nameless);
}

TEST(Configuration, KnowsTheLargerBucketAndTheSettleTime) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_connection()->set_tariff(v1::Connection::ENTERPRISE);
  configuration.mutable_connection()->mutable_settle_time()->set_seconds(2);
  const auto settings = ReadConfiguration(configuration);
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->pace.bucket_capacity, 250);
  EXPECT_EQ(settings->settle_time, absl::Seconds(2));
  EXPECT_EQ(settings->box_settle_time, absl::Seconds(2));
}

TEST(Configuration, SwitchesEventsOff) {
  v1::AgentConfiguration configuration = Configured();
  configuration.add_disabled_events("client-changed");
  configuration.add_disabled_events("contact-changed");
  const auto settings = ReadConfiguration(configuration);
  ASSERT_THAT(settings, IsOk());
  EXPECT_FALSE(settings->events.client_changed);
  EXPECT_TRUE(settings->events.client_created);
}

TEST(Configuration, SaysHowLongTheHistoryIsKept) {
  v1::AgentConfiguration configuration = Configured();
  EXPECT_EQ(ReadConfiguration(configuration)->history_kept, absl::Hours(24 * 365));
  configuration.mutable_retention()->mutable_history()->set_seconds(86400);
  EXPECT_EQ(ReadConfiguration(configuration)->history_kept, absl::Hours(24));
  EXPECT_FALSE(ReadConfiguration(configuration)->quarantine_kept.has_value());
  configuration.mutable_retention()->mutable_quarantine()->set_seconds(86400);
  EXPECT_EQ(ReadConfiguration(configuration)->quarantine_kept, absl::Hours(24));
}

TEST(Configuration, WithoutASavedMappingIsStillOne) {
  v1::AgentConfiguration configuration = Configured();
  configuration.clear_mapping();
  const auto settings = ReadConfiguration(configuration);
  ASSERT_THAT(settings, IsOk());
  EXPECT_FALSE(settings->mapping.has_value());
}

TEST(Configuration, CarriesPoliciesAndTheFilter) {
  v1::AgentConfiguration configuration = Configured();
  v1::FieldMapping& mapping = *configuration.mutable_mapping();
  mapping.mutable_entries(0)->set_when_empty(v1::FieldMappingEntry::KEEP);
  v1::FieldMappingEntry& post = *mapping.add_entries();
  post.set_source("Position");
  post.set_target("POST");
  post.set_policy(v1::FieldMappingEntry::FILL_EMPTY);
  v1::ClientCondition& condition = *mapping.add_conditions();
  condition.set_attribute("Sex");
  condition.set_test(v1::ClientCondition::ONE_OF);
  condition.add_values("Female");
  condition.set_text("Sex = Female");
  const auto settings = ReadConfiguration(configuration);
  ASSERT_THAT(settings, IsOk());
  ClientRow row;
  row.attributes["Sex"] = "Male";
  const MappedContact mapped =
      settings->mapping->MapContent(row, absl::CivilDay(2026, 1, 5));
  EXPECT_EQ(mapped.unmet, "Sex = Female");
  EXPECT_EQ(mapped.kept, (std::vector<std::string>{"LAST_NAME", "POST"}));
  EXPECT_EQ(mapped.policies->fill_empty.count("POST"), 1u);
  EXPECT_EQ(settings->mapping->attributes().back(), "Sex");
}

TEST(Configuration, AConditionOfALaterServerLetsNobodyThroughUnasked) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_mapping()->add_conditions()->set_attribute("Sex");
  EXPECT_THAT(ReadConfiguration(configuration), StatusIs(kInvalid, "FILTER_INVALID"));
}

TEST(Configuration, RejectsATransformThatItDoesNotKnow) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_mapping()->mutable_entries(0)->add_transforms("shuffle");
  EXPECT_THAT(ReadConfiguration(configuration),
              StatusIs(kInvalid, "TRANSFORM_UNKNOWN"));
}

TEST(Configuration, RejectsAPortalWithoutTls) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_connection()->set_ssl(false);
  EXPECT_THAT(ReadConfiguration(configuration), StatusIs(kInvalid, "SSL_REQUIRED"));
}

TEST(Configuration, RejectsAPortalWithAPath) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_connection()->set_api_server("portal.example.org/rest");
  EXPECT_THAT(ReadConfiguration(configuration),
              StatusIs(kInvalid, "API_SERVER_INVALID"));
}

TEST(Configuration, RejectsASettleTimeOutOfRange) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_connection()->mutable_settle_time()->set_seconds(1);
  EXPECT_THAT(ReadConfiguration(configuration),
              StatusIs(kInvalid, "SETTLE_TIME_INVALID"));
}

TEST(Configuration, RejectsACallerWithoutCredentials) {
  v1::AgentConfiguration configuration = Configured();
  configuration.mutable_connection()->clear_auth();
  EXPECT_THAT(ReadConfiguration(configuration), StatusIs(kInvalid, "AUTH_REQUIRED"));
}

}  // namespace
}  // namespace guestbridge::agent
