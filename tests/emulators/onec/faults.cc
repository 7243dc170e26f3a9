#include "tests/emulators/onec/faults.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

bool ReadMember(const std::string& name, const json& value, FaultRule& rule) {
  const auto text = [&](std::string& field) {
    if (value.is_string()) field = value.get<std::string>();
    return value.is_string();
  };
  const auto number = [&](int& field) {
    const bool good = value.is_number_integer() && value.get<std::int64_t>() >= 0 &&
                      value.get<std::int64_t>() <= 1'000'000'000;
    if (good) field = value.get<int>();
    return good;
  };
  if (name == "kind") return text(rule.kind);
  if (name == "url") return text(rule.url);
  if (name == "method") return text(rule.method);
  if (name == "code") return text(rule.code);
  if (name == "text") return text(rule.text);
  if (name == "nth") return number(rule.nth) && rule.nth > 0;
  if (name == "count") return number(rule.count);
  if (name == "status") return number(rule.status);
  if (name == "delay_ms") return number(rule.delay_ms);
  if (name == "bytes") return number(rule.bytes);
  if (name == "seed" && value.is_number_unsigned()) {
    rule.seed = value.get<std::uint64_t>();
    return true;
  }
  if (name == "probability" && value.is_number()) {
    rule.probability = value.get<double>();
    return rule.probability >= 0 && rule.probability <= 1;
  }
  if (name == "after" && value.is_boolean()) {
    rule.after = value.get<bool>();
    return true;
  }
  return false;
}

}  // namespace

const std::vector<std::string>& FaultKinds() {
  static const auto* const kKinds = new std::vector<std::string>{"maintenance_html",
                                                                 "maintenance_text",
                                                                 "gateway",
                                                                 "html_ok",
                                                                 "lock",
                                                                 "no_licence",
                                                                 "error",
                                                                 "unauthorized",
                                                                 "truncated",
                                                                 "reset",
                                                                 "bom",
                                                                 "slow_drip",
                                                                 "delay",
                                                                 "silent_loss"};
  return *kKinds;
}

std::string Faults::Add(const json& description, int& id) {
  if (!description.is_object()) return "(not an object)";
  FaultRule rule;
  for (const auto& [name, value] : description.items()) {
    if (!ReadMember(name, value, rule)) return name;
  }
  // A named place means that one request, unless told otherwise.
  if (description.contains("nth") && !description.contains("count")) rule.count = 1;
  const auto& kinds = FaultKinds();
  if (std::find(kinds.begin(), kinds.end(), rule.kind) == kinds.end()) return "kind";
  rule.chance.seed(rule.seed);
  const std::lock_guard lock(mutex_);
  id = rule.id = ++last_id_;
  rules_.push_back(rule);
  return "";
}

void Faults::Clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

json Faults::List() const {
  const std::lock_guard lock(mutex_);
  json out = json::array();
  for (const FaultRule& rule : rules_) {
    out.push_back({{"id", rule.id},
                   {"kind", rule.kind},
                   {"url", rule.url},
                   {"method", rule.method},
                   {"nth", rule.nth},
                   {"count", rule.count},
                   {"probability", rule.probability},
                   {"matched", rule.matched},
                   {"struck", rule.struck}});
  }
  return out;
}

std::optional<FaultRule> Faults::Strike(const std::string& method,
                                        const std::string& url) {
  const std::lock_guard lock(mutex_);
  for (FaultRule& rule : rules_) {
    if (!rule.method.empty() && rule.method != method) continue;
    if (!rule.url.empty() && url.find(rule.url) == std::string::npos) continue;
    ++rule.matched;
    if (rule.matched < rule.nth) continue;
    if (rule.count > 0 && rule.struck >= rule.count) continue;
    const double roll = std::uniform_real_distribution<double>(0, 1)(rule.chance);
    if (roll >= rule.probability) continue;
    ++rule.struck;
    return rule;
  }
  return std::nullopt;
}

}  // namespace guestbridge::testing::onec
