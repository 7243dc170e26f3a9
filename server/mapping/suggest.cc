#include "server/mapping/suggest.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
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

}  // namespace

void SortEntries(v1::FieldMapping* draft) {
  std::sort(draft->mutable_entries()->begin(), draft->mutable_entries()->end(),
            [](const v1::FieldMappingEntry& a, const v1::FieldMappingEntry& b) {
              return std::tie(a.target(), a.source()) <
                     std::tie(b.target(), b.source());
            });
}

void Suggest(v1::FieldMapping* draft) {
  std::vector<v1::FieldMappingEntry> kept;
  for (const v1::FieldMappingEntry& entry : draft->entries()) {
    if (!entry.suggested()) kept.push_back(entry);
  }
  draft->clear_entries();
  for (const v1::FieldMappingEntry& entry : kept) *draft->add_entries() = entry;

  for (const Synonym& synonym : kSynonyms) {
    for (const v1::SourceField& source : draft->source_fields()) {
      if (absl::AsciiStrToLower(source.name()) !=
          absl::AsciiStrToLower(synonym.source)) {
        continue;
      }
      v1::FieldMappingEntry entry;
      entry.set_source(source.name());
      entry.set_target(std::string(synonym.target));
      entry.set_suggested(true);
      entry.set_reason(synonym.standard ? "SUGGESTED_BY_NAME" : "SUGGESTED_BY_SYNONYM");
      const bool by_hand = std::any_of(
          kept.begin(), kept.end(),
          [&](const auto& other) { return other.target() == entry.target(); });
      // A synonym only steps in where the standard name gave nothing.
      const bool fed = std::any_of(
          draft->entries().begin(), draft->entries().end(), [&](const auto& other) {
            return other.target() == entry.target() && !synonym.standard;
          });
      if (!by_hand && !fed && ValidateEntry(*draft, entry).ok()) {
        *draft->add_entries() = entry;
      }
    }
  }
  SortEntries(draft);
}

}  // namespace guestbridge::server
