#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/text/catalogue.h"
#include "sync-agent/export/source_patience.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/mapping/mapping.h"
#include "sync-agent/model/attribute_kind.h"
#include "sync-agent/model/client.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/model/run_ceilings.h"
#include "sync-agent/pace/forecast.h"
#include "sync-agent/pace/pacer.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/portal/portal.h"

// What goes into and comes out of the export machine.
namespace guestbridge::agent {

// Both clocks at one moment; the machine has none of its own.
struct Instant {
  absl::Time wall;
  absl::Duration steady;  // Clock::Steady
};

// Under this note the ledger keeps whether its portal is a box; empty: not known yet,
// and to be taken for one, whose requests may execute longest.
inline constexpr char kPortalKindNote[] = "portal-kind";
// Seconds: longer than the setting, since an addition came later than that; at most the
// longest. Empty: none did.
inline constexpr char kRaisedSettleTimeNote[] = "raised-settle-time";
inline constexpr absl::Duration kLongestSettleTime = absl::Hours(1);
// "VERSION NAME=TYPE NAME:one NAME=TYPE NAME:several …": the mapped fields as the last
// run saw them.
inline constexpr char kFieldTypesNote[] = "mapped-field-types";
// "VERSION NAME=KIND,KIND NAME=KIND …": the mapped attributes of 1C as rows have shown
// them since all were read last.
inline constexpr char kAttributeKindsNote[] = "mapped-attribute-kinds";
// "VERSION DIGEST": the mapping and the portal's fields with which clients were
// refused; with others they are tried again.
inline constexpr char kRefusedWithNote[] = "refused-with";
inline constexpr char kBox[] = "box";
inline constexpr char kCloud[] = "cloud";

enum class RunKind { kExport, kMatch, kRebuild, kSettle, kReconcile };

struct RunSettings {
  int64_t run = 0;  // number of the run; grows
  RunKind kind = RunKind::kExport;
  bool full = false;
  bool reads_whole = false;  // all rows are read, or all versions compared
  bool dry_run = false;
  bool settle = false;  // end only when no doubt is left
  bool apply = false;   // of a match
  // The ledger is not the one that wrote last: look at the whole portal before adding.
  bool cold = false;
  // Of a dry run: the ledger's links are about another portal than the one that is
  // looked at, and count as forgotten.
  bool other_portal = false;
  std::string originator;                    // `guestbridge:` + the base's identity
  const CompiledMapping* mapping = nullptr;  // null only for kRebuild
  int mapping_version = 0;
  // What to note as the basis of the content when all was read; null: nothing.
  std::function<std::string()> content_basis;
  // What the rows that came so far show of the mapped attributes; null: nothing.
  std::function<AttributeKinds()> attribute_kinds;
  EventSwitches events;
  Policies policies;
  // How long a request without an answer may still be carried out; the second on a box.
  absl::Duration settle_time = absl::Seconds(120);
  absl::Duration box_settle_time = absl::Seconds(120);
  // Once one import method has used up its operating time, go on by the others.
  bool spread_imports = false;
  // How long 1C may give no usable answer before the run ends FAILED …
  SourceWaits source_waits;
  // … a portal that this run has not heard of yet …
  absl::Duration patience = absl::Seconds(40);
  // … and how long a portal may be away once it was there: longer than the vendor's
  // maintenance takes.
  absl::Duration away_patience = absl::Hours(3);
  // Connected as an OAuth application: the portal may queue its events for us.
  bool portal_events = false;
  // So long may what the portal tells of deletions stand for a look at all contacts.
  absl::Duration sweep_every = absl::Hours(20);
  // Another agent takes over when this one is not heard of. What this one then wrote
  // late would stand over what the other knows: all that changes the portal leaves
  // inside the lease only.
  bool has_standby = false;
  // Started by the schedule or by the agent itself: nobody waits for the first answer.
  bool unattended = false;
  int max_requests_in_flight = 8;  // the pacer says how many of them
  // So many contacts that exist may be changed, made again or deleted; more end the run
  // FAILED with GUARD_STOPPED. Empty: however many there are.
  std::optional<int> most_changed;
  // With most_changed, of a run that reads the whole base and was not planned: contacts
  // that 1C names and the ledger does not know are left alone until all was read. When
  // they and the linked ones are more than most_changed, the run ends kPlanFirst.
  bool holds_stored = false;
  int linked = 0;  // clients with a contact when the run began
  // Of the local policy: a request that would pass one does not leave, and the run ends
  // FAILED with POLICY_CEILING_….
  RunCeilings ceilings;
  // Robots stay quiet when a contact is added by the first export of a base; later
  // deltas start them.
  bool first_export = false;

  // Clients are read and exported, or would be.
  bool exports() const {
    return kind == RunKind::kExport || kind == RunKind::kSettle ||
           kind == RunKind::kReconcile;
  }
  // Changes anything: the portal, or what the ledger says of it.
  bool writes() const { return !dry_run && (kind != RunKind::kMatch || apply); }
};

// --- actions: what the executor is to do ---
struct ReadPage {};
struct FetchRows {
  std::vector<ClientKey> keys;
};
struct SendRequest {
  uint64_t id = 0;
  PortalRequest request;
  // Set when the request gives a client its contact: creates one, or puts our mark on
  // one that may not bear it. The lease is checked again right before the first byte.
  bool claims = false;
};
struct WakeAt {
  absl::Duration steady;
};
// kPlanFirst: RunSettings::holds_stored.
enum class RunEnd { kSucceeded, kFailed, kCancelled, kPlanFirst };
struct EndRun {
  RunEnd end = RunEnd::kSucceeded;
  absl::Status error;  // of kFailed
};
using ActionToDo = std::variant<ReadPage, FetchRows, SendRequest, WakeAt, EndRun>;

// --- progress: what a person sees ---
struct RunCounts {
  int scanned = 0;
  int unchanged = 0;
  int added = 0;
  int updated = 0;
  int recreated = 0;
  int skipped = 0;
  int failed = 0;
  int deferred = 0;
  int deleted = 0;  // of the skipped: whose contact is deleted, or is about to be
  // Contacts that exist and are changed, made again or deleted.
  int touched() const { return updated + recreated + deleted; }
};
struct PortalUse {
  int http_requests = 0;
  int commands = 0;
  int throttled = 0;
  int retried = 0;
  double wait_seconds = 0;
  double operating_seconds = 0;  // what the portal charged
};
struct MatchCounts {
  int matched = 0;
  int proposed = 0;  // of the matched: by phone or e-mail
  int ambiguous = 0;
  int unmatched = 0;
  int linked = 0;
  int applied = 0;
};
// What a reconciliation finds; the numbers stand in the ledger.
enum class FindingKind {
  kMissing = 1,
  kGone = 2,
  kDoubled = 3,
  kOrphaned = 4,
  kChangedOnPortal = 5,
  kChangedInSource = 6,
  kWriteBackMissing = 7,
};
// Holds keys, IDs and names of fields, never a value.
struct Finding {
  FindingKind kind = FindingKind::kMissing;
  ClientKey client;
  ContactId contact;
  std::vector<ContactId> others;  // at most ten
  std::vector<std::string> fields;
  int64_t modified_by = 0;
  int64_t modify_unix = 0;
};
struct ReconcileFound {
  std::map<FindingKind, int> counts;
  int contacts = 0;               // that were seen on the portal …
  int marked = 0;                 // … with a mark of this base
  std::vector<Finding> findings;  // the first 100 of each kind
};
struct Failure {
  ClientKey client;
  std::string reason;
  Parameters parameters;
};
struct RunNotice {
  std::string reason;
  Parameters parameters;
};
// What a dry run would do. Holds keys, reasons and names of fields, never a value.
struct PlannedReason {
  Outcome outcome = Outcome::kNone;  // kSkipped, kFailed, kDeferred
  std::string reason;
  Parameters parameters;  // those that all such clients share
  int clients = 0;
};
struct PlannedClient {
  ClientKey client;
  Outcome outcome = Outcome::kNone;
  std::string reason;               // of one that would not be sent
  std::vector<std::string> fields;  // of an update: the targets that would be written
};
struct RunPlan {
  std::vector<PlannedReason> reasons;               // the most frequent first
  std::vector<std::pair<std::string, int>> fields;  // how many updates write each
  std::vector<PlannedClient> samples;               // some of each outcome
  std::vector<MethodWork> work;
  int written = 0;  // clients for whom something would be sent
  // Tells this plan from every other: who would be sent, as what, with which content.
  std::string digest;
  WorkForecast forecast;
};

struct RunProgress {
  RunCounts counts;
  PortalUse portal;
  MatchCounts match;
  ReconcileFound reconcile;
  std::vector<Failure> failures;  // the first 100
  std::vector<RunNotice> notices;
  std::optional<RunPlan> plan;  // of a dry run that has ended
  bool source_empty = false;    // the whole base was read, and showed nobody
};

}  // namespace guestbridge::agent
