#include "sync-agent/source/onec_odata/messages_register.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr char kEmptyGuid[] = "00000000-0000-0000-0000-000000000000";

// One attribute of a record, with its form in a key.
struct Cell {
  std::string name;
  std::string value;
  std::string literal;
};

Cell TextCell(const std::string& name, const std::string& value) {
  return {name, value, TextLiteral(value)};
}
Cell GuidCell(const std::string& name, const std::string& value) {
  return {name, value, GuidLiteral(value)};
}

// A reference that may be of more types than one is two texts: GUID and type.
void AddClient(const SourceProfile& profile, const std::string& name,
               const std::string& type_name, const ClientKey& client,
               std::vector<Cell>* cells) {
  if (type_name.empty()) {
    cells->push_back(GuidCell(name, client.guid()));
    return;
  }
  cells->push_back(TextCell(name, client.guid()));
  cells->push_back(
      TextCell(type_name, absl::StrCat("StandardODATA.", profile.client.set)));
}

struct Record {
  std::vector<std::string> key;
  std::vector<Cell> cells;
  Cell proof;  // tells that 1C kept the record
};

Record RegisterRecord(const SourceProfile& profile, const ClientKey& client,
                      ContactId contact, const std::string& date) {
  const MessageNames& names = profile.messages;
  Record record{names.key, {}, {}};
  if (!names.system.empty()) {
    record.cells.push_back(GuidCell(names.system, names.system_ref));
  }
  AddClient(profile, names.object, names.object_type, client, &record.cells);
  record.proof = GuidCell(names.object, client.guid());
  if (!names.date.empty()) {
    record.cells.push_back({names.date, date, DateTimeLiteral(date)});
  }
  if (!names.external_id.empty()) {
    record.proof = TextCell(names.external_id, absl::StrCat(contact.value()));
    record.cells.push_back(record.proof);
  }
  if (!names.status.empty()) {
    record.cells.push_back(TextCell(names.status, names.status_value));
  }
  if (!names.direction.empty()) {
    record.cells.push_back(TextCell(names.direction, names.direction_value));
  }
  return record;
}

Record MappingRecord(const SourceProfile& profile, const ClientKey& client,
                     ContactId contact) {
  const MessageNames& names = profile.messages;
  Record record;
  record.key = names.key;
  record.cells = {
      GuidCell("Hotel_Key", kEmptyGuid),
      TextCell("ExternalSystemCode", names.system_code),
      TextCell("ObjectTypeName", names.object_type_name),
      TextCell(names.external_id, absl::StrCat(contact.value())),
  };
  AddClient(profile, names.object, names.object_type, client, &record.cells);
  record.proof = GuidCell(names.object, client.guid());
  return record;
}

bool IsKey(const Record& record, const Cell& cell) {
  return std::find(record.key.begin(), record.key.end(), cell.name) != record.key.end();
}

std::string KeyOf(const Record& record) {
  std::vector<std::string> parts;
  for (const std::string& name : record.key) {
    for (const Cell& cell : record.cells) {
      if (cell.name == name) parts.push_back(absl::StrCat(name, "=", cell.literal));
    }
  }
  return absl::StrJoin(parts, ",");
}

std::string BodyOf(const Record& record, bool with_key) {
  nlohmann::json body = nlohmann::json::object();
  for (const Cell& cell : record.cells) {
    if (with_key || !IsKey(record, cell)) body[cell.name] = cell.value;
  }
  return body.dump();
}

bool SaysExists(const absl::Status& status) {
  Parameters parameters = ParametersOf(status);
  return ReasonOf(status) == "SOURCE_REFUSED" &&
         (parameters["code"] == "15" || parameters["http"] == "409");
}

bool Holds(const ODataRow& row, const Cell& cell) {
  const std::string* const value = row.Find(cell.name);
  if (value == nullptr) return false;
  const ContactId contact = ReadContactId(cell.value);  // may stand there as a number
  return contact.exists() ? ReadContactId(*value) == contact
                          : FoldCase(TrimText(*value)) == FoldCase(cell.value);
}

// As with clients, an answer without the value proves nothing: then 1C is asked.
absl::Status CheckKept(const Record& record, const std::string& set,
                       const ODataRow& answered, ODataSession& session) {
  if (Holds(answered, record.proof)) return absl::OkStatus();
  const absl::StatusOr<ODataRow> kept =
      session.FetchEntity(set, KeyOf(record), {record.proof.name});
  if (kept.ok() && Holds(*kept, record.proof)) return absl::OkStatus();
  if (!kept.ok() && !absl::IsNotFound(kept.status())) return kept.status();
  return MakeError("WRITE_NOT_KEPT",
                   {{"entity", set}, {"attribute", record.proof.name}});
}

}  // namespace

MessagesRegister::MessagesRegister(const SourceProfile& profile, ODataSession& session,
                                   const Clock& clock)
    : profile_(profile), session_(session), clock_(clock) {}

std::string MessagesRegister::DateFor(const ClientKey& client) {
  absl::TimeZone zone;
  absl::LoadTimeZone(profile_.time_zone, &zone);  // checked with the profile
  std::string date = absl::FormatTime("%E4Y-%m-%dT%H:%M:%S", clock_.Now(), zone);
  if (!profile_.history.has_value()) return date;
  ODataQuery query;
  query.entity = profile_.history->set;
  query.select = {profile_.history->period};
  query.filter =
      absl::StrCat(profile_.history->client, " eq ", GuidLiteral(client.guid()));
  query.order_by = absl::StrCat(profile_.history->period, " desc");
  query.top = 1;
  // The history is a help here: without it our own clock has to do.
  const absl::StatusOr<ODataAnswer> answer = session_.FetchRows(query);
  if (!answer.ok() || answer->rows.empty()) return date;
  return std::max(date,
                  ReadSourceTime(answer->rows[0].Get(profile_.history->period)).text);
}

absl::Status MessagesRegister::Record(const ClientKey& client, ContactId contact) {
  using Mode = MessageNames::Mode;
  const MessageNames& names = profile_.messages;
  if (names.mode == Mode::kNone || !contact.exists()) return absl::OkStatus();
  CrashPoint("agent.message.record");
  const auto record = names.mode == Mode::kMapping
                          ? MappingRecord(profile_, client, contact)
                          : RegisterRecord(profile_, client, contact,
                                           names.date.empty() ? "" : DateFor(client));
  absl::StatusOr<ODataRow> answered =
      session_.Post(names.set, BodyOf(record, /*with_key=*/true), {});
  if (SaysExists(answered.status())) {
    answered = session_.Patch(names.set, KeyOf(record),
                              BodyOf(record, /*with_key=*/false), {});
  }
  GB_RETURN_IF_ERROR(answered.status());
  GB_RETURN_IF_ERROR(CheckKept(record, names.set, *answered, session_));
  CrashPoint("agent.message.recorded");
  return absl::OkStatus();
}

}  // namespace guestbridge::agent
