#include "sync-agent/export/ceiling_count.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

std::string TextOf(const std::optional<int>& ceiling) {
  return ceiling.has_value() ? absl::StrCat(*ceiling) : "-";
}

bool SurelyNot(Fate fate) {
  return fate == Fate::kNotExecuted || fate == Fate::kRefused || fate == Fate::kGone;
}

}  // namespace

CeilingCount::Amounts CeilingCount::Count(const std::vector<Command>& commands) {
  Amounts amounts;
  for (const Command& command : commands) {
    if (const auto* import = std::get_if<ImportContacts>(&command); import != nullptr) {
      amounts.creations += static_cast<int>(import->items.size());
    }
    amounts.creations += std::holds_alternative<AddContact>(command);
    amounts.updates += std::holds_alternative<UpdateContact>(command);
    amounts.deletions += std::holds_alternative<DeleteContact>(command);
  }
  return amounts;
}

// "CEILING TAKEN STOPPED" of each, in the order of Counters; under another ceiling
// nothing was counted.
absl::StatusOr<CeilingCount::Counters> CeilingCount::Load() {
  GB_ASSIGN_OR_RETURN(const std::string note, ledger_.Note(kCeilingsNote));
  const std::vector<std::string> parts = absl::StrSplit(note, ' ');
  Counters counters;
  if (parts.size() != 9) return counters;
  const auto read = [&](size_t at, const std::optional<int>& ceiling,
                        Counter* counter) {
    if (parts[at] != TextOf(ceiling)) return;
    if (!absl::SimpleAtoi(parts[at + 1], &counter->taken)) counter->taken = 0;
    counter->stopped = parts[at + 2] == "1";
  };
  read(0, ceilings_.creations, &counters.creations);
  read(3, ceilings_.updates, &counters.updates);
  read(6, ceilings_.deletions, &counters.deletions);
  return counters;
}

absl::Status CeilingCount::Store(const Counters& counters) {
  const auto text = [](const std::optional<int>& ceiling, const Counter& counter) {
    return absl::StrCat(TextOf(ceiling), " ", counter.taken, " ",
                        counter.stopped ? "1" : "0");
  };
  return ledger_.SetNote(
      kCeilingsNote, absl::StrCat(text(ceilings_.creations, counters.creations), " ",
                                  text(ceilings_.updates, counters.updates), " ",
                                  text(ceilings_.deletions, counters.deletions)));
}

absl::Status CeilingCount::Take(const std::vector<Command>& commands) {
  if (!ceilings_.any()) return absl::OkStatus();
  const Amounts asked = Count(commands);
  if (asked.creations + asked.updates + asked.deletions == 0) return absl::OkStatus();
  absl::Status outcome;
  const auto take = [&](const std::optional<int>& ceiling, int amount,
                        const char* reason, Counter* counter) {
    if (amount == 0 || !ceiling.has_value()) return;
    if (counter->stopped || counter->taken > *ceiling - amount) {
      counter->stopped = true;
      if (outcome.ok()) {
        outcome = MakeError(reason, {{"limit", absl::StrCat(*ceiling)}});
      }
    } else {
      counter->taken += amount;
    }
  };
  const absl::Status kept = ledger_.Together([&] {
    const absl::StatusOr<Counters> before = Load();
    if (!before.ok()) {
      outcome = before.status();
      return;
    }
    Counters after = *before;
    take(ceilings_.creations, asked.creations, "POLICY_CEILING_CREATIONS",
         &after.creations);
    take(ceilings_.updates, asked.updates, "POLICY_CEILING_UPDATES", &after.updates);
    take(ceilings_.deletions, asked.deletions, "POLICY_CEILING_DELETIONS",
         &after.deletions);
    if (!outcome.ok()) {
      // Nothing leaves: only that it was stopped is kept.
      after.creations.taken = before->creations.taken;
      after.updates.taken = before->updates.taken;
      after.deletions.taken = before->deletions.taken;
    }
    const absl::Status stored = Store(after);
    if (outcome.ok()) outcome = stored;
  });
  return kept.ok() ? outcome : kept;
}

absl::Status CeilingCount::GiveBack(const std::vector<Command>& commands) {
  return Return(Count(commands));
}

absl::Status CeilingCount::Return(const Amounts& amounts) {
  if (!ceilings_.any() ||
      amounts.creations + amounts.updates + amounts.deletions == 0) {
    return absl::OkStatus();
  }
  absl::Status outcome;
  const absl::Status kept = ledger_.Together([&] {
    absl::StatusOr<Counters> counters = Load();
    if (!counters.ok()) {
      outcome = counters.status();
      return;
    }
    const auto give = [](int amount, Counter* counter) {
      counter->taken = std::max(0, counter->taken - amount);
    };
    give(amounts.creations, &counters->creations);
    give(amounts.updates, &counters->updates);
    give(amounts.deletions, &counters->deletions);
    outcome = Store(*counters);
  });
  return kept.ok() ? outcome : kept;
}

absl::Status CeilingCount::Learn(const std::vector<Command>& commands,
                                 const std::vector<CommandResult>& results) {
  if (!ceilings_.any()) return absl::OkStatus();
  Amounts undone;
  for (size_t i = 0; i < commands.size() && i < results.size(); ++i) {
    const Command& command = commands[i];
    if (std::holds_alternative<ImportContacts>(command)) {
      for (const ItemResult& item : results[i].items) {
        undone.creations += SurelyNot(item.fate);
      }
    } else if (SurelyNot(results[i].fate)) {
      undone.creations += std::holds_alternative<AddContact>(command);
      undone.updates += std::holds_alternative<UpdateContact>(command);
      undone.deletions += std::holds_alternative<DeleteContact>(command);
    }
  }
  return Return(undone);
}

absl::Status CeilingCount::RunEnded() {
  if (!ceilings_.any()) return absl::OkStatus();
  absl::Status outcome;
  const absl::Status kept = ledger_.Together([&] {
    absl::StatusOr<Counters> counters = Load();
    if (!counters.ok()) {
      outcome = counters.status();
      return;
    }
    for (Counter* counter :
         {&counters->creations, &counters->updates, &counters->deletions}) {
      if (!counter->stopped) counter->taken = 0;
    }
    outcome = Store(*counters);
  });
  return kept.ok() ? outcome : kept;
}

std::optional<int> CeilingCount::RoomFor(const char* method) {
  if (!ceilings_.any()) return std::nullopt;
  const bool creates = std::strcmp(method, "crm.contact.add") == 0 ||
                       std::strcmp(method, "crm.item.batchImport") == 0 ||
                       std::strcmp(method, "crm.item.import") == 0;
  const bool updates = std::strcmp(method, "crm.contact.update") == 0;
  const bool deletes = std::strcmp(method, "crm.contact.delete") == 0;
  const std::optional<int>& ceiling = creates   ? ceilings_.creations
                                      : updates ? ceilings_.updates
                                                : ceilings_.deletions;
  if ((!creates && !updates && !deletes) || !ceiling.has_value()) return std::nullopt;
  const absl::StatusOr<Counters> counters = Load();
  // Take finds the same, and says so.
  if (!counters.ok()) return 1;
  const Counter& counter = creates   ? counters->creations
                           : updates ? counters->updates
                                     : counters->deletions;
  return std::max(1, *ceiling - counter.taken);
}

}  // namespace guestbridge::agent
