#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sync-agent/export/export_machine.h"

// A portal for the export machine: a working model, not a mock.
namespace guestbridge::agent::testing {

struct FakeContact {
  Fields fields;
  absl::btree_map<std::string, std::vector<MultiRow>> multifields;
  Stamp stamp;
  bool import = false;
};

// What happens to one write request; decided by the test.
enum class Fault {
  kNone,
  kLostBefore,  // never arrives; no answer
  kLostAfter,   // carried out; no answer
  kHalf,        // the first half is carried out; no answer
  kErrorCore,   // each command answered with an unclear error, nothing carried out
  kTooFast,     // 503: nothing executed
};

// Whether contacts may be imported.
enum class ImportFate { kWorks, kNoMethod, kNoRight };

class FakePortal {
 public:
  std::map<int64_t, FakeContact> contacts;
  static constexpr int64_t kAbsurdId = 1'000'000'000;
  int64_t next_id = 100;
  int64_t next_row = 9000;
  bool admin = true;
  std::map<std::string, ContactFieldShape> fields;  // empty: it does not say
  // Of fields with a dictionary; without an entry it does not say.
  std::map<std::string, std::set<std::string>> statuses;
  ImportFate import_fate = ImportFate::kWorks;
  int imports = 0;  // crm.item.batchImport commands
  bool find_finds_everybody = false;
  // Nothing arrives while it says so.
  std::function<bool()> away = [] { return false; };
  // Why a request that only reads gets no usable answer; empty: it gets one.
  std::function<std::string(const PortalRequest&)> no_answer =
      [](const PortalRequest&) { return std::string(); };
  int requests = 0;
  int phone_reads = 0;  // requests for the phones of contacts by their IDs
  int adds = 0;
  std::function<Fault(const PortalRequest&)> fault = [](const PortalRequest&) {
    return Fault::kNone;
  };
  // Said with the next answer: the portal was renamed.
  std::string moved_to;
  // Operating time of a created contact: what the portal reports for each method, and
  // counts for ever. 0: a box.
  double operating_each = 0;
  std::map<std::string, double> operating;
  bool box = false;  // its commands say how long they took, and no operating time
  // The first command of this method is refused for its operating time.
  std::string refused_method;
  std::string shut_method;  // not for this user
  // What a command is answered with, and not carried out; empty: it is carried out.
  std::function<std::optional<Fate>(const Command&)> instead = [](const Command&) {
    return std::optional<Fate>();
  };
  // What it says that the ID of a contact is that it has just made.
  std::function<int64_t(int64_t)> told_id = [](int64_t id) { return id; };
  // What is wrong in its answer to a command that it has carried out.
  std::function<void(const Command&, CommandResult*)> spoil = [](const Command&,
                                                                 CommandResult*) {};
  bool application = false;  // reached by one: it may have events
  std::set<ContactEvent> bound;
  std::deque<int64_t> events;  // deleted contacts
  int polls = 0;
  int looked_at = 0;  // contacts that were asked for by ID
  // A value that the portal will not have: ERROR_CORE, nothing carried out.
  std::string refused_name;

  // By somebody at the portal.
  void Delete(int64_t id) {
    contacts.erase(id);
    if (bound.count(ContactEvent::kDeleted) > 0) events.push_back(id);
  }

  PortalAnswer Send(const PortalRequest& request) {
    ++requests;
    if (const auto* list = std::get_if<ListContacts>(&request.commands.front());
        list != nullptr && !list->ids.empty() &&
        std::count(list->select.begin(), list->select.end(), "PHONE") > 0) {
      ++phone_reads;
    }
    const bool changes = std::any_of(
        request.commands.begin(), request.commands.end(), [](const Command& command) {
          return std::holds_alternative<AddContact>(command) ||
                 std::holds_alternative<UpdateContact>(command) ||
                 std::holds_alternative<ImportContacts>(command) ||
                 std::holds_alternative<DeleteContact>(command) ||
                 std::holds_alternative<PollEvents>(command);
        });
    const Fault what = changes ? fault(request) : Fault::kNone;
    PortalAnswer answer;
    answer.http_requests = 1;
    if (!moved_to.empty()) answer.moved_from = "hotel.bitrix24.ru";
    answer.moved_to = std::exchange(moved_to, "");
    answer.results.resize(request.commands.size());
    if (away()) {
      answer.fate = RequestFate::kNotSent;
      answer.reason = "CONNECTION_REFUSED";
      for (auto& result : answer.results) result.fate = Fate::kNotExecuted;
      Spread(request, &answer);
      return answer;
    }
    if (const std::string reason = changes ? "" : no_answer(request); !reason.empty()) {
      answer.fate = RequestFate::kUnknown;
      answer.reason = reason;
      answer.parameters["status"] = "504";
      Spread(request, &answer);
      return answer;
    }
    if (what == Fault::kTooFast) {
      answer.fate = RequestFate::kTooFast;
      answer.reason = "PORTAL_TOO_FAST";
      for (auto& result : answer.results) result.fate = Fate::kNotExecuted;
      Spread(request, &answer);
      return answer;
    }
    answer.reports_operating = operating_each > 0;
    size_t carried_out = request.commands.size();
    if (what == Fault::kLostBefore || what == Fault::kErrorCore) carried_out = 0;
    if (what == Fault::kHalf) carried_out /= 2;
    for (size_t i = 0; i < carried_out; ++i) {
      if (!refused_method.empty() && MethodOf(request.commands[i]) == refused_method) {
        answer.results[i].fate = Fate::kNotExecuted;
        answer.results[i].operating_limit = true;
        SpreadToItems(request.commands[i], &answer.results[i]);
        refused_method.clear();
        continue;
      }
      if (!shut_method.empty() && MethodOf(request.commands[i]) == shut_method) {
        answer.results[i].fate = Fate::kNotExecuted;
        answer.results[i].answered = true;
        answer.results[i].unavailable = true;
        answer.results[i].reason = "RIGHT_MISSING_ON_PORTAL";
        SpreadToItems(request.commands[i], &answer.results[i]);
        continue;
      }
      if (const auto fate = instead(request.commands[i]); fate.has_value()) {
        answer.results[i].fate = *fate;
        answer.results[i].answered = true;
        answer.results[i].portal_code = "NEVER_HEARD_OF";
        SpreadToItems(request.commands[i], &answer.results[i]);
        continue;
      }
      std::visit([&](const auto& command) { Do(command, &answer.results[i]); },
                 request.commands[i]);
      spoil(request.commands[i], &answer.results[i]);
      if (box) answer.results[i].time.duration_seconds = 0.05;
      if (operating_each > 0) Charge(request.commands[i], &answer.results[i]);
    }
    if (what == Fault::kErrorCore) {
      answer.fate = RequestFate::kAnswered;
      for (auto& result : answer.results) result = Unclear();
    } else if (what == Fault::kNone) {
      answer.fate = RequestFate::kAnswered;
    } else {
      answer.fate = RequestFate::kUnknown;
      answer.reason = "CONNECTION_LOST";
      for (auto& result : answer.results) result = CommandResult{};
    }
    if (what != Fault::kNone) Spread(request, &answer);
    return answer;
  }

  std::vector<int64_t> OfClient(const ClientKey& key) const {
    std::vector<int64_t> ids;
    for (const auto& [id, contact] : contacts) {
      if (contact.stamp.origin == key.guid()) ids.push_back(id);
    }
    return ids;
  }

 private:
  void Charge(const Command& command, CommandResult* result) {
    double seconds = 0;
    if (const auto* import = std::get_if<ImportContacts>(&command); import != nullptr) {
      seconds = operating_each * static_cast<double>(import->items.size());
    } else if (std::holds_alternative<AddContact>(command)) {
      seconds = operating_each;
    }
    result->time.duration_seconds = seconds;
    result->time.operating_seconds = operating[MethodOf(command)] += seconds;
  }

  static void Spread(const PortalRequest& request, PortalAnswer* answer) {
    for (size_t i = 0; i < request.commands.size(); ++i) {
      SpreadToItems(request.commands[i], &answer->results[i]);
    }
  }

  static CommandResult Unclear() {
    CommandResult result;
    result.fate = Fate::kUnknown;
    result.answered = true;
    result.portal_code = "ERROR_CORE";
    return result;
  }

  ContactRow RowOf(int64_t id) const {
    const FakeContact& contact = contacts.at(id);
    ContactRow row;
    row.id = ContactId(id);
    row.stamp = contact.stamp;
    row.fields = contact.fields;
    row.multifields = contact.multifields;
    return row;
  }

  bool Refuses(const ContactContent& content) const {
    const auto name = content.fields.find("LAST_NAME");
    return !refused_name.empty() && name != content.fields.end() &&
           name->second == refused_name;
  }

  ContactId Create(const ContactContent& content, const Stamp& stamp, bool import) {
    FakeContact contact;
    contact.fields = content.fields;
    contact.stamp = stamp;
    contact.import = import;
    for (const auto& [field, values] : content.multifields) {
      for (const MultiValue& value : values) {
        contact.multifields[field].push_back({next_row++, value.value, value.type});
      }
    }
    // A database gives out no number below one that stands, but for absurd ones.
    const auto absurd = contacts.lower_bound(kAbsurdId);
    if (absurd != contacts.begin()) {
      next_id = std::max(next_id, std::prev(absurd)->first + 1);
    }
    const ContactId id(next_id++);
    contacts.emplace(id.value(), std::move(contact));
    return id;
  }

  ContactId TellId(ContactId id) const { return ContactId(told_id(id.value())); }

  static void Shut(const Command& command, const char* code, CommandResult* result) {
    result->fate = Fate::kNotExecuted;
    result->answered = true;
    result->unavailable = true;
    result->portal_code = code;
    SpreadToItems(command, result);
  }

  void Do(const AddContact& add, CommandResult* result) {
    if (add.import && import_fate == ImportFate::kNoRight) {
      result->reason = "RIGHT_MISSING_ON_PORTAL";
      Shut(add, "", result);
      return;
    }
    ++adds;
    if (Refuses(add.content)) {
      *result = Unclear();
      return;
    }
    result->id = TellId(Create(add.content, add.stamp, add.import));
    result->fate = Fate::kDone;
  }

  void Do(const ImportContacts& import, CommandResult* result) {
    if (import_fate == ImportFate::kNoMethod) {
      result->reason = "PORTAL_METHOD_MISSING";
      Shut(import, "ERROR_METHOD_NOT_FOUND", result);
      return;
    }
    if (import_fate == ImportFate::kNoRight) {
      result->reason = "RIGHT_MISSING_ON_PORTAL";
      Shut(import, "ACCESS_DENIED", result);
      return;
    }
    ++imports;
    result->fate = Fate::kDone;
    for (const ImportContacts::Item& item : import.items) {
      ItemResult& word = result->items.emplace_back();
      if (Refuses(item.content)) {
        word.answered = true;
        word.portal_code = "ERROR_CORE";
        continue;
      }
      word.id = TellId(Create(item.content, item.stamp, /*import=*/true));
      word.fate = Fate::kDone;
    }
  }

  void Do(const UpdateContact& update, CommandResult* result) {
    const auto it = contacts.find(update.id.value());
    if (it == contacts.end()) {
      result->fate = Fate::kGone;
      return;
    }
    const auto refused = update.fields.find("LAST_NAME");
    if (!refused_name.empty() && refused != update.fields.end() &&
        refused->second == refused_name) {
      *result = Unclear();
      return;
    }
    FakeContact& contact = it->second;
    for (const auto& [name, value] : update.fields) contact.fields[name] = value;
    for (const auto& change : update.multifields) {
      auto& rows = contact.multifields[change.field];
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const MultiRow& r) {
        return r.id == change.id;
      });
      if (row == rows.end()) {
        rows.push_back({next_row++, change.value, change.type});
      } else if (change.value.empty()) {
        rows.erase(row);
      } else {
        row->value = change.value;
        row->type = change.type;
      }
    }
    if (update.stamp.has_value()) contact.stamp = *update.stamp;
    result->fate = Fate::kDone;
  }

  void Do(const DeleteContact& remove, CommandResult* result) {
    if (contacts.count(remove.id.value()) == 0) {
      *result = Unclear();
      return;
    }
    Delete(remove.id.value());
    result->fate = Fate::kDone;
  }

  void Do(const GetContact& get, CommandResult* result) {
    if (contacts.count(get.id.value()) == 0) {
      result->fate = Fate::kGone;
      return;
    }
    result->fate = Fate::kDone;
    result->rows = {RowOf(get.id.value())};
  }

  void Do(const ListContacts& list, CommandResult* result) {
    result->fate = Fate::kDone;
    looked_at += static_cast<int>(list.ids.size());
    result->complete_page = true;
    for (const auto& [id, contact] : contacts) {
      if (result->rows.size() == 50) break;
      const ContactId contact_id(id);
      if (!list.ids.empty() &&
          std::find(list.ids.begin(), list.ids.end(), contact_id) == list.ids.end()) {
        continue;
      }
      if (list.after.has_value() && contact_id <= *list.after) continue;
      if (list.upto.has_value() && contact_id > *list.upto) continue;
      if (list.origin.has_value() && contact.stamp.origin != list.origin->origin) {
        continue;
      }
      result->rows.push_back(RowOf(id));
    }
    result->last_page = result->rows.size() < 50;
  }

  void Do(const ListNewest&, CommandResult* result) {
    result->fate = Fate::kDone;
    result->complete_page = true;
    for (auto it = contacts.rbegin(); it != contacts.rend() && result->rows.size() < 50;
         ++it) {
      result->rows.push_back(RowOf(it->first));
    }
  }

  void Do(const FindContacts& find, CommandResult* result) {
    const std::string field = find.by == FindContacts::By::kPhone ? "PHONE" : "EMAIL";
    result->fate = Fate::kDone;
    for (const auto& [id, contact] : contacts) {
      const auto held = contact.multifields.find(field);
      if (held == contact.multifields.end()) continue;
      const bool found = std::any_of(
          held->second.begin(), held->second.end(), [&](const MultiRow& row) {
            return std::any_of(find.values.begin(), find.values.end(),
                               [&](const std::string& value) {
                                 return IsSameValue(field, row.value, value);
                               });
          });
      if (!found && !find_finds_everybody) continue;
      ContactRow row;
      row.id = ContactId(id);
      result->rows.push_back(std::move(row));
    }
  }

  void Do(const GetProfile&, CommandResult* result) {
    result->fate = Fate::kDone;
    result->admin = admin;
  }

  void Do(const GetContactFields& get, CommandResult* result) {
    result->fate = Fate::kDone;
    if (get.statuses_of.empty()) {
      result->fields = fields;
    } else if (const auto told = statuses.find(get.statuses_of);
               told != statuses.end()) {
      result->fields[told->first].items = told->second;
    }
  }

  void Do(const BindEvent& bind, CommandResult* result) {
    if (!HasEvents(result)) return;
    bound.insert(bind.event);
  }
  void Do(const GetBoundEvents&, CommandResult* result) {
    if (!HasEvents(result)) return;
    result->bound = bound;
  }
  void Do(const PollEvents& poll, CommandResult* result) {
    if (!HasEvents(result)) return;
    ++polls;
    result->complete_page = true;
    while (!events.empty() && result->events.size() < static_cast<size_t>(poll.limit)) {
      result->events.push_back({ContactEvent::kDeleted, ContactId(events.front())});
      events.pop_front();
    }
    result->last_page = result->events.size() < static_cast<size_t>(poll.limit);
  }
  bool HasEvents(CommandResult* result) const {
    if (application) {
      result->fate = Fate::kDone;
      return true;
    }
    result->fate = Fate::kNotExecuted;
    result->answered = true;
    result->unavailable = true;
    result->portal_code = "WRONG_AUTH_TYPE";
    return false;
  }
};

}  // namespace guestbridge::agent::testing
