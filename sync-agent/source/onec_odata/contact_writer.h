#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/messages_register.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Writes a contact's ID to a client: reads it just before, changes that one attribute
// only (a lost race can then harm nothing else), believes no 200 but the value in the
// answer. Thread-safe.
class ContactWriter {
 public:
  // All outlive the writer.
  ContactWriter(const SourceProfile& profile, ODataSession& session,
                MessagesRegister& messages, ClientAttributes& known);
  absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                              ContactId contact);

 private:
  struct Stored {
    ContactId contact;
    std::string version;
  };
  // How a client is read: as an object, as a list of one, as that with all attributes.
  enum class Reading { kEntity, kFilter, kFilterWhole };
  absl::StatusOr<Stored> Read(const ClientKey& client);
  absl::StatusOr<ODataRow> ReadBy(Reading way, const ClientKey& client,
                                  const std::vector<std::string>& select);
  absl::StatusOr<ODataRow> Patch(const ClientKey& client, ContactId contact,
                                 const std::string& version);
  absl::StatusOr<ContactWritten> WriteAttribute(const ClientKey& client,
                                                ContactId contact);

  const SourceProfile& profile_;
  ODataSession& session_;
  MessagesRegister& messages_;
  ClientAttributes& known_;
  std::atomic<Reading> reading_ = Reading::kEntity;  // the first that 1C understands
  std::atomic<bool> load_mode_;  // off for good once 1C says it can't (code 17)
};

}  // namespace guestbridge::agent
