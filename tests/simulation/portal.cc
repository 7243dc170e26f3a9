#include "tests/simulation/portal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace guestbridge::simulation {
namespace {

using agent::AddContact;
using agent::CommandResult;
using agent::ContactId;
using agent::ContactRow;
using agent::Fate;
using agent::GetContact;
using agent::GetProfile;
using agent::ImportContacts;
using agent::ListContacts;
using agent::ListNewest;
using agent::UpdateContact;

constexpr size_t kPage = 50;

CommandResult Unclear() {
  CommandResult result;
  result.fate = Fate::kUnknown;
  result.answered = true;
  result.reason = "PORTAL_REFUSED";
  result.portal_code = "ERROR_CORE";
  return result;
}

CommandResult Denied(bool write) {
  CommandResult result;
  result.fate = write ? Fate::kUnknown : Fate::kRefused;
  result.answered = true;
  result.reason = "RIGHT_MISSING_ON_PORTAL";
  return result;
}

CommandResult Page(std::vector<ContactRow> rows) {
  CommandResult result;
  result.fate = Fate::kDone;
  result.answered = true;
  result.complete_page = true;
  result.last_page = rows.size() < kPage;
  result.rows = std::move(rows);
  return result;
}

bool IsMultifield(const std::string& name) {
  return name == "PHONE" || name == "EMAIL" || name == "WEB" || name == "IM";
}

}  // namespace

CommandResult Portal::Execute(const agent::Command& command,
                              const std::vector<int64_t>& reserved) {
  if (const auto* add = std::get_if<AddContact>(&command); add != nullptr) {
    return Add(add->content, add->stamp,
               reserved.empty() ? next_id_++ : reserved.front());
  }
  if (const auto* import = std::get_if<ImportContacts>(&command); import != nullptr) {
    return Do(*import, reserved);
  }
  if (const auto* update = std::get_if<UpdateContact>(&command); update != nullptr) {
    return Do(*update);
  }
  if (const auto* get = std::get_if<GetContact>(&command); get != nullptr) {
    return Do(*get);
  }
  if (const auto* list = std::get_if<ListContacts>(&command); list != nullptr) {
    return Do(*list);
  }
  if (const auto* newest = std::get_if<ListNewest>(&command); newest != nullptr) {
    return Do(*newest);
  }
  if (const auto* find = std::get_if<agent::FindContacts>(&command); find != nullptr) {
    return Do(*find);
  }
  if (const auto* bind = std::get_if<agent::BindEvent>(&command); bind != nullptr) {
    return Do(*bind);
  }
  if (const auto* get = std::get_if<agent::GetBoundEvents>(&command); get != nullptr) {
    return Do(*get);
  }
  if (const auto* poll = std::get_if<agent::PollEvents>(&command); poll != nullptr) {
    return Do(*poll);
  }
  if (std::holds_alternative<agent::GetContactFields>(command)) {
    CommandResult unsaid;
    unsaid.fate = Fate::kDone;
    unsaid.answered = true;
    return unsaid;
  }
  if (const auto* remove = std::get_if<agent::DeleteContact>(&command);
      remove != nullptr) {
    on_violation(absl::StrCat("a run deletes contact ", remove->id.value()));
    return Denied(/*write=*/true);
  }
  return Do(std::get<GetProfile>(command));
}

CommandResult Portal::Add(const agent::ContactContent& content,
                          const agent::Stamp& stamp, int64_t id) {
  const auto name = content.fields.find("LAST_NAME");
  if (name != content.fields.end() && name->second == kRefusedName) return Unclear();
  ++adds;
  if (stamp.originator == originator_) {
    if (forgotten.count(stamp.origin) > 0) {
      on_violation(absl::StrCat("contact ", id, " of client ", stamp.origin,
                                ", which was erased, is made"));
    }
    const std::vector<int64_t> others = Of(agent::ClientKey(stamp.origin));
    if (!others.empty() && !may_have_two(stamp.origin)) {
      on_violation(absl::StrCat("a second contact ", id, " of client ", stamp.origin,
                                " is made; it has ", absl::StrJoin(others, ", ")));
    }
  }
  SimContact contact;
  contact.fields = content.fields;
  contact.ours = content.fields;
  contact.stamp = stamp;
  for (const auto& [field, values] : content.multifields) {
    for (const agent::MultiValue& value : values) {
      contact.rows[field].push_back(
          {next_row_++, value.value, value.type, false, stamp.origin});
    }
  }
  contacts.emplace(id, std::move(contact));
  CommandResult result;
  result.fate = Fate::kDone;
  result.answered = true;
  result.id = ContactId(id);
  return result;
}

CommandResult Portal::Do(const ImportContacts& import,
                         const std::vector<int64_t>& reserved) {
  CommandResult result;
  result.answered = true;
  if (!imports) {
    result.fate = Fate::kNotExecuted;
    result.unavailable = true;
    result.portal_code = "ERROR_METHOD_NOT_FOUND";
    return result;
  }
  result.fate = Fate::kDone;
  for (size_t i = 0; i < import.items.size(); ++i) {
    const ImportContacts::Item& item = import.items[i];
    const CommandResult one =
        Add(item.content, item.stamp, reserved.empty() ? next_id_++ : reserved[i]);
    agent::ItemResult kept;
    kept.fate = one.fate;
    kept.answered = one.answered;
    kept.reason = one.reason;
    kept.portal_code = one.portal_code;
    kept.id = one.id;
    result.items.push_back(std::move(kept));
  }
  return result;
}

CommandResult Portal::Do(const UpdateContact& update) {
  const auto found = contacts.find(update.id.value());
  CommandResult result;
  result.answered = true;
  if (hidden) return Denied(/*write=*/true);
  if (found == contacts.end()) {
    result.fate = Fate::kGone;
    result.reason = "CONTACT_NOT_ON_PORTAL";
    return result;
  }
  SimContact& contact = found->second;
  const auto name = update.fields.find("LAST_NAME");
  if (name != update.fields.end() && name->second == kRefusedName) return Unclear();
  ++updates;
  if (update.stamp.has_value() && IsOurs(contact) &&
      update.stamp->origin != contact.stamp.origin) {
    on_violation(absl::StrCat("contact ", update.id.value(), " of client ",
                              contact.stamp.origin, " is written as client ",
                              update.stamp->origin));
  }
  for (const auto& [field, value] : update.fields) {
    const auto before = contact.ours.find(field);
    if (strict_updates && !contact.restored &&
        contact.managers_fields.count(field) > 0 && before != contact.ours.end() &&
        before->second == value) {
      on_violation(absl::StrCat("a manager's ", field, " of contact ",
                                update.id.value(), " is overwritten without cause"));
    }
    contact.fields[field] = value;
    contact.ours[field] = value;
    contact.managers_fields.erase(field);
  }
  const std::string client =
      update.stamp.has_value() ? update.stamp->origin : contact.stamp.origin;
  for (const UpdateContact::MultiChange& change : update.multifields) {
    std::vector<SimRow>& rows = contact.rows[change.field];
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const SimRow& r) {
      return change.id != 0 && r.id == change.id;
    });
    contact.managers_fields.erase(change.field);
    if (row == rows.end()) {
      if (!change.value.empty()) {
        rows.push_back({next_row_++, change.value, change.type, false, client});
      }
      continue;
    }
    const bool certain = row->value.rfind("+7495", 0) == 0 ||  // Edit makes these
                         row->value.rfind("+7496", 0) == 0;
    if (row->managers && certain) {
      on_violation(absl::StrCat("a manager's ", change.field, " of contact ",
                                update.id.value(), " is changed"));
    }
    if (change.value.empty()) {
      rows.erase(row);
    } else {
      row->value = change.value;
      row->type = change.type;
      row->client = client;
    }
  }
  if (update.stamp.has_value()) {
    contact.stamp = *update.stamp;
    contact.restored = false;
  }
  result.fate = Fate::kDone;
  return result;
}

ContactRow Portal::RowOf(int64_t id, const std::vector<std::string>& select) const {
  const SimContact& contact = contacts.at(id);
  ContactRow row;
  row.id = ContactId(id);
  row.stamp = contact.stamp;
  for (const std::string& name : select) {
    if (IsMultifield(name)) {
      const auto rows = contact.rows.find(name);
      if (rows == contact.rows.end()) continue;
      for (const SimRow& held : rows->second) {
        row.multifields[name].push_back({held.id, held.value, held.type});
      }
      continue;
    }
    const auto field = contact.fields.find(name);
    if (field != contact.fields.end()) row.fields[name] = field->second;
  }
  return row;
}

CommandResult Portal::Do(const GetContact& get) const {
  if (hidden) return Denied(/*write=*/false);
  const int64_t id = get.id.value();
  CommandResult result;
  result.answered = true;
  if (contacts.count(id) == 0) {
    result.fate = Fate::kGone;
    result.reason = "CONTACT_NOT_ON_PORTAL";
    return result;
  }
  return Page({RowOf(id, {"NAME", "LAST_NAME", "PHONE", "EMAIL"})});
}

CommandResult Portal::Do(const ListContacts& list) const {
  std::vector<ContactRow> rows;
  if (hidden) return Page(std::move(rows));
  if (!list.ids.empty()) {
    std::set<ContactId> asked(list.ids.begin(), list.ids.end());
    for (const ContactId id : asked) {
      if (contacts.count(id.value()) > 0)
        rows.push_back(RowOf(id.value(), list.select));
    }
    return Page(std::move(rows));
  }
  auto contact = list.after.has_value() ? contacts.upper_bound(list.after->value())
                                        : contacts.begin();
  for (; contact != contacts.end() && rows.size() < kPage; ++contact) {
    if (list.upto.has_value() && contact->first > list.upto->value()) break;
    if (list.origin.has_value() &&
        (contact->second.stamp.originator != list.origin->originator ||
         contact->second.stamp.origin != list.origin->origin)) {
      continue;
    }
    rows.push_back(RowOf(contact->first, list.select));
  }
  return Page(std::move(rows));
}

CommandResult Portal::Do(const ListNewest&) const {
  std::vector<ContactRow> rows;
  for (auto contact = contacts.rbegin();
       !hidden && contact != contacts.rend() && rows.size() < kPage; ++contact) {
    rows.push_back(RowOf(contact->first, {}));
  }
  return Page(std::move(rows));
}

CommandResult Portal::Do(const GetProfile&) const {
  CommandResult result;
  result.fate = Fate::kDone;
  result.answered = true;
  result.admin = !hidden;
  return result;
}

CommandResult Portal::Do(const agent::FindContacts& find) const {
  const char* const field =
      find.by == agent::FindContacts::By::kPhone ? "PHONE" : "EMAIL";
  const std::set<std::string> values(find.values.begin(), find.values.end());
  std::vector<ContactRow> rows;
  for (const auto& [id, contact] : contacts) {
    const auto held = contact.rows.find(field);
    if (hidden || held == contact.rows.end()) continue;
    const bool found =
        std::any_of(held->second.begin(), held->second.end(),
                    [&](const SimRow& row) { return values.count(row.value) > 0; });
    if (found && rows.size() < 20) rows.emplace_back().id = ContactId(id);
  }
  return Page(std::move(rows));
}

CommandResult Portal::OfEvents() const {
  CommandResult result;
  result.answered = true;
  // A user who does not see the contacts is no administrator.
  if (application && !hidden) {
    result.fate = Fate::kDone;
    return result;
  }
  result.fate = Fate::kNotExecuted;
  result.unavailable = true;
  result.portal_code = application ? "ACCESS_DENIED" : "WRONG_AUTH_TYPE";
  return result;
}

CommandResult Portal::Do(const agent::BindEvent& bind) {
  CommandResult result = OfEvents();
  if (result.fate == Fate::kDone) bound_.insert(bind.event);
  return result;
}

CommandResult Portal::Do(const agent::GetBoundEvents&) const {
  CommandResult result = OfEvents();
  if (result.fate == Fate::kDone) result.bound = bound_;
  return result;
}

CommandResult Portal::Do(const agent::PollEvents& poll) {
  CommandResult result = OfEvents();
  if (result.fate != Fate::kDone) return result;
  const auto limit = static_cast<size_t>(poll.limit);
  while (!deleted_.empty() && result.events.size() < limit) {
    result.events.push_back(
        {agent::ContactEvent::kDeleted, ContactId(deleted_.front())});
    deleted_.pop_front();
  }
  result.complete_page = true;
  result.last_page = result.events.size() < limit;
  return result;
}

void Portal::TellOfDeletion(int64_t id) {
  if (bound_.count(agent::ContactEvent::kDeleted) > 0) deleted_.push_back(id);
}

void Portal::Touch(const SimContact& contact, absl::Duration now) {
  if (IsOurs(contact)) touched[contact.stamp.origin] = now;
}

int64_t Portal::AddStranger(SimContact contact, absl::Duration now) {
  const int64_t id = next_id_++;
  for (auto& [field, rows] : contact.rows) {
    for (SimRow& row : rows) row.id = next_row_++;
  }
  for (const auto& [field, value] : contact.fields)
    contact.managers_fields.insert(field);
  Touch(contact, now);
  contacts.emplace(id, std::move(contact));
  return id;
}

std::optional<int64_t> Portal::Pick(uint64_t number) const {
  if (contacts.empty()) return std::nullopt;
  auto it = contacts.begin();
  std::advance(it, static_cast<ptrdiff_t>(number % contacts.size()));
  return it->first;
}

void Portal::Edit(int64_t id, Chance& chance, absl::Duration now) {
  SimContact& contact = contacts.at(id);
  Touch(contact, now);
  const std::string value = absl::StrCat("m", chance.Below(1'000'000));
  switch (chance.Below(6)) {
    case 0:
      contact.managers_own["POST"] = value;
      contact.fields["POST"] = value;
      return;
    case 1:
    case 2: {
      static const std::string kFields[] = {"NAME", "LAST_NAME", "COMMENTS"};
      const std::string& field = kFields[chance.Below(3)];
      contact.fields[field] = value;
      contact.managers_fields.insert(field);
      return;
    }
    case 3:
      contact.rows["PHONE"].push_back(
          {next_row_++, absl::StrCat("+7495", 1'000'000 + chance.Below(8'999'999)),
           "WORK", true});
      return;
    case 4: {  // changes a value in its place
      std::vector<SimRow>& rows = contact.rows["PHONE"];
      if (rows.empty()) return;
      SimRow& row =
          rows[static_cast<size_t>(chance.Below(static_cast<int64_t>(rows.size())))];
      row.value = absl::StrCat("+7496", 1'000'000 + chance.Below(8'999'999));
      row.managers = true;
      contact.managers_fields.insert("PHONE");
      return;
    }
    default: {  // takes one away
      const std::string field = chance.Roll(0.5) ? "PHONE" : "EMAIL";
      std::vector<SimRow>& rows = contact.rows[field];
      if (rows.empty()) return;
      rows.erase(rows.begin() + chance.Below(static_cast<int64_t>(rows.size())));
      contact.managers_fields.insert(field);
      return;
    }
  }
}

void Portal::Delete(int64_t id, absl::Duration now) {
  const auto found = contacts.find(id);
  Touch(found->second, now);
  bin[id] = std::move(found->second);
  TellOfDeletion(id);
  contacts.erase(found);
}

void Portal::Merge(int64_t winner, int64_t loser, bool keep_origin,
                   absl::Duration now) {
  SimContact gone = std::move(contacts.at(loser));
  contacts.erase(loser);
  TellOfDeletion(loser);
  SimContact& kept = contacts.at(winner);
  Touch(gone, now);
  Touch(kept, now);
  for (const auto& [field, value] : gone.fields) {
    std::string& held = kept.fields[field];
    if (held.empty() && !value.empty()) {
      held = value;
      kept.managers_fields.insert(field);
    }
  }
  for (const auto& [field, rows] : gone.rows) {
    for (const SimRow& row : rows) {
      std::vector<SimRow>& held = kept.rows[field];
      const bool known = std::any_of(held.begin(), held.end(), [&](const SimRow& r) {
        return r.value == row.value;
      });
      if (known) continue;
      // Of another client's contact: nobody's now. Into a stranger: still what it was,
      // for the client may follow.
      held.push_back(
          {next_row_++, row.value, row.type, row.managers || IsOurs(kept), row.client});
      kept.managers_fields.insert(field);
    }
  }
  for (const auto& [field, value] : gone.managers_own) {
    if (kept.managers_own.emplace(field, value).second) kept.fields[field] = value;
  }
  if (keep_origin && kept.stamp.origin.empty()) {
    kept.stamp = gone.stamp;
    kept.ours.clear();
    // What a manager had changed of it stays his, also for a ledger that begins anew.
    kept.managers_fields.insert(gone.managers_fields.begin(),
                                gone.managers_fields.end());
  }
}

void Portal::Restore(int64_t id, absl::Duration now) {
  const auto found = bin.find(id);
  SimContact contact = std::move(found->second);
  bin.erase(found);
  contact.restored = true;
  Touch(contact, now);
  contacts.emplace(next_id_++, std::move(contact));
}

std::vector<int64_t> Portal::Of(const agent::ClientKey& client) const {
  std::vector<int64_t> ids;
  for (const auto& [id, contact] : contacts) {
    if (IsOurs(contact) && contact.stamp.origin == client.guid()) ids.push_back(id);
  }
  return ids;
}

}  // namespace guestbridge::simulation
