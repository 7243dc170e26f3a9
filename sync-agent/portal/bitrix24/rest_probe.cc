#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/portal/bitrix24/answer_decoder.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"
#include "sync-agent/portal/bitrix24/rest_caller.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"

namespace guestbridge::agent {
namespace {

using Check = PortalProbe::Check;

// Of one list field: enough to map values by hand, and bounded.
constexpr size_t kMostItems = 500;
constexpr absl::Duration kProbeDeadline = absl::Seconds(60);

bool Flag(const Json& field, const char* name) {
  const auto text = TextOf(FindMember(field, name));
  return text == "Y" || text == "1" || text == "true";
}

// The name a person reads: user fields carry it in a label, their title is the code.
std::string TitleOf(const Json& field, const std::string& name) {
  for (const char* key : {"formLabel", "listLabel", "title"}) {
    const auto text = TextOf(FindMember(field, key));
    if (text.has_value() && !text->empty() && *text != name) return *text;
  }
  return name;
}

void AddItem(const Json& json, const char* id, const char* title, PortalField* field) {
  if (!json.is_object() || field->items.size() >= kMostItems) return;
  const auto sent = TextOf(FindMember(json, id));
  if (!sent.has_value() || sent->empty()) return;
  field->items.push_back({*sent, TextOf(FindMember(json, title)).value_or("")});
}

PortalField DecodeField(const std::string& name, const Json& json) {
  PortalField field;
  field.name = name;
  field.type = TextOf(FindMember(json, "type")).value_or("");
  field.title = TitleOf(json, name);
  field.read_only = Flag(json, "isReadOnly");
  field.required = Flag(json, "isRequired");
  field.multiple = Flag(json, "isMultiple");
  const Json* items = FindMember(json, "items");
  if (items != nullptr && (items->is_array() || items->is_object())) {
    for (const Json& item : *items) AddItem(item, "ID", "VALUE", &field);
  }
  return field;
}

bool IsTlsReason(const std::string& reason) { return absl::StartsWith(reason, "TLS_"); }

bool IsTokenReason(const std::string& reason) {
  static constexpr const char* kReasons[] = {
      "TOKEN_REFUSED",          "WEBHOOK_REFUSED",          "PORTAL_USER_INACTIVE",
      "REAUTHORIZATION_NEEDED", "APPLICATION_NOT_FOR_USER", "APPLICATION_NOT_INSTALLED",
      "TOKEN_CHECK_UNAVAILABLE"};
  return std::find(std::begin(kReasons), std::end(kReasons), reason) !=
         std::end(kReasons);
}

class RestProbe final : public PortalProbe {
 public:
  RestProbe(RestPortalSettings settings, HttpClient& http, const Clock& clock)
      : host_(settings.host), caller_(std::move(settings), http, clock) {}

  absl::StatusOr<std::vector<PortalField>> FetchContactFields() override {
    const RawAnswer answer = Call("crm.contact.fields", Json::object());
    if (answer.fate != RequestFate::kAnswered) {
      return MakeError(answer.reason, answer.parameters);
    }
    if (!answer.result.is_object() || answer.result.empty()) {
      return MakeError("PORTAL_ANSWER_BROKEN", {{"host", host_}, {"status", "200"}});
    }
    std::vector<PortalField> fields;
    std::map<std::string, Json> dictionaries;
    for (const auto& [name, json] : answer.result.items()) {
      if (!json.is_object()) continue;
      fields.push_back(DecodeField(name, json));
      const std::string dictionary = DictionaryOf(name, json);
      if (dictionary.empty()) continue;
      auto known = dictionaries.find(dictionary);
      if (known == dictionaries.end()) {
        known = dictionaries.emplace(dictionary, LoadStatuses(dictionary)).first;
      }
      for (const Json& item : known->second) {
        AddItem(item, "STATUS_ID", "NAME", &fields.back());
      }
    }
    return fields;
  }

  std::vector<Check> Test() override {
    std::vector<Check> checks;
    const RawAnswer scope = Call("scope", Json::object());
    // A method that is missing or refused in its own right says nothing against the
    // connection.
    const bool reached = scope.fate == RequestFate::kAnswered ||
                         scope.reason == "PORTAL_METHOD_MISSING" ||
                         scope.reason == "PORTAL_REFUSED";
    if (!reached && !AddTransportRows(scope, &checks)) return checks;
    if (reached) {
      Add("portal", Check::State::kOk, "CHECK_PORTAL_OK", {}, &checks);
      Add("tls", Check::State::kOk, "CHECK_TLS_OK", {}, &checks);
    }
    if (!reached && IsTokenReason(scope.reason)) {
      Add("token", Check::State::kFailed, scope.reason, scope.parameters, &checks);
      return checks;
    }
    Add("token", Check::State::kOk, "CHECK_TOKEN_OK", {}, &checks);
    if (AddScopeRow(scope, &checks)) AddRightsRow(&checks);
    return checks;
  }

 private:
  // The values of a dictionary. Without them a field of it is one that takes any text.
  Json LoadStatuses(const std::string& dictionary) {
    RawAnswer answer = Call("crm.status.list", {{"filter", {{"ENTITY_ID", dictionary}}},
                                                {"order", {{"SORT", "ASC"}}}});
    const bool told = answer.fate == RequestFate::kAnswered && answer.result.is_array();
    return told ? std::move(answer.result) : Json::array();
  }

  RawAnswer Call(const std::string& method, const Json& params) {
    int http_requests = 0;
    return caller_.Call(method, params, {kProbeDeadline, /*counted=*/false},
                        DecodeRawAnswer, &http_requests);
  }

  void Add(const char* name, Check::State state, const std::string& reason,
           std::map<std::string, std::string> parameters, std::vector<Check>* checks) {
    parameters.emplace("host", host_);
    checks->push_back({name, state, reason, {parameters.begin(), parameters.end()}});
  }

  // Rows portal and tls of a call that got no result. False: nothing more can be told.
  bool AddTransportRows(const RawAnswer& answer, std::vector<Check>* checks) {
    if (IsTlsReason(answer.reason)) {
      Add("portal", Check::State::kOk, "CHECK_PORTAL_REACHED", {}, checks);
      Add("tls", Check::State::kFailed, answer.reason, answer.parameters, checks);
      return false;
    }
    const bool let_in =
        IsTokenReason(answer.reason) || answer.reason == "SCOPE_MISSING";
    if (let_in) {
      Add("portal", Check::State::kOk, "CHECK_PORTAL_OK", {}, checks);
    } else {
      Add("portal", Check::State::kFailed, answer.reason, answer.parameters, checks);
    }
    // An HTTP answer, whatever it said, came through a verified connection.
    const bool secured = answer.parameters.count("status") > 0 ||
                         answer.parameters.count("code") > 0 ||
                         answer.reason == "PORTAL_REDIRECT_REFUSED";
    if (secured) Add("tls", Check::State::kOk, "CHECK_TLS_OK", {}, checks);
    return let_in;
  }

  // False when the rights need not be looked at any more.
  bool AddScopeRow(const RawAnswer& scope, std::vector<Check>* checks) {
    bool crm = scope.fate != RequestFate::kAnswered;  // crm.contact.fields will tell
    std::string granted;
    if (scope.result.is_array() || scope.result.is_object()) {
      for (const Json& item : scope.result) {
        const std::string name = TextOf(&item).value_or("");
        if (absl::EqualsIgnoreCase(name, "crm")) crm = true;
        granted += (granted.empty() ? "" : ", ") + name;
      }
    }
    const RawAnswer fields =
        crm ? Call("crm.contact.fields", Json::object()) : RawAnswer();
    if (!crm || fields.reason == "SCOPE_MISSING" ||
        fields.reason == "PORTAL_METHOD_MISSING") {
      Add("scopes", Check::State::kFailed, "SCOPE_MISSING", {{"scope", "crm"}}, checks);
      return false;
    }
    Add("scopes", Check::State::kOk, "CHECK_SCOPES_OK",
        {{"scopes", granted.empty() ? "crm" : granted}}, checks);
    if (fields.fate == RequestFate::kAnswered) return true;
    Add("rights", Check::State::kFailed, fields.reason, fields.parameters, checks);
    return false;
  }

  void AddRightsRow(std::vector<Check>* checks) {
    const RawAnswer list = Call("crm.contact.list", EncodeParams(ListNewest{}));
    if (list.fate != RequestFate::kAnswered) {
      Add("rights", Check::State::kFailed, list.reason, list.parameters, checks);
      return;
    }
    const RawAnswer profile = Call("profile", Json::object());
    const bool admin =
        profile.fate == RequestFate::kAnswered && Flag(profile.result, "ADMIN");
    // Whoever sees only part of the contacts takes a guest that is there for missing.
    if (admin) {
      Add("rights", Check::State::kOk, "CHECK_RIGHTS_OK", {}, checks);
    } else {
      Add("rights", Check::State::kWarning, "PORTAL_USER_NOT_ADMIN", {}, checks);
    }
  }

  std::string host_;
  RestCaller caller_;
};

}  // namespace

std::unique_ptr<PortalProbe> MakeRestPortalProbe(RestPortalSettings settings,
                                                 HttpClient& http, const Clock& clock) {
  return std::make_unique<RestProbe>(std::move(settings), http, clock);
}

}  // namespace guestbridge::agent
