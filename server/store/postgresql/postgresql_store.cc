#include "server/store/postgresql/postgresql_store.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/postgresql/connection.h"
#include "server/store/postgresql/listener.h"
#include "server/store/postgresql/migrate.h"
#include "server/store/postgresql/pool.h"
#include "server/store/sql_store.h"

namespace guestbridge::server {
namespace {

// Conflicts don't happen among writers that take turns; connections do get lost.
constexpr int kAttempts = 3;
constexpr int kInquiryPauseMs = 50;
// How long others may take to go where the database is wanted alone.
constexpr absl::Duration kLeaving = absl::Seconds(1);
constexpr char kBeginWrite[] = "BEGIN ISOLATION LEVEL READ COMMITTED";

// Of a server's row that says which of its writes was the last.
constexpr char kWriter[] = "#writer/";
// No server is silent for so long and then asks after a write of before.
constexpr absl::Duration kWriterKept = absl::Hours(30 * 24);

// Until when (steady time) a call may do what.
struct CallDeadlines {
  absl::Duration work;
  absl::Duration commit;
  absl::Duration end;
};

enum class CommitFate { kCommitted, kAborted, kUnknown };

class PostgresqlBackend final : public SqlBackend {
 public:
  PostgresqlBackend(PostgresqlTarget target, PostgresqlOptions options,
                    const Clock& clock)
      : target_(std::move(target)),
        options_(options),
        clock_(clock),
        pool_(target_, options_, clock_) {}

  absl::Status Start();

  absl::Status Transact(absl::FunctionRef<absl::Status(SqlSession&)> body) override;
  absl::Status Snapshot(absl::FunctionRef<absl::Status(SqlSession&)> body) override;

  // Names the write at the same time, so that it can be asked after.
  absl::Status NotifyOthers(SqlSession& session) override {
    named_ = true;
    return session.Run(
        "WITH named AS (INSERT INTO sequences (name, value) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value)"
        " SELECT pg_notify($3, '') FROM named",
        {absl::string_view(writer_row_), write_, absl::string_view(kRevisionChannel)});
  }

  void Watch(std::function<void(int64_t)> seen) override {
    listener_ =
        std::make_unique<RevisionListener>(target_, options_, clock_, std::move(seen));
  }

 private:
  // What one attempt came to; `again`: nothing was written, and another may do better.
  struct Attempt {
    absl::Status status;
    bool again = false;
  };

  CallDeadlines Deadlines() const;
  absl::Status RefuseTransactionPooling(PostgresqlConnection& first,
                                        absl::Duration deadline);
  absl::StatusOr<PostgresqlPool::Lease> Begin(const std::string& statement,
                                              absl::Duration deadline);
  absl::StatusOr<PostgresqlPool::Lease> BeginOnLiving(const std::string& statement,
                                                      absl::Duration deadline);
  absl::Status TakeTurn(PostgresqlConnection& connection) const;
  Attempt TransactOnce(absl::FunctionRef<absl::Status(SqlSession&)> body,
                       const CallDeadlines& until);
  Attempt Commit(PostgresqlConnection& connection, const CallDeadlines& until);
  CommitFate AskFate(absl::Duration deadline);
  absl::StatusOr<bool> Landed(PostgresqlConnection& connection) const;
  Attempt AfterFailure(PostgresqlConnection& connection);

  const PostgresqlTarget target_;
  const PostgresqlOptions options_;
  const Clock& clock_;
  PostgresqlPool pool_;
  std::string writer_row_;
  // One writer of this process waits in the database, not each on a connection.
  std::timed_mutex writer_;
  // The attempt's number, above all before it, and whether it is in its transaction.
  int64_t write_ = 0;
  bool named_ = false;
  std::unique_ptr<RevisionListener> listener_;
};

CallDeadlines PostgresqlBackend::Deadlines() const {
  const absl::Duration now = clock_.Steady();
  const absl::Duration whole = options_.call_timeout;
  return {.work = now + whole * 0.6, .commit = now + whole * 0.8, .end = now + whole};
}

absl::Status PostgresqlBackend::Start() {
  const absl::Duration deadline = Deadlines().end;
  GB_ASSIGN_OR_RETURN(const PostgresqlPool::Lease first, pool_.Acquire(deadline));
  if (first->behind_pooler()) {
    GB_RETURN_IF_ERROR(RefuseTransactionPooling(*first, deadline));
  }
  GB_RETURN_IF_ERROR(first->Run(
      "SELECT gen_random_uuid()::text", {},
      [&](const SqlRow& row) { writer_row_ = absl::StrCat(kWriter, row.Text(0)); }));
  first->SetDeadline(absl::InfiniteDuration());
  GB_RETURN_IF_ERROR(MigratePostgresql(*first, target_.name).status());
  // Of servers that are no more. Where it can't be done it does no harm.
  first
      ->Run("DELETE FROM sequences WHERE name LIKE '#writer/%' AND value < $1",
            {absl::ToUnixMicros(clock_.Now() - kWriterKept)})
      .IgnoreError();
  return absl::OkStatus();
}

// Two connections to a pooler that lends for a transaction only share one of its own,
// or one gets another in mid-life; then LISTEN, prepared statements and time limits
// would end up with somebody else.
absl::Status PostgresqlBackend::RefuseTransactionPooling(PostgresqlConnection& first,
                                                         absl::Duration deadline) {
  GB_ASSIGN_OR_RETURN(const int64_t before, first.BackendPid());
  GB_ASSIGN_OR_RETURN(const PostgresqlPool::Lease second, pool_.Acquire(deadline));
  GB_RETURN_IF_ERROR(second->Execute("BEGIN").status());
  GB_ASSIGN_OR_RETURN(const int64_t other, second->BackendPid());
  GB_ASSIGN_OR_RETURN(const int64_t after, first.BackendPid());
  GB_RETURN_IF_ERROR(second->Execute("ROLLBACK").status());
  if (before == after && before != other) return absl::OkStatus();
  return MakeError("DATABASE_POOLER_UNSUPPORTED", {{"database", target_.name}});
}

absl::StatusOr<PostgresqlPool::Lease> PostgresqlBackend::Begin(
    const std::string& statement, absl::Duration deadline) {
  const absl::Duration leaving = clock_.Steady() + kLeaving;
  while (true) {
    GB_ASSIGN_OR_RETURN(PostgresqlPool::Lease connection,
                        BeginOnLiving(statement, deadline));
    if (!options_.alone) return connection;
    GB_ASSIGN_OR_RETURN(const bool alone, connection->TakeAlone());
    if (alone) return connection;
    // From the beginning: what others do meanwhile must be seen.
    connection->Execute("ROLLBACK").status().IgnoreError();
    if (clock_.Steady() >= leaving) break;
    poll(nullptr, 0, kInquiryPauseMs);
  }
  return MakeError("DATABASE_BUSY", {{"file", target_.name}});
}

// A connection of the pool may have died unnoticed: that is no reason to fail.
absl::StatusOr<PostgresqlPool::Lease> PostgresqlBackend::BeginOnLiving(
    const std::string& statement, absl::Duration deadline) {
  absl::Status problem;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    GB_ASSIGN_OR_RETURN(PostgresqlPool::Lease connection, pool_.Acquire(deadline));
    connection->ForgetFailure();
    problem = connection->Execute(statement, options_.reuse_timeout).status();
    if (problem.ok()) return connection;
    if (connection->failure() != PostgresqlFailure::kLost &&
        connection->failure() != PostgresqlFailure::kTimedOut) {
      break;
    }
    pool_.DropIdle();
  }
  return problem;
}

absl::Status PostgresqlBackend::Snapshot(
    absl::FunctionRef<absl::Status(SqlSession&)> body) {
  GB_ASSIGN_OR_RETURN(
      const PostgresqlPool::Lease connection,
      Begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", Deadlines().end));
  const absl::Status status = body(*connection);
  if (connection->failure() != PostgresqlFailure::kNone) {
    return connection->failure_status();
  }
  // What was read was read; a connection that can't end it is closed.
  connection->Execute("ROLLBACK").status().IgnoreError();
  return status;
}

absl::Status PostgresqlBackend::Transact(
    absl::FunctionRef<absl::Status(SqlSession&)> body) {
  const CallDeadlines until = Deadlines();
  const std::unique_lock<std::timed_mutex> turn(
      writer_, absl::ToChronoNanoseconds(
                   std::min(options_.lock_timeout, options_.call_timeout)));
  if (!turn.owns_lock()) return PostgresqlError("55P03", target_.name);
  Attempt attempt;
  for (int tried = 0; tried < kAttempts; ++tried) {
    attempt = TransactOnce(body, until);
    if (!attempt.again || clock_.Steady() >= until.work) break;
  }
  return attempt.status;
}

// Whoever holds the row of the revision is the only writer, so what it reads stays as
// it is and revisions are in the order of commits. READ COMMITTED: each statement sees
// what the writer before has committed.
absl::Status PostgresqlBackend::TakeTurn(PostgresqlConnection& connection) const {
  bool found = false;
  GB_RETURN_IF_ERROR(
      connection.Run("SELECT value FROM sequences WHERE name = '#revision' FOR UPDATE",
                     {}, [&](const SqlRow&) { found = true; }));
  if (found) return absl::OkStatus();
  return MakeError("DATABASE_CORRUPT", {{"file", target_.name}});
}

PostgresqlBackend::Attempt PostgresqlBackend::TransactOnce(
    absl::FunctionRef<absl::Status(SqlSession&)> body, const CallDeadlines& until) {
  absl::StatusOr<PostgresqlPool::Lease> connection = Begin(kBeginWrite, until.work);
  if (!connection.ok()) return {connection.status()};
  PostgresqlConnection& session = **connection;
  // Above what other attempts had, and a time, so that old rows can be told.
  write_ = std::max(write_ + 1, absl::ToUnixMicros(clock_.Now()));
  named_ = false;
  absl::Status status = TakeTurn(session);
  if (status.ok()) status = body(session);
  if (session.failure() != PostgresqlFailure::kNone) return AfterFailure(session);
  if (status.ok()) return Commit(session, until);
  session.Execute("ROLLBACK").status().IgnoreError();
  return {status};
}

PostgresqlBackend::Attempt PostgresqlBackend::AfterFailure(
    PostgresqlConnection& connection) {
  Attempt attempt{connection.failure_status()};
  attempt.again = connection.failure() == PostgresqlFailure::kConflict ||
                  connection.failure() == PostgresqlFailure::kLost;
  // So are the others of this time.
  if (ReasonOf(attempt.status) == "DATABASE_READ_ONLY") pool_.DropIdle();
  // One that is lost has rolled back by itself.
  connection.Execute("ROLLBACK").status().IgnoreError();
  return attempt;
}

PostgresqlBackend::Attempt PostgresqlBackend::Commit(PostgresqlConnection& connection,
                                                     const CallDeadlines& until) {
  connection.SetDeadline(until.commit);
  connection.ForgetWarning();
  // No statement_timeout ends it: PostgreSQL has stopped that clock by then.
  const absl::StatusOr<std::string> tag =
      connection.Execute("COMMIT", absl::InfiniteDuration());
  const bool committed = tag.ok() && *tag == "COMMIT";
  if (tag.ok() && !committed) {
    return {MakeError("DATABASE_FAILED", {{"file", target_.name}, {"code", *tag}})};
  }
  if (connection.failure() == PostgresqlFailure::kStatement ||
      connection.failure() == PostgresqlFailure::kConflict) {
    return AfterFailure(connection);
  }
  // The second: there was nothing to be saved.
  if ((committed && !connection.warned()) || !named_) return {absl::OkStatus()};
  const absl::Status unknown =
      MakeError("DATABASE_COMMIT_UNKNOWN", {{"database", target_.name}});
  switch (AskFate(std::min(until.end, clock_.Steady() + options_.commit_inquiry))) {
    case CommitFate::kCommitted:
      return {absl::OkStatus()};
    case CommitFate::kAborted:
      return {committed ? unknown : connection.failure_status(), /*again=*/true};
    case CommitFate::kUnknown:
      break;
  }
  return {unknown};
}

CommitFate PostgresqlBackend::AskFate(absl::Duration deadline) {
  do {
    const absl::StatusOr<std::unique_ptr<PostgresqlConnection>> connection =
        PostgresqlConnection::Open(target_, options_, clock_, deadline);
    if (connection.ok()) {
      (*connection)->SetDeadline(deadline);
      const absl::StatusOr<bool> landed = Landed(**connection);
      if (landed.ok()) return *landed ? CommitFate::kCommitted : CommitFate::kAborted;
    }
    // Away, or its end of the lost connection has not noticed yet.
    poll(nullptr, 0, kInquiryPauseMs);
  } while (clock_.Steady() < deadline);
  return CommitFate::kUnknown;
}

// Once the turn is ours the lost transaction is over, and its row is there or not. The
// number of a transaction would not do: after a crash it may be another's. The COMMIT
// waits for the standbys that PostgreSQL waits for, and so for what was written before.
absl::StatusOr<bool> PostgresqlBackend::Landed(PostgresqlConnection& connection) const {
  GB_RETURN_IF_ERROR(connection.Execute(kBeginWrite).status());
  GB_RETURN_IF_ERROR(TakeTurn(connection));
  int64_t last = 0;
  GB_RETURN_IF_ERROR(connection.Run("SELECT value FROM sequences WHERE name = $1",
                                    {absl::string_view(writer_row_)},
                                    [&](const SqlRow& row) { last = row.Int(0); }));
  connection.ForgetWarning();
  GB_RETURN_IF_ERROR(connection.Execute("COMMIT", absl::InfiniteDuration()).status());
  if (connection.warned()) return PostgresqlError("57014", target_.name);
  return last == write_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqlBackend>> OpenPostgresqlBackend(
    PostgresqlTarget target, PostgresqlOptions options, const Clock& clock) {
  auto backend = std::make_unique<PostgresqlBackend>(std::move(target), options, clock);
  GB_RETURN_IF_ERROR(backend->Start());
  return backend;
}

absl::StatusOr<std::unique_ptr<Store>> OpenPostgresqlStore(PostgresqlTarget target,
                                                           PostgresqlOptions options,
                                                           const Clock& clock) {
  GB_ASSIGN_OR_RETURN(std::unique_ptr<SqlBackend> backend,
                      OpenPostgresqlBackend(std::move(target), options, clock));
  return OpenSqlStore(std::move(backend), SystemRandom(), clock);
}

absl::StatusOr<int> MigratePostgresql(const PostgresqlTarget& target,
                                      const Clock& clock) {
  const PostgresqlOptions options;
  GB_ASSIGN_OR_RETURN(
      const auto connection,
      PostgresqlConnection::Open(target, options, clock,
                                 clock.Steady() + options.call_timeout));
  return MigratePostgresql(*connection, target.name);
}

}  // namespace guestbridge::server
