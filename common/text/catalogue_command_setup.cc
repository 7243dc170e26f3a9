#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr ReasonText kSetupLabels[] = {
    MakeLabel(
        "LABEL_SETUP_BEGINS",
        "Setting up {id}. Enter alone takes the answer in brackets. What is done "
        "is kept by the server: you may stop with Ctrl-C and go on later.",
        "Настройка {id}. Клавиша Enter без ответа берёт ответ в скобках. Сделанное "
        "хранит сервер: можно прервать (Ctrl-C) и продолжить позже."),
    MakeLabel("LABEL_SETUP_STEP", "Step {step} of {steps}: {title}",
              "Шаг {step} из {steps}: {title}"),
    MakeLabel("LABEL_SETUP_STEP_INTEGRATION", "the integration", "интеграция"),
    MakeLabel("LABEL_SETUP_STEP_CONNECTION", "connection settings",
              "настройки соединения"),
    MakeLabel("LABEL_SETUP_STEP_FIELDS", "fields", "поля"),
    MakeLabel("LABEL_SETUP_STEP_EVENTS", "events", "события"),
    MakeLabel("LABEL_SETUP_STEP_MATCH", "matching clients with contacts",
              "сопоставление клиентов с контактами"),
    MakeLabel("LABEL_SETUP_STEP_EXPORT", "the first export", "первая выгрузка"),
    MakeLabel("LABEL_SETUP_STEP_SCHEDULE", "the background job SyncBitrix24",
              "фоновое задание SyncBitrix24"),
    MakeLabel(
        "LABEL_SETUP_STOPPED",
        "Stopped at step {step} of {steps}: {title}. What was done before stays.",
        "Остановлено на шаге {step} из {steps}: {title}. Всё, что сделано раньше, "
        "сохранено."),
    MakeLabel("LABEL_SETUP_GO_ON", "To go on: guestbridge setup {id}",
              "Продолжить: guestbridge setup {id}"),
    MakeLabel("LABEL_SETUP_DONE", "{id} is set up.", "{id}: настройка закончена."),

    MakeLabel("LABEL_ANSWER_NEEDED", "An answer is needed here.", "Здесь нужен ответ."),
    MakeLabel("LABEL_ANSWER_NUMBER", "A number from {least} to {most}, please.",
              "Нужно число от {least} до {most}."),
    MakeLabel("LABEL_ANSWER_TIME", "A time from 00:00 to 23:59, or a cron, please.",
              "Нужно время от 00:00 до 23:59 или cron."),
    MakeLabel("LABEL_ANSWER_YES_NO", "Please answer yes or no.",
              "Ответьте «да» или «нет»."),
    MakeLabel("LABEL_ASK_TRY_AGAIN", "Try this step again?",
              "Попробовать этот шаг ещё раз?"),
    MakeLabel("LABEL_ASK_SECRET_FILE",
              "{secret}: name of the file that holds it, or Enter to type it",
              "{secret}: имя файла, где он записан, или Enter, чтобы ввести"),
    MakeLabel("LABEL_ASK_SECRET_UNSEEN", "{secret} (is not shown)",
              "{secret} (не показывается)"),

    MakeLabel("LABEL_ASK_DISPLAY_NAME", "Name of the integration, for people",
              "Наименование интеграции"),
    MakeLabel("LABEL_ASK_ACTIVATE",
              "{id} is not active and exports nothing. Activate it?",
              "{id} не действует и ничего не выгружает. Включить?"),
    MakeLabel("LABEL_SETUP_INTEGRATION_IS", "{id} ({name}) is there and active.",
              "{id} ({name}): создана и действует."),

    MakeLabel(
        "LABEL_SETUP_CONNECTION_BEGINS",
        "You need: the portal's address; a webhook with the scope crm, or an "
        "application's client_id, client_secret and refresh token; the address of "
        "1C's publication with a user and a password. The connection is always "
        "TLS (SSL).",
        "Понадобятся: адрес портала; вебхук с правом crm или client_id, "
        "client_secret и refresh token приложения; адрес публикации 1С, "
        "пользователь и пароль. Соединение всегда по TLS (флаг SSL)."),
    MakeLabel("LABEL_SETUP_CONNECTION_IS", "Connected: hotel {hotel}, portal {portal}.",
              "Соединение задано: гостиница {hotel}, портал {portal}."),
    MakeLabel("LABEL_ASK_HOTEL", "Hotel: its code or name in 1C",
              "Гостиница: код или наименование в 1С"),
    MakeLabel("LABEL_ASK_API_SERVER",
              "API server, without http:// and https://, e.g. test1chotel.bitrix24.ru",
              "Сервер API, без http:// и https://, например test1chotel.bitrix24.ru"),
    MakeLabel("LABEL_ASK_PORT", "Port", "Порт"),
    MakeLabel("LABEL_ASK_AUTH", "How does guestbridge sign in to the portal? Number",
              "Как входить на портал? Номер"),
    MakeLabel("LABEL_SETUP_WEBHOOK", "an inbound webhook", "входящий вебхук"),
    MakeLabel("LABEL_SETUP_OAUTH", "an application (OAuth)", "приложение (OAuth)"),
    MakeLabel("LABEL_ASK_WEBHOOK_USER",
              "Number of the webhook's user (USER in https://PORTAL/rest/USER/CODE/)",
              "Номер пользователя вебхука (НОМЕР в https://ПОРТАЛ/rest/НОМЕР/КОД/)"),
    MakeLabel("LABEL_ASK_CLIENT_ID", "client_id of the application, e.g. app.1234",
              "client_id приложения, например app.1234"),
    MakeLabel("LABEL_ASK_SOURCE", "Where do the guests come from? Number",
              "Откуда берутся гости? Номер"),
    MakeLabel("LABEL_SETUP_ODATA", "1C, published with OData (onec-odata)",
              "1С, опубликованная с OData (onec-odata)"),
    MakeLabel("LABEL_SETUP_JSONL", "files in a folder beside the agent (jsonl)",
              "файлы в папке рядом с агентом (jsonl)"),
    MakeLabel("LABEL_ASK_SOURCE_URL",
              "Address of 1C's publication, e.g. http://1c-server/hotel",
              "Адрес публикации 1С, например http://1c-server/hotel"),
    MakeLabel("LABEL_ASK_SOURCE_FOLDER",
              "The folder, e.g. file:///var/lib/guestbridge-agent/exchange",
              "Папка, например file:///var/lib/guestbridge-agent/exchange"),
    MakeLabel("LABEL_ASK_SOURCE_USER", "User of 1C for the exchange",
              "Пользователь 1С для обмена"),
    MakeLabel("LABEL_SETUP_API_SERVER", "API server", "Сервер API"),
    MakeLabel("LABEL_SETUP_PORT", "Port", "Порт"),
    MakeLabel("LABEL_SETUP_WEBHOOK_USER", "Webhook's user", "Пользователь вебхука"),
    MakeLabel("LABEL_SETUP_WEBHOOK_SECRET", "Webhook's code", "Код вебхука"),
    MakeLabel("LABEL_SETUP_CLIENT_ID", "client_id", "client_id"),
    MakeLabel("LABEL_SETUP_CLIENT_SECRET", "client_secret", "client_secret"),
    MakeLabel("LABEL_SETUP_REFRESH_TOKEN", "Refresh token", "Refresh token"),
    MakeLabel("LABEL_SETUP_SOURCE_URL", "Address of 1C", "Адрес 1С"),
    MakeLabel("LABEL_SETUP_SOURCE_PASSWORD", "Password of the 1C user",
              "Пароль пользователя 1С"),
    MakeLabel("LABEL_SETUP_SECRET_UNSEEN", "not shown", "не показывается"),
    MakeLabel("LABEL_HEAD_NUMBER", "No.", "№"),
    MakeLabel("LABEL_HEAD_SETTING", "SETTING", "НАСТРОЙКА"),
    MakeLabel("LABEL_HEAD_VALUE", "VALUE", "ЗНАЧЕНИЕ"),
    MakeLabel("LABEL_ASK_WHICH_TO_CORRECT",
              "Which to correct? Numbers, or Enter to try the same again",
              "Что исправить? Номера, или Enter, чтобы попробовать так же ещё раз"),
    MakeLabel("LABEL_ASK_WHICH_TO_MEND",
              "Which to correct? Numbers; Enter to test again; 0 to go on as it is",
              "Что исправить? Номера; Enter, чтобы проверить снова; 0, чтобы идти "
              "дальше так"),
    MakeLabel(
        "LABEL_ASK_NEW_PORTAL",
        "Is it another portal on purpose, and may the old contact IDs be "
        "forgotten? yes/no",
        "Это намеренно другой портал, и прежние ID контактов можно забыть? да/нет"),
    MakeLabel("LABEL_SETUP_TESTING", "Trying both sides …",
              "Проверяются обе стороны …"),
    MakeLabel(
        "LABEL_SETUP_SCHEDULE_HELD",
        "The background job is paused until the last step: nothing is exported "
        "before you have seen what would be.",
        "Фоновое задание приостановлено до последнего шага: ничего не выгрузится, "
        "пока вы не увидите, что именно."),

    MakeLabel("LABEL_ASK_FIELDS_SAVE", "Save this mapping ({count} entries)?",
              "Сохранить это соответствие (строк: {count})?"),
    MakeLabel("LABEL_SETUP_FIELDS_ARE", "Fields are matched: version {version}.",
              "Поля сопоставлены: версия {version}."),
    MakeLabel("LABEL_SETUP_FIELDS_BY_HAND",
              "Change it by \"guestbridge fields map {id} SOURCE TARGET\" and "
              "\"guestbridge fields unmap {id} TARGET\"; both sides: \"guestbridge "
              "fields load {id}\".",
              "Изменить: «guestbridge fields map {id} РЕКВИЗИТ ПОЛЕ» и «guestbridge "
              "fields unmap {id} ПОЛЕ»; обе стороны: «guestbridge fields load {id}»."),
    MakeLabel("LABEL_ASK_EVENTS_SAVE", "Save these events?", "Сохранить эти события?"),
    MakeLabel("LABEL_SETUP_EVENTS_ARE", "Events are saved.", "События сохранены."),
    MakeLabel(
        "LABEL_SETUP_EVENTS_BY_HAND",
        "Change them by \"guestbridge events enable {id} EVENT\" and "
        "\"guestbridge events disable {id} EVENT\".",
        "Изменить: «guestbridge events enable {id} СОБЫТИЕ» и «guestbridge events "
        "disable {id} СОБЫТИЕ»."),

    MakeLabel("LABEL_SETUP_MATCHING",
              "Looking for guests who have a contact already; nothing is written.",
              "Ищем гостей, у которых уже есть контакт; ничего не записывается."),
    MakeLabel("LABEL_SETUP_AMBIGUOUS",
              "Several contacts fit {count} guests. They are not exported until you "
              "choose: guestbridge clients list {id} --state AMBIGUOUS",
              "Гостей, которым подходит несколько контактов: {count}. Они не "
              "выгружаются, пока вы не выберете: guestbridge clients list {id} --state "
              "AMBIGUOUS"),
    MakeLabel(
        "LABEL_SETUP_ADOPTED",
        "Guests whose contact is known: {count} (1C names it, or it carries their "
        "mark). The export takes these contacts over.",
        "Гостей, чей контакт известен: {count} (его называет 1С, или на нём их "
        "отметка). Выгрузка возьмёт эти контакты сама."),
    MakeLabel(
        "LABEL_SETUP_PROPOSED",
        "Pairs that fit by phone or e-mail: {count}. To look at them in another "
        "window: guestbridge clients list {id} --state PROPOSED",
        "Пар, найденных по телефону или почте: {count}. Посмотреть в другом окне: "
        "guestbridge clients list {id} --state PROPOSED"),
    MakeLabel("LABEL_ASK_APPLY",
              "Take these contacts over (yes), or decide later (no)? yes/no",
              "Взять эти контакты (да) или решить позже (нет)? да/нет"),
    MakeLabel("LABEL_SETUP_NOT_APPLIED",
              "These guests wait for your decision: guestbridge clients match {id} "
              "--apply --wait",
              "Эти гости ждут вашего решения: guestbridge clients match {id} --apply "
              "--wait"),
    MakeLabel("LABEL_SETUP_EXPORTED_ALREADY", "Exported already.", "Уже выгружалось."),
    MakeLabel("LABEL_SETUP_EXPORT_GOES_ON", "The export goes on.",
              "Выгрузка продолжается."),
    MakeLabel("LABEL_SETUP_DRY_RUN",
              "Finding out what the export would do; nothing is written.",
              "Выясняем, что сделала бы выгрузка; ничего не записывается."),
    MakeLabel("LABEL_SETUP_GUARD_IS_FAR",
              "A run that changes fewer than {contacts} contacts is never stopped, and "
              "this base has fewer clients. For a smaller number: guestbridge "
              "integration update {id} --guard-contacts N",
              "Запуск, который меняет меньше контактов, чем {contacts}, не "
              "останавливается никогда, а клиентов в этой базе меньше. Задать меньшее "
              "число: guestbridge integration update {id} --guard-contacts N"),
    MakeLabel(
        "LABEL_SETUP_PLAN_CHANGED",
        "Guests or settings have changed meanwhile, so nothing was written. "
        "Finding out once more what the export would do.",
        "Тем временем гости или настройки изменились, поэтому ничего не записано. "
        "Ещё раз выясняем, что сделала бы выгрузка."),
    MakeLabel("LABEL_ASK_EXPORT",
              "Write this to the portal now (contacts: {count})? yes/no",
              "Записать это на портал сейчас (контактов: {count})? да/нет"),
    MakeLabel("LABEL_SETUP_NOT_EXPORTED",
              "Nothing was exported, and the background job stays paused.",
              "Ничего не выгружено, фоновое задание остаётся приостановленным."),

    MakeLabel("LABEL_SETUP_SCHEDULE_BEGINS",
              "Changes are exported by themselves, usually once a day at night.",
              "Изменения выгружаются сами, обычно раз в сутки ночью."),
    MakeLabel("LABEL_ASK_DAILY_TIME", "At what time every day (or a cron)",
              "В какое время каждый день (или cron)"),
    MakeLabel("LABEL_ASK_TIME_ZONE", "Time zone, e.g. Europe/Moscow",
              "Часовой пояс, например Europe/Moscow"),
    MakeLabel("LABEL_SETUP_SCHEDULE_IS",
              "The background job is on: {cron}, {zone}. Next time: {time}",
              "Фоновое задание включено: {cron}, {zone}. Следующий раз: {time}"),
};

}  // namespace

absl::Span<const ReasonText> CommandSetupLabels() { return kSetupLabels; }

}  // namespace guestbridge::text_areas
