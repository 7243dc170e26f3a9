#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What the server keeps: documents under keys, with revisions.
//
// A document is a serialized message of server/store/record.proto under a key such as
// `integrations/main` or `runs/main/000017`. Each commit that writes gets the next
// revision: revisions become visible in commit order and are never reused, also not
// after a delete or a restart. A document's `version` is the revision that last wrote
// it, and is its etag. Holds no guest's personal data; secrets are sealed before they
// come here.
//
// One conformance suite (store_conformance_test.cc) binds all implementations.
namespace guestbridge::server {

struct Document {
  std::string key;
  std::string body;
  int64_t version = 0;  // > 0
};

// A commit: its number, and what was drawn for it, which tells it from another that got
// its number after it was lost.
struct CommitMark {
  int64_t revision = 0;
  int64_t tag = 0;  // 0: not known.
};

// A consistent view inside one transaction. One thread; dies with the transaction.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // Absence is not an error.
  virtual absl::StatusOr<std::optional<Document>> Get(absl::string_view key) = 0;
  // Documents whose key starts with `prefix` and lies after `after` (exclusive; before
  // it when `descending`), in byte order of keys, at most `limit`. Empty `after`: from
  // the beginning (or the end).
  virtual absl::StatusOr<std::vector<Document>> List(absl::string_view prefix,
                                                     absl::string_view after, int limit,
                                                     bool descending = false) = 0;
  // Creates or replaces. Visible to later reads of this transaction.
  virtual absl::Status Put(absl::string_view key, absl::string_view body) = 0;
  // Deleting what is not there is not an error.
  virtual absl::Status Delete(absl::string_view key) = 0;
  // The next number of a named sequence, from 1 (in a later generation from far above
  // all that was given before); given back only when the transaction does not commit.
  virtual absl::StatusOr<int64_t> NextNumber(absl::string_view sequence) = 0;
  // In Read: the last commit that it sees. In Write: its own, which comes to be when it
  // writes and commits.
  virtual absl::StatusOr<CommitMark> Mark() = 0;
};

// Written when a new generation begins: its version is the generation's first revision,
// its body the time, in Unix milliseconds. Absent: it is the first.
inline constexpr absl::string_view kGenerationKey = "meta/generation";

struct Change {
  int64_t revision = 0;
  std::string key;
  bool deleted = false;
};

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Runs `body` in a serializable transaction that commits when it returns OK;
  // otherwise nothing is written and its error is returned. `body` may be run more than
  // once: it has no other effects. Returns the revision of the commit (the current one
  // when nothing was written).
  virtual absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) = 0;

  // Runs `body` on a consistent snapshot; Put, Delete and NextNumber in it fail.
  virtual absl::Status Read(absl::FunctionRef<absl::Status(Transaction&)> body) = 0;

  // Changes after `revision`, in commit order, at most `limit`; the latest change of a
  // key only. For watches.
  virtual absl::StatusOr<std::vector<Change>> ChangesAfter(int64_t revision,
                                                           int limit) = 0;

  // How often this process has found that commits were lost, itself or by another's
  // generation. Grows at the latest with the next Write or ChangesAfter. Whoever
  // remembers what he read reads it again then.
  virtual int64_t Rewinds() const = 0;
  // Somebody was told of this commit. A store that is behind it, or has another of its
  // number (of the last thousand that is known), begins a new generation beyond both,
  // unless one began within the last hour: nobody can make the others start anew all
  // the time. False: so far ahead that it can't be true; nothing is done.
  virtual absl::StatusOr<bool> Outrun(CommitMark told) = 0;

  // Blocks until the store has a revision above `revision` or `timeout` passed, or
  // WakeAll. Returns the current revision.
  virtual int64_t WaitForRevision(int64_t revision, absl::Duration timeout) = 0;
  virtual void WakeAll() = 0;
};

}  // namespace guestbridge::server
