#include "tests/emulators/bitrix24/command_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/time/clock.h"
#include "tests/emulators/bitrix24/batch.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

struct CostRange {
  const char* verb;  // last word of the method
  double from;
  double to;
};

// The vendor's sample answers. Source: facts 3.2 and checklist 49.
constexpr CostRange kDocumented[] = {{"add", 0.3, 1.2},    {"update", 0.3, 0.6},
                                     {"delete", 0.3, 0.6}, {"list", 0.1, 0.3},
                                     {"get", 0.05, 0.2},   {"import", 0.3, 1.2}};

// Faults that concern the answer's way, not the command's outcome.
bool IsDelivery(const std::string& kind) {
  return kind == "reset" || kind == "cut" || kind == "truncate" || kind == "drip" ||
         kind == "html" || kind == "redirect" || kind == "late_commit";
}

RestError FaultError(const FaultRule& rule) {
  RestError error{
      .status = 400, .code = "ERROR_CORE", .description = "Internal error!"};
  if (rule.kind == "error")
    error = {.status = 500,
             .code = "INTERNAL_SERVER_ERROR",
             .description = "Internal server error"};
  if (rule.kind == "ok_error") error.status = 200;
  if (rule.kind == "throttle")
    error = {.status = 503,
             .code = "QUERY_LIMIT_EXCEEDED",
             .description = "Too many requests"};
  if (rule.kind == "operating") {
    error = {.status = 429,
             .code = "OPERATION_TIME_LIMIT",
             .description = "Method is blocked due to operation time limit."};
  }
  if (rule.kind == "expired_token") {
    error = {.status = 401,
             .code = "expired_token",
             .description = "The access token provided has expired."};
  }
  if (rule.status != 0) error.status = rule.status;
  if (!rule.error.empty()) error.code = rule.error;
  if (!rule.description.empty()) error.description = rule.description;
  return error;
}

}  // namespace

Json TimeBlock(const Settings& settings, absl::Time start, double seconds,
               const std::optional<OperatingAccounts::State>& operating) {
  const double begin = absl::ToDoubleSeconds(start - absl::UnixEpoch());
  const double end = begin + seconds;
  Json time;
  if (settings.whole_start) {
    time["start"] = static_cast<int64_t>(begin);
  } else {
    time["start"] = begin;
  }
  time["finish"] = end;
  time["duration"] = seconds;
  time["processing"] = std::max(0.0, seconds - 0.00001);
  time["date_start"] = PrintTime(start, settings.zone);
  time["date_finish"] = PrintTime(start + absl::Seconds(seconds), settings.zone);
  if (!operating.has_value() || settings.box) return time;
  if (operating->reset_at.has_value()) {
    time["operating_reset_at"] = static_cast<int64_t>(*operating->reset_at);
  }
  time["operating"] = operating->total;
  return time;
}

std::optional<RestError> CommandRunner::Refuse(const std::string& method,
                                               const Caller& caller,
                                               const std::string& account) {
  const auto it = Methods().find(method);
  if (it == Methods().end()) {
    return RestError{.status = 404,
                     .code = "ERROR_METHOD_NOT_FOUND",
                     .description = "Method not found!"};
  }
  if (!HasScope(caller, it->second.scope)) {
    return RestError{.status = AuthStatus(portal_.settings, "insufficient_scope", 403),
                     .code = "insufficient_scope",
                     .description = caller.oauth
                                        ? "The request requires higher privileges than "
                                          "provided by the access token"
                                        : "The request requires higher privileges than "
                                          "provided by the webhook token"};
  }
  if (it->second.app_only && !caller.oauth) {
    return RestError{
        .status = 403,
        .code = "WRONG_AUTH_TYPE",
        .description = "Current authorization type is denied for this method"};
  }
  if (portal_.settings.box) return std::nullopt;
  const double now = portal_.clock.Seconds();
  if (portal_.operating.Get(account, method, now).total >
      portal_.settings.operating_limit) {
    ++portal_.journal.counters.operating_blocked;
    return RestError{.status = 429,
                     .code = "OPERATION_TIME_LIMIT",
                     .description = "Method is blocked due to operation time limit."};
  }
  return std::nullopt;
}

double CommandRunner::CostOf(const std::string& method, const Json& params) {
  const double set = ForMethod(portal_.settings.cost, method, -1.0);
  if (set >= 0) return set;
  if (!portal_.settings.documented_costs) return 0;
  const std::string verb = method.substr(method.rfind('.') + 1);
  const double draw = static_cast<double>(portal_.random() >> 11) / 9007199254740992.0;
  if (verb == "batchimport") {
    const Json* data = Find(params, "data");
    return 0.3 * static_cast<double>(data == nullptr ? 1 : data->size());
  }
  for (const CostRange& range : kDocumented) {
    if (verb == range.verb) return range.from + draw * (range.to - range.from);
  }
  return 0.05;
}

Performed CommandRunner::Run(const std::string& method, const Json& params,
                             const Caller& caller, bool in_batch) {
  Performed performed;
  const absl::Time real_start = absl::Now();
  const absl::Time start = portal_.clock.Now();
  std::string account = caller.key;
  double cost = 0;
  absl::Duration latency;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    if (in_batch && portal_.settings.batch_operating_shared) account = "batch";
    if (auto error = Refuse(method, caller, account)) {
      performed.outcome = *error;
      return performed;
    }
    cost = CostOf(method, params);
    latency =
        absl::Milliseconds(ForMethod(portal_.settings.latency_ms, method, int64_t{0}));
    if (!in_batch && !portal_.settings.box && portal_.settings.over_cap == "stop" &&
        cost > portal_.settings.cap_seconds) {
      performed.seconds = cost;
      return performed;
    }
  }
  if (latency > absl::ZeroDuration()) portal_.clock.Wait(latency / 2);
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    performed.outcome =
        Methods().at(method).run({portal_, caller, params, &performed.effects});
    performed.executed = true;
    ++portal_.journal.counters.commands[method];
    const double spent = absl::ToDoubleSeconds(absl::Now() - real_start + latency / 2);
    performed.seconds = std::max(cost, spent);
    const double now = portal_.clock.Seconds();
    if (!portal_.settings.box) {
      portal_.operating.Charge(account, method, performed.seconds, now);
    }
    performed.time = TimeBlock(portal_.settings, start, performed.seconds,
                               portal_.operating.Get(account, method, now));
  }
  if (latency > absl::ZeroDuration()) portal_.clock.Wait(latency / 2);
  return performed;
}

Performed CommandRunner::RunUnder(const FaultDecision& decision,
                                  const std::function<Performed()>& work) {
  if (decision.before_ms > 0) {
    portal_.clock.Wait(absl::Milliseconds(decision.before_ms));
  }
  Performed performed;
  if (!decision.rule.has_value() || decision.rule->kind == "drop") {
    performed = work();
  } else {
    const FaultRule& rule = *decision.rule;
    // What spoils a real answer needs one; the rest commits only when asked to.
    const bool commits = rule.commit || rule.kind == "cut" || rule.kind == "truncate" ||
                         rule.kind == "drip" || rule.kind == "core_error";
    if (rule.kind == "late_commit") {
      late_.Start([this, work, ms = rule.ms] {
        portal_.clock.Wait(absl::Milliseconds(ms));
        work();
      });
    } else if (commits) {
      performed = work();
    }
    if (IsDelivery(rule.kind)) {
      performed.delivery = rule;
    } else {
      performed.outcome = FaultError(rule);
    }
    performed.fault = rule.kind;
  }
  if (decision.after_ms > 0) {
    portal_.clock.Wait(absl::Milliseconds(decision.after_ms));
  }
  return performed;
}

Performed CommandRunner::RunBatch(const Json& params, const Caller& caller,
                                  int64_t request, const FaultDecision& decision) {
  Performed whole;
  const absl::Time start = portal_.clock.Now();
  const absl::Time real_start = absl::Now();
  BatchOptions options;
  double cap = 0;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    ++portal_.journal.counters.commands["batch"];
    options.nested_allowed = false;
    options.sticky_exception = portal_.settings.sticky_exception;
    const bool stops = !portal_.settings.box && portal_.settings.over_cap == "stop";
    cap = stops ? portal_.settings.cap_seconds : HUGE_VAL;
  }
  if (decision.rule.has_value() && decision.rule->kind == "drop") {
    options.drop_after = decision.rule->after;
  }
  const auto run = [&](const std::string& key, const std::string& method,
                       const Json& command) {
    JournalEntry entry{.request = request,
                       .time = portal_.clock.Seconds(),
                       .caller = caller.key,
                       .method = method,
                       .batch_key = key,
                       .params = command};
    FaultDecision faults;
    {
      std::lock_guard<std::mutex> lock(portal_.mutex);
      faults = portal_.faults.Decide(method, command, /*sub_command=*/true);
    }
    // A late command outlives this scope, hence the copies.
    Performed done = RunUnder(faults, [this, method, command, caller] {
      return Run(method, command, caller, /*in_batch=*/true);
    });
    whole.seconds += done.seconds;
    whole.effects.insert(whole.effects.end(), done.effects.begin(), done.effects.end());
    CommandAnswer answer{.outcome = done.outcome, .time = done.time};
    if (done.delivery.has_value()) {
      whole.delivery = done.delivery;
      answer.stop = true;
    } else if (whole.seconds > cap) {
      answer.stop = true;
    }
    entry.finish = portal_.clock.Seconds();
    entry.executed = done.executed;
    entry.effects = std::move(done.effects);
    entry.fault = done.fault;
    if (const auto* error = std::get_if<RestError>(&done.outcome)) {
      entry.error = error->code;
      entry.description = error->description;
    }
    std::lock_guard<std::mutex> lock(portal_.mutex);
    portal_.journal.Record(std::move(entry));
    return answer;
  };
  BatchAnswer answer = bitrix24::RunBatch(params, options, run);
  if (answer.stopped && options.drop_after.has_value() && !whole.delivery.has_value()) {
    whole.delivery = FaultRule{.kind = "reset"};
    whole.fault = "drop";
  }
  whole.executed = true;
  whole.outcome = MethodResult{std::move(answer.result)};
  std::lock_guard<std::mutex> lock(portal_.mutex);
  whole.seconds =
      std::max(whole.seconds, absl::ToDoubleSeconds(absl::Now() - real_start));
  whole.time = TimeBlock(portal_.settings, start, whole.seconds, std::nullopt);
  return whole;
}

}  // namespace guestbridge::testing::bitrix24
