#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// What sync-agent/source/source.h promises of writing, against an emulated 1C.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ContactId;
using agent::Source;
using nlohmann::json;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

class WriteContactTest : public ::testing::Test {
 protected:
  absl::Status Write(int64_t contact, const std::string& profile = "") {
    Source source = emulator_.Connect(profile);
    if (!content_.empty()) source.writer->SetContentAttributes(content_);
    const auto written =
        source.writer->WriteContact(ClientKey(guid_), ContactId(contact));
    if (written.ok()) written_ = *written;
    return written.status();
  }
  std::string Stored() { return emulator_.Get("/clients/" + guid_)["B24ContactID"]; }
  int CountWrites() { return emulator_.Get("/counters")["writes"]; }

  std::vector<std::string> content_;
  agent::ContactWritten written_;
  OnecEmulator emulator_;
  std::string guid_ = emulator_.Add({{"LastName", "Гость"}});
};

TEST_F(WriteContactTest, StoresTheIdAndWritesOnceOnly) {
  EXPECT_THAT(Write(123456), IsOk());
  EXPECT_EQ(Stored(), "123456");
  const int writes = CountWrites();
  EXPECT_THAT(Write(123456), IsOk());
  EXPECT_EQ(CountWrites(), writes);
}

TEST_F(WriteContactTest, TellsNoVersionsToWhomContentIsNothing) {
  EXPECT_THAT(Write(6), IsOk());
  // Nobody said what decides content.
  EXPECT_EQ(written_.version_after, "");
}

TEST_F(WriteContactTest, TellsVersionsOfWritesThatLeftTheContentAsItWas) {
  const std::string before = emulator_.Get("/clients/" + guid_)["DataVersion"];
  content_ = {"LastName", "Phone"};
  EXPECT_THAT(Write(7), IsOk());
  EXPECT_EQ(written_.version_before, before);
  EXPECT_EQ(written_.version_after, emulator_.Get("/clients/" + guid_)["DataVersion"]);
  EXPECT_NE(written_.version_after, before);
}

TEST_F(WriteContactTest, BelievesNoAnswerThatKeptAnotherValue) {
  emulator_.Post("/config", {{"silent_loss_fields", {{"B24ContactID", true}}}});
  EXPECT_THAT(Write(5), StatusIs(kPrecondition, "WRITE_NOT_KEPT"));
  emulator_.Post("/config", {{"silent_loss_fields", {{"B24ContactID", false}}},
                             {"silent_write_loss", true}});
  EXPECT_THAT(Write(5), StatusIs(kPrecondition, "WRITE_NOT_KEPT"));
}

TEST_F(WriteContactTest, TellsLocksHandlersRightsAndGoneClientsApart) {
  emulator_.Post("/faults", {{"kind", "lock"}, {"method", "PATCH"}, {"nth", 1}});
  EXPECT_THAT(Write(5), StatusIs(kUnavailable, "SOURCE_BUSY"));
  emulator_.Post("/config", {{"refused", {{guid_, "Карточка гостя заблокирована"}}}});
  const absl::Status refused = Write(5);
  EXPECT_THAT(refused, StatusIs(kPrecondition, "SOURCE_REFUSED"));
  EXPECT_EQ(refused.ToString().find("Карточка"), std::string::npos);
  emulator_.Post("/config", {{"denied_write", {{"Catalog_Clients", true}}}});
  EXPECT_THAT(Write(5), StatusIs(kPrecondition, "SOURCE_RIGHT_MISSING"));
  emulator_.Post("/clients/delete", {{"guid", guid_}});
  EXPECT_THAT(Write(5), StatusIs(absl::StatusCode::kNotFound, "CLIENT_GONE"));
}

TEST_F(WriteContactTest, SurvivesAConflictOfVersions) {
  emulator_.Post("/config", {{"if_match_honoured", true}});
  EXPECT_THAT(Write(5), IsOk());
  emulator_.Post("/faults", {{"kind", "error"},
                             {"method", "PATCH"},
                             {"nth", 1},
                             {"status", 412},
                             {"code", "0"}});
  EXPECT_THAT(Write(6), IsOk());
  EXPECT_EQ(Stored(), "6");
}

TEST_F(WriteContactTest, ReadsAsAListWhereAnObjectTakesNoSelect) {
  emulator_.Post("/faults", {{"kind", "error"},
                             {"method", "GET"},
                             {"url", "Catalog_Clients(guid"},
                             {"status", 400},
                             {"code", "14"}});
  EXPECT_THAT(Write(5), IsOk());
  EXPECT_EQ(Stored(), "5");
}

TEST_F(WriteContactTest, RatherDoesNotWriteThanReadEveryAttribute) {
  Source source = emulator_.Connect();
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid_), ContactId(5)), IsOk());
  emulator_.Post("/faults", {{"kind", "error"},
                             {"method", "GET"},
                             {"url", "$select"},
                             {"status", 400},
                             {"code", "14"}});
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid_), ContactId(6)),
              StatusIs(kPrecondition, "SOURCE_REFUSED"));
  EXPECT_EQ(Stored(), "5");
  for (const json& call : emulator_.Get("/journal?since=0&url=Catalog_Clients")) {
    if (call["method"] != "GET") continue;
    EXPECT_THAT(call["url"].get<std::string>(), ::testing::HasSubstr("$select="));
  }
  emulator_.Delete("/faults");
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid_), ContactId(6)), IsOk());
}

TEST_F(WriteContactTest, AnAttributeThatAnUpdateTookAwayIsLeftOut) {
  Source source = emulator_.Connect();
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid_), ContactId(5)), IsOk());
  emulator_.Post("/config",
                 {{"renamed", {{"Catalog_Clients", {{"DataVersion", "Other1"}}}}}});
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid_), ContactId(6)), IsOk());
  EXPECT_EQ(Stored(), "6");
}

TEST_F(WriteContactTest, WritesInLoadModeWhereTheObjectAllowsIt) {
  const std::string profile = "extends: 1c-hotel\nwrite: {data_load_mode: true}\n";
  const size_t history = emulator_.Get("/history").size();
  EXPECT_THAT(Write(5, profile), IsOk());
  EXPECT_EQ(emulator_.Get("/history").size(), history);
  emulator_.Post("/config", {{"load_mode_supported", false}});
  EXPECT_THAT(Write(6, profile), IsOk());
  EXPECT_EQ(Stored(), "6");
}

TEST_F(WriteContactTest, AnAnswerThatGotLostIsNoSuccessAndIsMendedByTheNextTry) {
  emulator_.Post("/faults",
                 {{"kind", "reset"}, {"method", "PATCH"}, {"nth", 1}, {"after", true}});
  EXPECT_THAT(Write(5), StatusIs(kUnavailable, "SOURCE_UNREACHABLE"));
  EXPECT_THAT(Write(5), IsOk());
  EXPECT_EQ(Stored(), "5");
}

constexpr char kRegisterProfile[] = R"(
extends: 1c-hotel
messages:
  mode: register
  set: InformationRegister_IntegrationMessages
  key: [ExternalSystem_Key, Object, Object_Type]
  date: Date
  external_id: ExternalID
  status: Status
  direction: Direction
  system_ref: 11111111-2222-3333-4444-555555555555
)";
constexpr char kMappingProfile[] = "extends: 1c-hotel\nmessages: {mode: mapping}\n";

class MessagesRegisterTest : public WriteContactTest {
 protected:
  MessagesRegisterTest() {
    emulator_.Post("/config", {{"composition",
                                {{"InformationRegister_IntegrationMessages", true}}}});
  }
};

TEST_F(MessagesRegisterTest, KeepsARecordInTheMessagesRegister) {
  EXPECT_THAT(Write(5, kRegisterProfile), IsOk());
  EXPECT_THAT(Write(6, kRegisterProfile), IsOk());
  const json messages = emulator_.Get("/messages");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0]["Object"], guid_);
  EXPECT_EQ(messages[0]["Object_Type"], "StandardODATA.Catalog_Clients");
  EXPECT_EQ(messages[0]["ExternalID"], "6");
  const json history = emulator_.Get("/history");
  EXPECT_GE(messages[0]["Date"].get<std::string>(),
            history[history.size() - 1]["Period"].get<std::string>());
}

TEST_F(MessagesRegisterTest, KeepsARecordInTheRegisterOfExternalCodes) {
  EXPECT_THAT(Write(5, kMappingProfile), IsOk());
  EXPECT_THAT(Write(5, kMappingProfile), IsOk());
  const json mappings = emulator_.Get("/mappings");
  ASSERT_EQ(mappings.size(), 1u);
  EXPECT_EQ(mappings[0]["ObjectExternalCode"], "5");
  EXPECT_EQ(mappings[0]["ObjectRef"], guid_);
}

TEST_F(MessagesRegisterTest, BelievesNoAnswerThatKeptAnotherValue) {
  const struct {
    const char* profile;
    const char* attribute;
    const char* records;
  } ways[] = {{kRegisterProfile, "ExternalID", "/messages"},
              {kMappingProfile, "ObjectRef", "/mappings"}};
  for (const auto& way : ways) {
    emulator_.Post("/config", {{"silent_loss_fields", {{way.attribute, true}}}});
    // The record is new, and then it is there.
    for (int i = 0; i < 2; ++i) {
      const absl::Status lost = Write(5, way.profile);
      EXPECT_THAT(lost, StatusIs(kPrecondition, "WRITE_NOT_KEPT")) << way.attribute;
      EXPECT_EQ(ParametersOf(lost)["attribute"], way.attribute);
    }
    emulator_.Post("/config", {{"silent_loss_fields", {{way.attribute, false}}}});
    EXPECT_THAT(Write(5, way.profile), IsOk());
    EXPECT_EQ(emulator_.Get(way.records)[0][way.attribute],
              way.attribute == std::string("ExternalID") ? "5" : guid_);
  }
}

TEST_F(MessagesRegisterTest, ARecordThatIsNotThereAfterA200IsNoSuccess) {
  for (const char* profile : {kRegisterProfile, kMappingProfile}) {
    emulator_.Post("/faults",
                   {{"kind", "silent_loss"}, {"method", "POST"}, {"nth", 1}});
    EXPECT_THAT(Write(5, profile), StatusIs(kPrecondition, "WRITE_NOT_KEPT"));
    EXPECT_THAT(Write(5, profile), IsOk());
    emulator_.Delete("/faults");
  }
  EXPECT_EQ(emulator_.Get("/messages").size(), 1u);
  EXPECT_EQ(emulator_.Get("/mappings").size(), 1u);
}

TEST_F(MessagesRegisterTest,
       ALockTellsThatItIsTriedAgainAndTheClientIsNotWrittenTwice) {
  for (const char* method : {"POST", "PATCH"}) {
    emulator_.Post("/faults", {{"kind", "lock"},
                               {"method", method},
                               {"url", "IntegrationMessages"},
                               {"nth", 1}});
    const absl::Status busy = Write(5, kRegisterProfile);
    EXPECT_THAT(busy, StatusIs(kUnavailable, "SOURCE_BUSY")) << method;
    EXPECT_EQ(Stored(), "5");
    const std::string version = emulator_.Get("/clients/" + guid_)["DataVersion"];
    EXPECT_THAT(Write(5, kRegisterProfile), IsOk());
    EXPECT_EQ(emulator_.Get("/clients/" + guid_)["DataVersion"], version);
    emulator_.Delete("/faults");
  }
  EXPECT_EQ(emulator_.Get("/messages")[0]["ExternalID"], "5");
}

TEST_F(MessagesRegisterTest, ARegisterThatIsNotPublishedIsNamed) {
  emulator_.Post("/config", {{"composition",
                              {{"InformationRegister_IntegrationMessages", false}}}});
  const absl::Status missing = Write(5, kRegisterProfile);
  EXPECT_THAT(missing, StatusIs(kPrecondition, "SOURCE_ENTITY_MISSING"));
  EXPECT_EQ(ParametersOf(missing)["entity"], "InformationRegister_IntegrationMessages");
}

TEST_F(MessagesRegisterTest, WhatBrokeOffAfterTheClientIsMadeUpForByTheNextTry) {
  for (const bool carried_out : {false, true}) {
    emulator_.Post(
        "/faults",
        {{"kind", "reset"}, {"method", "POST"}, {"nth", 1}, {"after", carried_out}});
    EXPECT_THAT(Write(5, kRegisterProfile),
                StatusIs(kUnavailable, "SOURCE_UNREACHABLE"));
    EXPECT_EQ(Stored(), "5");
    EXPECT_EQ(emulator_.Get("/messages").size(), carried_out ? 1u : 0u);
    emulator_.Delete("/faults");
  }
  EXPECT_THAT(Write(5, kRegisterProfile), IsOk());
  const json messages = emulator_.Get("/messages");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0]["ExternalID"], "5");
}

}  // namespace
}  // namespace guestbridge::testing
