#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync-agent/model/client.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/plan/match_values.h"

// Pairing of clients with contacts (M13), on digests: no personal data is kept. Pure.
// The rules and their reasons: docs/design/matching.md.
namespace guestbridge::agent {

// More contacts, or more clients, than this with one phone or e-mail: it is nobody's.
// A family has fewer, an agency, a driver or a reception more.
inline constexpr int kMostCarriers = 4;

// How far a value goes for telling whose it is.
enum class Strength {
  kShared,       // a role, a relay, toll-free; or many carry it
  kSwitchboard,  // without its extension, or with another one
  kOwn,
};

// One phone or e-mail, or a part of it, as a digest.
struct MatchValue {
  std::string key;    // in the index
  bool phone = true;  // else e-mail
  Strength strength = Strength::kOwn;
  bool operator==(const MatchValue&) const = default;
};

// Names and birth date as digests; empty: not said.
struct MatchTraits {
  std::string family;
  std::string first;    // its first word
  std::string initial;  // of the first name
  std::string second;   // patronymic, or the other words of the first name
  std::string names;    // family and first name, whatever stands where
  std::string birth;    // none of 1 January: desks make those up
  Script family_script = Script::kNone;
  Script first_script = Script::kNone;
  bool only_initial = false;  // the first name is no more than that
  // Of a contact: it carries the origin of a client, of this base or another.
  bool taken = false;
  // Of a contact: some of it could not be read.
  bool partly = false;
  bool operator==(const MatchTraits&) const = default;
};

// A text without line breaks, and back. Broken ones give empty traits.
std::string EncodeTraits(const MatchTraits& traits);
MatchTraits DecodeTraits(absl::string_view text);

// One side of a pair.
struct MatchPerson {
  std::vector<MatchValue> held;    // what the index knows a contact by
  std::vector<MatchValue> sought;  // what a client is looked for by
  MatchTraits traits;
};

// Makes the digests of one match; `salt` is known to it alone, so that nobody can try
// out all phones on an index that was left behind.
class MatchDigests {
 public:
  MatchDigests(std::string salt, std::string region)
      : salt_(std::move(salt)), region_(std::move(region)) {}

  MatchPerson Of(const ContactContent& content) const;
  // `originator`: ours.
  MatchPerson Of(const ContactRow& row) const;
  // The fields of a contact that Of reads.
  static const std::vector<std::string>& FieldsRead();

 private:
  std::string Digest(absl::string_view kind, absl::string_view value) const;
  void AddPhones(absl::string_view text, MatchPerson* person) const;
  void AddEmails(absl::string_view text, MatchPerson* person) const;
  MatchTraits TraitsOf(const std::string& family, const std::string& first,
                       const std::string& second, const std::string& birth) const;

  std::string salt_;
  std::string region_;
};

// In the index: contacts under the origin that they carry, and under their names.
std::string OriginKey(absl::string_view guid);
std::string NamesKey(const MatchTraits& traits);
// The same, of those alone whose phones or e-mails could not be read.
std::string UnreadValuesKey(const MatchTraits& traits);

// What speaks for a pair, strongest last.
enum class Certainty { kNone, kReview, kLikely, kCertain };

// Strongest value of each kind that both sides hold; none: not even one.
struct SharedValues {
  std::optional<Strength> phone;
  std::optional<Strength> email;
  bool any() const { return phone.has_value() || email.has_value(); }
  void Add(bool is_phone, Strength strength);
};

struct PairVerdict {
  Certainty certainty = Certainty::kNone;
  const char* found_by = "";  // a reason of the catalogue: how it was found
  // For choosing between several: more speaks for it. Above kAdopted: what an export
  // adopts by itself.
  int rank = 0;
};
inline constexpr int kAdopted = 100;

// By values, names and birth date. A contact of which only a part could be read is
// for a person to decide about; it may be the client by name alone.
PairVerdict JudgePair(const MatchTraits& client, const MatchTraits& contact,
                      const SharedValues& values);
// The contact's ID stands in 1C: it is taken when something else speaks for it too.
PairVerdict JudgeStored(const MatchTraits& client, const MatchTraits& contact,
                        const SharedValues& values);
PairVerdict FoundByOrigin();

// JudgeStored of one client and one contact that were just read. `region`: of phones
// without a country code.
bool IsPlausible(const ContactContent& content, const ContactRow& row,
                 const std::string& region);

}  // namespace guestbridge::agent
