#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync-agent/model/client.h"
#include "sync-agent/model/contact.h"

// Pairing of clients with contacts (M13), on digests: no personal data is kept.
namespace guestbridge::agent {

// Under which keys a contact is found again: kind letter + digest.
//   P phone, E e-mail, N family name, O origin (a client's GUID), I contact ID,
//   B the contact has no family name
struct MatchKeys {
  std::vector<std::string> values;  // P and E
  std::string name;                 // N, or empty
};

MatchKeys KeysOf(const ContactContent& content);
// All entries of the index for one contact. `originator`: ours; a contact that carries
// another client's origin is found by its origin only.
std::vector<std::string> IndexKeysOf(const ContactRow& row,
                                     absl::string_view originator);
std::string OriginKey(const ClientKey& client);
std::string IdKey(ContactId id);
std::string BlankNameKey(ContactId id);

// What the index said about one client.
struct MatchEvidence {
  std::vector<ContactId> by_origin;
  std::optional<ContactId> stored;     // 1C's own ID, when that contact exists
  std::vector<ContactId> by_value;     // share a phone or an e-mail; unique
  std::vector<ContactId> by_name;      // of those: share the family name
  std::vector<ContactId> blank_names;  // of those: have none
  bool stored_shares = false;          // the stored one shares name, phone or e-mail
};

struct MatchVerdict {
  enum class Kind { kCertain, kProposed, kAmbiguous, kNone };
  Kind kind = Kind::kNone;
  ContactId contact;
};

MatchVerdict JudgeMatch(const MatchEvidence& evidence);

}  // namespace guestbridge::agent
