#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "sync-agent/export/fake_world_test.h"
#include "sync-agent/integration_tasks.h"

// What tasks about one client are tested with: the world of the export's tests behind
// the two sides of an integration.
namespace guestbridge::agent {

using testing::FakeBase;
using testing::FakeContact;
using testing::FakePortal;
using testing::World;

class Line final : public Portal {
 public:
  explicit Line(FakePortal& portal) : portal_(portal) {}
  PortalAnswer Send(const PortalRequest& request) override {
    PortalRequest kept = request;
    if (deaf) {
      for (Command& command : kept.commands) {
        if (auto* update = std::get_if<UpdateContact>(&command)) update->stamp.reset();
      }
    }
    PortalAnswer answer = portal_.Send(kept);
    if (cut) {
      for (CommandResult& result : answer.results) result.last_page = false;
    }
    return answer;
  }
  bool deaf = false;  // says yes to a stamp, and keeps the old one
  bool cut = false;   // there are more rows than it shows

 private:
  FakePortal& portal_;
};

class Reader final : public SourceReader {
 public:
  explicit Reader(const FakeBase& base) : base_(base) {}
  absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey>, absl::Span<const std::string>) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view key_or_code, absl::Span<const std::string>) override {
    for (const ClientRow& row : base_.clients) {
      if (row.key.guid() == key_or_code || row.code == key_or_code) return row;
    }
    return std::nullopt;
  }
  absl::StatusOr<std::vector<ClientRow>> SearchClients(
      const ClientSearch& search, absl::Span<const std::string>) override {
    std::vector<ClientRow> rows;
    for (const ClientRow& row : base_.clients) {
      for (const std::string& name : search.in) {
        const auto held = row.attributes.find(name);
        if (held == row.attributes.end()) continue;
        const bool holds = std::any_of(search.texts.begin(), search.texts.end(),
                                       [&](const std::string& text) {
                                         return absl::StrContains(held->second, text);
                                       });
        if (!holds) continue;
        rows.push_back(row);
        break;
      }
    }
    return rows;
  }
  absl::StatusOr<std::vector<ChangeRecord>> RecentChanges(const ClientKey&,
                                                          const Watermark& upto,
                                                          int limit) override {
    if (!history.ok()) return history.status();
    std::vector<ChangeRecord> changes;
    for (const std::string& time : *history) {
      if (changes.size() == static_cast<size_t>(limit)) break;
      changes.push_back({{time}, time <= upto.value});
    }
    return changes;
  }
  absl::StatusOr<std::vector<SourceRemnant>> ForgetClient(
      const ClientKey& client) override {
    forgotten.push_back(client);
    if (!forgets.ok()) return forgets;
    return remnants;
  }
  SourceUsage usage() const override { return {}; }

  // Times of what 1C recorded, newest first.
  absl::StatusOr<std::vector<std::string>> history = std::vector<std::string>();
  std::vector<ClientKey> forgotten;
  absl::Status forgets;
  std::vector<SourceRemnant> remnants;

 private:
  const FakeBase& base_;
};

class ClientTasksTest : public ::testing::Test {
 protected:
  ClientTasksTest() {
    sides_.settings.bound_base_identity = "base";  // as World::Settings says
    auto reader = std::make_unique<Reader>(world.base);
    reader_ = reader.get();
    sides_.source.reader = std::move(reader);
    auto line = std::make_unique<Line>(world.portal);
    line_ = line.get();
    sides_.portal = std::move(line);
  }

  TaskParts Parts() {
    return {"main", sides_, *world.ledger, SystemClock(),
            [this](absl::FunctionRef<absl::Status()> work) -> absl::Status {
              if (run_under_way_) return MakeError("RUN_IN_PROGRESS");
              return work();
            }};
  }
  FakeContact& Contact(int64_t id, const std::string& family,
                       const std::string& phone = "+79161234567") {
    FakeContact& contact = world.portal.contacts[id];
    contact.fields["LAST_NAME"] = family;
    contact.multifields["PHONE"] = {{id, phone, "WORK"}};
    return contact;
  }
  MatchCounts Match(bool apply = false) {
    auto settings = world.Settings();
    settings.kind = RunKind::kMatch;
    settings.apply = apply;
    return world.Run(settings).progress.match;
  }
  RunCounts Export() {
    const auto result = world.Run(world.Settings());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  // Everything that later runs may do by themselves.
  void RunEverything() {
    Export();
    Match(/*apply=*/true);
    auto cold = world.Settings();
    cold.cold = true;
    world.Run(cold);
    Export();
  }
  const ClientKey& Key(size_t i) { return world.base.clients[i].key; }
  ClientRecord Record(size_t i) {
    return world.ledger->Get(Key(i))->value_or(ClientRecord{});
  }
  bool IsUnlinked(size_t i) {
    return Record(i).link == LinkState::kReview && Record(i).reason == kClientUnlinked;
  }
  std::vector<int64_t> Marked(size_t i) { return world.portal.OfClient(Key(i)); }
  // A client that was exported; its contact.
  int64_t Exported(const std::string& family) {
    world.base.Add(static_cast<int>(world.base.clients.size()) + 1, family,
                   "+79161234567");
    Export();
    const size_t i = world.base.clients.size() - 1;
    const int64_t contact = Marked(i).front();
    world.base.clients[i].contact = ContactId(contact);  // written back
    EXPECT_TRUE(
        world.ledger
            ->FinishWriteBack({Key(i), ContactId(contact)}, absl::OkStatus(), false)
            .ok());
    return contact;
  }
  void Intend(size_t i) {
    Intent intent;
    intent.key = Key(i);
    ASSERT_TRUE(world.ledger->CommitIntents({intent}, ContactId(1000)).ok());
  }

  World world;
  Sides sides_;
  Reader* reader_ = nullptr;
  Line* line_ = nullptr;
  bool run_under_way_ = false;
};

}  // namespace guestbridge::agent
