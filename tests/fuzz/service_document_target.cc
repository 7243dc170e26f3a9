#include "common/status/error.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// Names that stand in the document, each whole, or an error with a reason.
void RunServiceDocument(absl::string_view bytes) {
  HttpResult result;
  result.outcome = HttpOutcome::kAnswered;
  result.status = 200;
  result.body = std::string(bytes);
  const auto sets = agent::DecodeSets(result);
  if (!sets.ok()) {
    GB_PROMISE(!ReasonOf(sets.status()).empty());
    return;
  }
  size_t size = 0;
  for (const std::string& set : *sets) size += set.size();
  // In place of each byte that is no UTF-8 there are three.
  GB_PROMISE(size <= 3 * bytes.size());
  if (bytes.find("<service") == absl::string_view::npos) return;
  for (const std::string& set : *sets) {
    GB_PROMISE(set.find('"') == std::string::npos);
    GB_PROMISE(bytes.find("href=\"" + set + "\"") != absl::string_view::npos);
  }
}

}  // namespace guestbridge::fuzz
