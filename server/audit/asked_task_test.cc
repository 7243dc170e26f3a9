#include "server/audit/asked_task.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

constexpr char kClient[] = "8C1E0000-0000-4000-8000-000000000001";
constexpr char kShown[] = "8c1e0000-0000-4000-8000-000000000001";

class AskedTaskTest : public ::testing::Test {
 protected:
  AskedTaskTest() { task_.set_integration("integrations/main"); }

  std::string Value(const AuditEntry& entry, const std::string& field) {
    for (const v1::AuditChange& change : entry.changes) {
      if (change.field() == field) return change.after();
    }
    return "";
  }

  const AuditKey key_{SecretString("key")};
  v1::Task task_;
};

TEST_F(AskedTaskTest, AClientIsNamedByItsRefKey) {
  task_.mutable_forget_client()->set_name(
      absl::StrCat("integrations/main/clients/", kClient));
  task_.mutable_forget_client()->set_delete_contact(true);
  const auto entry = EntryOf(task_, key_);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->resource, absl::StrCat("integrations/main/clients/", kShown));
  EXPECT_EQ(Value(*entry, "task"), "forget_client");
  EXPECT_EQ(Value(*entry, "delete_contact"), "true");
}

TEST_F(AskedTaskTest, WhatElseAGuestWasSearchedByIsHashed) {
  for (const char* searched :
       {"+7 916 123-45-67", "guest@example.com", "phone:9161234567", "00000123",
        "contact:4711", "Иванов"}) {
    task_.mutable_explain_client()->set_client(searched);
    const auto entry = EntryOf(task_, key_);
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->resource,
              absl::StrCat("integrations/main/clients/", key_.Hash(searched)));
    EXPECT_FALSE(absl::StrContains(entry->resource, searched));
    for (const v1::AuditChange& change : entry->changes) {
      EXPECT_FALSE(absl::StrContains(change.after(), searched));
    }
  }
  task_.mutable_retry_clients()->add_clients(kClient);
  task_.mutable_retry_clients()->add_clients("00000123");
  const auto entry = EntryOf(task_, key_);
  EXPECT_EQ(Value(*entry, "clients[0]"), kShown);
  EXPECT_EQ(Value(*entry, "clients[1]"), key_.Hash("00000123"));
}

// A new task is recorded, unless it is put with the lists on purpose.
TEST_F(AskedTaskTest, EveryTaskButListsIsRecorded) {
  const auto* const work = v1::Task::descriptor()->FindOneofByName("work");
  for (int i = 0; i < work->field_count(); ++i) {
    const auto* const kind = work->field(i);
    task_.GetReflection()->MutableMessage(&task_, kind);
    EXPECT_EQ(EntryOf(task_, key_).has_value(),
              !absl::StartsWith(kind->name(), "list_"))
        << kind->name();
  }
  task_.clear_work();
  EXPECT_FALSE(EntryOf(task_, key_).has_value());
}

}  // namespace
}  // namespace guestbridge::server
