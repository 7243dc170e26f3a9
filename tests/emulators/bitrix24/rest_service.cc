#include "tests/emulators/bitrix24/rest_service.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/emulators/bitrix24/fault_effects.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// How often a request that waits looks whether the portal would cut it off.
constexpr std::chrono::milliseconds kLook(2);

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

// The host that the portal moved to, with a port; "" when the client asks it already.
std::string MovedTo(const Settings& settings, const std::string& asked) {
  if (settings.moved_from.empty() || settings.moved_to.empty()) return "";
  const size_t colon = asked.rfind(':');
  const std::string name = ToLower(asked.substr(0, colon));
  if (name != ToLower(settings.moved_from) && asked != settings.moved_from) return "";
  if (settings.moved_to.find(':') != std::string::npos) return settings.moved_to;
  return settings.moved_to + (colon == std::string::npos ? "" : asked.substr(colon));
}

// An address of the portal as it is after a move.
std::string MovedEndpoint(const Settings& settings, std::string endpoint) {
  const size_t at = endpoint.find("//" + settings.moved_from + ":");
  if (settings.moved_from.empty() || at == std::string::npos) return endpoint;
  const size_t end = endpoint.find('/', at + 2);
  return endpoint.replace(at + 2, end - at - 2,
                          MovedTo(settings, endpoint.substr(at + 2, end - at - 2)));
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

void RestService::CountAnswer(const HttpReply& reply) {
  if (reply.delivery == HttpReply::Delivery::kReset ||
      reply.delivery == HttpReply::Delivery::kSilent) {
    return;
  }
  ++portal_.journal.counters.statuses[reply.status];
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
    if (!performed.missing_key.empty()) body.erase(performed.missing_key);
    reply.body = Encode(body);
  }
  if (!settings.box && performed.seconds > settings.cap_seconds) reply = HtmlReply(504);
  if (performed.delivery.has_value()) SpoilReply(*performed.delivery, &reply);
  CountAnswer(reply);
  if (JournalEntry* entry = portal_.journal.Find(request); entry && entry->late) {
    // The late work was quicker than the answer.
    entry->status = reply.status;
    entry->delivery = DeliveryName(reply.delivery);
    entry->fault = performed.fault;
  } else if (entry != nullptr) {
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

HttpReply RestService::Finish(int64_t request, HttpReply reply,
                              const std::string& fault) {
  std::lock_guard<std::mutex> lock(portal_.mutex);
  CountAnswer(reply);
  if (JournalEntry* entry = portal_.journal.Find(request)) {
    entry->finish = portal_.clock.Seconds();
    entry->status = reply.status;
    entry->delivery = DeliveryName(reply.delivery);
    entry->fault = fault;
  }
  return reply;
}

HttpReply RestService::FinishInTime(int64_t request,
                                    const std::function<Performed()>& work) {
  absl::Duration cap = absl::InfiniteDuration();
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    const Settings& settings = portal_.settings;
    // Without waits the sum of the costs tells the same, and no thread is needed.
    if (Waits(settings) && !settings.box) cap = absl::Seconds(settings.cap_seconds);
  }
  if (cap == absl::InfiniteDuration()) return Finish(request, work());
  struct Race {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Performed> performed;
    bool cut = false;
  };
  const auto race = std::make_shared<Race>();
  const PortalClock::Mark start = portal_.clock.Start();
  portal_.late.Start([this, request, work, race] {
    Performed performed = work();
    std::unique_lock<std::mutex> lock(race->mutex);
    const bool cut = race->cut;
    race->performed = std::move(performed);
    race->done.notify_all();
    if (cut) runner_.NoteLate(request, *race->performed);
  });
  std::unique_lock<std::mutex> lock(race->mutex);
  while (!race->performed.has_value()) {
    race->done.wait_for(lock, kLook);
    if (race->performed.has_value() || portal_.clock.stopped()) break;
    if (portal_.clock.HasPassed(start, cap)) {
      race->cut = true;
      lock.unlock();
      return Finish(request, HtmlReply(504), "cap");
    }
  }
  if (!race->performed.has_value()) return HtmlReply(504);
  const Performed performed = *std::move(race->performed);
  lock.unlock();
  return Finish(request, performed);
}

std::optional<HttpReply> RestService::AtTheGate(const HttpCall& call, int64_t request) {
  std::string host;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    const Settings& settings = portal_.settings;
    const auto away = portal_.faults.Away(portal_.clock.Now());
    if (away.has_value()) {
      ++portal_.journal.counters.away;
      HttpReply reply;
      SpoilReply(*away, &reply);
      if (JournalEntry* entry = portal_.journal.Find(request)) {
        entry->finish = portal_.clock.Seconds();
        entry->status = reply.status;
        entry->delivery = DeliveryName(reply.delivery);
        entry->fault = "away";
      }
      CountAnswer(reply);
      return reply;
    }
    host = MovedTo(settings, call.host);
  }
  if (host.empty()) return std::nullopt;
  HttpReply reply = HtmlReply(302);
  reply.headers["Location"] =
      absl::StrCat(call.secure ? "https://" : "http://", host, call.path,
                   call.query.empty() ? "" : "?", call.query);
  return Finish(request, std::move(reply), "moved");
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
    request = portal_.journal.Record(
        {.request = counters.http_requests,
         .time = portal_.clock.Seconds(),
         .remote = call.remote_ip,
         .method = route.method,
         .params = portal_.settings.journal_params ? params : Json(nullptr)});
  }
  std::optional<HttpReply> stopped = AtTheGate(call, request);
  HttpReply reply = stopped.has_value() ? *std::move(stopped)
                                        : RestAdmitted(call, route, params, request);
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
    const bool known = (route.method == "batch" || Methods().count(route.method) > 0) &&
                       !IsMissing(settings, route.method);
    if (!admitted) {
      ++portal_.journal.counters.throttled;
      refused = RestError{.status = 503,
                          .code = "QUERY_LIMIT_EXCEEDED",
                          .description = "Too many requests"};
    } else if (redirect.empty()) {
      faults = portal_.faults.Decide(route.method, params, /*sub_command=*/false,
                                     portal_.clock.Now());
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
    return Finish(request, std::move(reply), "redirect_host");
  }
  if (faults.rule.has_value()) params = SpoilParams(*faults.rule, std::move(params));
  // nginx spoils answers whoever asks, so refusals pass through the plan as well.
  return FinishInTime(request, [this, refused, method = route.method, params, caller,
                                number, request, faults] {
    return runner_.RunUnder(
        faults,
        [this, refused, method, params, caller, number, faults] {
          if (refused.has_value()) return Performed{.outcome = *refused};
          if (method == "batch") {
            return runner_.RunBatch(params, caller, number, faults);
          }
          return runner_.Run(method, params, caller, /*in_batch=*/false);
        },
        [this, request](const Performed& late) { runner_.NoteLate(request, late); });
  });
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
    faults = portal_.faults.Decide("oauth/token", params, /*sub_command=*/true,
                                   portal_.clock.Now());
  }
  std::string body;
  Performed performed = runner_.RunUnder(
      faults,
      [this, params] {
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
        done.outcome = MethodResult{
            {{"access_token", pair.access},
             {"expires", absl::ToUnixSeconds(pair.expires)},
             {"expires_in", absl::ToInt64Seconds(application.access_lifetime)},
             {"scope", scope},
             {"domain", host},
             {"server_endpoint", portal_.oauth_endpoint + "/rest/"},
             {"status", "L"},
             {"client_endpoint",
              MovedEndpoint(portal_.settings, portal_.rest_endpoint)},
             {"member_id", portal_.member_id},
             {"user_id", pair.user_id},
             {"refresh_token", pair.refresh}}};
        return done;
      },
      [this, request](const Performed& late) { runner_.NoteLate(request, late); });
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
