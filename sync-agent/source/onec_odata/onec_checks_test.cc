#include "sync-agent/source/onec_odata/onec_checks.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

constexpr char kDocument[] = R"xml(<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://example.org/edmx">
 <edmx:DataServices><Schema Namespace="StandardODATA" xmlns="http://example.org/edm">
  <EntityType Name="Catalog_Clients"><Key><PropertyRef Name="Ref_Key"/></Key>
   <Property Name="Ref_Key" Type="Edm.Guid" Nullable="false"/>
   <Property Name="DeletionMark" Type="Edm.Boolean"/>
   <Property Name="LastName" Type="Edm.String" MaxLength="50"/>
   <Property Name="Citizenship_Key" Type="Edm.Guid"/>
   <Property Name="Author_Key" Type="Edm.Guid"/>
   <Property Name="Photo_Base64Data" Type="Edm.Binary"/>
   <Property Name="RoomProperties" Type="Collection(StandardODATA.R_RowType)"/>
   <NavigationProperty Name="Citizenship"/>
  </EntityType>
  <EntityType Name="Catalog_Other"><Property Name="X" Type="Edm.String"/></EntityType>
 </Schema></edmx:DataServices></edmx:Edmx>)xml";

SourceProfile Profile() { return *LoadSourceProfile("", ""); }

TEST(MetadataTest, KeepsWhatIsWantedByLocalNames) {
  const auto metadata = ParseMetadata(kDocument, {"Catalog_Clients"});
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->entities.size(), 1u);
  EXPECT_EQ(metadata->types, 2);
  const MetadataEntity& clients = metadata->entities.at("Catalog_Clients");
  EXPECT_EQ(clients.at("LastName").max_length, 50);
  EXPECT_EQ(clients.count("Citizenship"), 0u);
}

TEST(MetadataTest, RefusesWhatIsNoMetadata) {
  const std::string whole = kDocument;
  for (const std::string& text :
       {std::string(), std::string("<html><body/></html>"), whole.substr(0, 400),
        "<!DOCTYPE a [<!ENTITY b \"c\">]>" + whole.substr(39)}) {
    EXPECT_EQ(ReasonOf(ParseMetadata(text, {"Catalog_Clients"}).status()),
              "SOURCE_ANSWER_BROKEN");
  }
}

TEST(MetadataTest, ReadsAVersionThatItDoesNotKnow) {
  const auto metadata = ParseMetadata(
      R"(<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
         <edmx:DataServices><Schema><EntityType Name="Catalog_Clients">
         <Property Name="Ref_Key" Type="Edm.Guid"/></EntityType>
         </Schema></edmx:DataServices></edmx:Edmx>)",
      {"Catalog_Clients"});
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->version, "4.0");
  EXPECT_EQ(metadata->entities.at("Catalog_Clients").count("Ref_Key"), 1u);
}

TEST(MappableFieldsTest, LeavesOutTechnicalOnesAndReferencesWithoutText) {
  const auto metadata = ParseMetadata(kDocument, {"Catalog_Clients"});
  ASSERT_TRUE(metadata.ok());
  std::string names;
  for (const SourceField& field :
       MappableFields(Profile(), metadata->entities.at("Catalog_Clients"))) {
    names += field.name + ":" + field.type + " ";
  }
  EXPECT_EQ(names,
            "Citizenship_Key:Edm.String DeletionMark:Edm.Boolean LastName:Edm.String ");
}

TEST(CheckHotelTest, ComparesCodeAndNameTrimmedAndWithoutCase) {
  ODataRow row;
  row.values = {{"Code", "000000001   "}, {"Description", "Гостиница «Ёлка»\xc2\xa0"}};
  const HotelNames names = *Profile().hotels;
  for (const char* hotel : {"000000001", " гостиница «ЁЛКА» "}) {
    EXPECT_EQ(CheckHotel(names, {row}, hotel).reason, "CHECK_HOTEL_OK") << hotel;
  }
  for (const char* hotel : {"", "1", "Гостиница"}) {
    EXPECT_EQ(CheckHotel(names, {row}, hotel).reason, "HOTEL_NOT_FOUND") << hotel;
  }
}

TEST(CompareVersionsTest, ComparesNumbersPartByPart) {
  EXPECT_EQ(CompareVersions("9.0.1.3", "9.0.1.3"), 0);
  EXPECT_EQ(CompareVersions("9.0.1.10", "9.0.1.3"), 1);
  EXPECT_EQ(CompareVersions("8.9.99", "9.0.1.3"), -1);
  EXPECT_EQ(CompareVersions("9.0.1", "9.0.1.3"), -1);
}

TEST(CheckVersionTest, FindsTheNumberAmongWordsAndFailsOnlyAnOldOne) {
  struct Row {
    const char* published;
    const char* reason;
    const char* version;
  };
  const Row rows[] = {
      {"9.0.1.3", "CHECK_VERSION_OK", "9.0.1.3"},
      {" 9.2.6.66\n", "CHECK_VERSION_OK", "9.2.6.66"},
      {"1C:Hotel 9.2.6.66", "CHECK_VERSION_OK", "9.2.6.66"},
      {"1С:Отель, редакция 9.0 (9.0.1.5)", "CHECK_VERSION_OK", "9.0.1.5"},
      {"версия 10.1.", "CHECK_VERSION_OK", "10.1"},
      {"8.3.27.1", "VERSION_TOO_OLD", "8.3.27.1"},
      {"1C:Hotel 9.0.1.2", "VERSION_TOO_OLD", "9.0.1.2"},
      {"", "VERSION_NOT_PUBLISHED", ""},
      {"-", "VERSION_NOT_PUBLISHED", ""},
      {"9", "VERSION_NOT_PUBLISHED", ""},
      {"1C:Hotel", "VERSION_NOT_PUBLISHED", ""},
  };
  for (const Row& row : rows) {
    const SourceCheck check = CheckVersion(row.published);
    EXPECT_EQ(check.reason, row.reason) << row.published;
    EXPECT_EQ(check.state, check.reason == "CHECK_VERSION_OK"  ? State::kOk
                           : check.reason == "VERSION_TOO_OLD" ? State::kFailed
                                                               : State::kWarning);
    for (const auto& [name, value] : check.parameters) {
      if (name == "version") {
        EXPECT_EQ(value, row.version);
      }
    }
  }
  EXPECT_EQ(CheckVersion(std::string(5000, '7') + ".1").reason,
            "VERSION_NOT_PUBLISHED");
}

}  // namespace
}  // namespace guestbridge::agent
