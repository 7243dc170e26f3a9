#include "tests/emulators/bitrix24/faults.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr const char* kKinds[] = {
    "reset",          "cut",          "truncate",      "drip",
    "html",           "error",        "core_error",    "ok_error",
    "throttle",       "operating",    "expired_token", "delay",
    "late_commit",    "drop",         "refuse",        "redirect",
    "silence",        "away",         "huge",          "deep",
    "duplicate_keys", "invalid_utf8", "wrong_types",   "missing_keys",
    "wrong_ids",      "next_ids",     "repeat_page",   "chunked",
    "close",          "header_case",  "gzip"};

template <typename Visitor>
void VisitMembers(FaultRule& r, Visitor visit) {
  visit("kind", r.kind);
  visit("method", r.method);
  visit("nth", r.nth);
  visit("every", r.every);
  visit("from", r.from);
  visit("probability", r.probability);
  visit("times", r.times);
  visit("seconds", r.seconds);
  visit("commit", r.commit);
  visit("status", r.status);
  visit("error", r.error);
  visit("description", r.description);
  visit("body", r.body);
  visit("ms", r.ms);
  visit("ms_to", r.ms_to);
  visit("hold_ms", r.hold_ms);
  visit("before_ms", r.before_ms);
  visit("after_ms", r.after_ms);
  visit("bytes", r.bytes);
  visit("count", r.count);
  visit("after", r.after);
  visit("field", r.field);
  visit("value", r.value);
  visit("contains", r.contains);
}

bool MatchesMethod(const std::string& pattern, const std::string& method, bool sub) {
  if (pattern == "*") return !sub;
  if (absl::EndsWith(pattern, "*")) {
    return absl::StartsWith(method, pattern.substr(0, pattern.size() - 1));
  }
  return pattern == method;
}

// Whether any text in `value` is the wanted one.
bool HoldsText(const Json& value, const FaultRule& rule) {
  if (IsArray(value)) {
    bool found = false;
    ForEach(value, [&](const std::string&, const Json& item) {
      found = found || HoldsText(item, rule);
    });
    return found;
  }
  const std::string text = ToText(value);
  return rule.contains ? absl::StrContains(text, rule.value) : text == rule.value;
}

// Looks for rule.field at any depth: fields[...] of an add, data[n][...] of an import.
bool HoldsField(const Json& params, const FaultRule& rule) {
  bool found = false;
  ForEach(params, [&](const std::string& key, const Json& value) {
    if (found) return;
    found = key == rule.field ? HoldsText(value, rule)
                              : IsArray(value) && HoldsField(value, rule);
  });
  return found;
}

// The same draw on every standard library, unlike its distributions.
double Draw(std::mt19937_64* random) {
  return static_cast<double>((*random)() >> 11) / 9007199254740992.0;
}

bool IsOver(const FaultRule& rule, absl::Time now) {
  return rule.seconds > 0 && now >= rule.added + absl::Seconds(rule.seconds);
}

}  // namespace

absl::StatusOr<int64_t> FaultPlan::Add(const Json& json, absl::Time now) {
  if (!json.is_object()) return absl::InvalidArgumentError("an object is wanted");
  FaultRule rule;
  size_t known = 0;
  uint64_t seed = 1;
  try {
    VisitMembers(rule, [&](const char* name, auto& member) {
      const auto it = json.find(name);
      if (it == json.end()) return;
      ++known;
      it->get_to(member);
    });
    if (const auto it = json.find("seed"); it != json.end()) {
      ++known;
      it->get_to(seed);
    }
  } catch (const Json::exception& e) {
    return absl::InvalidArgumentError(e.what());
  }
  if (known != json.size()) return absl::InvalidArgumentError("an unknown member");
  if (std::find(std::begin(kKinds), std::end(kKinds), rule.kind) == std::end(kKinds)) {
    return absl::InvalidArgumentError(absl::StrCat("unknown kind: ", rule.kind));
  }
  rule.method = ToLower(rule.method);
  rule.added = now;
  rule.id = next_id_++;
  rules_.push_back({.rule = rule, .random = std::mt19937_64(seed)});
  return rule.id;
}

Json FaultPlan::ToJson() const {
  Json list = Json::array();
  for (const Seeded& seeded : rules_) {
    FaultRule rule = seeded.rule;
    Json json = {{"id", rule.id}, {"seen", rule.seen}, {"fired", rule.fired}};
    VisitMembers(rule, [&](const char* name, auto& member) { json[name] = member; });
    list.push_back(std::move(json));
  }
  return list;
}

bool FaultPlan::Fires(Seeded* seeded, const Json& params, absl::Time now) {
  FaultRule& rule = seeded->rule;
  if (IsOver(rule, now)) return false;
  if (rule.kind == "refuse" && !HoldsField(params, rule)) return false;
  ++rule.seen;
  if (rule.times > 0 && rule.fired >= rule.times) return false;
  if (rule.nth > 0 && rule.seen != rule.nth) return false;
  if (rule.every > 0 && rule.seen % rule.every != 0) return false;
  if (rule.from > 0 && rule.seen < rule.from) return false;
  if (rule.probability < 1 && Draw(&seeded->random) >= rule.probability) return false;
  ++rule.fired;
  return true;
}

FaultDecision FaultPlan::Decide(const std::string& method, const Json& params,
                                bool sub_command, absl::Time now) {
  FaultDecision decision;
  for (Seeded& seeded : rules_) {
    if (seeded.rule.kind == "away") continue;
    if (!MatchesMethod(seeded.rule.method, method, sub_command)) continue;
    const bool delay = seeded.rule.kind == "delay";
    if (!delay && decision.rule.has_value()) continue;
    if (!Fires(&seeded, params, now)) continue;
    ++fired_;
    if (delay) {
      decision.before_ms += seeded.rule.before_ms;
      decision.after_ms += seeded.rule.after_ms;
    } else {
      decision.rule = seeded.rule;
      if (seeded.rule.ms_to > seeded.rule.ms) {
        const auto span = static_cast<double>(seeded.rule.ms_to - seeded.rule.ms);
        decision.rule->ms += static_cast<int64_t>(span * Draw(&seeded.random));
      }
    }
  }
  return decision;
}

std::optional<FaultRule> FaultPlan::Away(absl::Time now) {
  for (Seeded& seeded : rules_) {
    if (seeded.rule.kind != "away") continue;
    if (!Fires(&seeded, Json::object(), now)) continue;
    ++fired_;
    return seeded.rule;
  }
  return std::nullopt;
}

}  // namespace guestbridge::testing::bitrix24
