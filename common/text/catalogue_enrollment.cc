#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

constexpr ReasonText kTexts[] = {
    {"AGENT_EVICTED", kUnauthenticated,
     "The agent \"{agent}\" was evicted; its certificate is void.",
     "Агент «{agent}» отключён администратором; его сертификат недействителен.",
     "If it may come back: guestbridge agent create {agent} --out FILE, then start it "
     "with --join-token-file FILE on the same data directory.",
     "Если агент может вернуться: guestbridge agent create {agent} --out ФАЙЛ, затем "
     "запустите его с --join-token-file ФАЙЛ на том же каталоге данных."},
    {"AGENT_BANNED", kDenied, "The agent \"{agent}\" is banned.",
     "Агент «{agent}» заблокирован.",
     "An administrator of the server lifts it: guestbridge agent unban {agent}.",
     "Блокировку снимает администратор сервера: guestbridge agent unban {agent}."},
    {"AGENT_HAS_CERTIFICATE", kDenied,
     "The agent \"{agent}\" has joined with a certificate; an API token that is for "
     "any "
     "agent cannot take its name.",
     "Агент «{agent}» подключён с сертификатом; токен доступа, выданный не ему лично, "
     "не даёт его имени.",
     "Start it without --token-file on its own data directory, or join anew: "
     "guestbridge agent create {agent} --out FILE. For a token of its own: guestbridge "
     "token create NAME --role agent --agent {agent}.",
     "Запустите его без --token-file на его каталоге данных или подключите заново: "
     "guestbridge agent create {agent} --out ФАЙЛ. Для личного токена: guestbridge "
     "token create ИМЯ --role agent --agent {agent}."},
    {"AGENT_NOT_ENROLLED", kPrecondition,
     "The agent \"{agent}\" has neither a certificate nor a join token.",
     "У агента «{agent}» нет ни сертификата, ни токена подключения.",
     "If it works with an API token, revoke that token, or ban the agent: guestbridge "
     "agent ban {agent}.",
     "Если он работает с токеном доступа, отзовите токен или заблокируйте агент: "
     "guestbridge agent ban {agent}."},
    {"CERTIFICATE_UNKNOWN", kUnauthenticated,
     "The certificate shown is not the one that the agent \"{agent}\" was given last "
     "by "
     "this server.",
     "Предъявленный сертификат — не тот, что сервер последним выдал агенту «{agent}».",
     "Check that the agent talks to its own server. To join anew: guestbridge agent "
     "create {agent} --out FILE, then start it with --join-token-file FILE.",
     "Проверьте, что агент обращается к своему серверу. Чтобы подключить заново: "
     "guestbridge agent create {agent} --out ФАЙЛ, затем запустите агент с "
     "--join-token-file ФАЙЛ."},
    {"CERTIFICATE_OUTDATED", kUnauthenticated,
     "The certificate of the agent \"{agent}\" has expired.",
     "Срок сертификата агента «{agent}» истёк.",
     "Join anew, ledger and data stay: guestbridge agent create {agent} --out FILE, "
     "then start the agent with --join-token-file FILE.",
     "Подключите заново, журнал и данные сохранятся: guestbridge agent create {agent} "
     "--out ФАЙЛ, затем запустите агент с --join-token-file ФАЙЛ."},
    {"CERTIFICATE_NOT_RENEWED", absl::StatusCode::kOk,
     "The certificate of the agent \"{agent}\" ends at {time} and could not be renewed "
     "so "
     "far.",
     "Сертификат агента «{agent}» действует до {time}, и продлить его пока не удалось.",
     "See the agent's log (certificate_not_renewed). Once it has ended: guestbridge "
     "agent create {agent} --out FILE.",
     "Посмотрите журнал агента (certificate_not_renewed). Когда срок истечёт: "
     "guestbridge agent create {agent} --out ФАЙЛ."},
    {"CERTIFICATE_NOT_YET_VALID", kUnauthenticated,
     "The certificate of the agent \"{agent}\" is not valid yet.",
     "Срок действия сертификата агента «{agent}» ещё не начался.",
     "Set the clock of the server right.", "Исправьте часы сервера."},
    {"CERTIFICATE_MISSING", kUnauthenticated,
     "The call came without a client certificate.",
     "Обращение пришло без клиентского сертификата.",
     "Give the certificate that this server asks for. An agent joins with "
     "--join-token-file.",
     "Предъявите сертификат, которого требует сервер. Агент подключается с "
     "--join-token-file."},
    {"CERTIFICATE_OF_ANOTHER_CA", kUnauthenticated,
     "The certificate shown was not issued by a CA that this server takes callers "
     "from.",
     "Предъявленный сертификат выдан не тем центром, чьи сертификаты принимает сервер.",
     "Give a certificate that a CA of the file --client-ca signed itself: a CA below "
     "it, "
     "or beside it under the same root, does not count.",
     "Предъявите сертификат, подписанный самим центром из файла --client-ca: центр под "
     "ним или рядом с ним, под тем же корнем, не считается."},
    {"JOIN_TOKEN_UNKNOWN", kUnauthenticated,
     "The server knows no such join token for the agent \"{agent}\".",
     "Сервер не знает такого токена подключения для агента «{agent}».",
     "Check --name and the file: a token is for one name, and a newer one replaces it. "
     "Make one: guestbridge agent create {agent} --out FILE.",
     "Проверьте --name и файл: токен годится для одного имени, а новый отменяет "
     "прежний. Создать токен: guestbridge agent create {agent} --out ФАЙЛ."},
    {"JOIN_TOKEN_USED", kUnauthenticated,
     "The join token of the agent \"{agent}\" was used already.",
     "Токен подключения агента «{agent}» уже использован.",
     "If it was not you who used it, evict the agent: guestbridge agent evict {agent}. "
     "Then make a new token: guestbridge agent create {agent} --out FILE.",
     "Если использовали его не вы, отключите агент: guestbridge agent evict {agent}. "
     "Затем создайте новый токен: guestbridge agent create {agent} --out ФАЙЛ."},
    {"JOIN_TOKEN_EXPIRED", kUnauthenticated,
     "The join token of the agent \"{agent}\" is older than an hour.",
     "Токену подключения агента «{agent}» больше часа.",
     "Make a new one: guestbridge agent create {agent} --out FILE.",
     "Создайте новый: guestbridge agent create {agent} --out ФАЙЛ."},
    {"SIGNING_REQUEST_INVALID", kInvalid,
     "The request for a certificate is no PKCS#10 request signed by its own key.",
     "Запрос сертификата — не запрос PKCS#10, подписанный собственным ключом.",
     "Send a PEM request, as openssl req -new makes it.",
     "Пришлите запрос в формате PEM, какой делает openssl req -new."},
    {"SIGNING_REQUEST_KEY_WEAK", kInvalid,
     "The key in the request for a certificate is too weak.",
     "Ключ в запросе сертификата слишком слабый.",
     "Use EC P-256 or P-384, Ed25519, or RSA of at least 2048 bits.",
     "Возьмите EC P-256 или P-384, Ed25519 или RSA от 2048 бит."},
    {"SIGNING_REQUEST_NAME_FOREIGN", kInvalid,
     "The request asks for another name than \"{agent}\".",
     "Запрос просит сертификат на другое имя, не «{agent}».",
     "Leave names out of the request: the server writes them itself.",
     "Не указывайте имён в запросе: сервер пишет их сам."},
    {"SIGNING_REQUEST_FOR_AUTHORITY", kInvalid,
     "The request asks for the right to sign certificates.",
     "Запрос просит право подписывать сертификаты.",
     "Leave basicConstraints and keyUsage out of the request.",
     "Уберите из запроса basicConstraints и keyUsage."},
    {"ENROLLMENT_NEEDS_TLS", kPrecondition,
     "This server runs with --plaintext and gives agents no certificates.",
     "Сервер работает с --plaintext и не выдаёт агентам сертификатов.",
     "Start the server without --plaintext.", "Запустите сервер без --plaintext."},
    {"AGENT_AUTHORITY_NOT_SHARED", kPrecondition,
     "On PostgreSQL all servers must share one authority for agents' certificates, and "
     "this one was given none.",
     "На PostgreSQL у всех серверов должен быть общий центр сертификации агентов, а "
     "этому серверу он не указан.",
     "Start every server with the same --agent-ca-cert and --agent-ca-key.",
     "Запустите все серверы с одними и теми же --agent-ca-cert и --agent-ca-key."},
    {"AGENT_AUTHORITY_INCOMPLETE", kInvalid,
     "--agent-ca-cert and --agent-ca-key belong together, and exclude --plaintext.",
     "--agent-ca-cert и --agent-ca-key указывают вместе и без --plaintext.",
     "Give both or neither.", "Укажите оба параметра или ни одного."},
    {"AGENT_AUTHORITY_UNUSABLE", kPrecondition,
     "{file} holds no certificate authority that could sign agents' certificates.",
     "В {file} нет центра сертификации, который мог бы подписывать сертификаты "
     "агентов.",
     "The certificate must be a CA's, not be expired, and belong to the key; the key "
     "has no passphrase.",
     "Нужен действующий сертификат центра сертификации и его ключ без пароля."},
    {"AGENT_CERTIFICATE_LIFE_INVALID", kInvalid,
     "\"{value}\" cannot be the life of an agent's certificate.",
     "«{value}» не может быть сроком сертификата агента.",
     "Give a duration from 1m to 2160h, e.g. 168h.",
     "Укажите срок от 1m до 2160h, например 168h."},
    {"INTEGRATION_OF_ANOTHER_AGENT", kPrecondition,
     "The connection of \"{integration}\" names the agent \"{other}\".",
     "В подключении «{integration}» указан агент «{other}».",
     "Name the new one first: guestbridge connection set {integration} … --agent "
     "{agent}.",
     "Сначала укажите новый: guestbridge connection set {integration} … --agent "
     "{agent}."},
    {"CERTIFICATE_FILE_UNUSABLE", kPrecondition,
     "The file {file} holds no certificate with its key.",
     "В файле {file} нет сертификата с его ключом.",
     "Remove it and join anew: guestbridge agent create NAME --out FILE, then start "
     "the "
     "agent with --join-token-file FILE.",
     "Удалите его и подключите агент заново: guestbridge agent create ИМЯ --out ФАЙЛ, "
     "затем запустите агент с --join-token-file ФАЙЛ."},
};

}  // namespace

absl::Span<const ReasonText> Enrollment() { return kTexts; }

}  // namespace guestbridge::text_areas
