#include "server/secrets/secret_keys.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/seal_index.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr char kKeyRecord[] = "meta/key";
// The operator's command is not to run all the time.
constexpr absl::Duration kAskEvery = absl::Seconds(10);

// Nobody who knows of numbered seals has written it, or not since they may be used.
bool IsFromBefore(const store::KeyRecord& record) { return record.keys().empty(); }

absl::StatusOr<std::optional<store::KeyRecord>> ReadKeys(Transaction& transaction) {
  GB_ASSIGN_OR_RETURN(auto record,
                      GetRecord<store::KeyRecord>(transaction, kKeyRecord));
  if (!record.has_value()) return std::optional<store::KeyRecord>();
  return std::optional<store::KeyRecord>(std::move(record->value));
}

void MakeSealing(const std::string& key_id, absl::Time now, store::KeyRecord* record) {
  record->set_key_id(key_id);
  store::KeyRecord::Key& key = *record->add_keys();
  key.set_key_id(key_id);
  key.set_since_unix_seconds(absl::ToUnixSeconds(now));
}

bool Knows(const store::KeyRecord& record, const std::string& key_id) {
  return std::any_of(
      record.keys().begin(), record.keys().end(),
      [&](const store::KeyRecord::Key& key) { return key.key_id() == key_id; });
}

absl::StatusOr<std::optional<store::KeyRecord>> ReadKeys(Store& store) {
  std::optional<store::KeyRecord> record;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(record, ReadKeys(transaction));
    return absl::OkStatus();
  }));
  return record;
}

absl::Status Mismatch(const std::string& sealed, const std::string& here) {
  return MakeError("SECRET_KEY_MISMATCH", {{"sealed_key", sealed}, {"file_key", here}});
}

}  // namespace

SecretKeys::SecretKeys(Store& store, std::unique_ptr<KeySource> source, KeyRing* ring,
                       const Clock& clock)
    : store_(&store), source_(std::move(source)), ring_(ring), clock_(clock) {
  ring_->SetOnMissing([this] { missed_ = true; });
}

absl::StatusOr<std::unique_ptr<SecretKeys>> SecretKeys::Open(
    Store& store, std::unique_ptr<KeySource> source, Random& random,
    const Clock& clock) {
  GB_ASSIGN_OR_RETURN(std::optional<store::KeyRecord> known, ReadKeys(store));
  absl::StatusOr<std::vector<SecretString>> keys = source->Read();
  if (!known.has_value() && source->can_make() &&
      ReasonOf(keys.status()) == "KEY_FILE_MISSING") {
    GB_RETURN_IF_ERROR(source->Make(1));
    keys = source->Read();
  }
  GB_RETURN_IF_ERROR(keys.status());
  auto ring = std::make_unique<KeyRing>(keys->front(), random);
  ring->Add(*keys);
  if (!known.has_value()) {
    // Another server may have been quicker with a key of its own.
    GB_RETURN_IF_ERROR(store
                           .Write([&](Transaction& transaction) -> absl::Status {
                             GB_ASSIGN_OR_RETURN(known, ReadKeys(transaction));
                             if (known.has_value()) return absl::OkStatus();
                             known.emplace();
                             MakeSealing(ring->KeyId(), clock.Now(), &*known);
                             return PutRecord(transaction, kKeyRecord, *known);
                           })
                           .status());
  }
  if (!ring->Use(known->key_id())) return Mismatch(known->key_id(), ring->KeyId());
  auto opened = std::unique_ptr<SecretKeys>(
      new SecretKeys(store, std::move(source), ring.release(), clock));
  bool numbered = !IsFromBefore(*known);
  if (!numbered) {
    // Whoever puts this record back does not make us take what has no number.
    GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
      GB_ASSIGN_OR_RETURN(numbered, HasNumberedSeals(transaction));
      return absl::OkStatus();
    }));
    if (numbered) {
      log::Warning("key_record_set_back");
      GB_RETURN_IF_ERROR(opened->CompleteRecord());
    }
  }
  opened->TakeForm(numbered);
  return opened;
}

void SecretKeys::TakeForm(bool numbered) {
  if (numbered == numbered_) return;
  numbered_ = numbered;
  ring_->SealNumbered(numbered);
  log::Info(numbered ? "seals_numbered" : "seals_for_older_servers");
}

absl::Status SecretKeys::CompleteRecord() {
  return store_
      ->Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(std::optional<store::KeyRecord> known,
                            ReadKeys(transaction));
        if (!known.has_value() || !IsFromBefore(*known)) return absl::OkStatus();
        // Where some have numbers, one without that no index names was put back.
        GB_ASSIGN_OR_RETURN(const bool begun, HasNumberedSeals(transaction));
        if (!begun) GB_RETURN_IF_ERROR(IndexUnnumbered(transaction, *ring_));
        known->add_keys()->set_key_id(known->key_id());
        return PutRecord(transaction, kKeyRecord, *known);
      })
      .status();
}

absl::Status SecretKeys::NumberSeals() {
  GB_RETURN_IF_ERROR(CompleteRecord());
  return Follow();
}

absl::StatusOr<std::string> SecretKeys::InForce() {
  GB_ASSIGN_OR_RETURN(const std::optional<store::KeyRecord> record, ReadKeys(*store_));
  if (!record.has_value()) return absl::InternalError("no key record");
  return record->key_id();
}

void SecretKeys::LookForMore() {
  if (clock_.Steady() - asked_ < kAskEvery) return;
  asked_ = clock_.Steady();
  missed_ = false;
  const absl::StatusOr<std::vector<SecretString>> keys = source_->Read();
  if (keys.ok()) {
    ring_->Add(*keys);
  } else {
    // That a key is not here is said by whoever needs it.
    log::Warning("secret_keys_not_read", {{"error", keys.status()}});
  }
}

absl::Status SecretKeys::Rotate(bool shared) {
  const std::lock_guard<std::mutex> rotating(rotating_);
  GB_ASSIGN_OR_RETURN(const std::optional<store::KeyRecord> before, ReadKeys(*store_));
  if (!before.has_value()) return absl::InternalError("no key record");
  // They would not have the new key either.
  if (IsFromBefore(*before)) return MakeError("OLDER_SERVERS_RUN");
  const auto unused = [&]() -> absl::StatusOr<std::vector<std::string>> {
    GB_ASSIGN_OR_RETURN(const std::vector<SecretString> keys, source_->Read());
    ring_->Add(keys);
    std::vector<std::string> ids;
    for (const SecretString& key : keys) {
      if (!Knows(*before, KeyIdOf(key))) ids.push_back(KeyIdOf(key));
    }
    return ids;
  };
  GB_ASSIGN_OR_RETURN(std::vector<std::string> ids, unused());
  if (ids.empty() && source_->can_make() && !shared) {
    GB_RETURN_IF_ERROR(source_->Make(before->keys_size() + 1));
    GB_ASSIGN_OR_RETURN(ids, unused());
  }
  if (ids.empty()) return MakeError("NEW_KEY_MISSING");
  if (ids.size() > 1) {
    return MakeError("NEW_KEY_AMBIGUOUS", {{"keys", absl::StrJoin(ids, ", ")}});
  }
  GB_RETURN_IF_ERROR(store_
                         ->Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(std::optional<store::KeyRecord> now,
                                               ReadKeys(transaction));
                           if (!now.has_value() || now->key_id() != before->key_id()) {
                             return MakeError("KEY_CHANGED_MEANWHILE");
                           }
                           MakeSealing(ids.front(), clock_.Now(), &*now);
                           return PutRecord(transaction, kKeyRecord, *now);
                         })
                         .status());
  ring_->Use(ids.front());
  log::Info("secret_key_rotated", {{"key", ids.front()}});
  return absl::OkStatus();
}

absl::Status SecretKeys::Follow() {
  const std::lock_guard<std::mutex> following(following_);
  GB_ASSIGN_OR_RETURN(const std::optional<store::KeyRecord> record, ReadKeys(*store_));
  if (!record.has_value()) return absl::OkStatus();
  if (numbered_ && IsFromBefore(*record)) {
    log::Warning("key_record_set_back");
    GB_RETURN_IF_ERROR(CompleteRecord());
  } else {
    TakeForm(!IsFromBefore(*record));
  }
  if (missed_ || !ring_->Has(record->key_id())) LookForMore();
  if (record->key_id() == ring_->KeyId()) return absl::OkStatus();
  if (!ring_->Use(record->key_id())) return Mismatch(record->key_id(), ring_->KeyId());
  log::Info("secret_key_taken_up", {{"key", record->key_id()}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SecretKeys::Key>> SecretKeys::List() {
  GB_ASSIGN_OR_RETURN(std::optional<store::KeyRecord> record, ReadKeys(*store_));
  if (!record.has_value()) return absl::InternalError("no key record");
  GB_ASSIGN_OR_RETURN(const std::vector<SecretString> in_source, source_->Read());
  ring_->Add(in_source);
  std::set<std::string> here;
  for (const SecretString& key : in_source) here.insert(KeyIdOf(key));
  if (IsFromBefore(*record)) record->add_keys()->set_key_id(record->key_id());
  std::vector<Key> keys;
  for (const store::KeyRecord::Key& known : record->keys()) {
    Key& key = keys.emplace_back();
    key.key_id = known.key_id();
    key.number = static_cast<int>(keys.size());
    if (known.since_unix_seconds() != 0) {
      key.since = absl::FromUnixSeconds(known.since_unix_seconds());
    }
    key.seals = known.key_id() == record->key_id();
    key.here = here.count(known.key_id()) > 0;
  }
  for (const std::string& id : here) {
    if (Knows(*record, id)) continue;
    Key& key = keys.emplace_back();
    key.key_id = id;
    key.here = true;
  }
  return keys;
}

}  // namespace guestbridge::server
