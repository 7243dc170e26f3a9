#include "tests/simulation/faults.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace guestbridge::simulation {
namespace {

constexpr const char* kNames[kFaultKinds] = {"reset-before",
                                             "reset-after",
                                             "half",
                                             "late",
                                             "too-late",
                                             "500-after",
                                             "html-before",
                                             "too-fast",
                                             "not-allowed",
                                             "error-after",
                                             "error-instead",
                                             "operating-limit",
                                             "broken-page",
                                             "filter-ignored",
                                             "portal-away",
                                             "portal-slow",
                                             "rights-hidden",
                                             "source-away",
                                             "server-away",
                                             "crash",
                                             "crash-in-commit",
                                             "pause",
                                             "source-unreachable",
                                             "write-busy",
                                             "write-not-kept",
                                             "write-answer-lost",
                                             "clock-jump",
                                             "ledger-restored",
                                             "ledger-lost",
                                             "takeover",
                                             "source-restored",
                                             "wrong-id",
                                             "token-expired",
                                             "refresh-lost",
                                             "token-revoked",
                                             "disk-full",
                                             "power-loss",
                                             "takeover-unnoticed",
                                             "ids-shifted"};

uint64_t SiteSeed(uint64_t seed, const FaultSite& site) {
  return Mix(Mix(Mix(seed, static_cast<uint64_t>(site.night)),
                 static_cast<uint64_t>(site.kind)),
             static_cast<uint64_t>(site.chance));
}

}  // namespace

const char* NameOf(FaultKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::string EncodeFaults(const std::vector<FaultSite>& sites) {
  return absl::StrJoin(sites, ",", [](std::string* out, const FaultSite& site) {
    absl::StrAppend(out, site.night, ":", NameOf(site.kind), ":", site.chance);
  });
}

absl::StatusOr<std::set<FaultKind>> DecodeKinds(absl::string_view text) {
  std::set<FaultKind> kinds;
  for (absl::string_view one : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const auto* const name = std::find(std::begin(kNames), std::end(kNames), one);
    if (name == std::end(kNames)) {
      return absl::InvalidArgumentError(absl::StrCat("no kind of fault: ", one));
    }
    kinds.insert(static_cast<FaultKind>(name - std::begin(kNames)));
  }
  return kinds;
}

absl::StatusOr<std::set<FaultSite>> DecodeFaults(absl::string_view text) {
  std::set<FaultSite> sites;
  for (absl::string_view one : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(one, ':');
    FaultSite site;
    const auto* const name =
        parts.size() == 3 ? std::find(std::begin(kNames), std::end(kNames), parts[1])
                          : std::end(kNames);
    if (name == std::end(kNames) || !absl::SimpleAtoi(parts[0], &site.night) ||
        !absl::SimpleAtoi(parts[2], &site.chance)) {
      return absl::InvalidArgumentError(
          absl::StrCat("not a fault (night:kind:number): ", one));
    }
    site.kind = static_cast<FaultKind>(name - std::begin(kNames));
    sites.insert(site);
  }
  return sites;
}

bool Faults::any_rate() const {
  return std::any_of(rates_.begin(), rates_.end(),
                     [](double rate) { return rate > 0; });
}

bool Faults::Strikes(FaultKind kind) {
  const auto index = static_cast<size_t>(kind);
  const FaultSite site{night_, kind, chances_[index]++};
  if (stopped_) return false;
  const bool strikes =
      replay_ ? only_.count(site) > 0
              : rates_[index] > 0 && Chance(SiteSeed(seed_, site)).Roll(rates_[index]);
  if (strikes) struck_.push_back(site);
  return strikes;
}

Chance Faults::Particulars() const {
  return Chance(Mix(SiteSeed(seed_, struck_.back()), 77));
}

}  // namespace guestbridge::simulation
