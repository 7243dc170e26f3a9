#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/messages_register.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Writes a contact's ID to a client: reads it just before, changes that one attribute
// only (a lost race can then harm nothing else), believes no 200 but the value in the
// answer. Thread-safe.
//
// Versions are told when the row read before and the row answered after are alike in
// all that decides content. So it does not matter how a base counts its versions (for
// each object, in either half of the eight bytes; for the whole database), whether
// handlers ran, and who else wrote in between.
class ContactWriter {
 public:
  // What 1C makes of a way of writing, as far as writes have shown it.
  enum class Honoured { kUnknown, kYes, kNo };

  // Both outlive the writer.
  ContactWriter(ClientTable& clients, MessagesRegister& messages);
  // See SourceWriter.
  void SetContentAttributes(std::vector<std::string> attributes);
  absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                              ContactId contact);
  // Since the connection was made. That If-Match has no effect cannot be seen.
  Honoured if_match() const { return if_match_; }
  Honoured load_mode() const { return load_mode_; }

 private:
  struct Stored {
    ContactId contact;
    ODataRow row;
  };
  // How a client is read: as an object, or as a list of one.
  enum class Reading { kEntity, kFilter };
  absl::StatusOr<Stored> Read(const ClientKey& client);
  // The same with key, version and contact only.
  absl::StatusOr<Stored> ReadNarrow(const ClientKey& client);
  ContactWritten Told(const ODataRow& before, const ODataRow& after) const;
  std::vector<std::string> content() const;
  absl::StatusOr<ODataRow> ReadBy(Reading way, const ClientKey& client,
                                  const std::vector<std::string>& select);
  absl::StatusOr<ODataRow> Patch(const ClientKey& client, ContactId contact,
                                 const std::string& version);
  absl::StatusOr<ContactWritten> WriteAttribute(const ClientKey& client,
                                                ContactId contact);

  const SourceProfile& profile_;
  ClientTable& clients_;
  ODataSession& session_;
  MessagesRegister& messages_;
  ClientAttributes& known_;
  mutable std::mutex mutex_;
  std::vector<std::string> content_;  // guarded by mutex_, as the next
  bool content_known_ = false;
  std::atomic<Reading> reading_ = Reading::kEntity;  // the first that 1C understands
  std::atomic<Honoured> if_match_ = Honoured::kUnknown;
  std::atomic<Honoured> load_mode_ = Honoured::kUnknown;  // kNo is for good (code 17)
};

}  // namespace guestbridge::agent
