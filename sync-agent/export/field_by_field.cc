#include "sync-agent/export/field_by_field.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace guestbridge::agent {

void FieldByField::Read(const ContactRow& row) {
  contacts_[row.id] = {row, {}, fields_.size()};
  questions_.push_back({row.id, fields_});
}

std::optional<PortalLane::Job> FieldByField::Next() {
  if (questions_.empty()) return std::nullopt;
  Question question = std::move(questions_.front());
  questions_.pop_front();
  const auto most =
      static_cast<size_t>(context_.lane.CommandsPerRequest("crm.contact.list"));
  if (question.fields.size() > most) {
    const auto rest = question.fields.begin() + static_cast<std::ptrdiff_t>(most);
    questions_.push_front(
        {question.contact, std::vector<std::string>(rest, question.fields.end())});
    question.fields.erase(rest, question.fields.end());
  }
  PortalLane::Job job;
  for (const std::string& field : question.fields) {
    ListContacts list;
    list.ids = {question.contact};
    list.select = {field};
    job.commands.push_back(std::move(list));
  }
  job.done = [this, question = std::move(question)](const PortalAnswer& answer) {
    Take(question, answer);
  };
  return job;
}

void FieldByField::Take(const Question& question, const PortalAnswer& answer) {
  const bool unreadable = std::all_of(
      answer.results.begin(), answer.results.end(),
      [](const CommandResult& result) { return result.fate == Fate::kUnknown; });
  if (unreadable && question.fields.size() > 1) {
    // One field may have spoilt the answer for all.
    for (const std::string& field : question.fields) {
      questions_.push_back({question.contact, {field}});
    }
    return;
  }
  Contact& contact = contacts_.at(question.contact);
  for (size_t i = 0; i < question.fields.size(); ++i) {
    const std::string& field = question.fields[i];
    const CommandResult& result = answer.results[i];
    --contact.open;
    if (result.fate != Fate::kDone || !result.complete_page ||
        result.rows.size() != 1) {
      contact.unread.insert(field);
      continue;
    }
    const ContactRow& row = result.rows.front();
    if (std::count(row.unread.begin(), row.unread.end(), field) > 0) {
      contact.unread.insert(field);
      continue;
    }
    if (const auto text = row.fields.find(field); text != row.fields.end()) {
      contact.row.fields[field] = text->second;
    }
    if (const auto values = row.multifields.find(field);
        values != row.multifields.end()) {
      contact.row.multifields[field] = values->second;
    }
  }
  if (contact.open > 0) return;
  const auto whole = contacts_.extract(question.contact);
  on_contact_(whole.mapped().row, whole.mapped().unread);
}

}  // namespace guestbridge::agent
