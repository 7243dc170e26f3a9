#include "server/api/connection_checks.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"
#include "server/api/assignment.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr size_t kMaxChecks = 60;
constexpr size_t kMaxParameters = 20;
constexpr size_t kMaxText = 500;

// What comes first has to be mended first.
constexpr absl::string_view kOrder[] = {
    "connection", "agent",  "portal",      "tls",      "token",      "scopes",
    "rights",     "source", "metadata",    "entities", "code-order", "create-date",
    "session",    "clock",  "write-right", "if-match", "load-mode",  "version",
    "identity",   "hotel",  "built-in-job"};

size_t PlaceOf(absl::string_view name) {
  const auto* it = std::find(std::begin(kOrder), std::end(kOrder), name);
  return static_cast<size_t>(it - std::begin(kOrder));
}

// Of a finding by a program that does not say.
v1::Check::Side SideOf(absl::string_view name) {
  if (PlaceOf(name) <= PlaceOf("agent")) return v1::Check::AGENT;
  return PlaceOf(name) <= PlaceOf("rights") ? v1::Check::PORTAL : v1::Check::SOURCE;
}

void Stamp(const std::string& id, absl::Time now, std::vector<v1::Check>* found) {
  for (v1::Check& check : *found) {
    // Remedies name it in their commands.
    (*check.mutable_parameters())["integration"] = id;
    if (check.side() == v1::Check::SIDE_UNSPECIFIED)
      check.set_side(SideOf(check.name()));
    *check.mutable_check_time() = ToTimestamp(now);
  }
}

// As it is kept: no texts, which depend on the caller's language, and no more than a
// finding needs, whoever sent it.
v1::Check Kept(const v1::Check& found) {
  v1::Check kept;
  // Cut within a character it could not be read again.
  kept.set_name(std::string(CutUtf8(found.name(), kMaxText)));
  kept.set_state(found.state());
  kept.set_reason(std::string(CutUtf8(found.reason(), kMaxText)));
  kept.set_side(found.side());
  *kept.mutable_check_time() = found.check_time();
  for (const auto& [name, value] : found.parameters()) {
    if (kept.parameters().size() == kMaxParameters) break;
    if (name.size() > kMaxText || value.size() > kMaxText) continue;
    (*kept.mutable_parameters())[name] = value;
  }
  return kept;
}

absl::Status KeepIn(Transaction& transaction, const std::string& id,
                    const std::vector<v1::Check>& found) {
  std::set<v1::Check::Side> tried;
  for (const v1::Check& check : found) tried.insert(check.side());
  GB_ASSIGN_OR_RETURN(std::vector<v1::Check> all, LastChecks(transaction, id));
  all.erase(std::remove_if(
                all.begin(), all.end(),
                [&](const v1::Check& known) { return tried.contains(known.side()); }),
            all.end());
  for (const v1::Check& check : found) all.push_back(Kept(check));
  SortChecks(&all);
  if (all.size() > kMaxChecks) all.resize(kMaxChecks);
  store::ConnectionChecksRecord record;
  for (v1::Check& check : all) *record.add_checks() = std::move(check);
  return PutRecord(transaction, keys::ConnectionChecks(id), record);
}

}  // namespace

void SortChecks(std::vector<v1::Check>* checks) {
  std::stable_sort(checks->begin(), checks->end(),
                   [](const v1::Check& a, const v1::Check& b) {
                     return PlaceOf(a.name()) < PlaceOf(b.name());
                   });
}

absl::StatusOr<std::vector<v1::Check>> LastChecks(Transaction& transaction,
                                                  const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::ConnectionChecksRecord>(
                                       transaction, keys::ConnectionChecks(id)));
  if (!record.has_value()) return std::vector<v1::Check>();
  return std::vector<v1::Check>(record->value.checks().begin(),
                                record->value.checks().end());
}

absl::Status ConnectionChecks::Keep(const std::string& id, int64_t version,
                                    std::vector<v1::Check>* found) {
  Stamp(id, clock_.Now(), found);
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_ASSIGN_OR_RETURN(const auto connection,
                            transaction.Get(keys::Connection(id)));
        if (!connection.has_value() || connection->version != version) {
          return absl::OkStatus();
        }
        return KeepIn(transaction, id, *found);
      })
      .status();
}

absl::Status ConnectionChecks::TakeReport(const Session& session,
                                          const v1::ReportChecksRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration()));
  std::vector<v1::Check> found(request.checks().begin(), request.checks().end());
  Stamp(id, clock_.Now(), &found);
  return store_
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_RETURN_IF_ERROR(CheckAssigned(transaction, id, session.identity().agent));
        GB_ASSIGN_OR_RETURN(const auto connection,
                            transaction.Get(keys::Connection(id)));
        // A revision is never older than the connection in it.
        if (!connection.has_value() || request.revision() < connection->version) {
          return absl::OkStatus();
        }
        return KeepIn(transaction, id, found);
      })
      .status();
}

}  // namespace guestbridge::server
