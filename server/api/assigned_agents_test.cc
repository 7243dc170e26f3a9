// Agents that are made for an integration, as the one that serves or as its standby.
#include "server/api/enrollments_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class AssignedAgentsTest : public EnrollmentsFixture {};

TEST_F(AssignedAgentsTest, AnIntegrationThatAPersonAssignedIsNobodyElses) {
  Prepare("main");
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(),
            "hotel-1");
  request.set_integrations(0, "integrations/none");
  EXPECT_EQ(ReasonOf(enrollments_.Create(request).status()), "INTEGRATION_NOT_FOUND");
}

TEST_F(AssignedAgentsTest, AStandbyThatIsGivenTheIntegrationChangesPlaces) {
  ASSERT_NE(ConnectAgent("hotel-1", "one"), nullptr);
  Prepare("main");
  CreateToken("hotel-2");
  v1::UpdateIntegrationRequest update;
  update.mutable_integration()->set_name("integrations/main");
  update.mutable_integration()->set_standby_agent("hotel-2");
  update.mutable_update_mask()->add_paths("standby_agent");
  ASSERT_THAT(integrations_.Update(update), IsOk());
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-2");
  request.add_integrations("integrations/main");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(),
            "hotel-2");
  EXPECT_EQ(integrations_.Get("integrations/main")->standby_agent(), "hotel-1");
}

TEST_F(AssignedAgentsTest, AStandbyIsAnotherThanTheAgentThatHasNoConnectionYet) {
  v1::CreateIntegrationRequest create;
  create.set_integration_id("new");
  create.mutable_integration()->set_type(v1::Integration::BITRIX24);
  ASSERT_THAT(integrations_.Create(create), IsOk());
  v1::CreateAgentRequest request;
  request.set_agent_id("hotel-1");
  request.add_integrations("integrations/new");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  v1::UpdateIntegrationRequest update;
  update.mutable_integration()->set_name("integrations/new");
  update.mutable_integration()->set_standby_agent("hotel-1");
  update.mutable_update_mask()->add_paths("standby_agent");
  EXPECT_EQ(ReasonOf(integrations_.Update(update).status()), "STANDBY_SERVES");
  CreateToken("hotel-2");
  update.mutable_integration()->set_standby_agent("hotel-2");
  ASSERT_THAT(integrations_.Update(update), IsOk());
  request.set_agent_id("hotel-2");
  ASSERT_THAT(enrollments_.Create(request), IsOk());
  EXPECT_EQ(integrations_.Get("integrations/new")->standby_agent(), "hotel-1");
}

}  // namespace
}  // namespace guestbridge::server
