#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

constexpr ReasonText kTexts[] = {
    {"FIELDS_NOT_LOADED", kPrecondition,
     "The fields of the integration \"{integration}\" are not loaded yet.",
     "Поля интеграции «{integration}» ещё не загружены.",
     "Load them: guestbridge fields load {integration}.",
     "Загрузите их: guestbridge fields load {integration}."},
    {"MAPPING_VERSION_NOT_FOUND", kNotFound,
     "The integration \"{integration}\" has no mapping version {version}.",
     "У интеграции «{integration}» нет версии {version} соответствия полей.",
     "See what there is: guestbridge fields versions {integration}.",
     "Посмотрите список: guestbridge fields versions {integration}."},
    {"MAPPING_EMPTY", kPrecondition, "Not one field is mapped.",
     "Не сопоставлено ни одно поле.",
     "Map at least one: guestbridge fields map {integration} SOURCE TARGET.",
     "Сопоставьте хотя бы одно: guestbridge fields map {integration} РЕКВИЗИТ ПОЛЕ."},
    {"REQUIRED_FIELDS_UNMAPPED", kPrecondition,
     "The portal asks for contact fields that nothing is mapped to: {contact_fields}.",
     "Портал требует поля контакта, которым ничего не сопоставлено: {contact_fields}.",
     "Map each: guestbridge fields map {integration} SOURCE TARGET, or a fixed text "
     "with "
     "--transform constant:TEXT; or take the mark \"required\" off on the portal and "
     "load the fields again.",
     "Сопоставьте каждое: guestbridge fields map {integration} РЕКВИЗИТ ПОЛЕ, или "
     "постоянный текст — --transform constant:ТЕКСТ; или снимите на портале отметку "
     "«обязательное» и загрузите поля заново."},
    {"ATTRIBUTE_UNKNOWN", kInvalid, "1C has no client attribute \"{attribute}\".",
     "У клиента в 1С нет реквизита «{attribute}».",
     "See what there is: guestbridge fields list {integration}. After a change in 1C "
     "load the fields "
     "again.",
     "Посмотрите список: guestbridge fields list {integration}. После изменений в 1С "
     "загрузите поля "
     "заново."},
    {"FIELD_UNKNOWN", kInvalid, "Contacts have no field \"{contact_field}\".",
     "У контакта нет поля «{contact_field}».",
     "Write it in upper case, as it is listed: guestbridge fields list {integration}. "
     "After a change on the portal load the fields again: guestbridge fields load "
     "{integration}. A version that fills it cannot be restored without it: map the "
     "rest by hand, as guestbridge fields diff {integration} VERSION lists it.",
     "Пишите его прописными буквами, как в guestbridge fields list {integration}. "
     "После изменений на портале загрузите поля заново: guestbridge fields load "
     "{integration}. Версию, которая его заполняет, без него не восстановить: "
     "сопоставьте остальные поля вручную, их покажет guestbridge fields diff "
     "{integration} ВЕРСИЯ."},
    {"DRAFT_FIELD_GONE", kPrecondition,
     "Contacts of the portal no longer have the field {contact_field}, which the draft "
     "of the field mapping fills.",
     "У контактов портала больше нет поля {contact_field}, которое заполняет черновик "
     "соответствия полей.",
     "Take it out: guestbridge fields unmap {integration} {contact_field}. Or bring "
     "the "
     "field back on the portal and load the fields again: guestbridge fields load "
     "{integration}.",
     "Уберите его: guestbridge fields unmap {integration} {contact_field}. Или верните "
     "поле на портале и загрузите поля заново: guestbridge fields load {integration}."},
    {"DRAFT_ATTRIBUTE_GONE", kPrecondition,
     "1C no longer has the client attribute {attribute}, from which the draft of the "
     "field mapping fills {contact_field}.",
     "В 1С у клиента больше нет реквизита {attribute}, из которого черновик "
     "соответствия полей заполняет {contact_field}.",
     "Take the field out: guestbridge fields unmap {integration} {contact_field}, and "
     "map it from another attribute if it is needed. Or publish the attribute in 1C "
     "again and load the fields: guestbridge fields load {integration}.",
     "Уберите поле: guestbridge fields unmap {integration} {contact_field}, а если оно "
     "нужно, сопоставьте ему другой реквизит. Или снова опубликуйте реквизит в 1С и "
     "загрузите поля: guestbridge fields load {integration}."},
    {"FIELD_READ_ONLY", kInvalid,
     "The contact field {contact_field} cannot be written.",
     "Поле контакта {contact_field} нельзя заполнять.", "Choose another field.",
     "Выберите другое поле."},
    {"TRANSFORM_UNKNOWN", kInvalid, "There is no transform \"{transform}\".",
     "Преобразования «{transform}» нет.", "Use one of: {known}.",
     "Используйте одно из: {known}."},
    {"TRANSFORM_ARGUMENT_INVALID", kInvalid,
     "The transform \"{transform}\" is not written like that.",
     "Преобразование «{transform}» записывается не так.",
     "Write {form}. In texts \\n is a line break, \\s a space, and a backslash goes "
     "before a separator that is meant as itself.",
     "Пишите {form}. В текстах \\n — перевод строки, \\s — пробел, а перед "
     "разделителем, который нужен как знак, ставится обратная косая черта."},
    {"FILTER_INVALID", kInvalid, "The filter cannot be read at \"{near}\".",
     "Условие фильтра не удаётся прочитать: «{near}».",
     "Write conditions with and between them: ATTRIBUTE = VALUE, != VALUE, in (A, B), "
     "not in (A, B), is empty, is not empty; a value with blanks in single quotes.",
     "Пишите условия через and: РЕКВИЗИТ = ЗНАЧЕНИЕ, != ЗНАЧЕНИЕ, in (А, Б), "
     "not in (А, Б), is empty, is not empty; значение с пробелами — в одинарных "
     "кавычках."},
    {"FILTER_INCOMPLETE", kInvalid,
     "The filter cannot be read: something is missing at the end.",
     "Условие фильтра не удаётся прочитать: в конце чего-то не хватает.",
     "Write the condition in full: ATTRIBUTE = VALUE, != VALUE, in (A, B), not in "
     "(A, B), is empty, is not empty; a value that is an empty text as ''. To export "
     "all guests again: guestbridge fields filter {integration} --clear.",
     "Допишите условие: РЕКВИЗИТ = ЗНАЧЕНИЕ, != ЗНАЧЕНИЕ, in (А, Б), not in (А, Б), is "
     "empty, is not empty; пустая строка как значение — ''. Чтобы снова выгружать всех "
     "гостей: guestbridge fields filter {integration} --clear."},
    {"TYPE_MISMATCH", kInvalid,
     "{attribute} ({attribute_type}) does not fit {contact_field} "
     "({contact_field_type}).",
     "{attribute} ({attribute_type}) не подходит к {contact_field} "
     "({contact_field_type}).",
     "Choose a field of a matching type, or add a transform that yields it.",
     "Выберите поле подходящего типа или добавьте нужное преобразование."},
    {"FIELD_HOLDS_ONE_VALUE", kInvalid,
     "The contact field {contact_field} is given one value; \"{transform}\" makes "
     "several, and nothing after it makes one of them.",
     "В поле контакта {contact_field} отправляется одно значение, а «{transform}» даёт "
     "несколько, и дальше ничто не делает из них одно.",
     "Leave that transform out, or put one after it that gives one value: join, "
     "template, first-of.",
     "Уберите это преобразование или поставьте после него то, которое даёт одно "
     "значение: join, template, first-of."},
    {"LIST_VALUE_UNKNOWN", kInvalid,
     "The list {contact_field} has no value with the ID \"{value}\". Its values: "
     "{known}.",
     "В списке {contact_field} нет значения с ID «{value}». Его значения: {known}.",
     "Use those IDs. When the portal has got the value only now, load it first: "
     "guestbridge fields load {integration}.",
     "Используйте эти ID. Если значение появилось на портале только что, сначала "
     "загрузите его: guestbridge fields load {integration}."},
    {"FIELD_TAKEN", kInvalid,
     "{contact_field} takes one value and is already fed by {attribute}.",
     "Поле {contact_field} принимает одно значение, и его уже заполняет {attribute}.",
     "Remove that entry first: guestbridge fields unmap {integration} {contact_field}.",
     "Сначала уберите ту строку: guestbridge fields unmap {integration} "
     "{contact_field}."},
    {"FIELD_NOT_MAPPED", kNotFound, "Nothing is mapped to {contact_field}.",
     "Полю {contact_field} ничего не сопоставлено.",
     "See what is mapped: guestbridge fields list {integration}.",
     "Посмотрите соответствие: guestbridge fields list {integration}."},
    // Short, for a narrow column; "why" stands above it.
    {"SUGGESTED_BY_NAME", kOk, "standard attribute", "стандартный реквизит",
     "Suggested; change it if it does not suit.",
     "Предложено; измените, если не подходит."},
    {"SUGGESTED_BY_SYNONYM", kOk, "names mean the same", "названия об одном",
     "Suggested; change it if it does not suit.",
     "Предложено; измените, если не подходит."},
    {"SUGGESTED_BY_VALUES", kOk, "check: values match", "проверьте: значения",
     "Suggested because the values match; change it if it does not suit.",
     "Предложено, потому что совпадают значения; измените, если не подходит."},
    {"SUGGESTED_BY_TITLE", kOk, "check: its title", "проверьте: название",
     "Suggested because of the field's title; change it if it does not suit.",
     "Предложено по названию поля; измените, если не подходит."},
    {"MARKETING_BAN_LEFT_OUT", kOk,
     "Guests who refused mailings ({attribute}) would not be marked on the portal.",
     "Отказ гостей от рассылок ({attribute}) не попадёт на портал.",
     "Choose one of {contact_fields} and save: guestbridge fields map {integration} "
     "{attribute} {target} --transform yes-no.",
     "Выберите одно из полей {contact_fields} и сохраните: guestbridge fields map "
     "{integration} {attribute} {target} --transform yes-no."},
    {"MARKETING_BAN_NO_FIELD", kOk,
     "Guests who refused mailings ({attribute}) would not be marked on the portal: its "
     "contacts have no field for it.",
     "Отказ гостей от рассылок ({attribute}) не попадёт на портал: у контактов нет "
     "поля "
     "для него.",
     "Make a field of the type \"Yes/No\" for contacts on the portal, called \"No "
     "mailings\"; then \"guestbridge fields load {integration}\" finds it.",
     "Создайте на портале для контактов поле типа «Да/Нет» с названием «Запрет "
     "рассылки»; «guestbridge fields load {integration}» его найдёт."},
    {"DELETION_MARK_LEFT_OUT", kOk,
     "Contacts of guests who are marked for deletion stay (--on-deletion-mark mark), "
     "but the mark ({attribute}) would not reach the portal.",
     "Контакты гостей, помеченных на удаление, остаются (--on-deletion-mark mark), но "
     "пометка ({attribute}) не попадёт на портал.",
     "Choose one of {contact_fields} and save: guestbridge fields map {integration} "
     "{attribute} {target} --transform yes-no.",
     "Выберите одно из полей {contact_fields} и сохраните: guestbridge fields map "
     "{integration} {attribute} {target} --transform yes-no."},
    {"DELETION_MARK_NO_FIELD", kOk,
     "Contacts of guests who are marked for deletion stay (--on-deletion-mark mark), "
     "but the mark ({attribute}) would not reach the portal: its contacts have no "
     "field "
     "for it.",
     "Контакты гостей, помеченных на удаление, остаются (--on-deletion-mark mark), но "
     "пометка ({attribute}) не попадёт на портал: у контактов нет поля для неё.",
     "Make a field of the type \"Yes/No\" for contacts on the portal, called "
     "\"Deletion "
     "mark\"; then \"guestbridge fields load {integration}\" finds it.",
     "Создайте на портале для контактов поле типа «Да/Нет» с названием «Пометка "
     "удаления»; «guestbridge fields load {integration}» его найдёт."},
    {"DELETION_MARK_NOT_LOADED", kOk,
     "Contacts of guests who are marked for deletion stay (--on-deletion-mark mark), "
     "but the mark ({attribute}) is not among the attributes that were loaded from 1C.",
     "Контакты гостей, помеченных на удаление, остаются (--on-deletion-mark mark), но "
     "пометки ({attribute}) нет среди реквизитов, загруженных из 1С.",
     "Load them again: guestbridge fields load {integration}.",
     "Загрузите их снова: guestbridge fields load {integration}."},
    {"EVENTS_NOT_LOADED", kPrecondition,
     "The events of the integration \"{integration}\" are not loaded yet.",
     "События интеграции «{integration}» ещё не загружены.",
     "Load them: guestbridge events load {integration}.",
     "Загрузите их: guestbridge events load {integration}."},
    {"EVENT_UNKNOWN", kInvalid, "There is no event \"{event}\".",
     "События «{event}» нет.", "Use one of: {known}.", "Используйте одно из: {known}."},
    {"EVENT_BY_CHANGE_HISTORY", kOk, "by 1C's change history",
     "по истории изменений в 1С", "Nothing to do.", "Ничего делать не нужно."},
    {"EVENT_BY_EXCHANGE_PLAN", kOk, "by 1C's exchange plan", "по плану обмена 1С",
     "Nothing to do.", "Ничего делать не нужно."},
    {"EVENT_BY_CONTENT_COMPARISON", kOk, "by comparing content at each run",
     "сравнением данных при каждом запуске", "Nothing to do.",
     "Ничего делать не нужно."},
    {"EVENT_BY_PORTAL_EVENTS", kOk, "by portal events, and by reconcile",
     "по событиям портала и при сверке", "Nothing to do.", "Ничего делать не нужно."},
    {"EVENT_BY_RECONCILE", kOk, "found by reconcile instead",
     "обнаруживается при сверке", "Portal events need an OAuth application.",
     "Для событий портала нужно приложение OAuth."},
    {"EVENT_BY_SCHEDULE", kOk, "by the schedule", "по расписанию", "Nothing to do.",
     "Ничего делать не нужно."},
};

}  // namespace

absl::Span<const ReasonText> Mapping() { return kTexts; }

}  // namespace guestbridge::text_areas
