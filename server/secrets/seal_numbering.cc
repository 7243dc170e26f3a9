#include "server/secrets/seal_numbering.h"

#include <algorithm>

#include "common/log/log.h"

namespace guestbridge::server {

void SealNumbering::Tick() {
  if (keys_.numbered()) return;
  const absl::StatusOr<bool> older = older_run_();
  if (!older.ok() || *older) {
    gone_since_ = absl::InfiniteDuration();
    if (!told_ && older.ok()) log::Warning("older_servers_run");
    told_ = told_ || older.ok();
    return;
  }
  gone_since_ = std::min(gone_since_, clock_.Steady());
  if (clock_.Steady() - gone_since_ < quiet_) return;
  const absl::Status numbered = keys_.NumberSeals();
  if (!numbered.ok()) log::Warning("seals_not_numbered", {{"error", numbered}});
}

}  // namespace guestbridge::server
