#include "sync-agent/source/onec_odata/full_stream.h"

#include <utility>

#include "common/status/status_macros.h"

namespace guestbridge::agent {

FullStream::FullStream(std::vector<std::string> attributes, ClientTable& table)
    : table_(table),
      pager_({.filter = "",
              .created_from = std::nullopt,
              .attributes = std::move(attributes)},
             table) {}

absl::StatusOr<ClientPage> FullStream::Next() {
  if (!marks_.has_value()) {
    GB_ASSIGN_OR_RETURN(
        marks_, FetchMarks(table_.profile(), table_.LatestTime(), table_.session()));
  }
  GB_ASSIGN_OR_RETURN(ClientRows rows, pager_.Next());
  ClientPage page;
  page.rows = std::move(rows.rows);
  page.last = rows.last;
  if (page.last) table_.PutMarks(*marks_, &page);
  return page;
}

}  // namespace guestbridge::agent
