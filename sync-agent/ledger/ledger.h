#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/random/random.h"
#include "common/sql/database.h"
#include "sync-agent/ledger/erasure.h"
#include "sync-agent/ledger/evidence.h"
#include "sync-agent/ledger/history.h"
#include "sync-agent/model/client.h"
#include "sync-agent/model/erasure.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/model/origin.h"

// The ledger of one integration: which client is which contact, what is in flight, what
// waits for write-back. SQLite, synchronous=FULL; holds digests, no personal data.
//
// Every method is one transaction, durable when it returns, or, inside of Together,
// when that returns. Thread-safe. A write that fails leaves the ledger as it was; the
// caller must then not go on as if it had worked. Errors: those of common/sql,
// LEDGER_CORRUPT (DATA_LOSS), LEDGER_IN_USE. Tables and states:
// docs/design/exactly-once.md.
namespace guestbridge::agent {

enum class LinkState {
  kNew = 0,     // no contact
  kLive = 1,    // contact exists as far as we know
  kLost = 2,    // the contact is gone: waits to be made again, or policy or mark forbid
  kReview = 3,  // a person decides about a proposed pair
  kErased = 4,  // only a hash is left of it (erasure.cc): never exported again
};

// What a run made of a client.
enum class Outcome {
  kNone = 0,
  kUnchanged = 1,
  kAdded = 2,
  kUpdated = 3,
  kRecreated = 4,
  kSkipped = 5,
  kFailed = 6,
  kDeferred = 7,
};

// ClientRecord::reason of a client whose content changed while an attempt was in doubt.
inline constexpr char kInDoubt[] = "IN_DOUBT";

// … that a person took apart from its contact: waits for a decision (link kReview).
inline constexpr char kClientUnlinked[] = "CLIENT_UNLINKED";
// … whose contact is gone: a person was asked what is to be done (link kReview;
// `contact` is the one that is gone).
inline constexpr char kContactGoneAsk[] = "CONTACT_GONE_ASK";
// … that is marked for deletion in 1C and whose contact is not on the portal (any
// more).
inline constexpr char kMarkedContactGone[] = "MARKED_CONTACT_GONE";
// … and whose contact carries the client's mark no more.
inline constexpr char kMarkedContactNotOurs[] = "MARKED_CONTACT_NOT_OURS";
// … and whose contact the portal keeps though it was told twice to delete it.
inline constexpr char kMarkedContactNotDeleted[] = "MARKED_CONTACT_NOT_DELETED";
// … that a person dropped after it was refused (problem kSkipped, with its
// refused_hash): not tried again while its content is the same.
inline constexpr char kClientDropped[] = "CLIENT_DROPPED";
// PairNote::found_by of a pair that a person made.
inline constexpr char kLinkedByHand[] = "LINKED_BY_HAND";

enum class WriteBackState { kNone = 0, kPending = 1, kDone = 2, kParked = 3 };

struct ClientRecord {
  ClientKey key;
  LinkState link = LinkState::kNew;
  ContactId contact;
  bool dirty = false;      // to be exported whatever the change history says
  ContentDigest exported;  // what the portal holds of ours; hash empty: never exported
  int mapping_version = 0;
  int revision = 0;  // exports so far
  int attempts = 0;  // ADD attempts so far
  int64_t exported_unix = 0;
  // Why it is not (wholly) on the portal: skipped, refused, under review. Empty: fine.
  std::string reason;
  Parameters parameters;
  Outcome problem = Outcome::kNone;  // kSkipped, kFailed, kDeferred with `reason`
  std::string refused_hash;  // content that the portal refused; not sent again as it is
  // Refusals of that content that were answered but may have been carried out; the
  // second parks the client.
  int answered_refusals = 0;
  int64_t run = 0;                   // last run that settled an outcome for it …
  Outcome outcome = Outcome::kNone;  // … and which
  WriteBackState write_back = WriteBackState::kNone;
  // Why 1C does not hold the ID yet. Empty: it was not asked, or took it.
  std::string write_back_reason;
  Parameters write_back_parameters;
  ContactId written;   // the ID that 1C confirmed
  ContactId proposed;  // by a match
  // DataVersion of the row of 1C that was last decided about; empty: unknown.
  std::string version;
  int64_t history = 0;  // its newest entry there; the ledger's own
};

// A person dropped it, and what was refused is known.
inline bool IsDropped(const ClientRecord& record) {
  return record.problem == Outcome::kSkipped && record.reason == kClientDropped &&
         !record.refused_hash.empty();
}

// What the ledger knows of a client's row in 1C.
struct KnownVersion {
  // Of a row that needs no second look; empty: the row must be read.
  std::string version;
  bool echo = false;  // made by our own write-back
  int64_t run = 0;    // that counted the client last; 0: none
};

enum class AttemptKind { kAdd = 0, kUpdate = 1, kDelete = 2 };

// One command that may leave; durable before its first byte.
struct Intent {
  ClientKey key;
  AttemptKind kind = AttemptKind::kAdd;
  std::string nonce;
  ContentDigest digest;  // what the portal will hold when it is carried out
  int mapping_version = 0;
  bool recreate = false;                 // an ADD in place of a contact that is gone
  std::string version;                   // of 1C's row with this content
  std::vector<std::string> fields = {};  // that an update writes, by name
};

struct Attempt {
  int64_t chunk = 0;
  int ordinal = 0;
  Intent intent;
  bool answered = false;  // its slot held an error that may have been carried out …
  std::string code = {};  // … and this was the portal's code of it
  ContactId high;         // highest contact ID known before the chunk left
};

// An ADD that a complete look-up did not find.
struct WatchedAdd {
  ClientKey key;       // none of a client that was erased since …
  std::string erased;  // … of which only this is left: Erasure::hash
  std::string nonce;
  ContactId high;  // highest contact ID known before it left
  int64_t missed_unix = 0;
  bool late = false;  // it was found since
};

// An attempt whose slot held an error. Of `code` only what looks like one is kept.
struct AnsweredAttempt {
  ClientKey key;
  std::string code;
};

// What is said of a client that the portal refused with this attempt.
Parameters RefusalOf(const Attempt& attempt);

// Proof that a chunk's intents are durable; only the ledger makes one, and nothing is
// sent without it.
class CommittedChunk {
 public:
  int64_t number() const { return number_; }

 private:
  friend class Ledger;
  explicit CommittedChunk(int64_t number) : number_(number) {}
  int64_t number_;
};

// Which write-backs go first.
enum class WriteBackRank {
  kFresh = 0,  // guests of today
  kMass = 1,   // a first export: tens of thousands who left long ago
};

struct Settlement {
  ClientKey key;
  Evidence evidence;
  int64_t run = 0;
  Outcome outcome = Outcome::kNone;  // what the run counts it as
  int64_t unix_time = 0;
  WriteBackRank rank = WriteBackRank::kFresh;
};

struct WriteBackItem {
  ClientKey key;
  ContactId contact;
};

struct WriteBackCounts {
  int pending = 0;
  int parked = 0;
  int64_t done = 0;  // ever
};

// Clients that share a reason for not being on the portal.
struct MissingClients {
  std::string reason;     // empty: they only wait for the next export
  Parameters parameters;  // those that all of them share
  Outcome problem = Outcome::kNone;
  int count = 0;
};

// How a client's pair was found, or between what a person must choose.
struct PairNote {
  std::string found_by;  // a reason of the catalogue; empty: none was found
  int certainty = 0;     // plan/match.h: Certainty
  std::vector<ContactId> candidates;  // one, where that is decided
  // A person said that these are somebody else's. One of them may still carry this
  // client's mark.
  std::vector<ContactId> refused;
  bool operator==(const PairNote&) const = default;
};

// One thing that a reconciliation found about a client.
struct FoundNote {
  int kind = 0;  // export/run_types.h: FindingKind
  ClientKey client;
  ContactId contact;
  std::string detail;  // the reconciliation's own text; no personal data
};

// Parked write-backs that share a reason.
struct WriteBackRefusal {
  std::string reason;
  Parameters parameters;
  int count = 0;
};

class Ledger {
 public:
  // Opens or creates; `file` may be ":memory:". A damaged file is LEDGER_CORRUPT and is
  // left as it is.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const std::string& file,
                                                      Random& random);

  // What is committed now, in a temporary file of the system's that nobody else sees
  // and that goes with the copy: for a look that must leave no trace. Takes as much
  // disk as the file is large. Not inside of Together.
  absl::StatusOr<std::unique_ptr<Ledger>> Copy();

  // Made with the file; `sequence` grows with every commit.
  const std::string& id() const { return id_; }
  int64_t sequence();

  // kFull, or an intent may be lost with the power while its request lives on.
  absl::StatusOr<Database::Durability> durability();

  // One transaction for all that `body` does with the ledger, durable when this returns
  // OK; other threads wait. An error of the database undoes all of it and is returned;
  // a call that refuses, as with ATTEMPT_OUTSTANDING, has done nothing.
  absl::Status Together(absl::FunctionRef<void()> body);

  // --- clients ---
  absl::StatusOr<std::optional<ClientRecord>> Get(const ClientKey& key);
  // Writes everything but what attempts, write-back and history own (contact of an
  // attempt, write_back, written, history). For notes, parking, links, marks.
  absl::Status Put(absl::Span<const ClientRecord> records);
  // Links a contact that is known to be this client's (adoption, rebuild) and queues
  // its write-back unless 1C holds it already. A contact that is linked to another
  // client is left there: CONTACT_LINKED_ELSEWHERE (ALREADY_EXISTS). `how`: what the
  // history tells of a link that is new.
  absl::Status Link(const ClientRecord& record, ContactId held_by_source,
                    const HistoryEntry& how = {});
  // The client, known or not, has no contact and waits for a decision, as
  // kClientUnlinked; nothing of it is written to 1C any more. An erased one stays so.
  absl::Status Unlink(const ClientKey& key);
  absl::StatusOr<std::optional<ClientKey>> ClientOf(ContactId contact);
  // In the order of `keys`. A client that waits for anything has no known version.
  absl::StatusOr<std::vector<KnownVersion>> KnownVersions(
      absl::Span<const ClientKey> keys);

  // By key, after `after`, at most `limit`.
  absl::StatusOr<std::vector<ClientRecord>> List(const ClientKey& after, int limit);
  // Live contacts with an ID above `after`, ascending.
  absl::StatusOr<std::vector<WriteBackItem>> LiveContacts(ContactId after, int limit);
  // Dirty clients that `run` has not settled yet.
  absl::StatusOr<std::vector<ClientKey>> Dirty(const ClientKey& after, int64_t run,
                                               int limit);
  // Lets refused clients and parked write-backs be tried again, and skipped clients
  // that are named. Empty `keys`: all that were refused or parked. Pairs that wait for
  // a person's decision stay as they are. Returns how many.
  absl::StatusOr<int> Requeue(absl::Span<const ClientKey> keys);
  // Lets refused clients be tried again, for what they were refused for may not hold
  // any more; with `dropped` those that a person dropped, too.
  absl::Status RetryRefused(bool dropped);
  // Those that RetryRefused would let be tried again; by key, after `after`.
  absl::StatusOr<std::vector<ClientKey>> Refused(const ClientKey& after, bool dropped,
                                                 int limit);  // (quarantine.cc)
  // Forgets clients that were refused and that no run from `before_run` on has met, at
  // most `most` of them; how many. Only those of which nothing is to be lost: never
  // exported, no contact, no pair, nothing under way, and no person's word.
  absl::StatusOr<int> ForgetRefused(int64_t before_run, int most);  // (quarantine.cc)
  // What `run` counted so far, for resuming it.
  absl::StatusOr<std::map<Outcome, int>> CountOutcomes(int64_t run);
  absl::StatusOr<std::vector<ClientRecord>> FailuresOf(int64_t run, int limit);
  // Marked clients whose contact `run` has deleted; not those that it met as gone.
  absl::StatusOr<int> CountDeletions(int64_t run);
  // Clients with a contact, or whose contact is gone: those that a run may change.
  absl::StatusOr<int> CountLinked();
  // Clients that should be on the portal and are not.
  absl::StatusOr<int> CountMissing();
  // The same by reason, most first; at most 20 reasons.
  absl::StatusOr<std::vector<MissingClients>> CountMissingByReason();
  // Highest contact ID that is ours; none before the first.
  absl::StatusOr<ContactId> Witness();
  // That one and those of ours below it, `limit` at most.
  absl::StatusOr<std::vector<ContactId>> Witnesses(int limit);

  // --- a move to another portal --- (earlier_portal.cc)
  // The links are about another portal: every client is new again (erased ones stay
  // so), nothing waits for write-back, and the base is to be read from the start. What
  // is in doubt stays so; the history stays, as that of an earlier portal, and so does
  // which ID was whose there. Sets the notes in the same commit.
  absl::Status ForgetLinks(absl::Span<const std::pair<std::string, std::string>> notes);
  // The ID, which 1C holds for a client without a contact, is of a contact that the
  // client had on an earlier portal, was taken off there, or had lost there: here it
  // names nobody, or somebody else.
  absl::StatusOr<bool> IsOfEarlierPortal(const ClientKey& key, ContactId contact);
  // All such contacts of the client, each once.
  absl::StatusOr<std::vector<ContactId>> FormerContacts(const ClientKey& key);

  // --- erasure --- (erasure.cc)
  // Removes all that the ledger holds of the client, known or not, but a hash, under
  // which additions that may still come are watched on; from then on Get says kErased,
  // and no other call writes anything about it. Clears the index of a match or a
  // reconciliation: not while one is under way. Again: harmless. Writes the whole file
  // anew, which takes a second for some 100,000 clients; when that fails the client is
  // erased, and the call is to be repeated. Not inside of Together. Errors:
  // ATTEMPT_OUTSTANDING.
  absl::StatusOr<Erasure> Erase(const ClientKey& key, int64_t unix_time);
  // Takes up what other ledgers of the base have erased, and removes whom this one
  // still holds, as Erase does; how many. Who has an attempt outstanding is removed by
  // the first call after it is settled; until then Get says kErased. Cheap when nothing
  // is new. Not while a run is under way.
  absl::StatusOr<int> TakeErasures(absl::Span<const ErasureList> lists);
  // Those of the ledger that `known` lacks, the latest first, at most `limit`.
  absl::StatusOr<std::vector<ErasureList>> ErasuresBeyond(
      absl::Span<const ErasureList> known, int limit);
  int64_t CountErased();

  // --- history --- (history.cc); the settling of attempts writes its own entries.
  // Of a client that is known; others are passed by.
  absl::Status NoteHistory(const ClientKey& key, const HistoryEntry& entry);
  // What the server calls the run of that number.
  absl::Status NameRun(int64_t run, absl::string_view name);
  // At most `limit` entries; `from`: HistoryPage::next, 0 for the newest.
  absl::StatusOr<HistoryPage> History(const ClientKey& key, int64_t from, int limit);
  // Forgets what the limits say, among `most` entries after `after`; where to go on,
  // 0: from the start. Writes only when there is something to forget.
  absl::StatusOr<int64_t> PruneHistory(int64_t after, const HistoryLimits& limits,
                                       int most);

  // --- attempts ---
  // Writes the chunk whole, in order. A client with an unsettled attempt is refused
  // (FAILED_PRECONDITION ATTEMPT_OUTSTANDING) and nothing is written.
  absl::StatusOr<CommittedChunk> CommitIntents(absl::Span<const Intent> intents,
                                               ContactId high);
  // As what each settlement's run had counted its client before, in order; kNone where
  // it had not.
  absl::StatusOr<std::vector<Outcome>> Settle(absl::Span<const Settlement> settlements);
  // The slot answered with an error that does not prove that nothing happened.
  absl::Status NoteAnswered(absl::Span<const AnsweredAttempt> answered);
  absl::StatusOr<std::optional<Attempt>> AttemptOf(const ClientKey& key);
  // All unsettled attempts, chunk by chunk, in order.
  absl::StatusOr<std::vector<Attempt>> Attempts();
  absl::StatusOr<int> CountAttempts();

  // --- additions that may still come (watched_adds.cc) ---
  // Settle begins the watch with the miss.
  absl::StatusOr<std::vector<WatchedAdd>> WatchedAdds();
  absl::Status NoteLate(const WatchedAdd& watched);
  // Ends it for what was missed before the one time or after the other.
  absl::Status EndWatch(int64_t before_unix, int64_t after_unix);

  // --- write-back ---
  // In the order in which they are to be written, from `first` on.
  absl::StatusOr<std::vector<WriteBackItem>> PendingWriteBacks(
      int limit, WriteBackRank first = WriteBackRank::kFresh);
  // OK: 1C holds the ID. Parked with the reason when `parked`; otherwise it stays
  // queued, behind the others of its rank.
  absl::Status FinishWriteBack(const WriteBackItem& item, const absl::Status& status,
                               bool parked);
  // The last one that 1C took and should still hold; no contact: none.
  absl::StatusOr<WriteBackItem> LastWritten();
  // The write-back alone turned the row's version `before` into `after`.
  absl::Status NoteEcho(const ClientKey& key, absl::string_view before,
                        absl::string_view after);
  absl::Status QueueWriteBack(const ClientKey& key);
  // 1C refuses them all alike: parks everything that waits, with the reason.
  absl::Status ParkWriteBacks(const absl::Status& why);
  // Queues those again that are parked with a reason that `wanted` accepts.
  absl::Status UnparkWriteBacks(absl::FunctionRef<bool(absl::string_view)> wanted);
  // Why IDs are parked, most first; at most 10 reasons.
  absl::StatusOr<std::vector<WriteBackRefusal>> WriteBackRefusals();
  absl::StatusOr<WriteBackCounts> CountWriteBacks();

  // --- notes of the integration ---
  // Small named texts: watermark, base identity, …
  absl::StatusOr<std::string> Note(absl::string_view name);
  absl::Status SetNote(absl::string_view name, absl::string_view value);

  // --- a match: digests of both sides, on disk while it runs (match_tables.cc) ---
  struct IndexEntry {
    std::string key;  // e.g. "P" + digest of a phone
    ContactId contact;
  };
  struct MatchedClient {
    ClientKey key;
    std::string evidence;  // the match's own text
    // What it found, in its own words too; `contact` and `rank` are for comparing
    // claims.
    ContactId contact;
    int rank = 0;
    std::string verdict;
  };
  // Forgets both sides and all results; what pairs were found by stays.
  absl::Status ClearIndex();
  // `traits`: the match's own text about the contact.
  absl::Status AddToIndex(ContactId contact, absl::string_view traits,
                          absl::Span<const std::string> keys);
  absl::StatusOr<std::vector<ContactId>> Lookup(absl::string_view key, int limit);
  absl::StatusOr<bool> IsIndexed(absl::string_view key, ContactId contact);
  // At most `limit`.
  absl::StatusOr<int> CountIndexed(absl::string_view key, int limit);
  absl::StatusOr<std::optional<std::string>> IndexedTraits(ContactId contact);
  // Counts the client as a carrier of `keys`. An empty `evidence`: nothing else is
  // kept. A client that was there already changes nothing: false.
  absl::StatusOr<bool> AddMatchClient(const ClientKey& key, absl::string_view evidence,
                                      absl::Span<const std::string> keys);
  absl::StatusOr<int> CountCarriers(absl::string_view key);
  // With evidence; by key, after `after`.
  absl::StatusOr<std::vector<MatchedClient>> MatchClients(const ClientKey& after,
                                                          int limit);
  absl::Status SetMatchVerdict(const MatchedClient& client);
  // The highest rank at which another client claims the contact; 0: none does.
  absl::StatusOr<int> RivalRank(ContactId contact, const ClientKey& other_than);
  enum class MatchResult { kAny = 0, kMatched = 1, kAmbiguous = 2, kNew = 3 };
  // In place of the verdict; the claim stays.
  absl::Status SetMatchResult(const ClientKey& key, MatchResult result);
  // Forgets both sides; the results stay until ClearIndex, and nothing but them.
  absl::Status EndMatch();
  // Clients with that result of the last match; none before EndMatch. By key, after
  // `after`.
  absl::StatusOr<std::vector<ClientKey>> MatchResults(MatchResult result,
                                                      const ClientKey& after,
                                                      int limit);

  // --- a reconciliation --- (findings.cc); it notes the contacts that it has seen in
  // the index, and under a client's key those that carry the client's mark.
  // Forgets what other runs found.
  absl::Status BeginFindings(int64_t run);
  // False: the run has noted this kind of this client before.
  absl::StatusOr<bool> NoteFinding(int64_t run, const FoundNote& note);
  // By kind.
  absl::StatusOr<std::map<int, int>> CountFindings(int64_t run);
  absl::StatusOr<std::vector<FoundNote>> Findings(int64_t run, int kind, int limit);
  // By key and contact, after `after`.
  absl::StatusOr<std::vector<IndexEntry>> IndexEntries(const IndexEntry& after,
                                                       int limit);
  // Live contacts from above `after` to `upto` that are not in the index, ascending.
  absl::StatusOr<std::vector<WriteBackItem>> LiveContactsNotIndexed(ContactId after,
                                                                    ContactId upto,
                                                                    int limit);

  // --- pairs: how they were found ---
  absl::StatusOr<std::optional<PairNote>> Pair(const ClientKey& key);
  absl::Status SetPair(const ClientKey& key, const PairNote& note);

 private:
  Ledger(std::unique_ptr<Database> database, std::string id);
  // `body` refuses, if it must, before it writes: what it began can't be undone alone.
  absl::Status Write(absl::FunctionRef<absl::Status()> body);
  // Which of the clients have a row.
  absl::StatusOr<std::vector<bool>> CheckNoneOutstanding(
      absl::Span<const Intent> intents);
  absl::Status Bump();
  absl::StatusOr<std::optional<ClientRecord>> GetLocked(const ClientKey& key);
  // Only what is written; nothing of erased clients.
  absl::StatusOr<std::optional<ClientRecord>> FindLocked(const ClientKey& key);
  // `exported`: EncodeDigest of what the record says, or the same text from elsewhere.
  absl::Status PutLocked(const ClientRecord& record, absl::string_view exported);
  // The same, and its contact's ID is to be written to 1C.
  absl::Status PutAndQueueLocked(const ClientRecord& record, bool is_new,
                                 absl::string_view exported, int64_t queued,
                                 WriteBackRank rank);
  struct Settled {
    std::set<int64_t> chunks;
    int64_t queued = 0;  // new clients whose ID is to be written to 1C
  };
  absl::StatusOr<Outcome> SettleLocked(const Settlement& settlement, Settled* settled);
  absl::Status WatchLocked(const Attempt& attempt, int64_t unix_time);
  absl::Status EraseWatchLocked(const ClientKey& key, const std::string& hash);
  // `digest`: its text goes there, undecoded. `has_row`: the client is more than this
  // attempt. Either may be null.
  absl::StatusOr<std::optional<Attempt>> AttemptOfLocked(const ClientKey& key,
                                                         std::string* digest,
                                                         bool* has_row);
  absl::Status LoadErased(Random& random);
  absl::Status LoadErasureSecrets();
  absl::StatusOr<bool> HasNewErasures(absl::Span<const ErasureList> lists);
  absl::Status KeepErasures(absl::Span<const ErasureList> lists);
  absl::Status FindErased(const char* sql, std::set<ClientKey>* found);
  absl::StatusOr<int> RemoveErased();
  // All but the history; `hash`: what additions that may still come are watched under.
  absl::Status EraseRowsLocked(const ClientKey& key, const std::string& hash);
  absl::Status Scrub();
  // 0: it was not.
  absl::StatusOr<int64_t> ErasedAtLocked(const ClientKey& key);
  absl::StatusOr<int> EraseHistoryLocked(absl::Span<const ClientKey> keys);
  // The new entry's number. `newest`: the client's newest so far; 0: none.
  absl::StatusOr<int64_t> AppendHistoryLocked(const ClientKey& key, int64_t newest,
                                              const HistoryEntry& entry);
  absl::Status SetHistoryLocked(const ClientKey& key, int64_t newest);
  absl::Status NoteHistoryLocked(const ClientKey& key, const HistoryEntry& entry);
  absl::Status EndHistoryOfPortalLocked();
  absl::Status SetNoteLocked(absl::string_view name, absl::string_view value);
  absl::StatusOr<int64_t> CountLocked(absl::string_view sql);
  absl::StatusOr<int64_t> CountWaitingLocked();

  std::recursive_mutex mutex_;  // recursive for what Together's body calls
  bool together_ = false;
  bool bumped_ = false;            // in this transaction
  absl::Status database_failure_;  // in this transaction
  std::unique_ptr<Database> database_;
  std::string id_;
  std::vector<std::string> erasure_secrets_;  // the ledger's own, then others'
  int64_t erased_count_ = 0;
  std::set<ClientKey> erased_in_doubt_;  // with an attempt, see TakeErasures
};

}  // namespace guestbridge::agent
