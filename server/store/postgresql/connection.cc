#include "server/store/postgresql/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {
namespace {

constexpr int kOldestVersion = 150000;
// Of the database's one lock: all connections share it. Any number will do that nobody
// else takes.
// The other tells from servers that do not know of numbered seals (older_servers.cc);
// it comes first, so that nobody is taken for one.
constexpr char kShare[] =
    "SELECT (pg_try_advisory_lock_shared(7167043) AND"
    " pg_try_advisory_lock_shared(7167042))::int";
constexpr char kTakeAlone[] = "SELECT pg_try_advisory_xact_lock(7167042)::int";
// A session that was closed here may take so long to go there.
constexpr absl::Duration kLeaving = absl::Seconds(1);
constexpr int kLeavingLookMs = 50;
constexpr char kReadOnly[] = "25006";  // The SQLSTATE of a write where none may be.
// What the client waits beyond statement_timeout: a server that hangs tells nothing.
constexpr absl::Duration kBeyondTimeout = absl::Seconds(2);

void Ignore(void*, const PGresult*) {}

int PollMilliseconds(absl::Duration wait) {
  const absl::Duration bounded = std::clamp(wait, absl::ZeroDuration(), absl::Hours(1));
  return static_cast<int>(absl::ToInt64Milliseconds(bounded + absl::Milliseconds(1) -
                                                    absl::Nanoseconds(1)));
}

// Binary columns: numbers are big-endian, text and bytes as they are.
class ResultRow final : public SqlRow {
 public:
  ResultRow(const PGresult* result, int row) : result_(result), row_(row) {}

  int64_t Int(int column) const override {
    uint64_t value = 0;
    for (const char c : Bytes(column)) value = value << 8 | static_cast<uint8_t>(c);
    // A short number keeps its sign.
    const int unused = 64 - 8 * static_cast<int>(Bytes(column).size());
    if (unused <= 0 || unused == 64) return static_cast<int64_t>(value);
    return static_cast<int64_t>(value << unused) >> unused;
  }
  std::string Text(int column) const override { return std::string(Bytes(column)); }

 private:
  absl::string_view Bytes(int column) const {
    return absl::string_view(PQgetvalue(result_, row_, column),
                             static_cast<size_t>(PQgetlength(result_, row_, column)));
  }

  const PGresult* result_;
  const int row_;
};

// With PQERRORS_SQLSTATE an error of the server ends with it, and one of the client
// does not look like that. Empty: no answer of a server.
std::string StateOfConnectError(const PGconn* connection) {
  const absl::string_view message =
      absl::StripAsciiWhitespace(PQerrorMessage(connection));
  if (message.size() < 6 || message[message.size() - 6] != ' ') return "";
  const absl::string_view last = message.substr(message.size() - 5);
  for (const char c : last) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) &&
        !absl::ascii_isupper(static_cast<unsigned char>(c))) {
      return "";
    }
  }
  return std::string(last);
}

struct ConnectParameters {
  std::vector<const char*> keywords;
  std::vector<const char*> values;

  void Add(const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
};

// Until it is connected, has failed or `deadline` has come.
bool AwaitConnected(PGconn* connection, absl::Duration deadline, const Clock& clock) {
  // Refused at once, it has no socket to wait on.
  PostgresPollingStatusType state = PQstatus(connection) == CONNECTION_BAD
                                        ? PGRES_POLLING_FAILED
                                        : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_WRITING || state == PGRES_POLLING_READING) {
    const absl::Duration left = deadline - clock.Steady();
    if (left <= absl::ZeroDuration()) return false;
    pollfd socket = {
        PQsocket(connection),
        static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (poll(&socket, 1, PollMilliseconds(left)) < 0 && errno != EINTR) return false;
    if (socket.revents != 0) state = PQconnectPoll(connection);
  }
  return state == PGRES_POLLING_OK;
}

}  // namespace

PostgresqlConnection::PostgresqlConnection(Handle handle,
                                           const PostgresqlTarget& target,
                                           const PostgresqlOptions& options,
                                           const Clock& clock, absl::Duration deadline)
    : target_(target),
      options_(options),
      clock_(clock),
      handle_(std::move(handle)),
      deadline_(deadline) {}

absl::StatusOr<std::unique_ptr<PostgresqlConnection>> PostgresqlConnection::Open(
    const PostgresqlTarget& target, const PostgresqlOptions& options,
    const Clock& clock, absl::Duration deadline) {
  absl::Status problem = PostgresqlError("", target.name);
  for (const PostgresqlHost& host : target.hosts) {
    const absl::Duration turn =
        std::min(deadline, clock.Steady() + options.connect_timeout);
    absl::StatusOr<std::unique_ptr<PostgresqlConnection>> opened =
        OpenHost(target, host, options, clock, turn);
    if (opened.ok()) {
      (*opened)->SetDeadline(absl::InfiniteDuration());
      return opened;
    }
    // Who answered knows more than who did not.
    if (ReasonOf(opened.status()) != "DATABASE_UNREACHABLE") problem = opened.status();
  }
  return problem;
}

absl::StatusOr<std::unique_ptr<PostgresqlConnection>> PostgresqlConnection::OpenHost(
    const PostgresqlTarget& target, const PostgresqlHost& host,
    const PostgresqlOptions& options, const Clock& clock, absl::Duration deadline) {
  ConnectParameters parameters;
  parameters.Add("dbname", target.url.Reveal().c_str());
  if (!host.name.empty()) {
    parameters.Add("host", host.name.c_str());
    parameters.Add("port", host.port.c_str());
    // SetUp looks for the primary, and says what it found instead.
    parameters.Add("target_session_attrs", "any");
  }
  if (!target.password.empty()) {
    parameters.Add("password", target.password.Reveal().c_str());
  }
  parameters.Add("fallback_application_name", "guestbridge-server");
  parameters.Add("client_encoding", "UTF8");
  // A host that went away without a word is noticed within half a minute where nothing
  // is sent, and in seconds where something is.
  parameters.Add("keepalives_idle", "10");
  parameters.Add("keepalives_interval", "5");
  parameters.Add("keepalives_count", "3");
  parameters.Add("tcp_user_timeout", "5000");
  parameters.Add(nullptr, nullptr);
  Handle handle(PQconnectStartParams(parameters.keywords.data(),
                                     parameters.values.data(), /*expand_dbname=*/1));
  if (handle == nullptr) return PostgresqlError("", target.name);
  // Only so the server's answer keeps its SQLSTATE; its words may be in any language.
  PQsetErrorVerbosity(handle.get(), PQERRORS_SQLSTATE);
  PQsetNoticeReceiver(handle.get(), Ignore, nullptr);
  if (!AwaitConnected(handle.get(), deadline, clock)) {
    std::string why = StateOfConnectError(handle.get());
    if (why.empty() && PQconnectionNeedsPassword(handle.get()) == 1) why = "28P01";
    return PostgresqlError(why, target.name);
  }
  std::unique_ptr<PostgresqlConnection> connection(
      new PostgresqlConnection(std::move(handle), target, options, clock, deadline));
  GB_RETURN_IF_ERROR(connection->SetUp());
  return connection;
}

absl::Status PostgresqlConnection::SetUp() {
  PGconn* const handle = handle_.get();
  PQsetNoticeReceiver(handle, TakeNotice, this);
  const int version = PQserverVersion(handle);
  if (version < kOldestVersion) {
    return MakeError(
        "DATABASE_VERSION_UNSUPPORTED",
        {{"database", target_.name}, {"version", absl::StrCat(version / 10000)}});
  }
  if (PQsetnonblocking(handle, 1) != 0) return Fail("", PostgresqlFailure::kLost);
  GB_RETURN_IF_ERROR(
      Execute(
          absl::StrCat(
              "SET client_min_messages = warning; SET statement_timeout = ",
              absl::ToInt64Milliseconds(options_.statement_timeout),
              "; SET lock_timeout = ", absl::ToInt64Milliseconds(options_.lock_timeout),
              "; SET idle_in_transaction_session_timeout = ",
              absl::ToInt64Milliseconds(options_.idle_in_transaction_timeout)))
          .status());
  // What a standby shows may be old, and it takes no write.
  bool standby = false;
  GB_RETURN_IF_ERROR(Run("SELECT pg_is_in_recovery()::int", {},
                         [&](const SqlRow& row) { standby = row.Int(0) != 0; }));
  if (standby) return PostgresqlError(kReadOnly, target_.name);
  // Never less than the disk; what the operator asks beyond that stays.
  GB_RETURN_IF_ERROR(
      Run("SELECT set_config('synchronous_commit', 'on', false)"
          " WHERE current_setting('synchronous_commit') IN ('off', 'local')",
          {}));
  GB_ASSIGN_OR_RETURN(const int64_t pid, BackendPid());
  behind_pooler_ = pid != PQbackendPID(handle);
  return options_.alone ? absl::OkStatus() : ShareDatabase();
}

absl::Status PostgresqlConnection::ShareDatabase() {
  const absl::Duration deadline = std::min(deadline_, clock_.Steady() + kLeaving);
  while (true) {
    bool shared = false;
    GB_RETURN_IF_ERROR(
        Run(kShare, {}, [&](const SqlRow& row) { shared = row.Int(0) != 0; }));
    if (shared) return absl::OkStatus();
    if (clock_.Steady() >= deadline) break;
    poll(nullptr, 0, kLeavingLookMs);
  }
  return MakeError("DATABASE_BUSY", {{"file", target_.name}});
}

absl::StatusOr<bool> PostgresqlConnection::TakeAlone() {
  bool alone = false;
  GB_RETURN_IF_ERROR(
      Run(kTakeAlone, {}, [&](const SqlRow& row) { alone = row.Int(0) != 0; }));
  return alone;
}

// Its words may be in any language, and it has no SQLSTATE of its own.
void PostgresqlConnection::TakeNotice(void* self, const PGresult* notice) {
  const char* const severity =
      PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && absl::string_view(severity) == "WARNING") {
    static_cast<PostgresqlConnection*>(self)->warned_ = true;
  }
}

absl::StatusOr<int64_t> PostgresqlConnection::BackendPid() {
  int64_t pid = 0;
  GB_RETURN_IF_ERROR(
      Run("SELECT pg_backend_pid()", {}, [&](const SqlRow& row) { pid = row.Int(0); }));
  return pid;
}

absl::Status PostgresqlConnection::Run(absl::string_view sql,
                                       absl::Span<const SqlValue> values,
                                       absl::FunctionRef<void(const SqlRow&)> row) {
  GB_ASSIGN_OR_RETURN(const std::string name,
                      Prepared(sql, static_cast<int>(values.size())));
  std::vector<std::string> owned(values.size());
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto* const blob = std::get_if<Blob>(&values[i]);
    if (const auto* const number = std::get_if<int64_t>(&values[i])) {
      owned[i] = absl::StrCat(*number);
    } else if (blob != nullptr) {
      owned[i] = std::string(blob->bytes);
    } else {
      owned[i] = std::string(std::get<absl::string_view>(values[i]));
    }
    bytes.push_back(owned[i].c_str());
    lengths.push_back(static_cast<int>(owned[i].size()));
    formats.push_back(blob == nullptr ? 0 : 1);
  }
  if (given_up_ ||
      PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(values.size()),
                          bytes.data(), lengths.data(), formats.data(),
                          /*resultFormat=*/1) == 0) {
    return Fail("", PostgresqlFailure::kLost);
  }
  GB_ASSIGN_OR_RETURN(const Result result,
                      Await(options_.statement_timeout + kBeyondTimeout));
  for (int i = 0; i < PQntuples(result.get()); ++i) row(ResultRow(result.get(), i));
  return absl::OkStatus();
}

absl::StatusOr<std::string> PostgresqlConnection::Prepared(absl::string_view sql,
                                                           int values) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  const std::string name = absl::StrCat("guestbridge_", prepared_.size());
  if (given_up_ || PQsendPrepare(handle_.get(), name.c_str(), std::string(sql).c_str(),
                                 values, nullptr) == 0) {
    return Fail("", PostgresqlFailure::kLost);
  }
  GB_RETURN_IF_ERROR(Await(options_.statement_timeout + kBeyondTimeout).status());
  prepared_.emplace(std::string(sql), name);
  return name;
}

absl::StatusOr<std::string> PostgresqlConnection::Execute(const std::string& script) {
  return Execute(script, options_.statement_timeout + kBeyondTimeout);
}

absl::StatusOr<std::string> PostgresqlConnection::Execute(const std::string& script,
                                                          absl::Duration patience) {
  if (given_up_ || PQsendQuery(handle_.get(), script.c_str()) == 0) {
    return Fail("", PostgresqlFailure::kLost);
  }
  GB_ASSIGN_OR_RETURN(const Result result, Await(patience));
  return std::string(PQcmdStatus(result.get()));
}

absl::StatusOr<PostgresqlConnection::Result> PostgresqlConnection::Await(
    absl::Duration patience) {
  PGconn* const handle = handle_.get();
  const absl::Duration deadline = std::min(deadline_, clock_.Steady() + patience);
  Result kept;
  bool failed = false;
  while (true) {
    int unsent = PQflush(handle);
    while (unsent == 1 || PQisBusy(handle) == 1) {
      const absl::Duration left = deadline - clock_.Steady();
      if (left <= absl::ZeroDuration()) {
        return Fail("57014", PostgresqlFailure::kTimedOut);
      }
      pollfd socket = {PQsocket(handle),
                       static_cast<short>(unsent == 1 ? POLLIN | POLLOUT : POLLIN), 0};
      if (poll(&socket, 1, PollMilliseconds(left)) < 0 && errno != EINTR) break;
      if (socket.revents == 0) continue;
      // Has failed for good: PQgetResult tells the rest.
      if (PQconsumeInput(handle) == 0) break;
      if (unsent == 1) unsent = PQflush(handle);
    }
    Result next(PQgetResult(handle));
    if (next == nullptr) break;
    const ExecStatusType status = PQresultStatus(next.get());
    // What comes after the first error only says that the connection went as well.
    if (failed) continue;
    failed = status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
    kept = std::move(next);
  }
  if (kept != nullptr && !failed) return kept;
  const char* const sqlstate =
      kept == nullptr ? nullptr : PQresultErrorField(kept.get(), PG_DIAG_SQLSTATE);
  const absl::string_view state = sqlstate == nullptr ? "" : sqlstate;
  return Fail(state, PQstatus(handle) == CONNECTION_BAD ? PostgresqlFailure::kLost
                                                        : FailureOf(state));
}

absl::Status PostgresqlConnection::Fail(absl::string_view sqlstate,
                                        PostgresqlFailure failure) {
  absl::Status status = PostgresqlError(sqlstate, target_.name);
  // What made a session read-only may be over for the next one.
  given_up_ |= failure == PostgresqlFailure::kLost ||
               failure == PostgresqlFailure::kTimedOut || sqlstate == kReadOnly;
  if (failure_ == PostgresqlFailure::kNone) {
    failure_ = failure;
    failure_status_ = status;
  }
  return status;
}

void PostgresqlConnection::ForgetFailure() {
  failure_ = PostgresqlFailure::kNone;
  failure_status_ = absl::OkStatus();
}

bool PostgresqlConnection::Idle() const {
  return !given_up_ && PQstatus(handle_.get()) == CONNECTION_OK &&
         PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

bool PostgresqlConnection::StillThere() {
  // A server that goes says so, then closes. Anything else is a setting's new value.
  for (int looks = 0; looks < 3; ++looks) {
    if (!Idle()) return false;
    pollfd socket = {PQsocket(handle_.get()), POLLIN, 0};
    if (poll(&socket, 1, 0) == 0) return true;
    if (PQconsumeInput(handle_.get()) == 0 || PQisBusy(handle_.get()) == 1)
      return false;
  }
  return false;
}

absl::Status PostgresqlConnection::WaitForNotification(absl::Duration timeout,
                                                       int wake) {
  // One may have come with an answer: it is read already, and no poll would tell.
  if (DrainNotifications()) return absl::OkStatus();
  pollfd waited[] = {{PQsocket(handle_.get()), POLLIN, 0}, {wake, POLLIN, 0}};
  if (poll(waited, 2, PollMilliseconds(timeout)) > 0 && waited[0].revents != 0 &&
      PQconsumeInput(handle_.get()) == 0) {
    return Fail("", PostgresqlFailure::kLost);
  }
  DrainNotifications();
  return absl::OkStatus();
}

bool PostgresqlConnection::DrainNotifications() {
  bool any = false;
  while (PGnotify* const notification = PQnotifies(handle_.get())) {
    PQfreemem(notification);
    any = true;
  }
  return any;
}

}  // namespace guestbridge::server
