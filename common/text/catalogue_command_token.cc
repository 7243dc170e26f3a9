#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr ReasonText kTokenLabels[] = {
    MakeLabel(
        "LABEL_HELP_TOKEN_CREATE",
        "Makes a token for a person, a service or an agent. It is written to the "
        "file and shown nowhere else. Who administers one integration makes "
        "tokens for that one only.",
        "Создаёт токен для человека, сервиса или агента. Он записывается в файл и "
        "больше нигде не показывается. Администратор одной интеграции создаёт "
        "токены только для неё."),
    MakeLabel("LABEL_HELP_TOKEN_LIST", "Lists the tokens that you administer.",
              "Показывает токены, которыми вы управляете."),
    MakeLabel("LABEL_HELP_TOKEN_GET", "Shows one token: its rights, its end, its use.",
              "Показывает один токен: права, срок, использование."),
    MakeLabel("LABEL_HELP_TOKEN_ROTATE",
              "Writes a new token with the same rights to the file. The one before "
              "lives on for a while, so that its holder can change over.",
              "Записывает в файл новый токен с теми же правами. Прежний ещё некоторое "
              "время действует, чтобы владелец успел перейти на новый."),
    MakeLabel("LABEL_HELP_TOKEN_REVOKE",
              "Ends a token at once, and what is open with it.",
              "Отзывает токен сразу и прерывает всё, что с ним открыто."),
    MakeLabel("LABEL_ARGUMENT_TOKEN", "The token, see token list",
              "Токен, см. token list"),
    MakeLabel("LABEL_ARGUMENT_TOKEN_NAME", "Whose it is, for people",
              "Чей он, для людей"),
    MakeLabel("LABEL_FLAG_TOKEN_ROLE", "What its holder may do",
              "Что разрешено владельцу"),
    MakeLabel("LABEL_FLAG_TOKEN_INTEGRATION",
              "Only there; may be repeated. Default: on everything",
              "Только там; можно повторять. По умолчанию — на всё"),
    MakeLabel("LABEL_FLAG_TOKEN_AGENT",
              "Role agent: the one agent whose it is; default: any agent's",
              "Роль agent: чей это токен; по умолчанию годится любому агенту"),
    MakeLabel("LABEL_FLAG_TOKEN_EXPIRES",
              "How long it lives, e.g. 90d, at most 3650d; default: 365d, on rotate as "
              "long as before",
              "Срок действия, например 90d, не больше 3650d; по умолчанию 365d, при "
              "rotate — прежний"),
    MakeLabel("LABEL_FLAG_TOKEN_OUT",
              "The file that the token is written to, for its owner alone; - is "
              "standard output",
              "Файл для токена, доступный только владельцу; - — стандартный вывод"),
    MakeLabel(
        "LABEL_FLAG_TOKEN_OVERLAP",
        "How long the token before lives on, up to 30d; 0: not at all; default: "
        "24h",
        "Сколько ещё действует прежний токен, до 30d; 0 — нисколько; по умолчанию "
        "24h"),
    MakeLabel("LABEL_FLAG_TOKEN_LAST",
              "Also when it is the last one that administers everything",
              "Даже если это последний токен, которым можно управлять всем"),
    MakeLabel("LABEL_TOKEN_MADE", "Token {token} is in {file}",
              "Токен {token} записан в {file}"),
    MakeLabel("LABEL_TOKEN_ROTATED", "The new token {token} is in {file}",
              "Новый токен {token} записан в {file}"),
    MakeLabel("LABEL_TOKEN_IS", "Token {token}", "Токен {token}"),
    MakeLabel("LABEL_TOKEN_IS_REVOKED", "Token {token} is revoked",
              "Токен {token} отозван"),
    MakeLabel("LABEL_TOKENS_FOUND", "Tokens: {count}", "Токенов: {count}"),
    MakeLabel("LABEL_EVERYTHING", "everything", "всё"),
    MakeLabel("LABEL_TOKEN_WHOSE", "Whose", "Чей"),
    MakeLabel("LABEL_TOKEN_STATE", "State", "Состояние"),
    MakeLabel("LABEL_TOKEN_GRANTS", "May", "Права"),
    MakeLabel("LABEL_TOKEN_AGENT", "Agent", "Агент"),
    MakeLabel("LABEL_TOKEN_CREATED", "Created", "Создан"),
    MakeLabel("LABEL_TOKEN_EXPIRES", "Expires", "Действует до"),
    MakeLabel("LABEL_TOKEN_USED", "Last used", "Последний раз"),
    MakeLabel("LABEL_TOKEN_REVOKED_AT", "Revoked", "Отозван"),
    MakeLabel("LABEL_TOKEN_PREVIOUS", "The one before lives until",
              "Прежний действует до"),
    MakeLabel("LABEL_TOKEN_STATE_ACTIVE", "valid", "действует"),
    MakeLabel("LABEL_TOKEN_STATE_EXPIRED", "expired", "истёк"),
    MakeLabel("LABEL_TOKEN_STATE_REVOKED", "revoked", "отозван"),
    MakeLabel("LABEL_HEAD_TOKEN", "TOKEN", "ТОКЕН"),
    MakeLabel("LABEL_HEAD_TOKEN_WHOSE", "WHOSE", "ЧЕЙ"),
    MakeLabel("LABEL_HEAD_TOKEN_EXPIRES", "EXPIRES", "ДО"),
    MakeLabel("LABEL_HEAD_TOKEN_GRANTS", "MAY", "ПРАВА"),
    MakeLabel("LABEL_NEXT_TOKEN_LIST", "All of them: guestbridge token list",
              "Все токены: guestbridge token list"),
    MakeLabel("LABEL_NEXT_TOKEN_GET", "More about one: guestbridge token get TOKEN",
              "Подробнее об одном: guestbridge token get ТОКЕН"),
};

}  // namespace

absl::Span<const ReasonText> CommandTokenLabels() { return kTokenLabels; }

}  // namespace guestbridge::text_areas
