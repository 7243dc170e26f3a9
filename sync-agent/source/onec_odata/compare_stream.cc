#include "sync-agent/source/onec_odata/compare_stream.h"

#include <utility>

#include "common/status/status_macros.h"

namespace guestbridge::agent {

CompareStream::CompareStream(std::vector<std::string> attributes, KnownRows known,
                             ClientTable& table)
    : attributes_(std::move(attributes)), table_(table) {
  if (known == nullptr || table.names()->version.empty()) {
    full_ = std::make_unique<FullStream>(attributes_, table_);
    return;
  }
  ClientSelection all;
  all.attributes = attributes_;
  rows_ = std::make_unique<ComparedRows>(std::move(all), std::move(known), table_);
}

absl::StatusOr<ClientPage> CompareStream::Next() {
  if (full_ != nullptr) return full_->Next();
  if (!marks_.has_value()) {
    GB_ASSIGN_OR_RETURN(
        marks_, FetchMarks(table_.profile(), table_.LatestTime(), table_.session()));
  }
  GB_ASSIGN_OR_RETURN(ComparedPage compared, rows_->Next());
  if (compared.versionless) {
    full_ = std::make_unique<FullStream>(attributes_, table_);
    return full_->Next();
  }
  ClientPage page;
  page.rows = std::move(compared.rows);
  page.unchanged = compared.unchanged;
  page.last = compared.last;
  if (page.last) table_.PutMarks(*marks_, &page);
  return page;
}

}  // namespace guestbridge::agent
