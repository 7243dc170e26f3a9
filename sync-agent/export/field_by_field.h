#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// Contacts that cannot be read whole: each of their fields by itself, so that one that
// is broken hides no other.
class FieldByField {
 public:
  // `row`: the ID, the mark and what could be read; `unread`: the other fields.
  using OnContact =
      std::function<void(const ContactRow& row, const std::set<std::string>& unread)>;
  FieldByField(RunContext& context, std::vector<std::string> fields,
               OnContact on_contact)
      : context_(context),
        fields_(std::move(fields)),
        on_contact_(std::move(on_contact)) {}

  // `row`: its ID and its mark.
  void Read(const ContactRow& row);
  std::optional<PortalLane::Job> Next();
  bool idle() const { return contacts_.empty(); }

 private:
  struct Contact {
    ContactRow row;
    std::set<std::string> unread;
    size_t open = 0;  // fields without an answer
  };
  struct Question {
    ContactId contact;
    std::vector<std::string> fields;
  };

  void Take(const Question& question, const PortalAnswer& answer);

  RunContext& context_;
  const std::vector<std::string> fields_;
  const OnContact on_contact_;
  std::map<ContactId, Contact> contacts_;
  std::deque<Question> questions_;
};

}  // namespace guestbridge::agent
