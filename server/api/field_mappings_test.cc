#include "server/api/field_mappings.h"

#include <thread>

#include "server/api/api_fixture_test.h"
#include "server/api/stored_runs.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using Mapping = v1::FieldMapping;

class FieldMappingsTest : public ApiFixture {
 protected:
  FieldMappingsTest() {
    CreateIntegration("main");
    EXPECT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
    store::MappingRecord record;
    Mapping& draft = *record.mutable_mapping();
    for (const char* name : {"LastName", "FirstName"}) {
      draft.add_source_fields()->set_name(name);
    }
    for (const char* name : {"LAST_NAME", "NAME"}) {
      v1::ContactField& field = *draft.add_contact_fields();
      field.set_name(name);
      field.set_type("string");
    }
    EXPECT_THAT(store_->Write([&](Transaction& transaction) {
      return PutRecord(transaction, keys::MappingDraft("main"), record);
    }),
                IsOk());
    Map("LastName", "LAST_NAME");
  }

  void Map(const char* source, const char* target, const char* transform = "") {
    v1::FieldMappingEntry entry;
    entry.set_source(source);
    entry.set_target(target);
    if (*transform != '\0') entry.add_transforms(transform);
    EXPECT_THAT(mappings_.Map("integrations/main", entry), IsOk());
  }

  absl::StatusOr<Mapping> Save(Mapping::Resend resend = Mapping::RESEND_UNSPECIFIED,
                               bool validate_only = false) {
    auto request = OfMain<v1::SaveFieldMappingRequest>();
    request.set_resend(resend);
    request.set_validate_only(validate_only);
    return mappings_.Save(request);
  }

  // What an agent answers that sees these fields.
  absl::StatusOr<Mapping> Load(const Mapping& fields) {
    const auto session = ConnectAgent("a", "one");
    std::thread agent([&] {
      while (true) {
        for (const v1::WatchResponse& message : Sent(*session)) {
          if (!message.has_task()) continue;
          v1::FinishTaskRequest answer;
          answer.set_task(message.task().id());
          *answer.mutable_fields()->mutable_source_fields() = fields.source_fields();
          *answer.mutable_fields()->mutable_contact_fields() = fields.contact_fields();
          EXPECT_THAT(sessions_.Answer(*session, answer), IsOk());
          return;
        }
        std::this_thread::yield();
      }
    });
    auto loaded = mappings_.Load("integrations/main", Patience());
    agent.join();
    return loaded;
  }

  absl::StatusOr<v1::Run> StartWithDraft(bool dry_run) {
    RunOrder order;
    order.integration = "main";
    order.dry_run = dry_run;
    order.draft = Mapping::CHANGED;
    return runs_.Start(order);
  }
};

TEST_F(FieldMappingsTest, WhatIsOnlyValidatedIsNotSaved) {
  const auto told = Save(Mapping::CHANGED, /*validate_only=*/true);
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->version(), 1);
  EXPECT_EQ(mappings_.Get("integrations/main/fieldMappings/1").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Save()->version(), 1);
  EXPECT_EQ(Save()->version(), 1);
}

TEST_F(FieldMappingsTest, AChosenPolicyWhoseMarkGoesNowhereIsSaidWhenFieldsAreSaved) {
  EXPECT_EQ(Save()->notices_size(), 0);
  v1::UpdateIntegrationRequest request;
  request.mutable_integration()->set_name("integrations/main");
  request.mutable_integration()->set_deletion_mark_policy(v1::Integration::MARK);
  request.mutable_update_mask()->add_paths("deletion_mark_policy");
  ASSERT_THAT(integrations_.Update(request), IsOk());
  const auto saved = Save();
  ASSERT_EQ(saved->notices_size(), 1);
  EXPECT_EQ(saved->notices(0).reason(), "DELETION_MARK_NOT_LOADED");
  EXPECT_EQ(mappings_.Get("integrations/main/fieldMapping")->notices_size(), 1);
}

TEST_F(FieldMappingsTest, AVersionSaysFromWhichOneOnEverybodyIsComparedWithIt) {
  const auto first = Save();
  EXPECT_EQ(first->resend(), Mapping::CHANGED);
  EXPECT_EQ(first->compare_version(), 1);
  EXPECT_EQ(first->resend_version(), 0);
  Map("FirstName", "NAME");
  const auto second = Save(Mapping::NONE);
  EXPECT_EQ(second->version(), 2);
  EXPECT_EQ(second->resend(), Mapping::NONE);
  EXPECT_EQ(second->compare_version(), 1);
  Map("FirstName", "NAME", "upper");
  EXPECT_EQ(Save(Mapping::NONE)->compare_version(), 1);
  Map("FirstName", "NAME", "lower");
  const auto fourth = Save();
  EXPECT_EQ(fourth->version(), 4);
  EXPECT_EQ(fourth->compare_version(), 4);
}

TEST_F(FieldMappingsTest, OnlyToSendEverybodyAgainMakesAVersionWithoutChange) {
  ASSERT_EQ(Save()->version(), 1);
  EXPECT_EQ(Save(Mapping::NONE)->version(), 1);
  const auto again = Save(Mapping::ALL);
  EXPECT_EQ(again->version(), 2);
  EXPECT_EQ(again->compare_version(), 2);
  EXPECT_EQ(again->resend_version(), 2);
  Map("FirstName", "NAME");
  const auto later = Save(Mapping::NONE);
  EXPECT_EQ(later->compare_version(), 2);
  EXPECT_EQ(later->resend_version(), 2);
}

TEST_F(FieldMappingsTest, AVersionThatNoLongerFitsTheFieldsIsNotRestored) {
  Map("FirstName", "NAME");
  ASSERT_EQ(Save()->version(), 1);
  Map("FirstName", "NAME", "upper");
  ASSERT_EQ(Save()->version(), 2);
  // The portal lost a field, and the fields were loaded again.
  ASSERT_THAT(store_->Write([](Transaction& transaction) -> absl::Status {
    auto draft =
        GetRecord<store::MappingRecord>(transaction, keys::MappingDraft("main"));
    if (!draft.ok()) return draft.status();
    (*draft)->value.mutable_mapping()->mutable_contact_fields()->RemoveLast();
    return PutRecord(transaction, keys::MappingDraft("main"), (*draft)->value);
  }),
              IsOk());
  EXPECT_THAT(mappings_.Restore("integrations/main/fieldMappings/1"),
              StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_UNKNOWN"));
  EXPECT_EQ(mappings_.Get("integrations/main/fieldMappings/3").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FieldMappingsTest, AFieldThatWasTakenOutStaysOutWhenFieldsAreLoadedAgain) {
  v1::FieldMapping fields = *mappings_.Get("integrations/main/fieldMapping");
  for (v1::SourceField& field : *fields.mutable_source_fields()) {
    field.set_type("Edm.String");
  }
  Map("FirstName", "NAME");
  ASSERT_THAT(mappings_.Unmap("integrations/main", "NAME"), IsOk());
  const auto again = Load(fields);
  ASSERT_THAT(again, IsOk());
  ASSERT_EQ(again->entries_size(), 1);
  EXPECT_EQ(again->entries(0).target(), "LAST_NAME");
}

TEST_F(FieldMappingsTest, WhatARestoredVersionDoesNotFillStaysOutWhenThereWasNoDraft) {
  v1::FieldMapping fields = *mappings_.Get("integrations/main/fieldMapping");
  for (v1::SourceField& field : *fields.mutable_source_fields()) {
    field.set_type("Edm.String");
  }
  ASSERT_EQ(Save()->version(), 1);
  ASSERT_THAT(store_->Write([](Transaction& transaction) {
    return transaction.Delete(keys::MappingDraft("main"));
  }),
              IsOk());
  ASSERT_THAT(mappings_.Restore("integrations/main/fieldMappings/1"), IsOk());
  const auto loaded = Load(fields);
  ASSERT_THAT(loaded, IsOk());
  ASSERT_EQ(loaded->entries_size(), 1);
  EXPECT_EQ(loaded->entries(0).target(), "LAST_NAME");
}

TEST_F(FieldMappingsTest, AFieldThatThePortalLostIsSaidByTheLoadAndStopsTheSave) {
  v1::FieldMapping fields = *mappings_.Get("integrations/main/fieldMapping");
  fields.mutable_contact_fields()->DeleteSubrange(0, 1);
  const auto loaded = Load(fields);
  ASSERT_THAT(loaded, IsOk());
  ASSERT_EQ(loaded->notices_size(), 1);
  EXPECT_EQ(loaded->notices(0).reason(), "DRAFT_FIELD_GONE");
  EXPECT_THAT(Save(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "DRAFT_FIELD_GONE"));
  EXPECT_THAT(mappings_.Unmap("integrations/main", "LAST_NAME"), IsOk());
}

TEST_F(FieldMappingsTest, AFieldOfAnotherTypeMakesANewVersionOfTheSameEntries) {
  v1::FieldMapping fields = *mappings_.Get("integrations/main/fieldMapping");
  for (v1::SourceField& field : *fields.mutable_source_fields()) {
    field.set_type("Edm.String");
  }
  ASSERT_EQ(Save()->version(), 1);
  // Of a field that is not mapped it is nothing to the version.
  fields.mutable_contact_fields(1)->set_type("url");
  ASSERT_THAT(Load(fields), IsOk());
  EXPECT_EQ(Save()->version(), 1);
  fields.mutable_contact_fields(0)->set_type("text");
  ASSERT_THAT(Load(fields), IsOk());
  const auto retyped = Save(Mapping::NONE);
  EXPECT_EQ(retyped->version(), 2);
  EXPECT_EQ(retyped->compare_version(), 1);
  EXPECT_EQ(retyped->contact_fields_size(), 0) << "they are of drafts";
  EXPECT_EQ(Save()->version(), 2);
  auto request = OfMain<v1::DiffFieldMappingsRequest>();
  request.set_from_version(1);
  request.set_to_version(2);
  const auto diff = mappings_.Diff(request);
  ASSERT_EQ(diff->changes_size(), 1);
  EXPECT_EQ(diff->changes(0).kind(), v1::FieldMappingChange::CHANGED);
  EXPECT_EQ(diff->changes(0).after().target(), "LAST_NAME");
  fields.mutable_contact_fields(0)->set_multiple(true);
  ASSERT_THAT(Load(fields), IsOk());
  EXPECT_EQ(Save()->version(), 3);
}

TEST_F(FieldMappingsTest, SoDoesItToAVersionThatWasSavedWithoutItsFields) {
  v1::FieldMapping fields = *mappings_.Get("integrations/main/fieldMapping");
  ASSERT_EQ(Save()->version(), 1);
  ASSERT_THAT(store_->Write([](Transaction& transaction) -> absl::Status {
    auto version =
        GetRecord<store::MappingRecord>(transaction, keys::Mapping("main", 1));
    if (!version.ok()) return version.status();
    (*version)->value.clear_contact_fields();
    return PutRecord(transaction, keys::Mapping("main", 1), (*version)->value);
  }),
              IsOk());
  EXPECT_EQ(Save()->version(), 1);
  fields.mutable_contact_fields(0)->set_type("text");
  ASSERT_THAT(Load(fields), IsOk());
  ASSERT_THAT(Load(fields), IsOk());
  Map("LastName", "LAST_NAME");
  auto request = OfMain<v1::DiffFieldMappingsRequest>();
  request.set_from_version(1);
  EXPECT_EQ(mappings_.Diff(request)->changes_size(), 1);
  EXPECT_EQ(Save()->version(), 2);
  EXPECT_EQ(Save()->version(), 2);
}

TEST_F(FieldMappingsTest, OfTheFirstVersionEverybodyIsNew) {
  EXPECT_EQ(Save(Mapping::NONE)->compare_version(), 1);
}

TEST_F(FieldMappingsTest, NumbersThatARestoreTookBackAreNotGivenAgain) {
  ASSERT_EQ(Save()->version(), 1);
  // An agent knows of more than the database does.
  ASSERT_TRUE(*store_->Outrun({.revision = 1'000'000}));
  Map("FirstName", "NAME");
  EXPECT_EQ(Save()->version(), 1002);
  Map("FirstName", "NAME", "upper");
  const auto next = Save(Mapping::NONE);
  EXPECT_EQ(next->version(), 1003);
  EXPECT_EQ(next->compare_version(), 1002);
}

TEST_F(FieldMappingsTest, TheFirstVersionToo) {
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(*store_->Outrun({.revision = 1'000'000}));
  EXPECT_EQ(Save(Mapping::NONE)->version(), 1001);
  EXPECT_EQ(Save()->compare_version(), 1001);
}

TEST_F(FieldMappingsTest, ADryRunTakesTheDraftAsItStands) {
  const auto run = StartWithDraft(/*dry_run=*/true);
  ASSERT_THAT(run, IsOk());
  EXPECT_TRUE(run->draft_mapping());
  EXPECT_EQ(run->mapping_version(), 1);
  Map("FirstName", "NAME");
  EXPECT_THAT(store_->Read([&](Transaction& transaction) -> absl::Status {
    const auto runs = UnfinishedRuns(transaction, "main");
    EXPECT_EQ(runs->front().draft().entries_size(), 1);
    return runs.status();
  }),
              IsOk());
}

TEST_F(FieldMappingsTest, ADraftThatCouldNotBeSavedIsNotRunEither) {
  ASSERT_THAT(mappings_.Unmap("integrations/main", "LAST_NAME"), IsOk());
  EXPECT_EQ(ReasonOf(StartWithDraft(/*dry_run=*/true).status()), "MAPPING_EMPTY");
}

TEST_F(FieldMappingsTest, ARealRunTakesNoDraft) {
  EXPECT_THAT(StartWithDraft(/*dry_run=*/false),
              StatusIs(absl::StatusCode::kInvalidArgument, "DRAFT_IS_FOR_DRY_RUNS"));
}

}  // namespace
}  // namespace guestbridge::server
