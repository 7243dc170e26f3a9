#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

// What happened to one value of one guest on its way; never the value itself.
constexpr ReasonText kTexts[] = {
    {"VALUE_CUT", kOk,
     "{field} was cut to {kept} of its {length} characters: the portal keeps no more.",
     "Поле {field} сокращено до {kept} из {length} символов: больше портал не хранит.",
     "Shorten the value in 1C if the end matters.",
     "Сократите значение в 1С, если важно его окончание."},
    {"INVALID_TEXT_REPLACED", kOk,
     "{field} held bytes that are no text; they became \"\xef\xbf\xbd\".",
     "В поле {field} были байты, которые не являются текстом; они заменены на "
     "«\xef\xbf\xbd».",
     "Enter the value in 1C anew.", "Введите значение в 1С заново."},
    {"CONTROL_CHARACTERS_REMOVED", kOk,
     "Invisible control characters were removed from {field}.",
     "Из поля {field} удалены невидимые управляющие символы.",
     "Nothing to do. If words run together now, enter the value in 1C anew.",
     "Ничего делать не нужно. Если слова слились, введите значение в 1С заново."},
    {"EMAIL_NOT_SENT", kOk,
     "{field}: {count} piece(s) of the text are no e-mail address and were not sent.",
     "{field}: частей текста, которые не похожи на адрес почты и не отправлены, — "
     "{count}.",
     "Correct the e-mail in 1C; several are separated by commas.",
     "Исправьте почту в 1С; несколько адресов разделяйте запятыми."},
    {"PHONE_NOT_SENT", kOk, "{field}: a text without digits is no phone; not sent.",
     "{field}: текст без цифр — не телефон, он не отправлен.",
     "Correct the phone in 1C, or move the remark to another attribute.",
     "Исправьте телефон в 1С или перенесите пометку в другой реквизит."},
    {"PHONE_AS_WRITTEN", kOk,
     "{field}: a phone is sent as it is written: its international form cannot be "
     "told.",
     "{field}: телефон отправлен как записан: его международный вид определить не "
     "удалось.",
     "Write it in 1C with + and the country code. Country of numbers without it: "
     "\"guestbridge connection set {integration} … --default-region CC\".",
     "Запишите его в 1С с «+» и кодом страны. Страна для номеров без кода задаётся "
     "параметром --default-region команды «guestbridge connection set {integration} "
     "…»."},
    {"BIRTHDATE_NOT_SENT", kOk,
     "{field} was not sent: it is no day from 1900-01-01 to today.",
     "Поле {field} не отправлено: это не день с 01.01.1900 по сегодня.",
     "Correct the birth date in 1C.", "Исправьте дату рождения в 1С."},
    {"DATE_NOT_SENT", kOk, "{field} was not sent: the value is no date.",
     "Поле {field} не отправлено: значение — не дата.",
     "Map an attribute that holds a date, or remove the transform \"date\".",
     "Сопоставьте реквизит с датой или уберите преобразование «date»."},
    {"VALUE_NOT_IN_TABLE", kOk,
     "{field} was not sent: its value is in no row of the transform \"enum\".",
     "Поле {field} не отправлено: его значения нет в таблице преобразования «enum».",
     "Add a row for it, or *=Other for all the others: guestbridge fields map "
     "{integration} SOURCE {field} --transform \"enum:From=To;*=Other\".",
     "Добавьте строку для него или *=Иное для остальных: guestbridge fields map "
     "{integration} РЕКВИЗИТ {field} --transform \"enum:Из=В;*=Иное\"."},
    {"COUNTRY_UNKNOWN", kOk,
     "{field}: no country of that name is known; a name is sent as it is written, a "
     "code is not sent.",
     "{field}: страна с таким названием неизвестна; название отправлено как записано, "
     "код не отправлен.",
     "Correct the country in 1C, or put \"enum:From=To;*=*\" before \"country\".",
     "Исправьте страну в 1С или поставьте перед «country» преобразование "
     "«enum:Что=Чем;*=*»."},
    {"EMPTY_KEPT", kOk,
     "{field} is empty in 1C; by its policy it stays on the portal as it is.",
     "Поле {field} в 1С пусто; по его правилу на портале оно остаётся как есть.",
     "Nothing to do. To clear it instead: guestbridge fields map {integration} SOURCE "
     "{field} --when-empty clear.",
     "Ничего делать не нужно. Чтобы оно очищалось: guestbridge fields map "
     "{integration} РЕКВИЗИТ {field} --when-empty clear."},
    {"FIELD_CREATE_ONLY", kOk,
     "{field} is given to new contacts only; this contact exists, so it stays as it "
     "is.",
     "Поле {field} заполняется только у новых контактов; этот уже есть, и поле "
     "остаётся как есть.",
     "Nothing to do. To write it always: guestbridge fields map {integration} SOURCE "
     "{field} --policy overwrite.",
     "Ничего делать не нужно. Чтобы оно записывалось всегда: guestbridge fields map "
     "{integration} РЕКВИЗИТ {field} --policy overwrite."},
    {"DUPLICATE_VALUE_DROPPED", kOk, "{field} held the same value twice; sent once.",
     "В поле {field} одно значение встретилось дважды; отправлено один раз.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"VALUES_TOO_MANY", kOk, "{field} held more values than the {most} that are sent.",
     "В поле {field} больше значений, чем отправляется ({most}).",
     "Remove the values in 1C that are not needed.", "Уберите в 1С лишние значения."},
};

}  // namespace

absl::Span<const ReasonText> Value() { return kTexts; }

}  // namespace guestbridge::text_areas
