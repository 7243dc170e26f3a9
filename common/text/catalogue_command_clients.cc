#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr ReasonText kClientLabels[] = {
    MakeLabel("LABEL_CLIENTS_FOUND", "Clients of {id}: {count}",
              "Клиентов {id}: {count}"),
    MakeLabel("LABEL_CLIENTS_QUEUED",
              "Clients of {id} that the next run tries again: {count}",
              "Клиентов {id}, которых повторит следующая выгрузка: {count}"),
    MakeLabel("LABEL_NEXT_CLIENTS_EXPLAIN",
              "Why one is as it is: guestbridge clients explain {id} CLIENT",
              "Почему так: guestbridge clients explain {id} КЛИЕНТ"),
    MakeLabel("LABEL_HEAD_CONTACT", "CONTACT", "КОНТАКТ"),
    MakeLabel("LABEL_CLIENT_QUEUED", "queued", "в очереди"),
    MakeLabel("LABEL_CLIENT_EXPORTED", "exported", "выгружен"),
    MakeLabel("LABEL_CLIENT_IN_DOUBT", "in doubt", "под вопросом"),
    MakeLabel("LABEL_CLIENT_FAILED", "failed", "ошибка"),
    MakeLabel("LABEL_CLIENT_SKIPPED", "skipped", "пропущен"),
    MakeLabel("LABEL_CLIENT_PROPOSED", "proposed", "предложена пара"),
    MakeLabel("LABEL_CLIENT_AMBIGUOUS", "ambiguous", "неоднозначен"),
    MakeLabel("LABEL_CLIENT_ERASED", "erased", "стёрт"),
    MakeLabel("LABEL_CLIENT_DECISION", "Client {client}", "Клиент {client}"),
    MakeLabel("LABEL_DECISION_ADD", "a run would add a contact",
              "выгрузка создаст контакт"),
    MakeLabel("LABEL_DECISION_UPDATE", "a run would update the contact",
              "выгрузка обновит контакт"),
    MakeLabel("LABEL_DECISION_RELINK",
              "a run would link the contact that took the data over",
              "выгрузка связала бы с контактом, к которому перешли данные"),
    MakeLabel("LABEL_DECISION_DELETE", "a run would delete the contact",
              "выгрузка удалила бы контакт"),
    MakeLabel("LABEL_DECISION_UNCHANGED", "nothing to do, the contact is up to date",
              "делать нечего, контакт актуален"),
    MakeLabel("LABEL_DECISION_SKIP", "a run skips this client",
              "выгрузка пропускает этого клиента"),
    MakeLabel("LABEL_DECISION_FAIL", "a run cannot export this client",
              "выгрузка не может передать этого клиента"),
    MakeLabel("LABEL_DECISION_DEFER", "a run puts this client off",
              "выгрузка откладывает этого клиента"),
    MakeLabel("LABEL_DECISION_ADOPT", "a run would take over an existing contact",
              "выгрузка возьмёт существующий контакт"),
    MakeLabel("LABEL_DECISION_RECREATE", "a run would create the contact again",
              "выгрузка создаст контакт снова"),
    MakeLabel("LABEL_OUTCOME_PASS", "passed", "пройдено"),
    MakeLabel("LABEL_OUTCOME_STOP", "stopped", "стоп"),
    MakeLabel("LABEL_OUTCOME_NOTE", "note", "заметка"),
    MakeLabel("LABEL_FIELDS_NOTED", "Look at the notes below: {fields}.",
              "Обратите внимание на пометки ниже: {fields}."),
    MakeLabel("LABEL_RULES", "Rules", "Правила"),
    MakeLabel("LABEL_RULE_FOUND", "found in 1C", "найден в 1С"),
    MakeLabel("LABEL_RULE_FOLDER", "folder", "группа"),
    MakeLabel("LABEL_RULE_ERASED", "erased", "стёрт"),
    MakeLabel("LABEL_RULE_DELETION_MARK", "deletion mark", "пометка удаления"),
    MakeLabel("LABEL_RULE_GONE_CONTACT", "gone contact", "контакт исчез"),
    MakeLabel("LABEL_RULE_ROBOTS", "robots", "роботы"),
    MakeLabel("LABEL_RULE_FILTER", "filter", "отбор"),
    MakeLabel("LABEL_RULE_NAME", "name", "имя"),
    MakeLabel("LABEL_RULE_EVENTS", "events", "события"),
    MakeLabel("LABEL_RULE_LEDGER", "ledger", "журнал"),
    MakeLabel("LABEL_RULE_MATCH", "pair", "пара"),
    MakeLabel("LABEL_RULE_DOUBT", "doubt", "под вопросом"),
    MakeLabel("LABEL_RULE_REFUSED", "refused", "отказ"),
    MakeLabel("LABEL_RULE_CONTENT", "content", "данные"),
    MakeLabel("LABEL_CLIENT_LINKED", "Client {client} is linked to contact {contact}.",
              "Клиент {client} связан с контактом {contact}."),
    MakeLabel("LABEL_CLIENT_UNLINKED", "Client {client} is unlinked and waits for you.",
              "Клиент {client}: связь снята, ждёт решения."),
    MakeLabel("LABEL_CLIENT_TO_BE_MADE", "The next export adds a contact for {client}.",
              "Ближайшая выгрузка создаст контакт для {client}."),
    MakeLabel(
        "LABEL_NEXT_CLIENT_LINK",
        "Next, one of:\n  guestbridge clients link {id} {client} <contact>\n"
        "  guestbridge clients unlink {id} {client} --new",
        "Дальше одно из двух:\n  guestbridge clients link {id} {client} <контакт>\n"
        "  guestbridge clients unlink {id} {client} --new"),
};

}  // namespace

absl::Span<const ReasonText> CommandClientLabels() { return kClientLabels; }

}  // namespace guestbridge::text_areas
