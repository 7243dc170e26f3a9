// Clients that were erased: a hash stands for each, and nothing else is kept, but for a
// day and a half the nonces of additions that may still come.
#include "sync-agent/ledger/erasure.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/erasure.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

constexpr char kLastWrittenNote[] = "last-written";
constexpr char kSecretNote[] = "erasure-secret";
// Others' erasures were taken up, and who of them the ledger still holds is not removed
// yet.
constexpr char kToRemoveNote[] = "erasures-to-remove";
constexpr char kToRemove[] = "1";
constexpr char kToScrub[] = "2";  // Some are removed; their bytes are in the file.
constexpr int kLookedAtAtOnce = 10'000;
// One deletion reads the whole history.
constexpr size_t kRemovedAtOnce = 500;

// Whom the ledger knows anything of.
constexpr const char* kKnownClients[] = {
    "SELECT key FROM clients WHERE key > ?1 ORDER BY key LIMIT ?2",
    "SELECT key FROM new_clients WHERE key > ?1 ORDER BY key LIMIT ?2",
    "SELECT client FROM pairs WHERE client > ?1 ORDER BY client LIMIT ?2",
    "SELECT client FROM match_clients WHERE client > ?1 ORDER BY client LIMIT ?2",
    "SELECT DISTINCT client FROM findings WHERE client > ?1 ORDER BY client LIMIT ?2"};

}  // namespace

absl::Status Ledger::LoadErased(Random& random) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(std::string secret, Note(kSecretNote));
  if (secret.empty()) {
    secret = RandomToken(random, 32);
    GB_RETURN_IF_ERROR(SetNote(kSecretNote, secret));
  }
  return LoadErasureSecrets();
}

absl::Status Ledger::LoadErasureSecrets() {
  GB_ASSIGN_OR_RETURN(std::string own, Note(kSecretNote));
  std::vector<std::string> secrets = {std::move(own)};
  GB_ASSIGN_OR_RETURN(
      Statement * others,
      database_->Prepare("SELECT DISTINCT secret FROM erased WHERE secret <> ''"));
  GB_RETURN_IF_ERROR(
      others->ForEach([&](const Statement& row) { secrets.push_back(row.Text(0)); }));
  GB_ASSIGN_OR_RETURN(erased_count_, CountLocked("SELECT count(*) FROM erased"));
  erasure_secrets_ = std::move(secrets);
  return absl::OkStatus();
}

int64_t Ledger::CountErased() {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  return erased_count_;
}

absl::StatusOr<int64_t> Ledger::ErasedAtLocked(const ClientKey& key) {
  // Most ledgers have none, and a first export asks for every client.
  if (erased_count_ == 0) return 0;
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT unix_time FROM erased WHERE hash = ?"));
  for (const std::string& secret : erasure_secrets_) {
    GB_ASSIGN_OR_RETURN(const bool found,
                        query->Bind(1, ErasureHash(secret, key)).Step());
    const int64_t at = found ? query->Int(0) : 0;
    query->Reset();
    if (found) return at;
  }
  return 0;
}

absl::Status Ledger::EraseRowsLocked(const ClientKey& key, const std::string& hash) {
  // What comes of them is the guest's data, and somebody is to hear of it.
  GB_RETURN_IF_ERROR(EraseWatchLocked(key, hash));
  // The counts of write-backs follow an update, not a delete.
  for (const char* sql :
       {"DELETE FROM pairs WHERE client = ?", "DELETE FROM findings WHERE client = ?",
        "UPDATE clients SET write_back = 0 WHERE key = ?",
        "DELETE FROM clients WHERE key = ?"}) {
    GB_ASSIGN_OR_RETURN(Statement * remove, database_->Prepare(sql));
    GB_RETURN_IF_ERROR(remove->Bind(1, key.guid()).Run());
  }
  GB_ASSIGN_OR_RETURN(const std::string written, Note(kLastWrittenNote));
  if (!absl::StartsWith(written, key.guid())) return absl::OkStatus();
  return SetNoteLocked(kLastWrittenNote, "");
}

absl::StatusOr<Erasure> Ledger::Erase(const ClientKey& key, int64_t unix_time) {
  Erasure erasure;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  erasure.hash = ErasureHash(erasure_secrets_.front(), key);
  erasure.unix_time = unix_time;
  bool added = false;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto attempt, AttemptOf(key));
    if (attempt.has_value()) {
      return MakeError("ATTEMPT_OUTSTANDING", {{"client", key.guid()}});
    }
    // What a match or a reconciliation that did not end has left: whose it is can't be
    // told from digests.
    GB_RETURN_IF_ERROR(ClearIndex());
    GB_ASSIGN_OR_RETURN(const int64_t before, ErasedAtLocked(key));
    if (before > 0) erasure.unix_time = before;
    GB_RETURN_IF_ERROR(EraseRowsLocked(key, erasure.hash));
    GB_ASSIGN_OR_RETURN(erasure.history, EraseHistoryLocked({key}));
    GB_ASSIGN_OR_RETURN(Statement * keep,
                        database_->Prepare("INSERT OR IGNORE INTO erased(hash, "
                                           "unix_time, secret) VALUES(?, ?, '')"));
    GB_RETURN_IF_ERROR(keep->Bind(1, erasure.hash).Bind(2, erasure.unix_time).Run());
    added = database_->Changes() > 0;
    return absl::OkStatus();
  }));
  if (added) ++erased_count_;
  GB_RETURN_IF_ERROR(Scrub());
  return erasure;
}

// Rows that were changed or removed, now or earlier, are still readable in the free
// space of the file and in what was appended to it: all of it is written anew.
absl::Status Ledger::Scrub() {
  return database_->Execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

absl::StatusOr<std::vector<ErasureList>> Ledger::ErasuresBeyond(
    absl::Span<const ErasureList> known, int limit) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::map<std::string, ErasureList> beyond;  // By secret.
  if (erased_count_ == 0) return std::vector<ErasureList>();
  absl::flat_hash_set<absl::string_view> hashes;
  for (const ErasureList& list : known) {
    for (const ErasureList::Client& client : list.clients) hashes.insert(client.hash);
  }
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT hash, unix_time, secret FROM erased ORDER BY "
                         "unix_time DESC, hash"));
  int count = 0;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    std::string hash = row.Text(0);
    if (count >= limit || hashes.contains(hash)) return;
    ++count;
    std::string secret = row.Text(2);
    if (secret.empty()) secret = erasure_secrets_.front();
    ErasureList& list = beyond[secret];
    list.secret = secret;
    list.clients.push_back({std::move(hash), row.Int(1)});
  }));
  std::vector<ErasureList> lists;
  for (auto& [secret, list] : beyond) lists.push_back(std::move(list));
  return lists;
}

absl::Status Ledger::KeepErasures(absl::Span<const ErasureList> lists) {
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        const int64_t own,
        CountLocked("SELECT count(*) FROM (SELECT 1 FROM erased WHERE secret = '' "
                    "LIMIT 1)"));
    std::string secret = erasure_secrets_.front();
    // With one secret for all a look takes one hash.
    if (own == 0 && !lists.empty()) {
      const auto mine =
          std::find_if(lists.begin(), lists.end(),
                       [&](const ErasureList& list) { return list.secret == secret; });
      if (mine == lists.end()) secret = lists.front().secret;
      GB_RETURN_IF_ERROR(SetNoteLocked(kSecretNote, secret));
      GB_ASSIGN_OR_RETURN(
          Statement * adopt,
          database_->Prepare("UPDATE erased SET secret = '' WHERE secret = ?"));
      GB_RETURN_IF_ERROR(adopt->Bind(1, secret).Run());
    }
    GB_ASSIGN_OR_RETURN(Statement * keep,
                        database_->Prepare("INSERT OR IGNORE INTO erased(hash, "
                                           "unix_time, secret) VALUES(?, ?, ?)"));
    for (const ErasureList& list : lists) {
      for (const ErasureList::Client& client : list.clients) {
        GB_RETURN_IF_ERROR(keep->Bind(1, client.hash)
                               .Bind(2, std::max<int64_t>(1, client.unix_time))
                               .Bind(3, list.secret == secret ? "" : list.secret)
                               .Run());
      }
    }
    GB_ASSIGN_OR_RETURN(const std::string note, Note(kToRemoveNote));
    return SetNoteLocked(kToRemoveNote, note == kToScrub ? kToScrub : kToRemove);
  }));
  return LoadErasureSecrets();
}

absl::StatusOr<int> Ledger::TakeErasures(absl::Span<const ErasureList> lists) {
  if (MutantActive(Mutant::kErasuresIgnored)) return 0;
  bool to_remove = false;
  {
    const std::lock_guard<std::recursive_mutex> lock(mutex_);
    GB_ASSIGN_OR_RETURN(const bool news, HasNewErasures(lists));
    if (news) GB_RETURN_IF_ERROR(KeepErasures(lists));
    GB_ASSIGN_OR_RETURN(const std::string note, Note(kToRemoveNote));
    to_remove = !note.empty();
  }
  return to_remove ? RemoveErased() : 0;
}

absl::StatusOr<bool> Ledger::HasNewErasures(absl::Span<const ErasureList> lists) {
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT 1 FROM erased WHERE hash = ?"));
  for (const ErasureList& list : lists) {
    for (const ErasureList::Client& client : list.clients) {
      GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, client.hash).Step());
      query->Reset();
      if (!found) return true;
    }
  }
  return false;
}

absl::Status Ledger::FindErased(const char* sql, std::set<ClientKey>* found) {
  ClientKey after;
  while (true) {
    // Page by page: others need the ledger, too.
    const std::lock_guard<std::recursive_mutex> lock(mutex_);
    std::vector<ClientKey> page;
    GB_ASSIGN_OR_RETURN(Statement * query, database_->Prepare(sql));
    query->Bind(1, after.guid()).Bind(2, int64_t{kLookedAtAtOnce});
    GB_RETURN_IF_ERROR(query->ForEach(
        [&](const Statement& row) { page.push_back(ClientKey(row.Text(0))); }));
    for (const ClientKey& key : page) {
      GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(key));
      if (erased > 0) found->insert(key);
    }
    if (page.size() < kLookedAtAtOnce) return absl::OkStatus();
    after = page.back();
  }
}

absl::StatusOr<int> Ledger::RemoveErased() {
  std::set<ClientKey> found;
  for (const char* sql : kKnownClients) GB_RETURN_IF_ERROR(FindErased(sql, &found));
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  erased_in_doubt_.clear();
  std::vector<ClientKey> keys;
  for (const ClientKey& key : found) {
    GB_ASSIGN_OR_RETURN(const auto attempt, AttemptOf(key));
    // What may be on its way is settled first; nothing new leaves meanwhile.
    if (attempt.has_value()) {
      erased_in_doubt_.insert(key);
    } else {
      keys.push_back(key);
    }
  }
  for (absl::Span<const ClientKey> left = keys; !left.empty();) {
    const absl::Span<const ClientKey> now =
        left.first(std::min(left.size(), kRemovedAtOnce));
    left.remove_prefix(now.size());
    GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
      GB_RETURN_IF_ERROR(ClearIndex());
      for (const ClientKey& key : now) {
        GB_RETURN_IF_ERROR(
            EraseRowsLocked(key, ErasureHash(erasure_secrets_.front(), key)));
      }
      GB_RETURN_IF_ERROR(EraseHistoryLocked(now).status());
      return SetNoteLocked(kToRemoveNote, kToScrub);
    }));
  }
  GB_ASSIGN_OR_RETURN(const std::string note, Note(kToRemoveNote));
  if (note == kToScrub) GB_RETURN_IF_ERROR(Scrub());
  const char* const left = erased_in_doubt_.empty() ? "" : kToRemove;
  if (note != left) GB_RETURN_IF_ERROR(SetNote(kToRemoveNote, left));
  return static_cast<int>(keys.size());
}

}  // namespace guestbridge::agent
