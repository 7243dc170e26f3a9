#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_portal_test.h"
#include "tests/testing/seeded_random.h"

// A base, and a world with a portal on virtual time, for the export machine: working
// models, not mocks.
namespace guestbridge::agent::testing {

// The clients of a base; a page of 20 a call.
struct FakeBase {
  std::vector<ClientRow> clients;
  bool nothing_new = false;  // runs read no rows but those that they ask for by key
  int fetched = 0;           // rows that were asked for by key
  int passed_by = 0;         // that a run's last page says need no look

  ClientRow& Add(int number, const std::string& last_name,
                 const std::string& phone = "") {
    ClientRow row;
    row.key = ClientKey(
        absl::StrCat("00000000-0000-4000-8000-",
                     std::string(12 - std::to_string(number).size(), '0'), number));
    row.code = std::to_string(number);
    row.attributes = {{"LastName", last_name}, {"Phone", phone}};
    clients.push_back(row);
    return clients.back();
  }
};

// Drives one machine to its end on virtual time, as the executor does on real time.
class World {
 public:
  explicit World(uint64_t seed = 1)
      : random(seed), pacer(PaceSettings{}, random), seed_(seed) {
    auto opened = Ledger::Open(":memory:", random);
    ledger = *std::move(opened);
    auto compiled = CompiledMapping::Compile(
        {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, {});
    mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
  }

  // One more line of the field mapping.
  void MapAlso(const std::string& source, const std::string& target) {
    auto compiled = CompiledMapping::Compile(
        {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}, {source, target, {}}},
        {});
    mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
  }

  // The whole field mapping.
  void Map(const std::vector<MappingEntry>& entries, ClientFilter filter = {}) {
    MappingOptions options;
    options.filter = std::move(filter);
    auto compiled = CompiledMapping::Compile(entries, std::move(options));
    mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
  }

  RunSettings Settings() {
    RunSettings settings;
    settings.run = ++last_run;
    settings.originator = "guestbridge:base";
    settings.mapping = mapping.get();
    settings.mapping_version = 1;
    settings.settle_time = absl::Seconds(120);
    settings.box_settle_time = absl::Seconds(120);
    settings.full = true;
    settings.first_export = last_run == 1;
    settings.policies = policies;
    return settings;
  }

  struct Result {
    RunEnd end = RunEnd::kFailed;
    absl::Status error;
    RunProgress progress;
    bool crashed = false;
  };

  // `crash_after`: the process dies after that many requests have left.
  Result Run(const RunSettings& settings, int crash_after = -1) {
    ExportMachine machine(settings, *ledger, pacer, *doubts, random);
    size_t next_client = 0;
    std::deque<ActionToDo> todo;
    absl::Duration wake = absl::InfiniteDuration();
    Result result;
    int sent = 0;
    const auto collect = [&] {
      for (ActionToDo& action : machine.TakeActions())
        todo.push_back(std::move(action));
    };
    machine.OnLease(lease_until, Now());
    machine.Start(Now());
    collect();
    for (int step = 0; step < 100000; ++step) {
      if (todo.empty()) {
        if (wake == absl::InfiniteDuration()) break;  // A machine that hangs.
        now = std::max(now, wake);
        wake = absl::InfiniteDuration();
        machine.OnWake(Now());
        collect();
        continue;
      }
      ActionToDo action = std::move(todo.front());
      todo.pop_front();
      if (auto* read = std::get_if<ReadPage>(&action); read != nullptr) {
        ClientPage page;
        if (base.nothing_new) next_client = base.clients.size();
        while (page.rows.size() < 20 && next_client < base.clients.size()) {
          page.rows.push_back(base.clients[next_client++]);
        }
        page.last = next_client == base.clients.size();
        page.watermark.value = "w";
        if (page.last) page.unchanged = base.passed_by;
        machine.OnPage(page, Now());
      } else if (auto* fetch = std::get_if<FetchRows>(&action); fetch != nullptr) {
        std::vector<ClientRow> rows;
        base.fetched += static_cast<int>(fetch->keys.size());
        for (const ClientRow& row : base.clients) {
          if (std::find(fetch->keys.begin(), fetch->keys.end(), row.key) !=
              fetch->keys.end()) {
            rows.push_back(row);
          }
        }
        machine.OnRows(rows, fetch->keys, Now());
      } else if (auto* send = std::get_if<SendRequest>(&action); send != nullptr) {
        PortalAnswer answer = portal.Send(send->request);
        now += absl::Milliseconds(100);
        if (cancels) machine.OnCancel(Now());
        if (crash_after >= 0 && sent++ == crash_after) {
          // A new process: other doubts, same ledger.
          doubts = std::make_unique<Doubts>();
          result.crashed = true;
          return result;
        }
        machine.OnAnswer(send->id, answer, Now());
      } else if (auto* at = std::get_if<WakeAt>(&action); at != nullptr) {
        wake = std::min(wake, at->steady);
      } else if (auto* end = std::get_if<EndRun>(&action); end != nullptr) {
        result.end = end->end;
        result.error = end->error;
        result.progress = machine.progress();
        return result;
      }
      collect();
    }
    ADD_FAILURE() << "the machine hangs; seed " << seed_;
    result.progress = machine.progress();
    return result;
  }

  Instant Now() const { return {absl::FromUnixSeconds(1800000000) + now, now}; }

  FakePortal portal;
  FakeBase base;
  ::guestbridge::testing::SeededRandom random;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<CompiledMapping> mapping;
  Pacer pacer;
  std::unique_ptr<Doubts> doubts = std::make_unique<Doubts>();
  absl::Duration now = absl::Hours(1);
  int64_t last_run = 0;
  absl::Duration lease_until = absl::InfiniteDuration();
  Policies policies;
  bool cancels = false;  // somebody cancels the run before the next answer comes

 private:
  uint64_t seed_;
};

inline void ExpectOneContactEach(const World& world) {
  for (const ClientRow& client : world.base.clients) {
    EXPECT_EQ(world.portal.OfClient(client.key).size(), 1u) << client.key.guid();
  }
}

// A notice of the run.
inline bool Said(const RunProgress& progress, const std::string& reason) {
  for (const RunNotice& notice : progress.notices) {
    if (notice.reason == reason) return true;
  }
  return false;
}

}  // namespace guestbridge::agent::testing
