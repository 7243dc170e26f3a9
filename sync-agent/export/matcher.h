#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "sync-agent/export/field_by_field.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/updater.h"
#include "sync-agent/export/window_scan.h"
#include "sync-agent/plan/match.h"

namespace guestbridge::agent {

// Pairs clients with contacts that are already on the portal (M13). Both sides are read
// once, into tables of digests in the ledger, whatever their size; then every client is
// judged with all of it in sight: who else carries a value, who else claims a contact.
// Rules: docs/design/matching.md.
class Matcher {
 public:
  Matcher(RunContext& context, Updater& updater);

  // Reading the portal. A contact that cannot be read is said; without a client's mark
  // it is read field by field, and what is left of it is only ever for a person to
  // decide about.
  std::optional<PortalLane::Job> Next();
  bool indexed();

  // One client of the base; `decision` is what an export would do.
  void Consider(const ClientRow& row, const std::optional<ClientRecord>& record,
                Decision decision);
  // All clients were considered: judges them; with `apply` the contacts of unambiguous
  // pairs are stamped.
  void Finish();
  bool idle() const { return true; }

 private:
  // A client as it waits on disk, and what was found for it.
  struct Seeker;

  // Into the index. `unread`: fields that the row lacks.
  void Take(const ContactRow& row, const std::set<std::string>& unread = {});
  void ForEach(absl::FunctionRef<void(Seeker&)> body);
  // False when the ledger failed.
  bool IsFree(ContactId contact, const Seeker& seeker);
  // What the contact shares with the client, from the client's values.
  SharedValues ValuesSharedWith(ContactId contact, const Seeker& seeker);
  // By origin, or by the ID that 1C holds.
  void ClaimCertain(Seeker& seeker);
  // The others, among contacts that nobody claims for certain.
  void ClaimByValues(Seeker& seeker);
  // A doubtful candidate that another client claims with better reason is that one's.
  void DropOthers(Seeker* seeker);
  // What a person took apart, a person joins: its old contact still carries its mark.
  static bool IsUnlinked(const ClientRecord& record);
  // One contact, which no other client claims as well and no person is to decide about.
  bool IsCertain(const Seeker& seeker, const ClientRecord& record);
  // Fails a run that would stamp more contacts than it may, before the first.
  void AskGuard();
  void Conclude(Seeker seeker);
  void Link(ClientRecord known);
  // Nothing is for a person to decide: the next export does, and looks at `contact`
  // first, if there is one.
  void LeaveToExport(ClientRecord known, ContactId contact);
  void Keep(const Seeker& seeker);

  RunContext& context_;
  Updater& updater_;
  MatchDigests digests_;
  std::unique_ptr<WindowScan> scan_;
  FieldByField broken_;
};

}  // namespace guestbridge::agent
