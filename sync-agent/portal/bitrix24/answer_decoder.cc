#include "sync-agent/portal/bitrix24/answer_decoder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"
#include "sync-agent/portal/bitrix24/contact_decoder.h"
#include "sync-agent/portal/bitrix24/envelope.h"
#include "sync-agent/portal/bitrix24/event_decoder.h"
#include "sync-agent/portal/bitrix24/import_decoder.h"

namespace guestbridge::agent {
namespace {

bool IsWrite(const Command& command) {
  return std::holds_alternative<AddContact>(command) ||
         std::holds_alternative<UpdateContact>(command) ||
         std::holds_alternative<DeleteContact>(command) ||
         std::holds_alternative<ImportContacts>(command);
}

// Of a field that is a list; a list that can't be read says nothing.
std::optional<std::set<std::string>> ItemsOf(const Json* items, const char* key) {
  if (items == nullptr || (!items->is_array() && !items->is_object())) {
    return std::nullopt;
  }
  std::set<std::string> ids;
  for (const Json& item : *items) {
    const auto id = item.is_object() ? TextOf(FindMember(item, key)) : std::nullopt;
    if (!id.has_value() || id->empty()) return std::nullopt;
    ids.insert(*id);
  }
  return ids;
}

bool IsOfEvents(const Command& command) {
  return std::holds_alternative<BindEvent>(command) ||
         std::holds_alternative<GetBoundEvents>(command) ||
         std::holds_alternative<PollEvents>(command);
}

// True when the error shuts this one method and no more: another way is open.
bool IsUnavailable(const PortalError& error, const Command& command, int status) {
  if (const auto* import = std::get_if<ImportContacts>(&command); import != nullptr) {
    return IsImportUnavailable(error, status, import->single);
  }
  const ErrorKind kind = MeaningOf(error).kind;
  if (const auto* add = std::get_if<AddContact>(&command); add != nullptr) {
    // The right is asked about before anything is done.
    return add->import && kind == ErrorKind::kAccessDenied;
  }
  if (IsOfEvents(command)) {
    // ACCESS_DENIED may mean a plan without REST as well: the next command of any other
    // kind tells.
    return error.code == "WRONG_AUTH_TYPE" || error.code == "ACCESS_DENIED" ||
           error.code == "ERROR_METHOD_NOT_FOUND";
  }
  return std::holds_alternative<FindContacts>(command) &&
         (kind == ErrorKind::kAccessDenied || error.code == "ERROR_METHOD_NOT_FOUND" ||
          (error.code == "ACCESS_DENIED" && (status == 0 || status == 400)));
}

// A command's own error, wherever it stood. `status`: of the HTTP answer; 0 in a batch.
CommandResult OfError(const PortalError& error, const Command& command, int status) {
  const ErrorMeaning meaning = MeaningOf(error);
  CommandResult result;
  result.answered = true;
  result.reason = meaning.reason;
  result.portal_code = error.code;
  if (IsUnavailable(error, command, status)) {
    result.fate = Fate::kNotExecuted;
    result.unavailable = true;
    if (error.code == "ACCESS_DENIED") result.reason = "RIGHT_MISSING_ON_PORTAL";
    SpreadToItems(command, &result);
    return result;
  }
  if (std::holds_alternative<BindEvent>(command) &&
      error.code == "ERROR_HANDLER_ALREADY_EXIST") {
    result.fate = Fate::kDone;
    result.reason.clear();
    return result;
  }
  const bool write = IsWrite(command);
  switch (meaning.kind) {
    case ErrorKind::kOperatingLimit:
      result.operating_limit = true;
      [[fallthrough]];
    case ErrorKind::kTooFast:
    case ErrorKind::kAuthUnavailable:
    case ErrorKind::kBatchTooLong:
      result.fate = Fate::kNotExecuted;
      break;
    case ErrorKind::kTokenRefused:
      result.fate = Fate::kNotExecuted;
      result.not_allowed = true;
      break;
    case ErrorKind::kNotAllowed:
      // A read that is not allowed will not be: asking again would never end.
      result.fate = write ? Fate::kNotExecuted : Fate::kRefused;
      result.not_allowed = write;
      break;
    case ErrorKind::kFieldRefused:
      result.fate = Fate::kRefused;
      break;
    case ErrorKind::kNotFound:
      if (std::holds_alternative<GetContact>(command) ||
          std::holds_alternative<UpdateContact>(command) ||
          std::holds_alternative<DeleteContact>(command)) {
        result.fate = Fate::kGone;
        result.reason = "CONTACT_NOT_ON_PORTAL";
      } else {
        result.fate = write ? Fate::kUnknown : Fate::kRefused;
      }
      break;
    case ErrorKind::kInternal:
      result.fate = Fate::kUnknown;
      break;
    case ErrorKind::kAccessDenied:
    case ErrorKind::kOther:
      result.fate = write ? Fate::kUnknown : Fate::kRefused;
      break;
  }
  // A code of validation belongs to one contact of an import, not to all of them; and
  // only such a code precedes the write.
  const auto* import = std::get_if<ImportContacts>(&command);
  if (result.fate == Fate::kRefused && import != nullptr &&
      !(import->single && absl::StartsWith(error.code, "CRM_FIELD_ERROR_"))) {
    result.fate = Fate::kUnknown;
  }
  SpreadToItems(command, &result);
  return result;
}

bool IsTrue(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  const auto text = TextOf(&json);
  return text == "1" || text == "Y" || text == "true";
}

// The value of a command that succeeded. False when it is none that this command gives.
struct ValueOf {
  const Json& json;
  CommandResult* result;

  bool operator()(const AddContact&) const {
    result->id = ContactId(PositiveIdOf(&json));
    return result->id.exists();
  }
  bool operator()(const UpdateContact&) const { return IsTrue(json); }
  bool operator()(const DeleteContact&) const { return IsTrue(json); }
  bool operator()(const GetContact& get) const {
    auto row = DecodeContact(json);
    if (!row.has_value() || row->id != get.id) return false;
    result->rows.push_back(*std::move(row));
    return true;
  }
  bool operator()(const ListContacts& list) const {
    return DecodePage(json, list, result);
  }
  bool operator()(const ListNewest& list) const {
    return DecodePage(json, list, result);
  }
  // {"CONTACT":[1,2]}, or [] when there is none.
  bool operator()(const FindContacts&) const {
    const Json* ids = FindMember(json, "CONTACT");
    if (ids == nullptr) return json.empty() && (json.is_array() || json.is_object());
    if (!ids->is_array() && !ids->is_object()) return false;
    for (const Json& id : *ids) {
      ContactRow row;
      row.id = ContactId(PositiveIdOf(&id));
      if (!row.id.exists()) return false;
      result->rows.push_back(std::move(row));
    }
    return true;
  }
  bool operator()(const GetProfile&) const {
    const Json* admin = FindMember(json, "ADMIN");
    if (PositiveIdOf(FindMember(json, "ID")) == 0) return false;
    result->admin = admin != nullptr && IsTrue(*admin);
    result->admin_unsaid = admin == nullptr;
    return true;
  }
  bool operator()(const GetContactFields& get) const {
    if (!get.statuses_of.empty()) return DecodeStatuses(get.statuses_of);
    if (!json.is_object() || FindMember(json, "ID") == nullptr) return false;
    for (const auto& [name, shape] : json.items()) {
      const auto is = [&shape = shape](const char* quality) {
        const Json* flag = FindMember(shape, quality);
        return flag != nullptr && IsTrue(*flag);
      };
      result->fields[name] = {TextOf(FindMember(shape, "type")).value_or(""),
                              is("isReadOnly"),
                              is("isRequired"),
                              is("isMultiple"),
                              ItemsOf(FindMember(shape, "items"), "ID"),
                              DictionaryOf(name, shape)};
    }
    return true;
  }
  // None at all: they are not for this user to see. A full page: there may be more.
  bool DecodeStatuses(const std::string& field) const {
    constexpr size_t kPageSize = 50;
    auto items = ItemsOf(&json, "STATUS_ID");
    if (!items.has_value()) return false;
    if (!json.empty() && json.size() < kPageSize) {
      result->fields[field].items = std::move(items);
    }
    return true;
  }
  bool operator()(const ImportContacts& import) const {
    return DecodeImport(json, import, result);
  }
  bool operator()(const BindEvent&) const { return IsTrue(json); }
  bool operator()(const GetBoundEvents&) const {
    return DecodeBoundEvents(json, result);
  }
  bool operator()(const PollEvents& poll) const {
    return DecodeEvents(json, poll, result);
  }
};

CommandResult OfBroken(const Command& command) {
  CommandResult result;
  result.reason = "PORTAL_ANSWER_BROKEN";
  SpreadToItems(command, &result);
  return result;
}

CommandResult OfValue(const Json& json, const Command& command) {
  CommandResult result;
  result.fate = Fate::kDone;
  return std::visit(ValueOf{json, &result}, command) ? result : OfBroken(command);
}

// One of batch's maps: an object by key; a complete one may come as an array, an empty
// one does.
const Json* SlotOf(const Json& inner, const char* map, size_t index, size_t count) {
  const Json* slots = FindMember(inner, map);
  if (slots == nullptr) return nullptr;
  if (slots->is_array()) return slots->size() == count ? &(*slots)[index] : nullptr;
  const Json* slot = FindMember(*slots, BatchKey(index));
  return slot != nullptr ? slot : FindMember(*slots, absl::StrCat(index));
}

CommandResult OfSlot(const Json& inner, size_t index,
                     const std::vector<Command>& commands) {
  const Json* value = SlotOf(inner, "result", index, commands.size());
  const Json* failure = SlotOf(inner, "result_error", index, commands.size());
  CommandResult result = OfBroken(commands[index]);
  if (failure != nullptr && value == nullptr) {
    const auto error = ErrorIn(*failure);
    if (error.has_value()) {
      result = OfError(*error, commands[index], 0);
    } else if (const auto code = TextOf(failure); code.has_value()) {
      result = OfError({*code, ""}, commands[index], 0);
    } else {
      result.answered = true;
      SpreadToItems(commands[index], &result);
    }
  } else if (failure == nullptr && value != nullptr) {
    result = OfValue(*value, commands[index]);
  }
  result.time = DecodeTime(SlotOf(inner, "result_time", index, commands.size()));
  return result;
}

// When not one command was let in, and a person must act, it is the request that was
// refused. A look that rides along behind what is written is let in where that is not.
void LiftRefusal(const std::vector<Command>& commands, PortalAnswer* answer) {
  const CommandResult* refused = nullptr;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i > 0 && std::holds_alternative<ListNewest>(commands[i])) continue;
    const CommandResult& result = answer->results[i];
    const ErrorKind kind = MeaningOf({result.portal_code, ""}).kind;
    const bool not_allowed =
        (result.fate == Fate::kNotExecuted || result.fate == Fate::kRefused) &&
        !result.unavailable &&
        (kind == ErrorKind::kNotAllowed || kind == ErrorKind::kTokenRefused);
    if (!not_allowed) return;
    if (refused == nullptr) refused = &result;
  }
  if (refused == nullptr) return;
  answer->fate = RequestFate::kRefused;
  answer->reason = refused->reason;
  answer->parameters["code"] = refused->portal_code;
  if (answer->reason == "SCOPE_MISSING") answer->parameters["scope"] = "crm";
}

void FillAll(Fate fate, const std::vector<Command>& commands, PortalAnswer* answer) {
  CommandResult each;
  each.fate = fate;
  each.reason = answer->reason;
  const auto code = answer->parameters.find("code");
  if (code != answer->parameters.end()) each.portal_code = code->second;
  answer->results.assign(commands.size(), each);
  for (size_t i = 0; i < commands.size(); ++i) {
    SpreadToItems(commands[i], &answer->results[i]);
  }
}

void DecodeBatch(const Envelope& envelope, const std::vector<Command>& commands,
                 PortalAnswer* answer) {
  if (envelope.error.has_value()) {
    // The batch's own error: what it proves, it proves of each command.
    const CommandResult word = OfError(*envelope.error, GetProfile{}, 0);
    if (word.fate == Fate::kNotExecuted) {
      answer->results.assign(commands.size(), word);
      for (size_t i = 0; i < commands.size(); ++i) {
        SpreadToItems(commands[i], &answer->results[i]);
      }
      return;
    }
    answer->fate = RequestFate::kUnknown;
    answer->reason = word.reason;
    FillAll(Fate::kUnknown, commands, answer);
    return;
  }
  const Json* inner = FindMember(envelope.json, "result");
  if (!inner->is_object() || FindMember(*inner, "result") == nullptr) {
    answer->fate = RequestFate::kUnknown;
    answer->reason = "PORTAL_ANSWER_BROKEN";
    FillAll(Fate::kUnknown, commands, answer);
    return;
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    answer->results.push_back(OfSlot(*inner, i, commands));
  }
  LiftRefusal(commands, answer);
}

}  // namespace

PortalAnswer DecodeAnswer(const HttpResult& http,
                          const std::vector<Command>& commands) {
  const Envelope envelope = OpenEnvelope(http);
  PortalAnswer answer;
  answer.fate = envelope.fate;
  answer.reason = envelope.reason;
  answer.parameters = envelope.parameters;
  if (envelope.fate == RequestFate::kUnknown) {
    FillAll(Fate::kUnknown, commands, &answer);
    return answer;
  }
  if (envelope.fate == RequestFate::kRefused && commands.size() == 1 &&
      envelope.error.has_value() &&
      IsUnavailable(*envelope.error, commands.front(), http.status)) {
    answer.fate = RequestFate::kAnswered;
  }
  if (answer.fate != RequestFate::kAnswered) {
    FillAll(Fate::kNotExecuted, commands, &answer);
    return answer;
  }
  answer.reason.clear();
  const CommandTime time = DecodeTime(FindMember(envelope.json, "time"));
  if (commands.size() == 1) {
    answer.results.push_back(
        envelope.error.has_value()
            ? OfError(*envelope.error, commands.front(), http.status)
            : OfValue(*FindMember(envelope.json, "result"), commands.front()));
    answer.results.front().time = time;
  } else {
    DecodeBatch(envelope, commands, &answer);
  }
  answer.reports_operating =
      time.operating_seconds >= 0 ||
      std::any_of(answer.results.begin(), answer.results.end(),
                  [](const CommandResult& result) {
                    return result.time.operating_seconds >= 0 || result.operating_limit;
                  });
  return answer;
}

RawAnswer DecodeRawAnswer(const HttpResult& http) {
  Envelope envelope = OpenEnvelope(http);
  RawAnswer answer;
  answer.fate = envelope.fate;
  answer.reason = std::move(envelope.reason);
  answer.parameters = std::move(envelope.parameters);
  answer.time = DecodeTime(FindMember(envelope.json, "time"));
  if (envelope.fate != RequestFate::kAnswered) return answer;
  if (envelope.error.has_value()) {
    // Nothing is at stake here: a call without typed command only reads.
    answer.fate = MeaningOf(*envelope.error).kind == ErrorKind::kOperatingLimit
                      ? RequestFate::kTooFast
                      : RequestFate::kRefused;
    return answer;
  }
  answer.result = *FindMember(envelope.json, "result");
  return answer;
}

namespace {

bool CodeWantsFreshToken(RequestFate fate,
                         const std::map<std::string, std::string>& parameters) {
  const auto code = parameters.find("code");
  return fate == RequestFate::kRefused && code != parameters.end() &&
         MeaningOf({code->second, ""}).kind == ErrorKind::kTokenRefused;
}

}  // namespace

std::string DictionaryOf(const std::string& name, const Json& field) {
  if (TextOf(FindMember(field, "type")) != "crm_status") return "";
  const Json* settings = FindMember(field, "settings");
  const Json* said = FindMember(field, "statusType");
  if (said == nullptr && settings != nullptr) {
    said = FindMember(*settings, "ENTITY_TYPE");
  }
  const std::optional<std::string> dictionary = TextOf(said);
  if (dictionary.has_value() && !dictionary->empty()) return *dictionary;
  for (const StatusField& known : kStatusFields) {
    if (name == known.name) return known.dictionary;
  }
  return "";
}

bool WantsFreshToken(const PortalAnswer& answer) {
  return CodeWantsFreshToken(answer.fate, answer.parameters);
}

bool WantsFreshToken(const RawAnswer& answer) {
  return CodeWantsFreshToken(answer.fate, answer.parameters);
}

}  // namespace guestbridge::agent
