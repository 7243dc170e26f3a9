#include "common/text/areas.h"

// What the server's RPCs answer, and how a run waits.
namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kAborted = absl::StatusCode::kAborted;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;

constexpr ReasonText kTexts[] = {
    {"FIELD_REQUIRED", kInvalid, "The field {field} is missing.",
     "Не заполнено поле {field}.", "Fill it in and try again.",
     "Заполните его и повторите."},
    {"FIELD_INVALID", kInvalid, "The value of {field} is not allowed.",
     "Недопустимое значение поля {field}.",
     "Correct it; the description of the field says what it may be.",
     "Исправьте его: допустимые значения указаны в описании поля."},
    {"ETAG_MISMATCH", kAborted, "{name} was changed by somebody else meanwhile.",
     "{name}: за это время кто-то внёс изменения.",
     "Read it again, look at the change, and repeat yours if it still makes sense.",
     "Прочитайте настройки заново и повторите своё изменение, если оно ещё нужно."},
    {"REQUEST_ID_INVALID", kInvalid, "The request id is longer than 128 bytes.",
     "Идентификатор запроса длиннее 128 байт.", "Use a UUID.", "Используйте UUID."},
    {"SERVER_STOPPING", kUnavailable, "The server is stopping.",
     "Сервер завершает работу.", "Try again when it runs.",
     "Повторите, когда он снова заработает."},

    {"INTEGRATION_NOT_FOUND", kNotFound, "There is no integration \"{integration}\".",
     "Интеграции «{integration}» нет.",
     "See what there is: guestbridge integration list.",
     "Посмотрите список: guestbridge integration list."},
    {"INTEGRATION_EXISTS", kExists,
     "There is an integration \"{integration}\" already.",
     "Интеграция «{integration}» уже есть.",
     "Choose another id, or use the existing one.",
     "Выберите другое имя или используйте существующую интеграцию."},
    {"INTEGRATION_ID_INVALID", kInvalid, "\"{id}\" cannot be the id of an integration.",
     "«{id}» не может быть именем интеграции.",
     "Begin with a lower-case Latin letter and use letters, digits and hyphens only, "
     "up "
     "to 63 characters; e.g. main.",
     "Начните со строчной латинской буквы, дальше — буквы, цифры и дефис, не больше 63 "
     "знаков; например main."},
    {"INTEGRATION_TYPE_UNKNOWN", kInvalid, "The type of the integration is unknown.",
     "Неизвестный вид внешней системы.", "Use --type bitrix24.",
     "Укажите --type bitrix24."},
    {"INTEGRATION_TYPE_FIXED", kInvalid,
     "The type of an integration cannot be changed.", "Тип интеграции изменить нельзя.",
     "Create another integration.", "Создайте другую интеграцию."},
    {"POLICY_UNKNOWN", kInvalid, "The server does not know this value of {field}.",
     "Сервер не знает такого значения поля {field}.",
     "See what there is: guestbridge integration update --help. A newer program may "
     "know more: bring the server up to date.",
     "Посмотрите допустимые значения: guestbridge integration update --help. Новая "
     "программа может знать больше: обновите сервер."},
    {"GUARD_INVALID", kInvalid,
     "The guard's number of contacts must not be negative, and its share must be from "
     "1 "
     "to 100 percent.",
     "Число контактов в ограничении не может быть отрицательным, а доля — от 1 до 100 "
     "процентов.",
     "For example: guestbridge integration update {integration} --guard-contacts 5000 "
     "--guard-percent 20.",
     "Например: guestbridge integration update {integration} --guard-contacts 5000 "
     "--guard-percent 20."},
    {"INTEGRATION_INACTIVE", kPrecondition,
     "The integration \"{integration}\" is switched off.",
     "Интеграция «{integration}» отключена.",
     "Switch it on: guestbridge integration activate {integration}.",
     "Включите её: guestbridge integration activate {integration}."},
    {"INTEGRATION_NOT_ASSIGNED", kPrecondition,
     "The integration \"{integration}\" is not served by the agent \"{agent}\".",
     "Интеграцию «{integration}» обслуживает не агент «{agent}».",
     "Check the agent of the connection: guestbridge connection get {integration}.",
     "Проверьте агента в настройках соединения: guestbridge connection get "
     "{integration}."},
    {"RETENTION_OUT_OF_RANGE", kInvalid,
     "What happened is kept for at least a day and at most ten years.",
     "История хранится не меньше суток и не больше десяти лет.",
     "Give 1d to 3650d, e.g. 400d.", "Укажите от 1d до 3650d, например 400d."},
    {"DISPLAY_NAME_TOO_LONG", kInvalid,
     "The display name is longer than {limit} characters.",
     "Наименование длиннее {limit} знаков.", "Shorten it.", "Сократите его."},

    {"RUN_NOT_FOUND", kNotFound, "There is no run {run}.", "Запуска {run} нет.",
     "See what there is: guestbridge run list.",
     "Посмотрите список: guestbridge run list."},
    {"RUN_WITHOUT_PLAN", kPrecondition,
     "Run {run} has no plan: only a dry run of an export has one, once it has ended.",
     "У запуска {run} нет плана: план есть только у пробного запуска выгрузки, и когда "
     "он завершился.",
     "Wait for it (guestbridge run watch {run}) or make a plan: guestbridge export run "
     "{integration} --dry-run --wait.",
     "Дождитесь его окончания (guestbridge run watch {run}) или составьте план: "
     "guestbridge export run {integration} --dry-run --wait."},
    {"SAMPLE_MOVED", kOk,
     "The guest, the contact or the settings have changed since the dry run.",
     "После пробного запуска изменились гость, контакт или настройки.",
     "Make a new plan: guestbridge export run {integration} --dry-run --wait.",
     "Составьте новый план: guestbridge export run {integration} --dry-run --wait."},
    {"AGENT_KNOWS_NO_MATCH", kPrecondition,
     "The agent is of an older version and does not tell what a match said of each "
     "guest.",
     "Агент более старой версии и не сообщает, что показало сопоставление по каждому "
     "гостю.",
     "Bring the agent to the server's version, then match again: guestbridge clients "
     "match {integration} --wait.",
     "Обновите агент до версии сервера и повторите сопоставление: guestbridge clients "
     "match {integration} --wait."},
    {"SAMPLE_UNTOLD", kOk,
     "The agent is of an older version and does not tell the values.",
     "Агент более старой версии и не сообщает значения.",
     "Bring the agent to the server's version.", "Обновите агент до версии сервера."},
    {"RUN_IN_PROGRESS", kAborted, "A run of this integration is in progress: {run}.",
     "Уже выполняется запуск этой интеграции: {run}.",
     "Wait for it (guestbridge run watch {run}) or cancel it (guestbridge run cancel "
     "{run}).",
     "Дождитесь его окончания (guestbridge run watch {run}) или отмените его "
     "(guestbridge run cancel {run})."},
    {"PLAN_UNKNOWN", kPrecondition,
     "No dry run of the integration {integration} at its present portal has the plan "
     "{plan}.",
     "Ни один пробный запуск интеграции {integration} на нынешнем портале не имеет "
     "плана {plan}.",
     "Make a plan: guestbridge export run {integration} --dry-run --wait.",
     "Составьте план: guestbridge export run {integration} --dry-run --wait."},
    {"PLAN_CHANGED", kPrecondition,
     "Settings or guests have changed since the plan {plan} was made; nothing was "
     "written. Now {added} contacts would be added, {updated} updated, {recreated} "
     "made "
     "again.",
     "После составления плана {plan} изменились настройки или гости; ничего не "
     "записано. Сейчас было бы добавлено контактов: {added}, обновлено: {updated}, "
     "создано снова: {recreated}.",
     "Look at a new plan: guestbridge export run {integration} --dry-run --wait.",
     "Посмотрите новый план: guestbridge export run {integration} --dry-run --wait."},
    {"PLAN_WITH_DRY_RUN", kInvalid, "A dry run makes a plan of its own and takes none.",
     "Пробный запуск составляет новый план, готовый план он не принимает.",
     "To do what the plan says, leave the dry run out: guestbridge export run "
     "{integration} --plan PLAN --wait. For a new plan leave the plan out: guestbridge "
     "export run {integration} --dry-run --wait.",
     "Чтобы выполнить план, не запрашивайте пробный запуск: guestbridge export run "
     "{integration} --plan ПЛАН --wait. Чтобы составить новый план, не указывайте "
     "прежний: guestbridge export run {integration} --dry-run --wait."},
    {"DRAFT_IS_FOR_DRY_RUNS", kInvalid,
     "Only a dry run can use the draft of the field mapping.",
     "Черновик соответствия полей можно использовать только в пробном запуске.",
     "Ask for a dry run, or save the draft first: guestbridge fields save "
     "{integration}.",
     "Запросите пробный запуск или сначала сохраните черновик: guestbridge fields save "
     "{integration}."},
    {"RUN_ENDED", kPrecondition, "The run {run} has ended already.",
     "Запуск {run} уже завершён.", "There is nothing left to cancel.",
     "Отменять уже нечего."},
    {"RUN_KIND_NOT_FOR_AGENTS", kInvalid, "Agents open runs of kind SETTLE only.",
     "Агент может начинать только запуски вида SETTLE.",
     "Bring server and agent to the same version.",
     "Обновите сервер и агент до одной версии."},
    {"MAPPING_NOT_SAVED", kPrecondition,
     "The integration \"{integration}\" has no saved field mapping.",
     "У интеграции «{integration}» нет сохранённого соответствия полей.",
     "Load and save it: guestbridge fields load {integration}, then guestbridge fields "
     "save {integration}.",
     "Загрузите и сохраните его: guestbridge fields load {integration}, затем "
     "guestbridge fields save {integration}."},

    {"AGENT_NOT_FOUND", kNotFound, "There is no agent \"{agent}\".",
     "Агента «{agent}» нет.", "See what there is: guestbridge agent list.",
     "Посмотрите список: guestbridge agent list."},
    {"AGENT_NAME_INVALID", kInvalid, "\"{agent}\" cannot be the name of an agent.",
     "«{agent}» не может быть именем агента.",
     "Begin with a letter or digit and use Latin letters, digits, dots, hyphens and "
     "underscores only, up to 63 characters.",
     "Начните с латинской буквы или цифры, дальше — латинские буквы, цифры, точка, "
     "дефис и подчёркивание, не больше 63 знаков."},
    {"INSTALLATION_INVALID", kInvalid,
     "The agent did not say which installation it is.",
     "Агент не назвал свою установку.", "Bring server and agent to the same version.",
     "Обновите сервер и агент до одной версии."},
    {"AGENT_TOO_OLD", kPrecondition,
     "The agent is too old for this server: it speaks version {protocol} of the "
     "protocol, "
     "and the server needs {oldest} or later.",
     "Агент слишком старый для этого сервера: его версия протокола {protocol}, а "
     "серверу "
     "нужна {oldest} или новее.",
     "Bring guestbridge-agent up to date (its data stay) and start it again.",
     "Обновите guestbridge-agent (его данные сохраняются) и запустите его снова."},
    {"SERVER_TOO_OLD", kPrecondition,
     "The server is too old for this agent: it speaks version {protocol} of the "
     "protocol, "
     "and the agent needs {oldest} or later.",
     "Сервер слишком старый для этого агента: его версия протокола {protocol}, а "
     "агенту "
     "нужна {oldest} или новее.",
     "Bring guestbridge-server up to date; the agent connects by itself then.",
     "Обновите guestbridge-server; после этого агент подключится сам."},
    {"AGENT_NAME_IN_USE", kExists,
     "Another agent works under the name \"{agent}\" already.",
     "Под именем «{agent}» уже работает другой агент.",
     "Give this one another --name, or stop the other one. If it was killed, its name "
     "is free after a minute.",
     "Запустите этот агент с другим --name или остановите тот. Если тот был завершён "
     "аварийно, имя освободится через минуту."},
    {"AGENT_NOT_CONNECTED", kPrecondition,
     "No agent is connected for the integration \"{integration}\".",
     "Агент интеграции «{integration}» не подключён.",
     "Start guestbridge-agent beside 1C and check its log (guestbridge agent list). A "
     "run that waits starts by itself.",
     "Запустите guestbridge-agent рядом с 1С и посмотрите его журнал (guestbridge "
     "agent "
     "list). Ожидающий запуск начнётся сам."},
    {"AGENT_AWAY", kPrecondition,
     "The integration \"{integration}\" belongs to the agent \"{agent}\", which is not "
     "connected; connected: {connected}.",
     "Интеграция «{integration}» закреплена за агентом «{agent}», а он не "
     "подключён; "
     "подключены: {connected}.",
     "Start \"{agent}\" again, or hand over to another one: guestbridge connection set "
     "{integration} … --agent {other}.",
     "Запустите «{agent}» или передайте интеграцию другому агенту: guestbridge "
     "connection set {integration} … --agent {other}."},
    {"AGENT_AWAY_BANNED", kPrecondition,
     "The integration \"{integration}\" belongs to the agent \"{agent}\", which is "
     "banned: nobody works for it.",
     "Интеграция «{integration}» закреплена за агентом «{agent}», а он заблокирован: "
     "её никто не обслуживает.",
     "Hand over to another one: guestbridge connection set {integration} … --agent "
     "NAME. To lift the ban: guestbridge agent unban {agent}.",
     "Передайте интеграцию другому агенту: guestbridge connection set {integration} … "
     "--agent ИМЯ. Снять запрет: guestbridge agent unban {agent}."},
    {"AGENT_AWAY_EVICTED", kPrecondition,
     "The integration \"{integration}\" belongs to the agent \"{agent}\", which was "
     "evicted and has not come back: nobody works for it.",
     "Интеграция «{integration}» закреплена за агентом «{agent}», а он отключён "
     "администратором и не вернулся: её никто не обслуживает.",
     "Let it join again: guestbridge agent create {agent} --out FILE. Or hand over to "
     "another one: guestbridge connection set {integration} … --agent NAME.",
     "Подключите его снова: guestbridge agent create {agent} --out ФАЙЛ. Или передайте "
     "интеграцию другому агенту: guestbridge connection set {integration} … --agent "
     "ИМЯ."},
    {"AGENT_CLOCK_OFF", kOk,
     "The clock of the agent \"{agent}\" differs from the server's by {seconds} s (+: "
     "it "
     "is ahead).",
     "Часы агента «{agent}» расходятся с часами сервера на {seconds} с (+ — спешат).",
     "Let both machines take their time from the network (NTP). Certificates and times "
     "in reports go by these clocks.",
     "Включите на обеих машинах синхронизацию времени (NTP): по этим часам проверяются "
     "сертификаты и ставится время в отчётах."},
    {"AGENT_REPORTS_STOPPED", kOk,
     "The agent \"{agent}\" is connected but has said nothing of itself for {minutes} "
     "minutes.",
     "Агент «{agent}» на связи, но уже {minutes} мин ничего не сообщает о себе.",
     "Look at its machine and its log; restart it if it hangs. Nothing is lost by "
     "that.",
     "Проверьте машину агента и его журнал; если он завис, перезапустите его. Данные "
     "при "
     "этом не теряются."},
    {"AGENT_DISK_LOW", kOk,
     "The agent has {megabytes} MB left on the disk of {directory}.",
     "На диске каталога {directory} у агента осталось {megabytes} МБ.",
     "Free space on that disk before it is full; the agent can't export without.",
     "Освободите место на этом диске: без него агент не сможет выгружать."},
    {"AGENT_CONFIGURATION_DIFFERS", kOk,
     "The agent \"{agent}\" does not know all settings of the integration "
     "\"{integration}\" that it was sent.",
     "Агент «{agent}» знает не все настройки интеграции «{integration}», которые ему "
     "отправлены.",
     "Bring the agent to the server's version.", "Обновите агент до версии сервера."},
    {"STANDBY_AWAY", kOk,
     "The standby of the integration \"{integration}\", the agent \"{agent}\", is not "
     "connected: nobody would take over.",
     "Резервный агент «{agent}» интеграции «{integration}» не подключён: подменить "
     "основного некому.",
     "Start \"{agent}\", or name another one: guestbridge integration update "
     "{integration} --standby NAME; with none: --no-standby.",
     "Запустите «{agent}» или назначьте другого: guestbridge integration update "
     "{integration} --standby ИМЯ; обойтись без резерва: --no-standby."},
    {"STANDBY_BANNED", kOk,
     "The standby of the integration \"{integration}\", the agent \"{agent}\", is "
     "banned: nobody would take over.",
     "Резервный агент «{agent}» интеграции «{integration}» заблокирован: подменить "
     "основного некому.",
     "Name another one: guestbridge integration update {integration} --standby NAME; "
     "with none: --no-standby. To lift the ban: guestbridge agent unban {agent}.",
     "Назначьте другого: guestbridge integration update {integration} --standby ИМЯ; "
     "обойтись без резерва: --no-standby. Снять запрет: guestbridge agent unban "
     "{agent}."},
    {"STANDBY_EVICTED", kOk,
     "The standby of the integration \"{integration}\", the agent \"{agent}\", was "
     "evicted and has not come back: nobody would take over.",
     "Резервный агент «{agent}» интеграции «{integration}» отключён администратором и "
     "не вернулся: подменить основного некому.",
     "Let it join again: guestbridge agent create {agent} --out FILE. Or name another "
     "one: guestbridge integration update {integration} --standby NAME; with none: "
     "--no-standby.",
     "Подключите его снова: guestbridge agent create {agent} --out ФАЙЛ. Или назначьте "
     "другого: guestbridge integration update {integration} --standby ИМЯ; обойтись "
     "без "
     "резерва: --no-standby."},
    {"STANDBY_SERVES", kPrecondition,
     "The agent \"{agent}\" serves the integration \"{integration}\" itself and cannot "
     "be its standby.",
     "Агент «{agent}» сам обслуживает интеграцию «{integration}» и не может быть её "
     "резервным.",
     "Name another one: guestbridge integration update {integration} --standby NAME. "
     "See what there is: guestbridge agent list.",
     "Назначьте другого: guestbridge integration update {integration} --standby ИМЯ. "
     "Список: guestbridge agent list."},
    {"AGENT_AT_OTHER_SERVER", kUnavailable,
     "The agent \"{agent}\" of the integration \"{integration}\" is connected to "
     "another "
     "server of this database; only that one can ask it.",
     "Агент «{agent}» интеграции «{integration}» подключён к другому серверу этой базы "
     "данных, и спросить его может только тот.",
     "Name the other server with --server. Behind a load balancer try again: the call "
     "may get there.",
     "Укажите другой сервер в --server. За балансировщиком повторите команду: она "
     "может попасть туда."},
    {"AGENT_NOT_CHOSEN", kPrecondition,
     "Several agents are connected, and none is chosen for the integration "
     "\"{integration}\".",
     "Подключено несколько агентов, и ни один не выбран для интеграции "
     "«{integration}».",
     "Name one: guestbridge connection set {integration} … --agent NAME.",
     "Укажите агента: guestbridge connection set {integration} … --agent ИМЯ."},
    {"AGENT_NOT_ASSIGNED", kPrecondition,
     "No agent serves the integration \"{integration}\". Since an agent has joined "
     "with "
     "a certificate, none is chosen by itself.",
     "Интеграцию «{integration}» не обслуживает ни один агент. С тех пор как подключён "
     "агент с сертификатом, агент сам не выбирается.",
     "An administrator names one: guestbridge connection set {integration} … --agent "
     "NAME; or, for a new one: guestbridge agent create NAME --integration "
     "{integration} --out FILE.",
     "Администратор указывает его: guestbridge connection set {integration} … --agent "
     "ИМЯ; для нового агента: guestbridge agent create ИМЯ --integration "
     "{integration} --out ФАЙЛ."},
    {"AGENT_LOST", kUnavailable,
     "The connection to the agent \"{agent}\" was lost before it answered.",
     "Связь с агентом «{agent}» прервалась до ответа.",
     "Try again when it is connected: guestbridge agent list.",
     "Повторите, когда он подключится: guestbridge agent list."},
    {"TASK_TIMED_OUT", absl::StatusCode::kDeadlineExceeded,
     "The agent \"{agent}\" did not answer in time.",
     "Агент «{agent}» не ответил вовремя.",
     "Try again with a longer --timeout; check whether 1C answers slowly.",
     "Повторите с большим --timeout; проверьте, не медленно ли отвечает 1С."},
    {"TASK_NOT_FOUND", kNotFound, "Nobody waits for the task {task} any more.",
     "Ответа на задание {task} уже никто не ждёт.", "There is nothing to do.",
     "Ничего делать не нужно."},
    {"SESSION_UNKNOWN", kUnauthenticated, "The server does not know this session.",
     "Сервер не знает этого сеанса.", "The agent opens a new one by itself.",
     "Агент сам откроет новый."},
    {"SESSION_REPLACED", kAborted, "The agent \"{agent}\" has opened a newer session.",
     "Агент «{agent}» открыл новый сеанс.", "There is nothing to do.",
     "Ничего делать не нужно."},
    {"LEASE_HELD", kUnavailable,
     "Another ledger may still be writing for \"{integration}\"; its turn ends in "
     "{retry_after_seconds} s.",
     "Для «{integration}» ещё может писать другой реестр агента; ожидание "
     "{retry_after_seconds} с.",
     "Wait: the agent goes on by itself. If two agents use one name or a copied data "
     "directory, stop one of them.",
     "Подождите: агент продолжит сам. Если два агента работают под одним именем или с "
     "копией каталога данных, остановите один из них."},
    {"LEDGER_IDENTITY_INVALID", kInvalid,
     "The agent did not say which base or ledger it works for.",
     "Агент не назвал базу или реестр, с которыми работает.",
     "Bring server and agent to the same version.",
     "Обновите сервер и агент до одной версии."},
    {"ERASURE_MALFORMED", kInvalid,
     "What the agent said of erased guests of the integration \"{integration}\" is not "
     "what an agent says.",
     "Сведения агента о стёртых гостях интеграции «{integration}» записаны не так, как "
     "их пишет агент.",
     "Bring server and agent to the same version.",
     "Обновите сервер и агент до одной версии."},
    {"ERASURES_TOO_MANY", absl::StatusCode::kResourceExhausted,
     "The integration \"{integration}\" has more than {limit} erased guests; the "
     "server keeps no more of them.",
     "В интеграции «{integration}» больше {limit} стёртых гостей; больше сервер не "
     "хранит.",
     "The agent's ledger keeps all of them: back it up with care. Leave guests that "
     "are "
     "gone from 1C for good to 1C: what it does not show is not exported.",
     "Реестр агента хранит всех: берегите его копии. Гостей, которых в 1С больше нет, "
     "стирать не нужно: чего 1С не показывает, то не выгружается."},
    {"BASE_CHANGED", kPrecondition,
     "The integration \"{integration}\" belongs to the 1C base {bound}, but the source "
     "address leads to the base {found}.",
     "Интеграция «{integration}» принадлежит базе 1С {bound}, а адрес источника "
     "ведёт к базе {found}.",
     "Nothing was written. If this is a test copy, put the old address back. If the "
     "hotel really has a new base, create a new integration for it.",
     "Ничего не записано. Если это тестовая копия, верните прежний адрес. Если у "
     "гостиницы действительно новая база, создайте для неё новую интеграцию."},

    {"CLIENT_NOT_FOUND", kNotFound, "There is no client {client}.",
     "Клиента {client} нет.",
     "Check the Ref_Key or the code. clients explain also takes a phone, an e-mail or "
     "contact:ID.",
     "Проверьте Ref_Key или код. clients explain принимает и телефон, e-mail или "
     "contact:ID."},
    {"CONTACT_OF_NO_CLIENT", kNotFound,
     "The contact {contact} belongs to no client: no export made it or took it over.",
     "Контакт {contact} не связан ни с одним клиентом: выгрузка его не создавала и не "
     "брала.",
     "Name the guest by its code in 1C. If the contact is a guest of 1C: guestbridge "
     "clients link {integration} CLIENT {contact}.",
     "Укажите гостя его кодом в 1С. Если контакт — гость из 1С: guestbridge clients "
     "link {integration} КЛИЕНТ {contact}."},
    {"PHONE_NOT_FOUND", kNotFound,
     "No client was found by this phone, neither in 1C nor on the portal. 1C keeps "
     "phones as free text: one in an unusual spelling is not found this way.",
     "По этому телефону клиент не найден ни в 1С, ни на портале. 1С хранит телефоны "
     "произвольным текстом: записанный необычно так не найти.",
     "Find the guest in 1C and use its code: guestbridge clients explain {integration} "
     "CODE.",
     "Найдите гостя в 1С и укажите его код: guestbridge clients explain {integration} "
     "КОД."},
    {"EMAIL_NOT_FOUND", kNotFound,
     "No client was found by this e-mail, neither in 1C nor on the portal.",
     "По этому e-mail клиент не найден ни в 1С, ни на портале.",
     "Find the guest in 1C and use its code: guestbridge clients explain {integration} "
     "CODE.",
     "Найдите гостя в 1С и укажите его код: guestbridge clients explain {integration} "
     "КОД."},
    {"SEVERAL_CLIENTS_FIT", kPrecondition, "{count} clients fit: {clients}.",
     "Подходит клиентов: {count}: {clients}.",
     "Choose one by its Ref_Key or code: guestbridge clients explain {integration} "
     "CLIENT.",
     "Выберите одного по Ref_Key или коду: guestbridge clients explain {integration} "
     "КЛИЕНТ."},
    {"CLIENT_PHONE_INVALID", kInvalid, "This is not one whole phone number.",
     "Это не один полный номер телефона.",
     "Give one number with its country code, e.g. +7 916 123-45-67, or the guest's "
     "code in 1C.",
     "Укажите один номер с кодом страны, например +7 916 123-45-67, или код гостя в "
     "1С."},
    {"CLIENT_EMAIL_INVALID", kInvalid, "This is not one e-mail address.",
     "Это не один адрес e-mail.",
     "Give one address, e.g. name@example.org, or the guest's code in 1C.",
     "Укажите один адрес, например name@example.org, или код гостя в 1С."},
    {"CLIENT_NOT_FAILED", kPrecondition,
     "The client {client} was not refused: there is nothing to drop.",
     "Клиенту {client} не было отказано: исключать нечего.",
     "Which were: guestbridge clients list {integration} --state FAILED.",
     "Кому было: guestbridge clients list {integration} --state FAILED."},
    {"CLIENT_STATE_UNKNOWN", kInvalid, "This state of a client is unknown.",
     "Такого состояния клиента нет.", "Leave the state out or use a listed one.",
     "Не указывайте состояние или выберите его из списка."},

    {"CHECK_AGENT_OK", kOk, "The agent \"{agent}\" is connected.",
     "Агент «{agent}» подключён.", "Nothing to do.", "Ничего делать не нужно."},
    {"CHECK_SCOPES_UNKNOWN", kOk, "The portal does not tell which rights are granted.",
     "Портал не сообщает, какие права предоставлены.",
     "Check on the portal that the webhook has the right \"crm\".",
     "Проверьте на портале, что у вебхука есть право «CRM (crm)»."},

    {"ATTENTION_RUN_FAILED", kOk, "The run {run} failed.",
     "Запуск {run} завершился ошибкой.", "Look at it: guestbridge run get {run}.",
     "Посмотрите подробности: guestbridge run get {run}."},
    {"ATTENTION_NOT_FRESH", kOk, "Nothing was exported with success for {hours} hours.",
     "Уже {hours} ч не было успешной выгрузки.",
     "See why: guestbridge run list {integration}. Then: guestbridge export run "
     "{integration} --wait.",
     "Посмотрите почему: guestbridge run list {integration}. Затем: guestbridge export "
     "run {integration} --wait."},
    {"ATTENTION_CLIENTS_FAILED", kOk, "Clients that could not be exported: {count}.",
     "Не удалось выгрузить клиентов: {count}.",
     "See why: guestbridge clients list {integration} --state FAILED. When mended: "
     "guestbridge clients retry {integration}.",
     "Посмотрите причины: guestbridge clients list {integration} --state FAILED. После "
     "исправления: guestbridge clients retry {integration}."},
    {"ATTENTION_PAIRS_PROPOSED", kOk,
     "Guests who wait for your decision: {count}. The portal seems to have their "
     "contacts.",
     "Ждут вашего решения гости: {count}. Похоже, на портале уже есть их контакты.",
     "Look at the pairs: guestbridge clients list {integration} --state PROPOSED. "
     "Accept "
     "them: guestbridge clients match {integration} --apply.",
     "Посмотрите пары: guestbridge clients list {integration} --state PROPOSED. "
     "Примите "
     "их: guestbridge clients match {integration} --apply."},
    {"ATTENTION_PAIRS_AMBIGUOUS", kOk,
     "Guests who wait for you: {count}. Several contacts on the portal may be "
     "theirs.",
     "Ждут вашего решения гости: {count}. На портале по нескольку похожих контактов.",
     "See them: guestbridge clients list {integration} --state AMBIGUOUS; for each: "
     "guestbridge clients link {integration} CLIENT CONTACT.",
     "Посмотрите их: guestbridge clients list {integration} --state AMBIGUOUS; для "
     "каждого: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ."},
    {"ATTENTION_CLIENTS_UNLINKED", kOk,
     "{count} guests were unlinked from their contacts and wait for you.",
     "Ждут вашего решения гости, у которых снята связь с контактом: {count}.",
     "See them: guestbridge clients list {integration} --state AMBIGUOUS; for each: "
     "guestbridge clients link {integration} CLIENT CONTACT, or: guestbridge "
     "clients unlink {integration} CLIENT --new.",
     "Посмотрите их: guestbridge clients list {integration} --state AMBIGUOUS; для "
     "каждого: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ или "
     "guestbridge clients unlink {integration} КЛИЕНТ --new."},
    {"ATTENTION_CONTACTS_GONE", kOk,
     "Contacts of {count} guests are gone from the portal; you decide what follows.",
     "На портале не стало контактов гостей: {count}; что дальше — решаете вы.",
     "See them: guestbridge clients list {integration} --state AMBIGUOUS; for each: "
     "guestbridge clients link {integration} CLIENT CONTACT, or: guestbridge "
     "clients unlink {integration} CLIENT --new.",
     "Посмотрите их: guestbridge clients list {integration} --state AMBIGUOUS; для "
     "каждого: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ или "
     "guestbridge clients unlink {integration} КЛИЕНТ --new."},
    {"ATTENTION_WRITE_BACK_PARKED", kOk,
     "Clients whose contact ID 1C refused: {count}.",
     "1С не приняла ID контакта у клиентов: {count}.",
     "Check the right of the 1C user to write clients; when mended: guestbridge "
     "clients "
     "retry {integration}.",
     "Проверьте право пользователя 1С на запись клиентов; после исправления: "
     "guestbridge clients retry {integration}."},

    {"PLAINTEXT_NOT_LOOPBACK", kPrecondition,
     "--plaintext is for one machine only, and {listen} is not a loopback address.",
     "--plaintext годится только для одной машины, а {listen} — не локальный адрес.",
     "Listen on 127.0.0.1 or ::1, or leave --plaintext out: certificates are made by "
     "themselves.",
     "Слушайте 127.0.0.1 или ::1 либо уберите --plaintext: сертификаты создаются "
     "автоматически."},
    {"NOTICE_COMMAND_UNUSABLE", kInvalid,
     "The notice command {file} cannot be run: {detail}.",
     "Команду уведомления {file} не удаётся запустить: {detail}.",
     "Give --notice-command the path of a program that this user may execute.",
     "Укажите в --notice-command путь к программе, которую этому пользователю "
     "разрешено "
     "выполнять."},
    {"NOTICE_COMMAND_FAILED", kPrecondition,
     "The notice command {file} ended with {code}; it is tried again.",
     "Команда уведомления {file} завершилась с кодом {code}; она будет запущена снова.",
     "Run it by hand with the JSON of docs/operations.md on its standard input.",
     "Запустите её вручную, подав на вход JSON из docs/operations.md."},
    {"NOTICE_COMMAND_SLOW", kPrecondition,
     "The notice command {file} was not done after {limit} and was stopped; it is "
     "tried "
     "again.",
     "Команда уведомления {file} не закончила за {limit} и остановлена; она будет "
     "запущена снова.",
     "Let it hand the notice on and end.",
     "Пусть она передаёт уведомление дальше и завершается."},
    {"STALE_AFTER_INVALID", kInvalid, "\"{value}\" is no time for --stale-after.",
     "«{value}» не годится для --stale-after.", "Give e.g. 30h, at least 1m, or never.",
     "Укажите, например, 30h, не меньше 1m, или never."},
    {"PLAINTEXT_WITH_TLS", kInvalid,
     "--plaintext excludes --tls-cert, --tls-key and --client-ca.",
     "--plaintext нельзя указывать вместе с --tls-cert, --tls-key и --client-ca.",
     "Leave --plaintext out to use TLS.",
     "Чтобы использовать TLS, уберите --plaintext."},
    {"PLAINTEXT_IN_USE", kOk,
     "Without encryption and without tokens: every program on this machine may do "
     "everything.",
     "Без шифрования и без токенов: любой программе на этой машине разрешено всё.",
     "Use TLS for anything but a trial.", "Для настоящей работы используйте TLS."},
    {"LISTEN_ADDRESS_INVALID", kInvalid, "\"{listen}\" is not an address to listen on.",
     "«{listen}» — не адрес, который можно слушать.",
     "Write HOST:PORT, e.g. 127.0.0.1:7443, or unix:PATH.",
     "Укажите ХОСТ:ПОРТ, например 127.0.0.1:7443, или unix:ПУТЬ."},
    {"LISTEN_FAILED", kPrecondition, "The server cannot listen on {listen}.",
     "Сервер не может слушать {listen}.",
     "Check that the address belongs to this machine and that no other program uses "
     "the port.",
     "Проверьте, что адрес принадлежит этой машине и порт не занят другой программой."},
    {"DATA_DIRECTORY_UNUSABLE", kPrecondition,
     "The data directory {directory} cannot be used: {problem}.",
     "Каталог данных {directory} использовать нельзя: {problem}.",
     "Give the program's user a directory of its own that it may write.",
     "Дайте пользователю программы собственный каталог с правом записи."},
    {"TLS_FILE_UNREADABLE", kPrecondition, "The file {file} cannot be read.",
     "Файл {file} не читается.", "Check the path and the rights of the program's user.",
     "Проверьте путь и права пользователя программы."},
    {"TLS_FILES_INCOMPLETE", kInvalid, "--tls-cert and --tls-key belong together.",
     "--tls-cert и --tls-key указываются вместе.", "Give both or neither.",
     "Укажите оба параметра или ни одного."},
    {"TLS_FILES_UNUSABLE", kPrecondition,
     "Certificate and key ({file}) cannot be used together.",
     "Сертификат и ключ ({file}) не подходят друг к другу или повреждены.",
     "Check that both are PEM files and that the key belongs to the certificate.",
     "Проверьте, что это файлы PEM и ключ относится к этому сертификату."},
    {"OUTPUT_FILE_UNWRITABLE", kPrecondition, "The file {file} cannot be written.",
     "Файл {file} не удаётся записать.", "Check the path and its rights.",
     "Проверьте путь и права."},
};

}  // namespace

absl::Span<const ReasonText> Api() { return kTexts; }

}  // namespace guestbridge::text_areas
