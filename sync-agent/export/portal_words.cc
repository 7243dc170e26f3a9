#include "sync-agent/export/portal_words.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace guestbridge::agent {
namespace {

// A proxy on its way up or down also says what a person would have to mend. Meant is
// what is said again and again, with no more than so much else in between.
constexpr int kLeastPersonWords = 3;
constexpr int kMostOthersBetween = 2;

}  // namespace

bool IsTransportFailure(const PortalAnswer& answer) {
  return answer.fate == RequestFate::kNotSent || answer.fate == RequestFate::kUnknown;
}

bool NeedsAPerson(const PortalAnswer& answer) {
  if (absl::StartsWith(answer.reason, "TLS_") || answer.reason == "ADDRESS_REFUSED" ||
      answer.reason == "PORTAL_ANSWER_BROKEN" ||
      std::any_of(answer.results.begin(), answer.results.end(),
                  [](const CommandResult& result) { return result.not_allowed; })) {
    return true;
  }
  const auto status = answer.parameters.find("status");
  return answer.reason == "PORTAL_ANSWERED_HTML" &&
         (status == answer.parameters.end() || !absl::StartsWith(status->second, "5"));
}

bool IsUnreadable(const PortalAnswer& answer) {
  return answer.fate == RequestFate::kUnknown &&
         (answer.reason == "PORTAL_ANSWER_BROKEN" ||
          answer.reason == "ANSWER_TOO_LARGE");
}

bool IsPutOff(const CommandResult& result) {
  return result.fate == Fate::kNotExecuted && !result.operating_limit &&
         !result.unavailable;
}

bool IsUnheard(const CommandResult& result) {
  if (result.fate == Fate::kNotExecuted) return !result.unavailable;
  return result.fate == Fate::kUnknown && !result.answered;
}

bool Failing::MayGoOn(bool person, absl::Duration patience,
                      absl::Duration person_patience, absl::Duration now) {
  last_ = now;
  ++tries_;
  if (!person) {
    if (++others_since_person_ > kMostOthersBetween) person_since_.reset();
    return now - since_ <= patience;
  }
  if (!person_since_.has_value()) {
    // Not since the portal went away: on its way back it may say such things, too.
    person_since_ = now;
    person_words_ = 0;
  }
  others_since_person_ = 0;
  ++person_words_;
  const bool repeated =
      person_words_ >= kLeastPersonWords && now - *person_since_ > person_patience;
  return !repeated && now - since_ <= patience;
}

}  // namespace guestbridge::agent
