#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/odata_session.h"

namespace guestbridge::agent {

// How many rows to ask for, by what the last page weighed and how long it took. A page
// that fails shrinks to a quarter: 1C makes a page whole before it sends its first
// byte, and a fat one fails as a whole.
class PageRows {
 public:
  PageRows(int most, int target_bytes)
      : most_(most), target_bytes_(target_bytes), rows_(most) {}
  int rows() const { return rows_; }
  void OnSuccess(size_t bytes, size_t rows, absl::Duration took);
  // False when it can't shrink any more.
  bool Shrink();

 private:
  int most_;
  int target_bytes_;
  int rows_;
};

struct KeysetQuery {
  std::string entity;
  std::string filter;  // beside the order's; sides with `or` in parentheses
  std::string order_by;
  LiteralKind kind = LiteralKind::kText;
  std::string from;                 // lowest value of the order; empty: from the start
  std::vector<std::string> select;  // holds order_by
  std::vector<std::string> identity;  // what tells rows apart; part of select
  int page_rows = 200;
  int page_bytes = 2 << 20;
  // Of one value, listed with a limit; behind it all of them are asked for at once.
  int most_group_rows = 256'000;
};

struct KeysetPage {
  std::vector<ODataRow> rows;  // rows that a page before had are left out
  bool last = false;
  // The rows hold the attributes of `identity` only.
  bool identities_only = false;
};

// Reads a set in pages by `order_by ge <last value>`: $skip makes 1C sort anew for each
// page and shifts under inserts, and a reference can be neither compared nor sorted by.
// The order is the database's collation, so progress is told by rows that were not
// seen; values are compared only where every collation agrees (times, numbers, digits
// of one length), to notice a server that does not sort. Where a whole page brings none
// (more rows share a value than a page holds), that value's identities are listed at
// once, and reading goes on behind it. Memory: the identities of a page, or of one
// value, and 8 bytes for each page. Errors: ODataSession's; SOURCE_PAGES_REPEAT,
// SOURCE_ORDER_IGNORED and SOURCE_LIST_CUT (FAILED_PRECONDITION); after an UNAVAILABLE
// one Next may be called again.
class KeysetReader {
 public:
  // `session` and `clock` outlive the reader.
  KeysetReader(KeysetQuery query, ODataSession& session, const Clock& clock);
  absl::StatusOr<KeysetPage> Next();

 private:
  absl::StatusOr<ODataAnswer> FetchPage(int* asked);
  absl::StatusOr<KeysetPage> FetchGroup();
  std::string IdentityOf(const ODataRow& row) const;
  absl::Status Remember(const std::vector<ODataRow>& rows);
  absl::Status CheckOrder(const std::vector<ODataRow>& rows) const;
  absl::Status CheckProgress(const std::vector<ODataRow>& rows);

  const KeysetQuery query_;
  ODataSession& session_;
  const Clock& clock_;
  PageRows page_rows_;
  std::string position_;  // empty: at the start
  bool behind_ = false;   // the position's own rows are done
  absl::flat_hash_set<std::string> seen_;
  absl::flat_hash_set<size_t> ends_;  // hashes of the identities that end a page
  int repeats_ = 0;
};

}  // namespace guestbridge::agent
