#include "server/api/erasures.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/keys.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

using List = store::ErasuresRecord::List;

constexpr char kField[] = "erasures";
constexpr size_t kHashDigits = 32;
constexpr int64_t kEndOf9999 = 253402300799;
constexpr size_t kShortestSecret = 16;
constexpr size_t kLongestSecret = 64;

bool IsSecret(const std::string& text) {
  return text.size() >= kShortestSecret && text.size() <= kLongestSecret &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

bool IsHash(const std::string& text) {
  return text.size() == kHashDigits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() > 0 && time.seconds() <= kEndOf9999 && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

bool IsWellFormed(const v1::ReportLedgerRequest& request) {
  for (const v1::Erasures& one : request.erasures()) {
    if (!IsSecret(one.secret())) return false;
    for (const v1::ErasedClient& client : one.clients()) {
      if (!IsHash(client.hash()) || !IsTime(client.erase_time())) return false;
    }
  }
  return true;
}

// How many were new.
int Merge(const v1::Erasures& said, List* list) {
  v1::Erasures* known = nullptr;
  for (v1::Erasures& one : *list->mutable_erasures()) {
    if (one.secret() == said.secret()) known = &one;
  }
  std::set<std::string> hashes;
  if (known != nullptr) {
    for (const v1::ErasedClient& client : known->clients()) {
      hashes.insert(client.hash());
    }
  }
  int added = 0;
  for (const v1::ErasedClient& client : said.clients()) {
    if (!hashes.insert(client.hash()).second) continue;
    if (known == nullptr) {
      known = list->add_erasures();
      known->set_secret(said.secret());
    }
    *known->add_clients() = client;
    ++added;
  }
  return added;
}

int Count(const List& list) {
  int count = 0;
  for (const v1::Erasures& one : list.erasures()) count += one.clients_size();
  return count;
}

}  // namespace

absl::StatusOr<StoredErasures> ReadErasures(Transaction& transaction, Sealer& sealer,
                                            const std::string& id) {
  StoredErasures stored;
  const std::string key = keys::Erasures(id);
  GB_ASSIGN_OR_RETURN(const auto record,
                      GetRecord<store::ErasuresRecord>(transaction, key));
  if (!record.has_value()) return stored;
  GB_RETURN_IF_ERROR(CheckSeals(transaction, sealer, key, record->value));
  GB_ASSIGN_OR_RETURN(
      const SecretString opened,
      sealer.Open(record->value.sealed_erasures(), keys::SecretPlace(id, kField)));
  if (!stored.list.ParseFromString(opened.Reveal())) {
    return MakeError("DATABASE_CORRUPT", {{"file", absl::StrCat("record ", key)}});
  }
  stored.version = record->version;
  return stored;
}

absl::Status Erasures::Take(const Session& session,
                            const v1::ReportLedgerRequest& request) {
  if (request.erasures().empty()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration()));
  if (!IsWellFormed(request)) {
    return MakeFieldError(kField, "ERASURE_MALFORMED", {{"integration", id}});
  }
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_RETURN_IF_ERROR(CheckAssigned(transaction, id, session.identity().agent));
        absl::StatusOr<StoredErasures> stored = ReadErasures(transaction, sealer_, id);
        if (absl::IsDataLoss(stored.status())) stored = StoredErasures();
        GB_RETURN_IF_ERROR(stored.status());
        int added = 0;
        for (const v1::Erasures& one : request.erasures()) {
          added += Merge(one, &stored->list);
        }
        if (added == 0) return absl::OkStatus();
        if (Count(stored->list) > kMostErasedClients) {
          return MakeError(
              "ERASURES_TOO_MANY",
              {{"integration", id}, {"limit", absl::StrCat(kMostErasedClients)}});
        }
        const std::string key = keys::Erasures(id);
        store::ErasuresRecord record;
        record.set_sealed_erasures(
            sealer_.Seal(SecretString(stored->list.SerializeAsString()),
                         keys::SecretPlace(id, kField)));
        GB_RETURN_IF_ERROR(PutRecord(transaction, key, record));
        return NoteSeals(transaction, sealer_, key, record);
      })
      .status();
}

absl::StatusOr<bool> Erasures::Keeps(const std::string& id, const std::string& hash) {
  bool kept = false;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    kept = false;
    GB_ASSIGN_OR_RETURN(const StoredErasures stored,
                        ReadErasures(transaction, sealer_, id));
    for (const v1::Erasures& one : stored.list.erasures()) {
      for (const v1::ErasedClient& client : one.clients()) {
        kept = kept || client.hash() == hash;
      }
    }
    return absl::OkStatus();
  }));
  return kept;
}

}  // namespace guestbridge::server
