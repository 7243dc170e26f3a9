#include "sync-agent/export/survivor_verdict.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/plan/match_values.h"
#include "sync-agent/plan/shared_values.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

using What = SurvivorVerdict::What;

constexpr size_t kIdsPerCommand = 50;
constexpr size_t kMostWanted = 20;  // of one field, to be looked for

bool Holds(const ContactRow& row, const char* field,
           const std::vector<std::string>& sent) {
  const auto held = row.multifields.find(field);
  if (held == row.multifields.end()) return false;
  return std::any_of(sent.begin(), sent.end(), [&](const std::string& value) {
    return std::any_of(
        held->second.begin(), held->second.end(),
        [&](const MultiRow& one) { return IsSameValue(field, one.value, value); });
  });
}

// A role's mailbox, a channel's relay, a toll-free line: it says nothing about whose
// the contact is that holds it.
bool IsShared(const std::string& field, const std::string& value,
              const std::string& region) {
  if (field == "PHONE") {
    const std::vector<MatchPhone> phones = MatchPhones(value, region);
    return std::any_of(phones.begin(), phones.end(),
                       [](const MatchPhone& phone) { return phone.toll_free; });
  }
  const std::vector<std::string> addresses = MatchEmails(value);
  return std::any_of(addresses.begin(), addresses.end(),
                     [](const std::string& address) { return IsSharedEmail(address); });
}

// By what its row shows; a search may find anybody.
bool IsSurvivor(const Decision& decision, const SurvivorCase& known,
                const ContactRow& row) {
  const bool marked = absl::StartsWith(row.stamp.originator, kOriginatorPrefix);
  if (marked && !CarriesMark(row, known.mark)) return false;
  if (!HidesName(row) && !HasSameName(decision.content, row)) return false;
  return Holds(row, "PHONE", known.phones) || Holds(row, "EMAIL", known.emails);
}

What WithoutSurvivor(PlannedAction action) {
  switch (action) {
    case PlannedAction::kRecreate:
      return What::kRecreated;
    case PlannedAction::kDefer:
      return What::kAsked;
    default:
      return What::kLeft;
  }
}

}  // namespace

SurvivorCase MakeSurvivorCase(const Decision& decision, const ValueDigests& exported,
                              const Stamp& mark, const std::string& region) {
  SurvivorCase known;
  known.mark = mark;
  for (const auto& [field, values] : decision.content.multifields) {
    std::vector<std::string>* wanted = field == "PHONE"   ? &known.phones
                                       : field == "EMAIL" ? &known.emails
                                                          : nullptr;
    if (wanted == nullptr) continue;
    for (const MultiValue& value : values) {
      const std::string digest = DigestValue(decision.key, field, value.value);
      if (exported.count(digest) == 0 || wanted->size() == kMostWanted) continue;
      if (!IsShared(field, value.value, region)) wanted->push_back(value.value);
    }
  }
  return known;
}

std::vector<FindContacts> FindCommands(const SurvivorCase& known) {
  std::vector<FindContacts> commands;
  if (!known.phones.empty()) {
    commands.push_back({FindContacts::By::kPhone, known.phones});
  }
  if (!known.emails.empty()) {
    commands.push_back({FindContacts::By::kEmail, known.emails});
  }
  return commands;
}

void TakeFound(const CommandResult& found, SurvivorCase* known) {
  // A portal that has no such search never will: then nobody is found.
  known->unanswered |= found.fate != Fate::kDone && !found.unavailable;
  for (const ContactRow& row : found.rows) known->candidates.insert(row.id);
}

std::vector<std::string> FieldsOfCandidates(const Decision& decision) {
  std::vector<std::string> names = FieldsToRead(decision, /*compare_fields=*/true);
  names.insert(names.end(), {"NAME", "LAST_NAME", "PHONE", "EMAIL"});
  return names;
}

std::vector<Command> ReadCommands(const std::set<ContactId>& candidates,
                                  const std::set<std::string>& select) {
  std::vector<Command> commands;
  ListContacts list;
  list.select.assign(select.begin(), select.end());
  for (const ContactId id : candidates) {
    list.ids.push_back(id);
    if (list.ids.size() < kIdsPerCommand) continue;
    commands.emplace_back(list);
    list.ids.clear();
  }
  if (!list.ids.empty()) commands.emplace_back(std::move(list));
  return commands;
}

bool ShowAll(const std::vector<CommandResult>& read,
             const std::set<ContactId>& candidates) {
  const bool whole =
      std::all_of(read.begin(), read.end(), [](const CommandResult& result) {
        return result.fate == Fate::kDone && result.complete_page;
      });
  if (whole) return true;
  std::set<ContactId> shown;
  for (const CommandResult& result : read) {
    for (const ContactRow& row : result.rows) shown.insert(row.id);
  }
  return std::includes(shown.begin(), shown.end(), candidates.begin(),
                       candidates.end());
}

SurvivorVerdict JudgeSurvivors(const Decision& decision, const SurvivorCase& known,
                               const std::map<ContactId, ContactRow>& rows,
                               const std::vector<ContactId>& refused,
                               absl::FunctionRef<bool(ContactId)> is_anothers) {
  if (known.unanswered) return {What::kPutOff, {}};
  SurvivorVerdict verdict{WithoutSurvivor(decision.action), {}};
  bool unsure = false;
  for (const ContactId id : known.candidates) {
    const auto row = rows.find(id);
    if (row == rows.end() || !IsSurvivor(decision, known, row->second)) continue;
    if (std::count(refused.begin(), refused.end(), id) > 0 || is_anothers(id)) continue;
    if (HidesName(row->second) && verdict.what != What::kAsked) {
      unsure = true;
      continue;
    }
    verdict.survivors.push_back(id);
    if (verdict.what == What::kAsked) continue;
    verdict.what = What::kLinked;
    return verdict;
  }
  if (unsure && verdict.what == What::kRecreated) verdict.what = What::kPutOff;
  return verdict;
}

}  // namespace guestbridge::agent
