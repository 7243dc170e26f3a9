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

// A base as the profile describes it.
Metadata BaseOf(const SourceProfile& profile) {
  Metadata metadata;
  const auto put = [&metadata](const std::string& set, const std::string& name,
                               const char* type) {
    if (!name.empty()) metadata.entities[set][name].type = type;
  };
  const ClientNames& client = profile.client;
  for (const auto& [role, name] : client.fields) put(client.set, name, "Edm.String");
  put(client.set, client.key, "Edm.Guid");
  put(client.set, client.version, "Edm.String");
  put(client.set, client.code, "Edm.String");
  put(client.set, client.is_folder, "Edm.Boolean");
  put(client.set, client.deleted, "Edm.Boolean");
  put(client.set, client.created, "Edm.DateTime");
  put(client.set, client.contact, "Edm.Int64");
  for (const auto& [attribute, lookup] : profile.lookups) {
    put(client.set, attribute, "Edm.Guid");
    put(lookup.set, lookup.key, "Edm.Guid");
    put(lookup.set, lookup.take, "Edm.String");
  }
  put(profile.hotels->set, profile.hotels->code, "Edm.String");
  put(profile.hotels->set, profile.hotels->name, "Edm.String");
  put(profile.identity->set, profile.identity->field, "Edm.Guid");
  put(profile.version->set, profile.version->field, "Edm.String");
  put(profile.history->set, profile.history->period, "Edm.DateTime");
  put(profile.history->set, profile.history->client, "Edm.Guid");
  const MessageNames& messages = profile.messages;
  for (const std::string& name : messages.key) {
    put(messages.set, name, name == "Hotel_Key" ? "Edm.Guid" : "Edm.String");
  }
  put(messages.set, messages.object, "Edm.String");
  put(messages.set, messages.object_type, "Edm.String");
  return metadata;
}

SourceProfile WholeProfile() {
  const auto profile =
      LoadSourceProfile("", R"({"extends": "1c-hotel", "messages": {"mode": "mapping"},
                               "version": {"set": "Constant_V", "field": "Value"}})");
  EXPECT_TRUE(profile.ok()) << profile.status();
  return *profile;
}

std::string Told(const SourceCheck& check, const std::string& name) {
  for (const auto& [key, value] : check.parameters) {
    if (key == name) return value;
  }
  return "";
}

TEST(CheckNamesTest, ABaseAsTheProfileDescribesItIsInOrder) {
  const SourceProfile profile = WholeProfile();
  std::vector<std::string> reasons;
  for (const SourceCheck& check : CheckNames(profile, BaseOf(profile), {"Phone"})) {
    EXPECT_EQ(check.state, State::kOk);
    reasons.push_back(check.reason);
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"CHECK_ENTITIES_OK",
                                               "CHECK_MESSAGES_REGISTER_OK"}));
}

TEST(CheckNamesTest, NamesWhatIsMissingWithSetAndAttribute) {
  struct Row {
    const char* set;
    const char* attribute;  // empty: the whole set
    State state;
    const char* reason;
    const char* told;  // parameter `attribute`
  };
  const char* const kClients = "Catalog_Clients";
  const char* const kCodes = "InformationRegister_ExternalSystemsObjectCodesMappings";
  const Row rows[] = {
      {kClients, "", State::kFailed, "SOURCE_ENTITY_MISSING", ""},
      {kClients, "Ref_Key", State::kFailed, "SOURCE_ATTRIBUTE_MISSING", "Ref_Key"},
      {kClients, "Phone", State::kFailed, "SOURCE_ATTRIBUTE_MISSING", "Phone"},
      {kClients, "City", State::kWarning, "SOURCE_ATTRIBUTE_MISSING", "City"},
      {kClients, "Code", State::kWarning, "CLIENT_CODE_MISSING", "Code"},
      {"Catalog_Countries", "", State::kWarning, "LOOKUP_NOT_PUBLISHED",
       "Citizenship_Key"},
      {"Catalog_Countries", "Description", State::kWarning, "LOOKUP_NOT_PUBLISHED",
       "Description"},
      {"Catalog_Hotels", "", State::kWarning, "SOURCE_ENTITY_MISSING", ""},
      {"Catalog_Hotels", "Code", State::kWarning, "SOURCE_ATTRIBUTE_MISSING", "Code"},
      {"Constant_InfoBaseUUID", "", State::kWarning, "SOURCE_ENTITY_MISSING", ""},
      {"Constant_V", "", State::kWarning, "SOURCE_ENTITY_MISSING", ""},
      {kCodes, "", State::kWarning, "MESSAGES_REGISTER_NOT_PUBLISHED", "-"},
      {kCodes, "ObjectExternalCode", State::kWarning, "MESSAGES_REGISTER_NOT_PUBLISHED",
       "ObjectExternalCode"},
      {kCodes, "ObjectRef", State::kWarning, "MESSAGES_REGISTER_NOT_PUBLISHED",
       "ObjectRef"},
  };
  const SourceProfile profile = WholeProfile();
  for (const Row& row : rows) {
    Metadata base = BaseOf(profile);
    if (*row.attribute == '\0') {
      base.entities.erase(row.set);
    } else {
      base.entities[row.set].erase(row.attribute);
    }
    int found = 0;
    for (const SourceCheck& check : CheckNames(profile, base, {"Phone"})) {
      if (check.state == State::kOk) continue;
      ++found;
      EXPECT_EQ(check.reason, row.reason) << row.set << " " << row.attribute;
      EXPECT_EQ(check.state, row.state) << row.set << " " << row.attribute;
      EXPECT_EQ(Told(check, "entity"), row.set);
      EXPECT_EQ(Told(check, "attribute"), row.told);
    }
    EXPECT_EQ(found, 1) << row.set << " " << row.attribute;
  }
}

TEST(CheckNamesTest, ClientsThatNothingOrdersAreAWarning) {
  const SourceProfile profile = WholeProfile();
  Metadata base = BaseOf(profile);
  for (const char* name : {"Code", "CreateDate"}) {
    base.entities["Catalog_Clients"].erase(name);
  }
  int found = 0;
  for (const SourceCheck& check : CheckNames(profile, base, {})) {
    if (check.reason != "CLIENT_ORDER_MISSING") continue;
    ++found;
    EXPECT_EQ(check.state, State::kWarning);
    EXPECT_EQ(Told(check, "entity"), "Catalog_Clients");
  }
  EXPECT_EQ(found, 1);
}

TEST(CheckNamesTest, NamesWhatIsOfAnotherType) {
  struct Row {
    const char* set;
    const char* attribute;
    const char* type;
    State state;
    const char* reason = "SOURCE_ATTRIBUTE_UNFIT";
  };
  const char* const kClients = "Catalog_Clients";
  const char* const kHistory = "InformationRegister_ClientChangeHistory";
  const Row rows[] = {
      {kClients, "Ref_Key", "Edm.String", State::kFailed},
      {kClients, "IsFolder", "Edm.String", State::kFailed},
      {kClients, "DataVersion", "Edm.Int64", State::kWarning},
      {kClients, "Code", "Edm.Int64", State::kWarning},
      {kClients, "DeletionMark", "Edm.String", State::kWarning},
      {kClients, "CreateDate", "Edm.String", State::kWarning},
      {kClients, "Citizenship_Key", "Edm.String", State::kWarning},
      {kClients, "Phone", "Collection(StandardODATA.Phones_RowType)", State::kWarning},
      {kClients, "City", "Edm.Stream", State::kWarning},
      {kClients, "B24ContactID", "Edm.Guid", State::kFailed, "CONTACT_ATTRIBUTE_UNFIT"},
      {"Catalog_Countries", "Ref_Key", "Edm.String", State::kWarning},
      {"Catalog_Countries", "Description", "Edm.Stream", State::kWarning},
      {"Catalog_Hotels", "Description", "Edm.Guid", State::kWarning},
      {"Constant_InfoBaseUUID", "Value", "Edm.Boolean", State::kWarning},
      {"Constant_V", "Value", "Edm.Guid", State::kWarning},
      {kHistory, "Period", "Edm.String", State::kWarning},
      {kHistory, "Client_Key", "Edm.String", State::kWarning},
  };
  const SourceProfile profile = WholeProfile();
  for (const Row& row : rows) {
    Metadata base = BaseOf(profile);
    base.entities[row.set][row.attribute].type = row.type;
    int found = 0;
    for (const SourceCheck& check : CheckNames(profile, base, {"Phone"})) {
      if (check.state == State::kOk) continue;
      ++found;
      EXPECT_EQ(check.reason, row.reason) << row.set << " " << row.attribute;
      EXPECT_EQ(check.state, row.state) << row.set << " " << row.attribute;
      EXPECT_EQ(Told(check, "entity"), row.set);
      EXPECT_EQ(Told(check, "attribute"), row.attribute);
      EXPECT_EQ(Told(check, "type"), row.type);
    }
    EXPECT_EQ(found, 1) << row.set << " " << row.attribute;
  }
  Metadata base = BaseOf(profile);
  base.entities[profile.messages.set]["ObjectRef"].type = "Edm.Guid";
  const SourceCheck check = CheckNames(profile, base, {}).back();
  EXPECT_EQ(check.reason, "MESSAGES_REGISTER_NOT_PUBLISHED");
  EXPECT_EQ(Told(check, "attribute"), "ObjectRef (Edm.Guid)");
}

TEST(JudgeWritesTest, TellWhatWritesHaveShownOfIfMatchAndLoadMode) {
  using Honoured = ContactWriter::Honoured;
  WriteRules rules;
  EXPECT_EQ(JudgeIfMatch(rules, Honoured::kUnknown).reason, "IF_MATCH_UNKNOWN");
  EXPECT_EQ(JudgeIfMatch(rules, Honoured::kYes).reason, "CHECK_IF_MATCH_OK");
  EXPECT_EQ(JudgeLoadMode(rules, Honoured::kUnknown).reason, "LOAD_MODE_SWITCHED_OFF");
  rules.if_match = false;
  rules.data_load_mode = true;
  EXPECT_EQ(JudgeIfMatch(rules, Honoured::kUnknown).reason, "IF_MATCH_SWITCHED_OFF");
  EXPECT_EQ(JudgeLoadMode(rules, Honoured::kUnknown).reason, "LOAD_MODE_UNKNOWN");
  EXPECT_EQ(JudgeLoadMode(rules, Honoured::kYes).reason, "CHECK_LOAD_MODE_OK");
  const SourceCheck refused = JudgeLoadMode(rules, Honoured::kNo);
  EXPECT_EQ(refused.reason, "LOAD_MODE_REFUSED");
  EXPECT_EQ(refused.state, State::kWarning);
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
