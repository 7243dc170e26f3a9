#include "tests/emulators/bitrix24/command_runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/emulators/bitrix24/batch.h"
#include "tests/emulators/bitrix24/fault_effects.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr double kLeastSeconds = 0.005;  // no answer is quicker

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
  if (it == Methods().end() || IsMissing(portal_.settings, method)) {
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

Performed CommandRunner::Run(const std::string& method, const Json& params,
                             const Caller& caller, bool in_batch) {
  Performed performed;
  const absl::Time start = portal_.clock.Now();
  std::string account = caller.key;
  absl::Duration wait;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    const Settings& settings = portal_.settings;
    if (in_batch && settings.batch_operating_shared) account = "batch";
    if (auto error = Refuse(method, caller, account)) {
      performed.outcome = *error;
      return performed;
    }
    const double cost =
        portal_.latency.Cost(settings, method, params, portal_.contacts.all().size());
    const absl::Duration latency =
        absl::Milliseconds(ForMethod(settings.latency_ms, method, int64_t{0}));
    wait = latency + absl::Seconds(cost * settings.wait_share);
    // The machine's own time is left out: figures repeat from run to run.
    performed.seconds = std::max({cost, absl::ToDoubleSeconds(wait), kLeastSeconds});
    if (!in_batch && !settings.box && settings.over_cap == "stop" &&
        performed.seconds > settings.cap_seconds) {
      return performed;
    }
  }
  if (wait > absl::ZeroDuration()) portal_.clock.Wait(wait / 2);
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    performed.outcome =
        Methods().at(method).run({portal_, caller, params, &performed.effects});
    performed.executed = true;
    ++portal_.journal.counters.commands[method];
    const double now = portal_.clock.Seconds();
    if (!portal_.settings.box) {
      portal_.operating.Charge(account, method, performed.seconds, now);
    }
    performed.time = TimeBlock(portal_.settings, start, performed.seconds,
                               portal_.operating.Get(account, method, now));
  }
  if (wait > absl::ZeroDuration()) portal_.clock.Wait(wait / 2);
  return performed;
}

Performed CommandRunner::RunUnder(const FaultDecision& decision,
                                  const std::function<Performed()>& work,
                                  std::function<void(const Performed&)> when_late) {
  if (decision.before_ms > 0) {
    portal_.clock.Wait(absl::Milliseconds(decision.before_ms));
  }
  Performed performed;
  if (!decision.rule.has_value() || ActsWithinBatch(*decision.rule)) {
    performed = work();
  } else {
    const FaultRule& rule = *decision.rule;
    if (rule.kind == "late_commit") {
      portal_.late.Start([this, work, when_late = std::move(when_late), ms = rule.ms] {
        portal_.clock.Wait(absl::Milliseconds(ms));
        const Performed done = work();
        if (when_late) when_late(done);
      });
    } else if (Commits(rule)) {
      performed = work();
    }
    if (IsDelivery(rule.kind)) {
      performed.delivery = rule;
    } else if (IsResultFault(rule.kind)) {
      if (auto* success = std::get_if<MethodResult>(&performed.outcome)) {
        std::lock_guard<std::mutex> lock(portal_.mutex);
        SpoilResult(rule, portal_.contacts, success);
      }
      if (rule.kind == "missing_keys") performed.missing_key = rule.field;
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

void CommandRunner::NoteLate(int64_t sequence, const Performed& performed) {
  std::lock_guard<std::mutex> lock(portal_.mutex);
  JournalEntry* entry = portal_.journal.Find(sequence);
  if (entry == nullptr) return;
  entry->finish = portal_.clock.Seconds();
  entry->executed = performed.executed;
  entry->effects = performed.effects;
  entry->late = true;
}

CommandAnswer CommandRunner::RunBatchCommand(const BatchRun& batch,
                                             const std::string& key,
                                             const std::string& method,
                                             const Json& command, Performed* whole) {
  JournalEntry entry{.request = batch.request,
                     .time = portal_.clock.Seconds(),
                     .caller = batch.caller.key,
                     .method = method,
                     .batch_key = key,
                     .params = command};
  FaultDecision faults;
  int64_t sequence = 0;
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    faults = portal_.faults.Decide(method, command, /*sub_command=*/true,
                                   portal_.clock.Now());
    if (batch.error_from.has_value() && batch.done >= batch.error_from->after) {
      faults.rule = batch.error_from;
      faults.rule->after = 0;  // for the command it is simply an error
    }
    if (!portal_.settings.journal_params) entry.params = nullptr;
    sequence = portal_.journal.Record(std::move(entry));
  }
  const Json params =
      faults.rule.has_value() ? SpoilParams(*faults.rule, command) : command;
  // A late command outlives this scope, hence the copies.
  Performed done = RunUnder(
      faults,
      [this, method, params, caller = batch.caller] {
        return Run(method, params, caller, /*in_batch=*/true);
      },
      [this, sequence](const Performed& late) { NoteLate(sequence, late); });
  whole->seconds += done.seconds;
  whole->effects.insert(whole->effects.end(), done.effects.begin(), done.effects.end());
  CommandAnswer answer{.outcome = done.outcome, .time = done.time};
  if (done.delivery.has_value()) {
    whole->delivery = done.delivery;
    answer.stop = !SparesTheBatch(done.delivery->kind);
  }
  if (whole->seconds > batch.cap) answer.stop = true;
  std::lock_guard<std::mutex> lock(portal_.mutex);
  JournalEntry* written = portal_.journal.Find(sequence);
  if (written == nullptr) return answer;
  if (!written->late) {
    written->finish = portal_.clock.Seconds();
    written->executed = done.executed;
    written->effects = std::move(done.effects);
  }
  written->fault = done.fault;
  if (const auto* error = std::get_if<RestError>(&done.outcome)) {
    written->error = error->code;
    written->description = error->description;
  }
  return answer;
}

Performed CommandRunner::RunBatch(const Json& params, const Caller& caller,
                                  int64_t request, const FaultDecision& decision) {
  Performed whole;
  const absl::Time start = portal_.clock.Now();
  BatchOptions options;
  BatchRun batch{.caller = caller, .request = request};
  {
    std::lock_guard<std::mutex> lock(portal_.mutex);
    ++portal_.journal.counters.commands["batch"];
    options.nested_allowed = false;
    options.sticky_exception = portal_.settings.sticky_exception;
    const bool stops = !portal_.settings.box && portal_.settings.over_cap == "stop";
    batch.cap = stops ? portal_.settings.cap_seconds : HUGE_VAL;
  }
  if (decision.rule.has_value() && ActsWithinBatch(*decision.rule)) {
    if (decision.rule->kind == "drop") {
      options.drop_after = decision.rule->after;
    } else {
      batch.error_from = decision.rule;
    }
  }
  const auto run = [&](const std::string& key, const std::string& method,
                       const Json& command) {
    CommandAnswer answer = RunBatchCommand(batch, key, method, command, &whole);
    ++batch.done;
    return answer;
  };
  BatchAnswer answer = bitrix24::RunBatch(params, options, run);
  if (answer.stopped && options.drop_after.has_value() && !whole.delivery.has_value()) {
    whole.delivery = decision.rule;
    whole.fault = "drop";
  }
  whole.executed = true;
  whole.outcome = MethodResult{std::move(answer.result)};
  std::lock_guard<std::mutex> lock(portal_.mutex);
  whole.time = TimeBlock(portal_.settings, start, whole.seconds, std::nullopt);
  return whole;
}

}  // namespace guestbridge::testing::bitrix24
