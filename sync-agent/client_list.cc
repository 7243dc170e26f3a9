#include "sync-agent/client_list.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/model/shared_reason.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

constexpr int kRecordsPerLook = 500;
constexpr int kClientsPerGroup = 5;

v1::Client::State StateOf(const ClientRecord& record, bool in_doubt) {
  if (record.link == LinkState::kErased) return v1::Client::ERASED;
  if (in_doubt) return v1::Client::IN_DOUBT;
  if (record.link == LinkState::kReview) {
    return record.proposed.exists() && record.reason != "AMBIGUOUS_MATCH"
               ? v1::Client::PROPOSED
               : v1::Client::AMBIGUOUS;
  }
  if (record.problem == Outcome::kFailed && !record.dirty) return v1::Client::FAILED;
  if (record.problem == Outcome::kSkipped &&
      (record.link != LinkState::kLive || record.reason == kClientDropped)) {
    return v1::Client::SKIPPED;
  }
  if (record.dirty || record.link != LinkState::kLive) return v1::Client::QUEUED;
  return v1::Client::EXPORTED;
}

absl::StatusOr<std::set<ClientKey>> DoubtfulClients(const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const std::vector<Attempt> attempts, parts.ledger.Attempts());
  std::set<ClientKey> doubtful;
  for (const Attempt& attempt : attempts) doubtful.insert(attempt.intent.key);
  return doubtful;
}

void PutPair(const ClientRecord& record, const PairNote& pair, v1::Client* client) {
  const bool waits = record.link == LinkState::kReview;
  // The next export looks at that contact first.
  const bool found = record.link == LinkState::kNew && pair.candidates.size() == 1 &&
                     pair.certainty >= v1::Client::LIKELY &&
                     client->state() == v1::Client::QUEUED;
  if (found) client->set_proposed_contact(pair.candidates[0].value());
  const ContactId contact = waits ? record.proposed : record.contact;
  if (waits && !contact.exists()) {
    for (const ContactId id : pair.candidates) {
      client->add_candidate_contacts(id.value());
    }
  } else if (!found && (pair.candidates.size() != 1 || pair.candidates[0] != contact ||
                        !contact.exists())) {
    return;  // It has another contact by now.
  }
  client->set_found_by(pair.found_by);
  if (v1::Client::Certainty_IsValid(pair.certainty)) {
    client->set_certainty(static_cast<v1::Client::Certainty>(pair.certainty));
  }
}

absl::StatusOr<Ledger::MatchResult> ResultOf(v1::ListClientsRequest::LastMatch asked) {
  switch (asked) {
    case v1::ListClientsRequest::ANY:
      return Ledger::MatchResult::kAny;
    case v1::ListClientsRequest::MATCHED:
      return Ledger::MatchResult::kMatched;
    case v1::ListClientsRequest::AMBIGUOUS:
      return Ledger::MatchResult::kAmbiguous;
    case v1::ListClientsRequest::NEW:
      return Ledger::MatchResult::kNew;
    default:  // of a newer server
      return MakeError("CLIENT_STATE_UNKNOWN");
  }
}

// Clients after `after` among which those that are asked for are; by key. Of a match
// also those that the ledger does not hold.
absl::StatusOr<std::vector<ClientRecord>> Look(const v1::ListClientsRequest& request,
                                               const ClientKey& after,
                                               const TaskParts& parts) {
  if (request.last_match() == v1::ListClientsRequest::LAST_MATCH_UNSPECIFIED) {
    return parts.ledger.List(after, kRecordsPerLook);
  }
  GB_ASSIGN_OR_RETURN(const Ledger::MatchResult result, ResultOf(request.last_match()));
  GB_ASSIGN_OR_RETURN(const std::vector<ClientKey> keys,
                      parts.ledger.MatchResults(result, after, kRecordsPerLook));
  std::vector<ClientRecord> records;
  for (const ClientKey& key : keys) {
    GB_ASSIGN_OR_RETURN(std::optional<ClientRecord> record, parts.ledger.Get(key));
    records.push_back(std::move(record).value_or(ClientRecord{}));
    records.back().key = key;
  }
  return records;
}

bool IsWanted(const v1::Client& client, const v1::ListClientsRequest& request) {
  if (request.last_match() != v1::ListClientsRequest::LAST_MATCH_UNSPECIFIED &&
      client.state() == v1::Client::ERASED) {
    return false;  // of another agent, and not removed here yet
  }
  return request.state() == v1::Client::STATE_UNSPECIFIED ||
         request.state() == client.state();
}

}  // namespace

v1::Client ToClient(const std::string& integration, const ClientRecord& record,
                    const PairNote& pair, bool in_doubt) {
  v1::Client client;
  client.set_name(ClientName(integration, record.key.guid()));
  client.set_client(record.key.guid());
  client.set_state(StateOf(record, in_doubt));
  if (record.link == LinkState::kLive) client.set_contact(record.contact.value());
  client.set_reason(in_doubt ? "IN_DOUBT" : record.reason);
  if (!in_doubt) {
    client.mutable_parameters()->insert(record.parameters.begin(),
                                        record.parameters.end());
  }
  if (record.exported_unix > 0) {
    client.mutable_export_time()->set_seconds(record.exported_unix);
  }
  if (!in_doubt && record.reason.empty() &&
      record.write_back == WriteBackState::kParked) {
    client.set_reason(record.write_back_reason);
    client.mutable_parameters()->insert(record.write_back_parameters.begin(),
                                        record.write_back_parameters.end());
  }
  client.set_written_back(record.write_back == WriteBackState::kDone);
  client.set_proposed_contact(record.proposed.value());
  client.set_mapping_version(record.mapping_version);
  PutPair(record, pair, &client);
  return client;
}

absl::StatusOr<ClientKey> FindClientKey(const std::string& client,
                                        const TaskParts& parts) {
  ClientKey key(client);
  GB_ASSIGN_OR_RETURN(const auto record, parts.ledger.Get(key));
  if (record.has_value()) return key;
  GB_ASSIGN_OR_RETURN(const std::optional<ClientRow> row,
                      parts.sides.source.reader->FindClient(client, {}));
  if (!row.has_value() || row->is_folder) {
    return MakeError("CLIENT_NOT_FOUND", {{"client", client}});
  }
  return row->key;
}

absl::StatusOr<v1::ListClientGroupsResponse> ListClientGroups(
    const v1::ListClientGroupsRequest& request, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const std::set<ClientKey> doubtful, DoubtfulClients(parts));
  struct Group {
    v1::ClientGroup shown;
    Parameters parameters;
  };
  std::map<std::tuple<v1::Client::State, std::string, Parameters>, Group> groups;
  ClientKey after;
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::vector<ClientRecord> records,
                        parts.ledger.List(after, kRecordsPerLook));
    for (const ClientRecord& record : records) {
      const v1::Client client = ToClient(parts.integration, record, PairNote{},
                                         doubtful.count(record.key) > 0);
      if (request.state() != v1::Client::STATE_UNSPECIFIED &&
          request.state() != client.state()) {
        continue;
      }
      const Parameters parameters(client.parameters().begin(),
                                  client.parameters().end());
      Group& counted = groups[{client.state(), client.reason(), KindOf(parameters)}];
      v1::ClientGroup& group = counted.shown;
      if (group.count() == 0) {
        group.set_state(client.state());
        group.set_reason(client.reason());
        counted.parameters = parameters;
      }
      KeepShared(parameters, &counted.parameters);
      group.set_count(group.count() + 1);
      if (group.clients_size() < kClientsPerGroup) group.add_clients(client.client());
    }
    if (records.size() < static_cast<size_t>(kRecordsPerLook)) break;
    after = records.back().key;
  }
  std::vector<const v1::ClientGroup*> sorted;
  for (auto& [which, group] : groups) {
    group.shown.mutable_parameters()->insert(group.parameters.begin(),
                                             group.parameters.end());
    sorted.push_back(&group.shown);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const v1::ClientGroup* a, const v1::ClientGroup* b) {
                     return a->count() > b->count();
                   });
  v1::ListClientGroupsResponse response;
  for (const v1::ClientGroup* group : sorted) *response.add_groups() = *group;
  return response;
}

absl::StatusOr<v1::ListClientsResponse> ListClients(
    const v1::ListClientsRequest& request, const TaskParts& parts) {
  // A page belongs to one state and one result of one integration.
  std::string scope = absl::StrCat("clients:", parts.integration, ":", request.state());
  if (request.last_match() != v1::ListClientsRequest::LAST_MATCH_UNSPECIFIED) {
    absl::StrAppend(&scope, ":match:", request.last_match());
  }
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  GB_ASSIGN_OR_RETURN(const std::string last,
                      DecodePageToken(scope, request.page_token()));
  GB_ASSIGN_OR_RETURN(const std::set<ClientKey> doubtful, DoubtfulClients(parts));

  v1::ListClientsResponse page;
  page.set_last_match(request.last_match());
  ClientKey after(last);
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::vector<ClientRecord> records,
                        Look(request, after, parts));
    for (const ClientRecord& record : records) {
      GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair,
                          parts.ledger.Pair(record.key));
      v1::Client client = ToClient(parts.integration, record, pair.value_or(PairNote{}),
                                   doubtful.count(record.key) > 0);
      const bool wanted = IsWanted(client, request);
      if (wanted && page.clients_size() == size) {
        page.set_next_page_token(
            EncodePageToken(scope, page.clients(size - 1).client()));
        return page;
      }
      if (wanted) *page.add_clients() = std::move(client);
    }
    if (records.size() < static_cast<size_t>(kRecordsPerLook)) return page;
    after = records.back().key;
  }
}

}  // namespace guestbridge::agent
