#include "common/resource/configuration_fingerprint.h"

#include <gtest/gtest.h>

namespace guestbridge {
namespace {

v1::AgentConfiguration Configured() {
  v1::AgentConfiguration configuration;
  configuration.set_integration("integrations/main");
  configuration.set_revision(7);
  configuration.set_fingerprint_key("key");
  configuration.mutable_connection()->mutable_source()->set_password("pw");
  return configuration;
}

TEST(ConfigurationFingerprint, TellsContentsApartSecretsIncluded) {
  const std::string first = ConfigurationFingerprint(Configured());
  EXPECT_EQ(first.size(), 64U);
  v1::AgentConfiguration other = Configured();
  other.mutable_connection()->mutable_source()->set_password("pw2");
  EXPECT_NE(ConfigurationFingerprint(other), first);
  other = Configured();
  other.set_active(true);
  EXPECT_NE(ConfigurationFingerprint(other), first);
}

TEST(ConfigurationFingerprint, IsTheSameForTheSameContentUnderAnotherNumber) {
  v1::AgentConfiguration other = Configured();
  other.set_revision(8);
  other.set_database_revision(9);
  other.set_database_tag(10);
  EXPECT_EQ(ConfigurationFingerprint(other), ConfigurationFingerprint(Configured()));
}

TEST(ConfigurationFingerprint, CannotBeGuessedWithoutTheKeyNorMadeWithoutOne) {
  v1::AgentConfiguration other = Configured();
  other.set_fingerprint_key("another key");
  EXPECT_NE(ConfigurationFingerprint(other), ConfigurationFingerprint(Configured()));
  other.clear_fingerprint_key();
  EXPECT_EQ(ConfigurationFingerprint(other), "");
}

}  // namespace
}  // namespace guestbridge
