#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

constexpr ReasonText kTexts[] = {
    // Connection settings.
    // What was given is not repeated: it may hold a webhook's code.
    {"API_SERVER_INVALID", kInvalid,
     "The API server must be the host of the portal alone.",
     "Сервер API — это только имя портала.",
     "Write {suggestion}, without scheme, path, port and spaces.",
     "Укажите {suggestion}, без схемы, пути, порта и пробелов."},
    {"SSL_REQUIRED", kInvalid, "Portals are reached over TLS only.",
     "К порталу можно подключиться только по защищённому соединению (SSL).",
     "Add --ssl.", "Добавьте параметр --ssl."},
    {"PORT_INVALID", kInvalid, "The port {port} is out of range.",
     "Порт {port} вне допустимого диапазона.",
     "Give a port from 1 to 65535; a portal in the cloud has 443.",
     "Укажите порт от 1 до 65535; у облачного портала это 443."},
    {"HOTEL_REQUIRED", kInvalid, "The hotel is missing.", "Не указана гостиница.",
     "Give the code or the name of the hotel in 1C with --hotel.",
     "Укажите код или наименование гостиницы из 1С параметром --hotel."},
    {"AUTH_REQUIRED", kInvalid, "No way to authorise calls to the portal is given.",
     "Не указано, как подключаться к порталу.",
     "Give a webhook (--webhook-user, --webhook-secret-file) or an OAuth application "
     "(--client-id, --client-secret-file, --refresh-token-file).",
     "Укажите вебхук (--webhook-user, --webhook-secret-file) или приложение OAuth "
     "(--client-id, --client-secret-file, --refresh-token-file)."},
    {"SECRET_REQUIRED", kInvalid,
     "A secret that the connection needs is missing, and none is stored for this "
     "address.",
     "Не указан секрет, нужный для соединения, а сохранённого для этого адреса нет.",
     "Give it in a file: --webhook-secret-file, or --client-secret-file and "
     "--refresh-token-file; for 1C --source-password-file.",
     "Передайте его файлом: --webhook-secret-file либо --client-secret-file и "
     "--refresh-token-file; для 1С — --source-password-file."},
    {"SECRET_INVALID", kInvalid,
     "A secret is empty, longer than 4 KiB, or has characters that can't be part of "
     "it.",
     "Секрет пуст, длиннее 4 КиБ или содержит недопустимые символы.",
     "Check the file: it holds the secret alone, on one line.",
     "Проверьте файл: в нём должен быть только сам секрет, одной строкой."},
    {"SETTLE_TIME_INVALID", kInvalid, "The settle time {given} is out of range.",
     "Время ожидания {given} вне допустимого диапазона.",
     "Give 2s to 1h, or leave it out: 120s, for a box 15m.",
     "Укажите от 2s до 1h или не указывайте: будет 120s, для коробки 15m."},
    {"WRITE_BACK_RATE_INVALID", kInvalid,
     "The write-back rate {given} is not a positive number.",
     "Скорость записи в 1С {given} — не положительное число.",
     "Give writes a second, or leave it out: the write-back paces itself.",
     "Укажите число записей в секунду или не указывайте: темп подбирается сам."},
    {"REGION_INVALID", kInvalid, "\"{given}\" is not the code of a country.",
     "«{given}» — не код страны.", "Give two letters (ISO 3166), for example RU.",
     "Укажите две буквы (ISO 3166), например RU."},
    {"TARIFF_UNKNOWN", kInvalid, "This tariff is not known.", "Такой тариф неизвестен.",
     "Give standard or enterprise.", "Укажите standard или enterprise."},
    {"CONNECTION_NOT_SET", kNotFound,
     "The integration \"{integration}\" has no connection settings yet.",
     "У интеграции «{integration}» ещё нет настроек соединения.",
     "Set them: guestbridge connection set {integration} …",
     "Задайте их: guestbridge connection set {integration} …"},
    {"BASE_ALREADY_CONNECTED", kPrecondition,
     "The 1C base of \"{integration}\" is already connected to this portal, by the "
     "integration \"{other}\".",
     "База 1С интеграции «{integration}» уже соединена с этим порталом "
     "интеграцией «{other}».",
     "Use that integration, or delete it first: two of them would make two contacts of "
     "one guest.",
     "Пользуйтесь ею или сначала удалите её: две интеграции создали бы по два "
     "контакта на одного гостя."},

    // The portal, as it is found when a connection is saved.
    {"PORTAL_ADDRESS_REFUSED", kPrecondition,
     "The portal {host} has a private or local address.",
     "У портала {host} частный или локальный адрес.",
     "Check the name. If the portal really stands in your own network, start the "
     "server "
     "with --allow-private-portals.",
     "Проверьте имя. Если портал действительно стоит в вашей сети, запустите сервер с "
     "параметром --allow-private-portals."},
    {"PORTAL_UNREACHABLE", kUnavailable, "The portal {host} does not answer: {detail}.",
     "Портал {host} не отвечает: {detail}.",
     "Check the name of the portal, its certificate and the network of the server, and "
     "try again.",
     "Проверьте имя портала, его сертификат и сеть сервера и повторите."},
    {"PORTAL_NOT_BITRIX24", kPrecondition,
     "What answers at {host} is not the REST interface of a Bitrix24 portal.",
     "По адресу {host} отвечает не REST-интерфейс портала Битрикс24.",
     "Check the API server and the port: open https://{host} in a browser, the "
     "portal's "
     "sign-in page must come.",
     "Проверьте сервер API и порт: по адресу https://{host} в браузере должна "
     "открываться страница входа на портал."},
    {"PORTAL_PLAN_WITHOUT_REST", kPrecondition,
     "The plan of the portal {host} does not include REST.",
     "Тариф портала {host} не включает REST.",
     "Renew or change the subscription of the portal.",
     "Продлите или смените тариф портала."},
    {"PORTAL_BLOCKED", kPrecondition,
     "REST of the portal {host} is blocked by Bitrix24 because of overload.",
     "REST портала {host} заблокирован Битрикс24 из-за перегрузки.",
     "Ask the support of Bitrix24 to lift the block; do not try again before.",
     "Попросите поддержку Битрикс24 снять блокировку; до этого не повторяйте попыток."},
    {"PORTAL_CLOSED", kPrecondition, "The portal {host} was deleted.",
     "Портал {host} удалён.", "Connect the portal that took its place.",
     "Подключите портал, который его заменил."},
    {"WEBHOOK_REFUSED", kPrecondition,
     "The portal {host} refuses the webhook of user {user}: {error}.",
     "Портал {host} не принимает вебхук пользователя {user}: {error}.",
     "Check the user number and the code against the webhook's page on the portal, and "
     "that its owner still works there; or make a new webhook with the right \"crm\".",
     "Сверьте номер пользователя и код со страницей вебхука на портале и убедитесь, "
     "что "
     "его владелец не уволен; либо создайте новый вебхук с правом «crm»."},
    {"SCOPE_MISSING", kPrecondition,
     "The credentials for {host} lack the right \"{scope}\".",
     "Доступу к {host} не хватает права «{scope}».",
     "Add \"{scope}\" to the rights of the webhook or the application on the portal, "
     "and "
     "save the connection again.",
     "Добавьте «{scope}» в права вебхука или приложения на портале и сохраните "
     "соединение снова."},

    // OAuth.
    {"OAUTH_URL_INVALID", kInvalid,
     "\"{given}\" is not the address of an OAuth server.",
     "«{given}» — это не адрес сервера OAuth.",
     "Give http(s)://HOST[:PORT], without user, query and fragment.",
     "Укажите http(s)://СЕРВЕР[:ПОРТ], без имени пользователя и параметров."},
    {"OAUTH_NOT_USED", kPrecondition,
     "The connection of \"{integration}\" uses a webhook: it has no access token.",
     "Соединение «{integration}» использует вебхук: токена доступа у него нет.",
     "Call the portal with the webhook of the configuration.",
     "Обращайтесь к порталу через вебхук из настроек."},
    {"OAUTH_UNREACHABLE", kUnavailable,
     "The authorisation server {host} does not answer as it should: {detail}.",
     "Сервер авторизации {host} не отвечает как следует: {detail}.",
     "Nothing is lost; it is tried again. If it goes on, check the network of the "
     "server.",
     "Ничего не потеряно, попытка повторится. Если это не проходит, проверьте сеть "
     "сервера."},
    {"OAUTH_ANSWER_MALFORMED", kUnavailable,
     "The authorisation server {host} gave an answer that can't be read.",
     "Сервер авторизации {host} дал ответ, который не удалось разобрать.",
     "Check that no proxy changes the answers, and try again.",
     "Проверьте, не изменяет ли ответы прокси-сервер, и повторите."},
    {"PORTAL_IS_ANOTHER", kPrecondition,
     "{portal} is another portal than {known}, to which guests of {integration} were "
     "exported; nothing was saved.",
     "{portal} — не тот портал, куда выгружались гости {integration} ({known}); ничего "
     "не сохранено.",
     "If that is not meant, correct the address or the refresh token. If it is, repeat "
     "\"connection set {integration}\" with --new-portal: the contact IDs of {known} "
     "are forgotten, and the next export begins on {portal} from nothing.",
     "Если это ошибка, исправьте адрес или токен обновления. Если так и задумано, "
     "повторите «connection set {integration}» с --new-portal: ID контактов {known} "
     "будут забыты, и следующая выгрузка начнёт на {portal} с начала."},
    {"REFRESH_TOKEN_REFUSED", kPrecondition,
     "The refresh token for {host} is not valid any more.",
     "Токен обновления для {host} больше не действует.",
     "Authorise the application on the portal again and save the connection with the "
     "new "
     "refresh token.",
     "Заново авторизуйте приложение на портале и сохраните соединение с новым токеном "
     "обновления."},
    {"REFRESH_ANSWER_LOST", kPrecondition,
     "The answer with the new tokens for {host} was lost, and the old ones are not "
     "valid any more.",
     "Ответ с новыми токенами для {host} потерялся, а прежние уже не действуют.",
     "Authorise the application on the portal again and save the connection with the "
     "new "
     "refresh token.",
     "Заново авторизуйте приложение на портале и сохраните соединение с новым токеном "
     "обновления."},
    {"REAUTHORIZATION_NEEDED", kPrecondition, "There are no tokens for {host}.",
     "Токенов для {host} нет.",
     "Authorise the application on the portal and save the connection with its refresh "
     "token.",
     "Авторизуйте приложение на портале и сохраните соединение с его токеном "
     "обновления."},
    {"OAUTH_CLIENT_REFUSED", kPrecondition,
     "The authorisation server refuses the application for {host}.",
     "Сервер авторизации не принимает приложение для {host}.",
     "Check the client ID and the client secret, and that the application is installed "
     "on the portal.",
     "Проверьте идентификатор и секрет приложения и то, что оно установлено на "
     "портале."},
    {"OAUTH_SCOPE_REFUSED", kPrecondition,
     "The authorisation server refuses the rights of the application for {host}.",
     "Сервер авторизации не подтверждает права приложения для {host}.",
     "Check the rights of the application on the portal (\"crm\" is needed), and "
     "authorise it again.",
     "Проверьте права приложения на портале (нужно «crm») и авторизуйте его снова."},
    {"PAYMENT_REQUIRED", kPrecondition,
     "The subscription of the application or of the portal {host} has ended.",
     "Подписка приложения или портала {host} закончилась.", "Renew the subscription.",
     "Продлите подписку."},
    {"OAUTH_REQUEST_INVALID", kPrecondition,
     "The authorisation server does not accept the request for {host}.",
     "Сервер авторизации не принимает запрос для {host}.",
     "Check the client ID, the client secret and the refresh token.",
     "Проверьте идентификатор и секрет приложения и токен обновления."},

    // Schedules.
    {"CRON_INVALID", kInvalid,
     "The cron \"{cron}\" names no time: field {position} ({field}) is \"{value}\".",
     "Расписание «{cron}» не задаёт времени: поле {position} ({field}) — «{value}».",
     "Write five fields: minute hour day month weekday. Every night at three: "
     "0 3 * * *",
     "Укажите пять полей: минута, час, день, месяц, день недели. Каждую ночь в три: "
     "0 3 * * *"},
    {"TIME_ZONE_UNKNOWN", kInvalid, "There is no time zone \"{time_zone}\".",
     "Часовой пояс «{time_zone}» неизвестен.",
     "Give an IANA name, for example Europe/Moscow.",
     "Укажите имя из базы IANA, например Europe/Moscow."},

    // The agent's local policy file.
    {"POLICY_FILE_UNREADABLE", kPrecondition,
     "The local policy file {file} cannot be read: {detail}.",
     "Не удаётся прочитать файл локальной политики {file}: {detail}.",
     "Check --policy-file and the rights of the agent's user: it needs to read the "
     "file. Without the policy the agent does not start.",
     "Проверьте --policy-file и права пользователя агента: он должен читать этот файл. "
     "Без политики агент не запускается."},
    {"POLICY_FILE_UNPROTECTED", kPrecondition,
     "Others than root and the agent's user may change the local policy file {file}.",
     "Файл локальной политики {file} могут изменить не только root и пользователь "
     "агента.",
     "Close it: chown root {file}; chmod 644 {file}. Look first whether its content is "
     "still yours.",
     "Закройте доступ: chown root {file}; chmod 644 {file}. Сначала проверьте, не "
     "изменено ли содержимое."},
    {"POLICY_FILE_INVALID", kPrecondition,
     "The local policy file {file} is wrong at line {line}: {key} {problem}.",
     "В файле локальной политики {file} ошибка в строке {line}: {key} {problem}.",
     "Correct the line and start the agent again. deploy/agent-policy.example.yaml "
     "shows every key.",
     "Исправьте строку и запустите агент снова. Все ключи показаны в "
     "deploy/agent-policy.example.yaml."},
    {"POLICY_PORTAL_HOST_NOT_ALLOWED", kPrecondition,
     "The agent's local policy does not allow the portal {host}; nothing was sent to "
     "it.",
     "Локальная политика агента не разрешает портал {host}; ему ничего не отправлено.",
     "If the address is right, add it to portal_hosts in the policy file on the "
     "agent's "
     "machine and restart the agent. If nobody of yours has set it, find out who did.",
     "Если адрес верный, добавьте его в portal_hosts файла политики на компьютере "
     "агента и перезапустите агент. Если у вас его никто не задавал, выясните, кто это "
     "сделал."},
    {"POLICY_SOURCE_HOST_NOT_ALLOWED", kPrecondition,
     "The agent's local policy does not allow the source {host}; it was not reached.",
     "Локальная политика агента не разрешает источник {host}; обращений к нему не "
     "было.",
     "If the address is right, add it to source_hosts in the policy file on the "
     "agent's "
     "machine and restart the agent. If nobody of yours has set it, find out who did.",
     "Если адрес верный, добавьте его в source_hosts файла политики на компьютере "
     "агента и перезапустите агент. Если у вас его никто не задавал, выясните, кто это "
     "сделал."},
    {"POLICY_SOURCE_FOLDER_NOT_ALLOWED", kPrecondition,
     "The agent's local policy does not allow the folder {path} as a source; it was "
     "not read.",
     "Локальная политика агента не разрешает каталог {path} как источник; он не "
     "прочитан.",
     "If the folder is right, add it to source_folders in the policy file on the "
     "agent's machine and restart the agent. If nobody of yours has set it, find out "
     "who did.",
     "Если каталог верный, добавьте его в source_folders файла политики на компьютере "
     "агента и перезапустите агент. Если у вас его никто не задавал, выясните, кто это "
     "сделал."},
    {"POLICY_FIELD_FORBIDDEN", kPrecondition,
     "The agent's local policy forbids to send the contact field {field}.",
     "Локальная политика агента запрещает отправлять поле контакта {field}.",
     "Take the field out of the mapping: guestbridge fields unmap {integration} "
     "{field}, then guestbridge fields save {integration}. If it is to be sent, take "
     "it "
     "off fields_never_sent in the policy file on the agent's machine and restart the "
     "agent.",
     "Уберите поле из соответствия: guestbridge fields unmap {integration} {field}, "
     "затем guestbridge fields save {integration}. Если его нужно отправлять, удалите "
     "его из fields_never_sent в файле политики на компьютере агента и перезапустите "
     "агент."},
    {"POLICY_CEILING_CREATIONS", kPrecondition,
     "The agent's local policy lets one run create {limit} contacts; more would have "
     "been created.",
     "Локальная политика агента позволяет одному запуску создать контактов: {limit}; "
     "было бы создано больше.",
     "See what is to be created: guestbridge export run {integration} --dry-run. If it "
     "is right, raise ceilings.creations in the policy file on the agent's machine, "
     "restart the agent and export again: it goes on where it stopped.",
     "Посмотрите, что будет создано: guestbridge export run {integration} --dry-run. "
     "Если всё верно, увеличьте ceilings.creations в файле политики на компьютере "
     "агента, перезапустите агент и повторите выгрузку: она продолжится с того же "
     "места."},
    {"POLICY_CEILING_UPDATES", kPrecondition,
     "The agent's local policy lets one run update {limit} contacts; more would have "
     "been updated.",
     "Локальная политика агента позволяет одному запуску изменить контактов: {limit}; "
     "было бы изменено больше.",
     "See what is to be changed: guestbridge export run {integration} --dry-run. If it "
     "is right, raise ceilings.updates in the policy file on the agent's machine, "
     "restart the agent and export again: it goes on where it stopped.",
     "Посмотрите, что будет изменено: guestbridge export run {integration} --dry-run. "
     "Если всё верно, увеличьте ceilings.updates в файле политики на компьютере "
     "агента, перезапустите агент и повторите выгрузку: она продолжится с того же "
     "места."},
    {"POLICY_CEILING_DELETIONS", kPrecondition,
     "The agent's local policy lets one run delete {limit} contacts; more would have "
     "been deleted.",
     "Локальная политика агента позволяет одному запуску удалить контактов: {limit}; "
     "было бы удалено больше.",
     "See what is to be deleted: guestbridge export run {integration} --dry-run. If it "
     "is right, raise ceilings.deletions in the policy file on the agent's machine, "
     "restart the agent and try again; otherwise correct the marks in 1C or "
     "--on-deletion-mark.",
     "Посмотрите, что будет удалено: guestbridge export run {integration} --dry-run. "
     "Если всё верно, увеличьте ceilings.deletions в файле политики на компьютере "
     "агента, перезапустите агент и повторите; иначе исправьте пометки в 1С или "
     "--on-deletion-mark."},
};

}  // namespace

absl::Span<const ReasonText> Connection() { return kTexts; }

}  // namespace guestbridge::text_areas
