#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/time/clock.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// Writes into 1C's own register what was exported, where the profile names one: client,
// contact's ID, date. The date is the base's own time, and not earlier than the
// client's newest change-history row, so that the write-back itself does not look like
// a change that came after the message. Thread-safe.
class MessagesRegister {
 public:
  // All outlive the register.
  MessagesRegister(const SourceProfile& profile, ODataSession& session,
                   const Clock& clock);

  // Idempotent: a record that is already there is changed. Does nothing without a
  // register. Errors: ODataSession's; WRITE_NOT_KEPT: 1C said yes and kept something
  // else.
  absl::Status Record(const ClientKey& client, ContactId contact);

 private:
  std::string DateFor(const ClientKey& client);

  const SourceProfile& profile_;
  ODataSession& session_;
  const Clock& clock_;
};

}  // namespace guestbridge::agent
