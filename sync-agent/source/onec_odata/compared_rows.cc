#include "sync-agent/source/onec_odata/compared_rows.h"

#include <algorithm>
#include <utility>

#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

ClientSelection Narrow(ClientSelection selection) {
  selection.attributes.clear();
  selection.narrow = true;
  return selection;
}

bool HasNoVersions(absl::Span<const ClientRow> narrow) {
  return !narrow.empty() &&
         std::all_of(narrow.begin(), narrow.end(),
                     [](const ClientRow& row) { return row.data_version.empty(); });
}

}  // namespace

absl::StatusOr<std::vector<KnownRow>> AskKnown(const KnownRows& known,
                                               absl::Span<const ClientKey> keys) {
  GB_ASSIGN_OR_RETURN(std::vector<KnownRow> rows, known(keys));
  rows.resize(keys.size());
  return rows;
}

absl::StatusOr<std::vector<ClientKey>> Differing(const KnownRows& known,
                                                 absl::Span<const ClientRow> narrow,
                                                 int* counted) {
  std::vector<ClientKey> keys;
  keys.reserve(narrow.size());
  for (const ClientRow& row : narrow) keys.push_back(row.key);
  GB_ASSIGN_OR_RETURN(const std::vector<KnownRow> rows, AskKnown(known, keys));
  std::vector<ClientKey> differing;
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool same =
        !rows[i].version.empty() && rows[i].version == narrow[i].data_version;
    if (!same) differing.push_back(keys[i]);
    if (same && rows[i].counted && counted != nullptr) ++*counted;
  }
  return differing;
}

ComparedRows::ComparedRows(ClientSelection selection, KnownRows known,
                           ClientTable& table)
    : attributes_(selection.attributes),
      known_(std::move(known)),
      table_(table),
      pager_(Narrow(std::move(selection)), table) {}

absl::StatusOr<ComparedPage> ComparedRows::Next() {
  ComparedPage page;
  // A request by key takes so many; fewer wait for what the next pages bring.
  const size_t left = wanted_.size() - wanted_at_;
  const bool listed = listed_ && narrow_.empty();
  if (left >= ClientTable::kMostKeys || (listed && left > 0)) {
    GB_ASSIGN_OR_RETURN(page.rows, table_.FetchSome(wanted_, &wanted_at_, attributes_));
    page.rows.erase(std::remove_if(page.rows.begin(), page.rows.end(),
                                   [](const ClientRow& row) { return row.is_folder; }),
                    page.rows.end());
  } else {
    if (narrow_.empty() && !listed_) {
      GB_ASSIGN_OR_RETURN(ClientRows narrow, pager_.Next());
      narrow_ = std::move(narrow.rows);
      listed_ = narrow.last;
    }
    page.versionless = HasNoVersions(narrow_);
    int counted = 0;
    GB_ASSIGN_OR_RETURN(std::vector<ClientKey> differing,
                        Differing(known_, narrow_, &counted));
    page.unchanged = static_cast<int>(narrow_.size() - differing.size()) - counted;
    wanted_.erase(wanted_.begin(),
                  wanted_.begin() + static_cast<std::ptrdiff_t>(wanted_at_));
    wanted_at_ = 0;
    std::move(differing.begin(), differing.end(), std::back_inserter(wanted_));
    narrow_.clear();
  }
  page.last = listed_ && wanted_at_ >= wanted_.size();
  return page;
}

}  // namespace guestbridge::agent
