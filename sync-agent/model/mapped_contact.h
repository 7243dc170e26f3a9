#pragma once

#include <string>
#include <vector>

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

// A client as the field mapping sees it.
struct MappedContact {
  ContactContent content;
  std::vector<MappedField> fields;
  // False: the same row gives another content on a later day.
  bool lasting = true;
};

}  // namespace guestbridge::agent
