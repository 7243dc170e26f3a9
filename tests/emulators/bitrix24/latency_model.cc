#include "tests/emulators/bitrix24/latency_model.h"

#include <algorithm>
#include <string_view>

namespace guestbridge::testing::bitrix24 {
namespace {

struct CostRange {
  const char* verb;  // last word of the method
  double from;
  double to;
};

constexpr CostRange kDocumented[] = {{"add", 0.3, 1.2},    {"update", 0.3, 0.6},
                                     {"delete", 0.3, 0.6}, {"list", 0.1, 0.3},
                                     {"get", 0.05, 0.2},   {"import", 0.3, 1.2}};
// An element of an import skips automation and the answer's whole item.
constexpr CostRange kDocumentedElement = {"batchimport", 0.2, 0.4};
constexpr double kOtherwise = 0.05;

// Legacy and item names in upper case, without "_".
constexpr const char* kUnindexed[] = {"ORIGINID",   "ORIGINATORID", "ORIGINVERSION",
                                      "DATECREATE", "CREATEDTIME",  "COMMENTS",
                                      "POST",       "SECONDNAME",   "SOURCEID"};

// Steele and others' splitmix64: a good spread from consecutive numbers.
uint64_t Spread(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

size_t Elements(const Json& params) {
  const Json* data = Find(params, "data");
  return data == nullptr || !IsArray(*data) ? 0 : data->size();
}

}  // namespace

double LatencyModel::Draw(const std::string& method) {
  uint64_t hash = seed_;
  for (const char c : method) hash = Spread(hash ^ static_cast<unsigned char>(c));
  return static_cast<double>(Spread(hash + calls_[method]++) >> 11) /
         9007199254740992.0;
}

void LatencyModel::Reseed(uint64_t seed) {
  seed_ = seed;
  calls_.clear();
}

double LatencyModel::Cost(const Settings& settings, const std::string& method,
                          const Json& params, size_t contacts) {
  const std::string verb = method.substr(method.rfind('.') + 1);
  const auto elements = static_cast<double>(Elements(params));
  const double per_item = ForMethod(settings.cost_per_item, method, -1.0);
  const double set = ForMethod(settings.cost, method, -1.0);
  double cost = 0;
  if (set >= 0) {
    cost = set;
  } else if (const auto range = settings.cost_range.find(method);
             range != settings.cost_range.end()) {
    cost = range->second.first +
           Draw(method) * (range->second.second - range->second.first);
  } else if (settings.documented_costs) {
    const double draw = Draw(method);
    cost = kOtherwise;
    for (const CostRange& known : kDocumented) {
      if (verb == known.verb) cost = known.from + draw * (known.to - known.from);
    }
    if (verb == kDocumentedElement.verb && per_item < 0) {
      cost = elements * (kDocumentedElement.from +
                         draw * (kDocumentedElement.to - kDocumentedElement.from));
    }
  }
  if (per_item > 0) cost += per_item * elements;
  if (settings.scan_cost_per_thousand > 0 && verb == "list" &&
      FiltersUnindexed(params)) {
    cost += settings.scan_cost_per_thousand * static_cast<double>(contacts) / 1000;
  }
  return cost;
}

bool FiltersUnindexed(const Json& params) {
  const Json* filter = FindIgnoringCase(params, "filter");
  bool found = false;
  ForEach(filter == nullptr ? Json::object() : *filter,
          [&](const std::string& key, const Json&) {
            std::string name = ToUpper(key);
            std::erase_if(name, [](char c) {
              return c < '0' || c > 'Z' || c == '@' || (c > '9' && c < 'A');
            });
            found = found || name.starts_with("UFCRM") ||
                    std::any_of(std::begin(kUnindexed), std::end(kUnindexed),
                                [&](const char* known) { return name == known; });
          });
  return found;
}

}  // namespace guestbridge::testing::bitrix24
