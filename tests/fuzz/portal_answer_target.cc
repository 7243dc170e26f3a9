#include <set>
#include <vector>

#include "sync-agent/portal/bitrix24/answer_decoder.h"
#include "sync-agent/portal/portal.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

using agent::Command;
using agent::CommandResult;
using agent::ContactId;
using agent::Fate;
using agent::PortalAnswer;
using agent::RequestFate;

agent::ImportContacts ImportOf(size_t count) {
  agent::ImportContacts import;
  import.items.resize(count);
  return import;
}

agent::UpdateContact Update() {
  agent::UpdateContact update;
  update.id = ContactId(7);
  return update;
}

agent::ListContacts Window() {
  agent::ListContacts list;
  list.after = ContactId(10);
  list.upto = ContactId(60);
  return list;
}

agent::ListContacts Ids() {
  agent::ListContacts list;
  list.ids = {ContactId(1), ContactId(2), ContactId(3)};
  return list;
}

const std::vector<std::vector<Command>>& Mixes() {
  static const auto* const mixes = new std::vector<std::vector<Command>>{
      {agent::AddContact{}, Update()},
      {agent::AddContact{}},
      {ImportOf(2)},
      {ImportOf(3), agent::AddContact{}, ImportOf(1)},
      {agent::GetContact{ContactId(7)}, Ids(), Window(), agent::ListNewest{},
       agent::GetProfile{}},
      {Window()},
      {agent::PollEvents{}},
      {agent::PollEvents{}, agent::BindEvent{}, agent::GetBoundEvents{}},
  };
  return *mixes;
}

void CheckPage(const Command& command, const CommandResult& result) {
  const auto* list = std::get_if<agent::ListContacts>(&command);
  if (list == nullptr || !result.complete_page) return;
  GB_PROMISE(result.rows.size() <= 50);
  ContactId last;
  const std::set<ContactId> ids(list->ids.begin(), list->ids.end());
  for (const agent::ContactRow& row : result.rows) {
    GB_PROMISE(row.id > last);
    last = row.id;
    GB_PROMISE(ids.empty() || ids.count(row.id) == 1);
    if (list->after.has_value()) GB_PROMISE(row.id > *list->after);
    if (list->upto.has_value()) GB_PROMISE(row.id <= *list->upto);
  }
}

void CheckFates(const std::vector<Command>& commands, const PortalAnswer& answer) {
  for (size_t i = 0; i < commands.size(); ++i) {
    const CommandResult& result = answer.results[i];
    if (answer.fate == RequestFate::kUnknown) GB_PROMISE(result.fate == Fate::kUnknown);
    if (answer.fate == RequestFate::kTooFast || answer.fate == RequestFate::kRefused ||
        answer.fate == RequestFate::kNotSent) {
      GB_PROMISE(result.fate == Fate::kNotExecuted);
    }
    if (result.unavailable) GB_PROMISE(result.fate == Fate::kNotExecuted);
    if (result.fate != Fate::kDone) {
      GB_PROMISE(!result.id.exists() && result.rows.empty() && result.events.empty());
    }
    if (std::holds_alternative<agent::AddContact>(commands[i])) {
      GB_PROMISE(result.fate != Fate::kGone);
      GB_PROMISE((result.fate == Fate::kDone) == result.id.exists());
    }
    if (const auto* get = std::get_if<agent::GetContact>(&commands[i]);
        get != nullptr && result.fate == Fate::kDone) {
      GB_PROMISE(result.rows.size() == 1 && result.rows[0].id == get->id);
    }
    const auto* import = std::get_if<agent::ImportContacts>(&commands[i]);
    GB_PROMISE(result.items.size() == (import == nullptr ? 0 : import->items.size()));
    for (const agent::ItemResult& item : result.items) {
      GB_PROMISE((item.fate == Fate::kDone) == item.id.exists());
      if (result.fate != Fate::kDone) GB_PROMISE(item.fate == result.fate);
    }
    for (const agent::PortalEvent& event : result.events) GB_PROMISE(event.id.exists());
    CheckPage(commands[i], result);
  }
}

}  // namespace

// Whatever the portal answers: each command gets a fate, and none is called done
// without proof.
void RunPortalAnswer(absl::string_view bytes) {
  static constexpr int kStatuses[] = {200, 200, 200, 200, 302, 400, 401, 403,
                                      404, 429, 500, 502, 503, 504, 204, 303};
  Dealer dealer(bytes);
  const std::vector<Command>& commands = Mixes()[dealer.Below(Mixes().size())];
  HttpResult http;
  const size_t outcome = dealer.Below(16);
  http.outcome = outcome == 14   ? HttpOutcome::kNotSent
                 : outcome == 15 ? HttpOutcome::kSentNoAnswer
                                 : HttpOutcome::kAnswered;
  if (http.outcome != HttpOutcome::kAnswered) http.reason = "CONNECTION_LOST";
  http.status = kStatuses[dealer.Below(std::size(kStatuses))];
  if (http.status >= 300 && http.status < 400) {
    http.headers = {{"location", dealer.Text()}};
  }
  http.body = std::string(dealer.Rest());
  const PortalAnswer answer = agent::DecodeAnswer(http, commands);
  GB_PROMISE(answer.results.size() == commands.size());
  if (answer.fate != RequestFate::kAnswered) GB_PROMISE(!answer.reason.empty());
  CheckFates(commands, answer);
  agent::WantsFreshToken(answer);
  const agent::RawAnswer raw = agent::DecodeRawAnswer(http);
  GB_PROMISE(raw.fate == RequestFate::kAnswered || !raw.reason.empty());
}

}  // namespace guestbridge::fuzz
