#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

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
    {"MATCHED_BY_NAME", kOk,
     "The name is the same; the contact's phone or e-mail could not be read.",
     "Совпадает имя; телефон или почту контакта прочитать не удалось.",
     "Open the contact on the portal, save its phones and e-mails anew, and match "
     "again.",
     "Откройте контакт на портале, сохраните его телефоны и e-mail заново и повторите "
     "сопоставление."},
    {"LINKED_BY_HAND", kOk, "A person linked the guest to this contact.",
     "Гостя с этим контактом связал человек.", kNothingEn, kNothingRu},

    // What a person decides.
    {"CLIENT_UNLINKED", kOk,
     "The guest was unlinked from a contact; it waits for a decision and is not "
     "exported.",
     "Связь гостя с контактом снята; гость ждёт решения и не выгружается.",
     "Link it: guestbridge clients link {integration} CLIENT CONTACT; or have a "
     "new "
     "contact made: guestbridge clients unlink {integration} CLIENT --new.",
     "Свяжите его: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ; или "
     "разрешите новый контакт: guestbridge clients unlink {integration} КЛИЕНТ "
     "--new."},
    {"CLIENT_ALREADY_LINKED", kPrecondition,
     "Guest {client} is linked to contact {contact}.",
     "Гость {client} связан с контактом {contact}.",
     "Take that link off first: guestbridge clients unlink {integration} {client}.",
     "Сначала снимите эту связь: guestbridge clients unlink {integration} {client}."},
    {"CLIENT_NOT_LINKED", kPrecondition, "Guest {client} is linked to no contact.",
     "Гость {client} не связан ни с одним контактом.",
     "Look where it stands: guestbridge clients explain {integration} {client}. To "
     "have "
     "a new contact made for a guest that waits for a decision, say --new.",
     "Посмотрите, что с ним: guestbridge clients explain {integration} {client}. Чтобы "
     "для гостя, который ждёт решения, был создан новый контакт, укажите --new."},
    {"CLIENT_STILL_LINKED", kPrecondition,
     "Guest {client} is linked to contact {contact}; a new contact would be its "
     "second.",
     "Гость {client} связан с контактом {contact}; новый контакт был бы вторым.",
     "Unlink it without --new first, and look at what waits.",
     "Сначала снимите связь без --new и посмотрите, что ждёт решения."},
    {"CONTACT_ID_UNKNOWN", kNotFound, "The portal has no contact {contact}.",
     "На портале нет контакта {contact}.",
     "Check the number in the contact's address on the portal.",
     "Проверьте номер в адресе карточки контакта на портале."},
    {"CONTACT_OF_ANOTHER_CLIENT", kPrecondition,
     "Contact {contact} carries another guest's mark.",
     "Контакт {contact} несёт отметку другого гостя.",
     "Choose another contact. If that guest was unlinked from this one, decide about "
     "that guest first: it takes the mark off.",
     "Выберите другой контакт. Если у того гостя связь с этим контактом снята, сначала "
     "примите решение о нём: тогда отметка снимется."},
    {"MARK_NOT_TAKEN_OFF", kPrecondition,
     "Contact {contact} still carries the guest's mark.",
     "Контакт {contact} всё ещё несёт отметку гостя.",
     "Nothing was lost: the guest waits for your decision. Repeat the command; if it "
     "stays so, check that the portal's user may change this contact.",
     "Ничего не потеряно: гость ждёт вашего решения. Повторите команду; если не "
     "поможет, проверьте, что пользователь портала может изменять этот контакт."},
    // What an erasure can't reach.
    {"CONTACT_NOT_DELETED", kPrecondition, "Contact {contact} is still on the portal.",
     "Контакт {contact} всё ещё на портале.",
     "Nothing was lost: the guest waits and is not exported. Repeat the command; if it "
     "stays so, check that the portal's user may delete this contact.",
     "Ничего не потеряно: гость ждёт и не выгружается. Повторите команду; если не "
     "поможет, проверьте, что пользователь портала может удалить этот контакт."},
    {"LEFT_CONTACT", kOk,
     "Contact {contact} on the portal still holds the guest's data.",
     "Контакт {contact} на портале всё ещё содержит данные гостя.",
     "Delete it on the portal; one that carries the guest's mark goes with the same "
     "command and --delete-contact.",
     "Удалите его на портале; контакт с отметкой гостя удалит та же команда с "
     "--delete-contact."},
    {"LEFT_CONTACT_OF_ANOTHER", kOk,
     "Contact {contact} on the portal carries the guest's mark or was the guest's "
     "before; it is linked to another guest, and was left.",
     "Контакт {contact} на портале несёт отметку гостя или был его контактом раньше; "
     "он связан с другим гостем и оставлен.",
     "Look on the portal whether it holds data of the erased guest, and remove those "
     "by hand.",
     "Посмотрите на портале, нет ли в нём данных стёртого гостя, и уберите их "
     "вручную."},
    {"LEFT_ON_EARLIER_PORTAL", kOk,
     "Contact {contact} on a portal that the integration was connected to before may "
     "still hold the guest's data.",
     "Контакт {contact} на прежнем портале интеграции может всё ещё содержать данные "
     "гостя.",
     "Look there whether it is this guest, and delete it if so.",
     "Посмотрите там, этот ли это гость, и если да, удалите контакт."},
    {"LEFT_IN_RECYCLE_BIN", kOk,
     "The portal keeps contact {contact} in its recycle bin.",
     "Портал хранит контакт {contact} в корзине.",
     "Empty the recycle bin of CRM on the portal, or wait until the portal does.",
     "Очистите корзину CRM на портале или дождитесь, пока это сделает портал."},
    {"LEFT_IN_SOURCE", kOk,
     "The guest's card in 1C stays, with the contact's ID if it was written there.",
     "Карточка гостя в 1С остаётся, вместе с ID контакта, если он там записан.",
     "Delete or anonymise the card in 1C as its rules ask.",
     "Удалите или обезличьте карточку в 1С по её правилам."},
    {"LEFT_IN_EXCHANGE_FOLDER", kOk,
     "The exchange folder {path} may still hold the guest: files of 1C in it and in "
     "done/ his card, contact-ids/ his Ref_Key. What 1C writes anew is read again.",
     "Каталог обмена {path} ещё может хранить гостя: файлы 1С в нём и в done/ — его "
     "карточку, contact-ids/ — его Ref_Key. Что 1С выгрузит снова, будет прочитано "
     "снова.",
     "Remove those files. Once the card is gone from 1C, repeat the command: it clears "
     "what was read meanwhile.",
     "Удалите эти файлы. Когда карточки в 1С не станет, повторите команду: она сотрёт "
     "прочитанное за это время."},
    {"LEFT_MAY_COME_LATE", kOk,
     "A request to create a contact of the guest got no answer and was not carried out "
     "so far; a portal that does so late makes a contact with the guest's data.",
     "Запрос на создание контакта гостя остался без ответа и пока не выполнен; если "
     "портал выполнит его позже, появится контакт с данными гостя.",
     "Look at the notices of the exports of the next day and a half: they name such a "
     "contact (CONTACT_OF_ERASED_CLIENT).",
     "Смотрите замечания выгрузок в ближайшие полтора суток: они назовут такой контакт "
     "(CONTACT_OF_ERASED_CLIENT)."},
    {"LEFT_IN_COPIES", kOk,
     "Copies of the agent's data directory made before, and on the server the "
     "failures, findings and samples of earlier runs, may name the guest's Ref_Key.",
     "Прежние копии каталога данных агента, а на сервере ошибки, находки и примеры "
     "прежних запусков могут содержать Ref_Key гостя.",
     "Let old copies expire. A ledger that is restored from one learns of the erasure "
     "from the server.",
     "Дайте старым копиям устареть. Реестр, восстановленный из копии, узнаёт о "
     "стирании от сервера."},
    {"LEFT_UNKNOWN_TO_SERVER", kOk,
     "The server does not know of the erasure yet: a ledger that is made anew, or "
     "another agent's, would export the guest again.",
     "Сервер о стирании ещё не знает: реестр, созданный заново, или реестр другого "
     "агента выгрузил бы гостя снова.",
     "The agent tells it again by itself. Repeat the command later: this line should "
     "be gone; if it stays, bring server and agent to the same version (of one "
     "integration the server keeps 50,000).",
     "Агент сообщит ему сам. Повторите команду позже: этой строки быть не должно; если "
     "она осталась, обновите сервер и агент до одной версии (на одну интеграцию сервер "
     "хранит 50 000)."},
    {"CONTACT_ID_INVALID", kInvalid, "{value} is no contact's ID.",
     "{value} — не ID контакта.",
     "It is the number in the contact's address on the portal, above 0.",
     "Это число больше 0 из адреса карточки контакта на портале."},
};

}  // namespace

absl::Span<const ReasonText> Match() { return kTexts; }

}  // namespace guestbridge::text_areas
