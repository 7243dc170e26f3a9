#include "sync-agent/source/onec_odata/client_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/attribute_kinds.h"
#include "sync-agent/source/onec_odata/text_fold.h"
#include "sync-agent/source/onec_odata/watermark.h"

namespace guestbridge::agent {
namespace {

// IIS cuts a query string at 2048 bytes (facts, percent-encoding).
constexpr size_t kMostTargetBytes = 2000;

// Zones that are set wrongly differ by less.
constexpr absl::Duration kClockSlack = absl::Hours(24);

constexpr absl::string_view kEmptyDate = "0001-01-01T00:00:00";

}  // namespace

SourceTime ReadSourceTime(absl::string_view text) {
  text = text.substr(0, kEmptyDate.size());
  if (!IsDateTime(text) || text == kEmptyDate) return {};
  return {std::string(text)};
}

ContactId ReadContactId(absl::string_view text) {
  int64_t value = 0;
  const std::string trimmed = TrimText(text);
  if (absl::SimpleAtoi(trimmed, &value) && value > 0) return ContactId(value);
  // Number(10,0) comes as Edm.Double from some builds.
  double number = 0;
  if (absl::SimpleAtod(trimmed, &number) && number >= 1 && number < 1e15) {
    return ContactId(static_cast<int64_t>(number));
  }
  return ContactId();
}

ClientTable::ClientTable(const SourceProfile& profile, ODataSession& session,
                         LookupTable& lookups, ClientAttributes& known,
                         const Clock& clock)
    : profile_(profile),
      session_(session),
      lookups_(lookups),
      known_(known),
      clock_(clock) {}

SourceTime ClientTable::InZone(absl::Time time) const {
  absl::TimeZone zone;
  absl::LoadTimeZone(profile_.time_zone, &zone);  // checked with the profile
  return {absl::FormatTime("%Y-%m-%dT%H:%M:%S", time, zone)};
}

SourceTime ClientTable::LatestTime() const {
  const absl::Time ours = clock_.Now();
  return InZone(std::max(ours, session_.server_clock().value_or(ours)) + kClockSlack);
}

SourceTime ClientTable::PresentTime() const {
  return InZone(session_.server_clock().value_or(clock_.Now()));
}

absl::Status ClientTable::TimeAhead(const SourceTime& newest) const {
  return MakeError("SOURCE_TIME_AHEAD", {{"newest", newest.text},
                                         {"time_zone", profile_.time_zone},
                                         {"now", InZone(clock_.Now()).text}});
}

void ClientTable::PutMarks(const Marks& marks, ClientPage* page) const {
  page->watermark = EncodeMarks(marks);
  if (!marks.ahead.text.empty()) page->notice = TimeAhead(marks.ahead);
}

absl::Status ClientTable::CheckAttributes(
    absl::Span<const std::string> attributes) const {
  for (const std::string& attribute : attributes) {
    if (profile_.client.never_export.count(attribute) > 0) {
      return MakeError("SOURCE_ATTRIBUTE_PROTECTED",
                       {{"entity", profile_.client.set}, {"attribute", attribute}});
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> ClientTable::SelectOf(
    absl::Span<const std::string> attributes) const {
  const std::shared_ptr<const ClientNames> known = names();
  std::vector<std::string> select;
  const auto add = [&select](const std::string& name) {
    const bool known = std::find(select.begin(), select.end(), name) != select.end();
    if (!name.empty() && !known) select.push_back(name);
  };
  for (const std::string& name :
       {known->key, known->version, known->code, known->is_folder, known->deleted,
        known->created, known->contact}) {
    add(name);
  }
  for (const std::string& attribute : attributes) add(attribute);
  return select;
}

std::vector<std::string> ClientTable::NarrowSelect() const {
  const std::shared_ptr<const ClientNames> known = names();
  std::vector<std::string> select = {known->key};
  if (!known->version.empty()) select.push_back(known->version);
  return select;
}

std::string ClientTable::NoFolders() const {
  const std::string name = names()->is_folder;
  return name.empty() ? "" : name + " eq false";
}

absl::StatusOr<ClientRow> ClientTable::DecodeRow(
    const ClientNames& names, const ODataRow& row,
    absl::Span<const std::string> attributes) {
  const std::string* key = row.Find(names.key);
  if (key == nullptr || !IsGuid(*key)) {
    return MakeError("SOURCE_ATTRIBUTE_MISSING", {{"entity", names.set},
                                                  {"attribute", names.key},
                                                  {"http", "200"},
                                                  {"code", "-"}});
  }
  ClientRow client;
  client.key = ClientKey(*key);
  client.code = row.Get(names.code);
  client.data_version = row.Get(names.version);
  client.is_folder = row.Get(names.is_folder) == "true";
  client.marked_for_deletion = row.Get(names.deleted) == "true";
  client.created = ReadSourceTime(row.Get(names.created));
  client.contact = ReadContactId(row.Get(names.contact));
  for (const std::string& attribute : attributes) {
    const std::string* value = row.Find(attribute);
    if (value == nullptr) continue;
    const auto lookup = profile_.lookups.find(attribute);
    if (lookup == profile_.lookups.end()) {
      client.attributes[attribute] = *value;
    } else {
      GB_ASSIGN_OR_RETURN(client.attributes[attribute],
                          lookups_.TextOf(lookup->second, *value));
    }
  }
  return client;
}

absl::StatusOr<std::vector<ClientRow>> ClientTable::Decode(
    const std::vector<ODataRow>& rows, absl::Span<const std::string> attributes) {
  for (const auto& [attribute, names] : profile_.lookups) {
    if (std::find(attributes.begin(), attributes.end(), attribute) ==
        attributes.end()) {
      continue;
    }
    std::vector<std::string> guids;
    for (const ODataRow& row : rows) {
      const std::string* guid = row.Find(attribute);
      if (guid != nullptr) guids.push_back(*guid);
    }
    GB_RETURN_IF_ERROR(lookups_.Prepare(names, guids));
  }
  LearnKinds(rows, attributes);
  const std::shared_ptr<const ClientNames> known = names();
  std::vector<ClientRow> clients;
  clients.reserve(rows.size());
  for (const ODataRow& row : rows) {
    GB_ASSIGN_OR_RETURN(ClientRow client, DecodeRow(*known, row, attributes));
    clients.push_back(std::move(client));
  }
  return clients;
}

void ClientTable::LearnKinds(absl::Span<const ODataRow> rows,
                             absl::Span<const std::string> attributes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& attribute : attributes) {
    if (profile_.lookups.count(attribute) > 0) continue;
    const AttributeKindSet shown = KindsShownBy(rows, attribute);
    if (!shown.empty()) Widen(shown, &kinds_[attribute]);
  }
}

AttributeKinds ClientTable::KindsOfRowsRead() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kinds_;
}

void ClientTable::ForgetKinds() {
  const std::lock_guard<std::mutex> lock(mutex_);
  kinds_.clear();
}

absl::StatusOr<std::vector<ClientRow>> ClientTable::FetchSome(
    absl::Span<const ClientKey> keys, size_t* at,
    absl::Span<const std::string> attributes) {
  size_t next = *at;
  GB_ASSIGN_OR_RETURN(const std::vector<ODataRow> rows,
                      FetchRowsOf(keys, &next, SelectOf(attributes)));
  GB_ASSIGN_OR_RETURN(std::vector<ClientRow> clients, Decode(rows, attributes));
  *at = next;
  return clients;
}

absl::StatusOr<std::vector<ClientRow>> ClientTable::FetchSomeVersions(
    absl::Span<const ClientKey> keys, size_t* at) {
  size_t next = *at;
  GB_ASSIGN_OR_RETURN(const std::vector<ODataRow> rows,
                      FetchRowsOf(keys, &next, NarrowSelect()));
  GB_ASSIGN_OR_RETURN(std::vector<ClientRow> clients, Decode(rows, {}));
  *at = next;
  return clients;
}

absl::StatusOr<std::vector<ODataRow>> ClientTable::FetchRowsOf(
    absl::Span<const ClientKey> keys, size_t* at, std::vector<std::string> select) {
  ODataQuery query;
  query.entity = profile_.client.set;
  query.select = std::move(select);
  std::vector<std::string> guids;
  size_t next = *at;
  for (; next < keys.size() && guids.size() < kMostKeys; ++next) {
    if (!IsGuid(keys[next].guid())) continue;
    guids.push_back(keys[next].guid());
    query.filter = AnyGuidFilter(profile_.client.key, guids);
    if (guids.size() > 1 && session_.TargetSize(query) > kMostTargetBytes) {
      guids.pop_back();
      break;
    }
  }
  if (guids.empty()) {
    *at = next;
    return std::vector<ODataRow>();
  }
  query.filter = AnyGuidFilter(profile_.client.key, guids);
  GB_ASSIGN_OR_RETURN(ODataAnswer answer, session_.FetchRows(query));
  *at = next;
  return std::move(answer.rows);
}

absl::StatusOr<std::vector<ClientRow>> ClientTable::FetchAll(
    absl::Span<const ClientKey> keys, absl::Span<const std::string> attributes) {
  std::vector<ClientRow> all;
  for (size_t at = 0; at < keys.size();) {
    GB_ASSIGN_OR_RETURN(std::vector<ClientRow> some, FetchSome(keys, &at, attributes));
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace guestbridge::agent
