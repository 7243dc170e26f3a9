#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kAct = absl::StatusCode::kFailedPrecondition;
constexpr auto kRetry = absl::StatusCode::kUnavailable;

constexpr ReasonText kTexts[] = {
    // A request as a whole. `code` is Bitrix24's own error code.
    {"PORTAL_ANSWERED_HTML", kRetry,
     "{host} answered with a web page (HTTP {status}) instead of data.",
     "{host} вместо данных вернул веб-страницу (HTTP {status}).",
     "If it repeats, check that the API server is the portal's host and that no proxy, "
     "firewall or sign-in page stands in between.",
     "Если это повторяется, проверьте, что указан адрес самого портала и что запросы "
     "не "
     "перехватывает прокси, межсетевой экран или страница входа."},
    {"PORTAL_ANSWER_BROKEN", kRetry,
     "The answer of {host} is incomplete or cannot be understood.",
     "Ответ {host} неполный или непонятен.",
     "Nothing to do at once: what was sent is looked up and repeated where needed. If "
     "it goes on, check the network and the portal.",
     "Сразу делать ничего не нужно: отправленное будет проверено и при необходимости "
     "повторено. Если это продолжается, проверьте сеть и портал."},
    {"PORTAL_INTERNAL_ERROR", kRetry, "The portal {host} met an error of its own.",
     "На портале {host} произошла внутренняя ошибка.",
     "Nothing to do at once: it is tried again. If it goes on for hours, ask the "
     "support of Bitrix24.",
     "Сразу делать ничего не нужно: попытка повторится. Если это продолжается часами, "
     "обратитесь в поддержку Битрикс24."},
    {"PORTAL_TOO_FAST", kRetry, "The portal {host} asks for fewer requests a second.",
     "Портал {host} просит обращаться к нему реже.",
     "Nothing to do: the pace is lowered by itself. If it happens often, other "
     "programs "
     "at this address use the same portal.",
     "Делать ничего не нужно: темп снижается сам. Если это происходит часто, значит, с "
     "этого же адреса к порталу обращаются и другие программы."},
    {"OPERATING_TIME_USED_UP", kRetry,
     "The portal's execution time for this kind of request is used up.",
     "Время выполнения запросов этого вида на портале исчерпано.",
     "Nothing to do: work goes on by itself within ten minutes.",
     "Делать ничего не нужно: работа продолжится сама в течение десяти минут."},
    {"TOKEN_REFUSED", kAct, "The portal {host} refuses the access token: {code}.",
     "Портал {host} не принимает токен доступа: {code}.",
     "Authorise the application on the portal again and save the connection with the "
     "new refresh token.",
     "Заново авторизуйте приложение на портале и сохраните соединение с новым токеном "
     "обновления."},
    {"TOKEN_CHECK_UNAVAILABLE", kRetry,
     "The portal {host} cannot reach the authorisation server of Bitrix24 just now.",
     "Портал {host} сейчас не может связаться с сервером авторизации Битрикс24.",
     "Nothing to do at once: it is tried again. On a portal of your own, check that it "
     "may reach Bitrix24's servers.",
     "Сразу делать ничего не нужно: попытка повторится. Если портал стоит у вас, "
     "проверьте, что с него доступны серверы Битрикс24."},
    {"PORTAL_USER_INACTIVE", kAct,
     "The owner of the webhook or authorisation on {host} is dismissed or inactive.",
     "Владелец вебхука или авторизации на {host} уволен или отключён.",
     "Make a new webhook, or authorise the application again, as an active "
     "administrator.",
     "Создайте новый вебхук или заново авторизуйте приложение от имени действующего "
     "администратора."},
    {"APPLICATION_NOT_FOR_USER", kAct,
     "The user who authorised the application may not use it on {host}.",
     "Пользователь, авторизовавший приложение, не имеет к нему доступа на {host}.",
     "Give this user access to the application on the portal, or authorise it as an "
     "administrator.",
     "Откройте этому пользователю доступ к приложению на портале или авторизуйте его "
     "от имени администратора."},
    {"APPLICATION_NOT_INSTALLED", kAct, "The application is not installed on {host}.",
     "Приложение не установлено на {host}.",
     "Install the application on the portal and save the connection with its new "
     "refresh token.",
     "Установите приложение на портал и сохраните соединение с его новым токеном "
     "обновления."},
    {"PORTAL_WANTS_HTTPS", kAct, "The portal {host} accepts requests over HTTPS only.",
     "Портал {host} принимает запросы только по HTTPS.",
     "Check port and proxy: the connection must be encrypted all the way.",
     "Проверьте порт и прокси: соединение должно быть защищено на всём пути."},
    {"PORTAL_MOVED", kOk, "The portal {host} was renamed: it is {new_host} now.",
     "Портал {host} переименован: теперь это {new_host}.",
     "Nothing to do: requests go there already and the connection's address follows. "
     "If nobody renamed the portal, pause the integration and ask its administrator.",
     "Делать ничего не нужно: запросы уже идут туда, адрес в соединении меняется сам. "
     "Если портал никто не переименовывал, приостановите интеграцию и спросите его "
     "администратора."},
    {"PORTAL_REDIRECT_REFUSED", kAct,
     "{host} sends requests on to {new_host}, which is not accepted as the portal's "
     "new address.",
     "{host} перенаправляет запросы на {new_host}; этот адрес не принят как новый "
     "адрес "
     "портала.",
     "If the portal was renamed, save the connection with --api-server {new_host} and "
     "its secret. Otherwise check the address and the proxy in between.",
     "Если портал переименован, сохраните соединение с --api-server {new_host} и его "
     "секретом. Иначе проверьте адрес и прокси на пути к нему."},
    {"PORTAL_METHOD_MISSING", kAct,
     "The portal {host} does not offer a method that is needed.",
     "На портале {host} нет нужного метода.",
     "Check that the webhook or application has the right \"crm\", and that a portal "
     "of your own is up to date.",
     "Проверьте, что у вебхука или приложения есть право «crm», а если портал стоит у "
     "вас — что он обновлён."},
    {"METHOD_AWAITS_CONFIRMATION", kAct,
     "The portal {host} waits for an administrator to confirm the call.",
     "Портал {host} ждёт, когда администратор подтвердит вызов.",
     "Open the notifications of a portal administrator and confirm.",
     "Откройте уведомления администратора портала и подтвердите вызов."},
    {"METHOD_NOT_CONFIRMED", kAct,
     "An administrator of the portal {host} has denied the call.",
     "Администратор портала {host} отклонил вызов.",
     "Agree with the administrator, make a new webhook and save the connection again.",
     "Согласуйте доступ с администратором, создайте новый вебхук и сохраните "
     "соединение снова."},
    {"RIGHT_MISSING_ON_PORTAL", kAct,
     "The webhook or application on {host} has no right to these contacts.",
     "У вебхука или приложения на {host} нет прав на эти контакты.",
     "Let its owner read, add and change all contacts in the CRM permissions, or use "
     "the webhook of an administrator.",
     "Разрешите его владельцу чтение, добавление и изменение всех контактов в правах "
     "доступа CRM или используйте вебхук администратора."},

    // One contact.
    {"PORTAL_REFUSED", kAct, "The portal refused the contact (code \"{code}\").",
     "Портал не принял контакт (код «{code}»).",
     "Look at the guest in 1C: an unusual value, often an e-mail or a phone, is the "
     "usual cause. Correct it, or run \"guestbridge clients retry {integration}\".",
     "Посмотрите карточку гостя в 1С: обычно причина в необычном значении, чаще всего "
     "в "
     "почте или телефоне. Исправьте его или выполните «guestbridge clients retry "
     "{integration}»."},
    {"CONTACT_FIELD_REFUSED", kAct,
     "The portal refused a field of the contact (code \"{code}\").",
     "Портал не принял одно из полей контакта (код «{code}»).",
     "Check the field mapping against the portal's fields (\"guestbridge fields "
     "load {integration}\") "
     "and which fields the portal demands.",
     "Сверьте соответствие полей с полями портала («guestbridge fields load "
     "{integration}») и "
     "проверьте, какие поля на портале обязательны."},
    {"MAPPED_FIELD_GONE", kAct,
     "Contacts of the portal no longer have the field {contact_field}, which version "
     "{version} of the field mapping fills.",
     "У контактов портала больше нет поля {contact_field}, которое заполняет версия "
     "{version} соответствия полей.",
     "Nothing was sent: the portal would drop these values without a word. Bring the "
     "field back on the portal, or take it out: guestbridge fields load {integration}, "
     "fields unmap {integration} {contact_field}, fields save {integration}.",
     "Ничего не отправлено: портал молча отбросил бы эти значения. Верните поле на "
     "портале или уберите его: guestbridge fields load {integration}, fields unmap "
     "{integration} {contact_field}, fields save {integration}."},
    {"MAPPED_FIELD_READ_ONLY", kAct,
     "The contact field {contact_field}, which version {version} of the field mapping "
     "fills, can no longer be written.",
     "Поле контакта {contact_field}, которое заполняет версия {version} соответствия "
     "полей, больше нельзя изменять.",
     "Nothing was sent: the portal would drop these values without a word. Take it "
     "out: "
     "guestbridge fields load {integration}, fields unmap {integration} "
     "{contact_field}, fields save {integration}.",
     "Ничего не отправлено: портал молча отбросил бы эти значения. Уберите поле: "
     "guestbridge fields load {integration}, fields unmap {integration} "
     "{contact_field}, fields save {integration}."},
    {"MAPPED_FIELD_UNFIT", kAct,
     "The contact field {contact_field}, which version {version} of the field mapping "
     "fills, is now of the type \"{type}\"; it was of the type \"{was}\" when that "
     "version was last used.",
     "Поле контакта {contact_field}, которое заполняет версия {version} соответствия "
     "полей, теперь имеет тип «{type}»; при прошлом использовании этой версии тип был "
     "«{was}».",
     "Nothing was sent: the portal would drop values that do not fit without a word. "
     "See what the field takes now: guestbridge fields load {integration}, fields list "
     "{integration}. Map it otherwise (fields map {integration} …) or take it out "
     "(fields unmap {integration} {contact_field}), then fields save {integration}.",
     "Ничего не отправлено: неподходящие значения портал молча отбросил бы. "
     "Посмотрите, "
     "что поле принимает теперь: guestbridge fields load {integration}, fields list "
     "{integration}. Задайте соответствие заново (fields map {integration} …) или "
     "уберите поле (fields unmap {integration} {contact_field}), затем выполните "
     "fields "
     "save {integration}."},
    {"MAPPED_FIELDS_UNCHECKED", kOk,
     "The portal did not tell its contact fields, though it was asked twice: "
     "whether version {version} of the field mapping still fits them was not "
     "checked.",
     "Портал не сообщил свои поля контакта, хотя запрос повторялся: не проверено, "
     "подходит ли им ещё версия {version} соответствия полей.",
     "The portal drops the values of fields that it no longer has without a word. The "
     "next run asks again. If it repeats, look what is wrong: guestbridge connection "
     "test {integration}.",
     "Значения полей, которых больше нет, портал молча отбрасывает. Следующий запуск "
     "спросит снова. Если повторяется, посмотрите причину: guestbridge connection "
     "test {integration}."},
    {"MAPPED_FIELD_RETYPED", kOk,
     "The contact field {contact_field} is now of the type \"{type}\", which it was "
     "not "
     "when version {version} of the field mapping was last used.",
     "Поле контакта {contact_field} теперь имеет тип «{type}»; при прошлом "
     "использовании "
     "версии {version} соответствия полей тип был другим.",
     "See whether its values still fit: guestbridge fields load {integration}, fields "
     "list {integration}; then save the mapping.",
     "Проверьте, подходят ли ему значения: guestbridge fields load {integration}, "
     "fields "
     "list {integration}; затем сохраните соответствие."},
    {"MAPPED_FIELD_NOW_MULTIPLE", kOk,
     "The contact field {contact_field} now holds several values, which it did not "
     "when version {version} of the field mapping was last used.",
     "Поле контакта {contact_field} стало множественным; при прошлом использовании "
     "версии {version} соответствия полей оно хранило одно значение.",
     "A guest's value is sent as the only one in it: what people add beside it goes "
     "when the value changes. To keep theirs, give the field fill-empty or leave it "
     "out: guestbridge fields map {integration} …, then fields save {integration}.",
     "Значение гостя отправляется как единственное в поле: добавленное людьми рядом "
     "пропадёт, когда значение гостя изменится. Чтобы сохранить их значения, задайте "
     "полю fill-empty или уберите его: guestbridge fields map {integration} …, затем "
     "fields save {integration}."},
    {"MAPPED_FIELD_NOW_SINGLE", kOk,
     "The contact field {contact_field} now holds one value; it held several when "
     "version {version} of the field mapping was last used.",
     "Поле контакта {contact_field} теперь хранит одно значение; при прошлом "
     "использовании версии {version} соответствия полей оно было множественным.",
     "See whether its values still arrive: guestbridge fields load {integration}, "
     "fields list {integration}; then save the mapping.",
     "Проверьте, доходят ли его значения: guestbridge fields load {integration}, "
     "fields list {integration}; затем сохраните соответствие."},
    {"MAPPED_VALUE_GONE", kOk,
     "The list {contact_field} no longer has the values with these IDs, which version "
     "{version} of the field mapping sends: {values}. The portal drops them without a "
     "word.",
     "В списке {contact_field} больше нет значений с этими ID, которые отправляет "
     "версия {version} соответствия полей: {values}. Портал молча их отбрасывает.",
     "See which values the list has: guestbridge fields load {integration}, fields "
     "save "
     "{integration}. Map to those: fields map {integration} …, and save. Guests whose "
     "value changes by that are sent again.",
     "Посмотрите, какие значения есть в списке: guestbridge fields load {integration}, "
     "fields save {integration}. Сопоставьте их: fields map {integration} …, и "
     "сохраните. Гости, у которых значение изменится, будут отправлены снова."},
    {"MAPPED_FIELD_HOLDS_ONE", kOk,
     "The contact field {contact_field} takes one value; version {version} of the "
     "field mapping may send it several as one text, which the portal drops without a "
     "word.",
     "Поле контакта {contact_field} принимает одно значение, а версия {version} "
     "соответствия полей может отправить в него несколько одним текстом: портал молча "
     "его отбросит.",
     "Let its transforms leave one value, or leave the field out: guestbridge fields "
     "map {integration} …, or fields unmap {integration} {contact_field}; then fields "
     "save {integration}.",
     "Пусть преобразования дают одно значение, или уберите поле: guestbridge fields "
     "map {integration} … либо fields unmap {integration} {contact_field}; затем "
     "fields save {integration}."},
    {"MAPPED_ATTRIBUTE_RETYPED", kOk,
     "The 1C attribute {attribute} is now of the type \"{type}\", which it was not "
     "when version {version} of the field mapping was last used.",
     "Реквизит 1С {attribute} теперь имеет тип «{type}»; при прошлом использовании "
     "версии {version} соответствия полей тип был другим.",
     "See whether its values still fit: guestbridge fields load {integration}, fields "
     "list {integration}; then save the mapping.",
     "Проверьте, подходят ли его значения: guestbridge fields load {integration}, "
     "fields list {integration}; затем сохраните соответствие."},
    {"CONTACT_NOT_ON_PORTAL", kOk, "There is no such contact on the portal any more.",
     "Такого контакта на портале больше нет.",
     "Nothing to do: an export looks where it went and creates it anew if needed.",
     "Делать ничего не нужно: выгрузка выяснит, куда он делся, и при необходимости "
     "создаст его заново."},

    // Rows of `connection test`.
    {"CHECK_PORTAL_OK", kOk, "The portal {host} answers.", "Портал {host} отвечает.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"CHECK_PORTAL_REACHED", kOk, "The portal {host} can be reached.",
     "Портал {host} доступен.", "Nothing to do.", "Ничего делать не нужно."},
    {"CHECK_TLS_OK", kOk, "The connection is encrypted and the certificate is trusted.",
     "Соединение защищено, сертификат принят.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CHECK_TOKEN_OK", kOk, "The portal accepts the webhook or the access token.",
     "Портал принимает вебхук или токен доступа.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CHECK_SCOPES_OK", kOk, "The needed rights are granted: {scopes}.",
     "Нужные права предоставлены: {scopes}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CHECK_RIGHTS_OK", kOk, "Contacts can be read, and the owner is an administrator.",
     "Контакты читаются, владелец доступа — администратор.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"PORTAL_USER_NOT_ADMIN", kOk,
     "The owner of the webhook or authorisation is not an administrator of {host}.",
     "Владелец вебхука или авторизации — не администратор портала {host}.",
     "Use an administrator's, or make sure that this user may see and change every "
     "contact: a contact that stays hidden looks as if it were missing.",
     "Используйте доступ администратора или убедитесь, что этому пользователю "
     "разрешено "
     "видеть и изменять все контакты: скрытый контакт выглядит как отсутствующий."},
};

}  // namespace

absl::Span<const ReasonText> Portal() { return kTexts; }

}  // namespace guestbridge::text_areas
