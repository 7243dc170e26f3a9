#include "sync-agent/contact_mark.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/export/ceiling_count.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostAsked = 3;

bool OnlyReads(const Command& command) {
  return std::holds_alternative<GetContact>(command) ||
         std::holds_alternative<ListContacts>(command) ||
         std::holds_alternative<FindContacts>(command) ||
         std::holds_alternative<GetProfile>(command);
}

// As a run judges it (export/portal_lane.h).
bool IsWorthAnotherTry(const PortalAnswer& answer) {
  if (answer.fate == RequestFate::kRefused) return false;
  return answer.fate != RequestFate::kAnswered ||
         std::any_of(answer.results.begin(), answer.results.end(),
                     [](const CommandResult& result) {
                       return result.fate == Fate::kNotExecuted && !result.unavailable;
                     });
}

}  // namespace

absl::StatusOr<Stamp> MarkOf(const ClientKey& key, const TaskParts& parts) {
  const IntegrationSettings& settings = parts.sides.settings;
  std::string base = settings.bound_base_identity;
  if (base.empty()) {
    GB_ASSIGN_OR_RETURN(base, parts.ledger.Note(kIdentityNote));
  }
  if (base.empty()) {
    GB_ASSIGN_OR_RETURN(const SourceIdentity said,
                        parts.sides.source.probe->FetchIdentity());
    base = said.value.empty() ? settings.fallback_base_identity : said.value;
  }
  return Stamp{absl::StrCat(kOriginatorPrefix, base), key.guid(), ""};
}

PortalAnswer AskToRead(std::vector<Command> commands, const TaskParts& parts,
                       absl::Duration longest) {
  const absl::Duration begun = parts.clock.Steady();
  PortalRequest request;
  request.deadline = longest;
  request.commands = std::move(commands);
  PortalAnswer answer = parts.sides.portal->Send(request);
  for (int asked = 1; asked < kMostAsked && IsWorthAnotherTry(answer); ++asked) {
    request.deadline = begun + longest - parts.clock.Steady();
    if (request.deadline <= absl::ZeroDuration()) break;
    answer = parts.sides.portal->Send(request);
  }
  return answer;
}

absl::StatusOr<CommandResult> AskPortal(Command command, const TaskParts& parts,
                                        absl::Duration longest) {
  PortalRequest request;
  request.deadline = longest;
  request.commands.push_back(std::move(command));
  CeilingCount ceilings(parts.sides.local_policy.ceilings, parts.ledger);
  GB_RETURN_IF_ERROR(ceilings.Take(request.commands));
  const PortalAnswer answer = OnlyReads(request.commands.front())
                                  ? AskToRead(request.commands, parts, longest)
                                  : parts.sides.portal->Send(request);
  GB_RETURN_IF_ERROR(ceilings.Learn(request.commands, answer.results));
  if (answer.fate != RequestFate::kAnswered || answer.results.size() != 1) {
    return MakeError(answer.reason.empty() ? "PORTAL_ANSWER_BROKEN" : answer.reason,
                     answer.parameters);
  }
  const CommandResult& result = answer.results[0];
  if (result.fate != Fate::kDone && result.fate != Fate::kGone) {
    return MakeError(result.reason.empty() ? "PORTAL_ANSWER_BROKEN" : result.reason,
                     {{"code", result.portal_code}});
  }
  return result;
}

absl::StatusOr<std::optional<ContactRow>> ReadContact(ContactId id,
                                                      const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(CommandResult result, AskPortal(GetContact{id}, parts));
  if (result.fate == Fate::kGone) return std::nullopt;
  if (result.rows.empty()) return MakeError("PORTAL_ANSWER_BROKEN");
  return std::move(result.rows[0]);
}

absl::StatusOr<std::vector<ContactRow>> ListMarked(const Stamp& mark,
                                                   const TaskParts& parts,
                                                   absl::Duration longest) {
  ListContacts list;
  list.origin = mark;
  GB_ASSIGN_OR_RETURN(CommandResult listed, AskPortal(std::move(list), parts, longest));
  if (!listed.complete_page || !listed.last_page) return MakeError("LOOKUP_INCOMPLETE");
  std::erase_if(listed.rows,
                [&](const ContactRow& row) { return !CarriesMark(row, mark); });
  return std::move(listed.rows);
}

absl::StatusOr<std::vector<ContactId>> FindMarked(
    const Stamp& mark, const std::vector<ContactId>& suspects, const TaskParts& parts) {
  std::vector<ContactId> marked;
  GB_ASSIGN_OR_RETURN(const std::vector<ContactRow> listed, ListMarked(mark, parts));
  for (const ContactRow& row : listed) marked.push_back(row.id);
  for (const ContactId id : suspects) {
    GB_ASSIGN_OR_RETURN(const std::optional<ContactRow> row, ReadContact(id, parts));
    if (row.has_value() && CarriesMark(*row, mark) &&
        std::find(marked.begin(), marked.end(), id) == marked.end()) {
      marked.push_back(id);
    }
  }
  return marked;
}

}  // namespace guestbridge::agent
