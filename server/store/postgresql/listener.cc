#include "server/store/postgresql/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "server/store/sql_transaction.h"

namespace guestbridge::server {

RevisionListener::RevisionListener(const PostgresqlTarget& target,
                                   const PostgresqlOptions& options, const Clock& clock,
                                   std::function<void(int64_t)> seen)
    : target_(target),
      options_(options),
      clock_(clock),
      seen_(std::move(seen)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Listen(); }) {}

RevisionListener::~RevisionListener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void RevisionListener::Listen() {
  while (!Stopped()) {
    absl::StatusOr<std::unique_ptr<PostgresqlConnection>> connection =
        PostgresqlConnection::Open(target_, options_, clock_,
                                   clock_.Steady() + options_.call_timeout);
    const absl::Status ended =
        connection.ok() ? ListenOn(**connection) : connection.status();
    if (Stopped()) return;
    if (!away_) log::Warning("database_away", {{"error", ended}});
    away_ = true;
    if (Pause()) return;
  }
}

absl::Status RevisionListener::ListenOn(PostgresqlConnection& connection) {
  GB_RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("LISTEN ", kRevisionChannel)).status());
  while (!Stopped()) {
    GB_ASSIGN_OR_RETURN(const int64_t revision, StoredRevision(connection));
    if (std::exchange(away_, false)) log::Info("database_back");
    seen_(revision);
    GB_RETURN_IF_ERROR(connection.WaitForNotification(options_.poll_interval, stop_));
  }
  return absl::OkStatus();
}

bool RevisionListener::Pause() {
  pollfd stop = {stop_, POLLIN, 0};
  return poll(&stop, 1,
              static_cast<int>(absl::ToInt64Milliseconds(options_.poll_interval))) > 0;
}

bool RevisionListener::Stopped() const {
  pollfd stop = {stop_, POLLIN, 0};
  return poll(&stop, 1, 0) > 0;
}

}  // namespace guestbridge::server
