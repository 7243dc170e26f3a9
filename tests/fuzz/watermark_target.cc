#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/watermark.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// Marks that mean the same when they are written and read again, each a time of 1C or
// none; or nothing at all: then everything is read.
void RunWatermark(absl::string_view bytes) {
  const auto marks = agent::DecodeMarks({std::string(bytes)});
  if (!marks.has_value()) return;
  for (const auto& mark : {marks->period, marks->created}) {
    if (!mark.has_value() || mark->text.empty()) continue;
    GB_PROMISE(agent::IsDateTime(mark->text));
    GB_PROMISE(agent::IsDateTime(agent::Before(*mark, 86400)));
  }
  if (marks->plan.has_value()) {
    GB_PROMISE(agent::IsGuid(marks->plan->node) && marks->plan->received >= 0);
  }
  const agent::Watermark written = agent::EncodeMarks(*marks);
  const auto again = agent::DecodeMarks(written);
  GB_PROMISE(again.has_value());
  GB_PROMISE(agent::EncodeMarks(*again).value == written.value);
  GB_PROMISE(again->period == marks->period && again->created == marks->created);
  GB_PROMISE(again->plan == marks->plan && again->behind == marks->behind);
}

}  // namespace guestbridge::fuzz
