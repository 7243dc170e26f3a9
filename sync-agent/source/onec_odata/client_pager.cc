#include "sync-agent/source/onec_odata/client_pager.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

std::optional<KeysetReader> MakeReader(const ClientSelection& selection,
                                       ClientTable& table) {
  const SourceProfile& profile = table.profile();
  const std::shared_ptr<const ClientNames> known = table.names();
  const ClientNames& names = *known;
  KeysetQuery query;
  if (selection.created_from.has_value() || !table.known().by_code()) {
    query.order_by = names.created;
    query.kind = LiteralKind::kDateTime;
    query.from = selection.created_from.value_or("");
  } else {
    query.order_by = names.code;
    query.kind = names.code_kind;
  }
  if (query.order_by.empty()) return std::nullopt;
  query.entity = names.set;
  query.filter = AndFilter(table.NoFolders(), selection.filter);
  if (selection.narrow) {
    query.select = table.NarrowSelect();
    query.select.push_back(query.order_by);
    query.page_rows = profile.narrow_page_rows;
  } else {
    query.select = table.SelectOf(selection.attributes);
    query.page_rows = profile.page_rows;
  }
  query.identity = {names.key};
  query.page_bytes = profile.page_bytes;
  return KeysetReader(std::move(query), table.session(), table.clock());
}

void RemoveFolders(std::vector<ClientRow>* rows) {
  std::vector<ClientRow> kept;
  kept.reserve(rows->size());
  for (ClientRow& row : *rows) {
    if (!row.is_folder) kept.push_back(std::move(row));
  }
  *rows = std::move(kept);
}

}  // namespace

ClientPager::ClientPager(ClientSelection selection, ClientTable& table)
    : selection_(std::move(selection)),
      table_(table),
      reader_(MakeReader(selection_, table)) {}

void ClientPager::TakeKeys(const std::vector<ODataRow>& rows) {
  keys_.clear();
  keys_at_ = 0;
  for (const ODataRow& row : rows) {
    keys_.emplace_back(row.Get(table_.profile().client.key));
  }
}

// A base without anything to order by: one answer with all keys is the only list that
// is whole.
absl::Status ClientPager::ListKeys() {
  ODataQuery query;
  query.entity = table_.profile().client.set;
  query.filter = AndFilter(table_.NoFolders(), selection_.filter);
  query.select = {table_.profile().client.key};
  GB_ASSIGN_OR_RETURN(const ODataAnswer answer, table_.session().FetchRows(query));
  TakeKeys(answer.rows);
  listed_ = done_ = true;
  return absl::OkStatus();
}

// The same for narrow rows, which come with it.
absl::StatusOr<ClientRows> ClientPager::ListNarrow() {
  ODataQuery query;
  query.entity = table_.profile().client.set;
  query.filter = AndFilter(table_.NoFolders(), selection_.filter);
  query.select = table_.NarrowSelect();
  GB_ASSIGN_OR_RETURN(const ODataAnswer answer, table_.session().FetchRows(query));
  ClientRows page;
  GB_ASSIGN_OR_RETURN(page.rows, table_.Decode(answer.rows, {}));
  page.last = true;
  return page;
}

absl::StatusOr<ClientRows> ClientPager::NextByKeys() {
  ClientRows page;
  GB_ASSIGN_OR_RETURN(page.rows,
                      selection_.narrow
                          ? table_.FetchSomeVersions(keys_, &keys_at_)
                          : table_.FetchSome(keys_, &keys_at_, selection_.attributes));
  RemoveFolders(&page.rows);
  page.last = done_ && keys_at_ >= keys_.size();
  return page;
}

absl::StatusOr<ClientRows> ClientPager::Next() {
  if (!reader_.has_value() && selection_.narrow) return ListNarrow();
  if (!reader_.has_value() && !listed_) GB_RETURN_IF_ERROR(ListKeys());
  if (keys_at_ < keys_.size() || done_) return NextByKeys();
  // Decoding may fail after the reader has moved on: its rows wait in a page of keys.
  GB_ASSIGN_OR_RETURN(KeysetPage keyset, reader_->Next());
  done_ = keyset.last;
  ClientRows page;
  if (!keyset.identities_only) {
    absl::StatusOr<std::vector<ClientRow>> rows =
        table_.Decode(keyset.rows, selection_.attributes);
    if (!rows.ok()) {
      TakeKeys(keyset.rows);
      return rows.status();
    }
    page.rows = *std::move(rows);
    RemoveFolders(&page.rows);
    keys_.clear();
    keys_at_ = 0;
    page.last = done_;
    return page;
  }
  TakeKeys(keyset.rows);
  return NextByKeys();
}

}  // namespace guestbridge::agent
