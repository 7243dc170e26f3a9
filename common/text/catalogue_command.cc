#include <iterator>
#include <vector>

#include "common/text/areas.h"
#include "common/text/command_areas.h"

// What the CLI itself has to say; what the server says comes from the other areas.
namespace guestbridge::text_areas {
namespace {

constexpr auto kCancelled = absl::StatusCode::kCancelled;
constexpr auto kDeadlineExceeded = absl::StatusCode::kDeadlineExceeded;
constexpr auto kInternal = absl::StatusCode::kInternal;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kResourceExhausted = absl::StatusCode::kResourceExhausted;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kUnknown = absl::StatusCode::kUnknown;

constexpr ReasonText kReasons[] = {
    {"SERVER_UNREACHABLE", kUnavailable,
     "No answer from the guestbridge server at {server} ({detail}).",
     "Сервер guestbridge по адресу {server} не отвечает ({detail}).",
     "Check that it runs (\"guestbridge-server --listen {server}\") and that "
     "--server, --server-name, --plaintext and --tls-ca match how it was started.",
     "Проверьте, что он запущен («guestbridge-server --listen {server}») и что "
     "--server, --server-name, --plaintext и --tls-ca соответствуют тому, как он "
     "запущен."},
    {"DEADLINE_PASSED", kDeadlineExceeded,
     "The server {server} did not answer within {timeout}.",
     "Сервер {server} не ответил за {timeout}.",
     "Look whether it was done after all, then try again; --timeout 5m allows more "
     "time.",
     "Посмотрите, не выполнено ли действие, и повторите; больше времени даёт "
     "--timeout 5m."},
    {"CALL_FAILED", kUnknown, "The call failed with {code}: {detail}",
     "Вызов завершился с кодом {code}: {detail}",
     "Try again; if it stays so, look into the log of the server {server} and check "
     "that both programs have the same version.",
     "Повторите; если не поможет, посмотрите журнал сервера {server} и проверьте, "
     "что версии обеих программ совпадают."},
    {"REQUEST_TOO_LARGE", kResourceExhausted,
     "The request is larger than the server accepts ({detail}).",
     "Запрос больше, чем принимает сервер ({detail}).",
     "Send less: a source profile, for example, may have up to 256 KiB.",
     "Отправьте меньше: например, профиль источника может занимать до 256 КиБ."},
    {"INTERRUPTED", kCancelled, "Interrupted by Ctrl-C.", "Прервано нажатием Ctrl-C.",
     "Runs go on without this command: \"guestbridge run list\" shows them.",
     "Выгрузки продолжаются и без этой команды: их показывает «guestbridge run "
     "list»."},
    {"INPUT_ENDED", kCancelled, "The answers ended before the questions.",
     "Ответы закончились раньше вопросов.",
     "Run the command again: it goes on where it stopped. In a file of answers each "
     "one stands on a line of its own.",
     "Запустите команду снова: она продолжит с того же места. В файле с ответами "
     "каждый стоит на отдельной строке."},
    {"ANSWER_UNREADABLE", kInvalidArgument,
     "This is no answer: it is no UTF-8 text, holds control characters or is longer "
     "than 4 KiB.",
     "Это не похоже на ответ: не текст UTF-8, есть управляющие символы или длиннее "
     "4 КиБ.",
     "Type the answer again.", "Введите ответ ещё раз."},
    {"ANSWER_UNPRINTABLE", kInternal,
     "The server's answer holds a value that JSON has no form for, such as a "
     "time after the year 9999.",
     "В ответе сервера есть значение, которое нельзя записать в JSON, например время "
     "после 9999 года.",
     "The command was carried out. Repeat a reading one with \"--output table\", and "
     "check that both programs have the same version.",
     "Сама команда выполнена. Повторите чтение с «--output table» и проверьте, что "
     "версии обеих программ совпадают."},
    {"OUTPUT_UNWRITABLE", kInternal,
     "The result could not be written to standard output.",
     "Не удалось записать результат в стандартный вывод.",
     "The command was carried out. Check the disk that the output goes to.",
     "Сама команда выполнена. Проверьте диск, на который направлен вывод."},
    {"SECRET_FILE_UNREADABLE", kInvalidArgument,
     "The secret file {file} cannot be read: {detail}.",
     "Не удаётся прочитать файл с секретом {file}: {detail}.",
     "Check the path and the file's rights, or give the secret on standard input "
     "with \"-\".",
     "Проверьте путь и права на файл или передайте секрет через стандартный ввод: "
     "«-»."},
    {"SECRET_FILE_EMPTY", kInvalidArgument, "The secret file {file} is empty.",
     "Файл с секретом {file} пуст.", "Put the secret into the file, on one line.",
     "Запишите секрет в файл одной строкой."},
    {"SECRET_FILE_NOT_TEXT", kInvalidArgument,
     "The secret file {file} holds something that is not text in UTF-8.",
     "Файл с секретом {file} содержит не текст в кодировке UTF-8.",
     "Check that it is the right file, and save it as UTF-8.",
     "Проверьте, тот ли это файл, и сохраните его в кодировке UTF-8."},
    {"SECRET_FILE_TOO_LARGE", kInvalidArgument,
     "The secret file {file} is larger than 4 KiB.",
     "Файл с секретом {file} больше 4 КиБ.",
     "Check that it is the right file: it holds the secret alone.",
     "Проверьте, тот ли это файл: в нём должен быть только секрет."},
    {"SECRET_FILE_READABLE_BY_OTHERS", kOk,
     "Other users of this machine can read the secret file {file}.",
     "Файл с секретом {file} могут прочитать другие пользователи этого компьютера.",
     "Close it: chmod 600.", "Закройте доступ: chmod 600."},
    {"TOKEN_FILE_UNREADABLE", kInvalidArgument,
     "The token file {file} cannot be read: {detail}.",
     "Не удаётся прочитать файл с токеном {file}: {detail}.",
     "Check --token-file. \"guestbridge-server token create --out FILE\" makes a "
     "token.",
     "Проверьте --token-file. Токен создаёт команда «guestbridge-server token "
     "create --out FILE»."},
    {"TOKEN_FILE_EMPTY", kInvalidArgument, "The token file {file} is empty.",
     "Файл с токеном {file} пуст.",
     "Make a token with \"guestbridge-server token create --out FILE\".",
     "Создайте токен командой «guestbridge-server token create --out FILE»."},
    {"TOKEN_FILE_NOT_TEXT", kInvalidArgument,
     "The token file {file} holds something that is not text in UTF-8.",
     "Файл с токеном {file} содержит не текст в кодировке UTF-8.",
     "Check that it is the right file, and save it as UTF-8.",
     "Проверьте, тот ли это файл, и сохраните его в кодировке UTF-8."},
    {"TOKEN_FILE_TOO_LARGE", kInvalidArgument,
     "The token file {file} is larger than 4 KiB.",
     "Файл с токеном {file} больше 4 КиБ.",
     "Check that it is the right file: it holds the token alone.",
     "Проверьте, тот ли это файл: в нём должен быть только токен."},
    {"TOKEN_FILE_READABLE_BY_OTHERS", kOk,
     "Other users of this machine can read the token file {file}.",
     "Файл с токеном {file} могут прочитать другие пользователи этого компьютера.",
     "Close it: chmod 600.", "Закройте доступ: chmod 600."},
    {"TLS_CA_UNREADABLE", kInvalidArgument,
     "The CA file {file} cannot be read: {detail}.",
     "Не удаётся прочитать файл сертификата центра {file}: {detail}.",
     "Check --tls-ca. The server leaves the file as ca.pem in its data directory.",
     "Проверьте --tls-ca. Сервер кладёт этот файл в свой каталог данных под именем "
     "ca.pem."},
    {"TLS_CA_MALFORMED", kInvalidArgument, "The file {file} holds no PEM certificate.",
     "В файле {file} нет сертификата в формате PEM.",
     "Give --tls-ca the file ca.pem from the server's data directory.",
     "Укажите в --tls-ca файл ca.pem из каталога данных сервера."},
    {"USAGE_NO_COMMAND", kInvalidArgument, "No command was given.",
     "Не указана команда.",
     "\"guestbridge --help\" lists the commands; \"guestbridge status\" is a good "
     "start.",
     "Список команд — «guestbridge --help»; для начала подойдёт «guestbridge "
     "status»."},
    {"USAGE_UNKNOWN_COMMAND", kInvalidArgument, "There is no command \"{command}\".",
     "Команды «{command}» нет.",
     "Is one of these meant: {known}? All commands: guestbridge --help.",
     "Возможно, имеется в виду: {known}. Все команды: guestbridge --help."},
    {"USAGE_UNKNOWN_FLAG", kInvalidArgument, "The flag {flag} is not known here.",
     "Параметр {flag} здесь неизвестен.",
     "Is one of these meant: {known}? All flags: guestbridge {command}--help. Flags "
     "stand after the command's words.",
     "Возможно, имеется в виду: {known}. Все параметры: guestbridge {command}--help. "
     "Они пишутся после слов команды."},
    {"USAGE_VALUE_MISSING", kInvalidArgument, "The flag {flag} needs a value.",
     "Параметру {flag} нужно значение.", "Write it after the flag: {flag} VALUE.",
     "Напишите его после параметра: {flag} ЗНАЧЕНИЕ."},
    {"USAGE_VALUE_UNWANTED", kInvalidArgument, "The flag {flag} takes no value.",
     "Параметр {flag} не принимает значения.", "Write {flag} alone.",
     "Напишите просто {flag}."},
    {"USAGE_FLAG_TWICE", kInvalidArgument, "{flag} was given twice.",
     "{flag} указан дважды.", "Give it once.", "Укажите его один раз."},
    {"USAGE_FLAGS_EXCLUDE", kInvalidArgument, "{flag} and {other} exclude each other.",
     "{flag} и {other} нельзя указывать вместе.",
     "Leave one of the two out; --help says what each is for.",
     "Уберите один из двух; для чего каждый, покажет --help."},
    {"USAGE_FLAG_NEEDS_OTHER", kInvalidArgument,
     "{flag} goes together with {other} only.",
     "{flag} указывается только вместе с {other}.", "Add {other}, or leave {flag} out.",
     "Добавьте {other} или уберите {flag}."},
    {"USAGE_BAD_VALUE", kInvalidArgument, "\"{value}\" is not a value for {flag}.",
     "«{value}» не подходит для {flag}.", "Allowed: {expected}.",
     "Допустимо: {expected}."},
    {"USAGE_ARGUMENT_MISSING", kInvalidArgument, "{flag} is missing.",
     "Не указано: {flag}.", "Add it; --help shows an example of the command.",
     "Добавьте; пример команды покажет --help."},
    {"USAGE_NOTHING_TO_CHANGE", kInvalidArgument, "No flag says what to change.",
     "Не указано, что изменить.",
     "Give at least one flag; all of them: guestbridge {command} --help.",
     "Укажите хотя бы один параметр; список покажет guestbridge {command} --help."},
    {"USAGE_ARGUMENT_UNWANTED", kInvalidArgument, "\"{value}\" is one word too many.",
     "Лишнее слово: «{value}».",
     "Put a value with spaces into quotes; --help shows an example of the command.",
     "Значение с пробелами возьмите в кавычки; пример команды покажет --help."},
    {"USAGE_NOT_UTF8", kInvalidArgument, "\"{value}\" is not text in UTF-8.",
     "«{value}» — не текст в кодировке UTF-8.",
     "Set the terminal to UTF-8, for example LANG=C.UTF-8.",
     "Включите в терминале кодировку UTF-8, например LANG=ru_RU.UTF-8."},
    {"USAGE_STDIN_TWICE", kInvalidArgument,
     "Standard input (\"-\") can hold one secret, and two were asked for.",
     "Через стандартный ввод («-») можно передать один секрет, а указано два.",
     "Put the other secret into a file of its own.",
     "Второй секрет запишите в отдельный файл."},
    {"ERROR_CODE_UNKNOWN", kNotFound, "There is no error code \"{code}\".",
     "Кода ошибки «{code}» нет.",
     "Is one of these meant: {known}? All codes: guestbridge help error.",
     "Возможно, имеется в виду: {known}. Все коды: guestbridge help error."},
    {"ERROR_CODE_STRANGE", kNotFound, "There is no error code like \"{code}\".",
     "Кода ошибки, похожего на «{code}», нет.",
     "See all codes: guestbridge help error.",
     "Посмотрите все коды: guestbridge help error."},
    {"USAGE_FILE_UNREADABLE", kInvalidArgument,
     "The file {file} of {flag} cannot be read.",
     "Не удаётся прочитать файл {file}, указанный в {flag}.",
     "Check the file's rights.", "Проверьте права на файл."},
};

std::vector<ReasonText> Join() {
  std::vector<ReasonText> all(std::begin(kReasons), std::end(kReasons));
  for (const auto part : {CommandLabels(), CommandClientLabels(), CommandSetupLabels(),
                          CommandSecretLabels(), CommandTokenLabels(), CommandHelp(),
                          CommandAuditLabels()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

absl::Span<const ReasonText> Command() {
  static const auto* const all = new std::vector<ReasonText>(Join());
  return *all;
}

}  // namespace guestbridge::text_areas
