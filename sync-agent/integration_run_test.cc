// A whole run of an integration on working models of 1C and the portal: what it does
// about the guard, about plans and about a portal that is another one.
#include "sync-agent/integration_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/fake_world_test.h"
#include "sync-agent/ledger_portal.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

using testing::FakeBase;
using testing::FakePortal;

class BaseStream final : public ClientStream {
 public:
  BaseStream(std::vector<ClientRow> rows, KnownRows known)
      : rows_(std::move(rows)), known_(std::move(known)) {}
  absl::StatusOr<ClientPage> Next() override {
    ClientPage page;
    while (page.rows.size() < 100 && next_ < rows_.size()) {
      const ClientRow& row = rows_[next_++];
      const KnownRow known = (*known_({row.key}))[0];
      if (known.version.empty() || known.version != row.data_version) {
        page.rows.push_back(row);
      } else if (!known.counted) {
        ++page.unchanged;
      }
    }
    page.last = next_ == rows_.size();
    page.watermark.value = "w";
    return page;
  }

 private:
  std::vector<ClientRow> rows_;
  KnownRows known_;
  size_t next_ = 0;
};

class BaseReader final : public SourceReader {
 public:
  explicit BaseReader(FakeBase& base) : base_(base) {}
  absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest& request) override {
    ++streams;
    before_stream(streams);
    return std::make_unique<BaseStream>(base_.clients, request.known);
  }
  absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey> keys,
      absl::Span<const std::string> /*attributes*/) override {
    std::vector<ClientRow> rows;
    for (const ClientRow& row : base_.clients) {
      if (std::count(keys.begin(), keys.end(), row.key) > 0) rows.push_back(row);
    }
    return rows;
  }
  absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view /*key_or_code*/,
      absl::Span<const std::string> /*attributes*/) override {
    return std::optional<ClientRow>();
  }
  SourceUsage usage() const override { return {}; }

  int streams = 0;
  std::function<void(int)> before_stream = [](int) {};

 private:
  FakeBase& base_;
};

class BaseProbe final : public SourceProbe {
 public:
  absl::StatusOr<SourceIdentity> FetchIdentity() override { return SourceIdentity(); }
  absl::StatusOr<std::vector<SourceField>> FetchFields() override {
    return std::vector<SourceField>();
  }
  absl::StatusOr<std::vector<std::string>> FetchCapabilities() override {
    return std::vector<std::string>();
  }
  std::vector<SourceCheck> Test(absl::string_view /*hotel*/,
                                absl::Span<const std::string> /*mapped*/,
                                absl::FunctionRef<bool()> /*goes_on*/) override {
    return {};
  }
};

// One call at a time.
class ModelPortal final : public Portal {
 public:
  explicit ModelPortal(FakePortal& model) : model_(model) {}
  PortalAnswer Send(const PortalRequest& request) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Command& command : request.commands) {
      changes += std::holds_alternative<UpdateContact>(command) ||
                 std::holds_alternative<DeleteContact>(command);
    }
    return model_.Send(request);
  }

  int changes = 0;  // of contacts that exist

 private:
  std::mutex mutex_;
  FakePortal& model_;
};

class IntegrationRunTest : public ::testing::Test {
 protected:
  IntegrationRunTest() {
    IntegrationSettings& settings = sides_->settings;
    settings.id = "main";
    settings.active = true;
    settings.portal.host = "hotel.example";
    settings.settle_time = settings.box_settle_time = absl::Seconds(120);
    settings.bound_base_identity = settings.fallback_base_identity = "base";
    settings.guard.contacts = 100;
    settings.guard.percent = 1;
    auto compiled = CompiledMapping::Compile(
        {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, {});
    settings.mapping = *std::move(compiled);
    auto reader = std::make_unique<BaseReader>(base_);
    reader_ = reader.get();
    sides_->source.reader = std::move(reader);
    sides_->source.probe = std::make_unique<BaseProbe>();
    auto portal = std::make_unique<ModelPortal>(portal_);
    model_ = portal.get();
    sides_->portal = std::move(portal);
    lease_.Start();
  }

  v1::Run Run(v1::Run::Kind kind, bool dry_run = false, bool beyond_guard = false,
              const std::string& plan = "") {
    v1::RunTask task;
    v1::Run& run = *task.mutable_run();
    run.set_name(absl::StrCat("integrations/main/runs/", ++runs_));
    run.set_kind(kind);
    run.set_full(kind == v1::Run::RECONCILE || full_);
    run.set_dry_run(dry_run);
    run.set_beyond_guard(beyond_guard);
    run.set_plan(plan);
    task.set_apply(apply_);
    IntegrationRun execution({.integration = "main",
                              .ledger = *ledger_,
                              .sides = sides_,
                              .pacer = pacer_,
                              .doubts = doubts_,
                              .lease = lease_,
                              .random = random_,
                              .clock = SystemClock(),
                              .rejection = absl::OkStatus(),
                              .tell_checks = [](v1::ReportChecksRequest) {},
                              .outlook = outlook_,
                              .report = [](const v1::Run&) {}},
                             task);
    auto ended = execution.Execute();
    EXPECT_TRUE(ended.has_value());
    return ended.value_or(v1::Run());
  }
  void AddNew(int from, int count) {
    for (int i = from; i < from + count; ++i) base_.Add(i, "Orlova");
  }
  // 1C holds the ID of a contact that the ledger does not know.
  void AddStored(int count, const std::string& phone) {
    for (int i = 1; i <= count; ++i) {
      base_.Add(i, "Orlova", phone).contact = ContactId(1000 + i);
      portal_.contacts[1000 + i].fields["LAST_NAME"] = "Orlova";
    }
    portal_.next_id = 100'000;
  }
  void ExpectRefused(const v1::Run& run, const std::string& parameter,
                     const std::string& value) {
    EXPECT_EQ(run.state(), v1::Run::FAILED);
    EXPECT_EQ(run.error().reason(), "GUARD_REFUSED");
    EXPECT_EQ(run.error().parameters().at(parameter), value);
  }

  FakeBase base_;
  FakePortal portal_;
  ::guestbridge::testing::SeededRandom random_{1};
  std::unique_ptr<Ledger> ledger_ = *Ledger::Open(":memory:", random_);
  std::shared_ptr<Sides> sides_ = std::make_shared<Sides>();
  BaseReader* reader_ = nullptr;
  ModelPortal* model_ = nullptr;
  Pacer pacer_{PaceSettings{.bucket_drain_per_second = 1000, .bucket_capacity = 1000},
               random_};
  Doubts doubts_;
  LeaseKeeper lease_{[](const v1::AcquireLeaseRequest&) -> absl::StatusOr<v1::Lease> {
                       v1::Lease lease;
                       lease.mutable_time_to_live()->set_seconds(3600);
                       return lease;
                     },
                     SystemClock()};
  std::function<WriteBackOutlook(int)> outlook_ = [](int) {
    return WriteBackOutlook();
  };
  bool full_ = false;
  bool apply_ = false;
  int runs_ = 0;
};

// --- the guard

TEST_F(IntegrationRunTest, AFirstAdoptionThatChangesTooMuchIsRefusedBeforeItWrites) {
  AddStored(300, "+79161234567");
  ExpectRefused(Run(v1::Run::EXPORT), "updated", "300");
  EXPECT_EQ(model_->changes, 0);
  EXPECT_EQ(*ledger_->CountLinked(), 0);
  // Nor later, in portions.
  ExpectRefused(Run(v1::Run::EXPORT), "updated", "300");
  EXPECT_EQ(model_->changes, 0);
  const v1::Run done = Run(v1::Run::EXPORT, false, /*beyond_guard=*/true);
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(done.counters().updated(), 300);
}

TEST_F(IntegrationRunTest, AnAdoptionThatChangesNothingNeedsNobody) {
  AddStored(300, "");
  AddNew(1001, 50);
  const v1::Run run = Run(v1::Run::EXPORT);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.counters().unchanged(), 300);
  EXPECT_EQ(run.counters().added(), 50);
  EXPECT_EQ(run.counters().scanned(), 350);
  EXPECT_EQ(portal_.contacts.size(), 350u);
}

TEST_F(IntegrationRunTest, ABaseOfNewGuestsIsReadOnce) {
  AddNew(1, 300);
  const v1::Run run = Run(v1::Run::EXPORT);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.counters().added(), 300);
  EXPECT_EQ(reader_->streams, 1);
}

TEST_F(IntegrationRunTest, SoIsOneWhoseContactsTheGuardLetsThrough) {
  AddStored(100, "+79161234567");
  AddNew(1001, 100);
  const v1::Run run = Run(v1::Run::EXPORT);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.counters().updated(), 100);
  EXPECT_EQ(run.counters().added(), 100);
  EXPECT_EQ(reader_->streams, 1);
}

TEST_F(IntegrationRunTest, DeletionsThatAreTooManyAreRefusedBeforeTheFirst) {
  AddNew(1, 300);
  Run(v1::Run::EXPORT);
  sides_->settings.policies.deletion_mark = DeletionMarkPolicy::kDelete;
  for (ClientRow& row : base_.clients) row.marked_for_deletion = true;
  full_ = true;
  const v1::Run dry = Run(v1::Run::EXPORT, /*dry_run=*/true);
  ASSERT_EQ(dry.notices_size(), 1);
  EXPECT_EQ(dry.notices(0).reason(), "GUARD_WOULD_STOP");
  const v1::Run refused = Run(v1::Run::EXPORT);
  ExpectRefused(refused, "deleted", "300");
  // Planning asks the portal, too.
  EXPECT_GT(refused.portal().http_requests(), 0);
  EXPECT_EQ(portal_.contacts.size(), 300u);
  const v1::Run done = Run(v1::Run::EXPORT, false, false, dry.plan());
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_TRUE(portal_.contacts.empty());
}

TEST_F(IntegrationRunTest, APlanIsNoConsentToWhatMovesAfterItWasLookedAt) {
  AddNew(1, 2000);
  Run(v1::Run::EXPORT);
  sides_->settings.guard.contacts = 100;
  full_ = true;
  const auto rename = [this](int clients, const char* name) {
    for (int i = 0; i < clients; ++i) {
      base_.clients[static_cast<size_t>(i)].attributes["LastName"] = name;
    }
  };
  rename(300, "Petrova");
  std::string plan = Run(v1::Run::EXPORT, /*dry_run=*/true).plan();
  reader_->streams = 0;
  reader_->before_stream = [&](int stream) {
    if (stream == 2) rename(2000, "Sidorova");
  };
  const v1::Run stopped = Run(v1::Run::EXPORT, false, false, plan);
  EXPECT_EQ(stopped.state(), v1::Run::FAILED);
  EXPECT_EQ(stopped.error().reason(), "GUARD_STOPPED");
  EXPECT_EQ(stopped.error().parameters().at("limit"), "400");
  EXPECT_LT(model_->changes, 2000);
  // What the plan shows is agreed to however much it is.
  plan = Run(v1::Run::EXPORT, /*dry_run=*/true).plan();
  const v1::Run done = Run(v1::Run::EXPORT, false, false, plan);
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
}

TEST_F(IntegrationRunTest, APlanIsRefusedOnceItWouldNotBeDoneAsItWasShown) {
  AddNew(1, 5);
  Run(v1::Run::EXPORT);
  base_.clients[0].attributes["LastName"] = "Petrova";
  base_.clients[1].marked_for_deletion = true;
  AddNew(6, 1);
  full_ = true;
  const std::string plan = Run(v1::Run::EXPORT, /*dry_run=*/true).plan();
  IntegrationSettings& settings = sides_->settings;
  const Policies policies = settings.policies;
  const EventSwitches events = settings.events;
  const std::optional<CompiledMapping> mapping = settings.mapping;
  const std::function<void()> kMoves[] = {
      [&] { settings.events.client_changed = false; },
      [&] { settings.policies.deletion_mark = DeletionMarkPolicy::kDelete; },
      [&] { settings.policies.robots = RobotsPolicy::kNever; },
      [&] {
        MappingOptions second;
        second.version = 2;
        settings.mapping = *CompiledMapping::Compile(
            {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, std::move(second));
      }};
  for (size_t i = 0; i < std::size(kMoves); ++i) {
    SCOPED_TRACE(i);
    kMoves[i]();
    const v1::Run refused = Run(v1::Run::EXPORT, false, false, plan);
    EXPECT_EQ(refused.state(), v1::Run::FAILED);
    EXPECT_EQ(refused.error().reason(), "PLAN_CHANGED");
    EXPECT_EQ(model_->changes, 0);
    EXPECT_EQ(portal_.contacts.size(), 5u);
    settings.events = events;
    settings.policies = policies;
    settings.mapping = mapping;
  }
  const v1::Run done = Run(v1::Run::EXPORT, false, false, plan);
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(model_->changes, 1);
  EXPECT_EQ(portal_.contacts.size(), 6u);
}

TEST_F(IntegrationRunTest, AForecastTellsWhenAllIDsWillBeIn1C) {
  AddNew(1, 5);
  int waiting = 0;
  outlook_ = [&waiting](int pending) {
    waiting = std::max(waiting, pending);  // It is also asked about what waits now.
    WriteBackOutlook outlook;
    outlook.end = absl::FromUnixSeconds(1'800'000'000);
    return outlook;
  };
  const v1::Run told = Run(v1::Run::EXPORT, /*dry_run=*/true);
  EXPECT_EQ(told.forecast().write_back_end_time().seconds(), 1'800'000'000);
  EXPECT_EQ(waiting, 5);
  // Those that wait already are written as well.
  Run(v1::Run::EXPORT);
  AddNew(6, 2);
  Run(v1::Run::EXPORT, /*dry_run=*/true);
  EXPECT_EQ(waiting, 7);
  base_.clients.resize(5);
  EXPECT_FALSE(
      Run(v1::Run::EXPORT, /*dry_run=*/true).forecast().has_write_back_end_time())
      << "a run that adds nobody writes no ID back";
}

TEST_F(IntegrationRunTest, WhoARunHasCountedIsNotCountedAgainAsUnchanged) {
  AddNew(1, 30);
  for (ClientRow& row : base_.clients) row.data_version = "v1";
  Run(v1::Run::EXPORT);
  const v1::Run first = Run(v1::Run::EXPORT);
  EXPECT_EQ(first.counters().unchanged(), 30);
  base_.clients[0].attributes["LastName"] = "Petrova";
  base_.clients[0].data_version = "v2";
  EXPECT_EQ(Run(v1::Run::EXPORT).counters().updated(), 1);
  // The process died before the end was reported; another takes the run up.
  --runs_;
  const v1::Run again = Run(v1::Run::EXPORT);
  EXPECT_EQ(again.counters().updated(), 1);
  EXPECT_EQ(again.counters().unchanged(), 29);
  EXPECT_EQ(again.counters().scanned(), 30);
}

TEST_F(IntegrationRunTest, TheServersConsentDoesNotLiftTheCeilingsOfTheLocalPolicy) {
  AddNew(1, 300);
  Run(v1::Run::EXPORT);
  sides_->settings.policies.deletion_mark = DeletionMarkPolicy::kDelete;
  for (ClientRow& row : base_.clients) row.marked_for_deletion = true;
  full_ = true;
  const std::string plan = Run(v1::Run::EXPORT, /*dry_run=*/true).plan();
  sides_->local_policy.ceilings.deletions = 5;
  for (const std::string& consent : {std::string(), plan, std::string()}) {
    const v1::Run run =
        Run(v1::Run::EXPORT, false, /*beyond_guard=*/consent.empty(), consent);
    EXPECT_EQ(run.state(), v1::Run::FAILED);
    EXPECT_GE(portal_.contacts.size(), 295u);
    if (!consent.empty()) continue;  // the plan is no longer what it was
    EXPECT_EQ(run.error().reason(), "POLICY_CEILING_DELETIONS");
    EXPECT_EQ(run.error().parameters().at("limit"), "5");
  }
}

TEST_F(IntegrationRunTest, AReconciliationThatMendsIsGuardedLikeAnExport) {
  AddNew(1, 300);
  Run(v1::Run::EXPORT);
  for (ClientRow& row : base_.clients) row.attributes["LastName"] = "Petrova";
  const v1::Run dry = Run(v1::Run::RECONCILE, /*dry_run=*/true);
  EXPECT_EQ(dry.state(), v1::Run::SUCCEEDED);
  ASSERT_EQ(dry.notices_size(), 1);
  EXPECT_EQ(dry.notices(0).reason(), "GUARD_WOULD_STOP");
  ExpectRefused(Run(v1::Run::RECONCILE), "updated", "300");
  EXPECT_EQ(model_->changes, 0);
  // What an export was stopped for is not done by a reconciliation instead.
  ASSERT_TRUE(ledger_->SetNote(kGuardNote, "100 1% 0").ok());
  EXPECT_EQ(Run(v1::Run::RECONCILE).error().reason(), "GUARD_STOPPED");
  const v1::Run done = Run(v1::Run::RECONCILE, false, /*beyond_guard=*/true);
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(done.counters().updated(), 300);
  EXPECT_EQ(done.reconcile().changed_in_source(), 300);
  EXPECT_EQ(*ledger_->Note(kGuardNote), "");
}

TEST_F(IntegrationRunTest, AMatchStampsMoreThanTheGuardAllowsWhenAPersonSaysSo) {
  AddStored(300, "");
  apply_ = true;
  ExpectRefused(Run(v1::Run::MATCH), "updated", "300");
  EXPECT_EQ(model_->changes, 0);
  const v1::Run done = Run(v1::Run::MATCH, false, /*beyond_guard=*/true);
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(done.match().applied(), 300);
}

TEST_F(IntegrationRunTest, ALedgerThatWasLostIsGuardedByWhatTheLookFinds) {
  AddNew(1, 300);
  Run(v1::Run::EXPORT);
  for (ClientRow& row : base_.clients) row.attributes["LastName"] = "Petrova";
  ledger_ = *Ledger::Open(":memory:", random_);
  ASSERT_TRUE(ledger_->SetNote(kColdNote, "1").ok());
  ExpectRefused(Run(v1::Run::EXPORT), "updated", "300");
  EXPECT_EQ(model_->changes, 0);
}

TEST_F(IntegrationRunTest, GuestsWhoseContactIsGoneAreGuardedLikeThoseWhoHaveOne) {
  AddNew(1, 300);
  Run(v1::Run::EXPORT);
  portal_.contacts.erase(std::next(portal_.contacts.begin()), portal_.contacts.end());
  sides_->settings.policies.gone_contact = GoneContactPolicy::kNever;
  full_ = true;
  EXPECT_EQ(Run(v1::Run::EXPORT).counters().skipped(), 299);
  sides_->settings.policies.gone_contact = GoneContactPolicy::kRecreate;
  ExpectRefused(Run(v1::Run::EXPORT), "recreated", "299");
  EXPECT_EQ(portal_.contacts.size(), 1u);
}

TEST_F(IntegrationRunTest, AReconciliationDoesNotBelieveAnEmptyBase) {
  AddNew(1, 150);
  Run(v1::Run::EXPORT);
  base_.clients.clear();
  const v1::Run dry = Run(v1::Run::RECONCILE, /*dry_run=*/true);
  EXPECT_EQ(dry.state(), v1::Run::SUCCEEDED);
  ASSERT_EQ(dry.notices_size(), 1);
  EXPECT_EQ(dry.notices(0).reason(), "SOURCE_EMPTY");
  EXPECT_EQ(dry.notices(0).parameters().at("linked"), "150");
  EXPECT_EQ(Run(v1::Run::RECONCILE).error().reason(), "SOURCE_EMPTY");
}

// --- another portal

class OtherPortalTest : public IntegrationRunTest {
 protected:
  OtherPortalTest() {
    AddNew(1, 60);
    EXPECT_EQ(Run(v1::Run::EXPORT).state(), v1::Run::SUCCEEDED);
    portal_ = FakePortal();
    portal_.contacts[7].fields["LAST_NAME"] = "Somebody";
    sides_->settings.portal.host = "another.example";
  }
};

TEST_F(OtherPortalTest, ADryRunSaysWhatTheRunAfterItDoes) {
  const v1::Run dry = Run(v1::Run::EXPORT, /*dry_run=*/true);
  EXPECT_EQ(dry.state(), v1::Run::SUCCEEDED) << dry.error().reason();
  EXPECT_EQ(dry.counters().added(), 60);
  EXPECT_EQ(dry.counters().recreated(), 0);
  // A configuration that is put right again has cost nothing.
  EXPECT_EQ(*ledger_->CountLinked(), 60);
  const v1::Run done = Run(v1::Run::EXPORT, false, false, dry.plan());
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(done.counters().added(), 60);
  EXPECT_EQ(portal_.contacts.size(), 61u);
}

TEST_F(OtherPortalTest, AComparisonFindsMissingGuestsNotGoneContacts) {
  const v1::Run run = Run(v1::Run::RECONCILE, /*dry_run=*/true);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.reconcile().missing(), 60);
  EXPECT_EQ(run.reconcile().gone(), 0);
  EXPECT_EQ(*ledger_->CountLinked(), 60);
}

TEST_F(OtherPortalTest, WhatTheGuardStoppedAtTheOldOneIsForgotten) {
  ASSERT_TRUE(ledger_->SetNote(kGuardNote, "100 1% 0").ok());
  ASSERT_TRUE(ledger_->SetNote(kPlannedNote, "integrations/main/runs/3@3").ok());
  const v1::Run run = Run(v1::Run::EXPORT);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.counters().added(), 60);
  EXPECT_EQ(*ledger_->Note(kPlannedNote), "");
}

TEST_F(OtherPortalTest, WhatAMatchProposesThereOutlivesTheNextExport) {
  base_.clients[0].attributes["Phone"] = "+79161234567";
  portal_.contacts[7].fields["LAST_NAME"] = "Orlova";
  portal_.contacts[7].multifields["PHONE"] = {{1, "+79161234567", "WORK"}};
  const v1::Run match = Run(v1::Run::MATCH);
  EXPECT_EQ(match.state(), v1::Run::SUCCEEDED) << match.error().reason();
  const ClientKey& key = base_.clients[0].key;
  EXPECT_EQ((*ledger_->Get(key))->proposed, ContactId(7));
  const v1::Run run = Run(v1::Run::EXPORT);
  EXPECT_EQ(run.state(), v1::Run::SUCCEEDED) << run.error().reason();
  EXPECT_EQ(run.counters().added(), 59);
  EXPECT_EQ(run.counters().deferred(), 1);
  EXPECT_EQ((*ledger_->Get(key))->proposed, ContactId(7));
  EXPECT_EQ(portal_.contacts.size(), 60u);
}

TEST_F(IntegrationRunTest, AMatchBeforeTheFirstExportSaysWhichPortalItIsAbout) {
  AddNew(1, 1);
  Run(v1::Run::MATCH);
  EXPECT_EQ(*ledger_->Note(kPortalNote), "hotel.example:443");
}

// --- a ledger that is not the one that wrote last

TEST_F(IntegrationRunTest, ADryRunRestoresNoLinks) {
  AddNew(1, 60);
  Run(v1::Run::EXPORT);
  base_.clients[3].attributes["LastName"] = "Petrova";
  base_.Add(61, "Novikova");
  ledger_ = *Ledger::Open(":memory:", random_);
  ASSERT_TRUE(ledger_->SetNote("cold", "1").ok());
  const v1::Run dry = Run(v1::Run::EXPORT, /*dry_run=*/true);
  EXPECT_EQ(dry.state(), v1::Run::SUCCEEDED) << dry.error().reason();
  EXPECT_EQ(dry.counters().added(), 1);
  EXPECT_EQ(*ledger_->CountLinked(), 0);
  EXPECT_EQ(ledger_->CountWriteBacks()->pending, 0);
  // And its plan holds.
  const v1::Run done = Run(v1::Run::EXPORT, false, false, dry.plan());
  EXPECT_EQ(done.state(), v1::Run::SUCCEEDED) << done.error().reason();
  EXPECT_EQ(done.counters().added(), 1);
  EXPECT_EQ(*ledger_->CountLinked(), 61);
  EXPECT_EQ(portal_.contacts.size(), 61u);
}

}  // namespace
}  // namespace guestbridge::agent
