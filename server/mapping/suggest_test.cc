#include "server/mapping/suggest.h"

#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/mapping/notices.h"
#include "server/mapping/validate.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::ContactField& Field(v1::FieldMapping* draft, const char* name, const char* type,
                        const char* title = "") {
  v1::ContactField& field = *draft->add_contact_fields();
  field.set_name(name);
  field.set_type(type);
  field.set_title(title);
  return field;
}

void Item(v1::ContactField* field, const char* id, const char* title) {
  v1::ContactFieldItem& item = *field->add_items();
  item.set_id(id);
  item.set_title(title);
}

void Source(v1::FieldMapping* draft, const char* name, const char* type) {
  v1::SourceField& field = *draft->add_source_fields();
  field.set_name(name);
  field.set_type(type);
}

// "LastName -> LAST_NAME HIGH SUGGESTED_BY_NAME", with the transforms at the end.
std::vector<std::string> Suggested(v1::FieldMapping draft,
                                   const v1::FieldMapping& before = {}) {
  Suggest(before, &draft);
  std::vector<std::string> lines;
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    std::string line = entry.source() + " -> " + entry.target() + " " +
                       v1::FieldMappingEntry::Certainty_Name(entry.certainty()) + " " +
                       entry.reason();
    for (const std::string& transform : entry.transforms()) line += " " + transform;
    lines.push_back(line);
    if (entry.suggested()) {
      EXPECT_NE(FindReason(entry.reason()), nullptr) << entry.reason();
    }
  }
  return lines;
}

TEST(Suggest, AStandardNameIsSurerThanOneThatMeansTheSame) {
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Source(&draft, "Имя", "Edm.String");
  Source(&draft, "Surname", "Edm.String");
  Field(&draft, "LAST_NAME", "string");
  Field(&draft, "NAME", "string");
  EXPECT_THAT(Suggested(draft),
              ElementsAre("LastName -> LAST_NAME HIGH SUGGESTED_BY_NAME",
                          "Имя -> NAME MEDIUM SUGGESTED_BY_SYNONYM"));
}

TEST(Suggest, ListsAreMatchedValueByValueWhereThePortalTellsThem) {
  v1::FieldMapping draft;
  Source(&draft, "Sex", "Edm.String");
  v1::ContactField& honorific = Field(&draft, "HONORIFIC", "crm_status");
  EXPECT_THAT(Suggested(draft), IsEmpty());
  Item(&honorific, "HNR_RU_1", "г-н");
  EXPECT_THAT(Suggested(draft), IsEmpty());
  Item(&honorific, "HNR_RU_2", "г-жа");
  EXPECT_THAT(Suggested(draft),
              ElementsAre("Sex -> HONORIFIC MEDIUM SUGGESTED_BY_VALUES "
                          "enum:Male=HNR_RU_1;Female=HNR_RU_2"));
  v1::ContactField& list = Field(&draft, "UF_CRM_SEX", "enumeration", "Пол");
  Item(&list, "44", "Женский");
  Item(&list, "43", "Мужской");
  EXPECT_EQ(Suggested(draft).at(1),
            "Sex -> UF_CRM_SEX MEDIUM SUGGESTED_BY_VALUES enum:Male=43;Female=44");
}

TEST(Suggest, UserFieldsAreFoundByTheirTitle) {
  v1::FieldMapping draft;
  Source(&draft, "Code", "Edm.String");
  Source(&draft, "ЛюбимыйНомер", "Edm.String");
  Source(&draft, "NoSMSDelivery", "Edm.Boolean");
  Source(&draft, "Age", "Edm.Int16");
  Field(&draft, "UF_CRM_1", "string", "Код гостя");
  Field(&draft, "UF_CRM_2", "string", "Любимый номер");
  Field(&draft, "UF_CRM_3", "boolean", "Запрет рассылки");
  Field(&draft, "UF_CRM_4", "date", "Age");
  Field(&draft, "UF_CRM_5", "string", "Прочее");
  EXPECT_THAT(Suggested(draft),
              ElementsAre("Code -> UF_CRM_1 MEDIUM SUGGESTED_BY_TITLE",
                          "ЛюбимыйНомер -> UF_CRM_2 MEDIUM SUGGESTED_BY_TITLE",
                          "NoSMSDelivery -> UF_CRM_3 MEDIUM SUGGESTED_BY_TITLE "
                          "yes-no"));
}

std::string NoticeOf(v1::FieldMapping draft) {
  TellNotices("main", /*marks=*/false, &draft);
  return draft.notices().empty() ? "" : draft.notices(0).reason();
}

TEST(Notices, AMarketingBanThatIsLeftOutIsSaidWithTheFieldsThatCouldTakeIt) {
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Field(&draft, "LAST_NAME", "string");
  EXPECT_EQ(NoticeOf(draft), "") << "the base has no such mark";
  Source(&draft, "NoSMSDelivery", "Edm.Boolean");
  EXPECT_EQ(NoticeOf(draft), "MARKETING_BAN_NO_FIELD");
  Field(&draft, "UF_CRM_TEXT", "string", "Other");
  Field(&draft, "OPENED", "char");
  Field(&draft, "UF_CRM_FIXED", "boolean", "Other").set_read_only(true);
  Field(&draft, "UF_CRM_MANY", "boolean", "Other").set_multiple(true);
  EXPECT_EQ(NoticeOf(draft), "MARKETING_BAN_NO_FIELD");
  Field(&draft, "UF_CRM_A", "boolean", "Other");
  Field(&draft, "UF_CRM_B", "boolean", "Other");
  TellNotices("main", /*marks=*/false, &draft);
  TellNotices("main", /*marks=*/false, &draft);
  ASSERT_EQ(draft.notices_size(), 1);
  EXPECT_EQ(draft.notices(0).reason(), "MARKETING_BAN_LEFT_OUT");
  EXPECT_EQ(draft.notices(0).parameters().at("contact_fields"), "UF_CRM_A, UF_CRM_B");
  EXPECT_EQ(draft.notices(0).parameters().at("target"), "UF_CRM_A");
  EXPECT_EQ(draft.notices(0).parameters().at("attribute"), "NoSMSDelivery");
}

TEST(Notices, AMarketingBanThatGoesAnywhereIsNoNews) {
  v1::FieldMapping draft;
  Source(&draft, "NoSMSDelivery", "Edm.Boolean");
  Field(&draft, "UF_CRM_A", "boolean", "Other");
  ASSERT_EQ(NoticeOf(draft), "MARKETING_BAN_LEFT_OUT");
  v1::FieldMapping mapped = draft;
  mapped.add_entries()->set_source("NoSMSDelivery");
  mapped.mutable_entries(0)->set_target("UF_CRM_A");
  EXPECT_EQ(NoticeOf(mapped), "");
  v1::FieldMapping within = draft;
  Source(&within, "LastName", "Edm.String");
  within.add_entries()->set_source("LastName");
  within.mutable_entries(0)->set_target("UF_CRM_A");
  within.mutable_entries(0)->add_transforms("template:{LastName} {NoSMSDelivery}");
  EXPECT_EQ(NoticeOf(within), "");
  v1::FieldMapping filtered = draft;
  filtered.add_conditions()->set_attribute("NoSMSDelivery");
  EXPECT_EQ(NoticeOf(filtered), "");
}

TEST(Notices, ADeletionMarkThatIsToBeAValueIsSaidWhileItGoesNowhere) {
  const auto told = [](v1::FieldMapping draft, bool marks = true) -> std::string {
    TellNotices("main", marks, &draft);
    if (draft.notices().empty()) return "";
    const auto& said = *draft.notices().rbegin();
    const auto target = said.parameters().find("target");
    return said.reason() +
           (target == said.parameters().end() ? "" : " " + target->second);
  };
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Field(&draft, "UF_CRM_A", "boolean", "Other");
  EXPECT_EQ(told(draft), "DELETION_MARK_NOT_LOADED");
  Source(&draft, "DeletionMark", "Edm.Boolean");
  EXPECT_EQ(told(draft), "DELETION_MARK_LEFT_OUT UF_CRM_A");
  EXPECT_EQ(told(draft, /*marks=*/false), "");
  v1::FieldMapping mapped = draft;
  mapped.add_entries()->set_source("DeletionMark");
  mapped.mutable_entries(0)->set_target("UF_CRM_A");
  EXPECT_EQ(told(mapped), "");
  draft.clear_contact_fields();
  EXPECT_EQ(told(draft), "DELETION_MARK_NO_FIELD");
  // Beside the other one.
  Source(&draft, "NoSMSDelivery", "Edm.Boolean");
  TellNotices("main", /*marks=*/true, &draft);
  EXPECT_EQ(draft.notices_size(), 2);
  Field(&draft, "UF_CRM_B", "boolean", "Пометка удаления");
  EXPECT_THAT(Suggested(draft),
              ElementsAre("DeletionMark -> UF_CRM_B MEDIUM SUGGESTED_BY_TITLE yes-no"));
}

TEST(Suggest, WhatWasMappedByHandStays) {
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Source(&draft, "Nick", "Edm.String");
  Field(&draft, "LAST_NAME", "string");
  draft.add_entries()->set_source("Nick");
  draft.mutable_entries(0)->set_target("LAST_NAME");
  EXPECT_THAT(Suggested(draft),
              ElementsAre("Nick -> LAST_NAME CERTAINTY_UNSPECIFIED "));
}

// "Remarks -> COMMENTS" of each.
std::vector<std::string> Pairs(const v1::FieldMapping& draft) {
  std::vector<std::string> pairs;
  for (const v1::FieldMappingEntry& entry : draft.entries()) {
    pairs.push_back(entry.source() + " -> " + entry.target());
  }
  return pairs;
}

// The draft after another load of what it holds now.
std::vector<std::string> Again(const v1::FieldMapping& before, v1::FieldMapping draft) {
  Suggest(before, &draft);
  return Pairs(draft);
}

// Loaded once, and COMMENTS is taken out by hand.
v1::FieldMapping WithoutComments() {
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Source(&draft, "Remarks", "Edm.String");
  Field(&draft, "LAST_NAME", "string");
  Field(&draft, "COMMENTS", "string");
  Suggest({}, &draft);
  EXPECT_THAT(Pairs(draft),
              ElementsAre("Remarks -> COMMENTS", "LastName -> LAST_NAME"));
  draft.mutable_entries()->DeleteSubrange(0, 1);
  return draft;
}

TEST(Suggest, WhatWasTakenOutOfTheDraftDoesNotComeBack) {
  const v1::FieldMapping draft = WithoutComments();
  EXPECT_THAT(Again(draft, draft), ElementsAre("LastName -> LAST_NAME"));
}

TEST(Suggest, OnlyWhatOneOfTheSidesHasNewIsAddedToADraft) {
  const v1::FieldMapping before = WithoutComments();
  v1::FieldMapping draft = before;
  Source(&draft, "EMail", "Edm.String");
  Field(&draft, "EMAIL", "crm_multifield");
  Field(&draft, "UF_CRM_1", "string", "Remarks");
  EXPECT_THAT(
      Again(before, draft),
      ElementsAre("EMail -> EMAIL", "LastName -> LAST_NAME", "Remarks -> UF_CRM_1"));
  Source(&draft, "Comment", "Edm.String");
  EXPECT_THAT(Again(before, draft), ::testing::Contains("Comment -> COMMENTS"));
}

TEST(Suggest, ADraftWithoutEntriesIsBegunAfresh) {
  v1::FieldMapping draft = WithoutComments();
  draft.clear_entries();
  EXPECT_THAT(Again(draft, draft),
              ElementsAre("Remarks -> COMMENTS", "LastName -> LAST_NAME"));
}

TEST(Suggest, AFieldThatThePortalRequiresIsSuggestedAgainWhileNothingFeedsIt) {
  const v1::FieldMapping before = WithoutComments();
  v1::FieldMapping draft = before;
  draft.mutable_contact_fields(1)->set_required(true);
  EXPECT_THAT(Again(before, draft),
              ElementsAre("Remarks -> COMMENTS", "LastName -> LAST_NAME"));
}

TEST(Suggest, AnUntouchedSuggestionFollowsTheListAndKeepsItsPolicy) {
  v1::FieldMapping draft;
  Source(&draft, "Sex", "Edm.String");
  v1::ContactField& honorific = Field(&draft, "HONORIFIC", "crm_status");
  Item(&honorific, "1", "г-н");
  Item(&honorific, "2", "г-жа");
  Suggest({}, &draft);
  draft.mutable_entries(0)->set_policy(v1::FieldMappingEntry::FILL_EMPTY);
  const v1::FieldMapping before = draft;
  honorific.mutable_items(1)->set_id("3");
  Suggest(before, &draft);
  ASSERT_EQ(draft.entries_size(), 1);
  EXPECT_THAT(draft.entries(0).transforms(), ElementsAre("enum:Male=1;Female=3"));
  EXPECT_EQ(draft.entries(0).policy(), v1::FieldMappingEntry::FILL_EMPTY);
}

TEST(Suggest, WhatLostASideStaysUnlessANewAttributeTakesItsPlace) {
  const v1::FieldMapping before = WithoutComments();
  v1::FieldMapping draft = before;
  draft.clear_source_fields();
  Source(&draft, "Remarks", "Edm.String");
  EXPECT_THAT(Again(before, draft), ElementsAre("LastName -> LAST_NAME"));
  Source(&draft, "Фамилия", "Edm.String");
  EXPECT_THAT(Again(before, draft), ElementsAre("Фамилия -> LAST_NAME"));
  draft = before;
  draft.clear_contact_fields();
  Field(&draft, "COMMENTS", "string");
  EXPECT_THAT(Again(before, draft), ElementsAre("LastName -> LAST_NAME"));
}

TEST(Notices, WhatOneSideNoLongerHasIsSaidOnce) {
  v1::FieldMapping draft = WithoutComments();
  v1::FieldMappingEntry& other = *draft.add_entries();
  other.set_source("Remarks");
  other.set_target("LAST_NAME");
  EXPECT_EQ(NoticeOf(draft), "");
  v1::FieldMapping less = draft;
  less.mutable_contact_fields()->DeleteSubrange(0, 1);
  TellNotices("main", /*marks=*/false, &less);
  ASSERT_EQ(less.notices_size(), 1);
  EXPECT_EQ(less.notices(0).reason(), "DRAFT_FIELD_GONE");
  EXPECT_EQ(less.notices(0).parameters().at("contact_field"), "LAST_NAME");
  EXPECT_EQ(less.notices(0).parameters().at("integration"), "main");
  draft.mutable_source_fields()->DeleteSubrange(0, 1);
  EXPECT_EQ(NoticeOf(draft), "DRAFT_ATTRIBUTE_GONE");
}

TEST(ValidateSides, SaysWhichSideNoLongerHasWhatTheDraftJoins) {
  v1::FieldMapping draft = WithoutComments();
  EXPECT_TRUE(ValidateSides(draft).ok());
  v1::FieldMapping no_field = draft;
  no_field.clear_contact_fields();
  EXPECT_EQ(ReasonOf(ValidateSides(no_field)), "DRAFT_FIELD_GONE");
  draft.clear_source_fields();
  EXPECT_EQ(ReasonOf(ValidateSides(draft)), "DRAFT_ATTRIBUTE_GONE");
  EXPECT_EQ(ParametersOf(ValidateSides(draft)).at("contact_field"), "LAST_NAME");
}

TEST(ValidateMapping, FieldsThatThePortalAsksForMustBeFed) {
  v1::FieldMapping draft;
  Source(&draft, "LastName", "Edm.String");
  Field(&draft, "LAST_NAME", "string").set_required(true);
  Field(&draft, "NAME", "string").set_required(true);
  Suggest({}, &draft);
  // One name is enough.
  EXPECT_TRUE(ValidateMapping(draft).ok());
  Field(&draft, "ID", "integer").set_required(true);
  v1::ContactField& own = Field(&draft, "UF_CRM_1", "string", "x");
  own.set_required(true);
  Field(&draft, "UF_CRM_2", "string", "y").set_required(true);
  const absl::Status status = ValidateMapping(draft);
  EXPECT_EQ(ReasonOf(status), "REQUIRED_FIELDS_UNMAPPED");
  EXPECT_EQ(ParametersOf(status).at("contact_fields"), "UF_CRM_1, UF_CRM_2");
  own.set_read_only(true);
  EXPECT_EQ(ParametersOf(ValidateMapping(draft)).at("contact_fields"), "UF_CRM_2");
}

}  // namespace
}  // namespace guestbridge::server
