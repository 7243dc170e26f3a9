#include "sync-agent/source/onec_odata/odata_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/odata_literal.h"

namespace guestbridge::agent {
namespace {

// The first call after a pause takes 1C half a minute; a page is made whole before its
// first byte (facts, sessions and limits).
constexpr absl::Duration kDataDeadline = absl::Seconds(120);
constexpr absl::Duration kMetadataDeadline = absl::Seconds(180);

// Of a body that is not kept: what tells a feed from a page of a proxy.
constexpr size_t kBeginning = 64 << 10;
constexpr absl::Duration kFinishDeadline = absl::Seconds(10);
// A session that was gone, one that can't be started, and the request without one.
constexpr int kMostSendings = 3;

constexpr char kFormat[] = "$format=json";
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string BasicAuthorization(const std::string& user, const SecretString& password) {
  return absl::StrCat("Basic ",
                      absl::Base64Escape(absl::StrCat(user, ":", password.Reveal())));
}

// The header Date; nothing when there is none that can be read.
std::optional<absl::Time> ReadDate(const HttpResult& result) {
  const auto date = result.headers.find("date");
  if (date == result.headers.end()) return std::nullopt;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", date->second, &time, &error)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace

ODataSession::ODataSession(std::unique_ptr<HttpClient> http, std::string root,
                           const std::string& user, const SecretString& password,
                           const SessionRules& rules, std::shared_ptr<BaseGate> gate)
    : http_(std::move(http)),
      root_(std::move(root)),
      authorization_(BasicAuthorization(user, password)),
      rules_(rules),
      gate_(gate != nullptr ? std::move(gate) : std::make_shared<BaseGate>()),
      places_(static_cast<size_t>(rules.concurrency)) {}

ODataSession::Place* ODataSession::TakePlace() {
  std::unique_lock<std::mutex> lock(mutex_);
  Place* free = nullptr;
  left_.wait(lock, [&] {
    for (Place& place : places_) {
      if (place.taken) continue;
      // An open session is used before another is started.
      const bool better =
          free == nullptr || place.session.state() == IbSession::State::kOpen;
      if (better) free = &place;
    }
    return free != nullptr;
  });
  free->taken = true;
  return free;
}

void ODataSession::Leave(Place* place) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    place->taken = false;
    place->seen = place->session.state();
  }
  left_.notify_all();
}

HttpResult ODataSession::Send(HttpRequest request) {
  request.headers.emplace("Authorization", authorization_.Reveal());
  if (request.headers.count("Accept") == 0) {
    request.headers.emplace("Accept", "application/json");
  }
  Place* const place = TakePlace();
  HttpResult result = SendIn(place, request);
  Leave(place);
  const std::optional<absl::Time> date = ReadDate(result);
  if (date.has_value()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    server_clock_ = date;
  }
  return result;
}

HttpResult ODataSession::Ask(const HttpRequest& request) {
  const BaseGate::Pass pass(*gate_);
  return http_->Send(request);
}

HttpResult ODataSession::SendIn(Place* place, const HttpRequest& request) {
  for (int sendings = 1;; ++sendings) {
    bool in_series = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      in_series = series_ > 0 && rules_.ib_session;
    }
    HttpRequest prepared = request;
    if (in_series) {
      place->session.Prepare(&prepared);
    } else {
      place->session.Join(&prepared);
    }
    ++requests_;
    HttpResult result = Ask(prepared);
    const bool again = place->session.TakeAnswer(result);
    // A function that 1C works on for minutes is not asked twice for a doubtful 500.
    const bool costly = request.on_body != nullptr && result.status == 500;
    if (!again || costly || sendings == kMostSendings) return result;
  }
}

std::shared_ptr<void> ODataSession::BeginSeries() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (series_++ == 0) {
    for (Place& place : places_) {
      if (!place.taken) place.session.BeginSeries();
    }
  }
  return {this, [](ODataSession* session) { session->EndSeries(); }};
}

void ODataSession::EndSeries() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--series_ > 0) return;
  }
  for (Place& each : places_) {
    Place* const place = &each;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      left_.wait(lock, [&] { return !place->taken; });
      if (series_ > 0) return;  // another one goes on with the session
      place->taken = true;
    }
    if (place->session.state() == IbSession::State::kOpen) {
      HttpRequest request;
      request.target = absl::StrCat(root_, "?", kFormat);
      request.headers.emplace("Authorization", authorization_.Reveal());
      request.headers.emplace("Accept", "application/json");
      request.deadline = kFinishDeadline;
      place->session.PrepareFinish(&request);
      ++requests_;
      // A session that can't be finished dies of idleness.
      place->session.TakeAnswer(Ask(request));
    }
    Leave(place);
  }
}

std::optional<IbSession::State> ODataSession::session_state() const {
  if (!rules_.ib_session) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  return places_.front().seen;
}

std::string ODataSession::TargetOf(const ODataQuery& query) const {
  std::string target =
      absl::StrCat(root_, "/", EncodeSegment(query.entity), "?", kFormat);
  if (!query.filter.empty()) {
    absl::StrAppend(&target, "&$filter=", EncodeQueryValue(query.filter));
  }
  if (!query.select.empty()) {
    absl::StrAppend(&target,
                    "&$select=", EncodeQueryValue(absl::StrJoin(query.select, ",")));
  }
  if (!query.order_by.empty()) {
    absl::StrAppend(&target, "&$orderby=", EncodeQueryValue(query.order_by));
  }
  if (query.top > 0) absl::StrAppend(&target, "&$top=", query.top);
  return target;
}

std::string ODataSession::TargetOf(const std::string& entity,
                                   const std::string& key) const {
  const std::string segment =
      key.empty() ? entity : absl::StrCat(entity, "(", key, ")");
  return absl::StrCat(root_, "/", EncodeSegment(segment), "?", kFormat);
}

size_t ODataSession::TargetSize(const ODataQuery& query) const {
  // Room for allowedOnly, and for apostrophes, which a client may still encode.
  size_t size = TargetOf(query).size() + sizeof("&allowedOnly=true");
  for (const char c : query.filter) size += c == '\'' ? 2 : 0;
  return size;
}

absl::StatusOr<ODataAnswer> ODataSession::FetchOnce(const ODataQuery& query,
                                                    bool allowed_only) {
  HttpRequest request;
  request.target = TargetOf(query);
  if (allowed_only) request.target += "&allowedOnly=true";
  request.deadline = kDataDeadline;
  const HttpResult result = Send(std::move(request));
  GB_ASSIGN_OR_RETURN(ODataAnswer answer,
                      DecodeRows(result, {query.entity, query.select}));
  rows_ += static_cast<int>(answer.rows.size());
  return answer;
}

absl::StatusOr<ODataAnswer> ODataSession::FetchRows(const ODataQuery& query) {
  if (HidesRows(query.entity)) return FetchOnce(query, /*allowed_only=*/true);
  absl::StatusOr<ODataAnswer> answer = FetchOnce(query, /*allowed_only=*/false);
  // One row that the user may not see fails the whole list; a right that is missing
  // altogether fails the second way too.
  if (ReasonOf(answer.status()) != "SOURCE_RIGHT_MISSING") return answer;
  absl::StatusOr<ODataAnswer> allowed = FetchOnce(query, /*allowed_only=*/true);
  if (!allowed.ok()) return answer;
  const std::lock_guard<std::mutex> lock(mutex_);
  hidden_.insert(query.entity);
  return allowed;
}

absl::StatusOr<int64_t> ODataSession::FetchCount(const std::string& entity) {
  HttpRequest request;
  request.target = absl::StrCat(root_, "/", EncodeSegment(entity), "/$count");
  if (HidesRows(entity)) request.target += "?allowedOnly=true";
  request.headers.emplace("Accept", "text/plain,*/*");
  request.deadline = kDataDeadline;
  const HttpResult result = Send(std::move(request));
  GB_RETURN_IF_ERROR(CheckAnswer(result, {entity, {}}));
  absl::string_view text = result.body;
  absl::ConsumePrefix(&text, kByteOrderMark);
  int64_t count = 0;
  if (!absl::SimpleAtoi(text, &count) || count < 0) {
    return MakeError("SOURCE_ANSWER_BROKEN",
                     {{"entity", entity}, {"http", "200"}, {"code", "-"}});
  }
  return count;
}

absl::StatusOr<ODataRow> ODataSession::FetchEntity(
    const std::string& entity, const std::string& key,
    const std::vector<std::string>& select) {
  HttpRequest request;
  request.target = absl::StrCat(
      TargetOf(entity, key), "&$select=", EncodeQueryValue(absl::StrJoin(select, ",")));
  request.deadline = kDataDeadline;
  const HttpResult result = Send(std::move(request));
  GB_ASSIGN_OR_RETURN(ODataAnswer answer, DecodeRows(result, {entity, select}));
  if (answer.rows.empty()) return MakeError("CLIENT_GONE", {{"entity", entity}});
  rows_ += 1;
  return std::move(answer.rows.front());
}

absl::StatusOr<ODataRow> ODataSession::Write(HttpRequest request,
                                             const ODataCall& call) {
  request.content_type = "application/json;charset=utf-8";
  request.deadline = kDataDeadline;
  const HttpResult result = Send(std::move(request));
  GB_RETURN_IF_ERROR(CheckAnswer(result, call));
  if (result.body.empty()) return ODataRow();
  GB_ASSIGN_OR_RETURN(ODataAnswer answer, DecodeRows(result, call));
  return answer.rows.empty() ? ODataRow() : std::move(answer.rows.front());
}

absl::StatusOr<ODataRow> ODataSession::Patch(const std::string& entity,
                                             const std::string& key,
                                             const std::string& body,
                                             const Headers& headers) {
  HttpRequest request;
  request.method = "PATCH";
  request.target = TargetOf(entity, key);
  request.headers.insert(headers.begin(), headers.end());
  request.body = body;
  return Write(std::move(request), {entity, {}});
}

absl::StatusOr<ODataRow> ODataSession::Post(const std::string& entity,
                                            const std::string& body,
                                            const Headers& headers) {
  HttpRequest request;
  request.method = "POST";
  request.target = TargetOf(entity, "");
  request.headers.insert(headers.begin(), headers.end());
  request.body = body;
  return Write(std::move(request), {entity, {}});
}

absl::Status ODataSession::SendForXml(
    HttpRequest request, const ODataCall& call,
    const std::function<bool(absl::string_view)>& on_body) {
  std::string beginning;
  request.on_body = [&](absl::string_view piece) {
    const absl::string_view seen =
        piece.substr(0, kBeginning - std::min(kBeginning, beginning.size()));
    beginning.append(seen.data(), seen.size());
    return on_body(piece);
  };
  HttpResult result = Send(std::move(request));
  // What is no XML is judged by its words, which stand at the beginning.
  if (!beginning.empty()) result.body = std::move(beginning);
  return CheckXml(result, call);
}

absl::Status ODataSession::CallFunction(
    const std::string& name, const std::string& query, const std::string& entity,
    absl::Duration deadline, std::function<bool(absl::string_view)> on_body) {
  HttpRequest request;
  request.method = "POST";
  request.target = absl::StrCat(root_, "/", name, "?", query);
  request.headers.emplace("Accept", "application/atom+xml,application/xml");
  request.content_type = "";
  request.deadline = deadline;
  const ODataCall call = {entity, {}};
  if (on_body != nullptr) return SendForXml(std::move(request), call, on_body);
  const HttpResult result = Send(std::move(request));
  return absl::StrContains(result.body, "<") ? CheckXml(result, call)
                                             : CheckAnswer(result, call);
}

absl::Status ODataSession::FetchMetadata(
    const std::function<bool(absl::string_view)>& on_body) {
  HttpRequest request;
  request.target = absl::StrCat(root_, "/$metadata");  // JSON is refused here
  request.headers.emplace("Accept", "application/xml");
  request.deadline = kMetadataDeadline;
  return SendForXml(std::move(request), {"$metadata", {}}, on_body);
}

absl::StatusOr<ServiceDocument> ODataSession::FetchServiceDocument() {
  HttpRequest request;
  request.target = absl::StrCat(root_, "?", kFormat);
  request.deadline = kDataDeadline;
  const HttpResult result = Send(std::move(request));
  ServiceDocument document;
  document.server_clock = ReadDate(result);
  GB_ASSIGN_OR_RETURN(document.sets, DecodeSets(result));
  return document;
}

bool ODataSession::HidesRows(const std::string& entity) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hidden_.count(entity) > 0;
}

std::optional<absl::Time> ODataSession::server_clock() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return server_clock_;
}

SourceUsage ODataSession::usage() const {
  return {.requests = requests_.load(), .rows = rows_.load()};
}

}  // namespace guestbridge::agent
