#include "server/api/run_samples.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;

v1::PlannedClient Planned(const std::string& outcome,
                          const std::vector<std::string>& fields = {}) {
  v1::PlannedClient planned;
  planned.set_client("00000000-0000-4000-8000-000000000001");
  planned.set_outcome(outcome);
  planned.mutable_fields()->Assign(fields.begin(), fields.end());
  return planned;
}

void AddWrite(const std::string& target, const std::string& before,
              const std::string& after, v1::ExplainedClient* found) {
  v1::FieldChange& change = *found->mutable_explanation()->add_writes();
  change.set_target(target);
  change.set_before(before);
  change.set_after(after);
}

v1::ExplainedClient Found(const std::string& decision,
                          v1::PortalContact::State contact) {
  v1::ExplainedClient found;
  v1::ClientExplanation& explanation = *found.mutable_explanation();
  explanation.set_decision(decision);
  explanation.set_mapping_version(3);
  explanation.mutable_portal()->set_state(contact);
  if (contact != v1::PortalContact::NONE) explanation.mutable_portal()->set_contact(7);
  return found;
}

v1::RunSample Sample(const v1::PlannedClient& planned,
                     const v1::ExplainedClient& found) {
  return MakeRunSample(planned, /*mapping_version=*/3, found);
}

std::vector<std::string> Shown(const v1::RunSample& sample) {
  std::vector<std::string> shown;
  for (const v1::FieldChange& field : sample.fields()) {
    shown.push_back(
        absl::StrCat(field.target(), ": ", field.before(), " > ", field.after()));
  }
  return shown;
}

TEST(RunSamples, AnUpdateShowsWhatItDoesToTheContact) {
  for (const char* decision : {"UPDATE", "RELINK", "ADOPT"}) {
    v1::ExplainedClient found = Found(decision, v1::PortalContact::READ);
    AddWrite("LAST_NAME", "Orlova", "Petrova", &found);
    AddWrite("PHONE", "1\n2", "3\n2", &found);
    const v1::RunSample sample =
        Sample(Planned("UPDATED", {"ADDRESS", "LAST_NAME", "PHONE"}), found);
    EXPECT_EQ(sample.client(), "00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(sample.outcome(), "UPDATED");
    EXPECT_EQ(sample.contact(), 7);
    EXPECT_THAT(Shown(sample),
                ElementsAre("LAST_NAME: Orlova > Petrova", "PHONE: 1\n2 > 3\n2"));
    EXPECT_FALSE(sample.has_explanation());
  }
}

TEST(RunSamples, ANewContactShowsAllThatItGetsAndNobodyElsesContact) {
  // 1C may hold the ID of a stranger's contact, which was read.
  v1::ExplainedClient found = Found("ADD", v1::PortalContact::READ);
  AddWrite("NAME", "", "Anna", &found);
  const v1::RunSample added = Sample(Planned("ADDED"), found);
  EXPECT_THAT(Shown(added), ElementsAre("NAME:  > Anna"));
  EXPECT_EQ(added.contact(), 0);
  v1::ExplainedClient gone = Found("RECREATE", v1::PortalContact::GONE);
  AddWrite("NAME", "", "Anna", &gone);
  const v1::RunSample again = Sample(Planned("RECREATED"), gone);
  EXPECT_THAT(Shown(again), ElementsAre("NAME:  > Anna"));
  EXPECT_EQ(again.contact(), 0) << "it would get another number";
}

TEST(RunSamples, WhatHasMovedSinceIsSaidInPlaceOfValues) {
  const auto moved = [](const std::string& outcome, const std::string& decision) {
    v1::ExplainedClient found = Found(decision, v1::PortalContact::READ);
    AddWrite("NAME", "Anna", "Inna", &found);
    const v1::RunSample sample = Sample(Planned(outcome, {"NAME"}), found);
    EXPECT_EQ(sample.fields().empty(), sample.has_explanation());
    return sample.explanation().reason() == "SAMPLE_MOVED";
  };
  for (const char* decision : {"UNCHANGED", "SKIP", "FAIL", "DEFER", "DELETE"}) {
    EXPECT_TRUE(moved("UPDATED", decision)) << decision;
    EXPECT_TRUE(moved("ADDED", decision)) << decision;
  }
  EXPECT_TRUE(moved("ADDED", "UPDATE")) << "it was exported";
  EXPECT_TRUE(moved("UPDATED", "RECREATE")) << "its contact is gone";
  EXPECT_TRUE(moved("RECREATED", "ADD"));
  // Another field than the plan names, and another mapping.
  v1::ExplainedClient found = Found("UPDATE", v1::PortalContact::READ);
  AddWrite("LAST_NAME", "Orlova", "Petrova", &found);
  EXPECT_EQ(Sample(Planned("UPDATED", {"NAME"}), found).explanation().reason(),
            "SAMPLE_MOVED");
  EXPECT_EQ(
      MakeRunSample(Planned("UPDATED", {"LAST_NAME"}), 4, found).explanation().reason(),
      "SAMPLE_MOVED");
}

TEST(RunSamples, AnOlderAgentThatTellsNoValuesIsSaidToBeOne) {
  for (const auto& [outcome, decision] :
       std::vector<std::pair<std::string, std::string>>{{"ADDED", "ADD"},
                                                        {"RECREATED", "RECREATE"}}) {
    const v1::RunSample sample =
        Sample(Planned(outcome), Found(decision, v1::PortalContact::NONE));
    EXPECT_EQ(sample.explanation().reason(), "SAMPLE_UNTOLD") << outcome;
  }
  EXPECT_FALSE(Sample(Planned("UPDATED"), Found("UPDATE", v1::PortalContact::READ))
                   .has_explanation())
      << "the contact may have it all by now";
}

TEST(RunSamples, WhatCannotBeReadIsSaid) {
  v1::ExplainedClient unread = Found("UPDATE", v1::PortalContact::UNREAD);
  unread.mutable_explanation()->mutable_portal()->mutable_explanation()->set_reason(
      "PORTAL_UNREACHABLE");
  const v1::RunSample unseen = Sample(Planned("UPDATED", {"NAME"}), unread);
  EXPECT_EQ(unseen.explanation().reason(), "PORTAL_UNREACHABLE");
  EXPECT_EQ(unseen.contact(), 0);
  v1::ExplainedClient lost;
  lost.mutable_error()->set_reason("CLIENT_NOT_FOUND");
  (*lost.mutable_error()->mutable_parameters())["client"] = "x";
  const v1::RunSample gone = Sample(Planned("ADDED"), lost);
  EXPECT_EQ(gone.explanation().reason(), "CLIENT_NOT_FOUND");
  EXPECT_EQ(gone.explanation().parameters().at("client"), "x");
}

TEST(RunSamples, WhoWouldNotBeWrittenIsNoSample) {
  for (const char* written : {"ADDED", "UPDATED", "RECREATED"}) {
    EXPECT_TRUE(IsWritten(Planned(written))) << written;
  }
  for (const char* left : {"SKIPPED", "FAILED", "DEFERRED", ""}) {
    EXPECT_FALSE(IsWritten(Planned(left))) << left;
  }
}

}  // namespace
}  // namespace guestbridge::server
