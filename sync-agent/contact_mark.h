#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/portal/portal.h"

// The mark of a client on contacts, as tasks look for it outside of runs. Block.
// Errors: those of the portal, of the base's identity and of the ledger.
namespace guestbridge::agent {

// What the next export stamps contacts with, but for the version.
absl::StatusOr<Stamp> MarkOf(const ClientKey& key, const TaskParts& parts);

// Commands that only read, in one request of at most 50. Asked again while no usable
// answer comes or a command is put off, as a run does, but three times at most, and not
// `longest` after the first. The last answer; one result per command, if it is one.
PortalAnswer AskToRead(std::vector<Command> commands, const TaskParts& parts,
                       absl::Duration longest);
// One command, done or about a contact that is gone; anything else is an error. One
// that only reads is asked as AskToRead does. It counts against the ceilings of the
// local policy. Errors also: POLICY_CEILING_….
absl::StatusOr<CommandResult> AskPortal(Command command, const TaskParts& parts,
                                        absl::Duration longest = absl::Seconds(30));
// None: there is no such contact.
absl::StatusOr<std::optional<ContactRow>> ReadContact(ContactId id,
                                                      const TaskParts& parts);
// Contacts with the mark that the portal finds by it; their marks and IDs. Errors also:
// LOOKUP_INCOMPLETE.
absl::StatusOr<std::vector<ContactRow>> ListMarked(
    const Stamp& mark, const TaskParts& parts,
    absl::Duration longest = absl::Seconds(30));
// Contacts with the mark: those that the portal finds by it, and of `suspects` those
// that a list does not show to everybody. Errors also: LOOKUP_INCOMPLETE.
absl::StatusOr<std::vector<ContactId>> FindMarked(
    const Stamp& mark, const std::vector<ContactId>& suspects, const TaskParts& parts);

}  // namespace guestbridge::agent
