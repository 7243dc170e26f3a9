#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// What sync-agent/source/source.h promises of tests, against an emulated 1C.
namespace guestbridge::testing {
namespace {

using agent::Source;
using agent::SourceCheck;
using agent::SourceField;
using agent::SourceSettings;
using nlohmann::json;

using State = SourceCheck::State;

SourceCheck Find(const std::vector<SourceCheck>& checks, const std::string& name) {
  for (const SourceCheck& check : checks) {
    if (check.name == name) return check;
  }
  return {};
}

// Reasons of the checks that failed.
std::vector<std::string> Failures(const std::vector<SourceCheck>& checks) {
  std::vector<std::string> reasons;
  for (const SourceCheck& check : checks) {
    EXPECT_NE(FindReason(check.reason), nullptr) << check.reason;
    if (check.state == State::kFailed) reasons.push_back(check.reason);
  }
  return reasons;
}

TEST(TestTest, AHealthyBaseFailsNothingAndIsNotWrittenTo) {
  OnecEmulator emulator({"--generate", "20"});
  Source source = emulator.Connect();
  const std::vector<SourceCheck> checks =
      source.probe->Test(" 000000001 ", {}, [] { return true; });
  EXPECT_THAT(Failures(checks), ::testing::IsEmpty());
  EXPECT_EQ(Find(checks, "hotel").state, State::kOk);
  EXPECT_EQ(Find(checks, "entities").state, State::kOk);
  EXPECT_EQ(Find(checks, "identity").state, State::kOk);
  EXPECT_EQ(Find(checks, "change-history").state, State::kOk);
  EXPECT_EQ(Find(checks, "metadata").state, State::kOk);
  EXPECT_EQ(Find(checks, "code-order").state, State::kOk);
  EXPECT_EQ(Find(checks, "create-date").state, State::kOk);
  EXPECT_EQ(Find(checks, "clock").reason, "CHECK_CLOCK_OK");
  EXPECT_EQ(Find(checks, "source-tls").reason, "SOURCE_URL_PLAIN_HTTP");
  EXPECT_EQ(Find(checks, "version").reason, "VERSION_NOT_PUBLISHED");
  EXPECT_EQ(Find(checks, "write-right").reason, "WRITE_RIGHT_UNKNOWN");
  EXPECT_EQ(Find(checks, "built-in-job").reason, "BUILT_IN_JOB_UNKNOWN");
  EXPECT_EQ(
      Find(source.probe->Test("гостиница «парковая»", {}, [] { return true; }), "hotel")
          .state,
      State::kOk);
  for (const json& call : emulator.Get("/journal?since=0")) {
    EXPECT_EQ(call["method"], "GET");
  }
}

// Kilobytes of this process by /proc; 0 where there is no such line.
int64_t MemoryOf(const std::string& line) {
  std::ifstream status("/proc/self/status");
  std::string name;
  int64_t kilobytes = 0;
  while (status >> name) {
    if (name == line + ":" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

TEST(TestTest, FortyMegabytesOfMetadataAreReadAndNotHeld) {
  OnecEmulator emulator({"--generate", "20"});
  emulator.Post("/config", {{"metadata_mb", 40}});
  Source source = emulator.Connect();
  // The most that was ever used counts from here.
  std::ofstream("/proc/self/clear_refs") << "5";
  const int64_t before = MemoryOf("VmHWM");
  const SourceCheck found =
      Find(source.probe->Test("000000001", {}, [] { return true; }), "metadata");
  const int64_t taken = MemoryOf("VmHWM") - before;
  EXPECT_EQ(found.state, State::kOk);
  const auto megabytes = std::find_if(
      found.parameters.begin(), found.parameters.end(),
      [](const auto& parameter) { return parameter.first == "megabytes"; });
  ASSERT_NE(megabytes, found.parameters.end());
  EXPECT_EQ(megabytes->second.substr(0, 3), "40.");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(taken, 8 << 10) << "kilobytes";
#else
  static_cast<void>(taken);
#endif
}

TEST(TestTest, NamesEveryMismatch) {
  OnecEmulator emulator({"--generate", "20"});
  emulator.Post("/config",
                {{"renamed",
                  {{"Catalog_Clients",
                    {{"Phone", "Phone1"}, {"Code", "Kod"}, {"EMail", "Email"}}}}},
                 {"composition",
                  {{"InformationRegister_ClientChangeHistory", false},
                   {"Constant_InfoBaseUUID", false}}}});
  Source source = emulator.Connect();
  const std::vector<SourceCheck> checks =
      source.probe->Test("Нет такой", {"Phone"}, [] { return true; });
  EXPECT_THAT(Failures(checks),
              ::testing::ElementsAre("SOURCE_ATTRIBUTE_MISSING", "HOTEL_NOT_FOUND"));
  // Not mapped: no export asks for it.
  EXPECT_TRUE(std::any_of(checks.begin(), checks.end(), [](const SourceCheck& check) {
    return check.state == State::kWarning && check.reason == "SOURCE_ATTRIBUTE_MISSING";
  }));
  EXPECT_EQ(Find(checks, "change-history").state, State::kWarning);
  EXPECT_EQ(Find(checks, "identity").reason, "IDENTITY_NOT_PUBLISHED");
}

TEST(TestTest, AnOptionalAttributeThatIsMissingIsAWarningWithItsCost) {
  OnecEmulator emulator({"--generate", "20"});
  Source source = emulator.Connect();
  const std::vector<std::pair<const char*, const char*>> costs = {
      {"DataVersion", "CLIENT_VERSION_MISSING"},
      {"Code", "CLIENT_CODE_MISSING"},
      {"IsFolder", "CLIENT_FOLDER_MARK_MISSING"},
      {"DeletionMark", "CLIENT_DELETION_MARK_MISSING"},
      {"CreateDate", "CLIENT_CREATION_MISSING"}};
  for (const auto& [attribute, reason] : costs) {
    emulator.Post("/config",
                  {{"renamed", {{"Catalog_Clients", {{attribute, "Other1"}}}}}});
    const std::vector<SourceCheck> checks =
        source.probe->Test("000000001", {}, [] { return true; });
    EXPECT_THAT(Failures(checks), ::testing::IsEmpty()) << attribute;
    EXPECT_EQ(Find(checks, "entities").reason, reason);
    EXPECT_EQ(Find(checks, "entities").state, State::kWarning);
    emulator.Post("/config",
                  {{"renamed", {{"Catalog_Clients", {{attribute, nullptr}}}}}});
  }
  for (const char* attribute : {"Ref_Key", "B24ContactID"}) {
    emulator.Post("/config",
                  {{"renamed", {{"Catalog_Clients", {{attribute, "Other1"}}}}}});
    EXPECT_THAT(Failures(source.probe->Test("000000001", {}, [] { return true; })),
                ::testing::Contains("SOURCE_ATTRIBUTE_MISSING"));
    emulator.Post("/config",
                  {{"renamed", {{"Catalog_Clients", {{attribute, nullptr}}}}}});
  }
}

TEST(TestTest, TellsHowTheBaseCanBeRead) {
  OnecEmulator emulator({"--generate", "60"});
  Source source = emulator.Connect();
  emulator.Post("/faults", {{"kind", "error"},
                            {"url", "Code ge"},
                            {"status", 500},
                            {"code", "-1"},
                            {"text", "Нельзя сравнивать поля неограниченной длины"}});
  SourceCheck order =
      Find(source.probe->Test("000000001", {}, [] { return true; }), "code-order");
  EXPECT_EQ(order.reason, "CLIENT_CODE_UNORDERED");
  EXPECT_EQ(order.state, State::kWarning);
  emulator.Delete("/faults");
  json clients = json::array();
  for (int i = 0; i < 60; ++i) clients.push_back({{"LastName", "А"}, {"Code", ""}});
  emulator.Post("/clients/import", {{"clients", clients}});
  order = Find(source.probe->Test("000000001", {}, [] { return true; }), "code-order");
  EXPECT_EQ(order.reason, "CLIENT_CODES_ALIKE");
  // The base lives three hours east of the zone that the profile says.
  emulator.Add({{"LastName", "Новая"}});
  Source west = emulator.Connect("extends: 1c-hotel\ntimezone: Etc/UTC\n");
  const SourceCheck clock =
      Find(west.probe->Test("000000001", {}, [] { return true; }), "clock");
  EXPECT_EQ(clock.reason, "SOURCE_TIME_AHEAD");
  EXPECT_EQ(clock.state, State::kWarning);
}

TEST(TestTest, EachThingThatABaseMayLackHasItsRow) {
  struct Row {
    const char* name;
    const char* reason;
    State state;
    json config;
    json fault = nullptr;
    const char* profile = "";
  };
  OnecEmulator emulator({"--generate", "20"});
  const std::string hidden = emulator.Add({{"LastName", "Скрытая"}});
  const json refused = {{"kind", "error"},
                        {"url", "CreateDate ge"},
                        {"status", 500},
                        {"code", "-1"},
                        {"text", "Операция не поддерживается"}};
  const char* const kMapping = "extends: 1c-hotel\nmessages: {mode: mapping}\n";
  const json no_codes = {
      {"composition",
       {{"InformationRegister_ExternalSystemsObjectCodesMappings", false}}}};
  const std::vector<Row> rows = {
      {"create-date", "CLIENT_CREATION_UNORDERED", State::kWarning, {}, refused},
      {"read-right",
       "CLIENTS_HIDDEN",
       State::kWarning,
       {{"rls_hidden", {{hidden, true}}}}},
      {"hotel",
       "HOTELS_NOT_PUBLISHED",
       State::kWarning,
       {{"composition", {{"Catalog_Hotels", false}}}}},
      {"entities",
       "SOURCE_ENTITY_MISSING",
       State::kWarning,
       {{"composition", {{"Constant_InfoBaseUUID", false}}}}},
      {"entities",
       "LOOKUP_NOT_PUBLISHED",
       State::kWarning,
       {{"composition", {{"Catalog_Countries", false}}}}},
      {"messages-register",
       "CHECK_MESSAGES_REGISTER_OK",
       State::kOk,
       {},
       nullptr,
       kMapping},
      {"messages-register", "MESSAGES_REGISTER_NOT_PUBLISHED", State::kWarning,
       no_codes, nullptr, kMapping},
  };
  for (const Row& row : rows) {
    if (!row.config.is_null()) emulator.Post("/config", row.config);
    if (!row.fault.is_null()) emulator.Post("/faults", row.fault);
    Source source = emulator.Connect(row.profile);
    const std::vector<SourceCheck> checks =
        source.probe->Test("000000001", {}, [] { return true; });
    EXPECT_THAT(Failures(checks), ::testing::IsEmpty()) << row.reason;
    EXPECT_EQ(Find(checks, row.name).reason, row.reason);
    EXPECT_EQ(Find(checks, row.name).state, row.state) << row.reason;
    emulator.Delete("/faults");
    json undone = row.config;
    for (auto& [key, names] : undone.items()) {
      for (auto& [name, on] : names.items()) on = !on.get<bool>();
    }
    if (!undone.is_null()) emulator.Post("/config", undone);
  }
}

TEST(TestTest, WhatWritesHaveShownIsRememberedWithTheConnection) {
  OnecEmulator emulator;
  const agent::ClientKey client(emulator.Add({{"LastName", "Гость"}}));
  const auto test = [](Source& source, const char* name) {
    return Find(source.probe->Test("000000001", {}, [] { return true; }), name).reason;
  };
  Source source =
      emulator.Connect("extends: 1c-hotel\nwrite: {data_load_mode: true}\n");
  EXPECT_EQ(test(source, "if-match"), "IF_MATCH_UNKNOWN");
  EXPECT_EQ(test(source, "load-mode"), "LOAD_MODE_UNKNOWN");
  ASSERT_THAT(source.writer->WriteContact(client, agent::ContactId(5)), IsOk());
  EXPECT_EQ(test(source, "if-match"), "IF_MATCH_UNKNOWN");
  EXPECT_EQ(test(source, "load-mode"), "CHECK_LOAD_MODE_OK");
  emulator.Post("/faults", {{"kind", "error"},
                            {"method", "PATCH"},
                            {"nth", 1},
                            {"status", 412},
                            {"code", "0"}});
  emulator.Post("/config", {{"load_mode_supported", false}});
  ASSERT_THAT(source.writer->WriteContact(client, agent::ContactId(6)), IsOk());
  EXPECT_EQ(test(source, "if-match"), "CHECK_IF_MATCH_OK");
  EXPECT_EQ(test(source, "load-mode"), "LOAD_MODE_REFUSED");
}

TEST(TestTest, TellsTheKindsOfNoApart) {
  OnecEmulator emulator({"--generate", "20"});
  SourceSettings settings = emulator.Settings();
  settings.password = SecretString("wrong");
  EXPECT_THAT(Failures(ConnectSource(settings, SystemClock())
                           ->probe->Test("x", {}, [] { return true; })),
              ::testing::ElementsAre("SOURCE_CREDENTIALS_REFUSED"));
  settings = emulator.Settings();
  settings.url += "2";
  EXPECT_THAT(Failures(ConnectSource(settings, SystemClock())
                           ->probe->Test("x", {}, [] { return true; })),
              ::testing::ElementsAre("SOURCE_NOT_PUBLISHED"));
  settings.url = "http://127.0.0.1:1/hotel";
  EXPECT_THAT(Failures(ConnectSource(settings, SystemClock())
                           ->probe->Test("x", {}, [] { return true; })),
              ::testing::ElementsAre("SOURCE_UNREACHABLE"));
  Source source = emulator.Connect();
  emulator.Post("/faults", {{"kind", "html_ok"}});
  EXPECT_THAT(Failures(source.probe->Test("x", {}, [] { return true; })),
              ::testing::SizeIs(1));
  emulator.Delete("/faults");
  emulator.Post("/config", {{"denied_read", {{"Catalog_Clients", true}}}});
  EXPECT_THAT(Failures(source.probe->Test("000000001", {}, [] { return true; })),
              ::testing::Contains("SOURCE_RIGHT_MISSING"));
  emulator.Post("/config", {{"composition", {{"*", false}}}});
  EXPECT_THAT(Failures(source.probe->Test("000000001", {}, [] { return true; })),
              ::testing::Contains("SOURCE_COMPOSITION_EMPTY"));
}

TEST(IdentityTest, IsTheConstantInLowerCase) {
  OnecEmulator emulator;
  Source source = emulator.Connect();
  const auto identity = source.probe->FetchIdentity();
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->value.size(), 36u);
  emulator.Post("/config", {{"denied_read", {{"Constant_InfoBaseUUID", true}}}});
  EXPECT_EQ(source.probe->FetchIdentity()->value, "");
}

TEST(FetchFieldsTest, OffersWhatAMappingMayNameAndNoDocuments) {
  OnecEmulator emulator;
  Source source = emulator.Connect();
  const auto fields = source.probe->FetchFields();
  ASSERT_THAT(fields, IsOk());
  std::vector<std::string> names;
  for (const SourceField& field : *fields) names.push_back(field.name);
  // What is another one now is shown by the next load.
  emulator.Post("/config", {{"renamed", {{"Catalog_Clients", {{"City", "Town"}}}}}});
  const auto again = source.probe->FetchFields();
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(std::any_of(again->begin(), again->end(), [](const SourceField& field) {
    return field.name == "Town";
  }));
  for (const char* wanted : {"LastName", "FirstName", "SecondName", "DateOfBirth",
                             "Phone", "EMail", "Address", "Remarks", "Citizenship_Key",
                             "NoSMSDelivery", "DeletionMark", "Sex"}) {
    EXPECT_THAT(names, ::testing::Contains(wanted));
  }
  for (const char* unwanted :
       {"Ref_Key", "DataVersion", "Photo_Base64Data", "Photo_Type", "B24ContactID",
        "IdentityDocumentNumber", "IdentityDocumentType_Key", "IsFolder",
        "RoomProperties", "ClientType_Key"}) {
    EXPECT_THAT(names, ::testing::Not(::testing::Contains(unwanted)));
  }
}

}  // namespace
}  // namespace guestbridge::testing
