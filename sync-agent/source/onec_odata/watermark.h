#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/model/client.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// How far a base has been read, as this connector writes it into Watermark:
//
//   watermark = "1|" mark "|" mark
//   mark      = "-"                      ; this way of seeing changes was not there
//             | ""                       ; it was there, and nothing in it
//             | YYYY-MM-DDThh:mm:ss      ; the newest time that was seen
//
// The first mark is the change history's Period, the second the clients' time of
// creation. A watermark of another form reads as none: everything is read again.
struct Marks {
  std::optional<SourceTime> period;
  std::optional<SourceTime> created;
};

Watermark EncodeMarks(const Marks& marks);
std::optional<Marks> DecodeMarks(const Watermark& watermark);

// `time` less `seconds`; not before the year 1.
std::string Before(const SourceTime& time, int seconds);

// Whether `status` says that an entity can't be used, now and later: it is not
// published, renamed, or forbidden.
bool IsUnusable(const absl::Status& status);

// The newest times of the base now. A history that is unavailable is no mark; other
// errors are ODataSession's.
absl::StatusOr<Marks> FetchMarks(const SourceProfile& profile, ODataSession& session);

}  // namespace guestbridge::agent
