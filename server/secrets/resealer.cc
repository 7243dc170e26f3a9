#include "server/secrets/resealer.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/seal_index.h"
#include "server/secrets/sealed_fields.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kAtOnce = 200;
// The audit's own key: sealed like a secret, and sealed anew by the audit.
constexpr char kAuditKeyRecord[] = "meta/audit-key";
constexpr absl::Duration kSweepEvery = absl::Minutes(1);
// A refresh that was noted longer ago is over.
constexpr absl::Duration kRefreshOver = absl::Minutes(10);

// All documents under `prefix`, a page at a time.
absl::Status EachDocument(Store& store, absl::string_view prefix,
                          absl::FunctionRef<void(const Document&)> visit) {
  std::string after;
  while (true) {
    std::vector<Document> page;
    GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
      GB_ASSIGN_OR_RETURN(page, transaction.List(prefix, after, kAtOnce));
      return absl::OkStatus();
    }));
    for (const Document& document : page) visit(document);
    if (page.size() < kAtOnce) return absl::OkStatus();
    after = page.back().key;
  }
}

// How a secret is sealed now.
struct Present {
  std::string key_id;
  bool numbered = true;
};

// A seal with a number is well though others are made without.
bool IsAs(const std::optional<SealHead>& head, const Present& present) {
  return head.has_value() && (head->numbered || !present.numbered) &&
         head->key_id == present.key_id;
}

// False also for a record that is damaged: who uses it is told.
bool NeedsReseal(const Document& document, const Present& present) {
  if (absl::StartsWith(document.key, kSealIndexes)) {
    store::SealIndexRecord index;
    return index.ParseFromString(document.body) &&
           KeyIdOfProof(index.proof()) != present.key_id;
  }
  const auto record = NewSealedRecord(document.key);
  if (record == nullptr || !record->ParseFromString(document.body)) return false;
  bool needs = false;
  VisitSealedFields(record.get(), [&](absl::string_view, std::string* value) {
    const auto head = ReadSealHead(*value);
    needs = needs || (head.has_value() && !IsAs(head, present));
    return absl::OkStatus();
  }).IgnoreError();
  return needs;
}

// Whoever refreshes compares with what it read.
bool RefreshUnderWay(const google::protobuf::Message& record, absl::Time now) {
  if (record.GetDescriptor() != store::TokenRecord::descriptor()) return false;
  const auto& tokens = static_cast<const store::TokenRecord&>(record);
  if (tokens.refreshing_server().empty()) return false;
  // Without a grant's number the sealed token is what tells tokens apart.
  return tokens.grant() == 0 ||
         now - absl::FromUnixSeconds(tokens.refresh_sent_unix_seconds()) < kRefreshOver;
}

}  // namespace

absl::StatusOr<bool> Resealer::ResealOne(const std::string& key) {
  Sealer& sealer = keys_.sealer();
  bool resealed = false;
  const auto written = store_.Write([&](Transaction& transaction) -> absl::Status {
    resealed = false;
    if (absl::StartsWith(key, kSealIndexes)) {
      GB_ASSIGN_OR_RETURN(resealed, ProveAnew(transaction, sealer, key));
      return absl::OkStatus();
    }
    GB_ASSIGN_OR_RETURN(const std::optional<Document> document, transaction.Get(key));
    const auto record = NewSealedRecord(key);
    if (!document.has_value() ||
        !NeedsReseal(*document, {sealer.KeyId(), keys_.numbered()}) ||
        !record->ParseFromString(document->body) ||
        RefreshUnderWay(*record, clock_.Now())) {
      return absl::OkStatus();
    }
    // What somebody put back must not become the one in force.
    GB_RETURN_IF_ERROR(CheckSeals(transaction, sealer, key, *record));
    const absl::string_view integration = IntegrationOfKey(key);
    GB_RETURN_IF_ERROR(VisitSealedFields(
        record.get(), [&](absl::string_view field, std::string* value) -> absl::Status {
          const std::string place = PlaceOf(integration, field);
          GB_ASSIGN_OR_RETURN(const SecretString secret, sealer.Open(*value, place));
          *value = sealer.Seal(secret, place);
          return absl::OkStatus();
        }));
    GB_RETURN_IF_ERROR(PutRecord(transaction, key, *record));
    resealed = true;
    return NoteSeals(transaction, sealer, key, *record);
  });
  GB_RETURN_IF_ERROR(written.status());
  return resealed;
}

absl::StatusOr<int> Resealer::Sweep() {
  const Present present = {keys_.sealer().KeyId(), keys_.numbered()};
  std::vector<std::string> needing;
  const auto look = [&](const Document& document) {
    if (NeedsReseal(document, present)) needing.push_back(document.key);
  };
  for (const absl::string_view prefix : kSealedRecords) {
    GB_RETURN_IF_ERROR(EachDocument(store_, prefix, look));
  }
  GB_RETURN_IF_ERROR(EachDocument(store_, kSealIndexes, look));
  int resealed = 0;
  for (const std::string& key : needing) {
    const absl::StatusOr<bool> done = ResealOne(key);
    if (absl::IsUnavailable(done.status())) return done.status();
    if (!done.ok()) {
      log::Warning("secret_not_resealed", {{"record", key}, {"error", done.status()}});
    }
    if (done.ok() && *done) ++resealed;
  }
  return resealed;
}

bool Resealer::Tick() {
  const absl::Status followed = keys_.Follow();
  if (!followed.ok()) {
    // Once, not every few seconds.
    const std::string reason = ReasonOf(followed);
    if (reason != failed_) log::Error("secret_key_not_followed", {{"error", followed}});
    failed_ = reason.empty() ? "?" : reason;
    return false;
  }
  failed_.clear();
  const std::string key_id = keys_.sealer().KeyId();
  // Who takes seals with a number up brings all to them at once.
  if (key_id == swept_for_ && keys_.numbered() == swept_numbered_ &&
      clock_.Steady() - swept_ < kSweepEvery)
    return true;
  const absl::StatusOr<int> resealed = Sweep();
  if (!resealed.ok()) {
    log::Warning("secrets_not_swept", {{"error", resealed.status()}});
    return true;
  }
  if (*resealed > 0) log::Info("secrets_resealed", {{"records", *resealed}});
  swept_for_ = key_id;
  swept_numbered_ = keys_.numbered();
  swept_ = clock_.Steady();
  return true;
}

absl::StatusOr<SealCounts> Resealer::Count() {
  GB_ASSIGN_OR_RETURN(const std::string key_id, keys_.InForce());
  const Present present = {key_id, keys_.numbered()};
  SealCounts counts;
  for (const absl::string_view prefix : kSealedRecords) {
    GB_RETURN_IF_ERROR(EachDocument(store_, prefix, [&](const Document& document) {
      const auto record = NewSealedRecord(document.key);
      if (!record->ParseFromString(document.body)) {
        ++counts.damaged;
        return;
      }
      VisitSealedFields(record.get(), [&](absl::string_view, std::string* value) {
        ++counts.secrets;
        const auto head = ReadSealHead(*value);
        if (!head.has_value()) {
          ++counts.damaged;
          return absl::OkStatus();
        }
        ++counts.under[head->key_id];
        if (!IsAs(head, present)) ++counts.waiting;
        return absl::OkStatus();
      }).IgnoreError();
    }));
  }
  // A key that an index is proved with is needed as well.
  GB_RETURN_IF_ERROR(EachDocument(store_, kSealIndexes, [&](const Document& document) {
    store::SealIndexRecord index;
    if (!index.ParseFromString(document.body)) return;
    const std::string proved_with = KeyIdOfProof(index.proof());
    if (proved_with == key_id || proved_with.empty()) return;
    ++counts.under[proved_with];
    ++counts.waiting;
  }));
  std::string audit_key;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto record,
                        GetRecord<store::AuditKeyRecord>(transaction, kAuditKeyRecord));
    audit_key = record.has_value() ? record->value.sealed_hash_key() : "";
    return absl::OkStatus();
  }));
  const auto head = ReadSealHead(audit_key);
  if (head.has_value() && head->key_id != key_id) {
    ++counts.under[head->key_id];
    ++counts.waiting;
  }
  return counts;
}

}  // namespace guestbridge::server
