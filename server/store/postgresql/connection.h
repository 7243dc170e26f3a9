#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/store/postgresql/error.h"
#include "server/store/postgresql/target.h"
#include "server/store/sql_session.h"

namespace guestbridge::server {

// One connection to PostgreSQL. Every wait for an answer is bounded, also when the
// server hangs. One thread at a time.
class PostgresqlConnection final : public SqlSession {
 public:
  // Tries the target's hosts in their order, each for at most `connect_timeout`, until
  // the steady time `deadline`. `target`, `options` and `clock` outlive it. Errors:
  // those of PostgresqlError (a standby is DATABASE_READ_ONLY),
  // DATABASE_BUSY while another process has the database alone, and
  // DATABASE_VERSION_UNSUPPORTED.
  static absl::StatusOr<std::unique_ptr<PostgresqlConnection>> Open(
      const PostgresqlTarget& target, const PostgresqlOptions& options,
      const Clock& clock, absl::Duration deadline);

  // From then on no answer is waited for beyond this steady time; at first: without
  // end. What is asked later fails, and the connection with it.
  void SetDeadline(absl::Duration deadline) { deadline_ = deadline; }

  // Prepares a statement when it is met first.
  absl::Status Run(absl::string_view sql, absl::Span<const SqlValue> values,
                   absl::FunctionRef<void(const SqlRow&)> row) override;
  using SqlSession::Run;

  // Statements without values and without rows. Returns the tag of the last one
  // ("COMMIT"; "ROLLBACK" for the COMMIT of a transaction that had failed).
  absl::StatusOr<std::string> Execute(const std::string& script);
  absl::StatusOr<std::string> Execute(const std::string& script,
                                      absl::Duration patience);

  // The first failure since ForgetFailure: a body may have passed over it, PostgreSQL
  // does not.
  PostgresqlFailure failure() const { return failure_; }
  const absl::Status& failure_status() const { return failure_status_; }
  void ForgetFailure();

  // Whether PostgreSQL has warned of something since ForgetWarning. With a COMMIT it
  // warns when it gave up to wait for a standby: the write may not be there.
  bool warned() const { return warned_; }
  void ForgetWarning() { warned_ = false; }

  // Not broken and not inside of a transaction.
  bool Idle() const;
  // Of an idle connection: nobody has closed it meanwhile, as far as can be known here.
  bool StillThere();

  // Until a notification, at most `timeout`, or until `wake` can be read. At once when
  // one has come since the last call.
  absl::Status WaitForNotification(absl::Duration timeout, int wake);

  // Keeps everybody else from the database until the end of the transaction. False:
  // others have it open.
  absl::StatusOr<bool> TakeAlone();

  // Who answers, by its own word.
  absl::StatusOr<int64_t> BackendPid();
  // True: what answers is not what was connected to.
  bool behind_pooler() const { return behind_pooler_; }

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Handle = std::unique_ptr<PGconn, Closer>;
  using Result = std::unique_ptr<PGresult, Closer>;

  PostgresqlConnection(Handle handle, const PostgresqlTarget& target,
                       const PostgresqlOptions& options, const Clock& clock,
                       absl::Duration deadline);
  static absl::StatusOr<std::unique_ptr<PostgresqlConnection>> OpenHost(
      const PostgresqlTarget& target, const PostgresqlHost& host,
      const PostgresqlOptions& options, const Clock& clock, absl::Duration deadline);
  absl::Status SetUp();
  // So that who wants the database alone notices.
  absl::Status ShareDatabase();
  // `self`: a PostgresqlConnection.
  static void TakeNotice(void* self, const PGresult* notice);
  absl::StatusOr<std::string> Prepared(absl::string_view sql, int values);
  // The answer to what has been sent.
  absl::StatusOr<Result> Await(absl::Duration patience);
  // True: there were some.
  bool DrainNotifications();
  absl::Status Fail(absl::string_view sqlstate, PostgresqlFailure failure);

  const PostgresqlTarget& target_;
  const PostgresqlOptions& options_;
  const Clock& clock_;
  const Handle handle_;
  absl::Duration deadline_;
  bool given_up_ = false;
  bool warned_ = false;
  bool behind_pooler_ = false;
  absl::flat_hash_map<std::string, std::string> prepared_;  // SQL -> name.
  PostgresqlFailure failure_ = PostgresqlFailure::kNone;
  absl::Status failure_status_;
};

}  // namespace guestbridge::server
