#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "sync-agent/export/adder.h"
#include "sync-agent/export/adopter.h"
#include "sync-agent/export/ceiling_count.h"
#include "sync-agent/export/deleter.h"
#include "sync-agent/export/event_poll.h"
#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/matcher.h"
#include "sync-agent/export/rebuilder.h"
#include "sync-agent/export/reconciler.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/settler.h"
#include "sync-agent/export/survivor_search.h"
#include "sync-agent/export/sweep.h"
#include "sync-agent/export/updater.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// One run, as a state machine: events in, actions out. It has no thread, no socket, no
// clock and never waits: the executor does, and a simulation may. The ledger is called
// synchronously, one event is one transaction: an intent is durable before the action
// that sends it can be taken.
//
// The steps of an export, in order: look at the portal's end; settle what is due; see
// whether our contacts still exist; read clients and export them; take up what earlier
// runs left; settle what this run left, when asked to.
// One thread at a time.
class ExportMachine {
 public:
  // All references outlive the machine.
  ExportMachine(RunSettings settings, Ledger& ledger, Pacer& pacer, Doubts& doubts,
                Random& random);

  // --- events ---
  void Start(const Instant& now);
  void OnPage(const ClientPage& page, const Instant& now);
  void OnRows(const std::vector<ClientRow>& rows, const std::vector<ClientKey>& asked,
              const Instant& now);
  // The source could not answer the last ReadPage or FetchRows, and will not.
  void OnSourceError(const absl::Status& status, const Instant& now);
  void OnAnswer(uint64_t id, const PortalAnswer& answer, const Instant& now);
  // A request that gives clients a contact did not leave: the lease had run out.
  void OnHeldBack(uint64_t id, const Instant& now);
  void OnWake(const Instant& now);
  void OnCancel(const Instant& now);
  // Contacts may be created until then (steady clock); the past: not now.
  void OnLease(absl::Duration until, const Instant& now);

  // --- actions --- of the events so far, in order. Nothing after an EndRun.
  std::vector<ActionToDo> TakeActions();

  RunProgress progress() const { return tally_.Snapshot(); }
  bool ended() const { return ended_; }

 private:
  enum class Phase {
    kNewest,  // the highest ID
    kColdLook,
    kSettle,  // what is due at the beginning
    kEvents,  // what the portal tells of deleted contacts
    kSweep,
    kIndex,    // of a match: the portal's contacts
    kCompare,  // of a reconciliation: the portal's contacts
    kRead,
    kDirty,
    kDrain,
    kAwaitDoubts,
    kDone,
  };

  // What an event means, then Step, all in one transaction of the ledger.
  void Handle(const Instant& now, absl::FunctionRef<void()> event);
  void Begin();
  void NoteUnreadable(const ClientKey& key);
  void LearnPortalKind();
  // What the portal says of its contact fields. False: it did not say, and is to be
  // asked once more.
  bool LearnFields(const CommandResult& result);
  // Whether the values of a field are to be asked for that were not before: which
  // dictionary a user field has is told with the fields.
  bool LearnDictionaries(const std::map<std::string, ContactFieldShape>& fields);
  bool AddDictionary(const std::string& field, const std::string& dictionary);
  // A mapped field that the portal no longer has would be dropped without a word.
  void CheckMappedFields(const std::map<std::string, ContactFieldShape>& fields);
  // Nor would it keep a value that its list no longer has.
  void CheckListValues(const std::string& target, const ContactFieldShape& field);
  // Whether the rows that came show a mapped attribute of 1C with a type that is not
  // among those of earlier runs.
  void CheckAttributeKinds();
  void TellRetyped(const std::string& attribute, AttributeKind kind);
  // `all`: of every row; what was shown before counts no more.
  void NoteAttributeKinds(bool all);
  // Refused clients are tried again once the mapping or the portal's fields are others.
  void RetryRefused(const std::map<std::string, ContactFieldShape>& fields);
  void Step();
  // True when the phase is over and the next one was entered.
  bool Advance();
  // After a cold look, which has linked what the ledger had not known.
  void CountLinkedAnew();
  // Fails a run that changes more than it may, or that was shown an empty base.
  void AskGuard();
  // Whether so many contacts more would be too many.
  bool IsBeyondGuard(int more) const;
  void StopByGuard();
  // Why the run failed, once all that had left was heard of.
  absl::Status FailureAtEnd();
  void Enter(Phase phase);
  // Jobs of all parts, most urgent first, while the lane has room.
  void FillLane();
  std::optional<PortalLane::Job> NextJob();
  // No job waits for one of these methods.
  bool IsFree(std::initializer_list<const char*> methods) const;
  // Of the parts that read contacts.
  std::optional<PortalLane::Job> NextLook();
  // Of the parts that gather whole requests while `more` clients come.
  std::optional<PortalLane::Job> NextWhole(bool more);
  void Consider(const ClientRow& row);
  // Whether the client waits until the whole base was read (RunSettings::holds_stored).
  bool Holds(const ClientRow& row, const LinkView& view, const Decision& decision);
  // True when one that waited was considered, or is to be fetched.
  bool ReleaseHeld();
  void Apply(const ClientRow& row, const std::optional<ClientRecord>& record,
             Decision decision);
  // Writes the ID again when 1C no longer holds the one that it confirmed.
  void CompareStored(const ClientRow& row, const std::optional<ClientRecord>& record);
  void Note(const ClientRow& row, const std::optional<ClientRecord>& record,
            const Decision& decision, Outcome outcome);
  // True when it changed what is to be done without asking anybody.
  bool AskForRows();
  // The next clients that earlier runs, or this one, left to be exported.
  absl::StatusOr<std::vector<ClientKey>> DirtyKeys();
  // Of a dry run: dirty clients that it has decided about.
  void PlannedNow(const ClientKey& key) { planned_.insert(absl::HashOf(key.guid())); }
  bool Planned(const ClientKey& key) const {
    return planned_.contains(absl::HashOf(key.guid()));
  }
  // Clients that the stream gave and that left no mark of this run.
  void PassedBy(const ClientKey& key, Outcome outcome);
  // A stranger that was found out late is counted for what becomes of it now.
  void RecountStranger(const ClientKey& key, const std::optional<ClientRecord>& record,
                       const Decision& decision);
  bool PartsIdle() const;
  size_t Pending() const;
  // Clients whose rows are held in memory: enough for two whole requests, and no more.
  size_t MostPending() const;
  void End(RunEnd end, absl::Status error);
  bool may_claim() const;

  RunSettings settings_;
  // What a dry run looks into and writes to in place of the ledger; null: needs none.
  absl::StatusOr<std::unique_ptr<Ledger>> copy_;
  Tally tally_;
  CeilingCount ceilings_;
  PortalLane lane_;
  RunContext context_;
  GoneCheck gone_;
  Adder adder_;
  Updater updater_;
  Adopter adopter_;
  SurvivorSearch survivors_;
  Deleter deleter_;
  Sweep sweep_;
  EventPoll events_;
  Settler settler_;
  Matcher matcher_;
  Reconciler reconciler_;
  std::unique_ptr<Rebuilder> rebuilder_;

  Phase phase_ = Phase::kNewest;
  bool newest_asked_ = false;
  // By contact field, of those for which the mapping names values.
  std::map<std::string, std::string> dictionaries_;
  bool fields_unsaid_ = false;  // the portal did not tell its contact fields
  bool newest_known_ = false;
  bool reading_ = false;   // a ReadPage is out
  bool fetching_ = false;  // a FetchRows is out
  bool stream_done_ = false;
  bool source_empty_ = true;  // no row was read so far
  Watermark watermark_;
  ClientKey dirty_after_;
  bool dirty_done_ = false;
  bool holding_ = false;
  std::set<ClientKey> held_;
  std::deque<ClientRow> held_rows_;  // of the first of them
  bool plan_first_ = false;
  absl::flat_hash_set<size_t> planned_;  // hashes: they may be many
  absl::flat_hash_set<size_t> passed_;   // of a stream of changes
  std::set<ClientKey> recounted_;        // late strangers whose rows were asked for
  // Of a dry run, which writes no ledger: what RetryRefused would have done.
  bool retries_refused_ = false;
  bool retries_dropped_ = false;
  bool refused_next_ = false;  // dirty clients were met; these come after them
  bool cold_at_start_ = false;
  // By attribute, with this mapping, as earlier runs noted; empty before the first
  // rows.
  std::optional<std::map<std::string, std::set<std::string>>> known_kinds_;
  std::string noted_kinds_;  // the note as it is now
  AttributeKinds seen_kinds_;
  bool passed_rows_by_ = false;    // some were known by their versions, and not read
  std::optional<bool> known_box_;  // as last noted by this run
  bool cancelled_ = false;
  bool ended_ = false;
  absl::Duration lease_until_ = -absl::InfiniteDuration();
  std::vector<ActionToDo> actions_;
};

// The view of a ledger record that the planner takes.
LinkView MakeLinkView(const std::optional<ClientRecord>& record, bool in_doubt,
                      int resend_version);
// As Ledger::RetryRefused makes of it.
void ForgetRefusal(bool dropped, ClientRecord* record);

}  // namespace guestbridge::agent
