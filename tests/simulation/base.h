#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync-agent/source/source.h"
#include "tests/simulation/chance.h"

namespace guestbridge::simulation {

// A client in 1C.
struct SimClient {
  agent::Fields attributes;
  bool marked = false;
  int64_t created = 0;
  agent::ContactId contact;
  // When a person last changed it (write-backs aside).
  absl::Duration touched;
  int version = 0;  // grows with each such change
  // DataVersion: counts every write, and goes back with a restored base.
  int64_t writes = 0;
};

// A 1C base: clients, their change history, what a connector reads and writes. Seconds
// are the base's own time.
class Base {
 public:
  struct State {
    std::map<agent::ClientKey, SimClient> clients;
    std::multimap<int64_t, agent::ClientKey> history;  // by Period
  };

  // --- people ---
  agent::ClientKey Add(SimClient client, Chance& chance, absl::Duration now);
  // `late`: how long ago the transaction that commits now began.
  void Change(const agent::ClientKey& key, absl::Duration now, absl::Duration late);
  void Erase(const agent::ClientKey& key) { state.clients.erase(key); }
  // A client by a number that was drawn beforehand; none when there is none.
  std::optional<agent::ClientKey> Pick(uint64_t number) const;
  void Restore(const State& backup, absl::Duration now);

  // --- the connector's side ---
  std::vector<agent::ClientRow> Fetch(const std::vector<agent::ClientKey>& keys) const;
  absl::StatusOr<agent::ContactWritten> WriteContact(const agent::ClientKey& key,
                                                     agent::ContactId contact,
                                                     bool echo, absl::Duration now);

  State state;
  int writes = 0;  // of contact IDs
  // When it was put back last: no history names the IDs that it lacks since.
  absl::Duration untraced;

  static int64_t Seconds(absl::Duration now) { return absl::ToInt64Seconds(now); }
  agent::ClientRow RowOf(const agent::ClientKey& key) const;
};

// One reading of a base, with the rules of the product's 1C connector: the whole base
// by key, or what the history names since a watermark less an overlap, what was created
// since, and what has no contact; rows whose version the caller knows are left out.
class BaseStream {
 public:
  explicit BaseStream(const agent::ReadRequest& request) : request_(request) {}

  agent::ClientPage Next(const Base& base);

  // Every client is delivered, as asked for or because the watermark's moment is gone.
  bool full() const { return full_; }

 private:
  struct Marks {
    int64_t period = -1;
    int64_t created = -1;
  };
  static Marks Newest(const Base& base);
  static agent::Watermark Encode(const Marks& marks);
  static std::optional<Marks> Decode(const agent::Watermark& watermark);
  void Plan(const Base& base);
  // What the agent knows of a row that has not changed since.
  std::optional<agent::KnownRow> Known(const Base& base,
                                       const agent::ClientKey& key) const;

  agent::ReadRequest request_;
  bool planned_ = false;
  bool full_ = false;
  agent::ClientKey after_;  // of a full reading
  std::vector<agent::ClientKey> keys_;
  size_t next_ = 0;
  int unchanged_ = 0;
  Marks marks_;
};

}  // namespace guestbridge::simulation
