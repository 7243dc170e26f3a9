#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

constexpr ReasonText kTexts[] = {
    {"TOKEN_MISSING", kUnauthenticated, "The call carries no API token.",
     "В обращении нет токена доступа к серверу.",
     "Give a token with --token-file. An administrator of the server makes one: "
     "guestbridge-server token create.",
     "Передайте токен параметром --token-file. Его создаёт администратор сервера: "
     "guestbridge-server token create."},
    {"TOKEN_UNKNOWN", kUnauthenticated, "The server does not know this API token.",
     "Сервер не знает такого токена доступа.",
     "Check the token file, and that the token was made for this server.",
     "Проверьте файл с токеном и то, что токен создан для этого сервера."},
    {"TOKEN_EXPIRED", kUnauthenticated, "The token {token} expired at {time}.",
     "Срок токена {token} истёк {time}.",
     "Ask an administrator for a new one: guestbridge token create, or guestbridge "
     "token "
     "rotate in time.",
     "Попросите администратора о новом: guestbridge token create, а до истечения срока "
     "— "
     "guestbridge token rotate."},
    {"TOKEN_REVOKED", kUnauthenticated, "The token {token} was revoked at {time}.",
     "Токен {token} отозван {time}.",
     "Ask an administrator of the server why, and for a new one.",
     "Спросите администратора сервера о причине и попросите новый токен."},
    {"ROLE_MISSING", kDenied,
     "{method} needs the role \"{role_needed}\" on {object}; this caller has: {role}.",
     "Для {method} нужна роль «{role_needed}» на {object}, а есть: {role}.",
     "Use a token of that role there (integrations/- is everything). An administrator "
     "of "
     "the server makes one: guestbridge token create NAME --role {role_needed}.",
     "Возьмите токен с этой ролью там (integrations/- — это всё). Его создаёт "
     "администратор сервера: guestbridge token create ИМЯ --role {role_needed}."},
    {"AGENT_NAME_FOREIGN", kDenied,
     "These credentials are those of the agent {agent}; it calls itself \"{name}\".",
     "Это учётные данные агента {agent}, а он называет себя «{name}».",
     "Start the agent with --name {agent}, or give it credentials of its own.",
     "Запустите агента с --name {agent} или выдайте ему собственные учётные данные."},
    {"ROLE_UNKNOWN", kInvalid, "There is no role \"{role}\".",
     "Роль «{role}» неизвестна.",
     "Give viewer, operator, external-systems-integration, admin or agent.",
     "Укажите viewer, operator, external-systems-integration, admin или agent."},
    {"TOKEN_NAME_INVALID", kInvalid,
     "The name of the token is longer than 200 bytes or has control characters.",
     "Имя токена длиннее 200 байт или содержит управляющие символы.",
     "Give a shorter name of plain text.", "Укажите имя короче, обычным текстом."},
    {"AUDIT_NOT_WRITTEN", kUnavailable,
     "The audit could not be written, so nothing was done.",
     "Не удалось записать в журнал аудита, поэтому ничего не сделано.",
     "Try again in a minute. If it stays so, look into the server's log: its database "
     "does not take writes.",
     "Повторите через минуту. Если не помогло, посмотрите журнал сервера: база данных "
     "не принимает записи."},
    {"AUDIT_OUTCOME_UNKNOWN", kInvalid, "There is no such outcome of an audit record.",
     "Такого исхода записи аудита нет.", "Give ALLOWED or DENIED, or none.",
     "Укажите ALLOWED или DENIED либо не указывайте ничего."},
    {"AUDIT_RECORD_NEWER", kPrecondition,
     "The audit is whole up to the record before {record}. That one holds what this "
     "server does not know: a server of a later version wrote it, or somebody "
     "changed it.",
     "Журнал аудита цел до записи, предшествующей записи {record}. В ней есть то, чего "
     "этот сервер не знает: её сделал сервер более новой версии, или её кто-то "
     "изменил.",
     "Ask a server of the later version: guestbridge audit verify --server HOST:PORT. "
     "If "
     "there is none, the record was changed.",
     "Проверьте через сервер более новой версии: guestbridge audit verify --server "
     "HOST:PORT. Если такого сервера нет, запись изменили."},
    {"TOKEN_GRANTS_INVALID", kInvalid,
     "A token needs a role, on everything or on named integrations; the role agent "
     "stands "
     "alone and on everything, and only it names an agent.",
     "Токену нужна роль — на всё или на названные интеграции; роль agent бывает только "
     "одна и на всё, и только с ней указывают агента.",
     "Give --role, and --integration or --agent where they fit.",
     "Укажите --role и, где это уместно, --integration или --agent."},
    {"TOKEN_LIFETIME_INVALID", kInvalid, "A token lives from a minute to 3650 days.",
     "Токен действует от минуты до 3650 дней.", "Give such a time, e.g. 365d.",
     "Укажите такой срок, например 365d."},
    {"TOKEN_OVERLAP_INVALID", kInvalid,
     "The token before lives on for 30 days at most.",
     "Прежний токен действует ещё не дольше 30 дней.", "Give a time up to 30d.",
     "Укажите срок до 30d."},
    {"TOKEN_NOT_FOUND", kNotFound, "There is no token \"{token}\".",
     "Токена «{token}» нет.", "See which there are: guestbridge token list.",
     "Посмотрите, какие есть: guestbridge token list."},
    {"TOKEN_ENDED", kPrecondition, "The token {token} has expired or was revoked.",
     "Срок токена {token} истёк, или он отозван.",
     "Make a new one: guestbridge token create.",
     "Создайте новый: guestbridge token create."},
    {"LAST_ADMIN_TOKEN", kPrecondition,
     "{token} is the last token with which everything can be administered.",
     "{token} — последний токен, которым можно управлять всем.",
     "Make another with guestbridge token create first, or say --last: then only "
     "guestbridge-server token create makes one.",
     "Сначала создайте другой (guestbridge token create) или укажите --last: тогда "
     "новый "
     "создаст только guestbridge-server token create."},
    {"FIRST_ADMIN_TOKEN", kOk,
     "This server had no administrator's token yet: one with which everything is "
     "administered stands in {file}.",
     "У сервера ещё не было токена администратора: токен, которым можно управлять "
     "всем, лежит в "
     "{file}.",
     "Give it to the command line tool with --token-file, and the server's authority "
     "with "
     "--tls-ca: ca.pem in the same folder, unless the server has a certificate of "
     "yours. "
     "This is said once.",
     "Передайте его утилите параметром --token-file, а центр сертификации сервера — "
     "параметром --tls-ca: это ca.pem в той же папке, если у сервера нет вашего "
     "сертификата. Больше это сообщение не появится."},
    {"LISTEN_SOCKET_UNSAFE", kPrecondition,
     "The server cannot listen on the socket {file}: {detail}.",
     "Сервер не может слушать сокет {file}: {detail}.",
     "Give a folder that exists and that only the program's user may write.",
     "Укажите существующую папку, в которую может писать только пользователь "
     "программы."},
};

}  // namespace

absl::Span<const ReasonText> Identity() { return kTexts; }

}  // namespace guestbridge::text_areas
