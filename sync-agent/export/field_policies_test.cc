// Policies of fields and the filter, through whole runs.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <variant>

#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;
using Policy = MappingEntry::Policy;

constexpr char kName[] = "LastName";

MappingEntry Post(Policy policy, bool keep = false) {
  return {"Post", "POST", {}, policy, keep};
}

struct Site : World {
  Site() { base.Add(1, "Orlova").attributes["Post"] = "Director"; }

  void MapPost(Policy policy, bool keep = false) {
    Map({{kName, "LAST_NAME", {}}, Post(policy, keep)});
  }
  auto& Contact() {
    return portal.contacts.at(portal.OfClient(base.clients[0].key)[0]);
  }
  std::string& Source() { return base.clients[0].attributes["Post"]; }
  RunCounts RunOnce() {
    const Result result = Run(Settings());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  // A run that must not ask the portal for anything.
  void ExpectSettled() {
    int requests = 0;
    const auto usual = portal.fault;
    portal.fault = [&](const PortalRequest&) {
      ++requests;
      return Fault::kNone;
    };
    EXPECT_EQ(RunOnce().unchanged, static_cast<int>(base.clients.size()));
    EXPECT_EQ(requests, 0);
    portal.fault = usual;
  }
};

TEST(FieldPolicies, ACreateOnlyFieldIsGivenToANewContactAndThenLeftAlone) {
  Site site;
  site.MapPost(Policy::kCreateOnly);
  EXPECT_EQ(site.RunOnce().added, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Director");
  site.Source() = "Manager";
  site.ExpectSettled();
  site.Source() = "";
  site.ExpectSettled();
  EXPECT_EQ(site.Contact().fields["POST"], "Director");
  site.base.clients[0].attributes[kName] = "Petrova";
  EXPECT_EQ(site.RunOnce().updated, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Director");
  site.ExpectSettled();
}

TEST(FieldPolicies, AContactThatIsMadeAgainGetsCreateOnlyFieldsAgain) {
  Site site;
  site.base.Add(2, "Petrova");
  site.MapPost(Policy::kCreateOnly);
  site.RunOnce();
  site.Source() = "Manager";
  site.portal.contacts.erase(site.portal.OfClient(site.base.clients[0].key)[0]);
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Manager");
  site.ExpectSettled();
}

TEST(FieldPolicies, AFieldToFillIsWrittenOnceAndAFullOneIsSettledToo) {
  Site site;
  site.Map({{kName, "LAST_NAME", {}}});
  site.RunOnce();
  site.MapPost(Policy::kFillEmpty);
  EXPECT_EQ(site.RunOnce().updated, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Director");
  site.ExpectSettled();

  site.Contact().fields["POST"] = "Edited by a manager";
  site.Source() = "Chief";
  EXPECT_EQ(site.RunOnce().unchanged, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Edited by a manager");
  site.ExpectSettled();
  site.Source() = "";
  site.ExpectSettled();
  EXPECT_EQ(site.Contact().fields["POST"], "Edited by a manager");
}

TEST(FieldPolicies, ADryRunLooksWhetherAFieldToFillIsEmpty) {
  Site site;
  site.base.Add(2, "Petrova").attributes["Post"] = "Clerk";
  site.MapPost(Policy::kFillEmpty);
  site.RunOnce();
  site.Source() = "Chief";
  site.base.clients[1].attributes["Post"] = "Manager";
  site.Contact().fields["POST"] = "";
  auto dry = site.Settings();
  dry.dry_run = true;
  const auto told = site.Run(dry).progress;
  EXPECT_EQ(told.counts.updated, 1);
  EXPECT_EQ(told.counts.unchanged, 1);
  ASSERT_TRUE(told.plan.has_value());
  EXPECT_EQ(told.plan->written, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "");
  const RunCounts done = site.RunOnce();
  EXPECT_EQ(done.updated, 1);
  EXPECT_EQ(done.unchanged, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Chief");
}

TEST(FieldPolicies, AFieldToKeepOutlivesItsSource) {
  Site site;
  site.MapPost(Policy::kOverwrite, /*keep=*/true);
  site.RunOnce();
  site.Source() = "";
  site.ExpectSettled();
  EXPECT_EQ(site.Contact().fields["POST"], "Director");
  site.Source() = "Chief";
  EXPECT_EQ(site.RunOnce().updated, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "Chief");
}

TEST(FieldPolicies, WithoutAPolicyAnEmptySourceClears) {
  Site site;
  site.MapPost(Policy::kOverwrite);
  site.RunOnce();
  site.Source() = "";
  EXPECT_EQ(site.RunOnce().updated, 1);
  EXPECT_EQ(site.Contact().fields["POST"], "");
}

TEST(ClientFilter, ADryRunCountsTheGuestsOfEachConditionApart) {
  Site site;
  using Test = ClientCondition::Test;
  const ClientFilter filter({{"Post", Test::kOneOf, {"director"}, "Post = director"},
                             {"City", Test::kOneOf, {"sochi"}, "City = Sochi"}});
  site.base.clients[0].attributes = {{kName, "Orlova"}, {"Post", "Guest"}};
  for (int i = 2; i <= 4; ++i) {
    site.base.Add(i, "Guest").attributes["Post"] = "Director";
    site.base.clients.back().attributes["City"] = "Omsk";
  }
  site.Map({{kName, "LAST_NAME", {}}}, filter);
  auto dry = site.Settings();
  dry.dry_run = true;
  const auto plan = site.Run(dry).progress.plan;
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->reasons.size(), 2u);
  EXPECT_EQ(plan->reasons[0].clients, 3);
  EXPECT_EQ(plan->reasons[0].parameters.at("condition"), "City = Sochi");
  EXPECT_EQ(plan->reasons[1].clients, 1);
  EXPECT_EQ(plan->reasons[1].parameters.at("condition"), "Post = director");
}

TEST(ClientFilter, AGuestWhoDoesNotPassIsSkippedAndAnExportedOneIsLeftAlone) {
  Site site;
  const ClientFilter filter(
      {{"Post", ClientCondition::Test::kOneOf, {"director"}, "Post = director"}});
  site.base.Add(2, "Guest").attributes["Post"] = "Guest";
  site.Map({{kName, "LAST_NAME", {}}}, filter);
  const RunCounts first = site.RunOnce();
  EXPECT_EQ(first.added, 1);
  EXPECT_EQ(first.skipped, 1);
  const auto record = *site.ledger->Get(site.base.clients[1].key);
  EXPECT_EQ(record->reason, "FILTERED_OUT");
  EXPECT_EQ(record->parameters.at("condition"), "Post = director");

  // The exported one no longer passes, the other one does now.
  site.base.clients[0].attributes = {{kName, "Petrova"}, {"Post", "Guest"}};
  site.base.clients[1].attributes["Post"] = "Director";
  const RunCounts second = site.RunOnce();
  EXPECT_EQ(second.skipped, 1);
  EXPECT_EQ(second.added, 1);
  EXPECT_EQ(site.Contact().fields["LAST_NAME"], "Orlova");
  EXPECT_EQ(site.portal.contacts.size(), 2u);
}

}  // namespace
}  // namespace guestbridge::agent
