#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kInternal = absl::StatusCode::kInternal;

constexpr ReasonText kTexts[] = {
    // Names, pages, masks.
    {"NAME_MALFORMED", kInvalid,
     "The name \"{name}\" does not have the form {pattern}.",
     "Имя «{name}» не соответствует виду {pattern}.",
     "Check the name. \"guestbridge integration list\" and \"guestbridge run list\" "
     "show the names that exist.",
     "Проверьте имя. Существующие имена показывают команды «guestbridge integration "
     "list» и «guestbridge run list»."},
    {"PAGE_SIZE_NEGATIVE", kInvalid, "The page size {page_size} is negative.",
     "Размер страницы {page_size} отрицательный.",
     "Give a page size from 0 (the default) to 1000.",
     "Укажите размер страницы от 0 (по умолчанию) до 1000."},
    {"PAGE_TOKEN_INVALID", kInvalid, "The page token does not belong to this list.",
     "Метка страницы не относится к этому списку.",
     "Use the token of the previous page with unchanged parameters, or begin with an "
     "empty token.",
     "Передайте метку из предыдущей страницы, не меняя остальных параметров, или "
     "начните с пустой метки."},
    {"UNKNOWN_FIELD_PATH", kInvalid,
     "The update mask names the unknown field \"{path}\".",
     "В маске изменений указано неизвестное поле «{path}».",
     "Name fields of the resource as in its .proto file, for example \"display_name\".",
     "Указывайте поля ресурса так, как они названы в файле .proto, например "
     "«display_name»."},
    // Databases.
    {"DATABASE_FULL", kExhausted, "There is no room left to write the database {file}.",
     "Нет места для записи в базу данных {file}.",
     "Free space on that disk (or raise the quota). Nothing was half-written; work "
     "goes "
     "on by itself afterwards.",
     "Освободите место на этом диске или увеличьте квоту. Данные не повреждены, после "
     "этого работа продолжится сама."},
    {"DATABASE_CORRUPT", kDataLoss, "The database {file} is damaged.",
     "База данных {file} повреждена.",
     "Stop the program, move the file aside and restore it from a backup. An agent's "
     "ledger can also be rebuilt: \"guestbridge ledger rebuild {integration}\".",
     "Остановите программу, уберите файл в сторону и восстановите его из резервной "
     "копии. Реестр агента можно также построить заново: «guestbridge ledger rebuild "
     "{integration}»."},
    {"DATABASE_UNWRITABLE", kPrecondition,
     "The database {file} cannot be opened or written.",
     "Базу данных {file} не удаётся открыть или записать.",
     "Check that the folder exists, belongs to the user that runs the program, and is "
     "not read-only.",
     "Проверьте, что папка существует, принадлежит пользователю, от имени которого "
     "работает программа, и доступна для записи."},
    {"DATABASE_BUSY", kUnavailable, "The database {file} is in use by another process.",
     "База данных {file} занята другим процессом.",
     "Make sure that only one program uses this data directory and that nobody copies "
     "the database, then try again.",
     "Убедитесь, что эту папку данных использует только одна программа и что база "
     "сейчас не копируется, и повторите."},
    {"DATABASE_FAILED", kInternal,
     "The database {file} answered with an unexpected error (code {code}).",
     "База данных {file} вернула непредвиденную ошибку (код {code}).",
     "Try again. If it comes back, check the disk and report it with the program's "
     "log.",
     "Повторите. Если ошибка вернётся, проверьте диск и сообщите о ней, приложив "
     "журнал программы."},
    {"SCHEMA_TOO_NEW", kPrecondition,
     "The database {file} was written by a newer version (schema {found}, this program "
     "knows {known}).",
     "База данных {file} записана более новой версией (схема {found}, эта программа "
     "знает {known}).",
     "Start the newer version again, or restore the backup made before the upgrade.",
     "Запустите более новую версию или восстановите резервную копию, сделанную до "
     "обновления."},
    {"NOT_OUR_DATABASE", kPrecondition,
     "{file} is a database, but not one of {product}.",
     "{file} — база данных, но не {product}.",
     "Give another data directory or database path.",
     "Укажите другую папку данных или другой путь к базе."},
    // Secrets and key files.
    {"SECRET_KEY_MISMATCH", kPrecondition,
     "A stored secret was sealed with the key {sealed_key}, but this program has "
     "{file_key}.",
     "Сохранённый секрет зашифрован ключом {sealed_key}, а у этой программы — "
     "{file_key}.",
     "Put back the key that belongs to this database (its file, variable or command), "
     "or enter the secrets anew with \"guestbridge connection set {integration} …\".",
     "Верните ключ, относящийся к этой базе данных (файл, переменную или команду), или "
     "введите секреты заново "
     "командой «guestbridge connection set {integration} …»."},
    {"SECRET_CORRUPT", kDataLoss, "The stored secret of {place} is damaged.",
     "Сохранённый секрет {place} повреждён.",
     "Enter the secret again with \"guestbridge connection set {integration} …\", or "
     "restore the "
     "database from a backup.",
     "Введите секрет заново командой «guestbridge connection set {integration} …» или "
     "восстановите "
     "базу "
     "данных из резервной копии."},
    {"SECRET_ROLLED_BACK", kDataLoss,
     "The stored secret of {place} is not the one that was stored last: an older one "
     "was put back in its place.",
     "Сохранённый секрет {place} — не тот, что был записан последним: на его место "
     "вернули прежний.",
     "Find out who writes in the database besides the server, then enter the secret "
     "again with \"guestbridge connection set {integration} …\", or restore the whole "
     "database from a backup.",
     "Выясните, кто кроме сервера пишет в базу данных, затем введите секрет заново "
     "командой «guestbridge connection set {integration} …» или восстановите всю базу "
     "из резервной копии."},
    {"NEW_KEY_MISSING", kPrecondition, "There is no new key to rotate to.",
     "Нет нового ключа, на который можно перейти.",
     "Add a new key to the source of every server: a file beside the key files (or "
     "secret-2.key in each data directory), or what the key command prints; \"openssl "
     "rand -hex 32\" makes one. Then repeat.",
     "Добавьте новый ключ на каждый сервер: файл рядом с файлами ключей (или "
     "secret-2.key в каждой папке данных) либо вывод команды ключей; создать ключ: "
     "«openssl rand -hex 32». Затем повторите."},
    {"NEW_KEY_AMBIGUOUS", kPrecondition,
     "There are several keys that were never used: {keys}.",
     "Есть несколько ещё не применявшихся ключей: {keys}.",
     "Leave one of them in the source of every server, then repeat.",
     "Оставьте на каждом сервере один из них, затем повторите."},
    {"OLDER_SERVERS_RUN", kPrecondition,
     "A server of an older version works on this database, or did until a moment ago.",
     "С этой базой данных работает сервер старой версии — сейчас или совсем недавно.",
     "Bring every server of the database up to date, wait two minutes, then repeat. "
     "\"older_servers_run\" in the log says that one is still there.",
     "Обновите все серверы этой базы данных, подождите две минуты и повторите. Запись "
     "older_servers_run в журнале говорит, что такой сервер ещё есть."},
    {"KEY_CHANGED_MEANWHILE", absl::StatusCode::kAborted,
     "Another server has just changed the key.",
     "Другой сервер только что сменил ключ.",
     "Look with \"guestbridge secrets status\".",
     "Посмотрите: «guestbridge secrets status»."},
    {"KEY_SOURCE_AMBIGUOUS", absl::StatusCode::kInvalidArgument,
     "The keys come from more than one of --key-file, --key-command and {variable}.",
     "Ключи заданы сразу несколькими способами из --key-file, --key-command и "
     "{variable}.",
     "Give one of them.", "Оставьте один из них."},
    {"KEY_VARIABLE_MALFORMED", kPrecondition,
     "The variable {variable} does not hold keys (32 bytes each, in hexadecimal or "
     "base64).",
     "В переменной {variable} нет ключей (по 32 байта, шестнадцатеричные цифры или "
     "base64).",
     "Set it to the key that belongs to this database, several with commas between "
     "them.",
     "Запишите в неё ключ, относящийся к этой базе данных; несколько — через запятую."},
    {"KEY_COMMAND_UNUSABLE", kPrecondition,
     "The key command {file} cannot be run: {detail}.",
     "Команду ключей {file} не удаётся запустить: {detail}.",
     "Give --key-command the path of a program that this user may execute.",
     "Укажите в --key-command путь к программе, которую этому пользователю разрешено "
     "выполнять."},
    {"KEY_COMMAND_FAILED", kPrecondition, "The key command {file} ended with {code}.",
     "Команда ключей {file} завершилась с кодом {code}.",
     "What it said stands in the server's log. Run it by hand as the server's user.",
     "Её сообщения — в журнале сервера. Запустите её вручную от имени пользователя "
     "сервера."},
    {"KEY_COMMAND_SLOW", kPrecondition,
     "The key command {file} was not done after {limit} and was stopped.",
     "Команда ключей {file} не закончила за {limit} и остановлена.",
     "Check that the KMS can be reached from this machine.",
     "Проверьте, доступна ли с этой машины служба ключей (KMS)."},
    {"KEY_COMMAND_ANSWER_MALFORMED", kPrecondition,
     "What the key command {file} printed are no keys (32 bytes each, in hexadecimal "
     "or base64, one a line).",
     "Команда ключей {file} вывела не ключи (по 32 байта, шестнадцатеричные цифры или "
     "base64, по одному в строке).",
     "Let it print the keys and nothing else on its standard output.",
     "Пусть она выводит только ключи и больше ничего."},
    {"KEY_FILE_MISSING", kPrecondition, "The key file {file} is missing.",
     "Файл ключа {file} не найден.",
     "Put the key file back from its backup: without it the stored secrets cannot be "
     "read. If it is lost, remove the database and set the connections up anew.",
     "Верните файл ключа из резервной копии: без него сохранённые секреты не "
     "прочитать. "
     "Если он утерян, удалите базу данных и настройте подключения заново."},
    {"KEY_FILE_UNREADABLE", kPrecondition,
     "The key file {file} cannot be read or written.",
     "Файл ключа {file} не удаётся прочитать или записать.",
     "Check that file and folder belong to the user that runs the program.",
     "Проверьте, что файл и папка принадлежат пользователю, от имени которого работает "
     "программа."},
    {"KEY_FILE_MALFORMED", kPrecondition,
     "The key file {file} does not hold a key (64 hexadecimal digits, or 32 bytes in "
     "base64).",
     "В файле {file} нет ключа (64 шестнадцатеричные цифры или 32 байта в base64).",
     "Put the key file back from its backup.",
     "Верните файл ключа из резервной копии."},
    {"KEY_FILE_READABLE_BY_OTHERS", kPrecondition,
     "The key file {file} may be read by other users.",
     "Файл ключа {file} доступен для чтения другим пользователям.",
     "Run: chmod 600 {file}", "Выполните: chmod 600 {file}"},
    // Surroundings.
    {"METRICS_ADDRESS_IN_USE", kPrecondition,
     "The metrics cannot be served at {address}: the address is in use or not of this "
     "machine.",
     "Не удаётся отдавать метрики по адресу {address}: он занят или не принадлежит "
     "этой "
     "машине.",
     "Choose another address with --metrics-listen.",
     "Выберите другой адрес параметром --metrics-listen."},
    {"INTERNAL_ERROR", kInternal, "The program met an error that it did not expect.",
     "В программе произошла непредвиденная ошибка.",
     "Try again. If it comes back, report it with the program's log.",
     "Повторите. Если ошибка вернётся, сообщите о ней, приложив журнал программы."},
    // Transport: why a portal, the OAuth server or 1C gave no answer.
    {"HOST_NOT_FOUND", kUnavailable, "The host {host} has no address.",
     "У сервера {host} не найден адрес.",
     "Check how the host is spelt, and that this machine's DNS works.",
     "Проверьте написание адреса и работу DNS на этой машине."},
    {"CONNECTION_REFUSED", kUnavailable, "No connection to {host}.",
     "Нет соединения с {host}.",
     "Check host and port, that the service runs, and that a firewall lets this "
     "machine "
     "through.",
     "Проверьте адрес и порт, что служба запущена и что межсетевой экран пропускает "
     "эту "
     "машину."},
    {"CONNECTION_LOST", kUnavailable,
     "The connection to {host} broke before a whole answer came.",
     "Соединение с {host} оборвалось до получения полного ответа.",
     "Nothing to do at once: it is tried again. If it repeats, check the network and "
     "the "
     "service's own log.",
     "Сразу делать ничего не нужно: попытка повторится. Если это происходит часто, "
     "проверьте сеть и журнал самой службы."},
    {"TIMED_OUT", kUnavailable, "{host} did not answer in time.",
     "{host} не ответил вовремя.",
     "Nothing to do at once: it is tried again. If it repeats, check the network and "
     "the "
     "load of the service.",
     "Сразу делать ничего не нужно: попытка повторится. Если это происходит часто, "
     "проверьте сеть и нагрузку на службу."},
    {"TLS_CERTIFICATE_REFUSED", kPrecondition,
     "The certificate of {host} is not trusted: it is expired, issued for another "
     "name, "
     "or by an unknown authority.",
     "Сертификат {host} не принят: он просрочен, выдан на другое имя или неизвестным "
     "центром сертификации.",
     "Check the host name and this machine's clock. For a certificate of your own "
     "authority, start with --portal-ca-file FILE.",
     "Проверьте имя сервера и часы этой машины. Для сертификата собственного центра "
     "запустите программу с --portal-ca-file ФАЙЛ."},
    {"TLS_FAILED", kUnavailable, "No encrypted connection to {host} could be made.",
     "Не удалось установить защищённое соединение с {host}.",
     "Check that the port speaks TLS 1.2 or later, and that no proxy stands in "
     "between.",
     "Проверьте, что порт поддерживает TLS 1.2 или новее и что между ними нет прокси."},
    {"ANSWER_TOO_LARGE", kOk,
     "The answer of {host} is larger than this program accepts.",
     "Ответ {host} больше, чем принимает программа.",
     "Check that the address is the right one, and that no proxy changes its answers.",
     "Проверьте, что адрес указан верно и что прокси не подменяет ответы."},
    {"ANSWER_MALFORMED", kOk, "What {host} answered is not HTTP.",
     "Ответ {host} — не HTTP.",
     "Check host and port, and whether the service expects TLS.",
     "Проверьте адрес и порт, а также не ожидает ли служба TLS."},
    {"ADDRESS_REFUSED", kPrecondition,
     "The host {host} has an address to which this program must not connect (private, "
     "loopback, link-local or metadata).",
     "Адрес сервера {host} запрещён для подключения (частный, локальный, link-local "
     "или "
     "служебный).",
     "Check the host. A portal in the hotel's own network needs a server that was "
     "started with --allow-private-portals.",
     "Проверьте адрес. Для портала во внутренней сети отеля сервер нужно запустить с "
     "--allow-private-portals."},
    {"EXTRA_CA_UNREADABLE", kInvalid,
     "The CA file {file} cannot be read or holds no PEM certificate.",
     "Файл сертификатов {file} не читается или не содержит сертификатов PEM.",
     "Give a readable PEM file with at least one certificate.",
     "Укажите доступный для чтения файл PEM хотя бы с одним сертификатом."},
};

}  // namespace

absl::Span<const ReasonText> Common() { return kTexts; }

}  // namespace guestbridge::text_areas
