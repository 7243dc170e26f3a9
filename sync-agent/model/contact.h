#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "sync-agent/model/ids.h"

namespace guestbridge::agent {

// Texts by name, in the order of the names. Flat: a client's handful of values is
// copied a hundred thousand times in a first export.
using Fields = absl::btree_map<std::string, std::string>;

// One value of a multifield (PHONE, EMAIL, WEB, IM).
struct MultiValue {
  std::string value;  // As sent: E.164 where it could be told, 1-250 characters.
  std::string type;   // VALUE_TYPE: MOBILE, WORK, HOME, …
  bool operator==(const MultiValue&) const = default;
};

// What a contact should hold, by upper-case field name. Single values that are empty
// are kept: they say "clear". Names are unique across both maps.
struct ContactContent {
  Fields fields;
  absl::btree_map<std::string, std::vector<MultiValue>> multifields;
  bool operator==(const ContactContent&) const = default;
};

// ORIGINATOR_ID, ORIGIN_ID, ORIGIN_VERSION: what the portal keeps of ours
// (docs/design/origin.md).
struct Stamp {
  std::string originator;  // `guestbridge:` + the base's identity
  std::string origin;      // the client's GUID, lower case
  std::string version;     // see origin.h; at most 255 characters
  bool operator==(const Stamp&) const = default;
};

// A multifield row as the portal holds it.
struct MultiRow {
  int64_t id = 0;
  std::string value;
  std::string type;
};

// A contact as the portal answered it; only the fields that were asked for.
struct ContactRow {
  ContactId id;
  Stamp stamp;  // empty texts when absent
  Fields fields;
  absl::btree_map<std::string, std::vector<MultiRow>> multifields;
  // Fields whose value is none that can be read; in neither of the maps.
  std::vector<std::string> unread = {};
};

}  // namespace guestbridge::agent
