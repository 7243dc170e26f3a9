#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync-agent/source/onec_odata/client_pager.h"
#include "sync-agent/source/onec_odata/compared_rows.h"
#include "sync-agent/source/onec_odata/echo_sieve.h"
#include "sync-agent/source/onec_odata/watermark.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

struct ChangeRules {
  // Nobody waits for what is read: clients without a contact's ID are listed once an
  // hour only. While a million IDs are being written back, that is most of the base.
  bool unattended = false;
  // Of the change history. By key one request gives 20 clients, by pages hundreds, and
  // a key is held in memory.
  size_t most_keys = 100'000;
};

// Clients that may have changed since a watermark, each once:
// 1. the keys of the change history's window, which begins an overlap earlier: rows
//    are committed out of the order of their Period;
// 2. clients created in the same window, for a first save may write no history;
// 3. clients without a contact's ID, for an import may write neither; those that are
//    marked for deletion get no contact, and would be listed for ever;
// 4. the rows of the keys of 1 that did not come yet.
//
// Where the caller knows versions, phases 2 and 3 read keys and versions and the rows
// of those that differ, and phase 4 leaves out echoes of our own write-back
// (EchoSieve).
//
// Reads everything instead when the history no longer has the moment of the watermark:
// then the base was restored from a backup. Compares all versions when the history
// cannot be used, or could not when the watermark was taken; when more clients changed
// than are worth being read by key; and when the watermark is ahead of 1C's clock and
// nothing newer has come: then the clock was set back, and what it dates lies before
// the window. Memory: keys, at most ChangeRules::most_keys of the history.
// Notices: SOURCE_RESTORED, CHANGE_HISTORY_UNAVAILABLE, SOURCE_TIME_AHEAD.
class ChangeStream : public ClientStream {
 public:
  // `table` outlives the stream; its profile names a history.
  ChangeStream(const Marks& since, std::vector<std::string> attributes, KnownRows known,
               ClientTable& table, const ChangeRules& rules = {});
  absl::StatusOr<ClientPage> Next() override;

 private:
  enum class Phase { kHistory, kCreated, kWithoutContact, kKeys };

  absl::Status ReadHistory();
  void TakeHistory(const std::vector<ODataRow>& rows);
  absl::StatusOr<ClientPage> NextSelected();
  absl::StatusOr<ClientPage> NextOfKeys();
  // Leaves in `changed_` what phase 4 has to read; false: not yet.
  absl::StatusOr<bool> PlanKeys();
  bool ClockWasSetBack() const;
  // The watermark was taken from a history without rows.
  bool FromTheStart() const;
  bool PhaseApplies();
  bool ListIsDue() const;
  void CompareAll();
  absl::StatusOr<ClientPage> NextOfWhole();
  ClientSelection Selection() const;  // of phases 2 and 3
  void Deliver(std::vector<ClientRow> rows, ClientPage* page);

  const Marks since_;
  const SourceTime latest_;
  const std::vector<std::string> attributes_;
  const KnownRows known_;
  ClientTable& table_;
  const ChangeRules rules_;
  Marks seen_;
  Phase phase_ = Phase::kHistory;
  KeysetReader history_;
  bool met_since_ = false;
  std::optional<bool> lists_;  // whether phase 3 applies
  std::vector<ClientKey> changed_;
  std::vector<ClientKey> fresh_;      // of those: with a row after the watermark
  std::vector<ClientKey> delivered_;  // sorted
  std::unique_ptr<ClientPager> pager_;
  std::unique_ptr<ComparedRows> compared_;  // the same where versions are known
  bool versionless_ = false;                // … and it has shown that they are not
  size_t changed_at_ = 0;
  std::unique_ptr<EchoSieve> sieve_;
  bool keys_planned_ = false;
  std::unique_ptr<ClientStream> whole_;  // set: reads or compares everything
  bool set_back_ = false;                // because 1C's clock was set back
  bool restored_ = false;                // because the watermark's moment is gone
};

}  // namespace guestbridge::agent
