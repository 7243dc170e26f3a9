#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"

#include "common/text/catalogue.h"
#include "sync-agent/model/contact.h"

namespace guestbridge::agent {

// Something that happened to a value on its way: cut, dropped, changed. A reason of the
// catalogue; parameters hold no guest's data.
struct Note {
  std::string reason;
  Parameters parameters;
};

// One entry of the field mapping, applied. Personal data: lives in memory only.
struct MappedField {
  std::string source;
  std::string target;
  std::string source_value;
  std::string sent_value;
  std::vector<Note> notes;
};

// Fields of a contact that exists which are not simply overwritten.
struct FieldPolicies {
  using Targets = absl::btree_set<std::string>;
  Targets fill_empty;   // written where the contact has nothing
  Targets create_only;  // written when the contact is made, never again
  Targets keep;         // not cleared when the client has no value; fill_empty in it
};

// A client as the field mapping sees it.
struct MappedContact {
  ContactContent content;
  std::vector<MappedField> fields;
  // Null: none.
  std::shared_ptr<const FieldPolicies> policies;
  // Targets of `policies.keep` that are empty, and therefore not in `content`.
  std::vector<std::string> kept;
  // The condition of the filter that the client does not meet; empty: it meets all.
  std::string unmet;
  // False: the same row gives another content on a later day.
  bool lasting = true;
};

}  // namespace guestbridge::agent
