#include "server/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/secret/secret_string.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/postgresql/older_servers.h"
#include "server/store/postgresql/postgresql_store.h"
#include "server/store/sql_store.h"
#include "server/store/sqlite_store.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kSqlite = "sqlite:";
constexpr size_t kMaxPassword = 4096;

absl::StatusOr<std::string> SqliteFile(const std::string& url) {
  if (absl::StartsWith(url, kSqlite) && url.size() > kSqlite.size()) {
    return url.substr(kSqlite.size());
  }
  // Anything else may hold a password.
  const std::string kind = url.substr(0, url.find(':'));
  const bool is_word = kind.size() < url.size() &&
                       std::all_of(kind.begin(), kind.end(), absl::ascii_islower);
  return MakeError("DATABASE_URL_UNSUPPORTED", {{"kind", is_word ? kind : "…"}});
}

absl::StatusOr<SecretString> ReadPassword(const std::string& file) {
  const absl::Status unreadable =
      MakeError("PASSWORD_FILE_UNREADABLE", {{"file", file}});
  const int in = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (in < 0) return unreadable;
  struct stat info {};
  std::string text(kMaxPassword + 1, '\0');
  const bool known = fstat(in, &info) == 0 && S_ISREG(info.st_mode);
  const ssize_t size = known ? read(in, text.data(), text.size()) : -1;
  close(in);
  if (size <= 0 || static_cast<size_t>(size) > kMaxPassword) return unreadable;
  // A group may be how a service gets its secrets.
  if ((info.st_mode & S_IRWXO) != 0) {
    return MakeError("PASSWORD_FILE_READABLE_BY_OTHERS", {{"file", file}});
  }
  text.resize(static_cast<size_t>(size));
  if (text.back() == '\n') text.pop_back();
  if (text.empty()) return unreadable;
  return SecretString(std::move(text));
}

absl::StatusOr<PostgresqlTarget> Target(const DatabaseChoice& choice) {
  GB_ASSIGN_OR_RETURN(PostgresqlTarget target, ParsePostgresqlUrl(choice.url));
  if (!choice.password_file.empty()) {
    GB_ASSIGN_OR_RETURN(target.password, ReadPassword(choice.password_file));
  }
  return target;
}

absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend(
    const DatabaseChoice& choice, const PostgresqlOptions& options,
    const Clock& clock) {
  if (choice.is_postgresql()) {
    GB_ASSIGN_OR_RETURN(PostgresqlTarget target, Target(choice));
    return OpenPostgresqlBackend(std::move(target), options, clock);
  }
  GB_ASSIGN_OR_RETURN(const std::string file, SqliteFile(choice.url));
  return OpenSqliteBackend(file, options.alone);
}

// Without what is no business of a message.
absl::StatusOr<std::string> NameOf(const DatabaseChoice& choice) {
  if (!choice.is_postgresql()) return SqliteFile(choice.url);
  GB_ASSIGN_OR_RETURN(const PostgresqlTarget target, ParsePostgresqlUrl(choice.url));
  return target.name;
}

absl::StatusOr<CopyCounts> CopyAlone(const DatabaseChoice& from,
                                     const DatabaseChoice& to, const Clock& clock) {
  GB_ASSIGN_OR_RETURN(const std::string from_name, NameOf(from));
  GB_ASSIGN_OR_RETURN(const std::string to_name, NameOf(to));
  std::error_code error;
  if (!from.is_postgresql() && !std::filesystem::exists(from_name, error)) {
    return MakeError("DATABASE_UNWRITABLE", {{"file", from_name}});
  }
  // All of it is one transaction, and nobody waits for it.
  PostgresqlOptions options;
  options.alone = true;
  options.call_timeout = absl::InfiniteDuration();
  options.statement_timeout = absl::Minutes(1);
  GB_ASSIGN_OR_RETURN(const auto source, OpenBackend(from, options, clock));
  GB_ASSIGN_OR_RETURN(const auto target, OpenBackend(to, options, clock));
  return CopyStore(*source, *target, to_name);
}

}  // namespace

bool DatabaseChoice::is_postgresql() const {
  return absl::StartsWith(url, "postgresql://") || absl::StartsWith(url, "postgres://");
}

DatabaseChoice ChooseDatabase(const std::string& url, const std::string& password_file,
                              const std::string& data_dir) {
  if (url.empty()) return {absl::StrCat(kSqlite, data_dir, "/server.db"), ""};
  return {url, password_file};
}

absl::StatusOr<std::unique_ptr<Store>> OpenDatabase(const DatabaseChoice& choice,
                                                    const Clock& clock) {
  GB_ASSIGN_OR_RETURN(std::unique_ptr<SqlBackend> backend,
                      OpenBackend(choice, {}, clock));
  return OpenSqlStore(std::move(backend), SystemRandom(), clock);
}

absl::StatusOr<int> MigrateDatabase(const DatabaseChoice& choice, const Clock& clock) {
  if (!choice.is_postgresql()) {
    GB_RETURN_IF_ERROR(OpenBackend(choice, {}, clock).status());
    return 0;
  }
  GB_ASSIGN_OR_RETURN(const PostgresqlTarget target, Target(choice));
  return MigratePostgresql(target, clock);
}

absl::StatusOr<bool> OlderServersRun(const DatabaseChoice& choice, const Clock& clock) {
  if (!choice.is_postgresql()) return false;
  GB_ASSIGN_OR_RETURN(const PostgresqlTarget target, Target(choice));
  return OlderServersRun(target, clock);
}

absl::StatusOr<CopyCounts> CopyDatabase(const DatabaseChoice& from,
                                        const DatabaseChoice& to, const Clock& clock) {
  const absl::StatusOr<CopyCounts> copied = CopyAlone(from, to, clock);
  if (ReasonOf(copied.status()) != "DATABASE_BUSY") return copied;
  return MakeError("COPY_DATABASE_IN_USE",
                   {{"database", ParametersOf(copied.status())["file"]}});
}

}  // namespace guestbridge::server
