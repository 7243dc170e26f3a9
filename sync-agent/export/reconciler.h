#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/sweep.h"
#include "sync-agent/export/window_scan.h"
#include "sync-agent/plan/drift.h"

namespace guestbridge::agent {

// Compares ledger, 1C and portal. The portal is read once, whole; of each contact that
// is ours the ledger remembers, while the run goes, that it was seen, and digests of
// what differs from what was sent. Then every client is judged by what an export would
// do with it. What is found is noted in the ledger under the run, so that an execution
// that was cut short is gone on with. Decides nothing but what it tells the machine.
class Reconciler {
 public:
  Reconciler(RunContext& context, GoneCheck& gone, Sweep& sweep);

  // Types of the portal's contact fields; call before Begin.
  void LearnTypes(const std::map<std::string, ContactFieldShape>& fields);
  void Begin();
  // Reading the portal, then asking about contacts that it did not show.
  std::optional<PortalLane::Job> Next();
  bool idle() const { return finished_; }

  // A client as it was read, and what an export would do. A decision may be changed: to
  // look at a contact with the client's mark rather than make another one, and to set
  // back what was changed on the portal.
  void Consider(const ClientRow& row, const std::optional<ClientRecord>& record,
                Decision* decision);
  // The run has ended well: forgets what it remembered of contacts.
  void Finish();

 private:
  std::optional<PortalLane::Job> NextPart();
  void Take(const ContactRow& row);
  // Contacts with the mark of a client that the ledger does not link to them.
  void JudgeMarks();
  void JudgeMarksOf(const ClientKey& client, std::vector<ContactId> contacts);
  void CompareContact(const ClientRow& row, const ClientRecord& record,
                      Decision* decision);
  void Add(const Finding& finding);

  RunContext& context_;
  GoneCheck& gone_;
  Sweep& sweep_;
  std::unique_ptr<WindowScan> scan_;
  FieldTypes types_;
  std::set<std::string> targets_;
  // Our highest contact before the scan: what is linked above it was made meanwhile.
  ContactId upto_;
  ContactId after_;  // gone contacts were looked for up to here
  int in_flight_ = 0;
  bool judged_ = false;
  bool finished_ = false;
};

// True when 1C no longer holds the contact ID that it confirmed.
bool HasLostId(const ClientRow& row, const ClientRecord& record);

}  // namespace guestbridge::agent
