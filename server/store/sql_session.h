#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace guestbridge::server {

// Bytes that are no text.
struct Blob {
  absl::string_view bytes;
};

using SqlValue = std::variant<int64_t, absl::string_view, Blob>;

// A row while it is handed over. Columns count from 0.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual int64_t Int(int column) const = 0;
  virtual std::string Text(int column) const = 0;  // Also for blobs.
};

// One connection inside of one transaction, in whatever database. One thread.
class SqlSession {
 public:
  virtual ~SqlSession() = default;

  // Runs one statement and hands over its rows. `sql` is a literal of the program, in
  // words that SQLite and PostgreSQL share; $1, $2 … are `values`, numbered in the
  // order in which they first occur (SQLite takes them for names). `row` calls nothing
  // of this session.
  virtual absl::Status Run(absl::string_view sql, absl::Span<const SqlValue> values,
                           absl::FunctionRef<void(const SqlRow&)> row) = 0;

  absl::Status Run(absl::string_view sql, absl::Span<const SqlValue> values) {
    return Run(sql, values, [](const SqlRow&) {});
  }
};

}  // namespace guestbridge::server
