#include "server/audit/audited_store.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/status/status_macros.h"
#include "server/audit/stored_document.h"

namespace guestbridge::server {
namespace {

// Remembers what each document was before it was first written.
class RecordingTransaction final : public Transaction {
 public:
  explicit RecordingTransaction(Transaction& inner) : inner_(inner) {}

  absl::StatusOr<std::optional<Document>> Get(absl::string_view key) override {
    return inner_.Get(key);
  }
  absl::StatusOr<std::vector<Document>> List(absl::string_view prefix,
                                             absl::string_view after, int limit,
                                             bool descending) override {
    return inner_.List(prefix, after, limit, descending);
  }
  absl::Status Put(absl::string_view key, absl::string_view body) override {
    GB_ASSIGN_OR_RETURN(DocumentChange* const change, Remember(key));
    if (change != nullptr) change->after = std::string(body);
    return inner_.Put(key, body);
  }
  absl::Status Delete(absl::string_view key) override {
    GB_ASSIGN_OR_RETURN(DocumentChange* const change, Remember(key));
    if (change != nullptr) change->after = std::nullopt;
    return inner_.Delete(key);
  }
  absl::StatusOr<int64_t> NextNumber(absl::string_view sequence) override {
    return inner_.NextNumber(sequence);
  }
  absl::StatusOr<CommitMark> Mark() override { return inner_.Mark(); }

  const std::vector<DocumentChange>& changes() const { return changes_; }

 private:
  // Null: nothing of it is ever recorded. Until the next call.
  absl::StatusOr<DocumentChange*> Remember(absl::string_view key) {
    const DocumentKind* const kind = KindOf(key);
    if (kind != nullptr && kind->audited == Audited::kBookkeeping) return nullptr;
    const auto [it, fresh] = places_.emplace(std::string(key), changes_.size());
    if (fresh) {
      GB_ASSIGN_OR_RETURN(std::optional<Document> before, inner_.Get(key));
      DocumentChange& change = changes_.emplace_back();
      change.key = std::string(key);
      if (before.has_value()) change.before = std::move(before->body);
    }
    return &changes_[it->second];
  }

  Transaction& inner_;
  std::vector<DocumentChange> changes_;  // In the order of the first writes.
  std::map<std::string, size_t> places_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AuditedStore>> AuditedStore::Open(
    std::unique_ptr<Store> store, Sealer& sealer, Random& random, const Clock& clock) {
  GB_ASSIGN_OR_RETURN(AuditKey key, OpenAuditKey(*store, sealer, random));
  return std::unique_ptr<AuditedStore>(
      new AuditedStore(std::move(store), sealer, clock, std::move(key)));
}

absl::StatusOr<int64_t> AuditedStore::Write(
    absl::FunctionRef<absl::Status(Transaction&)> body) {
  return store_->Write([&](Transaction& transaction) -> absl::Status {
    RecordingTransaction recording(transaction);
    GB_RETURN_IF_ERROR(body(recording));
    return audit_.AppendChanges(transaction, recording.changes());
  });
}

absl::Status AuditedStore::Read(absl::FunctionRef<absl::Status(Transaction&)> body) {
  return store_->Read(body);
}
absl::StatusOr<std::vector<Change>> AuditedStore::ChangesAfter(int64_t revision,
                                                               int limit) {
  return store_->ChangesAfter(revision, limit);
}
int64_t AuditedStore::Rewinds() const { return store_->Rewinds(); }
absl::StatusOr<bool> AuditedStore::Outrun(CommitMark told) {
  return store_->Outrun(told);
}
int64_t AuditedStore::WaitForRevision(int64_t revision, absl::Duration timeout) {
  return store_->WaitForRevision(revision, timeout);
}
void AuditedStore::WakeAll() { store_->WakeAll(); }

}  // namespace guestbridge::server
