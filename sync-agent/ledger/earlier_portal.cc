// The links of a portal that the integration was connected to before: forgotten, but
// for which ID was whose there.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "sync-agent/ledger/ledger.h"

namespace guestbridge::agent {

absl::Status Ledger::ForgetLinks(
    absl::Span<const std::pair<std::string, std::string>> notes) {
  return Write([&]() -> absl::Status {
    // 1C holds the contact's ID, the one that it confirmed before, or one that the
    // client was taken off.
    GB_RETURN_IF_ERROR(database_->Execute(
        "UPDATE clients SET former = former || ' ' || (SELECT refused FROM pairs WHERE "
        "client = key) WHERE link <> 4 AND key IN (SELECT client FROM pairs WHERE "
        "refused <> '')"));
    GB_RETURN_IF_ERROR(database_->Execute(
        "UPDATE clients SET former = former || CASE contact WHEN 0 THEN '' ELSE ' ' || "
        "contact END || CASE WHEN written IN (0, contact) THEN '' ELSE ' ' || written "
        "END, link = 0, contact = 0, dirty = 0, exported = '', revision = 0, reason = "
        "'', parameters = '', problem = 0, refused_hash = '', answered_refusals = 0, "
        "proposed = 0, write_back = 0, written = 0, write_back_reason = '', version = "
        "'', echo = 0, rank = 0 WHERE link <> 4"));
    GB_RETURN_IF_ERROR(
        database_->Execute("DELETE FROM pairs; DELETE FROM watched_adds"));
    GB_RETURN_IF_ERROR(ClearIndex());
    GB_RETURN_IF_ERROR(EndHistoryOfPortalLocked());
    for (const auto& [name, value] : notes) {
      GB_RETURN_IF_ERROR(SetNoteLocked(name, value));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> Ledger::IsOfEarlierPortal(const ClientKey& key,
                                               ContactId contact) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT 1 FROM clients WHERE key = ?1 AND link IN (0, 3) AND "
                         "instr(former || ' ', ' ' || ?2 || ' ') > 0"));
  GB_ASSIGN_OR_RETURN(const bool found,
                      query->Bind(1, key.guid()).Bind(2, contact.value()).Step());
  query->Reset();
  return found;
}

absl::StatusOr<std::vector<ContactId>> Ledger::FormerContacts(const ClientKey& key) {
  std::lock_guard<std::recursive_mutex> lock(mutex_);
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT former FROM clients WHERE key = ?"));
  GB_ASSIGN_OR_RETURN(const bool found, query->Bind(1, key.guid()).Step());
  const std::string former = found ? query->Text(0) : "";
  query->Reset();
  std::vector<ContactId> contacts;
  for (const absl::string_view id : absl::StrSplit(former, ' ', absl::SkipEmpty())) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(id, &number)) continue;
    const ContactId contact(number);
    if (std::find(contacts.begin(), contacts.end(), contact) == contacts.end()) {
      contacts.push_back(contact);
    }
  }
  return contacts;
}

}  // namespace guestbridge::agent
