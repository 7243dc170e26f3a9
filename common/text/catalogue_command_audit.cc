#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr ReasonText kAuditLabels[] = {
    MakeLabel("LABEL_HELP_AUDIT_LIST",
              "Shows who changed what, who was refused and who was given a secret; "
              "newest first.",
              "Показывает, кто что изменил, кому отказано и кому выдан секрет; сначала "
              "новое."),
    MakeLabel("LABEL_HELP_AUDIT_EXPORT",
              "Writes the audit as JSON Lines, one record a line, oldest first.",
              "Выгружает аудит в JSON Lines: по записи в строке, сначала старое."),
    MakeLabel("LABEL_HELP_AUDIT_VERIFY",
              "Checks that no record of the audit was changed, removed or moved.",
              "Проверяет, что ни одна запись аудита не изменена, не удалена и не "
              "переставлена."),
    MakeLabel("LABEL_FLAG_AUDIT_PRINCIPAL", "Only what this caller did",
              "Только то, что сделал этот человек, сервис или агент"),
    MakeLabel("LABEL_FLAG_AUDIT_RESOURCE",
              "Only about this and what is below it, e.g. integrations/main",
              "Только об этом и вложенном, например integrations/main"),
    MakeLabel("LABEL_FLAG_AUDIT_METHOD", "Only this RPC, e.g. SaveConnection",
              "Только этот вызов, например SaveConnection"),
    MakeLabel("LABEL_FLAG_AUDIT_SINCE", "From then on: 2026-01-31, or an age: 24h",
              "Начиная с: 2026-01-31 или возраст: 24h"),
    MakeLabel("LABEL_FLAG_AUDIT_UNTIL", "Before then: 2026-01-31, or an age: 24h",
              "До: 2026-01-31 или возраст: 24h"),
    MakeLabel("LABEL_FLAG_AUDIT_DENIED", "Only refusals", "Только отказы"),
    MakeLabel("LABEL_FLAG_AUDIT_LIMIT", "At most so many records; default 50",
              "Не больше записей, чем указано; по умолчанию 50"),
    MakeLabel("LABEL_FLAG_AUDIT_OUT", "File to write to; default: standard output",
              "Файл для записи; по умолчанию стандартный вывод"),
    MakeLabel("LABEL_EXPECTED_MOMENT",
              "a date (2026-01-31), a time (2026-01-31T03:00:00+03:00) or an age (24h)",
              "дата (2026-01-31), время (2026-01-31T03:00:00+03:00) или возраст (24h)"),
    MakeLabel("LABEL_AUDIT_RECORDS", "Records: {count}", "Записей: {count}"),
    MakeLabel("LABEL_AUDIT_ALLOWED", "allowed", "разрешено"),
    MakeLabel("LABEL_AUDIT_MORE_CHANGES", "{count} more", "ещё {count}"),
    MakeLabel("LABEL_AUDIT_TIMES", "{count} times", "повторов: {count}"),
    MakeLabel("LABEL_HEAD_PRINCIPAL", "WHO", "КТО"),
    MakeLabel("LABEL_HEAD_METHOD", "WHAT", "ЧТО"),
    MakeLabel("LABEL_HEAD_RESOURCE", "RESOURCE", "РЕСУРС"),
    MakeLabel("LABEL_AUDIT_EXPORTED", "Written to {file}, records: {count}",
              "Записано в {file}, записей: {count}"),
    MakeLabel("LABEL_AUDIT_WHOLE", "The audit is whole; records: {count}",
              "Аудит цел; записей: {count}"),
    MakeLabel("LABEL_AUDIT_BROKEN",
              "The audit is broken at record {number}; whole before it: {count}",
              "Аудит нарушен на записи {number}; целых до неё: {count}"),
    MakeLabel("LABEL_AUDIT_DEFECT", "What is wrong", "Что не так"),
    MakeLabel("LABEL_AUDIT_DEFECT_CHANGED", "the record was changed",
              "запись изменена"),
    MakeLabel("LABEL_AUDIT_DEFECT_REMOVED", "the record was removed", "запись удалена"),
    MakeLabel("LABEL_AUDIT_DEFECT_REORDERED", "the record stands in another's place",
              "запись стоит на чужом месте"),
    MakeLabel("LABEL_AUDIT_DEFECT_ADDED", "the record was put in from outside",
              "запись подложена"),
    MakeLabel("LABEL_AUDIT_DEFECT_END_CHANGED",
              "the note of the last record is not ours",
              "отметка о последней записи не наша"),
    MakeLabel("LABEL_AUDIT_LAST_NUMBER", "Last whole record", "Последняя целая запись"),
    MakeLabel("LABEL_AUDIT_LAST_HASH", "Its hash", "Её хеш"),
    MakeLabel("LABEL_NEXT_AUDIT_EXPORT",
              "To keep it elsewhere: guestbridge audit export --out audit.jsonl",
              "Чтобы хранить его отдельно: guestbridge audit export --out audit.jsonl"),
    MakeLabel("LABEL_NEXT_AUDIT_VERIFY",
              "To check that nothing was changed: guestbridge audit verify",
              "Чтобы проверить, что ничего не изменено: guestbridge audit verify"),
    MakeLabel("LABEL_NEXT_AUDIT_KEEP_HASH",
              "Note number and hash outside the server: they show later that nothing "
              "before was made anew.",
              "Запишите номер и хеш вне сервера: позже они покажут, что прежнее не "
              "переделано."),
    MakeLabel(
        "LABEL_NEXT_AUDIT_BROKEN",
        "Somebody wrote to the database past the server. Keep a copy of it, "
        "compare with your exports, and change the passwords of the database.",
        "Кто-то писал в базу данных мимо сервера. Сохраните её копию, сравните со "
        "своими выгрузками и смените пароли базы данных."),
};

}  // namespace

absl::Span<const ReasonText> CommandAuditLabels() { return kAuditLabels; }

}  // namespace guestbridge::text_areas
