#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "server/store/sql_store.h"
#include "server/store/sqlite_store.h"
#include "server/store/store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/postgresql_cluster.h"

// Every implementation of Store, for tests that bind them all. A backend is a row of
// Backends() below.
namespace guestbridge::server {

// One empty place where a store can be opened again and again.
class Place {
 public:
  virtual ~Place() = default;
  virtual absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() = 0;
  absl::StatusOr<std::unique_ptr<Store>> Open() {
    GB_ASSIGN_OR_RETURN(std::unique_ptr<SqlBackend> backend, OpenBackend());
    return OpenSqlStore(std::move(backend));
  }
};

class SqlitePlace final : public Place {
 public:
  SqlitePlace()
      : directory_(
            std::filesystem::temp_directory_path() /
            absl::StrCat("guestbridge-store-", RandomToken(SystemRandom(), 12))) {
    std::filesystem::create_directories(directory_);
  }
  ~SqlitePlace() override { std::filesystem::remove_all(directory_); }
  absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() override {
    return OpenSqliteBackend((directory_ / "server.db").string());
  }

 private:
  std::filesystem::path directory_;
};

class PostgresqlPlace final : public Place {
 public:
  PostgresqlPlace()
      : database_(testing::PostgresqlCluster::Shared().CreateDatabase()) {}
  absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() override {
    GB_ASSIGN_OR_RETURN(
        PostgresqlTarget target,
        ParsePostgresqlUrl(testing::PostgresqlCluster::Shared().Url(database_)));
    target.password = SecretString(testing::PostgresqlCluster::kPassword);
    PostgresqlOptions options;
    options.call_timeout = absl::Minutes(1);  // Some write a thousand rows at once.
    return OpenPostgresqlBackend(std::move(target), options, SystemClock());
  }

 private:
  const std::string database_;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

inline std::vector<Backend> Backends() {
  return {{"Sqlite", [] { return std::make_unique<SqlitePlace>(); }},
          {"Postgresql", [] { return std::make_unique<PostgresqlPlace>(); }}};
}

class StoreConformance : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    Reopen();
  }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  int64_t Put(const std::string& key, const std::string& body) {
    const auto revision =
        store_->Write([&](Transaction& t) { return t.Put(key, body); });
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.ok() ? *revision : -1;
  }

  int64_t Delete(const std::string& key) {
    const auto revision = store_->Write([&](Transaction& t) { return t.Delete(key); });
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.ok() ? *revision : -1;
  }

  std::optional<Document> Get(const std::string& key) {
    std::optional<Document> found;
    const absl::Status status = store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(found, t.Get(key));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  std::vector<std::string> Keys(const std::string& prefix, const std::string& after,
                                int limit, bool descending = false) {
    std::vector<std::string> keys;
    const absl::Status status = store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto documents,
                          t.List(prefix, after, limit, descending));
      for (const Document& document : documents) keys.push_back(document.key);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return keys;
  }

  std::vector<std::string> Changes(int64_t after, int limit = 100) {
    const auto changes = store_->ChangesAfter(after, limit);
    EXPECT_TRUE(changes.ok()) << changes.status();
    std::vector<std::string> lines;
    if (!changes.ok()) return lines;
    for (const Change& change : *changes) {
      lines.push_back(absl::StrCat(change.revision, " ", change.key,
                                   change.deleted ? " deleted" : ""));
    }
    return lines;
  }

  testing::FakeClock clock_;  // Of a store that is given it.
  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

}  // namespace guestbridge::server
