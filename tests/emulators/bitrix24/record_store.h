#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_RECORD_STORE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_RECORD_STORE_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// Deals, activities and timeline comments: rows of text by upper-case name, ids from
// one per kind. Nothing is unique but the id. One thread at a time.
class RecordStore {
 public:
  using Row = std::map<std::string, std::string>;
  using Rows = std::map<int64_t, Row>;

  int64_t Add(const std::string& kind, Row row) {
    const int64_t id = ++last_[kind];
    row["ID"] = std::to_string(id);
    rows_[kind][id] = std::move(row);
    return id;
  }

  Row* Find(const std::string& kind, int64_t id) {
    Rows& rows = rows_[kind];
    const auto it = rows.find(id);
    return it == rows.end() ? nullptr : &it->second;
  }

  bool Delete(const std::string& kind, int64_t id) { return rows_[kind].erase(id) > 0; }

  const Rows& All(const std::string& kind) { return rows_[kind]; }

 private:
  std::map<std::string, Rows> rows_;
  std::map<std::string, int64_t> last_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_RECORD_STORE_H_
