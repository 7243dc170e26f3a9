#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/time/clock.h"
#include "sync-agent/model/attribute_kind.h"
#include "sync-agent/model/client.h"
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/lookup_table.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

struct Marks;

// The set of clients: what to select, how a row reads, rows by key. Thread-safe.
class ClientTable {
 public:
  // Of a request by key, as replicators in the field have it.
  static constexpr size_t kMostKeys = 20;

  // All outlive the table.
  ClientTable(const SourceProfile& profile, ODataSession& session, LookupTable& lookups,
              ClientAttributes& known, const Clock& clock);

  // Errors: SOURCE_ATTRIBUTE_PROTECTED: an attribute is one that never leaves 1C.
  absl::Status CheckAttributes(absl::Span<const std::string> attributes) const;
  // Standard attributes and `attributes`, each once.
  std::vector<std::string> SelectOf(absl::Span<const std::string> attributes) const;
  // What a comparison needs: key and version.
  std::vector<std::string> NarrowSelect() const;
  // References are read as text, which may take requests.
  absl::StatusOr<std::vector<ClientRow>> Decode(
      const std::vector<ODataRow>& rows, absl::Span<const std::string> attributes);
  // As the rows that were decoded since ForgetKinds showed them; of look-ups nothing.
  AttributeKinds KindsOfRowsRead() const;
  void ForgetKinds();
  // `is_folder eq false`, or empty.
  std::string NoFolders() const;
  // The first of `keys` from `*at` on, as many as one request carries; moves `*at`.
  // Keys that are no GUIDs are passed over. Folders come too.
  absl::StatusOr<std::vector<ClientRow>> FetchSome(
      absl::Span<const ClientKey> keys, size_t* at,
      absl::Span<const std::string> attributes);
  // The same with key and version only.
  absl::StatusOr<std::vector<ClientRow>> FetchSomeVersions(
      absl::Span<const ClientKey> keys, size_t* at);
  // All of `keys`, in as many requests as it takes.
  absl::StatusOr<std::vector<ClientRow>> FetchAll(
      absl::Span<const ClientKey> keys, absl::Span<const std::string> attributes);

  // The latest time that a row may well have: 1C's present, by our clock or the web
  // server's and the profile's zone, and a day.
  SourceTime LatestTime() const;
  // 1C's present: by the web server's clock if it tells one, else by ours.
  SourceTime PresentTime() const;
  // SOURCE_TIME_AHEAD: `newest` is a time of the future.
  absl::Status TimeAhead(const SourceTime& newest) const;
  // Ends a stream's last page.
  void PutMarks(const Marks& marks, ClientPage* page) const;

  const SourceProfile& profile() const { return profile_; }
  // The profile's names as far as the base has them.
  std::shared_ptr<const ClientNames> names() const { return known_.names(); }
  ClientAttributes& known() { return known_; }
  ODataSession& session() { return session_; }
  const Clock& clock() const { return clock_; }

 private:
  void LearnKinds(absl::Span<const ODataRow> rows,
                  absl::Span<const std::string> attributes);
  SourceTime InZone(absl::Time time) const;
  absl::StatusOr<std::vector<ODataRow>> FetchRowsOf(absl::Span<const ClientKey> keys,
                                                    size_t* at,
                                                    std::vector<std::string> select);
  absl::StatusOr<ClientRow> DecodeRow(const ClientNames& names, const ODataRow& row,
                                      absl::Span<const std::string> attributes);

  const SourceProfile& profile_;
  ODataSession& session_;
  LookupTable& lookups_;
  ClientAttributes& known_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  AttributeKinds kinds_;  // guarded by mutex_
};

// `YYYY-MM-DDThh:mm:ss`, without what a server may add (fractions, zone); empty for
// 1C's empty date and for what is no time.
SourceTime ReadSourceTime(absl::string_view text);

// 0 for none and for what is no number.
ContactId ReadContactId(absl::string_view text);

}  // namespace guestbridge::agent
