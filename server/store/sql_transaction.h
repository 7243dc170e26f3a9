#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/random/random.h"
#include "server/store/sql_session.h"
#include "server/store/store.h"

namespace guestbridge::server {

// The revision of the last commit that wrote.
absl::StatusOr<int64_t> StoredRevision(SqlSession& session);

struct StorePosition {
  int64_t generation = 0;  // Its first revision; 0: the first generation.
  int64_t revision = 0;
  int64_t tag = 0;  // Drawn for that commit; 0: not known.
};
absl::StatusOr<StorePosition> StoredPosition(SqlSession& session);

// False: the commit of `known` was lost, and its number given to another maybe. Those
// of a thousand commits ago and more are taken to be there, and those without tag.
absl::StatusOr<bool> Holds(SqlSession& session, const StorePosition& stored,
                           const StorePosition& known);

// Lets revisions and sequences jump, the former beyond `known` too: by more than
// anybody can have counted on unseen, and not twice by the same. Returns the first
// position of the new generation.
absl::StatusOr<StorePosition> BeginGeneration(SqlSession& session, int64_t known,
                                              Random& random, absl::Time now);
// When the present generation began; the epoch: the first one, or nobody noted it.
absl::StatusOr<absl::Time> GenerationTime(SqlSession& session);

// As Store::ChangesAfter. When the changes of the first commit alone exceed `limit`,
// all of them are returned.
absl::StatusOr<std::vector<Change>> ReadChanges(SqlSession& session, int64_t revision,
                                                int limit);

// The transaction of a store in SQL.
class SqlTransaction final : public Transaction {
 public:
  // One that only reads.
  explicit SqlTransaction(SqlSession& session) : session_(session), writable_(false) {}
  // One that may write, after `last`, the store's revision.
  SqlTransaction(SqlSession& session, int64_t last, Random& random);

  absl::StatusOr<std::optional<Document>> Get(absl::string_view key) override;
  absl::StatusOr<std::vector<Document>> List(absl::string_view prefix,
                                             absl::string_view after, int limit,
                                             bool descending) override;
  absl::Status Put(absl::string_view key, absl::string_view body) override;
  absl::Status Delete(absl::string_view key) override;
  absl::StatusOr<int64_t> NextNumber(absl::string_view sequence) override;
  absl::StatusOr<CommitMark> Mark() override;

  // Makes the revision of this transaction and its tag part of it. Returns the store's
  // revision, with the tag if it is that of this transaction.
  absl::StatusOr<StorePosition> Finish(int64_t generation);
  bool wrote() const { return revision_ != 0; }

 private:
  absl::Status PrepareWrite();
  absl::Status RecordChange(absl::string_view key, bool deleted);

  SqlSession& session_;
  const bool writable_;
  const int64_t last_ = 0;
  const int64_t tag_ = 0;
  int64_t revision_ = 0;  // Of this transaction; 0 until it writes.
};

}  // namespace guestbridge::server
