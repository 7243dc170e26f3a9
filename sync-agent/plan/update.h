#pragma once

#include <string>
#include <vector>

#include "sync-agent/model/contact.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/decide.h"

namespace guestbridge::agent {

// What an update sends.
struct ContactUpdate {
  struct Value {
    std::string field;
    int64_t id = 0;     // the portal's row; 0 adds
    std::string value;  // empty with an id: deletes that row
    std::string type;
  };
  Fields fields;
  std::vector<Value> values;
  bool empty() const { return fields.empty() && values.empty(); }
};

// Of a decision that needs no reading: its changed single fields. When a part of the
// address is among them, the mapped address goes whole.
ContactUpdate MakeUpdate(const Decision& decision);

// Against the contact as it was just read. `ours`: digests of the values that we put
// there (ContentDigest::values). Values that managers added stay; ours are
// changed in place, then removed or added. With `compare_fields` every mapped single
// field is compared with the row, otherwise only `decision.changed` is sent.
ContactUpdate MakeUpdate(const Decision& decision, const ContactRow& row,
                         const ValueDigests& ours, bool compare_fields);

// Single fields and multifields that must be selected to do so.
std::vector<std::string> FieldsToRead(const Decision& decision, bool compare_fields);

// True when the names that both sides have are the same: the family name and, where
// both have one, the first name; without any family name, the first name alone.
bool HasSameName(const ContactContent& content, const ContactRow& row);

// True when both names and a phone or e-mail, that is no role's or relay's, say so.
bool IsSamePerson(const ContactContent& content, const ContactRow& row);

// `field`: PHONE or EMAIL. Phones by their digits, e-mails without regard to case.
bool IsSameValue(absl::string_view field, absl::string_view held,
                 absl::string_view value);

// Digits of a phone for comparing: national 8 becomes 7, everything else dropped.
std::string NormalizePhone(absl::string_view phone);
std::string NormalizeText(absl::string_view text);

}  // namespace guestbridge::agent
