#include "common/text/areas.h"

// What the server's own database answers, and commands about it.
namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

constexpr ReasonText kTexts[] = {
    {"DATABASE_URL_UNSUPPORTED", kInvalid,
     "The database \"{kind}\" is not supported by this version.",
     "База данных вида «{kind}» этой версией не поддерживается.",
     "Use sqlite:PATH or postgresql://ROLE@HOST/NAME, or leave --database out.",
     "Укажите sqlite:ПУТЬ или postgresql://РОЛЬ@СЕРВЕР/ИМЯ либо не указывайте "
     "--database."},
    {"DATABASE_URL_MALFORMED", kInvalid,
     "The address of the PostgreSQL database is not well-formed.",
     "Адрес базы данных PostgreSQL записан неверно.",
     "Write postgresql://ROLE@HOST:PORT/NAME; a special character in it as % and two "
     "hexadecimal digits. The password belongs into --database-password-file.",
     "Укажите postgresql://РОЛЬ@СЕРВЕР:ПОРТ/ИМЯ; особые знаки — как % и две "
     "шестнадцатеричные цифры. Пароль указывается в --database-password-file."},
    {"PASSWORD_FILE_UNREADABLE", kPrecondition,
     "The password file {file} cannot be read, is empty or is too long.",
     "Файл пароля {file} не читается, пуст или слишком велик.",
     "Check the path, and that the program's user may read it. The password is its "
     "only "
     "line.",
     "Проверьте путь и права пользователя программы. Пароль — единственная строка "
     "файла."},
    {"PASSWORD_FILE_READABLE_BY_OTHERS", kPrecondition,
     "The password file {file} may be read by other users.",
     "Файл пароля {file} доступен для чтения другим пользователям.",
     "Run: chmod 600 {file}", "Выполните: chmod 600 {file}"},
    {"DATABASE_UNREACHABLE", kUnavailable, "The database {database} does not answer.",
     "База данных {database} не отвечает.",
     "Check that PostgreSQL runs and that the server's machine reaches it. A running "
     "server goes on by itself when it is back.",
     "Проверьте, что PostgreSQL запущен и доступен с машины сервера. Работающий сервер "
     "продолжит сам, когда связь восстановится."},
    {"DATABASE_RESTARTING", kUnavailable,
     "The database {database} is starting or stopping.",
     "База данных {database} запускается или останавливается.",
     "Wait a moment and try again. If it stays so, look into PostgreSQL's log.",
     "Подождите и повторите. Если это не проходит, посмотрите журнал PostgreSQL."},
    {"DATABASE_READ_ONLY", kUnavailable,
     "The database {database} takes no changes: it is read-only or a standby.",
     "База данных {database} не принимает изменения: она доступна только для чтения "
     "или является резервной.",
     "Name all hosts in --database, parted by commas; the primary is taken. Or end "
     "what "
     "made it read-only (default_transaction_read_only).",
     "Перечислите в --database все серверы через запятую: будет выбран основной. Или "
     "снимите запрет записи (default_transaction_read_only)."},
    {"DATABASE_CONNECTIONS_EXHAUSTED", kUnavailable,
     "The database {database} has no connection left.",
     "У базы данных {database} не осталось свободных подключений.",
     "Each server uses up to 10. Raise max_connections of PostgreSQL or the limit of "
     "the "
     "role or database, or end what holds the others (pg_stat_activity).",
     "Каждому серверу нужно до 10. Увеличьте max_connections в PostgreSQL или предел "
     "роли или базы, или завершите лишние подключения (pg_stat_activity)."},
    {"DATABASE_SLOW", kUnavailable,
     "The database {database} did not answer in time; nothing was changed.",
     "База данных {database} не ответила вовремя; ничего не изменено.",
     "Try again. If it comes back, look for what holds a lock or loads PostgreSQL "
     "(pg_stat_activity).",
     "Повторите. Если ошибка вернётся, найдите, что держит блокировку или нагружает "
     "PostgreSQL (pg_stat_activity)."},
    {"DATABASE_COMMIT_UNKNOWN", kUnavailable,
     "A change was sent to the database {database}, and whether it is saved for "
     "good cannot be found out: the connection broke, or a standby that "
     "PostgreSQL waits for does not confirm it.",
     "Изменение отправлено базе данных {database}, но узнать, сохранено ли оно "
     "надёжно, не удалось: прервалась связь или его не подтверждает резервный "
     "сервер, которого ждёт PostgreSQL.",
     "Look whether the change is there before you repeat it. If this comes back, "
     "check the standbys in synchronous_standby_names (pg_stat_replication).",
     "Прежде чем повторить изменение, проверьте, не сохранилось ли оно. Если "
     "ошибка вернётся, проверьте резервные серверы из synchronous_standby_names "
     "(pg_stat_replication)."},
    {"DATABASE_LOGIN_REFUSED", kPrecondition,
     "The database {database} refuses the role or its password.",
     "База данных {database} не принимает роль или её пароль.",
     "Check the role in --database, the password in --database-password-file, and "
     "PostgreSQL's pg_hba.conf.",
     "Проверьте роль в --database, пароль в --database-password-file и файл "
     "pg_hba.conf PostgreSQL."},
    {"DATABASE_MISSING", kPrecondition, "There is no database {database}.",
     "Базы данных {database} нет.",
     "Check its name in --database, or create it: deploy/postgresql/roles.sql.",
     "Проверьте имя в --database или создайте её: deploy/postgresql/roles.sql."},
    {"DATABASE_RIGHTS_MISSING", kPrecondition,
     "The role may not use the tables of the database {database}.",
     "У роли нет прав на таблицы базы данных {database}.",
     "Grant what deploy/postgresql/roles.sql grants, as the database's owner.",
     "Выдайте от имени владельца базы права, как в deploy/postgresql/roles.sql."},
    {"DATABASE_SCHEMA_OLD", kPrecondition,
     "The database {database} has the schema {found}, this program needs {known}, and "
     "this role may not change it.",
     "У базы данных {database} схема {found}, программе нужна {known}, а эта роль не "
     "может её изменить.",
     "Run guestbridge-server migrate with the role that owns the database, then start "
     "again.",
     "Выполните guestbridge-server migrate с ролью владельца базы и запустите сервер "
     "снова."},
    {"DATABASE_VERSION_UNSUPPORTED", kPrecondition,
     "The database {database} is PostgreSQL {version}; 15 or later is needed.",
     "База данных {database} — PostgreSQL {version}; нужен 15 или новее.",
     "Upgrade PostgreSQL.", "Обновите PostgreSQL."},
    {"DATABASE_POOLER_UNSUPPORTED", kPrecondition,
     "A pooler stands before the database {database} and lends its connections for one "
     "transaction only.",
     "Перед базой данных {database} стоит пул, который выдаёт подключения только на "
     "одну транзакцию.",
     "Set pool_mode=session in PgBouncer for this database, or connect to PostgreSQL "
     "itself.",
     "Укажите в PgBouncer для этой базы pool_mode=session или подключайтесь прямо к "
     "PostgreSQL."},
    {"COPY_DATABASE_IN_USE", kPrecondition,
     "A server uses the database {database}; nothing was copied.",
     "Базу данных {database} использует сервер; ничего не скопировано.",
     "Stop every server on the source and on the copy, then copy again. PostgreSQL "
     "shows "
     "in pg_stat_activity who is connected.",
     "Остановите все серверы на источнике и на копии и повторите. Кто подключён к "
     "PostgreSQL, видно в pg_stat_activity."},
    {"COPY_TARGET_NOT_EMPTY", kPrecondition,
     "The database {database} is not empty; nothing was copied.",
     "База данных {database} не пуста; ничего не скопировано.",
     "Copy into a new database. A server that started on it has put a record in "
     "already.",
     "Копируйте в новую базу. Сервер, запускавшийся на ней, уже сделал в ней запись."},
    {"COPY_DIFFERS", kDataLoss,
     "The copy in {database} differed from its source in the table {table}; nothing "
     "was "
     "copied.",
     "Копия в {database} отличалась от источника в таблице {table}; ничего не "
     "скопировано.",
     "Look for what changes rows in the copy (triggers, rules), then copy again.",
     "Найдите, что изменяет строки в копии (триггеры, правила), и повторите."},
    {"DATABASE_COPIED", kOk,
     "Copied and compared: {documents} documents, {changes} changes, {sequences} "
     "counters.",
     "Скопировано и сверено: документов {documents}, изменений {changes}, счётчиков "
     "{sequences}.",
     "Give each server the same secret.key, then start it with the new --database.",
     "Положите каждому серверу тот же secret.key и запустите его с новым --database."},
    {"DATABASE_MIGRATED", kOk, "The schema is up to date; migrations applied: {count}.",
     "Схема обновлена; применено обновлений: {count}.", "Start the servers.",
     "Запускайте серверы."},
};

}  // namespace

absl::Span<const ReasonText> Database() { return kTexts; }

}  // namespace guestbridge::text_areas
