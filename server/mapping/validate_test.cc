#include "server/mapping/validate.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

v1::FieldMapping Loaded() {
  v1::FieldMapping draft;
  const auto source = [&](const char* name, const char* type) {
    v1::SourceField& field = *draft.add_source_fields();
    field.set_name(name);
    field.set_type(type);
  };
  source("LastName", "Edm.String");
  source("FirstName", "Edm.String");
  source("DateOfBirth", "Edm.DateTime");
  source("Age", "Edm.Int16");
  source("Photo", "Edm.Stream");
  const auto target = [&](const char* name, const char* type) {
    v1::ContactField& field = *draft.add_contact_fields();
    field.set_name(name);
    field.set_type(type);
  };
  target("NAME", "string");
  target("PHONE", "crm_multifield");
  target("BIRTHDATE", "date");
  target("UF_CRM_AGE", "integer");
  target("UF_CRM_VIP", "boolean");
  target("HONORIFIC", "crm_status");
  v1::ContactField& honorific = *draft.mutable_contact_fields()->rbegin();
  for (const char* id : {"HNR_RU_1", "HNR_RU_2"}) honorific.add_items()->set_id(id);
  target("SOURCE_ID", "crm_status");
  target("UF_CRM_SEX", "enumeration");
  v1::ContactField& list = *draft.mutable_contact_fields()->rbegin();
  for (const char* id : {"45", "46"}) list.add_items()->set_id(id);
  return draft;
}

std::string Verdict(const char* source, const char* target,
                    const std::vector<std::string>& transforms) {
  v1::FieldMappingEntry entry;
  entry.set_source(source);
  entry.set_target(target);
  for (const std::string& transform : transforms) entry.add_transforms(transform);
  const absl::Status status = ValidateEntry(Loaded(), entry);
  return status.ok() ? "OK" : ReasonOf(status);
}

TEST(ValidateEntry, KnowsEachTransformAndItsArgument) {
  EXPECT_EQ(Verdict("LastName", "NAME", {"name"}), "OK");
  EXPECT_EQ(Verdict("LastName", "NAME", {"sparkle"}), "TRANSFORM_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "NAME", {"truncate:0"}), "TRANSFORM_ARGUMENT_INVALID");
  EXPECT_EQ(Verdict("LastName", "NAME", {"enum:a"}), "TRANSFORM_ARGUMENT_INVALID");
}

TEST(ValidateEntry, RefusesAttributesThatTransformsNameAndNobodyHas) {
  EXPECT_EQ(Verdict("LastName", "NAME", {"template:{LastName} {FirstName}"}), "OK");
  EXPECT_EQ(Verdict("LastName", "NAME", {"template:{LastName} {Nick}"}),
            "ATTRIBUTE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "NAME", {"first-of:Nick,LastName"}),
            "ATTRIBUTE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "NAME", {"all-of:LastName,Photo"}),
            "ATTRIBUTE_UNKNOWN");
}

TEST(ValidateEntry, AListTakesNothingButItsValues) {
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"enum:Male=45;Female=46"}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"enum:Male=45;x=;*=*"}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"enum:Male=45;Female=47"}),
            "LIST_VALUE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"enum:Male=45;*=47"}),
            "LIST_VALUE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"constant:47"}), "LIST_VALUE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"constant:45"}), "OK");
}

TEST(ValidateEntry, AStatusTakesNothingButItsValuesWhereTheyAreKnown) {
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"enum:Male=HNR_RU_1;x= "}), "OK");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"enum:Male=NOPE"}), "LIST_VALUE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"enum:Male=NOPE", "trim"}),
            "LIST_VALUE_UNKNOWN");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"constant:Mr."}), "LIST_VALUE_UNKNOWN");
  // What the source or other transforms make of it nobody can say.
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {}), "OK");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"trim"}), "OK");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"constant:hnr_ru_1", "upper"}), "OK");
  EXPECT_EQ(Verdict("LastName", "SOURCE_ID", {"enum:Male=NOPE"}), "OK");
}

TEST(ValidateEntry, AFullPageOfStatusesMayNotBeAllOfThem) {
  v1::FieldMapping draft = Loaded();
  v1::ContactField* field = nullptr;
  for (v1::ContactField& one : *draft.mutable_contact_fields()) {
    if (one.name() == "HONORIFIC") field = &one;
  }
  v1::FieldMappingEntry entry;
  entry.set_source("LastName");
  entry.set_target("HONORIFIC");
  entry.add_transforms("constant:NOPE");
  while (field->items_size() < 49) field->add_items()->set_id("HNR");
  EXPECT_EQ(ReasonOf(ValidateEntry(draft, entry)), "LIST_VALUE_UNKNOWN");
  field->add_items()->set_id("HNR");
  EXPECT_TRUE(ValidateEntry(draft, entry).ok());
}

TEST(ValidateEntry, WhoNamesNoValueOfAListIsToldThoseThatItHas) {
  v1::FieldMapping draft = Loaded();
  draft.mutable_contact_fields()->rbegin()->mutable_items(0)->set_title("Male");
  v1::FieldMappingEntry entry;
  entry.set_source("LastName");
  entry.set_target("UF_CRM_SEX");
  entry.add_transforms("constant:47");
  const absl::Status status = ValidateEntry(draft, entry);
  EXPECT_EQ(ParametersOf(status).at("value"), "47");
  EXPECT_EQ(ParametersOf(status).at("known"), "45 (Male), 46");
}

TEST(ValidateEntry, WhatTakesOneValueTakesNoSeveralThroughATable) {
  const char* table = "enum:Male=45;Female=46";
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"split:;", table}),
            "FIELD_HOLDS_ONE_VALUE");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"all-of:LastName,FirstName", table}),
            "FIELD_HOLDS_ONE_VALUE");
  EXPECT_EQ(Verdict("LastName", "HONORIFIC", {"split:;", "enum:Male=HNR_RU_1"}),
            "FIELD_HOLDS_ONE_VALUE");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_AGE", {"split:;", "enum:Old=90;*=30"}),
            "FIELD_HOLDS_ONE_VALUE");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"split:;", "join:,", table}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_SEX", {"split:;", "constant:45"}), "OK");
  EXPECT_EQ(Verdict("LastName", "NAME", {"split:;", "enum:Male=45;*=*"}), "OK");
  EXPECT_EQ(Verdict("LastName", "PHONE", {"split:;"}), "OK");
}

TEST(ValidateEntry, TheTypeIsThatOfWhatTheTransformsMake) {
  EXPECT_EQ(Verdict("Age", "PHONE", {}), "TYPE_MISMATCH");
  EXPECT_EQ(Verdict("Age", "PHONE", {"first-of:LastName,FirstName"}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_AGE", {}), "TYPE_MISMATCH");
  EXPECT_EQ(Verdict("Age", "UF_CRM_AGE", {}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_AGE", {"enum:Old=90;*=30"}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_VIP", {"enum:VIP=1;*=0"}), "OK");
  EXPECT_EQ(Verdict("LastName", "UF_CRM_VIP", {"country"}), "TYPE_MISMATCH");
  EXPECT_EQ(Verdict("LastName", "BIRTHDATE", {"first-of:DateOfBirth"}),
            "TYPE_MISMATCH");
  EXPECT_EQ(Verdict("LastName", "BIRTHDATE", {"first-of:DateOfBirth", "date"}), "OK");
  EXPECT_EQ(Verdict("Photo", "NAME", {}), "TYPE_MISMATCH");
}

}  // namespace
}  // namespace guestbridge::server
