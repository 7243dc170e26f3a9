#include "server/mapping/suggest.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/mapping/validate.h"

namespace guestbridge::server {
namespace {

// 1C:Hotel's own attribute name first, then what configurations and extensions call the
// same thing, in English and Russian. Compared without regard to the case of ASCII
// letters.
struct Synonym {
  absl::string_view source;
  absl::string_view target;
  bool standard;
};

constexpr Synonym kSynonyms[] = {
    {"LastName", "LAST_NAME", true},
    {"Surname", "LAST_NAME", false},
    {"FamilyName", "LAST_NAME", false},
    {"Фамилия", "LAST_NAME", false},
    {"FirstName", "NAME", true},
    {"GivenName", "NAME", false},
    {"Имя", "NAME", false},
    {"SecondName", "SECOND_NAME", true},
    {"MiddleName", "SECOND_NAME", false},
    {"Patronymic", "SECOND_NAME", false},
    {"Отчество", "SECOND_NAME", false},
    {"DateOfBirth", "BIRTHDATE", true},
    {"BirthDate", "BIRTHDATE", false},
    {"Birthday", "BIRTHDATE", false},
    {"ДатаРождения", "BIRTHDATE", false},
    {"Phone", "PHONE", true},
    {"MobilePhone", "PHONE", false},
    {"PhoneMobile", "PHONE", false},
    {"PhoneNumber", "PHONE", false},
    {"Телефон", "PHONE", false},
    {"МобильныйТелефон", "PHONE", false},
    {"EMail", "EMAIL", true},
    {"EMailAdditional", "EMAIL", true},
    {"EMailAddress", "EMAIL", false},
    {"ЭлектроннаяПочта", "EMAIL", false},
    {"Address", "ADDRESS", true},
    {"Адрес", "ADDRESS", false},
    {"City", "ADDRESS_CITY", true},
    {"Город", "ADDRESS_CITY", false},
    {"Region", "ADDRESS_PROVINCE", true},
    {"Регион", "ADDRESS_PROVINCE", false},
    {"PostalCode", "ADDRESS_POSTAL_CODE", false},
    {"Индекс", "ADDRESS_POSTAL_CODE", false},
    {"Remarks", "COMMENTS", true},
    {"Comment", "COMMENTS", false},
    {"Комментарий", "COMMENTS", false},
    {"Примечание", "COMMENTS", false},
};

// What attributes of guests are called where people read it; for user fields.
struct Title {
  absl::string_view source;
  absl::string_view titles;  // folded, `|` between them
};

constexpr Title kTitles[] = {
    {"Code", "кодгостя|кодклиента|номергостя|guestcode|guestno|guestnumber"},
    {"Sex", "пол|sex|gender"},
    {"PlaceOfBirth", "месторождения|placeofbirth"},
    {"PlaceOfEmployment", "местоработы|placeofemployment"},
    {"Position", "должность|position"},
    {"TIN", "инн|tin"},
    {"NoSMSDelivery",
     "запретрассылки|запретрассылок|отказотрассылки|отказотрассылок|"
     "отказалсяотрассылки|отказалсяотрассылок|несогласиенарассылку|нерассылать|"
     "запретрекламы|отказотрекламы|безрекламы|noadvertising|nomarketing|marketingban|"
     "nomailing|nomailings|nosms"},
    {"DeletionMark",
     "пометкаудаления|пометканаудаление|помеченнаудаление|помеченнаудалениев1с|"
     "deletionmark|markedfordeletion"},
    {"Citizenship_Key", "гражданство|citizenship"},
    {"Language_Key", "язык|языкгостя|language"},
    {"ClientType_Key", "типгостя|типклиента|clienttype|guesttype"},
    {"DiscountCard_Key", "дисконтнаякарта|картагостя|discountcard"},
};

// A value that 1C's enumerations hold by name, and what lists of portals call it.
struct Word {
  absl::string_view source;
  absl::string_view value;
  absl::string_view titles;  // folded, `|` between them
};

constexpr Word kWords[] = {
    {"Sex", "Male", "male|мужской|муж|мужчина|м|m|mr|господин|гн"},
    {"Sex", "Female", "female|женский|жен|женщина|ж|f|ms|mrs|miss|госпожа|гжа"},
    {"Пол", "Мужской", "male|мужской|муж|мужчина|м|m|mr|господин|гн"},
    {"Пол", "Женский", "female|женский|жен|женщина|ж|f|ms|mrs|miss|госпожа|гжа"},
};

// ASCII and Cyrillic letters in lower case, digits, nothing else: "Дата рождения" and
// "ДатаРождения" are the same.
std::string Folded(absl::string_view text) {
  std::string folded;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (absl::ascii_isalnum(c)) {
      folded.push_back(absl::ascii_tolower(c));
    } else if ((c == 0xd0 || c == 0xd1) && i + 1 < text.size()) {
      int letter = (c & 0x1f) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f);
      if (letter >= 0x410 && letter <= 0x42f) letter += 0x20;
      if (letter == 0x401 || letter == 0x451) letter = 0x435;  // Ё
      folded.push_back(static_cast<char>(0xc0 | letter >> 6));
      folded.push_back(static_cast<char>(0x80 | (letter & 0x3f)));
    }
  }
  return folded;
}

bool IsAmong(absl::string_view folded, absl::string_view words) {
  for (const absl::string_view word : absl::StrSplit(words, '|')) {
    if (word == folded) return true;
  }
  return false;
}

bool IsSameName(absl::string_view a, absl::string_view b) {
  return Folded(a) == Folded(b);
}

// A table from the attribute's values to the list's, where each of them has one;
// otherwise empty.
std::string MatchValues(absl::string_view source, const v1::ContactField& field) {
  std::string rows;
  for (const Word& word : kWords) {
    if (!IsSameName(word.source, source)) continue;
    const auto item = std::find_if(
        field.items().begin(), field.items().end(),
        [&](const auto& one) { return IsAmong(Folded(one.title()), word.titles); });
    if (item == field.items().end()) return "";
    absl::StrAppend(&rows, rows.empty() ? "" : ";", word.value, "=", item->id());
  }
  return rows;
}

template <typename Fields>
bool Has(const Fields& fields, absl::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const auto& field) { return field.name() == name; });
}

// The draft while suggestions are added to it.
class Suggestions {
 public:
  // `before`: see Suggest().
  Suggestions(const v1::FieldMapping& before, v1::FieldMapping* draft)
      : before_(before), draft_(*draft) {
    Entries entries;
    entries.Swap(draft_.mutable_entries());
    for (const v1::FieldMappingEntry& entry : entries) {
      if (!entry.suggested()) {
        *by_hand_.Add() = entry;
        *draft_.add_entries() = entry;
      } else if (Has(draft_.source_fields(), entry.source()) &&
                 Has(draft_.contact_fields(), entry.target())) {
        *draft_.add_entries() = entry;
      } else {
        *outdated_.Add() = entry;
      }
    }
    missing_ = UnmappedRequired(draft_);
  }

  // Adds the entry unless a person has decided otherwise or it would not be valid. One
  // that is there already gets the values of now.
  void Add(v1::FieldMappingEntry entry, const char* reason,
           v1::FieldMappingEntry::Certainty certainty) {
    entry.set_suggested(true);
    entry.set_reason(reason);
    entry.set_certainty(certainty);
    entry.set_policy(v1::FieldMappingEntry::OVERWRITE);
    entry.set_when_empty(v1::FieldMappingEntry::CLEAR);
    if (Feeds(by_hand_, entry.target()) || !ValidateEntry(draft_, entry).ok()) return;
    for (v1::FieldMappingEntry& other : *draft_.mutable_entries()) {
      if (!IsSamePair(other, entry)) continue;
      *other.mutable_transforms() = entry.transforms();
      return;
    }
    if (!IsUndecided(entry)) return;
    *added_.Add() = entry;
    *draft_.add_entries() = entry;
  }

  // Whether something else than a suggestion of this attribute fills the field.
  bool IsFedOtherwise(absl::string_view source, absl::string_view target) const {
    return std::any_of(draft_.entries().begin(), draft_.entries().end(),
                       [&](const auto& entry) {
                         return entry.target() == target &&
                                (!entry.suggested() || entry.source() != source);
                       });
  }

  // What lost one of its sides stays, to be told of, unless its field has got another.
  void Finish() {
    for (const v1::FieldMappingEntry& entry : outdated_) {
      if (!Feeds(added_, entry.target())) *draft_.add_entries() = entry;
    }
    SortEntries(&draft_);
  }

 private:
  using Entries = google::protobuf::RepeatedPtrField<v1::FieldMappingEntry>;
  static bool Feeds(const Entries& entries, absl::string_view target) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.target() == target; });
  }
  static bool IsSamePair(const v1::FieldMappingEntry& a,
                         const v1::FieldMappingEntry& b) {
    return a.source() == b.source() && a.target() == b.target();
  }

  // What could be suggested before and is not in the draft was taken out of it. So was
  // all that is not in a restored version whose fields were never loaded here.
  bool IsUndecided(const v1::FieldMappingEntry& entry) const {
    if (before_.entries().empty() ||
        std::find(missing_.begin(), missing_.end(), entry.target()) != missing_.end()) {
      return true;
    }
    const bool restored =
        before_.source_fields().empty() && before_.contact_fields().empty();
    return !restored && (!Has(before_.source_fields(), entry.source()) ||
                         !Has(before_.contact_fields(), entry.target()));
  }

  const v1::FieldMapping& before_;
  v1::FieldMapping& draft_;
  Entries by_hand_;
  Entries outdated_;
  Entries added_;
  std::vector<std::string> missing_;
};

void SuggestByName(const v1::SourceField& source, const Synonym& synonym,
                   Suggestions* suggestions) {
  // A synonym only steps in where the standard name gave nothing.
  if (!synonym.standard && suggestions->IsFedOtherwise(source.name(), synonym.target)) {
    return;
  }
  v1::FieldMappingEntry entry;
  entry.set_source(source.name());
  entry.set_target(std::string(synonym.target));
  suggestions->Add(
      entry, synonym.standard ? "SUGGESTED_BY_NAME" : "SUGGESTED_BY_SYNONYM",
      synonym.standard ? v1::FieldMappingEntry::HIGH : v1::FieldMappingEntry::MEDIUM);
}

// List fields whose values can be told from the attribute's; user fields whose title
// says what the attribute is called.
void SuggestForField(const v1::SourceField& source, const v1::ContactField& field,
                     Suggestions* suggestions) {
  if (suggestions->IsFedOtherwise(source.name(), field.name())) return;
  const bool user_field = absl::StartsWith(field.name(), "UF_CRM_");
  const bool same_title =
      user_field &&
      (IsSameName(source.name(), field.title()) ||
       std::any_of(std::begin(kTitles), std::end(kTitles), [&](const Title& title) {
         return IsSameName(title.source, source.name()) &&
                IsAmong(Folded(field.title()), title.titles);
       }));
  v1::FieldMappingEntry entry;
  entry.set_source(source.name());
  entry.set_target(field.name());
  if (field.items_size() > 0) {
    if (!same_title && field.name() != "HONORIFIC") return;
    const std::string rows = MatchValues(source.name(), field);
    if (rows.empty()) return;
    entry.add_transforms(absl::StrCat("enum:", rows));
    suggestions->Add(entry, "SUGGESTED_BY_VALUES", v1::FieldMappingEntry::MEDIUM);
  } else if (same_title && !field.multiple()) {
    if (source.type() == "Edm.Boolean" && ClassOf(field) == FieldClass::kBoolean) {
      entry.add_transforms("yes-no");
    }
    suggestions->Add(entry, "SUGGESTED_BY_TITLE", v1::FieldMappingEntry::MEDIUM);
  }
}

}  // namespace

void SortEntries(v1::FieldMapping* draft) {
  std::sort(draft->mutable_entries()->begin(), draft->mutable_entries()->end(),
            [](const v1::FieldMappingEntry& a, const v1::FieldMappingEntry& b) {
              return std::tie(a.target(), a.source()) <
                     std::tie(b.target(), b.source());
            });
}

void Suggest(const v1::FieldMapping& before, v1::FieldMapping* draft) {
  Suggestions suggestions(before, draft);
  for (const Synonym& synonym : kSynonyms) {
    for (const v1::SourceField& source : draft->source_fields()) {
      if (absl::EqualsIgnoreCase(source.name(), synonym.source)) {
        SuggestByName(source, synonym, &suggestions);
      }
    }
  }
  for (const v1::ContactField& field : draft->contact_fields()) {
    for (const v1::SourceField& source : draft->source_fields()) {
      SuggestForField(source, field, &suggestions);
    }
  }
  suggestions.Finish();
}

}  // namespace guestbridge::server
