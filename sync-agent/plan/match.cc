#include "sync-agent/plan/match.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/secret/digest.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/shared_values.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kDigestLength = 16;
constexpr size_t kDateLength = 10;  // YYYY-MM-DD, whatever follows

enum class Alike { kUnknown, kSame, kDiffers };

std::string FieldOf(const Fields& fields, const char* name) {
  const auto field = fields.find(name);
  return field == fields.end() ? "" : field->second;
}

Alike Compare(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return Alike::kUnknown;
  return a == b ? Alike::kSame : Alike::kDiffers;
}

Alike CompareNames(const std::string& a, Script script_a, const std::string& b,
                   Script script_b) {
  const Alike alike = Compare(a, b);
  return alike == Alike::kDiffers && script_a != script_b ? Alike::kUnknown : alike;
}

struct Comparison {
  Alike family = Alike::kUnknown;
  Alike first = Alike::kUnknown;
  Alike birth = Alike::kUnknown;
  bool nameless = false;  // one of them has no name at all
  bool full() const { return family == Alike::kSame && first == Alike::kSame; }
};

Alike CompareFirst(const MatchTraits& a, const MatchTraits& b) {
  const Alike first = CompareNames(a.first, a.first_script, b.first, b.first_script);
  if (first == Alike::kDiffers && (a.only_initial || b.only_initial)) {
    return a.initial == b.initial ? Alike::kUnknown : Alike::kDiffers;
  }
  // Father and son: "Сергей Иванович", "Сергей Сергеевич".
  if (first == Alike::kSame && Compare(a.second, b.second) == Alike::kDiffers) {
    return Alike::kDiffers;
  }
  return first;
}

Comparison CompareTraits(const MatchTraits& a, const MatchTraits& b) {
  Comparison said;
  said.family = CompareNames(a.family, a.family_script, b.family, b.family_script);
  said.first = CompareFirst(a, b);
  // Swapped, or all in one field.
  if (!said.full() && Compare(a.names, b.names) == Alike::kSame &&
      Compare(a.second, b.second) != Alike::kDiffers) {
    said.family = said.first = Alike::kSame;
  }
  said.birth = Compare(a.birth, b.birth);
  said.nameless =
      (a.family.empty() && a.first.empty()) || (b.family.empty() && b.first.empty());
  return said;
}

Strength BestOf(const SharedValues& values) {
  return std::max(values.phone.value_or(Strength::kShared),
                  values.email.value_or(Strength::kShared));
}

// "MATCHED_BY_PHONE_NAME_BIRTHDATE" and the like.
const char* FoundBy(const SharedValues& values, bool name, bool birth) {
  // A shared value is named only where there is nothing better.
  const auto counts = [&](const std::optional<Strength>& value) {
    return value.has_value() &&
           (*value != Strength::kShared || BestOf(values) == value);
  };
  const bool phone = counts(values.phone);
  if (phone && counts(values.email)) {
    if (name) {
      return birth ? "MATCHED_BY_PHONE_EMAIL_NAME_BIRTHDATE"
                   : "MATCHED_BY_PHONE_EMAIL_NAME";
    }
    return birth ? "MATCHED_BY_PHONE_EMAIL_BIRTHDATE" : "MATCHED_BY_PHONE_EMAIL";
  }
  if (name) {
    if (birth) {
      return phone ? "MATCHED_BY_PHONE_NAME_BIRTHDATE"
                   : "MATCHED_BY_EMAIL_NAME_BIRTHDATE";
    }
    return phone ? "MATCHED_BY_PHONE_NAME" : "MATCHED_BY_EMAIL_NAME";
  }
  if (birth) return phone ? "MATCHED_BY_PHONE_BIRTHDATE" : "MATCHED_BY_EMAIL_BIRTHDATE";
  return phone ? "MATCHED_BY_PHONE" : "MATCHED_BY_EMAIL";
}

Certainty JudgeOwn(const Comparison& said, bool both_values) {
  const bool born_alike = said.birth == Alike::kSame;
  if (said.full()) {
    return born_alike || both_values ? Certainty::kCertain : Certainty::kLikely;
  }
  if (said.family != Alike::kDiffers && said.first != Alike::kDiffers) {
    // Nothing contradicts; something must speak for it beside the value, or one side
    // must be nameless: a call that became a contact.
    const bool supported = said.family == Alike::kSame || said.first == Alike::kSame;
    return supported || born_alike || said.nameless ? Certainty::kLikely
                                                    : Certainty::kReview;
  }
  // A married name, or one that was misspelt.
  if (said.first == Alike::kSame) {
    return born_alike ? Certainty::kLikely : Certainty::kReview;
  }
  // Another name: a relative, a colleague, or a nickname. Where the contact is another
  // client's, that settles it.
  return Certainty::kReview;
}

Certainty JudgeSwitchboard(const Comparison& said) {
  const bool born_alike = said.birth == Alike::kSame;
  if (said.full()) return born_alike ? Certainty::kCertain : Certainty::kLikely;
  const bool possible = said.family == Alike::kSame && said.first == Alike::kUnknown;
  return possible ? Certainty::kReview : Certainty::kNone;
}

Certainty JudgeShared(const Comparison& said) {
  if (!said.full()) return Certainty::kNone;
  return said.birth == Alike::kSame ? Certainty::kLikely : Certainty::kReview;
}

Certainty Judge(const Comparison& said, const SharedValues& values) {
  const Strength best = BestOf(values);
  if (said.birth == Alike::kDiffers) {
    // The same name: one of the dates may be wrong. Else: two people.
    return said.full() && best != Strength::kShared ? Certainty::kReview
                                                    : Certainty::kNone;
  }
  switch (best) {
    case Strength::kOwn:
      return JudgeOwn(said,
                      values.phone == Strength::kOwn && values.email == Strength::kOwn);
    case Strength::kSwitchboard:
      return JudgeSwitchboard(said);
    case Strength::kShared:
      return JudgeShared(said);
  }
  return Certainty::kNone;
}

void AddValue(MatchValue value, std::vector<MatchValue>* values) {
  for (MatchValue& known : *values) {
    if (known.key != value.key) continue;
    known.strength = std::max(known.strength, value.strength);
    return;
  }
  values->push_back(std::move(value));
}

char Letter(Script script) { return static_cast<char>('0' + static_cast<int>(script)); }

Script ScriptFrom(absl::string_view text) {
  if (text.size() != 1 || text[0] < '0' || text[0] > '3') return Script::kNone;
  return static_cast<Script>(text[0] - '0');
}

}  // namespace

void SharedValues::Add(bool is_phone, Strength strength) {
  std::optional<Strength>& best = is_phone ? phone : email;
  best = std::max(best.value_or(strength), strength);
}

std::string EncodeTraits(const MatchTraits& traits) {
  return absl::StrCat(traits.family, "|", traits.first, "|", traits.initial, "|",
                      traits.second, "|", traits.names, "|", traits.birth, "|",
                      std::string(1, Letter(traits.family_script)), "|",
                      std::string(1, Letter(traits.first_script)), "|",
                      traits.only_initial ? "1" : "", "|", traits.taken ? "1" : "", "|",
                      traits.partly ? "1" : "");
}

MatchTraits DecodeTraits(absl::string_view text) {
  MatchTraits traits;
  const std::vector<std::string> parts = absl::StrSplit(text, '|');
  if (parts.size() != 11) return traits;
  traits.family = parts[0];
  traits.first = parts[1];
  traits.initial = parts[2];
  traits.second = parts[3];
  traits.names = parts[4];
  traits.birth = parts[5];
  traits.family_script = ScriptFrom(parts[6]);
  traits.first_script = ScriptFrom(parts[7]);
  traits.only_initial = !parts[8].empty();
  traits.taken = !parts[9].empty();
  traits.partly = !parts[10].empty();
  return traits;
}

std::string MatchDigests::Digest(absl::string_view kind,
                                 absl::string_view value) const {
  return Sha256Base64Url(absl::StrCat(salt_, "|", kind, "|", value), kDigestLength);
}

const std::vector<std::string>& MatchDigests::FieldsRead() {
  static const std::vector<std::string>& names = *new std::vector<std::string>{
      "NAME", "LAST_NAME", "SECOND_NAME", "BIRTHDATE", "PHONE", "EMAIL"};
  return names;
}

void MatchDigests::AddPhones(absl::string_view text, MatchPerson* person) const {
  for (const MatchPhone& phone : MatchPhones(text, region_)) {
    const std::string direct = absl::StrCat("P", Digest("P", phone.number));
    const std::string board = absl::StrCat("S", Digest("P", phone.number));
    const Strength own = phone.toll_free ? Strength::kShared : Strength::kOwn;
    if (phone.extension.empty()) {
      AddValue({direct, true, own}, &person->held);
      AddValue({direct, true, own}, &person->sought);
      AddValue({board, true, std::min(own, Strength::kSwitchboard)}, &person->sought);
      continue;
    }
    const std::string whole = absl::StrCat(
        "P", Digest("P", absl::StrCat(phone.number, "x", phone.extension)));
    AddValue({whole, true, own}, &person->held);
    AddValue({board, true, Strength::kSwitchboard}, &person->held);
    AddValue({whole, true, own}, &person->sought);
    AddValue({direct, true, std::min(own, Strength::kSwitchboard)}, &person->sought);
    // Another extension of the same switchboard.
    AddValue({board, true, Strength::kShared}, &person->sought);
  }
}

void MatchDigests::AddEmails(absl::string_view text, MatchPerson* person) const {
  for (const std::string& email : MatchEmails(text)) {
    const MatchValue value = {
        absl::StrCat("E", Digest("E", email)), false,
        IsSharedEmail(email) ? Strength::kShared : Strength::kOwn};
    AddValue(value, &person->held);
    AddValue(value, &person->sought);
  }
}

MatchTraits MatchDigests::TraitsOf(const std::string& family, const std::string& first,
                                   const std::string& second,
                                   const std::string& birth) const {
  MatchTraits traits;
  std::vector<std::string> family_words = NameWords(family);
  std::vector<std::string> first_words = NameWords(first);
  std::vector<std::string> second_words = NameWords(second);
  const auto digest = [&](const char* kind, const std::vector<std::string>& words) {
    return words.empty() ? "" : Digest(kind, absl::StrJoin(words, " "));
  };
  // "Иван Петрович" as a first name.
  std::vector<std::string> given(first_words.begin(), first_words.end());
  if (given.size() > 1) {
    if (second_words.empty() && !family_words.empty()) {
      second_words.assign(given.begin() + 1, given.end());
    }
    given.resize(1);
  }
  traits.family = digest("family", family_words);
  traits.first = digest("first", given);
  traits.second = digest("second", second_words);
  // A letter is no patronymic to compare with.
  if (!second_words.empty() && second_words[0].size() <= 2) traits.second.clear();
  if (!given.empty()) {
    const size_t letter =
        static_cast<signed char>(given[0][0]) < 0 ? size_t{2} : size_t{1};
    traits.only_initial = given[0].size() <= letter;
    traits.initial = Digest("initial", given[0].substr(0, letter));
    traits.first_script = ScriptOf(given[0]);
  }
  if (!family_words.empty()) traits.family_script = ScriptOf(family_words[0]);
  std::vector<std::string> names = family_words;
  names.insert(names.end(), given.begin(), given.end());
  // The whole name in one field: "Иванов Иван Петрович".
  if (family_words.empty() || given.empty()) {
    names = family_words.empty() ? first_words : family_words;
    // A letter is no patronymic to compare with, here either.
    if (names.size() > 2 && second_words.empty() && names[2].size() > 2) {
      traits.second = digest("second", {names.begin() + 2, names.end()});
    }
    if (names.size() > 2) names.resize(2);
  }
  if (names.size() > 1) {
    std::sort(names.begin(), names.end());
    traits.names = Digest("names", absl::StrJoin(names, " "));
  }
  const std::string day = birth.substr(0, kDateLength);
  const bool told = day.size() == kDateLength && day[4] == '-' && day[7] == '-';
  if (told && day.substr(4) != "-01-01" && day > "1900") {
    traits.birth = Digest("birth", day);
  }
  return traits;
}

MatchPerson MatchDigests::Of(const ContactContent& content) const {
  MatchPerson person;
  person.traits = TraitsOf(
      FieldOf(content.fields, "LAST_NAME"), FieldOf(content.fields, "NAME"),
      FieldOf(content.fields, "SECOND_NAME"), FieldOf(content.fields, "BIRTHDATE"));
  for (const auto& [field, values] : content.multifields) {
    for (const MultiValue& value : values) {
      if (field == "PHONE") AddPhones(value.value, &person);
      if (field == "EMAIL") AddEmails(value.value, &person);
    }
  }
  return person;
}

MatchPerson MatchDigests::Of(const ContactRow& row) const {
  MatchPerson person;
  person.traits =
      TraitsOf(FieldOf(row.fields, "LAST_NAME"), FieldOf(row.fields, "NAME"),
               FieldOf(row.fields, "SECOND_NAME"), FieldOf(row.fields, "BIRTHDATE"));
  person.traits.taken = absl::StartsWith(row.stamp.originator, kOriginatorPrefix);
  for (const auto& [field, values] : row.multifields) {
    for (const MultiRow& value : values) {
      if (field == "PHONE") AddPhones(value.value, &person);
      if (field == "EMAIL") AddEmails(value.value, &person);
    }
  }
  return person;
}

std::string OriginKey(absl::string_view guid) { return absl::StrCat("O", guid); }

std::string NamesKey(const MatchTraits& traits) {
  return traits.names.empty() ? "" : absl::StrCat("N", traits.names);
}

std::string UnreadValuesKey(const MatchTraits& traits) {
  return traits.names.empty() ? "" : absl::StrCat("U", traits.names);
}

PairVerdict JudgePair(const MatchTraits& client, const MatchTraits& contact,
                      const SharedValues& values) {
  PairVerdict verdict;
  const Comparison said = CompareTraits(client, contact);
  if (!values.any()) {
    if (contact.partly && said.full() && said.birth != Alike::kDiffers) {
      verdict = {Certainty::kReview, "MATCHED_BY_NAME", 0};
    }
    return verdict;
  }
  verdict.certainty = Judge(said, values);
  if (contact.partly)
    verdict.certainty = std::min(verdict.certainty, Certainty::kReview);
  const bool name = said.family == Alike::kSame || said.first == Alike::kSame;
  verdict.found_by = FoundBy(values, name, said.birth == Alike::kSame);
  verdict.rank = 20 * static_cast<int>(verdict.certainty) + (said.full() ? 4 : 0) +
                 (said.birth == Alike::kSame ? 2 : 0) +
                 (values.phone == Strength::kOwn ? 1 : 0) +
                 (values.email == Strength::kOwn ? 1 : 0);
  return verdict;
}

PairVerdict JudgeStored(const MatchTraits& client, const MatchTraits& contact,
                        const SharedValues& values) {
  const Comparison said = CompareTraits(client, contact);
  const bool by_value = BestOf(values) != Strength::kShared;
  const bool by_name = said.family == Alike::kSame ||
                       (said.first == Alike::kSame && said.family == Alike::kUnknown);
  PairVerdict verdict;
  if (!by_value && !by_name) return verdict;
  verdict.certainty = Certainty::kCertain;
  verdict.found_by = "MATCHED_BY_STORED_ID";
  verdict.rank = kAdopted + (said.full() ? 4 : 0) +
                 (said.birth == Alike::kSame ? 2 : 0) + (by_value ? 1 : 0);
  return verdict;
}

PairVerdict FoundByOrigin() {
  return {Certainty::kCertain, "MATCHED_BY_ORIGIN", 2 * kAdopted};
}

bool IsPlausible(const ContactContent& content, const ContactRow& row,
                 const std::string& region) {
  const MatchDigests digests("", region);
  const MatchPerson client = digests.Of(content);
  const MatchPerson contact = digests.Of(row);
  SharedValues values;
  for (const MatchValue& value : client.sought) {
    const bool held =
        std::any_of(contact.held.begin(), contact.held.end(),
                    [&](const MatchValue& one) { return one.key == value.key; });
    if (held) values.Add(value.phone, value.strength);
  }
  return JudgeStored(client.traits, contact.traits, values).certainty !=
         Certainty::kNone;
}

}  // namespace guestbridge::agent
