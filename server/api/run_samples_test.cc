#include "server/api/run_samples.h"

#include <string>
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

void AddField(const std::string& target, const std::string& before,
              const std::string& after, v1::ExplainedClient* found) {
  v1::FieldOutcome& field = *found->mutable_explanation()->add_fields();
  field.set_target(target);
  field.set_portal_value(before);
  field.set_sent_value(after);
}

v1::ExplainedClient Found(const std::string& decision,
                          v1::PortalContact::State contact) {
  v1::ExplainedClient found;
  v1::ClientExplanation& explanation = *found.mutable_explanation();
  explanation.set_decision(decision);
  explanation.mutable_portal()->set_state(contact);
  if (contact != v1::PortalContact::NONE) explanation.mutable_portal()->set_contact(7);
  return found;
}

std::vector<std::string> Shown(const v1::RunSample& sample) {
  std::vector<std::string> shown;
  for (const v1::FieldChange& field : sample.fields()) {
    shown.push_back(
        absl::StrCat(field.target(), ": ", field.before(), " > ", field.after()));
  }
  return shown;
}

TEST(RunSamples, AnUpdateShowsWhatThePlanNamesBeforeAndAfter) {
  v1::ExplainedClient found = Found("UPDATE", v1::PortalContact::READ);
  AddField("NAME", "Anna", "Anna", &found);
  AddField("LAST_NAME", "Orlova", "Petrova", &found);
  AddField("ADDRESS_CITY", "Tula", "", &found);
  // Two attributes feed one field; the first tells what the contact holds.
  AddField("PHONE", "1\n2", "1", &found);
  AddField("PHONE", "", "3", &found);
  const v1::RunSample sample =
      MakeRunSample(Planned("UPDATED", {"ADDRESS_CITY", "LAST_NAME", "PHONE"}), found);
  EXPECT_EQ(sample.client(), "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(sample.outcome(), "UPDATED");
  EXPECT_EQ(sample.contact(), 7);
  EXPECT_THAT(Shown(sample),
              ElementsAre("LAST_NAME: Orlova > Petrova", "ADDRESS_CITY: Tula > ",
                          "PHONE: 1\n2 > 1\n3"));
  EXPECT_FALSE(sample.has_explanation());
}

TEST(RunSamples, ANewContactShowsAllThatItGets) {
  v1::ExplainedClient found = Found("ADD", v1::PortalContact::NONE);
  AddField("NAME", "", "Anna", &found);
  AddField("SECOND_NAME", "", "", &found);
  EXPECT_THAT(Shown(MakeRunSample(Planned("ADDED"), found)),
              ElementsAre("NAME:  > Anna"));
  v1::ExplainedClient gone = Found("RECREATE", v1::PortalContact::GONE);
  AddField("NAME", "", "Anna", &gone);
  const v1::RunSample again = MakeRunSample(Planned("RECREATED"), gone);
  EXPECT_THAT(Shown(again), ElementsAre("NAME:  > Anna"));
  EXPECT_EQ(again.contact(), 0) << "it would get another number";
}

TEST(RunSamples, WhatHasMovedSinceOrCannotBeReadIsSaid) {
  for (const char* left : {"UNCHANGED", "SKIP", "FAIL", "DEFER"}) {
    v1::ExplainedClient moved = Found(left, v1::PortalContact::READ);
    AddField("NAME", "Anna", "Anna", &moved);
    moved.mutable_explanation()->mutable_summary()->set_reason("CONTENT_UNCHANGED");
    const v1::RunSample sample = MakeRunSample(Planned("UPDATED", {"NAME"}), moved);
    EXPECT_EQ(sample.explanation().reason(), "CONTENT_UNCHANGED") << left;
    EXPECT_THAT(Shown(sample), ElementsAre()) << left;
  }
  v1::ExplainedClient unread = Found("UPDATE", v1::PortalContact::UNREAD);
  AddField("NAME", "", "Anna", &unread);
  unread.mutable_explanation()->mutable_portal()->mutable_explanation()->set_reason(
      "PORTAL_UNREACHABLE");
  const v1::RunSample unseen = MakeRunSample(Planned("UPDATED", {"NAME"}), unread);
  EXPECT_EQ(unseen.explanation().reason(), "PORTAL_UNREACHABLE");
  EXPECT_THAT(Shown(unseen), ElementsAre()) << "nothing is not what it holds";

  v1::ExplainedClient lost;
  lost.mutable_error()->set_reason("CLIENT_NOT_FOUND");
  (*lost.mutable_error()->mutable_parameters())["client"] = "x";
  const v1::RunSample gone = MakeRunSample(Planned("ADDED"), lost);
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
