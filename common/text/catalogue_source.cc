#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

using Code = absl::StatusCode;

constexpr auto kOk = Code::kOk;
constexpr auto kLater = Code::kUnavailable;
constexpr auto kAct = Code::kFailedPrecondition;
constexpr auto kInvalid = Code::kInvalidArgument;

constexpr ReasonText kTexts[] = {
    // Settings of the source.
    {"SOURCE_TYPE_UNKNOWN", kInvalid, "There is no source of type \"{type}\".",
     "Источника типа «{type}» нет.",
     "Use onec-odata (the standard OData interface of 1C) or jsonl (files in a folder "
     "of "
     "the agent's machine).",
     "Укажите onec-odata (стандартный интерфейс OData 1С) или jsonl (файлы в папке на "
     "машине агента)."},
    {"SOURCE_FOLDER_INVALID", kInvalid,
     "The source's address \"{url}\" is not the address of a folder.",
     "Адрес источника «{url}» не похож на адрес папки.",
     "Write file:///ABSOLUTE/PATH of a folder on the agent's machine, without . and .. "
     "and without ? and #; a space is %20.",
     "Укажите file:///ПОЛНЫЙ/ПУТЬ папки на машине агента, без . и .., ? и #; пробел "
     "пишется как %20."},
    {"SOURCE_URL_INVALID", kInvalid,
     "The source's address \"{url}\" is not the address of a 1C publication.",
     "Адрес источника «{url}» не похож на адрес публикации 1С.",
     "Write http(s)://HOST[:PORT]/BASE, without user name, spaces, ? and #; "
     "/odata/standard.odata is added when it is missing.",
     "Укажите http(s)://СЕРВЕР[:ПОРТ]/БАЗА, без имени пользователя, пробелов, ? и #; "
     "/odata/standard.odata добавляется само."},
    {"SOURCE_PROFILE_UNKNOWN", kInvalid,
     "There is no built-in source profile \"{profile}\".",
     "Встроенного профиля источника «{profile}» нет.",
     "Use 1c-hotel, or give a file with a profile of your own.",
     "Укажите 1c-hotel или файл с собственным профилем."},
    {"SOURCE_PROFILE_INVALID", kInvalid,
     "The source profile is wrong at \"{key}\": {problem}.",
     "Ошибка в профиле источника, ключ «{key}»: {problem}.",
     "Correct the profile at this key and save the connection again; the built-in "
     "profile 1c-hotel shows the form.",
     "Исправьте профиль в этом месте и сохраните соединение ещё раз; образец — "
     "встроенный профиль 1c-hotel."},

    // Worth another try.
    {"SOURCE_UNREACHABLE", kLater, "1C cannot be reached: {cause}.",
     "Нет связи с 1С: {cause}.",
     "Check that the web server of 1C is running, and its address, port and "
     "certificate. It is tried again by itself.",
     "Проверьте, что веб-сервер 1С работает, и верны ли адрес, порт и сертификат. "
     "Попытка повторится сама."},
    {"SOURCE_IN_MAINTENANCE", kLater,
     "1C does not let anyone in at the moment: maintenance or an exclusive session.",
     "1С сейчас никого не пускает: идёт обслуживание или база занята монопольно.",
     "Wait until the maintenance is over; work goes on by itself. If it lasts, remove "
     "the ban on sessions in 1C's administration console.",
     "Дождитесь конца обслуживания: работа продолжится сама. Если это затянулось, "
     "снимите запрет начала сеансов в консоли администрирования 1С."},
    {"SOURCE_LICENCES_EXHAUSTED", kLater, "1C has no free licence for another session.",
     "В 1С нет свободной лицензии для ещё одного сеанса.",
     "Close sessions that nobody uses, or add a client licence. It is tried again by "
     "itself.",
     "Завершите неиспользуемые сеансы или добавьте клиентскую лицензию. Попытка "
     "повторится сама."},
    {"SOURCE_BUSY", kLater, "1C holds a lock on {entity}: someone is working with it.",
     "Объект {entity} в 1С заблокирован: с ним кто-то работает.",
     "Nothing: it is tried again by itself.", "Ничего: попытка повторится сама."},
    {"SOURCE_QUIET_HOURS", kLater,
     "Nothing is written to 1C in its quiet hours; it goes on at {until}.",
     "В тихие часы в 1С ничего не записывается; запись продолжится в {until}.",
     "Nothing: it goes on by itself. The hours are write.quiet_hours of the source "
     "profile.",
     "Ничего: запись продолжится сама. Часы заданы в write.quiet_hours профиля "
     "источника."},
    {"SOURCE_ANSWER_BROKEN", kLater,
     "1C's answer for {entity} cannot be read: it is cut off, or something else "
     "answered (HTTP {http}).",
     "Ответ 1С по объекту {entity} не читается: он обрывается или ответила не 1С (HTTP "
     "{http}).",
     "It is tried again by itself. If it stays, open the address in a browser: a proxy "
     "or the web server may answer instead of 1C.",
     "Попытка повторится сама. Если не проходит, откройте адрес в браузере: возможно, "
     "вместо 1С отвечает прокси или веб-сервер."},

    {"SOURCE_SERVER_FAILED", kLater,
     "1C's server failed at {entity} (HTTP {http}): its cluster, memory or database.",
     "Сбой сервера 1С на {entity} (HTTP {http}): кластер, память или база данных.",
     "It is tried again by itself. If it stays, look into the server's technological "
     "log and at its free memory.",
     "Попытка повторится сама. Если не проходит, посмотрите технологический журнал "
     "сервера и свободную память."},
    {"SOURCE_VERSIONS_DIFFER", kLater,
     "1C's web server module and 1C's server have different versions.",
     "У модуля веб-сервера и у сервера 1С разные версии.",
     "Publish the base anew with the module of the new version and restart the web "
     "server; an update of the platform leaves the old one in memory.",
     "Переопубликуйте базу модулем новой версии и перезапустите веб-сервер: после "
     "обновления платформы в памяти остаётся старый."},

    // A person must act.
    {"SOURCE_REDIRECTED", kAct,
     "The source's address sends elsewhere (HTTP {http}); redirects are not followed.",
     "Адрес источника перенаправляет на другой (HTTP {http}); перенаправления не "
     "выполняются.",
     "Open the address in a browser and save the connection with the address that it "
     "ends at, usually https.",
     "Откройте адрес в браузере и сохраните соединение с тем адресом, на который "
     "перешёл браузер (обычно https)."},
    {"SOURCE_WEB_SERVER_MISCONFIGURED", kAct,
     "The web server cannot run 1C's module (HTTP {http}).",
     "Веб-сервер не может запустить модуль 1С (HTTP {http}).",
     "Publish the base anew; on IIS allow the handler of 1C, and 32-bit applications "
     "when the module is of 32 bits.",
     "Переопубликуйте базу; в IIS разрешите обработчик 1С и 32-разрядные приложения, "
     "если модуль 32-разрядный."},
    {"SOURCE_MODEL_INVALID", kAct,
     "1C cannot build its OData interface: an object has two properties of one name.",
     "1С не может построить интерфейс OData: у объекта два свойства с одним именем.",
     "Rename the attribute that an extension added, or take the object out of the "
     "composition of the OData interface.",
     "Переименуйте реквизит, добавленный расширением, или уберите объект из состава "
     "интерфейса OData."},
    {"SOURCE_PAGES_REPEAT", kAct,
     "Pages of {entity} repeat: what 1C answers does not depend on the question.",
     "Страницы {entity} повторяются: ответ 1С не зависит от запроса.",
     "Look for a proxy that caches answers or drops the query; go around it.",
     "Проверьте, нет ли прокси, который кэширует ответы или отбрасывает запрос; "
     "обойдите его."},
    {"SOURCE_ORDER_IGNORED", kAct,
     "1C does not sort {entity} by {attribute} as it was asked to: pages would leave "
     "rows out.",
     "1С не сортирует {entity} по {attribute}, хотя об этом просили: часть записей "
     "потерялась бы между страницами.",
     "Look for a proxy that changes or drops the query; go around it. Or read by "
     "another order: set client.code to null in the source profile.",
     "Проверьте, нет ли прокси, который меняет или отбрасывает запрос; обойдите его. "
     "Или задайте другой порядок: client.code: null в профиле источника."},
    {"SOURCE_LIST_CUT", kAct,
     "1C sent only a part of the rows of {entity} that share one {attribute}, and no "
     "way "
     "to the rest.",
     "1С отдала лишь часть записей {entity} с одинаковым значением {attribute}, "
     "остальные получить нельзя.",
     "Give those rows different values in 1C, or remove the limit on the number of "
     "rows "
     "that the web server or a proxy sets.",
     "Задайте этим записям в 1С разные значения или снимите ограничение числа записей "
     "на веб-сервере или прокси."},
    {"SOURCE_ADDRESS_REFUSED", kAct,
     "The source's address leads to a link-local or metadata address, which is never "
     "called.",
     "Адрес источника ведёт на служебный сетевой адрес (link-local), обращаться к нему "
     "нельзя.",
     "Give the address of the web server where 1C is published.",
     "Укажите адрес веб-сервера, на котором опубликована 1С."},
    {"SOURCE_CREDENTIALS_REFUSED", kAct,
     "1C does not accept the user name and the password.",
     "1С не принимает имя пользователя и пароль.",
     "Check --source-user and the password file; the user needs 1C:Enterprise "
     "authentication. Then save the connection again.",
     "Проверьте --source-user и файл с паролем; пользователю нужна аутентификация "
     "1С:Предприятия. Затем сохраните соединение ещё раз."},
    {"SOURCE_RIGHT_MISSING", kAct,
     "The 1C user has no right on {entity}, or on some of its rows.",
     "У пользователя 1С нет права на {entity} или на часть его записей.",
     "Give the user a role that reads {entity} (and may change clients) in 1C.",
     "Дайте пользователю в 1С роль, которой доступен {entity} (и изменение клиентов)."},
    {"SOURCE_NOT_PUBLISHED", kAct,
     "There is no standard OData interface at this address (HTTP {http}).",
     "По этому адресу нет стандартного интерфейса OData (HTTP {http}).",
     "Check the publication's name in the address, and switch \"Publish standard OData "
     "interface\" on in 1C's Configurator (Administration, Publish on web server).",
     "Проверьте имя публикации в адресе и включите «Публиковать стандартный интерфейс "
     "OData» в Конфигураторе (Администрирование — Публикация на веб-сервере)."},
    {"SOURCE_ENTITY_MISSING", kAct,
     "1C does not publish {entity}: it is not in the composition of the OData "
     "interface, "
     "or has another name.",
     "1С не публикует {entity}: его нет в составе интерфейса OData, или он называется "
     "иначе.",
     "Add {entity} to the composition of the standard OData interface, or correct the "
     "name in the source profile. Updates of 1C may lose the composition.",
     "Добавьте {entity} в состав стандартного интерфейса OData или исправьте имя в "
     "профиле источника. После обновлений 1С состав иногда теряется."},
    {"SOURCE_ATTRIBUTE_MISSING", kAct, "{entity} in 1C has no attribute {attribute}.",
     "В 1С у {entity} нет реквизита {attribute}.",
     "Correct the name in the source profile or in the field mapping; an update of 1C "
     "may have renamed it.",
     "Исправьте имя в профиле источника или в соответствии полей; возможно, реквизит "
     "переименован при обновлении 1С."},
    {"SOURCE_ATTRIBUTE_UNFIT", kAct,
     "The attribute {attribute} of {entity} is of the type {type}; needed is {needed}.",
     "Реквизит {attribute} ({entity}) имеет тип {type}, а нужен {needed}.",
     "Correct the name in the source profile; an update of 1C may have given the "
     "attribute another type.",
     "Исправьте имя в профиле источника; возможно, тип реквизита изменился при "
     "обновлении 1С."},
    {"SOURCE_ATTRIBUTE_PROTECTED", kAct,
     "The attribute {attribute} of {entity} never leaves 1C: it holds identity "
     "documents "
     "or health data.",
     "Реквизит {attribute} ({entity}) не выгружается из 1С никогда: это данные "
     "документов или о здоровье.",
     "Take {attribute} out of the field mapping.",
     "Уберите {attribute} из соответствия полей."},
    {"SOURCE_REFUSED", kAct,
     "1C refused the request for {entity} (HTTP {http}, code {code}).",
     "1С отказала в запросе к {entity} (HTTP {http}, код {code}).",
     "Look into 1C's event log at this moment: a handler of the configuration said no.",
     "Посмотрите журнал регистрации 1С за это время: отказ дал обработчик "
     "конфигурации."},
    {"WRITE_NOT_KEPT", kAct,
     "1C answered that {attribute} of {entity} was written, but kept another value.",
     "1С ответила, что {attribute} ({entity}) записан, но значение не сохранила.",
     "Check that the attribute is a number of at least 10 digits, and that no handler "
     "or "
     "the built-in job SyncBitrix24 overwrites it.",
     "Проверьте, что реквизит — число не короче 10 цифр и что его не перезаписывает "
     "обработчик или встроенное задание SyncBitrix24."},
    {"CLIENT_GONE", Code::kNotFound, "The client is no longer in 1C ({entity}).",
     "Клиента больше нет в 1С ({entity}).",
     "Nothing: there is nowhere to write. If it was merged with another card, that one "
     "is exported.",
     "Ничего: записывать некуда. Если карточку объединили с другой, выгружается "
     "другая."},

    // Findings of a test.
    {"CHECK_SOURCE_OK", kOk, "1C answers; {sets} sets are published.",
     "1С отвечает; опубликовано объектов: {sets}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"SOURCE_COMPOSITION_EMPTY", kAct,
     "1C answers, but the composition of its OData interface is empty.",
     "1С отвечает, но состав интерфейса OData пуст.",
     "Set the composition of the standard OData interface in 1C; an update or a "
     "restore "
     "may have lost it.",
     "Задайте состав стандартного интерфейса OData в 1С; он мог потеряться при "
     "обновлении или восстановлении базы."},
    {"CHECK_SOURCE_TLS_OK", kOk, "The way to 1C is encrypted.",
     "Соединение с 1С шифруется.", "Nothing to do.", "Ничего делать не нужно."},
    {"SOURCE_URL_PLAIN_HTTP", kOk,
     "The way to 1C is not encrypted: password and guests' data can be read on it.",
     "Соединение с 1С не шифруется: пароль и данные гостей можно прочитать по пути.",
     "Publish 1C over https, or make sure that the agent and 1C share one trusted "
     "network.",
     "Опубликуйте 1С по https или убедитесь, что агент и 1С стоят в одной доверенной "
     "сети."},
    {"CHECK_ENTITIES_OK", kOk,
     "Every entity and attribute that the profile {profile} needs is published.",
     "Все объекты и реквизиты профиля {profile} опубликованы.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CLIENT_VERSION_MISSING", kOk,
     "{entity} publishes no {attribute}: a reconcile reads all clients instead of "
     "their "
     "versions, and a write-back does not notice that a card was just edited.",
     "{entity} не публикует {attribute}: сверка читает всех клиентов вместо их версий, "
     "а "
     "обратная запись не замечает, что карточку только что изменили.",
     "Correct the name in the source profile, or leave it out there (version: null).",
     "Исправьте имя в профиле источника или уберите его (version: null)."},
    {"CLIENT_CODE_MISSING", kOk,
     "{entity} publishes no {attribute}: clients are read in the order of their "
     "creation, and are found by their GUID only.",
     "{entity} не публикует {attribute}: клиенты читаются в порядке создания, а найти "
     "клиента можно только по GUID.",
     "Correct the name in the source profile, or leave it out there (code: null).",
     "Исправьте имя в профиле источника или уберите его (code: null)."},
    {"CLIENT_FOLDER_MARK_MISSING", kOk,
     "{entity} publishes no {attribute}: groups of clients cannot be told from guests "
     "and may be exported as contacts.",
     "{entity} не публикует {attribute}: группы клиентов не отличить от гостей, они "
     "могут выгрузиться как контакты.",
     "Correct the name in the source profile; if the catalogue has no groups, leave it "
     "out there (is_folder: null).",
     "Исправьте имя в профиле источника; если в справочнике нет групп, уберите его "
     "(is_folder: null)."},
    {"CLIENT_DELETION_MARK_MISSING", kOk,
     "{entity} publishes no {attribute}: guests that are marked for deletion go on "
     "being exported.",
     "{entity} не публикует {attribute}: гости, помеченные на удаление, продолжают "
     "выгружаться.",
     "Correct the name in the source profile, or leave it out there (deleted: null).",
     "Исправьте имя в профиле источника или уберите его (deleted: null)."},
    {"CLIENT_CREATION_MISSING", kOk,
     "{entity} publishes no {attribute}: new guests are noticed by the change history "
     "and by their empty contact ID only.",
     "{entity} не публикует {attribute}: новые гости видны только по истории изменений "
     "и по пустому ID контакта.",
     "Correct the name in the source profile, or leave it out there (created: null).",
     "Исправьте имя в профиле источника или уберите его (created: null)."},
    {"CLIENT_ORDER_MISSING", kOk,
     "Nothing orders {entity}: the keys of all clients are listed in one answer, which "
     "a large base may fail to give.",
     "Упорядочить {entity} нечем: ключи всех клиентов запрашиваются одним ответом, "
     "большая база может его не выдержать.",
     "Publish the code or the date of creation of clients.",
     "Опубликуйте код или дату создания клиентов."},
    {"CONTACT_ATTRIBUTE_UNFIT", kAct,
     "The attribute {attribute} of {entity} cannot hold a contact's ID: it is {type}.",
     "Реквизит {attribute} ({entity}) не может хранить ID контакта: его тип {type}.",
     "Name an attribute of type number(10) or string in the source profile.",
     "Укажите в профиле источника реквизит типа число(10) или строка."},
    {"LOOKUP_NOT_PUBLISHED", kOk,
     "{entity} ({attribute}) is not published: what refers to it cannot be exported as "
     "text.",
     "{entity} ({attribute}) не опубликован: ссылки на него нельзя выгрузить текстом.",
     "Publish {entity}, or do not map attributes that refer to it.",
     "Опубликуйте {entity} или не сопоставляйте реквизиты, которые на него ссылаются."},
    {"CHECK_METADATA_OK", kOk,
     "The description of the base ($metadata) is {megabytes} MB: {types} types, OData "
     "{version}.",
     "Описание базы ($metadata) — {megabytes} МБ: типов {types}, OData {version}.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"METADATA_VERSION_UNKNOWN", kOk,
     "The base speaks OData {version}; guestbridge knows version 3.0.",
     "База отвечает по OData {version}; guestbridge знает версию 3.0.",
     "Check the other findings; if reading fails, report the platform's version.",
     "Проверьте остальные пункты; если чтение не работает, сообщите версию платформы."},
    {"CHECK_CODE_ORDER_OK", kOk, "Clients can be read in pages by {attribute}.",
     "Клиенты читаются страницами по {attribute}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CLIENT_CODES_ALIKE", kOk,
     "Many rows of {entity} share one {attribute}: reading them takes more requests.",
     "У многих записей {entity} одинаковый {attribute}: их чтение требует лишних "
     "запросов.",
     "Nothing, or let 1C number the clients anew.",
     "Ничего; при желании перенумеруйте клиентов в 1С."},
    {"CLIENT_CODE_UNORDERED", kOk,
     "{entity} cannot be read in pages by {attribute}: 1C refuses to compare it, or "
     "the "
     "pages do not join. The date of creation is used instead.",
     "{entity} нельзя читать страницами по {attribute}: 1С отказывается его сравнивать "
     "или страницы не стыкуются. Вместо него используется дата создания.",
     "Nothing if the date of creation is published. A proxy that caches or rewrites "
     "queries does this too: go around it.",
     "Ничего, если дата создания опубликована. Так бывает и из-за прокси, который "
     "кэширует или меняет запросы: обойдите его."},
    {"CHECK_CREATION_OK", kOk, "Clients can be read by their creation, {attribute}.",
     "Клиенты читаются по дате создания, {attribute}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CLIENT_CREATION_UNORDERED", kOk,
     "{entity} cannot be selected by {attribute}: new guests are noticed by the change "
     "history and by their empty contact ID only.",
     "{entity} нельзя отобрать по {attribute}: новые гости видны только по истории "
     "изменений и по пустому ID контакта.",
     "Name an attribute of type date in the source profile, or leave it out (created: "
     "null).",
     "Укажите в профиле источника реквизит типа дата или уберите его (created: null)."},
    {"CHECK_SESSION_OK", kOk, "1C keeps one session for a series of requests.",
     "1С держит один сеанс на серию запросов.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"SESSIONS_SWITCHED_OFF", kOk,
     "The profile switches 1C sessions off: each request starts one of its own.",
     "Сеансы 1С выключены в профиле: каждый запрос начинает свой.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"SESSION_IGNORED", kOk,
     "The publication does not know IBSession: each request starts a session of its "
     "own, which makes it slower.",
     "Публикация не знает IBSession: каждый запрос начинает свой сеанс и потому "
     "медленнее.",
     "Let 1C reuse sessions by itself: reuseSessions=\"autouse\" of standardOdata in "
     "the "
     "publication's default.vrd.",
     "Разрешите 1С самой переиспользовать сеансы: reuseSessions=\"autouse\" у "
     "standardOdata в default.vrd публикации."},
    {"SESSION_NOT_FREE", kOk,
     "1C had no licence for a session to be kept; it answers without one.",
     "У 1С не было лицензии, чтобы держать сеанс; она отвечает и без него.",
     "Close sessions that nobody uses, or add a client licence.",
     "Завершите неиспользуемые сеансы или добавьте клиентскую лицензию."},
    {"CHECK_CLOCK_OK", kOk, "1C's clock is right; its time zone is {time_zone}.",
     "Часы 1С верны; часовой пояс — {time_zone}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CLOCK_UNKNOWN", kOk,
     "Neither the web server nor a row of 1C tells its time; the time zone is taken to "
     "be {time_zone}.",
     "Ни веб-сервер, ни записи 1С не сообщают время; часовой пояс считается равным "
     "{time_zone}.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"SOURCE_CLOCK_DIFFERS", kOk,
     "The clock of 1C's web server ({server} UTC) differs from this machine's by "
     "{minutes} minutes.",
     "Часы веб-сервера 1С ({server} UTC) расходятся с часами этой машины на {minutes} "
     "мин.",
     "Set both clocks by NTP. Changes are found all the same; dates that are written "
     "to 1C and quiet hours go wrong.",
     "Настройте NTP на обеих машинах. Изменения находятся и так; неверны даты, которые "
     "пишутся в 1С, и тихие часы."},
    {"SOURCE_TIME_AHEAD", kOk,
     "1C has rows of the future: the newest is of {newest}, and in {time_zone} it is "
     "{now}.",
     "В 1С есть записи из будущего: последняя — {newest}, а в поясе {time_zone} сейчас "
     "{now}.",
     "Correct timezone in the source profile if the base lives in another zone; "
     "otherwise correct the row's date in 1C.",
     "Исправьте timezone в профиле источника, если база живёт в другом поясе; иначе "
     "исправьте дату записи в 1С."},
    {"SOURCE_RESTORED", kOk,
     "1C does not hold what was last known of it: the base was restored from a backup, "
     "or its change history was cut. All clients were read again.",
     "В 1С нет того, что о ней было известно: база восстановлена из копии или её "
     "история изменений очищена. Все клиенты прочитаны заново.",
     "Nothing, if that was intended: contact IDs that went with it are written again. "
     "If this is a copy for tests, deactivate the integration.",
     "Ничего, если так и задумано: пропавшие ID контактов будут записаны снова. Если "
     "это копия базы для проверок, отключите интеграцию."},
    {"CHECK_READ_RIGHT_OK", kOk, "The 1C user reads clients.",
     "Пользователь 1С читает клиентов.", "Nothing to do.", "Ничего делать не нужно."},
    {"CLIENTS_HIDDEN", kOk,
     "Some rows of {entity} are hidden from the 1C user: those guests are not "
     "exported.",
     "Часть записей {entity} скрыта от пользователя 1С: эти гости не выгружаются.",
     "Lift the record-level restriction for this user, if all guests shall be "
     "exported.",
     "Снимите ограничение доступа к записям у этого пользователя, если нужны все "
     "гости."},
    {"CHECK_CHANGE_HISTORY_OK", kOk, "The change history {entity} can be read.",
     "История изменений {entity} читается.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CHANGE_HISTORY_UNAVAILABLE", kOk,
     "There is no change history to read ({entity}): each run looks at all clients.",
     "Историю изменений прочитать нельзя ({entity}): каждый запуск просматривает всех "
     "клиентов.",
     "Publish the change-history register and let the user read it; runs then take "
     "seconds.",
     "Опубликуйте регистр истории изменений и дайте пользователю право чтения: запуски "
     "станут занимать секунды."},
    {"CHECK_EXCHANGE_PLAN_OK", kOk,
     "The node {node} of the exchange plan {entity} can be read: changes come from it.",
     "Узел {node} плана обмена {entity} читается: изменения берутся из него.",
     "Nothing, if the clients are the plan's content, registered by 1C itself, and the "
     "node serves guestbridge alone.",
     "Ничего, если клиенты входят в состав плана с авторегистрацией, а узел заведён "
     "только для guestbridge."},
    {"EXCHANGE_PLAN_UNAVAILABLE", kOk,
     "The exchange plan {entity} of the profile cannot be read: changes come from the "
     "change history.",
     "План обмена {entity} из профиля прочитать нельзя: изменения берутся из истории "
     "изменений.",
     "Put {entity} into the composition of the standard OData interface and give the "
     "user the right to read and change it; or take it out of the profile.",
     "Добавьте {entity} в состав стандартного интерфейса OData и дайте пользователю "
     "право читать и изменять его; или уберите его из профиля."},
    {"EXCHANGE_NODE_MISSING", kAct,
     "The exchange plan {entity} has no node with the code {node}.",
     "В плане обмена {entity} нет узла с кодом {node}.",
     "Create the node in 1C for guestbridge alone, or correct its code in the source "
     "profile; until then changes come from the change history.",
     "Создайте в 1С отдельный узел для guestbridge или исправьте его код в профиле "
     "источника; до тех пор изменения берутся из истории изменений."},
    {"CHECK_MESSAGES_REGISTER_OK", kOk,
     "Records of exports are also written to 1C's register {entity}.",
     "Записи о выгрузке ведутся и в регистре 1С {entity}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"MESSAGES_REGISTER_UNUSED", kOk,
     "The profile names no messages register in 1C: records of exports are kept by "
     "guestbridge only.",
     "В профиле не указан регистр интеграционных сообщений 1С: записи о выгрузке ведёт "
     "только guestbridge.",
     "Nothing, unless 1C's users need those records: then name the register in the "
     "source profile.",
     "Ничего; если записи нужны сотрудникам в 1С, укажите регистр в профиле "
     "источника."},
    {"MESSAGES_REGISTER_NOT_PUBLISHED", kOk,
     "The messages register {entity} of the profile is not as described: {attribute}.",
     "Регистр сообщений {entity} из профиля не соответствует описанию: {attribute}.",
     "Publish the register, or correct its names in the source profile.",
     "Опубликуйте регистр или исправьте имена в профиле источника."},
    {"WRITE_RIGHT_UNKNOWN", kOk,
     "Whether the 1C user may change {entity} cannot be known without writing.",
     "Может ли пользователь 1С изменять {entity}, без записи узнать нельзя.",
     "Make sure that the user's role may change clients: contact IDs are written "
     "there.",
     "Убедитесь, что роль пользователя разрешает изменение клиентов: туда пишутся ID "
     "контактов."},
    {"CHECK_IF_MATCH_OK", kOk,
     "1C refuses a write to a card that was edited since it was read (If-Match).",
     "1С отклоняет запись в карточку, изменённую после чтения (If-Match).",
     "Nothing to do.", "Ничего делать не нужно."},
    {"IF_MATCH_SWITCHED_OFF", kOk,
     "The profile switches If-Match off: a write does not ask for the card's "
     "version.",
     "If-Match выключен в профиле: запись не проверяет версию карточки.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"IF_MATCH_UNKNOWN", kOk,
     "Whether 1C heeds If-Match shows at the first conflict; each card is read "
     "right before it is written in any case.",
     "Учитывает ли 1С If-Match, видно при первом конфликте; карточка в любом "
     "случае читается прямо перед записью.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"CHECK_LOAD_MODE_OK", kOk,
     "1C takes contact IDs in load mode: its handlers do not run.",
     "1С принимает ID контактов в режиме загрузки: обработчики не срабатывают.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"LOAD_MODE_SWITCHED_OFF", kOk,
     "Contact IDs are written as users write: handlers of 1C run, and the change "
     "history gets a record.",
     "ID контактов пишутся как обычно: обработчики 1С срабатывают, в истории "
     "изменений появляется запись.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"LOAD_MODE_UNKNOWN", kOk,
     "Whether 1C takes contact IDs in load mode is not known before the first "
     "write.",
     "Принимает ли 1С ID контактов в режиме загрузки, до первой записи неизвестно.",
     "Nothing to do.", "Ничего делать не нужно."},
    {"LOAD_MODE_REFUSED", kOk,
     "1C does not take contact IDs in load mode; they are written as users write, "
     "and handlers run.",
     "1С не принимает ID контактов в режиме загрузки; они пишутся как обычно, "
     "обработчики срабатывают.",
     "Take data_load_mode out of the source profile, or let 1C's developer allow "
     "it for the catalogue.",
     "Уберите data_load_mode из профиля источника или попросите разработчика 1С "
     "разрешить режим для справочника."},
    {"CHECK_VERSION_OK", kOk, "1C:Hotel has version {version}.",
     "Версия 1С:Отель — {version}.", "Nothing to do.", "Ничего делать не нужно."},
    {"VERSION_NOT_PUBLISHED", kOk,
     "The version of 1C:Hotel is not published, or is no number, so it was not "
     "checked.",
     "Версия 1С:Отель не опубликована или не похожа на номер и потому не проверена.",
     "Check in 1C (Help, About) that it is {least} or later.",
     "Проверьте в 1С (Справка — О программе), что версия не ниже {least}."},
    {"VERSION_TOO_OLD", kAct, "1C:Hotel has version {version}; {least} is needed.",
     "Версия 1С:Отель — {version}, нужна {least} или новее.", "Update 1C:Hotel.",
     "Обновите 1С:Отель."},
    {"CHECK_IDENTITY_OK", kOk, "The base has the identity {identity}.",
     "Идентификатор базы — {identity}.", "Nothing to do.", "Ничего делать не нужно."},
    {"IDENTITY_NOT_PUBLISHED", kOk,
     "The base publishes no identity of its own: a copy of the base cannot be told "
     "from "
     "it.",
     "База не публикует свой идентификатор: её копию не отличить от неё самой.",
     "Publish the constant InfoBaseUUID. Until then an identity is kept for this "
     "address.",
     "Опубликуйте константу InfoBaseUUID. До тех пор идентификатор закрепляется за "
     "адресом."},
    {"CHECK_HOTEL_OK", kOk, "The hotel \"{hotel}\" is in the base.",
     "Гостиница «{hotel}» есть в базе.", "Nothing to do.", "Ничего делать не нужно."},
    {"HOTEL_NOT_FOUND", kAct,
     "There is no hotel with the code or name \"{hotel}\" in the base. It has: "
     "{hotels}.",
     "Гостиницы с кодом или названием «{hotel}» в базе нет. Есть: {hotels}.",
     "Set --hotel to the code or name of one of them.",
     "Укажите в --hotel код или название одной из них."},
    {"HOTELS_NOT_PUBLISHED", kOk,
     "The hotels of the base are not published, so \"{hotel}\" was not checked.",
     "Гостиницы базы не опубликованы, поэтому «{hotel}» не проверена.",
     "Publish the catalogue of hotels for this check; exports work without it.",
     "Для проверки опубликуйте справочник гостиниц; выгрузка работает и без него."},
    {"BUILT_IN_JOB_UNKNOWN", kOk,
     "Whether 1C's built-in job SyncBitrix24 is on cannot be seen from here.",
     "Включено ли в 1С встроенное задание SyncBitrix24, отсюда не видно.",
     "Switch the scheduled job SyncBitrix24 off in 1C: two writers make doubles.",
     "Отключите в 1С регламентное задание SyncBitrix24: вдвоём они создают двойников."},

    // Files in a folder (jsonl).
    {"SOURCE_FOLDER_MISSING", kLater,
     "The folder {path} is not there on the agent's machine.",
     "Папки {path} нет на машине агента.",
     "Create the folder (or mount it) on the agent's machine. It is tried again by "
     "itself.",
     "Создайте (или подключите) папку на машине агента. Попытка повторится сама."},
    {"SOURCE_FOLDER_FULL", kLater, "There is no room left to write into {path}.",
     "Нет места для записи в {path}.",
     "Free space on that disk, or raise the quota. Nothing was half-written; it is "
     "tried again by itself.",
     "Освободите место на этом диске или увеличьте квоту. Данные не повреждены, "
     "попытка повторится сама."},
    {"SOURCE_FOLDER_FAILED", kLater, "The folder {path} cannot be used: {cause}.",
     "Папкой {path} не удаётся пользоваться: {cause}.",
     "Check the disk or the network folder. It is tried again by itself.",
     "Проверьте диск или сетевую папку. Попытка повторится сама."},
    {"SOURCE_FILES_PENDING", kLater, "The files in {path} are still being read.",
     "Файлы в папке {path} ещё читаются.",
     "Nothing: it is tried again by itself; a first file with the whole base takes "
     "minutes.",
     "Ничего: попытка повторится сама; первый файл со всей базой читается минуты."},
    {"SOURCE_FOLDER_RIGHT_MISSING", kAct,
     "The agent has no right to read and write {path}.",
     "У агента нет прав на чтение и запись в {path}.",
     "Give the user that runs the agent the right to read and write the folder and "
     "what is in it; under systemd also name it in ReadWritePaths.",
     "Дайте пользователю, от имени которого работает агент, права на чтение и запись "
     "папки и её содержимого; под systemd укажите её и в ReadWritePaths."},
    {"SOURCE_FOLDER_REFUSED", kAct,
     "{path} is not a folder of its own: it is a link or a file, or holds one where "
     "there must be none.",
     "{path} — не сама папка, а ссылка или файл, либо содержит ссылку там, где её "
     "быть не должно.",
     "Name the real folder in --source-url, and let no link stand in it or among its "
     "subfolders.",
     "Укажите в --source-url настоящую папку и уберите из неё и её подпапок ссылки."},
    {"SOURCE_STORE_BROKEN", kAct,
     "What the agent keeps of the clients in {path} is damaged.",
     "То, что агент хранит о клиентах в {path}, повреждено.",
     "Stop the agent, remove this folder and start the agent: it is made anew from "
     "done/ and the next files. Let 1C write a .full.jsonl if done/ was emptied.",
     "Остановите агента, удалите эту папку и запустите агента: он построит её заново "
     "из done/ и следующих файлов. Если done/ очищали, пусть 1С выгрузит .full.jsonl."},
    {"SOURCE_STORE_CHANGED", kAct,
     "The folder {path} was exchanged for another one while it was being read.",
     "Папку {path} подменили другой во время чтения.",
     "Check that the right folder is mounted, then run the export again: it compares "
     "everything.",
     "Проверьте, та ли папка подключена, и запустите выгрузку ещё раз: она сверит "
     "всё."},
    {"SOURCE_IDENTITY_INVALID", kAct,
     "The file {path} does not hold the identity of a base.",
     "Файл {path} не содержит идентификатора базы.",
     "Write one line into it: the UUID of the base (letters, digits, -, _ and . up "
     "to 64 characters), or remove it.",
     "Запишите в него одну строку — UUID базы (буквы, цифры, -, _ и . до 64 "
     "символов) — или удалите его."},

    // Lines of these files, and findings of a test.
    {"LINE_TOO_LONG", kInvalid, "The line is longer than 1 MiB.",
     "Строка длиннее 1 МиБ.",
     "Correct what writes the files and write this client again; the line is kept in "
     "rejected/.",
     "Исправьте выгрузку в файлы и выгрузите этого клиента ещё раз; строка сохранена "
     "в rejected/."},
    {"LINE_NOT_UTF8", kInvalid, "The line is not UTF-8.",
     "Строка не в кодировке UTF-8.",
     "Write the files in UTF-8; the line is kept in rejected/.",
     "Пишите файлы в UTF-8; строка сохранена в rejected/."},
    {"LINE_NOT_JSON", kInvalid, "The line is not one whole JSON object.",
     "Строка — не один целый объект JSON.",
     "Correct what writes the files and write this client again; the line is kept in "
     "rejected/.",
     "Исправьте выгрузку в файлы и выгрузите этого клиента ещё раз; строка сохранена "
     "в rejected/."},
    {"LINE_KEY_INVALID", kInvalid, "The line has no Ref_Key that is a GUID.",
     "В строке нет Ref_Key с GUID.",
     "Correct what writes the files and write this client again; the line is kept in "
     "rejected/.",
     "Исправьте выгрузку в файлы и выгрузите этого клиента ещё раз; строка сохранена "
     "в rejected/."},
    {"LINE_ATTRIBUTE_REPEATED", kInvalid, "The line names {attribute} more than once.",
     "Реквизит {attribute} указан в строке больше одного раза.",
     "Correct what writes the files and write this client again; the line is kept in "
     "rejected/.",
     "Исправьте выгрузку в файлы и выгрузите этого клиента ещё раз; строка сохранена "
     "в rejected/."},
    {"LINE_VALUE_INVALID", kInvalid, "The value of {attribute} is of the wrong type.",
     "Значение {attribute} не того типа.",
     "IsFolder and DeletionMark are true or false, B24ContactID is a number. Correct "
     "what writes the files and write this client again.",
     "IsFolder и DeletionMark — true или false, B24ContactID — число. Исправьте "
     "выгрузку в файлы и выгрузите этого клиента ещё раз."},
    {"CHECK_SOURCE_FOLDER_OK", kOk, "The folder {path} can be read.",
     "Папка {path} читается.", "Nothing to do.", "Ничего делать не нужно."},
    {"CHECK_SOURCE_FOLDER_WRITABLE", kOk, "Contacts' IDs can be written into {path}.",
     "ID контактов можно писать в {path}.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"CHECK_SOURCE_FILES_OK", kOk, "The files carry every mapped attribute.",
     "В файлах есть все сопоставленные реквизиты.", "Nothing to do.",
     "Ничего делать не нужно."},
    {"SOURCE_FILES_NONE", kOk, "No file with clients has come into {path} yet.",
     "В папку {path} ещё не поступило ни одного файла с клиентами.",
     "Let 1C write one: as NAME.jsonl.tmp, then renamed to NAME.jsonl.",
     "Пусть 1С выгрузит файл: сначала ИМЯ.jsonl.tmp, затем переименует в ИМЯ.jsonl."},
    {"SOURCE_FILE_LINES_BAD", kOk,
     "The file {file} has lines that cannot be read ({problem}).",
     "В файле {file} есть строки, которые не читаются ({problem}).",
     "Each line is one client, a JSON object in UTF-8 with a Ref_Key. Such lines are "
     "put aside in rejected/, the others are exported.",
     "Каждая строка — один клиент: объект JSON в UTF-8 с Ref_Key. Такие строки "
     "откладываются в rejected/, остальные выгружаются."},
    {"SOURCE_ATTRIBUTES_UNSEEN", kOk,
     "The files carry no {attributes}, though the mapping reads it.",
     "В файлах нет {attributes}, хотя это нужно соответствию полей.",
     "Let 1C write these attributes, or take them out of the field mapping; until "
     "then they are empty.",
     "Пусть 1С выгружает эти реквизиты, или уберите их из соответствия полей; пока "
     "они пусты."},
    {"SOURCE_LINES_REJECTED", kOk,
     "Lines were rejected: {files} files in {path}, the last is {file}.",
     "Есть отклонённые строки: файлов в {path} — {files}, последний — {file}.",
     "Look into the file: each entry says what is wrong. Correct what writes the "
     "files, then remove it.",
     "Загляните в файл: в каждой записи сказано, в чём ошибка. Исправьте выгрузку и "
     "удалите его."},
    {"SOURCE_IDENTITY_FILE_MISSING", kOk,
     "There is no file {path}: a copy of the base cannot be told from it.",
     "Нет файла {path}: копию базы не отличить от неё самой.",
     "Let 1C write the UUID of its base into it. Until then an identity is kept for "
     "this address.",
     "Пусть 1С записывает в него UUID своей базы. До тех пор идентификатор "
     "закрепляется за адресом."},
    {"HOTEL_NOT_IN_FILES", kOk, "Files name no hotels, so \"{hotel}\" was not checked.",
     "В файлах нет гостиниц, поэтому «{hotel}» не проверена.",
     "Make sure that 1C writes the clients of the right hotel.",
     "Убедитесь, что 1С выгружает клиентов нужной гостиницы."},
};

}  // namespace

absl::Span<const ReasonText> Source() { return kTexts; }

}  // namespace guestbridge::text_areas
