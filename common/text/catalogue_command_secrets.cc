#include "common/text/command_areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr ReasonText kLabels[] = {
    MakeLabel("LABEL_HELP_SECRETS_STATUS",
              "Shows the keys of the stored secrets, and how many are under each.",
              "Показывает ключи сохранённых секретов и сколько секретов под каждым."),
    MakeLabel("LABEL_HELP_SECRETS_ROTATE",
              "Seals the stored secrets with a new key, while everything goes on. A "
              "server with key files of its own makes the key; otherwise add it to the "
              "source of every server before.",
              "Зашифровывает сохранённые секреты новым ключом, ничего не "
              "останавливая. Сервер с собственными файлами ключей создаёт ключ сам; "
              "иначе сначала добавьте ключ на каждый сервер."),
    MakeLabel("LABEL_SECRETS_ALL_UNDER_KEY",
              "All {count} stored secrets are under the current key.",
              "Все сохранённые секреты ({count}) — под текущим ключом."),
    MakeLabel(
        "LABEL_SECRETS_WAITING",
        "Not yet under the current key: {waiting}. Stored secrets in all: {count}.",
        "Ещё не под текущим ключом: {waiting}. Всего сохранённых секретов: {count}."),
    MakeLabel("LABEL_SECRETS_DAMAGED", "Damaged, to be entered again: {count}",
              "Повреждены, нужно ввести заново: {count}"),
    MakeLabel("LABEL_SECRETS_KEY_IS_NEW", "The current key is now {key}.",
              "Текущий ключ теперь {key}."),
    MakeLabel("LABEL_HEAD_KEY_ID", "KEY", "КЛЮЧ"),
    MakeLabel("LABEL_HEAD_KEY_SINCE", "IN USE SINCE", "ДЕЙСТВУЕТ С"),
    MakeLabel("LABEL_HEAD_KEY_SECRETS", "SECRETS", "СЕКРЕТОВ"),
    MakeLabel("LABEL_KEY_CURRENT", "current", "текущий"),
    MakeLabel("LABEL_KEY_UNUSED", "not used yet", "ещё не применялся"),
    MakeLabel("LABEL_KEY_BEFORE", "still needed", "ещё нужен"),
    MakeLabel("LABEL_KEY_RETIRABLE", "no longer needed", "больше не нужен"),
    MakeLabel("LABEL_KEY_AWAY", "{state}, NOT here", "{state}, здесь НЕТ"),
    MakeLabel("LABEL_NEXT_SECRETS_STATUS", "How far it is: guestbridge secrets status",
              "Как идёт: guestbridge secrets status"),
    MakeLabel("LABEL_NEXT_SECRETS_ROTATE", "A new key: guestbridge secrets rotate",
              "Новый ключ: guestbridge secrets rotate"),
    MakeLabel("LABEL_NEXT_SECRETS_RETIRE",
              "Old keys are needed by backups only: keep them beside those.",
              "Старые ключи нужны только резервным копиям: храните их вместе."),
};

}  // namespace

absl::Span<const ReasonText> CommandSecretLabels() { return kLabels; }

}  // namespace guestbridge::text_areas
