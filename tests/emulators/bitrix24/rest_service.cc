#include "tests/emulators/bitrix24/rest_service.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

const char* StatusTitle(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Temporarily Unavailable";
    default:
      return "Gateway Time-out";
  }
}

bool IsDigits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string ErrorBody(const RestError& error, const Json& time) {
  Json body = {{"error", error.code}, {"error_description", error.description}};
  for (auto it = error.extra.begin(); it != error.extra.end(); ++it) {
    body[it.key()] = it.value();
  }
  if (!time.empty()) body["time"] = time;
  return Encode(body);
}

// Takes the access token out of the parameters; the header wins.
std::string TakeToken(const std::string& authorization, Json* params) {
  std::string token;
  for (const char* name : {"access_token", "auth"}) {
    const Json* value = Find(*params, name);
    if (value == nullptr) continue;
    if (!IsArray(*value)) token = ToText(*value);
    if (params->is_object()) params->erase(name);
  }
  if (ToLower(authorization).starts_with("bearer ")) {
    token = Trim(std::string_view(authorization).substr(7));
  }
  return token;
}

// Spoils a reply as the rule says.
void ApplyDelivery(const FaultRule& rule, HttpReply* reply) {
  const auto half = reply->body.size() / 2;
  const size_t bytes = rule.bytes > 0 ? static_cast<size_t>(rule.bytes) : half;
  if (rule.kind == "reset" || (rule.kind == "late_commit" && rule.body == "reset")) {
    reply->delivery = HttpReply::Delivery::kReset;
  } else if (rule.kind == "cut") {
    reply->delivery = HttpReply::Delivery::kCut;
    reply->bytes = std::min(bytes, reply->body.size());
  } else if (rule.kind == "truncate") {
    reply->body.resize(std::min(bytes, reply->body.size()));
  } else if (rule.kind == "drip") {
    reply->delivery = HttpReply::Delivery::kDrip;
    reply->bytes = rule.bytes > 0 ? static_cast<size_t>(rule.bytes) : 16;
    reply->drip_ms = rule.ms > 0 ? rule.ms : 20;
  } else if (rule.kind == "redirect") {
    *reply = HtmlReply(302);
    reply->headers["Location"] = rule.body;
  } else {
    *reply =
        HtmlReply(rule.status != 0 ? rule.status : (rule.kind == "html" ? 502 : 504));
    if (!rule.body.empty()) reply->body = rule.body;
  }
}

const char* DeliveryName(HttpReply::Delivery delivery) {
  switch (delivery) {
    case HttpReply::Delivery::kReset:
      return "reset";
    case HttpReply::Delivery::kCut:
      return "cut";
    case HttpReply::Delivery::kDrip:
      return "drip";
    case HttpReply::Delivery::kWhole:
      return "sent";
  }
  return "";
}

}  // namespace

RestRoute ParseRestPath(const std::string& path) {
  std::vector<std::string> parts = absl::StrSplit(path, '/', absl::SkipEmpty());
  RestRoute route;
  if (!parts.empty()) parts.erase(parts.begin());  // "rest"
  if (parts.size() >= 3 && IsDigits(parts[0])) {
    route.webhook = true;
    route.user_id = std::strtoll(parts[0].c_str(), nullptr, 10);
    route.code = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  for (const std::string& part : parts) {
    if (!route.method.empty()) route.method += '/';
    route.method += ToLower(UrlDecode(part));
  }
  for (const char* suffix : {".json", ".xml"}) {
    if (route.method.ends_with(suffix)) {
      route.method.resize(route.method.size() - std::string_view(suffix).size());
      break;
    }
  }
  return route;
}

HttpReply HtmlReply(int status) {
  HttpReply reply{.status = status, .content_type = "text/html"};
  reply.body = absl::StrCat("<html>\r\n<head><title>", status, " ", StatusTitle(status),
                            "</title></head>\r\n<body>\r\n<center><h1>", status, " ",
                            StatusTitle(status),
                            "</h1></center>\r\n<hr><center>nginx</center>\r\n"
                            "</body>\r\n</html>\r\n");
  return reply;
}

HttpReply RestService::Refuse(int64_t request, const RestError& error) {
  Performed refused;
  refused.outcome = error;
  return Finish(request, refused);
}

HttpReply RestService::Finish(int64_t request, const Performed& performed) {
  std::lock_guard<std::mutex> lock(portal_.mutex);
  const Settings& settings = portal_.settings;
  HttpReply reply;
  reply.headers = {{"Access-Control-Allow-Origin", "*"},
                   {"X-Content-Type-Options", "nosniff"}};
  if (!settings.box) {
    reply.headers["X-Bitrix-Rest-Time"] = absl::StrCat(performed.seconds);
    reply.headers["X-Bitrix-Rest-User-Time"] = "0.01";
    reply.headers["X-Bitrix-Rest-System-Time"] = "0.002";
  }
  const auto* error = std::get_if<RestError>(&performed.outcome);
  if (error != nullptr) {
    reply.status = error->status;
    const Json time = settings.time_on_errors
                          ? TimeBlock(settings, portal_.clock.Now(), 0, std::nullopt)
                          : Json::object();
    reply.body = ErrorBody(*error, time);
  } else {
    const auto& success = std::get<MethodResult>(performed.outcome);
    Json body = {{"result", success.result}};
    if (success.next.has_value()) body["next"] = *success.next;
    if (success.total.has_value()) body["total"] = *success.total;
    body["time"] = performed.time;
    reply.body = Encode(body);
  }
  if (!settings.box && performed.seconds > settings.cap_seconds) reply = HtmlReply(504);
  if (performed.delivery.has_value()) ApplyDelivery(*performed.delivery, &reply);
  if (JournalEntry* entry = portal_.journal.Find(request)) {
    entry->finish = portal_.clock.Seconds();
    entry->executed = performed.executed;
    entry->effects = performed.effects;
    entry->status = reply.status;
    entry->delivery = DeliveryName(reply.delivery);
    entry->fault = performed.fault.empty() && performed.delivery.has_value()
                       ? performed.delivery->kind
                       : performed.fault;
    if (error != nullptr) {
      entry->error = error->code;
      entry->description = error->description;
    }
  }
  return reply;
}

HttpReply RestService::HandlePortal(const HttpCall& call) {
  const std::string path = call.path + (call.path.ends_with("/") ? "" : "/");
  if (path.starts_with("/rest/")) return Rest(call);
  if (path == "/oauth/token/") return Token(call);
  if (path == "/oauth/authorize/") return Authorize(call);
  return HtmlReply(404);
}

HttpReply RestService::HandleOauth(const HttpCall& call) {
  const std::string path = call.path + (call.path.ends_with("/") ? "" : "/");
  if (path == "/oauth/token/") return Token(call);
  if (path.starts_with("/rest/")) {
    // The authorization server knows a few methods of its own; only app.info matters
    // here.
    return Rest(call);
  }
  return HtmlReply(404);
}

HttpReply RestService::Rest(const HttpCall& call) {
  RestRoute route = ParseRestPath(call.path);
  Json params = MergeParams(ParseQuery(call.query), call.body);
  int64_t request = 0;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    Counters& counters = portal_.journal.counters;
    ++counters.http_requests;
    counters.max_in_flight = std::max(counters.max_in_flight, ++counters.in_flight);
    request = portal_.journal.Record({.request = counters.http_requests,
                                      .time = portal_.clock.Seconds(),
                                      .remote = call.remote_ip,
                                      .method = route.method,
                                      .params = params});
  }
  HttpReply reply = RestAdmitted(call, route, params, request);
  std::lock_guard<std::mutex> lock(portal_.mutex);
  --portal_.journal.counters.in_flight;
  return reply;
}

HttpReply RestService::RestAdmitted(const HttpCall& call, const RestRoute& route,
                                    const Json& given, int64_t request) {
  Json params = given;
  const std::string token = TakeToken(call.authorization, &params);
  FaultDecision faults;
  std::optional<RestError> refused;
  Caller caller;
  std::string redirect;
  int64_t number = 0;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    const Settings& settings = portal_.settings;
    if (const JournalEntry* entry = portal_.journal.Find(request)) {
      number = entry->request;
    }
    redirect = settings.redirect_host;
    const bool admitted =
        settings.box || !settings.bucket ||
        portal_.buckets.Take(call.remote_ip, portal_.clock.Seconds(),
                             settings.drain_per_second, settings.threshold,
                             settings.count_rejected);
    const bool known = route.method == "batch" || Methods().count(route.method) > 0;
    if (!admitted) {
      ++portal_.journal.counters.throttled;
      refused = RestError{.status = 503,
                          .code = "QUERY_LIMIT_EXCEEDED",
                          .description = "Too many requests"};
    } else if (redirect.empty()) {
      faults = portal_.faults.Decide(route.method, params, /*sub_command=*/false);
      if (settings.portal_deleted) {
        refused = RestError{.status = settings.box ? 403 : 500,
                            .code = "PORTAL_DELETED",
                            .description = "Portal was deleted"};
      } else if (!known) {
        refused = RestError{.status = 404,
                            .code = "ERROR_METHOD_NOT_FOUND",
                            .description = "Method not found!"};
      } else {
        auto authenticated =
            portal_.credentials.Authenticate({.webhook = route.webhook,
                                              .webhook_user = route.user_id,
                                              .webhook_code = route.code,
                                              .token = token,
                                              .secure = call.secure},
                                             settings, portal_.clock.Now());
        if (auto* error = std::get_if<RestError>(&authenticated)) {
          refused = *error;
        } else {
          caller = std::get<Caller>(authenticated);
          if (JournalEntry* entry = portal_.journal.Find(request)) {
            entry->caller = caller.key;
          }
        }
      }
    }
  }
  if (!redirect.empty() && !refused.has_value()) {
    HttpReply reply = HtmlReply(302);
    reply.headers["Location"] =
        absl::StrCat(call.secure ? "https://" : "http://", redirect, call.path,
                     call.query.empty() ? "" : "?", call.query);
    std::lock_guard<std::mutex> lock(portal_.mutex);
    if (JournalEntry* entry = portal_.journal.Find(request)) {
      entry->status = reply.status;
      entry->delivery = "sent";
    }
    return reply;
  }
  // nginx spoils answers whoever asks, so refusals pass through the plan as well.
  Performed performed = runner_.RunUnder(
      faults, [this, refused, method = route.method, params, caller, number, faults] {
        if (refused.has_value()) return Performed{.outcome = *refused};
        if (method == "batch") return runner_.RunBatch(params, caller, number, faults);
        return runner_.Run(method, params, caller, /*in_batch=*/false);
      });
  return Finish(request, performed);
}

HttpReply RestService::Token(const HttpCall& call) {
  const Json params = MergeParams(ParseQuery(call.query), call.body);
  int64_t request = 0;
  FaultDecision faults;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    ++portal_.journal.counters.token_requests;
    Json logged = params;
    logged.erase("client_secret");
    request = portal_.journal.Record({.time = portal_.clock.Seconds(),
                                      .remote = call.remote_ip,
                                      .method = "oauth/token",
                                      .params = logged});
    faults = portal_.faults.Decide("oauth/token", params, /*sub_command=*/true);
  }
  std::string body;
  Performed performed = runner_.RunUnder(faults, [this, params] {
    Performed done;
    done.executed = true;
    std::lock_guard<std::mutex> lock(portal_.mutex);
    auto exchanged = portal_.credentials.Exchange(params, portal_.clock.Now());
    if (auto* error = std::get_if<RestError>(&exchanged)) {
      done.outcome = *error;
      return done;
    }
    const auto& pair = std::get<Credentials::TokenPair>(exchanged);
    const auto& application = portal_.credentials.application;
    ++portal_.journal.counters.token_refreshes;
    done.effects.push_back({"token", pair.user_id});
    std::string scope;
    for (const std::string& name : application.scopes) {
      absl::StrAppend(&scope, scope.empty() ? "" : ",", name);
    }
    const std::string host =
        portal_.oauth_endpoint.substr(portal_.oauth_endpoint.find("//") + 2);
    done.outcome =
        MethodResult{{{"access_token", pair.access},
                      {"expires", absl::ToUnixSeconds(pair.expires)},
                      {"expires_in", absl::ToInt64Seconds(application.access_lifetime)},
                      {"scope", scope},
                      {"domain", host},
                      {"server_endpoint", portal_.oauth_endpoint + "/rest/"},
                      {"status", "L"},
                      {"client_endpoint", portal_.rest_endpoint},
                      {"member_id", portal_.member_id},
                      {"user_id", pair.user_id},
                      {"refresh_token", pair.refresh}}};
    return done;
  });
  HttpReply reply = Finish(request, performed);
  // The token answer has no envelope.
  const auto* success = std::get_if<MethodResult>(&performed.outcome);
  if (success != nullptr && !performed.delivery.has_value()) {
    reply.body = Encode(success->result);
  }
  return reply;
}

HttpReply RestService::Authorize(const HttpCall& call) {
  const Json params = ParseQuery(call.query);
  const Json* client = Find(params, "client_id");
  const Json* state = Find(params, "state");
  std::lock_guard<std::mutex> lock(portal_.mutex);
  const auto& application = portal_.credentials.application;
  if (client == nullptr || ToText(*client) != application.client_id ||
      portal_.credentials.users().empty()) {
    HttpReply page = HtmlReply(200);
    page.body = "<html><body>Application not found</body></html>";
    return page;
  }
  const int64_t user = portal_.credentials.users().begin()->first;
  const std::string code = portal_.credentials.IssueCode(user, portal_.clock.Now());
  std::string scope;
  for (const std::string& name : application.scopes) {
    absl::StrAppend(&scope, scope.empty() ? "" : "%2C", name);
  }
  HttpReply reply = HtmlReply(302);
  reply.headers["Location"] = absl::StrCat(
      portal_.app_redirect, "?code=", code,
      "&state=", state == nullptr ? "" : ToText(*state), "&domain=",
      portal_.rest_endpoint.substr(0, portal_.rest_endpoint.rfind("/rest/")),
      "&member_id=", portal_.member_id, "&scope=", scope, "&server_domain=",
      portal_.oauth_endpoint.substr(portal_.oauth_endpoint.find("//") + 2));
  return reply;
}

}  // namespace guestbridge::testing::bitrix24
