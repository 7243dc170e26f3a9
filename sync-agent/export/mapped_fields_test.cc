// Fields that a side no longer has as the mapping knows them.
#include <gtest/gtest.h>

#include <memory>

#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

class MappedFieldsTest : public ::testing::Test {
 protected:
  MappedFieldsTest() {
    world.base.Add(1, "Orlova", "+79161234567");
    world.portal.fields = {
        {"LAST_NAME", {"string"}}, {"PHONE", {"crm_multifield"}}, {"ID", {"integer"}}};
  }
  World::Result Export() { return world.Run(world.Settings()); }

  World world;
};

TEST_F(MappedFieldsTest, AFieldThatIsGoneStopsTheRunBeforeItWrites) {
  world.portal.fields.erase("PHONE");
  const auto result = Export();
  EXPECT_EQ(result.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(result.error), "MAPPED_FIELD_GONE");
  EXPECT_EQ(ParametersOf(result.error).at("contact_field"), "PHONE");
  EXPECT_TRUE(world.portal.contacts.empty());
  // A dry run says so too.
  auto dry = world.Settings();
  dry.dry_run = true;
  EXPECT_EQ(ReasonOf(world.Run(dry).error), "MAPPED_FIELD_GONE");
  world.portal.fields["PHONE"] = {"crm_multifield"};
  EXPECT_EQ(Export().progress.counts.added, 1);
}

TEST_F(MappedFieldsTest, AFieldThatCanNoLongerBeWrittenStopsItToo) {
  world.portal.fields["LAST_NAME"].read_only = true;
  EXPECT_EQ(ReasonOf(Export().error), "MAPPED_FIELD_READ_ONLY");
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(MappedFieldsTest, AnotherTypeOfTheSameClassIsSaidOnce) {
  world.portal.fields["LAST_NAME"].type = "crm_status";
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "string";
  const auto notices = Export().progress.notices;
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, "MAPPED_FIELD_RETYPED");
  EXPECT_EQ(notices[0].parameters.at("type"), "string");
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, SoIsOneThatTakesTextsNow) {
  world.portal.fields["LAST_NAME"].type = "integer";
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "string";
  const auto result = Export();
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  ASSERT_EQ(result.progress.notices.size(), 1u);
  EXPECT_EQ(result.progress.notices[0].reason, "MAPPED_FIELD_RETYPED");
}

TEST_F(MappedFieldsTest, AnotherClassStopsEveryRunUntilAnotherVersionIsSaved) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.base.clients[0].attributes["LastName"] = "Petrova";
  world.portal.fields["LAST_NAME"].type = "integer";
  auto dry = world.Settings();
  dry.dry_run = true;
  for (const RunSettings& settings : {dry, world.Settings(), world.Settings(), dry}) {
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kFailed);
    EXPECT_EQ(ReasonOf(result.error), "MAPPED_FIELD_UNFIT");
    const Parameters parameters = ParametersOf(result.error);
    EXPECT_EQ(parameters.at("contact_field"), "LAST_NAME");
    EXPECT_EQ(parameters.at("type"), "integer");
    EXPECT_EQ(parameters.at("was"), "string");
    EXPECT_EQ(parameters.at("version"), "1");
    EXPECT_EQ(world.portal.contacts.begin()->second.fields["LAST_NAME"], "Orlova");
  }
  auto saved = world.Settings();
  saved.mapping_version = 2;
  EXPECT_EQ(world.Run(saved).end, RunEnd::kSucceeded);
  EXPECT_EQ(world.portal.contacts.begin()->second.fields["LAST_NAME"], "Petrova");
}

// What the server says of the version goes before what was noted.
TEST_F(MappedFieldsTest, ATypeIsHeldAgainstTheOneThatTheVersionWasSavedWith) {
  EXPECT_TRUE(Export().progress.notices.empty());
  MappingOptions options;
  options.types = {{"LAST_NAME", "string"}};
  world.mapping = std::make_unique<CompiledMapping>(*CompiledMapping::Compile(
      {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, options));
  world.portal.fields["LAST_NAME"].type = "employee";
  auto another = world.Settings();
  another.mapping_version = 2;
  EXPECT_EQ(ReasonOf(world.Run(another).error), "MAPPED_FIELD_UNFIT")
      << "a version that no run has used, saved without loading the fields";
  options.types = {{"LAST_NAME", "employee"}};
  world.mapping = std::make_unique<CompiledMapping>(*CompiledMapping::Compile(
      {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, options));
  for (const char* type : {"employee", "string", "employee"}) {
    world.portal.fields["LAST_NAME"].type = type;
    another = world.Settings();
    another.mapping_version = 3;
    EXPECT_EQ(world.Run(another).end, RunEnd::kSucceeded) << type;
  }
}

TEST_F(MappedFieldsTest, ATypeThatComesBackLetsTheSameVersionGoOn) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "employee";
  EXPECT_EQ(ReasonOf(Export().error), "MAPPED_FIELD_UNFIT");
  world.portal.fields["LAST_NAME"].type = "string";
  const auto result = Export();
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_TRUE(result.progress.notices.empty());
}

TEST_F(MappedFieldsTest, WhichTypesTakeTheSameValues) {
  const auto classes = std::vector<std::vector<std::string>>{
      {"date", "datetime"},   {"integer"},     {"double", "money"},
      {"char", "boolean"},    {"enumeration"}, {"crm_multifield"},
      {"employee", "iblock"}, {"string"},
  };
  for (const auto& from : classes) {
    for (const auto& to : classes) {
      if (to[0] == "string") continue;
      SCOPED_TRACE(from[0] + " > " + to.back());
      World world;
      world.base.Add(1, "Orlova", "+79161234567");
      world.portal.fields = {{"LAST_NAME", {from[0]}}, {"PHONE", {"crm_multifield"}}};
      world.Run(world.Settings());
      world.portal.fields["LAST_NAME"].type = to.back();
      EXPECT_EQ(ReasonOf(world.Run(world.Settings()).error),
                from == to || (from[0] == "integer" && to[0] == "double")
                    ? ""
                    : "MAPPED_FIELD_UNFIT");
    }
  }
}

TEST_F(MappedFieldsTest, ATypeThatThePortalDoesNotTellStopsNothing) {
  EXPECT_TRUE(Export().progress.notices.empty());
  for (const char* type : {"", "string"}) {
    world.portal.fields["LAST_NAME"].type = type;
    EXPECT_EQ(Export().end, RunEnd::kSucceeded);
  }
}

TEST_F(MappedFieldsTest, WhatADryRunSaysOfATypeIsSaidByTheRunAfterIt) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "crm_status";
  auto dry = world.Settings();
  dry.dry_run = true;
  EXPECT_EQ(world.Run(dry).progress.notices.size(), 1u);
  EXPECT_EQ(Export().progress.notices.size(), 1u);
}

TEST_F(MappedFieldsTest, AnotherVersionOfTheMappingTakesTheFieldsAsTheyAre) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "integer";
  world.portal.fields["LAST_NAME"].multiple = true;
  auto settings = world.Settings();
  settings.mapping_version = 2;
  EXPECT_TRUE(world.Run(settings).progress.notices.empty());
}

TEST_F(MappedFieldsTest, EachFieldOfAnotherTypeIsSaid) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].type = "text";
  world.portal.fields["PHONE"].type = "string";
  EXPECT_EQ(Export().progress.notices.size(), 2u);
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, AFieldThatHoldsSeveralValuesNowOrOnlyOneIsSaidOnce) {
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].multiple = true;
  world.portal.fields["PHONE"].multiple = true;  // which it always does
  auto notices = Export().progress.notices;
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, "MAPPED_FIELD_NOW_MULTIPLE");
  EXPECT_EQ(notices[0].parameters.at("contact_field"), "LAST_NAME");
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["LAST_NAME"].multiple = false;
  notices = Export().progress.notices;
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, "MAPPED_FIELD_NOW_SINGLE");
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, WhatAnEarlierVersionDidNotNoteIsNotSaid) {
  world.portal.fields["LAST_NAME"].multiple = true;
  ASSERT_TRUE(
      world.ledger->SetNote(kFieldTypesNote, "1 LAST_NAME=string PHONE=crm_multifield")
          .ok());
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, AValueThatItsListNoLongerHasIsSaidUntilTheMappingIsMended) {
  world.Map({{"LastName", "LAST_NAME", {}},
             {"Sex", "UF_CRM_SEX", {"enum:Male=45;Female=46;*= "}}});
  world.portal.fields["UF_CRM_SEX"] = {"enumeration"};
  world.portal.fields["UF_CRM_SEX"].items = std::set<std::string>{"45", "46", "47"};
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.fields["UF_CRM_SEX"].items = std::set<std::string>{"45"};
  auto dry = world.Settings();
  dry.dry_run = true;
  for (const RunSettings& settings : {dry, world.Settings(), world.Settings()}) {
    const auto notices = world.Run(settings).progress.notices;
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].reason, "MAPPED_VALUE_GONE");
    EXPECT_EQ(notices[0].parameters.at("contact_field"), "UF_CRM_SEX");
    EXPECT_EQ(notices[0].parameters.at("values"), "46");
  }
  world.Map(
      {{"LastName", "LAST_NAME", {}}, {"Sex", "UF_CRM_SEX", {"enum:Male=45", "trim"}}});
  EXPECT_TRUE(Export().progress.notices.empty());
}

TEST_F(MappedFieldsTest, SeveralValuesForAFieldThatTakesOneAreSaidUntilItIsMended) {
  const auto map = [this](const std::vector<std::string>& transforms) {
    world.Map({{"LastName", "LAST_NAME", {"split:;"}},
               {"Phone", "PHONE", {"split:;"}},
               {"Sex", "UF_CRM_SEX", transforms}});
  };
  map({"split:;", "enum:Male=45;Female=46"});
  world.portal.fields["UF_CRM_SEX"] = {"enumeration"};
  auto dry = world.Settings();
  dry.dry_run = true;
  for (const RunSettings& settings : {dry, world.Settings(), world.Settings()}) {
    const auto notices = world.Run(settings).progress.notices;
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].reason, "MAPPED_FIELD_HOLDS_ONE");
    EXPECT_EQ(notices[0].parameters.at("contact_field"), "UF_CRM_SEX");
  }
  map({"split:;", "join:,", "enum:Male=45;Female=46"});
  EXPECT_TRUE(Export().progress.notices.empty());
}

class StatusFieldTest : public MappedFieldsTest {
 protected:
  StatusFieldTest() {
    world.Map({{"LastName", "LAST_NAME", {}},
               {"Sex", "HONORIFIC", {"enum:Male=HNR_RU_1;Female=HNR_RU_2"}},
               {"Sex", "SOURCE_ID", {"constant:HOTEL"}},
               {"Sex", "TYPE_ID", {"constant:CLIENT"}}});
    for (const StatusField& field : kStatusFields) {
      world.portal.fields[field.name] = {"crm_status"};
    }
    world.portal.statuses = {{"HONORIFIC", {"HNR_RU_1", "HNR_RU_2"}},
                             {"SOURCE_ID", {"CALL", "HOTEL"}},
                             {"TYPE_ID", {"CLIENT", "SUPPLIER"}}};
  }
};

TEST_F(StatusFieldTest, AValueThatTheDictionaryOfTheFieldNoLongerHasIsSaid) {
  EXPECT_TRUE(Export().progress.notices.empty());
  const auto whole = world.portal.statuses;
  for (const auto& [field, value] : std::map<std::string, std::string>{
           {"HONORIFIC", "HNR_RU_2"}, {"SOURCE_ID", "HOTEL"}, {"TYPE_ID", "CLIENT"}}) {
    SCOPED_TRACE(field);
    world.portal.statuses = whole;
    world.portal.statuses[field].erase(value);
    auto dry = world.Settings();
    dry.dry_run = true;
    for (const RunSettings& settings : {dry, world.Settings()}) {
      const auto notices = world.Run(settings).progress.notices;
      ASSERT_EQ(notices.size(), 1u);
      EXPECT_EQ(notices[0].reason, "MAPPED_VALUE_GONE");
      EXPECT_EQ(notices[0].parameters.at("contact_field"), field);
      EXPECT_EQ(notices[0].parameters.at("values"), value);
    }
  }
}

TEST_F(StatusFieldTest, SoIsOneOfAUserFieldWithADictionary) {
  world.Map(
      {{"LastName", "LAST_NAME", {}}, {"Sex", "UF_CRM_CHANNEL", {"constant:HOTEL"}}});
  ContactFieldShape& field = world.portal.fields["UF_CRM_CHANNEL"];
  field.type = "crm_status";
  field.dictionary = "SOURCE";
  world.portal.statuses["UF_CRM_CHANNEL"] = {"CALL", "HOTEL"};
  EXPECT_TRUE(Export().progress.notices.empty());
  world.portal.statuses["UF_CRM_CHANNEL"] = {"CALL"};
  const auto notices = Export().progress.notices;
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].reason, "MAPPED_VALUE_GONE");
  EXPECT_EQ(notices[0].parameters.at("contact_field"), "UF_CRM_CHANNEL");
}

TEST_F(StatusFieldTest, WhereThePortalDoesNotTellThemNothingIsSaidAndTheRunGoesOn) {
  world.portal.statuses.clear();
  EXPECT_TRUE(Export().progress.notices.empty());
  world.base.Add(2, "Petrova");
  world.portal.statuses["HONORIFIC"] = {"HNR_RU_1"};
  world.portal.instead = [](const Command& command) -> std::optional<Fate> {
    const auto* get = std::get_if<GetContactFields>(&command);
    if (get == nullptr || get->statuses_of.empty()) return std::nullopt;
    return Fate::kRefused;
  };
  const auto result = Export();
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_TRUE(result.progress.notices.empty());
}

TEST_F(MappedFieldsTest, StatusesAreNotAskedForWhereTheMappingNamesNone) {
  int asked = 0;
  world.portal.instead = [&asked](const Command& command) -> std::optional<Fate> {
    asked += std::holds_alternative<GetContactFields>(command) ? 1 : 0;
    return std::nullopt;
  };
  Export();
  EXPECT_EQ(asked, 1);
}

class AttributeKindsTest : public MappedFieldsTest {
 protected:
  RunSettings Settings() {
    RunSettings settings = world.Settings();
    settings.attribute_kinds = [this] { return kinds; };
    return settings;
  }
  std::vector<RunNotice> Notices(const RunSettings& settings) {
    std::vector<RunNotice> notices = world.Run(settings).progress.notices;
    std::erase_if(notices, [](const RunNotice& notice) {
      return notice.reason != "MAPPED_ATTRIBUTE_RETYPED";
    });
    return notices;
  }

  AttributeKinds kinds = {{"LastName", {AttributeKind::kText}},
                          {"Phone", {AttributeKind::kText}},
                          {"Remarks", {AttributeKind::kText}}};
};

TEST_F(AttributeKindsTest, AnotherTypeInTheSourceIsSaidOnce) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  kinds["Remarks"] = {AttributeKind::kNumber};  // not mapped
  // A dry run says it and notes nothing.
  auto dry = Settings();
  dry.dry_run = true;
  EXPECT_EQ(Notices(dry).size(), 1u);
  const auto notices = Notices(Settings());
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].parameters.at("attribute"), "Phone");
  EXPECT_EQ(notices[0].parameters.at("type"), "number");
  EXPECT_EQ(notices[0].parameters.at("version"), "1");
  EXPECT_TRUE(Notices(Settings()).empty());
}

TEST_F(AttributeKindsTest, EachAttributeOfAnotherTypeIsSaid) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  kinds["LastName"] = {AttributeKind::kBoolean};
  EXPECT_EQ(Notices(Settings()).size(), 2u);
  EXPECT_TRUE(Notices(Settings()).empty());
}

TEST_F(AttributeKindsTest, ItIsSaidOnceHoweverManyPagesThereAre) {
  for (int i = 2; i < 60; ++i) world.base.Add(i, "Orlova");
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["LastName"] = {AttributeKind::kNumber};
  auto dry = Settings();
  dry.dry_run = true;
  EXPECT_EQ(Notices(dry).size(), 1u);
}

TEST_F(AttributeKindsTest, WhatRowsDoNotTellIsRememberedAsItWas) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds.erase("Phone");
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["LastName"] = {AttributeKind::kBoolean};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
  kinds["Phone"] = {AttributeKind::kNumber};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
}

TEST_F(AttributeKindsTest, OneOfACompositeTypeIsSaidOnceHoweverItAlternates) {
  EXPECT_TRUE(Notices(Settings()).empty());
  int said = 0;
  for (int run = 0; run < 6; ++run) {
    kinds["Phone"] = {run % 2 == 0 ? AttributeKind::kNumber : AttributeKind::kText};
    said += static_cast<int>(Notices(Settings()).size());
  }
  EXPECT_EQ(said, 1);
}

TEST_F(AttributeKindsTest, OneWhoseFirstReadingShowsSeveralTypesIsNotSaid) {
  for (int i = 2; i < 60; ++i) world.base.Add(i, "Orlova");
  int page = 0;
  RunSettings settings = world.Settings();
  settings.reads_whole = true;
  settings.attribute_kinds = [&page]() -> AttributeKinds {
    return {{"Phone", {++page == 1 ? AttributeKind::kText : AttributeKind::kNumber}}};
  };
  EXPECT_TRUE(Notices(settings).empty());
  for (const AttributeKind kind : {AttributeKind::kNumber, AttributeKind::kText}) {
    kinds["Phone"] = {kind};
    EXPECT_TRUE(Notices(Settings()).empty());
  }
  kinds["Phone"] = {AttributeKind::kBoolean};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
}

TEST_F(AttributeKindsTest, OnceAllRowsShowAnotherTypeTheOldOneIsNewAgain) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
  RunSettings whole = Settings();
  whole.reads_whole = true;
  EXPECT_TRUE(Notices(whole).empty());
  kinds["Phone"] = {AttributeKind::kText};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
}

TEST_F(AttributeKindsTest, OneThatHoldsTextsAndDatesIsNotSaidWhereOnlyDatesChanged) {
  RunSettings whole = Settings();
  whole.reads_whole = true;
  for (int night = 0; night < 3; ++night) {
    kinds["Phone"] = {AttributeKind::kText};  // and dates, which may be texts
    EXPECT_TRUE(Notices(whole).empty());
    kinds["Phone"] = {AttributeKind::kDate};
    EXPECT_TRUE(Notices(Settings()).empty());
  }
}

TEST_F(AttributeKindsTest, DatesInPlaceOfTextsAreSaidOnceAllRowsShowThem) {
  RunSettings whole = Settings();
  whole.reads_whole = true;
  EXPECT_TRUE(Notices(whole).empty());
  kinds["Phone"] = {AttributeKind::kDate};
  EXPECT_TRUE(Notices(Settings()).empty());
  const auto notices = Notices(whole);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].parameters.at("type"), "datetime");
  EXPECT_TRUE(Notices(whole).empty());
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kText};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
}

TEST_F(AttributeKindsTest, AComparisonThatPassedRowsByForgetsNoTypeOfTheirs) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  EXPECT_EQ(Notices(Settings()).size(), 1u);
  RunSettings whole = Settings();
  whole.reads_whole = true;
  world.base.passed_by = 1;
  EXPECT_TRUE(Notices(whole).empty());
  kinds["Phone"] = {AttributeKind::kText};
  EXPECT_TRUE(Notices(Settings()).empty());
}

TEST_F(AttributeKindsTest, AMatchSaysNothingOfTypes) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  auto match = Settings();
  match.kind = RunKind::kMatch;
  EXPECT_TRUE(Notices(match).empty());
  EXPECT_EQ(Notices(Settings()).size(), 1u);
}

TEST_F(AttributeKindsTest, AnotherMappingBeginsAnew) {
  EXPECT_TRUE(Notices(Settings()).empty());
  kinds["Phone"] = {AttributeKind::kNumber};
  auto settings = Settings();
  settings.mapping_version = 2;
  EXPECT_TRUE(Notices(settings).empty());
}

TEST_F(MappedFieldsTest, APortalThatDoesNotSayIsTakenAtItsWord) {
  world.portal.fields.clear();
  EXPECT_EQ(Export().progress.counts.added, 1);
}

TEST_F(MappedFieldsTest, FieldsThatAreNotToldAreAskedForTwiceAndSaidToBeUnchecked) {
  int asked = 0;
  world.portal.instead = [&asked](const Command& command) -> std::optional<Fate> {
    if (!std::holds_alternative<GetContactFields>(command)) return std::nullopt;
    ++asked;
    return Fate::kRefused;
  };
  auto dry = world.Settings();
  dry.dry_run = true;
  for (const RunSettings& settings : {dry, world.Settings()}) {
    asked = 0;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, 1);
    EXPECT_EQ(asked, 2);
    ASSERT_EQ(result.progress.notices.size(), 1u);
    EXPECT_EQ(result.progress.notices[0].reason, "MAPPED_FIELDS_UNCHECKED");
    EXPECT_EQ(result.progress.notices[0].parameters.at("version"), "1");
  }
}

TEST_F(MappedFieldsTest, AFieldThatIsGoneStopsTheRunThoughOnlyTheSecondAnswerSaysSo) {
  world.portal.fields.erase("PHONE");
  int asked = 0;
  world.portal.instead = [&asked](const Command& command) -> std::optional<Fate> {
    if (!std::holds_alternative<GetContactFields>(command)) return std::nullopt;
    return ++asked == 1 ? std::optional(Fate::kUnknown) : std::nullopt;
  };
  const auto result = Export();
  EXPECT_EQ(ReasonOf(result.error), "MAPPED_FIELD_GONE");
  EXPECT_TRUE(result.progress.notices.empty());
  EXPECT_TRUE(world.portal.contacts.empty());
}

}  // namespace
}  // namespace guestbridge::agent
