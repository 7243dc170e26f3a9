#include "server/store/postgresql/postgresql_store.h"

#include <poll.h>

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

// A transaction that writes, as PostgreSQL knows it.
struct WriteTransaction {
  std::string id;
  std::string timeline;
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

  absl::Status NotifyOthers(SqlSession& session) override {
    return session.Run("SELECT pg_notify($1, '')",
                       {absl::string_view(kRevisionChannel)});
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

  absl::Status RefuseTransactionPooling(PostgresqlConnection& first);
  absl::StatusOr<PostgresqlPool::Lease> Begin(const std::string& statement);
  Attempt TransactOnce(absl::FunctionRef<absl::Status(SqlSession&)> body);
  Attempt Commit(PostgresqlConnection& connection, const WriteTransaction& transaction);
  CommitFate AskFate(const WriteTransaction& transaction);
  Attempt AfterFailure(PostgresqlConnection& connection) const;

  const PostgresqlTarget target_;
  const PostgresqlOptions options_;
  const Clock& clock_;
  PostgresqlPool pool_;
  // One writer of this process waits in the database, not each on a connection.
  std::timed_mutex writer_;
  std::unique_ptr<RevisionListener> listener_;
};

absl::Status PostgresqlBackend::Start() {
  GB_ASSIGN_OR_RETURN(const PostgresqlPool::Lease first, pool_.Acquire());
  if (first->behind_pooler()) GB_RETURN_IF_ERROR(RefuseTransactionPooling(*first));
  return MigratePostgresql(*first, target_.name).status();
}

// Two connections to a pooler that lends for a transaction only share one of its own,
// or one gets another in mid-life; then LISTEN, prepared statements and time limits
// would end up with somebody else.
absl::Status PostgresqlBackend::RefuseTransactionPooling(PostgresqlConnection& first) {
  GB_ASSIGN_OR_RETURN(const int64_t before, first.BackendPid());
  GB_ASSIGN_OR_RETURN(const PostgresqlPool::Lease second, pool_.Acquire());
  GB_RETURN_IF_ERROR(second->Execute("BEGIN").status());
  GB_ASSIGN_OR_RETURN(const int64_t other, second->BackendPid());
  GB_ASSIGN_OR_RETURN(const int64_t after, first.BackendPid());
  GB_RETURN_IF_ERROR(second->Execute("ROLLBACK").status());
  if (before == after && before != other) return absl::OkStatus();
  return MakeError("DATABASE_POOLER_UNSUPPORTED", {{"database", target_.name}});
}

// A connection of the pool may have died unnoticed: that is no reason to fail.
absl::StatusOr<PostgresqlPool::Lease> PostgresqlBackend::Begin(
    const std::string& statement) {
  absl::Status problem;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    GB_ASSIGN_OR_RETURN(PostgresqlPool::Lease connection, pool_.Acquire());
    connection->ForgetFailure();
    problem = connection->Execute(statement).status();
    if (problem.ok()) return connection;
    if (connection->failure() != PostgresqlFailure::kLost) break;
  }
  return problem;
}

absl::Status PostgresqlBackend::Snapshot(
    absl::FunctionRef<absl::Status(SqlSession&)> body) {
  GB_ASSIGN_OR_RETURN(const PostgresqlPool::Lease connection,
                      Begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
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
  const std::unique_lock<std::timed_mutex> turn(
      writer_, absl::ToChronoNanoseconds(options_.lock_timeout));
  if (!turn.owns_lock()) return PostgresqlError("55P03", target_.name);
  Attempt attempt;
  for (int tried = 0; tried < kAttempts; ++tried) {
    attempt = TransactOnce(body);
    if (!attempt.again) break;
  }
  return attempt.status;
}

PostgresqlBackend::Attempt PostgresqlBackend::TransactOnce(
    absl::FunctionRef<absl::Status(SqlSession&)> body) {
  // Whoever holds the row of the revision is the only writer, so what it reads stays as
  // it is and revisions are in the order of commits. READ COMMITTED: each statement
  // sees what the writer before has committed.
  absl::StatusOr<PostgresqlPool::Lease> connection =
      Begin("BEGIN ISOLATION LEVEL READ COMMITTED");
  if (!connection.ok()) return {connection.status()};
  PostgresqlConnection& session = **connection;
  WriteTransaction transaction;
  transaction.timeline = session.timeline();
  const absl::Status locked = session.Run(
      "SELECT pg_current_xact_id()::text FROM sequences WHERE name = '#revision'"
      " FOR UPDATE",
      {}, [&](const SqlRow& row) { transaction.id = row.Text(0); });
  if (!locked.ok()) return AfterFailure(session);
  if (transaction.id.empty()) {
    return {MakeError("DATABASE_CORRUPT", {{"file", target_.name}})};
  }
  const absl::Status status = body(session);
  if (session.failure() != PostgresqlFailure::kNone) return AfterFailure(session);
  if (status.ok()) return Commit(session, transaction);
  session.Execute("ROLLBACK").status().IgnoreError();
  return {status};
}

PostgresqlBackend::Attempt PostgresqlBackend::AfterFailure(
    PostgresqlConnection& connection) const {
  Attempt attempt{connection.failure_status()};
  attempt.again = connection.failure() == PostgresqlFailure::kConflict ||
                  connection.failure() == PostgresqlFailure::kLost;
  // One that is lost has rolled back by itself.
  connection.Execute("ROLLBACK").status().IgnoreError();
  return attempt;
}

PostgresqlBackend::Attempt PostgresqlBackend::Commit(
    PostgresqlConnection& connection, const WriteTransaction& transaction) {
  const absl::StatusOr<std::string> tag = connection.Execute("COMMIT");
  if (tag.ok() && *tag == "COMMIT") return {absl::OkStatus()};
  if (tag.ok()) {
    return {MakeError("DATABASE_FAILED", {{"file", target_.name}, {"code", *tag}})};
  }
  if (connection.failure() == PostgresqlFailure::kStatement ||
      connection.failure() == PostgresqlFailure::kConflict) {
    return AfterFailure(connection);
  }
  switch (AskFate(transaction)) {
    case CommitFate::kCommitted:
      return {absl::OkStatus()};
    case CommitFate::kAborted:
      return {connection.failure_status(), /*again=*/true};
    case CommitFate::kUnknown:
      break;
  }
  return {MakeError("DATABASE_COMMIT_UNKNOWN", {{"database", target_.name}})};
}

CommitFate PostgresqlBackend::AskFate(const WriteTransaction& transaction) {
  const absl::Duration deadline = clock_.Steady() + options_.commit_inquiry;
  do {
    const absl::StatusOr<std::unique_ptr<PostgresqlConnection>> connection =
        PostgresqlConnection::Open(target_, options_, clock_);
    if (connection.ok()) {
      // After a failover the number may be another transaction's.
      if (transaction.timeline.empty() ||
          (*connection)->timeline() != transaction.timeline) {
        return CommitFate::kUnknown;
      }
      std::string fate;
      const absl::Status asked =
          (*connection)
              ->Run("SELECT pg_xact_status($1::xid8)",
                    {absl::string_view(transaction.id)},
                    [&](const SqlRow& row) { fate = row.Text(0); });
      if (fate == "committed") return CommitFate::kCommitted;
      if (fate == "aborted") return CommitFate::kAborted;
      // A number that it does not know, or no more.
      if ((asked.ok() && fate.empty()) ||
          (*connection)->failure() == PostgresqlFailure::kStatement) {
        return CommitFate::kUnknown;
      }
    }
    // Away, or its end of the lost connection has not noticed yet.
    poll(nullptr, 0, kInquiryPauseMs);
  } while (clock_.Steady() < deadline);
  return CommitFate::kUnknown;
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
  return OpenSqlStore(std::move(backend));
}

absl::StatusOr<int> MigratePostgresql(const PostgresqlTarget& target,
                                      const Clock& clock) {
  const PostgresqlOptions options;
  GB_ASSIGN_OR_RETURN(const auto connection,
                      PostgresqlConnection::Open(target, options, clock));
  return MigratePostgresql(*connection, target.name);
}

}  // namespace guestbridge::server
