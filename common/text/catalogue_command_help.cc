#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

// clang-format off: one label a line is read as the table that it is.
constexpr ReasonText kHelp[] = {
    MakeLabel("LABEL_HELP_PROGRAM",
              "guestbridge carries the guests of a hotel from 1C:Hotel to Bitrix24 "
              "as contacts, and keeps them true there.",
              "guestbridge передаёт гостей из 1С:Отель в Битрикс24 как контакты и "
              "поддерживает их в актуальном состоянии."),
    MakeLabel("LABEL_HELP_USAGE", "Usage", "Как писать"),
    MakeLabel("LABEL_HELP_USAGE_LINE", "NOUN VERB [ARGUMENTS] [FLAGS]",
              "СУЩНОСТЬ ДЕЙСТВИЕ [АРГУМЕНТЫ] [ПАРАМЕТРЫ]"),
    MakeLabel("LABEL_HELP_COMMANDS", "Commands", "Команды"),
    MakeLabel("LABEL_HELP_ARGUMENTS", "Arguments", "Аргументы"),
    MakeLabel("LABEL_HELP_FLAGS", "Flags", "Параметры"),
    MakeLabel("LABEL_HELP_GLOBAL_FLAGS", "Flags of every command",
              "Параметры любой команды"),
    MakeLabel("LABEL_HELP_EXAMPLE", "Example", "Пример"),
    MakeLabel("LABEL_HELP_EXAMPLES", "Examples", "Примеры"),
    MakeLabel(
        "LABEL_HELP_MORE",
        "Each command explains itself with --help. First time? setup ID asks for "
        "everything. Or one by one, in this order: integration create, connection "
        "set, connection test, fields load, fields save, events load, events "
        "save, clients match, export run, schedule resume. What a code in upper "
        "case means: help error CODE.",
        "Каждая команда объясняет себя по --help. В первый раз: setup ID спросит "
        "обо всём. Или по порядку: integration create, connection set, connection "
        "test, fields load, fields save, events load, events save, clients match, "
        "export run, schedule resume. Что значит код прописными буквами: help "
        "error КОД."),
    MakeLabel("LABEL_HELP_HELP_ERROR",
              "Explains an error code: meaning, example, what to do. Without a code it "
              "lists all of them. Needs no server.",
              "Объясняет код ошибки: значение, пример, что делать. Без кода показывает "
              "их все. Сервер не нужен."),
    MakeLabel("LABEL_ARGUMENT_ERROR_CODE",
              "The code, as errors, checks and lists show it; in any case.",
              "Код, как его показывают ошибки, проверки и списки; регистр не важен."),
    MakeLabel("LABEL_AREA_CONNECTION", "connection settings and authorisation",
              "настройки соединения и авторизация"),
    MakeLabel("LABEL_AREA_PORTAL", "what the portal answers", "что отвечает портал"),
    MakeLabel("LABEL_AREA_SOURCE", "what 1C answers", "что отвечает 1С"),
    MakeLabel("LABEL_AREA_MAPPING", "fields and events", "поля и события"),
    MakeLabel("LABEL_AREA_EXPORT", "runs and guests", "запуски и гости"),
    MakeLabel("LABEL_AREA_VALUE", "values of a guest", "значения у гостя"),
    MakeLabel("LABEL_AREA_MATCH", "how a pair was found", "как найдена пара"),
    MakeLabel("LABEL_AREA_API", "server, agents, runs", "сервер, агенты, запуски"),
    MakeLabel("LABEL_AREA_DATABASE", "the server's database", "база данных сервера"),
    MakeLabel("LABEL_AREA_IDENTITY", "tokens and roles", "токены и роли"),
    MakeLabel("LABEL_AREA_ENROLLMENT", "certificates of agents", "сертификаты агентов"),
    MakeLabel("LABEL_AREA_COMMON", "files, network, names", "файлы, сеть, имена"),
    MakeLabel("LABEL_AREA_COMMAND", "the command line", "командная строка"),
    MakeLabel("LABEL_PLACE_CALL",
              "a command fails with it (exit code {exit}, gRPC {grpc})",
              "с ним завершается команда (код завершения {exit}, gRPC {grpc})"),
    MakeLabel("LABEL_PLACE_CHECK", "a check of connection test",
              "проверка в connection test"),
    MakeLabel("LABEL_PLACE_RUN", "a run, in run get", "запуск, в run get"),
    MakeLabel("LABEL_PLACE_CLIENT", "a guest, in clients list and clients explain",
              "гость, в clients list и clients explain"),
    MakeLabel("LABEL_PLACE_VALUE", "a guest's value, in clients explain",
              "значение у гостя, в clients explain"),
    MakeLabel("LABEL_PLACE_PAIR", "a pair, in clients list and clients explain",
              "пара, в clients list и clients explain"),
    MakeLabel("LABEL_PLACE_LINE", "a line of a file, in the folder rejected/",
              "строка файла, в папке rejected/"),
    MakeLabel("LABEL_PLACE_STATUS", "status", "status"),
    MakeLabel("LABEL_PLACE_MAPPING", "fields load and fields list",
              "fields load и fields list"),
    MakeLabel("LABEL_PLACE_EVENTS", "events list", "events list"),
    MakeLabel("LABEL_PLACE_LOG", "a warning as a program starts",
              "предупреждение при запуске программы"),
    MakeLabel("LABEL_HELP_INTEGRATION_CREATE",
              "Creates an integration: one hotel and one portal, by a name of your "
              "choice. It gets a daily schedule, paused until its connection is "
              "saved.",
              "Создаёт интеграцию: одна гостиница и один портал под выбранным вами "
              "именем. Сразу появляется ежедневное расписание, приостановленное до "
              "сохранения соединения."),
    MakeLabel("LABEL_HELP_INTEGRATION_LIST", "Lists the integrations.",
              "Показывает список интеграций."),
    MakeLabel("LABEL_HELP_INTEGRATION_GET", "Shows one integration.",
              "Показывает одну интеграцию."),
    MakeLabel(
        "LABEL_HELP_INTEGRATION_UPDATE",
        "Changes the display name and the policies of an integration, the guard that "
        "stops a run that would change too many contacts, and how long what happened "
        "is kept.",
        "Меняет название интеграции, её правила, ограничение, которое останавливает "
        "выгрузку, меняющую слишком много контактов, и срок хранения истории."),
    MakeLabel("LABEL_HELP_INTEGRATION_ACTIVATE",
              "Activates an integration, so that it exports.",
              "Включает интеграцию: она начинает выгружать."),
    MakeLabel("LABEL_HELP_INTEGRATION_DEACTIVATE",
              "Deactivates an integration. No run starts any more; one that is "
              "running finishes.",
              "Отключает интеграцию. Новые выгрузки не начнутся, текущая дойдёт до "
              "конца."),
    MakeLabel("LABEL_HELP_INTEGRATION_DELETE",
              "Deletes an integration with its settings and secrets. Contacts on "
              "the portal and clients in 1C stay as they are.",
              "Удаляет интеграцию с её настройками и секретами. Контакты на портале "
              "и клиенты в 1С остаются как есть."),
    MakeLabel("LABEL_HELP_CONNECTION_SET",
              "Saves the connection settings: hotel, portal, 1C. Validates them, "
              "refreshes the tokens and shows their state; when anything is wrong, "
              "nothing is stored. Secrets are read from files only, and those that "
              "you leave out keep their stored value.",
              "Сохраняет настройки соединения: гостиница, портал, 1С. Проверяет их, "
              "обновляет токены и показывает их состояние; если что-то не так, не "
              "сохраняется ничего. Секреты читаются только из файлов, а те, что не "
              "указаны, остаются прежними."),
    MakeLabel("LABEL_HELP_CONNECTION_GET",
              "Shows the connection settings without secrets.",
              "Показывает настройки соединения без секретов."),
    MakeLabel("LABEL_HELP_CONNECTION_TEST",
              "Tries both sides and says what works and what to mend. Writes to "
              "neither. The exit code is 1 when a check failed.",
              "Проверяет обе стороны и сообщает, что работает и что исправить. "
              "Ничего не записывает. Код завершения 1, если есть ошибка."),
    MakeLabel(
        "LABEL_HELP_FIELDS_LOAD",
        "Loads the fields of both sides and suggests a mapping. What you mapped by "
        "hand stays; when there is a draft already, only what 1C or the portal "
        "has new is suggested.",
        "Загружает поля обеих сторон и предлагает соответствие. Сопоставленное "
        "вручную сохраняется; если черновик уже есть, предлагается только то, что "
        "появилось в 1С или на портале."),
    MakeLabel("LABEL_HELP_FIELDS_LIST",
              "Shows the draft of the field mapping. As JSON it is the list of its "
              "entries; the whole draft with its filter is what fields filter ID "
              "--output json prints.",
              "Показывает черновик соответствия полей. В JSON — список его строк; "
              "черновик целиком, с фильтром, печатает fields filter ID --output json."),
    MakeLabel("LABEL_HELP_FIELDS_MAP",
              "Maps an attribute of 1C to a contact field in the draft.",
              "Сопоставляет реквизит 1С с полем контакта в черновике."),
    MakeLabel("LABEL_HELP_FIELDS_UNMAP", "Removes a contact field from the draft.",
              "Убирает поле контакта из черновика."),
    MakeLabel("LABEL_HELP_FIELDS_FILTER",
              "Says in the draft which guests are exported: those that meet all "
              "conditions. Without a condition it shows the filter; an exported guest "
              "who no longer meets it stays on the portal as he is.",
              "Задаёт в черновике, кого выгружать: гостей, у которых выполнены все "
              "условия. Без условия показывает фильтр; выгруженный гость, который его "
              "больше не проходит, остаётся на портале как есть."),
    MakeLabel("LABEL_HELP_FIELDS_DIFF",
              "Shows what a version of the field mapping does otherwise than an "
              "earlier one; without TO, what the draft does.",
              "Показывает, чем версия соответствия полей отличается от прежней; без "
              "второй версии — чем отличается черновик."),
    MakeLabel("LABEL_HELP_FIELDS_SAVE",
              "Saves the draft as a numbered version that the next runs use. "
              "Earlier versions stay.",
              "Сохраняет черновик как пронумерованную версию для следующих "
              "выгрузок. Прежние версии остаются."),
    MakeLabel("LABEL_HELP_FIELDS_VERSIONS", "Lists the versions of the field mapping.",
              "Показывает версии соответствия полей."),
    MakeLabel("LABEL_HELP_FIELDS_RESTORE",
              "Makes an earlier version of the field mapping the newest one.",
              "Делает прежнюю версию соответствия полей новейшей."),
    MakeLabel("LABEL_HELP_EVENTS_LOAD",
              "Loads the events that both sides know, and what each of them "
              "triggers.",
              "Загружает события, известные обеим сторонам, и что каждое из них "
              "вызывает."),
    MakeLabel("LABEL_HELP_EVENTS_LIST", "Shows the events and whether they are on.",
              "Показывает события и включены ли они."),
    MakeLabel("LABEL_HELP_EVENTS_ENABLE", "Turns an event on in the draft.",
              "Включает событие в черновике."),
    MakeLabel("LABEL_HELP_EVENTS_DISABLE",
              "Turns an event off in the draft. What it would trigger is then "
              "skipped.",
              "Выключает событие в черновике. То, что оно вызывало бы, будет "
              "пропускаться."),
    MakeLabel("LABEL_HELP_EVENTS_SAVE", "Saves which events are on, for the next runs.",
              "Сохраняет набор включённых событий для следующих выгрузок."),
    MakeLabel("LABEL_HELP_CLIENTS_MATCH",
              "Pairs clients of 1C with contacts that are already on the portal. "
              "Without --apply the pairs are proposals and nothing is written.",
              "Сопоставляет клиентов 1С с контактами, которые уже есть на портале. "
              "Без --apply пары только предлагаются и ничего не записывается."),
    MakeLabel("LABEL_HELP_CLIENTS_LIST", "Lists clients and how they stand.",
              "Показывает клиентов и их состояние."),
    MakeLabel("LABEL_HELP_CLIENTS_EXPLAIN",
              "Explains why a guest is, or is not, on the portal, and what the next "
              "run would do. Shows this guest's data.",
              "Объясняет, почему гость есть или отсутствует на портале и что "
              "сделает следующая выгрузка. Показывает данные этого гостя."),
    MakeLabel("LABEL_HELP_CLIENTS_RETRY",
              "Lets clients that failed be tried again by the next run. With none "
              "named, all of them.",
              "Разрешает следующей выгрузке повторить клиентов с ошибкой. Если "
              "никто не назван — всех."),
    MakeLabel(
        "LABEL_HELP_CLIENTS_DROP",
        "Drops clients that failed: they no longer count as missing and are not "
        "tried again until their data in 1C or the mapping changes. clients retry "
        "takes it back.",
        "Исключает клиентов с ошибкой: они больше не считаются недостающими и не "
        "повторяются, пока не изменятся их данные в 1С или соответствие полей. "
        "clients retry возвращает их."),
    MakeLabel("LABEL_HELP_CLIENTS_HISTORY",
              "What was done about one guest, newest first: when, by which run, with "
              "which version of the mapping, which fields of the contact were changed "
              "(no values). At most 100 entries a guest, kept for as long as "
              "integration update --keep-history says, 365d at first.",
              "Что делалось с одним гостем, сначала новое: когда, каким запуском, с "
              "какой версией соответствия полей, какие поля контакта изменены (без "
              "значений). Не более 100 записей на гостя; срок хранения задаёт "
              "integration update --keep-history, сначала 365d."),
    MakeLabel(
        "LABEL_HELP_CLIENTS_FORGET",
        "Erases a guest: all that the agent holds of it goes, and it is never "
        "exported again. Irrevocable. Only a hash stays, by which the guest is "
        "recognised. Refused while a run is under way and while a request about "
        "the guest is in doubt. Answers with a receipt: what was removed, and where "
        "data of the guest still is.",
        "Стирает гостя: всё, что хранит о нём агент, удаляется, и он больше "
        "никогда не выгружается. Необратимо. Остаётся только хеш, по которому гостя "
        "узнают. Отклоняется во время выгрузки и пока результат запроса по гостю "
        "неизвестен. Отвечает квитанцией: что удалено и где данные гостя ещё есть."),
    MakeLabel("LABEL_HELP_CLIENTS_LINK",
              "Links a client to a contact: your decision about an ambiguous pair. "
              "Refused when the contact does not exist, carries another guest's mark "
              "or is linked to another client, and while a run is under way. The next "
              "export marks the contact and brings it up to date.",
              "Связывает клиента с контактом: ваше решение о неоднозначной паре. "
              "Отклоняется, если контакта нет, если он несёт отметку другого гостя или "
              "связан с другим клиентом, а также во время выгрузки. Ближайшая выгрузка "
              "отметит контакт и обновит его."),
    MakeLabel("LABEL_HELP_CLIENTS_UNLINK",
              "Takes a client's link to its contact off. Nothing is written to the "
              "portal; the client waits (state AMBIGUOUS) and is not exported until "
              "you link it or say --new, so that no second contact appears by itself. "
              "Its old contact keeps its data; its mark goes when you decide.",
              "Снимает связь клиента с контактом. На портал ничего не пишется; клиент "
              "ждёт (состояние AMBIGUOUS) и не выгружается, пока вы не свяжете его или "
              "не укажете --new, поэтому второй контакт сам не появится. Прежний "
              "контакт сохраняет данные; отметка с него снимается, когда вы решите."),
    MakeLabel("LABEL_HELP_EXPORT_RUN",
              "Exports the changes of 1C to the portal. The first time that is "
              "every guest. With --wait the exit code is 0 when done, 7 when some "
              "clients failed, 1 when the run failed.",
              "Выгружает изменения из 1С на портал. В первый раз — всех гостей. С "
              "--wait код завершения 0 — выполнено, 7 — часть клиентов с ошибкой, 1 "
              "— выгрузка не выполнена."),
    MakeLabel(
        "LABEL_HELP_SETUP",
        "Sets an integration up by questions, in the manual's order. It tests as it "
        "goes and shows what the first export would do before it asks for a yes. "
        "Stopped, it goes on where it was. Answers may also come from a file, a "
        "line each.",
        "Настраивает интеграцию вопросами, в порядке руководства. Проверяет по "
        "ходу дела и показывает, что сделает первая выгрузка, прежде чем спросить "
        "согласия. Прерванная, продолжает с того же места. Ответы можно дать и "
        "файлом, по одному на строке."),
    MakeLabel("LABEL_HELP_SCHEDULE_SET",
              "Sets when the background job SyncBitrix24 exports, and turns it on.",
              "Задаёт, когда фоновое задание SyncBitrix24 выгружает изменения, и "
              "включает его."),
    MakeLabel("LABEL_HELP_SCHEDULE_GET", "Shows the schedule and its next time.",
              "Показывает расписание и следующий запуск."),
    MakeLabel("LABEL_HELP_SCHEDULE_PAUSE", "Stops the schedule from starting runs.",
              "Приостанавливает запуски по расписанию."),
    MakeLabel("LABEL_HELP_SCHEDULE_RESUME",
              "Lets the schedule start runs again. What was missed meanwhile is not "
              "made up for.",
              "Возобновляет запуски по расписанию. Пропущенные за это время не "
              "навёрстываются."),
    MakeLabel("LABEL_HELP_RUN_LIST", "Lists runs, newest first.",
              "Показывает запуски, сначала новые."),
    MakeLabel("LABEL_HELP_RUN_GET",
              "Shows one run: its counters, what it cost, who failed and why.",
              "Показывает один запуск: счётчики, затраты, у кого ошибка и почему."),
    MakeLabel("LABEL_HELP_RUN_SAMPLES",
              "Shows what a dry run would write of its first guests: what the contact "
              "has now, and what it would get. Nothing of it is kept.",
              "Показывает, что записал бы пробный запуск для первых гостей: что есть в "
              "контакте сейчас и что в нём будет. Эти данные нигде не сохраняются."),
    MakeLabel("LABEL_HELP_RUN_WATCH",
              "Watches a run until it has ended. Ctrl-C ends the watching only; the "
              "run goes on.",
              "Наблюдает за запуском до его окончания. Ctrl-C прекращает только "
              "наблюдение, сам запуск продолжается."),
    MakeLabel("LABEL_HELP_RUN_CANCEL", "Asks a run to stop at the next safe point.",
              "Просит запуск остановиться в ближайшей безопасной точке."),
    MakeLabel("LABEL_HELP_AGENT_LIST",
              "Lists the agents and whether they are connected.",
              "Показывает агентов и на связи ли они."),
    MakeLabel("LABEL_HELP_AGENT_GET",
              "Shows one agent: its version, its integrations and their settings.",
              "Показывает одного агента: версию, его интеграции и их настройки."),
    MakeLabel("LABEL_HELP_AGENT_CREATE",
              "Makes a join token, with which an agent gets its certificate: once, "
              "within an hour.",
              "Создаёт токен подключения, по которому агент получает сертификат: "
              "один раз, в течение часа."),
    MakeLabel("LABEL_HELP_AGENT_EVICT",
              "Makes an agent's certificate void and ends its connection. It may come "
              "back with a new join token.",
              "Отменяет сертификат агента и прерывает связь. Вернуться он может с "
              "новым токеном подключения."),
    MakeLabel("LABEL_HELP_AGENT_BAN",
              "Evicts an agent and refuses its name until it is unbanned.",
              "Отключает агента и не принимает его имя, пока запрет не снят."),
    MakeLabel("LABEL_HELP_AGENT_UNBAN", "Lifts a ban.", "Снимает запрет."),
    MakeLabel("LABEL_HELP_LEDGER_REBUILD",
              "Rebuilds the agent's ledger from the portal and 1C. For when it was "
              "lost or damaged.",
              "Строит реестр агента заново по порталу и 1С. Нужно, если реестр "
              "потерян или повреждён."),
    MakeLabel("LABEL_HELP_RECONCILE_RUN",
              "Compares ledger, 1C and portal and shows what differs. Without --apply "
              "nothing is written.",
              "Сверяет реестр, 1С и портал и показывает расхождения. Без --apply "
              "ничего не записывается."),
    MakeLabel("LABEL_HELP_STATUS",
              "Shows on one screen how everything stands and what to do.",
              "Показывает на одном экране, как обстоят дела и что делать."),
    MakeLabel("LABEL_ARGUMENT_ID",
              "Short name of the integration: small letters, digits, hyphens; e.g. "
              "main",
              "Короткое имя интеграции: строчные латинские буквы, цифры, дефис; "
              "например main"),
    MakeLabel("LABEL_ARGUMENT_SOURCE", "Name of the attribute in 1C, e.g. LastName",
              "Имя реквизита в 1С, например LastName"),
    MakeLabel("LABEL_ARGUMENT_TARGET", "Name of the contact field, e.g. LAST_NAME",
              "Имя поля контакта, например LAST_NAME"),
    MakeLabel("LABEL_ARGUMENT_VERSION", "Number of the version, see fields versions",
              "Номер версии, см. fields versions"),
    MakeLabel("LABEL_ARGUMENT_VERSION_TO",
              "Number of the other version; without it the draft",
              "Номер другой версии; без него — черновик"),
    MakeLabel("LABEL_ARGUMENT_FILTER",
              "Conditions with and between them: ATTRIBUTE = VALUE, !=, in (A, B), not "
              "in (A, B), is empty, is not empty",
              "Условия через and: РЕКВИЗИТ = ЗНАЧЕНИЕ, !=, in (А, Б), not in (А, Б), "
              "is empty, is not empty"),
    MakeLabel("LABEL_ARGUMENT_EVENT", "Name of the event, see events list",
              "Имя события, см. events list"),
    MakeLabel("LABEL_ARGUMENT_CLIENT", "Ref_Key of the client in 1C, or its code",
              "Ref_Key клиента в 1С или его код"),
    MakeLabel("LABEL_ARGUMENT_CLIENT_NAMED",
              "Ref_Key of the client in 1C, its code, a phone, an e-mail, or the "
              "contact's ID. Digits are a code first, then a contact, then a phone; "
              "code:, contact:, phone: or email: in front says which",
              "Ref_Key клиента в 1С, его код, телефон, e-mail или ID контакта. Цифры — "
              "сначала код, затем контакт, затем телефон; code:, contact:, phone: или "
              "email: впереди говорит, что именно"),
    MakeLabel("LABEL_ARGUMENT_CLIENTS_FAILED",
              "Ref_Keys or codes of clients in 1C that failed",
              "Ref_Key или коды клиентов в 1С с ошибкой"),
    MakeLabel("LABEL_ARGUMENT_CLIENTS",
              "Ref_Keys or codes of clients in 1C; none: all that failed",
              "Ref_Key или коды клиентов в 1С; не указаны — все с ошибкой"),
    MakeLabel("LABEL_ARGUMENT_CONTACT", "ID of the contact on the portal",
              "ID контакта на портале"),
    MakeLabel("LABEL_ARGUMENT_RUN", "Number of the run, see run list",
              "Номер запуска, см. run list"),
    MakeLabel("LABEL_ARGUMENT_AGENT_NEW", "Name of the agent, as in its --name",
              "Имя агента, как в его --name"),
    MakeLabel("LABEL_FLAG_AGENT_INTEGRATION",
              "An integration that it serves; may be repeated",
              "Интеграция, которую он обслуживает; можно повторять"),
    MakeLabel("LABEL_FLAG_JOIN_TOKEN_OUT", "File for the join token; - prints it",
              "Файл для токена подключения; - печатает его"),
    MakeLabel("LABEL_ARGUMENT_AGENT", "Name of the agent, see agent list",
              "Имя агента, см. agent list"),
    MakeLabel("LABEL_FLAG_SERVER",
              "Address of the guestbridge server (GUESTBRIDGE_SERVER); default "
              "127.0.0.1:7443",
              "Адрес сервера guestbridge (GUESTBRIDGE_SERVER); по умолчанию "
              "127.0.0.1:7443"),
    MakeLabel("LABEL_FLAG_PLAINTEXT",
              "Without TLS, for a server on this machine (GUESTBRIDGE_PLAINTEXT=1)",
              "Без TLS, для сервера на этом же компьютере (GUESTBRIDGE_PLAINTEXT=1)"),
    MakeLabel("LABEL_FLAG_TLS_CA",
              "CA certificate of the server: ca.pem of its data directory",
              "Сертификат центра сервера: ca.pem из его каталога данных"),
    MakeLabel("LABEL_FLAG_SERVER_NAME",
              "Name that the server's certificate must bear (GUESTBRIDGE_SERVER_NAME); "
              "default: the host of --server. A list of addresses needs it: --server "
              "ipv4:10.0.0.11:7443,10.0.0.12:7443. They are tried in order and the "
              "first that answers is kept; calls are not spread over them, because an "
              "agent's session lives at one server",
              "Имя, на которое выдан сертификат сервера (GUESTBRIDGE_SERVER_NAME); по "
              "умолчанию — хост из --server. Нужно для списка адресов: --server "
              "ipv4:10.0.0.11:7443,10.0.0.12:7443. Адреса пробуются по порядку, "
              "остаётся первый ответивший; вызовы по ним не распределяются: сеанс "
              "агента живёт на одном сервере"),
    MakeLabel("LABEL_EXPECTED_SERVER_LIST",
              "a list of addresses in numbers, each with its port: "
              "ipv4:10.0.0.11:7443,10.0.0.12:7443",
              "список адресов в цифрах, каждый с портом: "
              "ipv4:10.0.0.11:7443,10.0.0.12:7443"),
    MakeLabel("LABEL_EXPECTED_SERVER_NAME",
              "a host name or an IPv4 address, without a port: bridge.example",
              "имя хоста или адрес IPv4, без порта: bridge.example"),
    MakeLabel("LABEL_FLAG_TOKEN_FILE", "File with your access token",
              "Файл с вашим токеном доступа"),
    MakeLabel("LABEL_FLAG_OUTPUT", "How to print (GUESTBRIDGE_OUTPUT); default table",
              "Вид вывода (GUESTBRIDGE_OUTPUT); по умолчанию table"),
    MakeLabel("LABEL_FLAG_LANG", "Language (GUESTBRIDGE_LANG, else the locale)",
              "Язык (GUESTBRIDGE_LANG, иначе язык системы)"),
    MakeLabel("LABEL_FLAG_NO_COLOR", "No colours", "Без цвета"),
    MakeLabel("LABEL_FLAG_TIMEOUT",
              "How long one call may take, e.g. 2m; default 30s, or 180s where 1C "
              "or the portal is asked. Does not limit --wait",
              "Сколько может длиться один вызов, например 2m; по умолчанию 30s, а "
              "при обращении к 1С или порталу 180s. Не ограничивает --wait"),
    MakeLabel("LABEL_FLAG_DISPLAY_NAME", "Name for people, e.g. the hotel's",
              "Название для людей, например имя гостиницы"),
    MakeLabel("LABEL_FLAG_ON_DELETION_MARK",
              "What a deletion mark in 1C does: ignore (default) leaves the contact as "
              "it is, mark keeps it up to date and tells it the mark, delete moves it "
              "to the portal's recycle bin",
              "Что делает пометка на удаление в 1С: ignore (по умолчанию) — контакт "
              "остаётся как есть, mark — обновляется и получает пометку, delete — "
              "уходит в корзину портала"),
    MakeLabel(
        "LABEL_FLAG_ON_GONE_CONTACT",
        "When a contact is gone from the portal: recreate (default) links the one "
        "that took its data over or makes a new one, relink only links, ask "
        "leaves it to you, never leaves the guest out",
        "Если контакта не стало на портале: recreate (по умолчанию) — связать с "
        "тем, к кому перешли данные, или создать новый; relink — только связать; "
        "ask — решаете вы; never — больше не выгружать"),
    MakeLabel("LABEL_FLAG_ROBOTS",
              "For which new contacts robots start: new-guests (default) not for the "
              "first export and contacts made again; never; always",
              "На какие новые контакты запускаются роботы: new-guests (по умолчанию) — "
              "кроме первой выгрузки и созданных заново; never — ни на какие; always — "
              "на все"),
    MakeLabel("LABEL_FLAG_NAMELESS",
              "Guests without a name, phone and e-mail: skip (default), or export what "
              "else is filled",
              "Гости без имени, телефона и почты: skip (по умолчанию) — пропускать, "
              "export — выгружать остальное заполненное"),
    MakeLabel("LABEL_FLAG_STANDBY",
              "Agent that takes over when the one that serves is lost",
              "Агент, который подменит основного, если тот пропадёт"),
    MakeLabel("LABEL_FLAG_NO_STANDBY", "Nobody takes over", "Никто не подменяет"),
    MakeLabel("LABEL_FLAG_TYPE", "What is on the other side", "Что на другой стороне"),
    MakeLabel("LABEL_FLAG_INACTIVE", "Create it without activating it",
              "Создать, не включая"),
    MakeLabel("LABEL_FLAG_HOTEL", "Code or name of the hotel in 1C",
              "Код или наименование гостиницы в 1С"),
    MakeLabel("LABEL_FLAG_API_SERVER",
              "Host of the portal without http(s)://, e.g. riviera.bitrix24.ru",
              "Сервер портала без http(s)://, например riviera.bitrix24.ru"),
    MakeLabel("LABEL_FLAG_PORT", "Port of the portal; default 443",
              "Порт портала; по умолчанию 443"),
    MakeLabel("LABEL_FLAG_SSL", "Connect by TLS; obligatory",
              "Соединяться по TLS; обязательно"),
    MakeLabel("LABEL_FLAG_WEBHOOK_USER",
              "ID of the portal user who owns the inbound webhook",
              "ID пользователя портала — владельца входящего вебхука"),
    MakeLabel("LABEL_FLAG_WEBHOOK_SECRET_FILE",
              "File with the code of the webhook; - is standard input",
              "Файл с кодом вебхука; - означает стандартный ввод"),
    MakeLabel("LABEL_FLAG_CLIENT_ID", "client_id of the OAuth application",
              "client_id приложения OAuth"),
    MakeLabel("LABEL_FLAG_CLIENT_SECRET_FILE",
              "File with the application's client_secret; - is standard input",
              "Файл с client_secret приложения; - означает стандартный ввод"),
    MakeLabel("LABEL_FLAG_REFRESH_TOKEN_FILE",
              "File with the refresh token; - is standard input",
              "Файл с refresh-токеном; - означает стандартный ввод"),
    MakeLabel("LABEL_FLAG_SOURCE", "Kind of the source: onec-odata, jsonl",
              "Вид источника: onec-odata, jsonl"),
    MakeLabel("LABEL_FLAG_SOURCE_URL",
              "Publication of the 1C base, http(s)://HOST[:PORT]/BASE; for jsonl a "
              "folder of the agent's machine, file:///PATH",
              "Публикация базы 1С, http(s)://HOST[:PORT]/BASE; для jsonl — папка на "
              "машине агента, file:///PATH"),
    MakeLabel("LABEL_FLAG_SOURCE_USER", "User of 1C for the exchange; not for jsonl",
              "Пользователь 1С для обмена; для jsonl не нужен"),
    MakeLabel("LABEL_FLAG_SOURCE_PASSWORD_FILE",
              "File with this user's password; - is standard input",
              "Файл с паролем этого пользователя; - означает стандартный ввод"),
    MakeLabel("LABEL_FLAG_SOURCE_PROFILE",
              "Names of entities and attributes in 1C, and its quiet hours (in which "
              "nothing is written; reading goes on): a profile's name, or a file; "
              "default 1c-hotel",
              "Имена объектов и реквизитов в 1С и её тихие часы (в них ничего не "
              "записывается, чтение продолжается): имя профиля или файл; по умолчанию "
              "1c-hotel"),
    MakeLabel("LABEL_FLAG_AGENT",
              "Which agent does the work; default: the one it is assigned to; else, as "
              "long as no agent has a certificate, the only connected one, or the "
              "first that connects",
              "Какой агент работает; по умолчанию назначенный, а пока ни у одного "
              "агента нет сертификата, единственный подключённый или первый, который "
              "подключится"),
    MakeLabel("LABEL_FLAG_TARIFF",
              "Request limit of the portal's plan; default standard",
              "Лимит запросов по тарифу портала; по умолчанию standard"),
    MakeLabel("LABEL_FLAG_SETTLE_TIME",
              "How long a doubtful request may still be carried out by the portal, "
              "2s to 1h; default 120s, 15m for a box",
              "Сколько времени портал ещё может выполнять запрос с неизвестным "
              "исходом, от 2s до 1h; по умолчанию 120s, для коробки 15m"),
    MakeLabel("LABEL_FLAG_WRITE_BACK_RATE",
              "Ceiling of writes a second to 1C; default none",
              "Не больше стольких записей в секунду в 1С; по умолчанию без "
              "ограничения"),
    MakeLabel("LABEL_FLAG_SPREAD_IMPORTS",
              "Import by several methods once one has used up its operating time; "
              "default off",
              "Импортировать несколькими методами, когда один исчерпал время "
              "выполнения; по умолчанию выключено"),
    MakeLabel("LABEL_FLAG_DEFAULT_REGION",
              "Country of phones without a country code; default RU",
              "Страна для телефонов без кода страны; по умолчанию RU"),
    MakeLabel(
        "LABEL_FLAG_KEEP_RUNS",
        "How long runs and their failures are kept, 1d to 3650d, or default (400d)",
        "Сколько хранить запуски с их ошибками, от 1d до 3650d или default (400d)"),
    MakeLabel("LABEL_FLAG_KEEP_FAILURES",
              "How long a run lists who failed, 1d to 3650d, or default (as long as "
              "the run is kept)",
              "Сколько запуск хранит список тех, у кого ошибка, от 1d до 3650d "
              "или default (пока хранится сам запуск)"),
    MakeLabel("LABEL_FLAG_KEEP_QUARANTINE",
              "How long the agent keeps a refused guest who has no contact and whom 1C "
              "no longer shows, 1d to 3650d, or default (for ever)",
              "Сколько агент помнит гостя, который получил отказ, не имеет контакта и "
              "больше не виден в 1С, от 1d до 3650d или default (всегда)"),
    MakeLabel(
        "LABEL_FLAG_KEEP_HISTORY",
        "How long the agent keeps what was done about each client, 1d to 3650d, "
        "or default (365d)",
        "Сколько агент хранит историю каждого клиента, от 1d до 3650d или default "
        "(365d)"),
    MakeLabel("LABEL_FLAG_NEW_PORTAL",
              "It is another portal, on purpose: the contact IDs of the one before are "
              "forgotten",
              "Это намеренно другой портал: ID контактов прежнего будут забыты"),
    MakeLabel("LABEL_FLAG_TRANSFORM",
              "Transform the value on its way; may be given several times",
              "Преобразовать значение по пути; можно указать несколько раз"),
    MakeLabel("LABEL_FLAG_POLICY",
              "When the field of an existing contact is written: overwrite (default), "
              "fill-empty, create-only",
              "Когда записывать поле существующего контакта: overwrite (по умолчанию), "
              "fill-empty — если пусто, create-only — никогда"),
    MakeLabel("LABEL_FLAG_WHEN_EMPTY",
              "What an empty value in 1C does: clear (default) or keep",
              "Что делает пустое значение в 1С: clear — очищает (по умолчанию), keep — "
              "оставляет"),
    MakeLabel("LABEL_FLAG_CLEAR_FILTER", "Export all guests again",
              "Снова выгружать всех гостей"),
    MakeLabel("LABEL_FLAG_DELETE_CONTACT",
              "Delete the contacts that carry the guest's mark, too",
              "Удалить и контакты с отметкой гостя"),
    MakeLabel("LABEL_FLAG_NEW_CONTACT",
              "Of a client that waits for a decision: it is none of the contacts, make "
              "a new one with the next export",
              "Для клиента, который ждёт решения: ни один контакт не его, создать "
              "новый при ближайшей выгрузке"),
    MakeLabel("LABEL_FLAG_APPLY",
              "Accept all unambiguous pairs and mark their contacts",
              "Принять все однозначные пары и отметить их контакты"),
    MakeLabel("LABEL_FLAG_APPLY_REPAIRS",
              "Mend what was found; doubled contacts are only reported",
              "Исправить найденное; о двойниках только сообщается"),
    MakeLabel("LABEL_FLAG_WAIT", "Wait until the run has ended", "Дождаться окончания"),
    MakeLabel("LABEL_FLAG_WAIT_WRITE_BACK",
              "Wait until the contact IDs are in 1C as well",
              "Дождаться, пока и ID контактов будут записаны в 1С"),
    MakeLabel("LABEL_FLAG_SETTLE",
              "Wait until no request is in doubt any more: the run ends only then",
              "Ждать, пока не останется запросов под вопросом: запуск закончится "
              "только тогда"),
    MakeLabel("LABEL_FLAG_FULL",
              "Read the whole base and compare, whatever the change history says",
              "Прочитать и сравнить всю базу независимо от истории изменений"),
    MakeLabel("LABEL_FLAG_DRY_RUN",
              "Decide everything, write nothing: who would be sent, who would not and "
              "why, how long it would take",
              "Всё рассчитать, ничего не записывать: кто попадёт на портал, кто нет и "
              "почему, сколько это займёт"),
    MakeLabel(
        "LABEL_FLAG_PLAN",
        "Do what this plan of a dry run says, or nothing when settings or guests "
        "have changed since",
        "Сделать то, что показала пробная выгрузка с этим планом, или ничего, если "
        "настройки или гости с тех пор изменились"),
    MakeLabel("LABEL_FLAG_GUARD",
              "Whether a run that would change too many contacts is stopped: on "
              "(default) or off",
              "Останавливать ли выгрузку, которая изменила бы слишком много контактов: "
              "on (по умолчанию) или off"),
    MakeLabel("LABEL_FLAG_GUARD_CONTACTS",
              "So many contacts a run may always change, make again or delete, or "
              "default (25000)",
              "Столько контактов выгрузка может изменить, создать снова или удалить "
              "всегда, или default (25000)"),
    MakeLabel("LABEL_FLAG_GUARD_PERCENT",
              "… and so many of every hundred that are linked, or default (10)",
              "… и столько из каждых ста связанных, или default (10)"),
    MakeLabel("LABEL_FLAG_BEYOND_GUARD",
              "Change however many contacts there are to change",
              "Изменить столько контактов, сколько потребуется, без ограничения"),
    MakeLabel("LABEL_FLAG_BEYOND_GUARD_PAIRS",
              "With --apply: mark however many contacts there are to mark",
              "Вместе с --apply: отметить столько контактов, сколько потребуется, без "
              "ограничения"),
    MakeLabel("LABEL_FLAG_RESEND",
              "Guests who are exported already: changed (default) writes what differs "
              "in 1C, all also what differs on the portal, none leaves them",
              "Уже выгруженные гости: changed (по умолчанию) — записать то, что "
              "изменилось в 1С, all — и то, что изменилось на портале, none — не "
              "трогать"),
    MakeLabel("LABEL_FLAG_SAVE_DRY_RUN",
              "Save nothing; say what the next export would do with this draft",
              "Ничего не сохранять; показать, что сделала бы ближайшая выгрузка с этим "
              "черновиком"),
    MakeLabel("LABEL_FLAG_LAST_MATCH",
              "Only clients of which the last match said: all (anything), matched, "
              "ambiguous, new",
              "Только клиенты с таким итогом последнего сопоставления: all (любой), "
              "matched, ambiguous, new"),
    MakeLabel("LABEL_FLAG_BY_REASON", "Grouped by reason, with counts and remedies",
              "По причинам, с количеством и тем, что делать"),
    MakeLabel("LABEL_FLAG_STATE",
              "Only clients in this state: QUEUED, EXPORTED, IN_DOUBT, FAILED, "
              "SKIPPED, PROPOSED, AMBIGUOUS, ERASED",
              "Только клиенты в этом состоянии: QUEUED, EXPORTED, IN_DOUBT, FAILED, "
              "SKIPPED, PROPOSED, AMBIGUOUS, ERASED"),
    MakeLabel("LABEL_FLAG_CRON",
              "Minute, hour, day, month, weekday, e.g. '0 3 * * *' for 03:00 each "
              "day",
              "Минута, час, день, месяц, день недели; например '0 3 * * *' — каждый "
              "день в 03:00"),
    MakeLabel("LABEL_FLAG_TIMEZONE", "Time zone, e.g. Europe/Moscow",
              "Часовой пояс, например Europe/Moscow"),
    MakeLabel("LABEL_FLAG_CHECK",
              "Exit code 1 when something needs a person: for cron and monitoring",
              "Код завершения 1, если нужно вмешательство человека: для cron и "
              "мониторинга"),
};
// clang-format on

}  // namespace

absl::Span<const ReasonText> CommandHelp() { return kHelp; }

}  // namespace guestbridge::text_areas
