#include "sync-agent/plan/drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const FieldTypes kTypes = {{"LAST_NAME", "string"},     {"COMMENTS", "string"},
                           {"BIRTHDATE", "date"},       {"ADDRESS_CITY", "string"},
                           {"PHONE", "crm_multifield"}, {"EMAIL", "crm_multifield"},
                           {"UF_CRM_DAY", "date"},      {"UF_CRM_AT", "datetime"},
                           {"UF_CRM_YES", "boolean"},   {"UF_CRM_NUMBER", "double"},
                           {"UF_CRM_SUM", "money"},     {"UF_CRM_ID", "integer"},
                           {"UF_CRM_TEXT", "string"}};
constexpr int64_t kSent = 1'700'000'000;

// One client of which everything was sent.
struct Sent {
  ClientKey client{"00000000-0000-4000-8000-000000000001"};
  ContactContent content;
  ContactRow row;

  Sent& Single(const std::string& target, const std::string& value,
               const std::string& held) {
    content.fields[target] = value;
    row.fields[target] = held;
    return *this;
  }
  Sent& Phones(const std::vector<MultiValue>& values,
               const std::vector<MultiRow>& held) {
    content.multifields["PHONE"] = values;
    row.multifields["PHONE"] = held;
    return *this;
  }
  // Changed by somebody so many seconds after it was sent.
  Drift Look(int64_t later = 3600, bool fields_known = true) const {
    Decision decision;
    decision.key = client;
    decision.action = PlannedAction::kUnchanged;
    decision.content = content;
    decision.digest = DigestContent(client, content);
    ContentDigest exported = decision.digest;
    if (!fields_known) {
      exported.fields.clear();
      exported.fields_known = false;
    }
    std::set<std::string> targets;
    for (const auto& [name, value] : content.fields) targets.insert(name);
    for (const auto& [name, values] : content.multifields) targets.insert(name);
    ContactRow contact = row;
    contact.fields[kModifyTime] =
        absl::FormatTime("%Y-%m-%dT%H:%M:%S+00:00",
                         absl::FromUnixSeconds(kSent + later), absl::UTCTimeZone());
    contact.fields[kModifiedBy] = "7";
    const HeldContact held = Remember(client, contact, exported, targets, kTypes);
    return FindDrift(decision, exported, kSent, DecodeHeld(EncodeHeld(held)), kTypes);
  }
};

TEST(Drift, WhatThePortalKeepsInItsOwnFormDoesNotDiffer) {
  struct Case {
    std::string target;
    std::string sent;
    std::string held;
  };
  for (const Case& one : std::vector<Case>{
           {"LAST_NAME", "Орлова", "Орлова"},
           {"BIRTHDATE", "1990-05-01", "1990-05-01"},
           {"UF_CRM_DAY", "1990-05-01", "1990-05-01T03:00:00+03:00"},
           {"UF_CRM_DAY", "1990-05-01", "1990-05-01T03:00:00+04:00"},
           {"UF_CRM_DAY", "1990-05-01", "1990-04-30T19:00:00-05:00"},
           {"UF_CRM_AT", "2026-05-01T10:00:00", "2026-05-01T12:00:00+05:00"},
           {"UF_CRM_OF_NO_KNOWN_TYPE", "1", "one"},
           {"LAST_NAME", "Orlova \xF0\x9F\x98\x80", "Orlova ?"},
           {"UF_CRM_YES", "Y", "1"},
           {"UF_CRM_YES", "1", "1"},
           {"UF_CRM_YES", "0", ""},
           {"UF_CRM_YES", "N", "0"},
           {"UF_CRM_YES", "false", "1"},
           {"UF_CRM_NUMBER", "1.50", "1.5"},
           {"UF_CRM_NUMBER", "7", "7.0"},
           {"UF_CRM_SUM", "100|RUB", "100.00|RUB"},
           {"UF_CRM_ID", "007", "7"},
           {"COMMENTS", "<b>VIP</b>\r\nsea  view", "[b]VIP[/b]\nsea view"},
           {"COMMENTS", "Tom &amp; Ann", "Tom & Ann"},
           {"UF_CRM_TEXT", "a\r\nb", "a\nb"},
       }) {
    for (const bool known : {true, false}) {
      const Drift drift =
          Sent().Single(one.target, one.sent, one.held).Look(3600, known);
      EXPECT_THAT(drift.on_portal, IsEmpty()) << one.target << ' ' << one.held;
      EXPECT_THAT(drift.in_source, IsEmpty()) << one.target << ' ' << one.held;
    }
  }
}

TEST(Drift, AnotherValueDiffers) {
  struct Case {
    std::string target;
    std::string sent;
    std::string held;
  };
  for (const Case& one : std::vector<Case>{
           {"LAST_NAME", "Орлова", "Петрова"},
           {"LAST_NAME", "Орлова", ""},
           {"BIRTHDATE", "1990-05-01", "1990-05-02"},
           {"UF_CRM_DAY", "1990-05-01", "1990-05-02T03:00:00+03:00"},
           {"UF_CRM_YES", "Y", "0"},
           {"UF_CRM_NUMBER", "1.5", "1.6"},
           {"UF_CRM_SUM", "100|RUB", "100|USD"},
           {"COMMENTS", "sea view", "garden view"},
       }) {
    for (const bool known : {true, false}) {
      EXPECT_THAT(
          Sent().Single(one.target, one.sent, one.held).Look(3600, known).on_portal,
          ElementsAre(one.target))
          << one.held;
    }
  }
}

// The portal answered an update with an error, and may have carried it out.
TEST(Drift, WhatADoubtfulUpdateLeftIsNobodyElsesChange) {
  struct Case {
    std::string in_source;
    std::string held;
    bool on_portal;
  };
  const ClientKey client("00000000-0000-4000-8000-000000000001");
  ContentDigest exported;
  exported.fields_known = false;
  for (const char* sent : {"Орлова", "Лебедева"}) {
    exported.values.insert(DigestValue(client, "LAST_NAME", sent));
  }
  for (const Case& one : std::vector<Case>{{"Орлова", "Лебедева", false},
                                           {"Лебедева", "Орлова", false},
                                           {"Орлова", "Чужая", true},
                                           {"Лебедева", "Чужая", true}}) {
    Decision decision;
    decision.key = client;
    decision.action = PlannedAction::kUpdate;
    decision.content.fields["LAST_NAME"] = one.in_source;
    decision.digest = DigestContent(client, decision.content);
    ContactRow row;
    row.fields["LAST_NAME"] = one.held;
    const HeldContact held = Remember(client, row, exported, {"LAST_NAME"}, kTypes);
    const Drift drift = FindDrift(decision, exported, kSent, held, kTypes);
    EXPECT_EQ(!drift.on_portal.empty(), one.on_portal) << one.held;
    EXPECT_EQ(!drift.in_source.empty(), !one.on_portal) << one.held;
  }
}

TEST(Drift, WhatMayBeKeptInAnUnknownFormDiffersOnlyWhenSomebodyTouchedTheContact) {
  for (const char* target : {"COMMENTS", "UF_CRM_NUMBER"}) {
    EXPECT_THAT(Sent().Single(target, "1", "2").Look(-1).on_portal, IsEmpty());
    EXPECT_THAT(Sent().Single(target, "1", "2").Look(1).on_portal, ElementsAre(target));
  }
  // A name is what it is.
  EXPECT_THAT(Sent().Single("LAST_NAME", "A", "B").Look(-1).on_portal,
              ElementsAre("LAST_NAME"));
}

TEST(Drift, AnEmptyValueSaysNothingAboutWhatOthersWrote) {
  for (const bool known : {true, false}) {
    EXPECT_THAT(Sent().Single("LAST_NAME", "", "Петрова").Look(3600, known).on_portal,
                IsEmpty());
  }
}

TEST(Drift, APortalThatKeepsAddressesElsewhereShowsNone) {
  EXPECT_THAT(Sent().Single("ADDRESS_CITY", "Сочи", "").Look().on_portal, IsEmpty());
  EXPECT_THAT(Sent()
                  .Single("ADDRESS_CITY", "Сочи", "")
                  .Single("ADDRESS", "Морская 1", "Морская 1")
                  .Look()
                  .on_portal,
              ElementsAre("ADDRESS_CITY"));
}

TEST(Drift, PhonesAreComparedAsNumbersWhateverTheirOrderTypeAndNeighbours) {
  const std::vector<MultiValue> sent = {{"+79161234567", "MOBILE"},
                                        {"+74951112233", "WORK"}};
  for (const bool known : {true, false}) {
    EXPECT_THAT(
        Sent()
            .Phones(sent, {{1, "+79161234567", "MOBILE"}, {2, "+74951112233", "WORK"}})
            .Look(3600, known)
            .on_portal,
        IsEmpty());
    EXPECT_THAT(Sent()
                    .Phones(sent, {{2, "8 (495) 111-22-33", "HOME"},
                                   {5, "+78120000000", "WORK"},
                                   {9, "+7 916 123-45-67", "WORK"}})
                    .Look(3600, known)
                    .on_portal,
                IsEmpty());
    EXPECT_THAT(Sent()
                    .Phones(sent, {{1, "+79161234567", "MOBILE"}})
                    .Look(3600, known)
                    .on_portal,
                ElementsAre("PHONE"));
  }
}

TEST(Drift, WhatNoUpdateMayWriteDoesNotDiffer) {
  Decision decision;
  decision.key = ClientKey("00000000-0000-4000-8000-000000000001");
  decision.action = PlannedAction::kSkip;
  decision.content.fields["LAST_NAME"] = "A";
  HeldContact held;
  held.strays = {"LAST_NAME"};
  held.fields["LAST_NAME"] = "another";
  const ContentDigest exported = DigestContent(decision.key, decision.content);
  EXPECT_THAT(FindDrift(decision, exported, kSent, held, kTypes).on_portal, IsEmpty());
  decision.action = PlannedAction::kUnchanged;
  EXPECT_THAT(FindDrift(decision, exported, kSent, held, kTypes).on_portal,
              ElementsAre("LAST_NAME"));
  auto policies = std::make_shared<FieldPolicies>();
  policies->create_only = {"LAST_NAME"};
  decision.policies = policies;
  EXPECT_THAT(FindDrift(decision, exported, kSent, held, kTypes).on_portal, IsEmpty());
}

}  // namespace
}  // namespace guestbridge::agent
