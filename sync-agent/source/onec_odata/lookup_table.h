#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// Texts of references (countries, languages): small catalogues that are read once an
// hour at most, and item by item where one is larger than expected. Thread-safe.
class LookupTable {
 public:
  // Both outlive the table.
  LookupTable(ODataSession& session, const Clock& clock);

  // Reads what is not known yet of `guids`. Errors: ODataSession's.
  absl::Status Prepare(const LookupNames& names, const std::vector<std::string>& guids);
  // Empty for the empty reference and for one whose object is gone. Reads when it must.
  absl::StatusOr<std::string> TextOf(const LookupNames& names, const std::string& guid);
  // By item, of all texts; empty for no text. Nothing when the catalogue is larger than
  // what is read of it at once.
  using Digests = std::optional<std::map<std::string, std::string>>;
  // Reads when it must.
  absl::StatusOr<Digests> BeginDigests(const LookupNames& names);
  // The same, and the items that were read since; as each text was first. Never reads.
  Digests DigestsSinceBegin(const LookupNames& names);

 private:
  struct Texts {
    bool loaded = false;
    bool whole = false;  // all of the catalogue was read
    absl::Duration loaded_at;
    std::map<std::string, std::string> by_guid;
    std::map<std::string, std::string> first;  // digests since BeginDigests
  };
  // mutex_ is held.
  Texts& TextsOf(const LookupNames& names);
  static void Put(const std::string& guid, const std::string& text, Texts* texts);
  absl::Status Refresh(const LookupNames& names, Texts* texts);
  absl::Status Load(const LookupNames& names, Texts* texts);
  absl::Status LoadSome(const LookupNames& names, const std::vector<std::string>& guids,
                        Texts* texts);

  ODataSession& session_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Texts> tables_;  // guarded by mutex_
};

}  // namespace guestbridge::agent
