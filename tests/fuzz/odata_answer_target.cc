#include "common/status/error.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// Rows, or an error with a reason that repeats nothing of the answer but a short code.
void RunODataAnswer(absl::string_view bytes) {
  static constexpr int kStatuses[] = {200, 200, 200, 200, 201, 302, 400, 401,
                                      403, 404, 406, 409, 429, 500, 502, 503};
  static constexpr const char* kTypes[] = {"application/json", "text/html",
                                           "application/atom+xml", ""};
  Dealer dealer(bytes);
  HttpResult http;
  http.outcome = HttpOutcome::kAnswered;
  http.status = kStatuses[dealer.Below(std::size(kStatuses))];
  http.headers = {{"content-type", kTypes[dealer.Below(std::size(kTypes))]}};
  http.body = std::string(dealer.Rest());
  const agent::ODataCall call = {"Catalog_Клиенты", {"Ref_Key", "Description"}};
  const auto answer = agent::DecodeRows(http, call);
  if (answer.ok()) {
    GB_PROMISE(http.status >= 200 && http.status < 300);
    GB_PROMISE(answer->bytes == http.body.size());
    for (const agent::ODataRow& row : answer->rows) {
      for (const auto& [name, value] : row.values) {
        GB_PROMISE(row.Find(name) != nullptr);
      }
    }
    return;
  }
  GB_PROMISE(FindReason(ReasonOf(answer.status())) != nullptr);
  for (const auto& [name, value] : ParametersOf(answer.status())) {
    GB_PROMISE(name != "code" || value.size() <= 16);
    GB_PROMISE(value.size() <= 200);
  }
}

}  // namespace guestbridge::fuzz
