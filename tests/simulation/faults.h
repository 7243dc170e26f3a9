#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/simulation/chance.h"

namespace guestbridge::simulation {

enum class FaultKind {
  // one request to the portal
  kResetBefore,  // never arrives
  kResetAfter,   // carried out, answer lost
  kHalf,         // the first part is carried out, answer lost
  kLate,     // given up; carried out up to the settle time after it left, or half of it
  kTooLate,  // given up; carried out when the settle time is over: A1 is broken
  kInternalErrorAfter,  // 500 although carried out
  kHtmlBefore,          // a gateway's page; nothing carried out
  kTooFast,             // 503 as JSON
  kNotAllowed,          // the token is refused, and remains so
  // one command of a request
  kErrorAfter,      // ERROR_CORE although carried out
  kErrorInstead,    // ERROR_CORE, not carried out
  kOperatingLimit,  // from this command on
  kBrokenPage,      // a list whose rows don't all parse
  kFilterIgnored,   // a list that was not filtered
  // a night, for a while
  kPortalAway,
  kPortalSlow,
  kRightsHidden,  // the user sees no contacts
  kSourceAway,
  kServerAway,
  // one event of the agent
  kCrash,
  kCrashInCommit,  // between two commits of the ledger
  kPause,          // the process stands still
  // one call of 1C
  kSourceUnreachable,
  kWriteBusy,
  kWriteNotKept,
  kWriteAnswerLost,
  // a night
  kClockJump,
  kLedgerRestored,  // an old copy is put back
  kLedgerLost,
  kTakeover,  // another agent is put in charge while this one works
  kSourceRestored,
  // --- drawn after all else of a scenario, so that older seeds keep their worlds ---
  // one command of a request
  kWrongId,  // carried out, and answered with another contact's ID, or an absurd one
  // one request of an application
  kTokenExpired,  // the access token ends before its time, in the middle of a batch
  // one refresh of the tokens
  kRefreshLost,  // its answer is lost
  // a night, for a while
  kTokenRevoked,  // nothing refreshes it until a person enters a new one
  kDiskFull,      // under the ledger
  // one event of the agent
  kPowerLoss,  // the machine stops between two writes; what was not synced is lost
  // a night
  kTakeoverUnnoticed,  // … which stands still, and wakes up when the other has begun
  // one request to the portal
  kIdsShifted,  // each new contact is told as the one beside it
  kEnd,
};
inline constexpr size_t kFaultKinds = static_cast<size_t>(FaultKind::kEnd);

const char* NameOf(FaultKind kind);
// Of names with commas between them.
absl::StatusOr<std::set<FaultKind>> DecodeKinds(absl::string_view text);

// One fault, as data: the n-th chance of its kind in a night.
struct FaultSite {
  int night = 0;
  FaultKind kind = FaultKind::kEnd;
  int chance = 0;
  auto operator<=>(const FaultSite&) const = default;
};
std::string EncodeFaults(const std::vector<FaultSite>& sites);
absl::StatusOr<std::set<FaultSite>> DecodeFaults(absl::string_view text);

// Which faults strike. Each chance is judged by itself, from seed, night, kind and
// number: leaving one out leaves the others where they are.
class Faults {
 public:
  using Rates = std::array<double, kFaultKinds>;

  Faults(uint64_t seed, const Rates& rates) : seed_(seed), rates_(rates) {}
  // Only these strike.
  void ReplayOnly(std::set<FaultSite> sites) {
    replay_ = true;
    only_ = std::move(sites);
  }
  void BeginNight(int night) {
    night_ = night;
    chances_.fill(0);
  }
  // No fault strikes any more.
  void Stop() { stopped_ = true; }

  bool Strikes(FaultKind kind);
  // Chance for the particulars of the fault that struck last.
  Chance Particulars() const;

  bool any() const { return replay_ ? !only_.empty() : any_rate(); }
  const std::vector<FaultSite>& struck() const { return struck_; }

 private:
  bool any_rate() const;

  uint64_t seed_;
  Rates rates_;
  bool replay_ = false;
  bool stopped_ = false;
  std::set<FaultSite> only_;
  int night_ = 0;
  std::array<int, kFaultKinds> chances_ = {};
  std::vector<FaultSite> struck_;
};

}  // namespace guestbridge::simulation
