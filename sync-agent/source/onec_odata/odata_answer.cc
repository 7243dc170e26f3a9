#include "sync-agent/source/onec_odata/odata_answer.h"

#include <initializer_list>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/json_repair.h"
#include "sync-agent/source/onec_odata/row_reader.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

using Json = nlohmann::json;

// Only the beginning of a page that is no OData is looked at for words.
constexpr size_t kWordsWithin = 64 << 10;

absl::string_view WithoutBom(absl::string_view body) {
  if (absl::StartsWith(body, "\xef\xbb\xbf")) body.remove_prefix(3);
  return body;
}

Json ParseJson(absl::string_view body) {
  body = absl::StripLeadingAsciiWhitespace(WithoutBom(body));
  if (body.empty() || (body[0] != '{' && body[0] != '[')) {
    return Json(Json::value_t::discarded);
  }
  Json root =
      Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!root.is_discarded()) return root;
  const std::string repaired = RepairJson(body);
  if (repaired == body) return root;
  return Json::parse(repaired, nullptr, /*allow_exceptions=*/false);
}

bool HasAny(const std::string& folded, std::initializer_list<absl::string_view> words) {
  for (const absl::string_view word : words) {
    if (absl::StrContains(folded, word)) return true;
  }
  return false;
}

bool SaysMaintenance(const std::string& folded) {
  return HasAny(folded, {"начало сеанса", "сеанса с информационной базой",
                         "session with the infobase", "infobase session",
                         "session start is", "монопольн", "exclusive mode"});
}

bool SaysLicences(const std::string& folded) {
  return HasAny(folded, {"лицензи", "licens", "licenc"});
}

// Nouns and phrases only: "the guest is blocked" is what a handler may say to refuse.
bool SaysLocked(const std::string& folded) {
  return HasAny(folded, {"блокировк",
                         "блокировок",
                         "удалось заблокировать",
                         "уже заблокирован",
                         "запись заблокирована",
                         "данные заблокированы",
                         "заблокированы другим",
                         "заблокирован другим",
                         "конфликт транзакц",
                         "lock conflict",
                         "lock timeout",
                         "lock wait",
                         "lock request",
                         "failed to lock",
                         "cannot lock",
                         "could not lock",
                         "unable to lock",
                         "deadlock",
                         "locked by",
                         "data lock"});
}

// The cluster, a working process or the database, not the configuration: as good as no
// answer.
bool SaysServerFailed(const std::string& folded) {
  return HasAny(
      folded,
      {"server_addr", "кластер", "рабочий процесс", "worker process", "working process",
       "недостаточно памяти", "out of memory", "not enough memory", "сервер баз данных",
       "database server", "соединение с субд", "connection to the dbms",
       "ошибка соединения", "соединение разорвано", "сервером 1с:предприятия",
       "1c:enterprise server", "сеанс работы завершен", "session has been terminated"});
}

// After an update of the platform, until the web server is restarted.
bool SaysVersionsDiffer(const std::string& folded) {
  return HasAny(folded, {"версии клиента и сервера", "client and server versions",
                         "versions of the client and"});
}

// IIS cannot read the publication's settings, or load 1C's module.
bool SaysMisconfigured(const std::string& folded) {
  return HasAny(folded, {"500.19", "0x80070", "isapi"});
}

struct ODataError {
  bool present = false;
  std::string code;
  std::string folded;  // the message in lower case; stays in this file
};

std::string TextOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return "";
}

ODataError ReadJsonError(const Json& root) {
  ODataError error;
  if (!root.is_object()) return error;
  auto it = root.find("odata.error");
  if (it == root.end()) it = root.find("error");
  if (it == root.end() || !it->is_object()) return error;
  error.present = true;
  error.code = TextOf(it->value("code", Json()));
  const Json message = it->value("message", Json());
  error.folded = FoldCase(message.is_object() ? TextOf(message.value("value", Json()))
                                              : TextOf(message));
  return error;
}

std::string Between(absl::string_view text, absl::string_view open,
                    absl::string_view close) {
  const size_t from = text.find(open);
  if (from == absl::string_view::npos) return "";
  text.remove_prefix(from + open.size());
  return std::string(text.substr(0, text.find(close)));
}

// Proxies that drop Accept and $format turn an error into Atom's form.
ODataError ReadXmlError(absl::string_view body) {
  ODataError error;
  if (!absl::StrContains(body, "<m:error") && !absl::StrContains(body, "<error")) {
    return error;
  }
  error.present = true;
  error.code = std::string(absl::StripAsciiWhitespace(Between(body, "code>", "<")));
  error.folded = FoldCase(body.substr(0, kWordsWithin));
  return error;
}

ODataError ReadError(absl::string_view body) {
  const Json root = ParseJson(body);
  if (!root.is_discarded()) return ReadJsonError(root);
  return ReadXmlError(body.substr(0, kWordsWithin));
}

Parameters Describe(const HttpResult& result, const ODataCall& call,
                    const ODataError& error) {
  Parameters parameters = {{"entity", call.entity},
                           {"http", absl::StrCat(result.status)}};
  // Codes are short numbers; anything else is not 1C's.
  if (!error.code.empty() && error.code.size() <= 4) {
    parameters["code"] = error.code;
  } else {
    parameters["code"] = "-";
  }
  return parameters;
}

// Of the names that we sent, the one that the message repeats.
std::string NamedAttribute(const ODataCall& call, const ODataError& error) {
  std::string best;
  for (const std::string& name : call.attributes) {
    if (name.size() > best.size() && absl::StrContains(error.folded, FoldCase(name))) {
      best = name;
    }
  }
  return best.empty() ? absl::StrJoin(call.attributes, ", ") : best;
}

// A page that is neither OData nor an answer of the publication.
absl::Status ClassifyForeign(const HttpResult& result, const ODataCall& call) {
  const Parameters parameters = Describe(result, call, {});
  const std::string folded =
      FoldCase(absl::string_view(result.body).substr(0, kWordsWithin));
  const int status = result.status;
  if (status == 401) return MakeError("SOURCE_CREDENTIALS_REFUSED", parameters);
  if (status == 403) return MakeError("SOURCE_RIGHT_MISSING", parameters);
  if (SaysMaintenance(folded) ||
      HasAny(folded, {"техническ", "обслуживан", "maintenance"})) {
    return MakeError("SOURCE_IN_MAINTENANCE", parameters);
  }
  if ((status == 406 || status >= 500) && SaysLicences(folded)) {
    return MakeError("SOURCE_LICENCES_EXHAUSTED", parameters);
  }
  // Documented for a session that cannot be made, which is a licence that is missing.
  if (status == 406) return MakeError("SOURCE_LICENCES_EXHAUSTED", parameters);
  if (SaysVersionsDiffer(folded))
    return MakeError("SOURCE_VERSIONS_DIFFER", parameters);
  if (status >= 500 && SaysMisconfigured(folded)) {
    return MakeError("SOURCE_WEB_SERVER_MISCONFIGURED", parameters);
  }
  if (status >= 500 && SaysServerFailed(folded)) {
    return MakeError("SOURCE_SERVER_FAILED", parameters);
  }
  if (status == 429) return MakeError("SOURCE_BUSY", parameters);
  if (status == 412) return MakeError("SOURCE_REFUSED", parameters);
  if (status >= 502 && status <= 504) {
    Parameters unreachable = parameters;
    unreachable["cause"] = absl::StrCat("HTTP ", status);
    return MakeError("SOURCE_UNREACHABLE", unreachable);
  }
  if (status >= 300 && status < 400) return MakeError("SOURCE_REDIRECTED", parameters);
  if (status == 404 || status == 410) {
    return MakeError("SOURCE_NOT_PUBLISHED", parameters);
  }
  if (status >= 400 && status < 500) return MakeError("SOURCE_REFUSED", parameters);
  return MakeError("SOURCE_ANSWER_BROKEN", parameters);
}

absl::Status ClassifyOData(const HttpResult& result, const ODataCall& call,
                           const ODataError& error) {
  Parameters parameters = Describe(result, call, error);
  const int status = result.status;
  const std::string& code = error.code;
  if (code == "20" || status == 403)
    return MakeError("SOURCE_RIGHT_MISSING", parameters);
  if (status == 401) return MakeError("SOURCE_CREDENTIALS_REFUSED", parameters);
  if (status == 412) return MakeError("SOURCE_REFUSED", parameters);
  if (SaysMaintenance(error.folded)) {
    return MakeError("SOURCE_IN_MAINTENANCE", parameters);
  }
  if ((status == 406 || status >= 500) && SaysLicences(error.folded)) {
    return MakeError("SOURCE_LICENCES_EXHAUSTED", parameters);
  }
  if (code == "8") return MakeError("SOURCE_ENTITY_MISSING", parameters);
  if (code == "9") return MakeError("CLIENT_GONE", parameters);
  const bool names_attribute = code == "6" || code == "10" || code == "14";
  if (names_attribute && !call.attributes.empty()) {
    const std::string named = NamedAttribute(call, error);
    // Code 14 is also any other error of syntax: it counts only with the name.
    const bool one = named.find(", ") == std::string::npos;
    if (code != "14" || (one && call.attributes.size() > 1)) {
      parameters["attribute"] = named;
      return MakeError("SOURCE_ATTRIBUTE_MISSING", parameters);
    }
  }
  if (code == "18") return MakeError("SOURCE_MODEL_INVALID", parameters);
  if (status >= 500 && SaysLocked(error.folded)) {
    return MakeError("SOURCE_BUSY", parameters);
  }
  if (SaysVersionsDiffer(error.folded)) {
    return MakeError("SOURCE_VERSIONS_DIFFER", parameters);
  }
  if (status >= 500 && SaysServerFailed(error.folded)) {
    return MakeError("SOURCE_SERVER_FAILED", parameters);
  }
  if (status >= 502 && status <= 504) {
    parameters["cause"] = absl::StrCat("HTTP ", status);
    return MakeError("SOURCE_UNREACHABLE", parameters);
  }
  return MakeError("SOURCE_REFUSED", parameters);
}

// The set that the answer says it is of: `…/$metadata#Set`, `…#Set/@Element`. Empty: it
// does not say.
std::string NamedSet(absl::string_view context) {
  const size_t mark = context.rfind('#');
  if (mark == absl::string_view::npos) return "";
  const size_t end = context.find_first_of("/(?", mark);
  return std::string(
      context.substr(mark + 1, end == absl::string_view::npos ? end : end - mark - 1));
}

std::string ContextOf(const Json& root) {
  const auto context = root.find("odata.metadata");
  return context == root.end() || !context->is_string() ? ""
                                                        : context->get<std::string>();
}

// Suffixes of types (…_RecordType) are the same set; a name that is encoded can't be
// compared.
bool IsOfAnotherSet(const std::string& named, const std::string& asked) {
  return !named.empty() && named.find('%') == std::string::npos &&
         !absl::StartsWith(named, asked) && !absl::StartsWith(asked, named);
}

ODataRow DecodeRow(const Json& object) {
  ODataRow row;
  row.values.reserve(object.size());
  row.bare.reserve(object.size());
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) {
      row.values.emplace_back(name, value.get<std::string>());
      row.bare.push_back(false);
    } else if (value.is_boolean() || value.is_number()) {
      row.values.emplace_back(name, value.dump());
      row.bare.push_back(true);
    }
  }
  return row;
}

}  // namespace

const std::string* ODataRow::Find(absl::string_view name) const {
  for (const auto& [key, value] : values) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string ODataRow::Get(absl::string_view name) const {
  const std::string* value = Find(name);
  return value == nullptr ? "" : *value;
}

absl::Status CheckAnswer(const HttpResult& result, const ODataCall& call) {
  if (result.outcome != HttpOutcome::kAnswered) {
    const char* reason = result.reason == "ADDRESS_REFUSED" ? "SOURCE_ADDRESS_REFUSED"
                                                            : "SOURCE_UNREACHABLE";
    return MakeError(reason, {{"entity", call.entity}, {"cause", result.reason}});
  }
  if (result.status >= 200 && result.status < 300) return absl::OkStatus();
  const ODataError error = ReadError(result.body);
  return error.present ? ClassifyOData(result, call, error)
                       : ClassifyForeign(result, call);
}

bool SaysSessionGone(const HttpResult& result) {
  const int status = result.status;
  if (status != 400 && status != 404 && status != 500) return false;
  const std::string folded =
      FoldCase(absl::string_view(result.body).substr(0, kWordsWithin));
  if (SaysMaintenance(folded) || SaysLicences(folded)) return false;
  if (HasAny(folded, {"сеанс отсутствует", "сеанс завершен", "сеанс работы завершен",
                      "сеанс удален", "session not found", "session is not found",
                      "session has been terminated", "session was terminated",
                      "session expired"})) {
    return true;
  }
  return !ReadError(result.body).present;
}

absl::Status CheckXml(const HttpResult& result, const ODataCall& call) {
  const absl::Status status = CheckAnswer(result, call);
  if (!status.ok()) return status;
  const absl::string_view text =
      absl::StripLeadingAsciiWhitespace(WithoutBom(result.body));
  const bool page = !absl::StartsWith(text, "<") ||
                    absl::StartsWithIgnoreCase(text, "<html") ||
                    absl::StartsWithIgnoreCase(text, "<!doctype html");
  return page ? ClassifyForeign(result, call) : absl::OkStatus();
}

absl::StatusOr<ODataAnswer> DecodeRows(const HttpResult& result,
                                       const ODataCall& call) {
  const absl::Status status = CheckAnswer(result, call);
  if (!status.ok()) return status;
  ODataAnswer answer;
  answer.bytes = result.body.size();
  if (auto read = ReadRows(WithoutBom(result.body)); read.has_value()) {
    if (call.entity != "/" && IsOfAnotherSet(NamedSet(read->context), call.entity)) {
      return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
    }
    answer.rows = std::move(read->rows);
    answer.more = read->more;
    return answer;
  }
  const Json root = ParseJson(result.body);
  if (root.is_discarded()) {
    // A proxy may answer a maintenance page with 200; its words still tell. A cut page
    // of rows is not searched: a guest's remarks may say anything.
    absl::string_view text = absl::StripLeadingAsciiWhitespace(WithoutBom(result.body));
    if (!absl::StartsWith(text, "{")) return ClassifyForeign(result, call);
    return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
  }
  if (!root.is_object() || root.contains("odata.error")) {
    return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
  }
  // A cache or a proxy that mixes answers up: rows of hotels are no guests.
  if (call.entity != "/" && IsOfAnotherSet(NamedSet(ContextOf(root)), call.entity)) {
    return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
  }
  answer.more = root.contains("odata.nextLink");
  const auto list = root.find("value");
  if (list == root.end() || !list->is_array()) {
    answer.rows.push_back(DecodeRow(root));
    return answer;
  }
  answer.rows.reserve(list->size());
  for (const Json& item : *list) {
    if (!item.is_object()) {
      return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
    }
    answer.rows.push_back(DecodeRow(item));
  }
  return answer;
}

absl::StatusOr<std::vector<std::string>> DecodeSets(const HttpResult& result) {
  const ODataCall call = {"/", {}};
  const absl::Status status = CheckAnswer(result, call);
  if (!status.ok()) return status;
  std::vector<std::string> sets;
  if (absl::StrContains(result.body, "<service")) {
    constexpr absl::string_view kHref = "href=\"";  // of each collection
    const absl::string_view xml = result.body;
    for (size_t at = xml.find(kHref); at != absl::string_view::npos;
         at = xml.find(kHref, at)) {
      at += kHref.size();
      const size_t end = xml.find('"', at);
      // Cut within a name.
      if (end == absl::string_view::npos) {
        return MakeError("SOURCE_ANSWER_BROKEN", Describe(result, call, {}));
      }
      sets.emplace_back(xml.substr(at, end - at));
      at = end;
    }
    return sets;
  }
  const absl::StatusOr<ODataAnswer> answer = DecodeRows(result, call);
  if (!answer.ok()) return answer.status();
  for (const ODataRow& row : answer->rows) {
    const std::string* name = row.Find("url");
    if (name == nullptr) name = row.Find("name");
    if (name != nullptr) sets.push_back(*name);
  }
  return sets;
}

}  // namespace guestbridge::agent
