#include "sync-agent/client_history.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/client_list.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

v1::HistoryEntry ToEntry(const HistoryEntry& told, const std::string& integration) {
  v1::HistoryEntry entry;
  entry.mutable_time()->set_seconds(told.unix_time);
  const int kind = static_cast<int>(told.kind);
  if (v1::HistoryEntry::Kind_IsValid(kind)) {
    entry.set_kind(static_cast<v1::HistoryEntry::Kind>(kind));
  }
  if (told.run > 0) {
    entry.set_run(told.run_name.empty() ? RunName(integration, told.run)
                                        : told.run_name);
  }
  entry.set_mapping_version(told.mapping_version);
  entry.set_contact(told.contact.value());
  entry.mutable_fields()->Assign(told.fields.begin(), told.fields.end());
  entry.set_reason(told.reason);
  entry.mutable_parameters()->insert(told.parameters.begin(), told.parameters.end());
  entry.set_earlier_portal(told.earlier_portal);
  return entry;
}

absl::StatusOr<v1::ListClientHistoryResponse> ListClientHistory(
    const v1::ListClientHistoryRequest& request, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ClientId name, ParseClientName(request.parent()));
  GB_ASSIGN_OR_RETURN(const ClientKey key, FindClientKey(name.client, parts));
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  const std::string client = ClientName(parts.integration, key.guid());
  const std::string scope = absl::StrCat("history:", client);
  GB_ASSIGN_OR_RETURN(const std::string token,
                      DecodePageToken(scope, request.page_token()));
  int64_t from = 0;
  if (!token.empty() && (!absl::SimpleAtoi(token, &from) || from <= 0)) {
    return MakeError("PAGE_TOKEN_INVALID");
  }
  GB_ASSIGN_OR_RETURN(const HistoryPage page, parts.ledger.History(key, from, size));
  v1::ListClientHistoryResponse response;
  response.set_client(client);
  for (const HistoryEntry& entry : page.entries) {
    *response.add_entries() = ToEntry(entry, parts.integration);
  }
  if (page.next > 0) {
    response.set_next_page_token(EncodePageToken(scope, absl::StrCat(page.next)));
  }
  return response;
}

}  // namespace guestbridge::agent
