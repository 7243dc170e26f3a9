#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/model/client.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// How far a base has been read, as this connector writes it into Watermark:
//
//   watermark = form [ "|behind" ] [ "|listed:" YYYY-MM-DDThh:mm:ss ]
//   form      = "1|" mark "|" mark
//             | "2|" mark "|" mark "|" plan
//   mark      = "-"                      ; this way of seeing changes was not there
//             | ""                       ; it was there, and nothing in it
//             | YYYY-MM-DDThh:mm:ss      ; the newest time that was seen
//   plan      = GUID ":" number [ "+" ]  ; of the exchange plan's node, see PlanMark
//
// The first mark is the change history's Period, the second the clients' time of
// creation. A watermark of another form reads as none: everything is read again.
struct PlanMark {
  std::string node;      // its Ref_Key, lower case
  int64_t received = 0;  // its ReceivedNo while clients were read
  // Message received + 1 was read to its end: who holds this mark has dealt with it,
  // and the next reading acknowledges it.
  bool selected = false;
  bool operator==(const PlanMark&) const = default;
};

struct Marks {
  std::optional<SourceTime> period;
  std::optional<SourceTime> created;
  std::optional<PlanMark> plan;
  // 1C's clock was before `period`: what was saved since may lie before the window that
  // the next reading looks at.
  bool behind = false;
  // When clients without a contact's ID were last listed, by 1C's clock; empty: by no
  // reading of changes yet.
  SourceTime listed;
  // Not of the watermark: a time beyond 1C's present that was passed over; empty: none.
  SourceTime ahead;
};

Watermark EncodeMarks(const Marks& marks);
std::optional<Marks> DecodeMarks(const Watermark& watermark);

// `time` less `seconds`; not before the year 1.
std::string Before(const SourceTime& time, int seconds);

// Whether `status` says that an entity can't be used, now and later: it is not
// published, renamed, or forbidden.
bool IsUnusable(const absl::Status& status);

// Whether `mark` is later than `latest`. A year typed wrongly (3020) is no moment to go
// on from: everything before it would count as read.
bool IsAhead(const std::optional<SourceTime>& mark, const SourceTime& latest);

// Takes the newest time of the change history that is not later than `latest` into
// `marks`; nothing when the history can't be used.
absl::Status FetchHistoryMark(const SourceProfile& profile, const SourceTime& latest,
                              ODataSession& session, Marks* marks);

// The newest times of the base now, as far as they are not later than `latest`, and
// where the exchange plan's node stands. A history or a plan that is unavailable is no
// mark; other errors are ODataSession's.
absl::StatusOr<Marks> FetchMarks(const SourceProfile& profile, const SourceTime& latest,
                                 ODataSession& session);

}  // namespace guestbridge::agent
