#pragma once

#include <string>

#include "sync-agent/model/contact.h"
#include "sync-agent/model/ids.h"

namespace guestbridge::agent {

// A moment in 1C's own time: `YYYY-MM-DDThh:mm:ss` of the base's session, without zone.
// Comes from the base's data and is compared only with its like, never with our clock.
// Empty: none (also for 1C's empty date 0001-01-01T00:00:00).
struct SourceTime {
  std::string text;
  auto operator<=>(const SourceTime&) const = default;
};

// How far the changes of a base have been read. Opaque to everyone but the connector
// that made it; stored as it is. Empty: nothing was read yet.
struct Watermark {
  std::string value;
  bool operator==(const Watermark&) const = default;
};

// One client as the source gave it.
struct ClientRow {
  ClientKey key;
  std::string code;          // As read, padding included; for display only.
  std::string data_version;  // Opaque; compare for equality only.
  bool is_folder = false;
  bool marked_for_deletion = false;
  SourceTime created;
  ContactId contact;  // What 1C holds; 0: none.
  // The attributes that were asked for, as text: dates `YYYY-MM-DDThh:mm:ss`, numbers
  // and booleans as in JSON, enumerations by name, references resolved by look-up.
  // Absent and null attributes are missing; 1C's empty date is kept as it came.
  Fields attributes;
};

}  // namespace guestbridge::agent
