#include "sync-agent/pace/forecast.h"

#include <algorithm>
#include <cmath>

#include "absl/time/time.h"
#include "sync-agent/pace/request_sizer.h"

namespace guestbridge::agent {
namespace {

int CeilOf(int amount, int unit) { return (amount + unit - 1) / unit; }

// Requests grow from the first one to what takes the target time.
void CountRequests(const MethodWork& work, const PaceSettings& settings,
                   WorkForecast* forecast) {
  double most = settings.max_commands * work.contacts_per_command;
  int quick = 1;
  if (work.seconds_a_contact > 0) {
    const double target = absl::ToDoubleSeconds(settings.target_request_time);
    // The sizer takes a contact for twice as slow, until it knows better.
    quick = static_cast<int>(
        std::min(RequestSizer::kQuick * target / (2 * work.seconds_a_contact), most));
    most = std::clamp(std::floor(target / work.seconds_a_contact), 1.0, most);
  }
  int size = std::clamp(work.first_request, 1, static_cast<int>(most));
  for (int left = work.contacts; left > 0;) {
    if (size >= most) {
      size = static_cast<int>(most);
      forecast->requests += CeilOf(left, size);
      forecast->commands += CeilOf(left, work.contacts_per_command);
      return;
    }
    const int now = std::min(left, size);
    ++forecast->requests;
    forecast->commands += CeilOf(now, work.contacts_per_command);
    left -= now;
    size = std::max(2 * size, quick);
  }
}

// The limit's own bound: whole windows are waited for, the last part is not.
double OperatingSeconds(double work, double used, const PaceSettings& settings) {
  const double free = std::max(0.0, settings.operating_limit_seconds - used);
  if (work <= free) return 0;
  return absl::ToDoubleSeconds(settings.operating_window) *
         std::ceil((work - free) / settings.operating_limit_seconds);
}

}  // namespace

WorkForecast ForecastWork(absl::Span<const MethodWork> work, double bucket_free,
                          const PaceSettings& settings) {
  WorkForecast forecast;
  double execution = 0;
  double windows = 0;
  bool limited = false;
  for (const MethodWork& one : work) {
    if (one.contacts <= 0) continue;
    CountRequests(one, settings, &forecast);
    forecast.measured = forecast.measured && one.seconds_a_contact > 0;
    const double seconds = one.contacts * one.seconds_a_contact;
    execution += seconds;
    if (!one.charged) continue;
    limited = true;
    forecast.operating_seconds += seconds;
    windows =
        std::max(windows, OperatingSeconds(seconds, one.operating_used, settings));
  }
  // A box counts no requests.
  const double waiting =
      limited ? std::max(0.0, forecast.requests - std::max(0.0, bucket_free)) /
                    settings.bucket_drain_per_second
              : 0;
  forecast.seconds = std::max({waiting, windows, execution / settings.max_concurrency});
  return forecast;
}

}  // namespace guestbridge::agent
