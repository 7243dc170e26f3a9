#pragma once

#include <sys/types.h>

#include <string>

#include "tests/testing/temp_dir.h"

namespace guestbridge::testing {

// A PostgreSQL of its own: made in a temporary folder, reached through a Unix socket in
// it, gone with the object. Runs as `nobody` when the test is root, as PostgreSQL does
// not run as root. Its databases sort by ICU's rules, not by bytes.
class PostgresqlCluster {
 public:
  // One for the whole test program, started when it is first asked for.
  static PostgresqlCluster& Shared();

  // `settings`: more lines of postgresql.conf.
  explicit PostgresqlCluster(const std::string& settings = "");
  ~PostgresqlCluster();
  PostgresqlCluster(const PostgresqlCluster&) = delete;
  PostgresqlCluster& operator=(const PostgresqlCluster&) = delete;

  // Of the role that may do everything, `owner`.
  static constexpr char kPassword[] = "planted-database-password";
  // A new, empty database; its name.
  std::string CreateDatabase();
  // postgresql://owner@/DATABASE?host=…, without the password.
  std::string Url(const std::string& database) const;
  std::string Url(const std::string& database, const std::string& role) const;
  const std::string& socket_folder() const { return folder_; }

  // Runs SQL as `owner`; what it answers, columns parted by '|'. A failure ends the
  // test program.
  std::string Sql(const std::string& database, const std::string& sql);

  // Quickly: what is connected is cut off (57P01). Start() goes on with the same data.
  void Stop();
  void Start();
  // The same without a word of the server, as when its machine dies.
  void Kill();
  // Starts it again as a standby that hears of no primary. Sql: SELECT pg_promote().
  void BecomeStandby();
  // Stops it from answering, and lets it go on.
  void Freeze();
  void Thaw();

 private:
  void End(int signal);
  void Signal(int signal);

  TempDir dir_;
  std::string folder_;
  pid_t server_ = 0;
  int databases_ = 0;
};

}  // namespace guestbridge::testing
