#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
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
    {"ROLE_MISSING", kDenied,
     "{method} needs the role \"{role_needed}\"; this token has \"{role}\".",
     "Для {method} нужна роль «{role_needed}», а у токена роль «{role}».",
     "Use a token of that role. An administrator of the server makes one: "
     "guestbridge-server token create --role {role_needed}.",
     "Возьмите токен с этой ролью. Его создаёт администратор сервера: "
     "guestbridge-server token create --role {role_needed}."},
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
};

}  // namespace

absl::Span<const ReasonText> Identity() { return kTexts; }

}  // namespace guestbridge::text_areas
