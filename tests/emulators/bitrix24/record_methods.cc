// crm.deal.*, crm.activity.* and crm.timeline.comment.*, as little as a stay needs.
// Source: facts 6.2. They share the legacy envelope, paging and filter of contacts.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/emulators/bitrix24/event_delivery.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr int64_t kRecordPage = 50;

struct RecordKind {
  const char* name;
  const char* event;  // beginning of its events' names; "" for none
  std::vector<const char*> fields;
  const char* required;  // "" for none
};

const RecordKind& Deal() {
  static const RecordKind* const kind =
      new RecordKind{"deal",
                     "ONCRMDEAL",
                     {"TITLE", "TYPE_ID", "CATEGORY_ID", "STAGE_ID", "BEGINDATE",
                      "CLOSEDATE", "OPPORTUNITY", "CURRENCY_ID", "CONTACT_ID",
                      "COMMENTS", "SOURCE_ID", "ASSIGNED_BY_ID", "ORIGINATOR_ID",
                      "ORIGIN_ID", "OPENED", "CLOSED", "SOURCE_DESCRIPTION"},
                     ""};
  return *kind;
}

const RecordKind& Activity() {
  static const RecordKind* const kind =
      new RecordKind{"activity",
                     "",
                     {"OWNER_TYPE_ID", "OWNER_ID", "TYPE_ID", "SUBJECT", "START_TIME",
                      "END_TIME", "COMPLETED", "RESPONSIBLE_ID", "DESCRIPTION",
                      "ORIGIN_ID", "ORIGINATOR_ID", "PROVIDER_ID", "PROVIDER_TYPE_ID"},
                     "SUBJECT"};
  return *kind;
}

const RecordKind& Comment() {
  static const RecordKind* const kind =
      new RecordKind{"comment", "", {"ENTITY_ID", "ENTITY_TYPE", "COMMENT"}, "COMMENT"};
  return *kind;
}

using KindOf = const RecordKind& (*)();

// Unknown names and values that are no text are dropped.
void TakeFields(const RecordKind& kind, const Json& fields, RecordStore::Row* row) {
  for (const char* name : kind.fields) {
    const Json* value = Find(fields, name);
    if (value != nullptr && !IsArray(*value)) (*row)[name] = ToText(*value);
  }
}

void Announce(const MethodCall& call, const RecordKind& kind, const char* what,
              int64_t id) {
  call.effects->push_back({kind.name, id});
  if (kind.event[0] == '\0') return;
  RaiseEvent(call.portal, std::string(kind.event) + what, id, Connector(call.params));
}

template <KindOf kKind>
Outcome AddRecord(const MethodCall& call) {
  const RecordKind& kind = kKind();
  const auto fields = LegacyArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  RecordStore::Row row;
  TakeFields(kind, std::get<Json>(fields), &row);
  if (kind.required[0] != '\0' && Trim(row[kind.required]).empty()) {
    return LegacyError(std::string("The field ") + kind.required + " is required.");
  }
  const std::string now = PrintTime(call.portal.clock.Now(), call.portal.settings.zone);
  if (std::string_view(kind.name) == "deal") {
    row.emplace("STAGE_ID", "NEW");
    row.emplace("CATEGORY_ID", "0");
    row.emplace("OPENED", "Y");
    row.emplace("ASSIGNED_BY_ID", std::to_string(call.caller.user_id));
  }
  row["DATE_CREATE"] = now;
  row["DATE_MODIFY"] = now;
  const int64_t id = call.portal.records.Add(kind.name, std::move(row));
  Announce(call, kind, "ADD", id);
  return MethodResult{id};
}

// The row that the call names, or the error.
std::variant<RecordStore::Row*, RestError> NamedRecord(const MethodCall& call,
                                                       const RecordKind& kind) {
  const Json* id = Param(call.params, {"id", "ID"});
  if (id == nullptr || ToInt(*id) <= 0) {
    return LegacyError("ID is not defined or invalid.");
  }
  RecordStore::Row* row = call.portal.records.Find(kind.name, ToInt(*id));
  if (row == nullptr) return LegacyError("Not found");
  return row;
}

Json RowJson(const RecordStore::Row& row) {
  Json json = Json::object();
  for (const auto& [name, value] : row) json[name] = value;
  return json;
}

template <KindOf kKind>
Outcome GetRecord(const MethodCall& call) {
  const auto row = NamedRecord(call, kKind());
  if (auto* error = std::get_if<RestError>(&row)) return *error;
  return MethodResult{RowJson(*std::get<RecordStore::Row*>(row))};
}

template <KindOf kKind>
Outcome UpdateRecord(const MethodCall& call) {
  const auto named = NamedRecord(call, kKind());
  if (auto* error = std::get_if<RestError>(&named)) return *error;
  const auto fields = LegacyArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  RecordStore::Row& row = *std::get<RecordStore::Row*>(named);
  TakeFields(kKind(), std::get<Json>(fields), &row);
  row["DATE_MODIFY"] = PrintTime(call.portal.clock.Now(), call.portal.settings.zone);
  Announce(call, kKind(), "UPDATE", ToInt(row["ID"]));
  return MethodResult{true};
}

template <KindOf kKind>
Outcome DeleteRecord(const MethodCall& call) {
  const auto named = NamedRecord(call, kKind());
  if (auto* error = std::get_if<RestError>(&named)) return *error;
  const int64_t id = ToInt((*std::get<RecordStore::Row*>(named))["ID"]);
  call.portal.records.Delete(kKind().name, id);
  Announce(call, kKind(), "DELETE", id);
  return MethodResult{true};
}

// Whether the row meets `key` => `value`; only equality and ">ID" are understood. The
// row has the field.
bool Meets(const RecordStore::Row& row, const std::string& key, const Json& value) {
  if (key == ">ID") return ToInt(row.at("ID")) > ToInt(value);
  const std::string& stored = row.at(key.substr(key.find_first_not_of("=@")));
  if (!IsArray(value)) return stored == ToText(value);
  bool found = false;
  ForEach(value, [&](const std::string&, const Json& item) {
    found = found || stored == ToText(item);
  });
  return found;
}

template <KindOf kKind>
Outcome ListRecords(const MethodCall& call) {
  const auto filter = LegacyArrayParam(call.params, "filter", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&filter)) return *error;
  std::vector<const RecordStore::Row*> found;
  for (const auto& [id, row] : call.portal.records.All(kKind().name)) {
    bool meets = true;
    ForEach(std::get<Json>(filter), [&](const std::string& key, const Json& value) {
      const size_t op = key.find_first_not_of("=@>");
      const std::string name = op == std::string::npos ? "" : key.substr(op);
      const bool known =
          name == "ID" || std::any_of(kKind().fields.begin(), kKind().fields.end(),
                                      [&](const char* field) { return name == field; });
      if (known && (row.count(name) == 0 || !Meets(row, key, value))) meets = false;
    });
    if (meets) found.push_back(&row);
  }
  const Json* start_param = Param(call.params, {"start", "START"});
  const int64_t start = start_param == nullptr ? 0 : ToInt(*start_param);
  const auto total = static_cast<int64_t>(found.size());
  int64_t first = start < 0 ? 0 : start / kRecordPage * kRecordPage;
  if (first >= total) first = 0;
  const int64_t end = std::min(total, first + kRecordPage);
  MethodResult result{.result = Json::array()};
  for (int64_t i = first; i < end; ++i) {
    result.result.push_back(RowJson(*found[static_cast<size_t>(i)]));
  }
  result.total = start < 0 ? 0 : total;
  if (start >= 0 && end < total) result.next = end;
  return result;
}

template <KindOf kKind>
void AddKind(const std::string& prefix, MethodTable* table) {
  (*table)[prefix + ".add"] = {.scope = "crm", .run = AddRecord<kKind>};
  (*table)[prefix + ".get"] = {.scope = "crm", .run = GetRecord<kKind>};
  (*table)[prefix + ".update"] = {.scope = "crm", .run = UpdateRecord<kKind>};
  (*table)[prefix + ".delete"] = {.scope = "crm", .run = DeleteRecord<kKind>};
  (*table)[prefix + ".list"] = {.scope = "crm", .run = ListRecords<kKind>};
}

}  // namespace

void AddRecordMethods(MethodTable* table) {
  AddKind<Deal>("crm.deal", table);
  AddKind<Activity>("crm.activity", table);
  AddKind<Comment>("crm.timeline.comment", table);
}

}  // namespace guestbridge::testing::bitrix24
