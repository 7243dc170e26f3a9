// The ledger's tables of a match.

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

absl::Status Ledger::ClearIndex() {
  return Write([&]() -> absl::Status {
    for (const char* table :
         {"match_index", "match_contacts", "match_clients", "match_carriers"}) {
      GB_RETURN_IF_ERROR(database_->Execute(absl::StrCat("DELETE FROM ", table)));
    }
    return absl::OkStatus();
  });
}

absl::Status Ledger::AddToIndex(ContactId contact, absl::string_view traits,
                                absl::Span<const std::string> keys) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(Statement * put,
                        database_->Prepare("INSERT OR REPLACE INTO match_contacts("
                                           "contact, traits) VALUES(?, ?)"));
    GB_RETURN_IF_ERROR(put->Bind(1, contact.value()).Bind(2, traits).Run());
    for (const std::string& key : keys) {
      GB_ASSIGN_OR_RETURN(
          Statement * add,
          database_->Prepare(
              "INSERT OR IGNORE INTO match_index(key, contact) VALUES(?, ?)"));
      GB_RETURN_IF_ERROR(add->Bind(1, key).Bind(2, contact.value()).Run());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<ContactId>> Ledger::Lookup(absl::string_view key,
                                                      int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT contact FROM match_index WHERE key = ? ORDER BY "
                         "contact LIMIT ?"));
  query->Bind(1, key).Bind(2, int64_t{limit});
  std::vector<ContactId> contacts;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { contacts.push_back(ContactId(row.Int(0))); }));
  return contacts;
}

absl::StatusOr<bool> Ledger::IsIndexed(absl::string_view key, ContactId contact) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT 1 FROM match_index WHERE key = ? AND contact = ?"));
  GB_ASSIGN_OR_RETURN(const bool found,
                      query->Bind(1, key).Bind(2, contact.value()).Step());
  query->Reset();
  return found;
}

absl::StatusOr<int> Ledger::CountIndexed(absl::string_view key, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare(
          "SELECT count(*) FROM (SELECT 1 FROM match_index WHERE key = ? LIMIT ?)"));
  query->Bind(1, key).Bind(2, int64_t{limit});
  GB_RETURN_IF_ERROR(query->Step().status());
  const auto count = static_cast<int>(query->Int(0));
  query->Reset();
  return count;
}

absl::StatusOr<std::optional<std::string>> Ledger::IndexedTraits(ContactId contact) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT traits FROM match_contacts WHERE contact = ?"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, contact.value()).Step());
  std::optional<std::string> traits;
  if (found) traits = query->Text(0);
  query->Reset();
  return traits;
}

absl::StatusOr<bool> Ledger::AddMatchClient(const ClientKey& key,
                                            absl::string_view evidence,
                                            absl::Span<const std::string> keys) {
  bool added = false;
  GB_RETURN_IF_ERROR(Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * put,
        database_->Prepare(
            "INSERT OR IGNORE INTO match_clients(client, evidence) VALUES(?, ?)"));
    GB_RETURN_IF_ERROR(put->Bind(1, key.guid()).Bind(2, evidence).Run());
    added = database_->Changes() > 0;
    if (!added) return absl::OkStatus();
    for (const std::string& value : keys) {
      GB_ASSIGN_OR_RETURN(
          Statement * count,
          database_->Prepare("INSERT INTO match_carriers(key, clients) VALUES(?, 1) "
                             "ON CONFLICT(key) DO UPDATE SET clients = clients + 1"));
      GB_RETURN_IF_ERROR(count->Bind(1, value).Run());
    }
    return absl::OkStatus();
  }));
  return added;
}

absl::StatusOr<int> Ledger::CountCarriers(absl::string_view key) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT clients FROM match_carriers WHERE key = ?"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, key).Step());
  const int count = found ? static_cast<int>(query->Int(0)) : 0;
  query->Reset();
  return count;
}

absl::StatusOr<std::vector<Ledger::MatchedClient>> Ledger::MatchClients(
    const ClientKey& after, int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT client, evidence, contact, rank, verdict FROM "
                         "match_clients WHERE client > ? AND evidence <> '' ORDER BY "
                         "client LIMIT ?"));
  query->Bind(1, after.guid()).Bind(2, int64_t{limit});
  std::vector<MatchedClient> clients;
  GB_RETURN_IF_ERROR(query->ForEach([&](const Statement& row) {
    clients.push_back({ClientKey(row.Text(0)), row.Text(1), ContactId(row.Int(2)),
                       static_cast<int>(row.Int(3)), row.Text(4)});
  }));
  return clients;
}

absl::Status Ledger::SetMatchVerdict(const MatchedClient& client) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * set,
        database_->Prepare(
            "UPDATE match_clients SET contact = ?, rank = ?, verdict = ? "
            "WHERE client = ?"));
    return set->Bind(1, client.contact.value())
        .Bind(2, int64_t{client.rank})
        .Bind(3, client.verdict)
        .Bind(4, client.key.guid())
        .Run();
  });
}

absl::StatusOr<int> Ledger::RivalRank(ContactId contact, const ClientKey& other_than) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT rank FROM match_clients WHERE contact = ? AND contact "
                         "> 0 AND client <> ? ORDER BY rank DESC LIMIT 1"));
  GB_ASSIGN_OR_RETURN(
      const bool found,
      query->Bind(1, contact.value()).Bind(2, other_than.guid()).Step());
  const int rank = found ? static_cast<int>(query->Int(0)) : 0;
  query->Reset();
  return rank;
}

// A result stands where the verdict was; the evidence, which is there while a match
// runs, tells the two apart.
absl::Status Ledger::SetMatchResult(const ClientKey& key, MatchResult result) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        Statement * set,
        database_->Prepare("UPDATE match_clients SET verdict = ? WHERE client = ?"));
    return set->Bind(1, absl::StrCat(static_cast<int>(result)))
        .Bind(2, key.guid())
        .Run();
  });
}

absl::Status Ledger::EndMatch() {
  return Write([&]() -> absl::Status {
    return database_->Execute(
        "DELETE FROM match_index; DELETE FROM match_contacts; DELETE FROM "
        "match_carriers; DELETE FROM match_clients WHERE verdict = ''; UPDATE "
        "match_clients SET evidence = '', contact = 0, rank = 0");
  });
}

absl::StatusOr<std::vector<ClientKey>> Ledger::MatchResults(MatchResult result,
                                                            const ClientKey& after,
                                                            int limit) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT client FROM match_clients WHERE client > ?1 AND "
                         "evidence = '' AND verdict <> '' AND ?2 IN ('0', verdict) "
                         "ORDER BY client LIMIT ?3"));
  query->Bind(1, after.guid())
      .Bind(2, absl::StrCat(static_cast<int>(result)))
      .Bind(3, int64_t{limit});
  std::vector<ClientKey> clients;
  GB_RETURN_IF_ERROR(query->ForEach(
      [&](const Statement& row) { clients.push_back(ClientKey(row.Text(0))); }));
  return clients;
}

namespace {

std::string EncodeIds(const std::vector<ContactId>& ids) {
  return absl::StrJoin(ids, " ", [](std::string* out, ContactId id) {
    absl::StrAppend(out, id.value());
  });
}

std::vector<ContactId> DecodeIds(const std::string& text) {
  std::vector<ContactId> ids;
  for (const absl::string_view id : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    int64_t number = 0;
    if (absl::SimpleAtoi(id, &number)) ids.emplace_back(number);
  }
  return ids;
}

}  // namespace

absl::StatusOr<std::optional<PairNote>> Ledger::Pair(const ClientKey& key) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT found_by, certainty, candidates, refused FROM pairs "
                         "WHERE client = ?"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, key.guid()).Step());
  std::optional<PairNote> note;
  if (found) {
    note.emplace();
    note->found_by = query->Text(0);
    note->certainty = static_cast<int>(query->Int(1));
    note->candidates = DecodeIds(query->Text(2));
    note->refused = DecodeIds(query->Text(3));
  }
  query->Reset();
  return note;
}

absl::Status Ledger::SetPair(const ClientKey& key, const PairNote& note) {
  return Write([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const int64_t erased, ErasedAtLocked(key));
    if (erased > 0) return absl::OkStatus();
    if (note == PairNote()) {
      GB_ASSIGN_OR_RETURN(Statement * drop,
                          database_->Prepare("DELETE FROM pairs WHERE client = ?"));
      return drop->Bind(1, key.guid()).Run();
    }
    GB_ASSIGN_OR_RETURN(
        Statement * put,
        database_->Prepare("INSERT OR REPLACE INTO pairs(client, found_by, certainty, "
                           "candidates, refused) VALUES(?, ?, ?, ?, ?)"));
    return put->Bind(1, key.guid())
        .Bind(2, note.found_by)
        .Bind(3, int64_t{note.certainty})
        .Bind(4, EncodeIds(note.candidates))
        .Bind(5, EncodeIds(note.refused))
        .Run();
  });
}

}  // namespace guestbridge::agent
