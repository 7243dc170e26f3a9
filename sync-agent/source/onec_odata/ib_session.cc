#include "sync-agent/source/onec_odata/ib_session.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sync-agent/source/onec_odata/odata_answer.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kCookie = "ibsession=";
constexpr size_t kLongestId = 256;
// Sessions that die one after the other cost more than they save.
constexpr int kMostDeaths = 3;

// Empty when there is none, or none that could be sent back.
std::string IdOf(const HttpResult& result) {
  const auto [first, last] = result.headers.equal_range("set-cookie");
  for (auto it = first; it != last; ++it) {
    absl::string_view cookie = absl::StripLeadingAsciiWhitespace(it->second);
    if (!absl::StartsWithIgnoreCase(cookie, kCookie)) continue;
    cookie.remove_prefix(kCookie.size());
    const std::string id(
        absl::StripAsciiWhitespace(cookie.substr(0, cookie.find(';'))));
    const bool plain = std::all_of(id.begin(), id.end(), [](unsigned char c) {
      return absl::ascii_isgraph(c) && c != ',';
    });
    if (plain && id.size() <= kLongestId) return id;
  }
  return "";
}

}  // namespace

void IbSession::Join(HttpRequest* request) {
  sent_ = Sent::kNothing;
  if (state_ != State::kOpen) return;
  request->headers.emplace("Cookie", absl::StrCat(kCookie, id_));
  sent_ = Sent::kCookie;
}

void IbSession::Prepare(HttpRequest* request) {
  Join(request);
  if (state_ != State::kUntried) return;
  request->headers.emplace("IBSession", "start");
  sent_ = Sent::kStart;
}

void IbSession::PrepareFinish(HttpRequest* request) {
  Join(request);
  if (sent_ != Sent::kCookie) return;
  request->headers.emplace("IBSession", "finish");
  sent_ = Sent::kFinish;
}

bool IbSession::TakeAnswer(const HttpResult& result) {
  const Sent sent = sent_;
  sent_ = Sent::kNothing;
  if (sent == Sent::kFinish) {
    // Whatever was answered: a session that was not finished dies of idleness.
    state_ = State::kUntried;
    id_.clear();
    return false;
  }
  if (sent == Sent::kNothing || result.outcome != HttpOutcome::kAnswered) return false;
  const bool success = result.status >= 200 && result.status < 300;
  if (sent == Sent::kStart) {
    if (result.status == 406 || SaysSessionGone(result)) {
      state_ = State::kNoneFree;
      return true;
    }
    id_ = IdOf(result);
    if (!id_.empty()) {
      state_ = State::kOpen;
    } else if (success && absl::StartsWith(result.body, "{")) {
      // 1C itself answered, not a proxy's page.
      state_ = State::kIgnored;
    }
    return false;
  }
  if (success) deaths_ = 0;
  if (result.status != 406 && !SaysSessionGone(result)) return false;
  id_.clear();
  state_ = ++deaths_ < kMostDeaths ? State::kUntried : State::kIgnored;
  return true;
}

void IbSession::BeginSeries() {
  if (state_ == State::kNoneFree) state_ = State::kUntried;
}

}  // namespace guestbridge::agent
