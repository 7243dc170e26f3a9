#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

constexpr char kNothingEn[] = "There is nothing to do.";
constexpr char kNothingRu[] = "Ничего делать не нужно.";

// How the pair of a client and a contact was found.
constexpr ReasonText kTexts[] = {
    {"MATCHED_BY_ORIGIN", kOk, "The contact carries this guest's mark.",
     "Контакт несёт отметку этого гостя.", kNothingEn, kNothingRu},
    {"MATCHED_BY_STORED_ID", kOk,
     "1C holds the contact's ID, and a name, phone or e-mail is the same.",
     "В 1С записан ID контакта, и совпадает имя, телефон или адрес почты.", kNothingEn,
     kNothingRu},
    {"MATCHED_BY_PHONE_EMAIL_NAME_BIRTHDATE", kOk,
     "Phone, e-mail, name and birth date are the same.",
     "Совпадают телефон, почта, имя и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_EMAIL_NAME", kOk, "Phone, e-mail and name are the same.",
     "Совпадают телефон, почта и имя.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_EMAIL_BIRTHDATE", kOk,
     "Phone, e-mail and birth date are the same.",
     "Совпадают телефон, почта и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_EMAIL", kOk, "Phone and e-mail are the same.",
     "Совпадают телефон и почта.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_NAME_BIRTHDATE", kOk, "Phone, name and birth date are the same.",
     "Совпадают телефон, имя и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_NAME", kOk, "Phone and name are the same.",
     "Совпадают телефон и имя.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE_BIRTHDATE", kOk, "Phone and birth date are the same.",
     "Совпадают телефон и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_PHONE", kOk, "The phone is the same.", "Совпадает телефон.",
     kNothingEn, kNothingRu},
    {"MATCHED_BY_EMAIL_NAME_BIRTHDATE", kOk,
     "E-mail, name and birth date are the same.",
     "Совпадают почта, имя и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_EMAIL_NAME", kOk, "E-mail and name are the same.",
     "Совпадают почта и имя.", kNothingEn, kNothingRu},
    {"MATCHED_BY_EMAIL_BIRTHDATE", kOk, "E-mail and birth date are the same.",
     "Совпадают почта и дата рождения.", kNothingEn, kNothingRu},
    {"MATCHED_BY_EMAIL", kOk, "The e-mail is the same.", "Совпадает адрес почты.",
     kNothingEn, kNothingRu},
};

}  // namespace

absl::Span<const ReasonText> Match() { return kTexts; }

}  // namespace guestbridge::text_areas
