#include "tests/testing/postgresql_cluster.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/testing/unprivileged_program.h"

namespace guestbridge::testing {
namespace {

constexpr char kPrograms[] = "/usr/lib/postgresql/15/bin/";

[[noreturn]] void GiveUp(const std::string& what) {
  std::cerr << "PostgresqlCluster: " << what << std::endl;
  std::abort();
}

}  // namespace

PostgresqlCluster& PostgresqlCluster::Shared() {
  static PostgresqlCluster cluster;
  return cluster;
}

PostgresqlCluster::PostgresqlCluster(const std::string& settings)
    : folder_(dir_.path()) {
  GiveToUnprivileged(folder_);
  const std::string password_file = dir_.File("password");
  std::ofstream(password_file) << kPassword << "\n";
  GiveToUnprivileged(password_file);
  AwaitEnd(SpawnUnprivileged(
      {absl::StrCat(kPrograms, "initdb"), "--pgdata", dir_.File("data"),
       "--username=owner", "--auth=scram-sha-256", "--pwfile", password_file,
       "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
       "--icu-locale=ru"},
      dir_.File("log")));
  if (access(dir_.File("data/postgresql.conf").c_str(), F_OK) != 0) {
    std::cerr << std::ifstream(dir_.File("log")).rdbuf();
    GiveUp("initdb failed");
  }
  std::ofstream(dir_.File("data/postgresql.conf"), std::ios::app)
      << "listen_addresses = ''\nunix_socket_directories = '" << folder_
      << "'\nfsync = off\nfull_page_writes = off\nshared_buffers = 16MB\n"
         "max_connections = 60\nautovacuum = off\nmax_wal_size = 128MB\n"
      << settings << "\n";
  Start();
}

PostgresqlCluster::~PostgresqlCluster() { Stop(); }

std::string PostgresqlCluster::Url(const std::string& database) const {
  return Url(database, "owner");
}

std::string PostgresqlCluster::Url(const std::string& database,
                                   const std::string& role) const {
  return absl::StrCat("postgresql://", role, "@/", database, "?host=", folder_);
}

std::string PostgresqlCluster::CreateDatabase() {
  const std::string name = absl::StrCat("test_", ++databases_);
  Sql("postgres", absl::StrCat("CREATE DATABASE ", name));
  return name;
}

std::string PostgresqlCluster::Sql(const std::string& database,
                                   const std::string& sql) {
  const std::string url = Url(database);
  const char* const keywords[] = {"dbname", "password", nullptr};
  const char* const values[] = {url.c_str(), kPassword, nullptr};
  PGconn* const connection = PQconnectdbParams(keywords, values, 1);
  PGresult* const result = PQexec(connection, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    GiveUp(absl::StrCat(sql, ": ", PQerrorMessage(connection)));
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    std::vector<std::string> columns;
    for (int column = 0; column < PQnfields(result); ++column) {
      columns.emplace_back(PQgetvalue(result, row, column));
    }
    rows.push_back(absl::StrJoin(columns, "|"));
  }
  PQclear(result);
  PQfinish(connection);
  return absl::StrJoin(rows, "\n");
}

void PostgresqlCluster::Start() {
  server_ = SpawnUnprivileged(
      {absl::StrCat(kPrograms, "postgres"), "-D", dir_.File("data")}, dir_.File("log"));
  const std::string url = Url("postgres");
  for (int tries = 0; PQping(url.c_str()) != PQPING_OK; ++tries) {
    if (tries == 600 || waitpid(server_, nullptr, WNOHANG) == server_) {
      std::cerr << std::ifstream(dir_.File("log")).rdbuf();
      GiveUp("postgres does not start");
    }
    usleep(50000);
  }
}

void PostgresqlCluster::Stop() { End(SIGINT); }
void PostgresqlCluster::Kill() { End(SIGQUIT); }

void PostgresqlCluster::BecomeStandby() {
  Stop();
  const std::string signal = dir_.File("data/standby.signal");
  std::ofstream(signal).flush();
  GiveToUnprivileged(signal);
  Start();
}

void PostgresqlCluster::End(int signal) {
  if (server_ == 0) return;
  // What is frozen would never hear of it.
  Thaw();
  kill(server_, signal);
  AwaitEnd(server_);
  server_ = 0;
}

void PostgresqlCluster::Signal(int signal) {
  std::vector<pid_t> all = {server_};
  std::ifstream children(
      absl::StrCat("/proc/", server_, "/task/", server_, "/children"));
  for (pid_t child = 0; children >> child;) all.push_back(child);
  for (const pid_t each : all) kill(each, signal);
}

void PostgresqlCluster::Freeze() { Signal(SIGSTOP); }
void PostgresqlCluster::Thaw() { Signal(SIGCONT); }

}  // namespace guestbridge::testing
