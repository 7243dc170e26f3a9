#include "tests/simulation/network.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace guestbridge::simulation {
namespace {

using agent::AddContact;
using agent::Command;
using agent::CommandResult;
using agent::Fate;
using agent::ImportContacts;
using agent::ListContacts;
using agent::ListNewest;
using agent::RequestFate;
using agent::UpdateContact;

// A gateway cuts a request here; the portal stops working on it somewhat later.
constexpr absl::Duration kGatewayPatience = absl::Seconds(60);
constexpr absl::Duration kLongestWork = absl::Seconds(100);

bool Writes(const Command& command) {
  return std::holds_alternative<AddContact>(command) ||
         std::holds_alternative<ImportContacts>(command) ||
         std::holds_alternative<UpdateContact>(command);
}

CommandResult NotExecuted(const char* reason) {
  CommandResult result;
  result.fate = Fate::kNotExecuted;
  result.reason = reason;
  return result;
}

// What the portal answers with in place of a contact's ID: an absurd one, or that of
// another contact, which may be in doubt itself.
agent::ContactId WrongId(const Portal& portal, Chance chance) {
  static constexpr int64_t kAbsurd[] = {4'294'967'296, 9'007'199'254'740'991,
                                        9'223'372'036'854'775'807};
  const auto contact = portal.Pick(chance.Next64());
  if (!contact.has_value() || chance.Roll(0.3)) {
    return agent::ContactId(kAbsurd[chance.Below(3)]);
  }
  return agent::ContactId(*contact);
}

// The IDs of contacts that were made, in the order of the commands.
std::vector<agent::ContactId*> MadeIn(const std::vector<Command>& commands,
                                      std::vector<CommandResult>* results) {
  std::vector<agent::ContactId*> made;
  const auto add = [&](auto* word) {
    if (word->fate == Fate::kDone && word->id.exists()) made.push_back(&word->id);
  };
  for (size_t i = 0; i < commands.size(); ++i) {
    CommandResult& result = (*results)[i];
    if (std::holds_alternative<AddContact>(commands[i])) add(&result);
    for (agent::ItemResult& item : result.items) add(&item);
  }
  return made;
}

// Each is told as the one after it or before it, and the one at the end as one that may
// not stand yet, be of another request, or stand at the other end.
void Shift(const std::vector<agent::ContactId*>& made, Chance chance) {
  std::vector<int64_t> told;
  for (const agent::ContactId* id : made) told.push_back(id->value());
  const int64_t before = std::max<int64_t>(told.front() - 1, 1);
  const int64_t after = told.back() + 1;
  if (chance.Roll(0.6)) {
    std::rotate(told.begin(), told.begin() + 1, told.end());
    if (chance.Roll(0.8)) told.back() = after;
  } else {
    std::rotate(told.begin(), told.end() - 1, told.end());
    if (chance.Roll(0.8)) told.front() = before;
  }
  for (size_t i = 0; i < made.size(); ++i) *made[i] = agent::ContactId(told[i]);
}

// The clients that a command may create a contact of.
std::vector<std::string> CreatedBy(const Command& command) {
  if (const auto* add = std::get_if<AddContact>(&command); add != nullptr) {
    return {add->stamp.origin};
  }
  std::vector<std::string> clients;
  if (const auto* import = std::get_if<ImportContacts>(&command); import != nullptr) {
    for (const ImportContacts::Item& item : import->items) {
      clients.push_back(item.stamp.origin);
    }
  }
  return clients;
}

// In the same request, and not in vain.
bool IsLookedBehind(const std::vector<Command>& commands,
                    const std::vector<CommandResult>& results) {
  return std::holds_alternative<ListNewest>(commands.back()) &&
         results.back().complete_page;
}

}  // namespace

void Network::Send(const agent::PortalRequest& request, absl::Time wall, bool in_charge,
                   Done done) {
  auto trip = std::make_shared<Trip>();
  trip->request = request;
  trip->wall = wall;
  trip->sent = queue_.now();
  trip->in_charge = in_charge;
  trip->done = std::move(done);
  trip->results.resize(request.commands.size());
  trip->reserved.resize(request.commands.size());
  for (const Command& command : request.commands) {
    if (Writes(command)) ++writes_sent;
    for (const std::string& client : CreatedBy(command)) {
      if (outstanding_[client]++ > 0) {
        on_violation(
            absl::StrCat("two additions of client ", client, " are under way"));
      }
    }
  }
  const absl::Duration up =
      chance_.Between(absl::Milliseconds(20), absl::Milliseconds(150));
  if (scenario_.application) {
    const Tokens::Word word = tokens.Get(/*refused=*/false, queue_.now());
    if (word.fate != RequestFate::kAnswered) {
      trip->http_requests = 0;
      NeverWorks(*trip, 0);
      return Answer(trip, up, word.fate, word.reason);
    }
  }
  if (queue_.now() < away_until) {
    NeverWorks(*trip, 0);
    const bool refused = chance_.Roll(0.5);
    Answer(trip, up, refused ? RequestFate::kNotSent : RequestFate::kUnknown,
           refused ? "PORTAL_UNREACHABLE" : "PORTAL_ANSWERED_HTML");
    return;
  }
  if (faults_.Strikes(FaultKind::kResetBefore)) {
    NeverWorks(*trip, 0);
    Answer(trip,
           faults_.Particulars().Between(absl::Milliseconds(10), absl::Seconds(20)),
           RequestFate::kUnknown, "PORTAL_UNREACHABLE");
    return;
  }
  queue_.In(up, [this, trip] { Arrive(trip); });
}

void Network::Arrive(const TripPointer& trip) {
  const std::vector<Command>& commands = trip->request.commands;
  const absl::Duration now = queue_.now();
  const absl::Duration down =
      chance_.Between(absl::Milliseconds(20), absl::Milliseconds(150));
  if (!limits_.Admit(now) || faults_.Strikes(FaultKind::kTooFast)) {
    NeverWorks(*trip, 0);
    return Answer(trip, down, RequestFate::kTooFast, "PORTAL_TOO_FAST");
  }
  if (faults_.Strikes(FaultKind::kHtmlBefore)) {
    NeverWorks(*trip, 0);
    return Answer(trip, down, RequestFate::kUnknown, "PORTAL_ANSWERED_HTML");
  }
  if (faults_.Strikes(FaultKind::kNotAllowed)) {
    NeverWorks(*trip, 0);
    return Answer(trip, down, RequestFate::kRefused, "TOKEN_REFUSED");
  }
  const size_t authorised = Authorise(trip, down);
  if (authorised == 0) return;
  for (size_t i = authorised; i < commands.size(); ++i) {
    trip->results[i] = NotExecuted("TOKEN_REFUSED");
    trip->results[i].answered = true;
  }

  if (faults_.Strikes(FaultKind::kLate)) {
    Chance chance = faults_.Particulars();
    const absl::Duration gives_up =
        chance.Between(absl::Milliseconds(100), kGatewayPatience);
    // Within the settle time after its last byte left, which the sender may survive or
    // not: assumption A1.
    const absl::Duration longest = scenario_.settle_time - absl::Seconds(2);
    const absl::Duration works =
        std::min(gives_up + chance.Between(absl::ZeroDuration(), longest), longest);
    if (chance.Roll(0.5)) {
      for (size_t i = 0; i < commands.size(); ++i) {
        for (size_t n = CreatedBy(commands[i]).size(); n > 0; --n) {
          trip->reserved[i].push_back(portal_.ReserveId());
        }
      }
    }
    const size_t upto =
        chance.Roll(0.3)
            ? static_cast<size_t>(chance.Below(static_cast<int64_t>(commands.size())))
            : commands.size();
    NeverWorks(*trip, upto);
    queue_.In(works, [this, trip, upto] { Work(*trip, 0, upto); });
    return Answer(trip, gives_up, RequestFate::kUnknown, "PORTAL_ANSWERED_HTML");
  }

  // Only additions: of a late update nobody promises anything.
  const bool creates =
      std::any_of(commands.begin(), commands.end(),
                  [](const Command& command) { return !CreatedBy(command).empty(); });
  if (creates && faults_.Strikes(FaultKind::kTooLate)) {
    Chance chance = faults_.Particulars();
    const absl::Duration gives_up =
        chance.Between(absl::Milliseconds(100), kGatewayPatience);
    const absl::Duration works = gives_up + scenario_.settle_time +
                                 chance.Between(absl::Seconds(1), absl::Minutes(20));
    // By then others may be under way.
    NeverWorks(*trip, 0);
    queue_.In(works, [this, trip] {
      for (const Command& command : trip->request.commands) {
        for (const std::string& client : CreatedBy(command)) {
          ++outstanding_[client];
          came_too_late.insert(client);
        }
      }
      Work(*trip, 0, trip->request.commands.size());
    });
    return Answer(trip, gives_up, RequestFate::kUnknown, "PORTAL_ANSWERED_HTML");
  }

  // How long each command takes, and how many are done before the portal stops.
  std::vector<absl::Duration> until(commands.size());
  const double slow = now < slow_until ? 8 : 1;
  absl::Duration total;
  size_t done = commands.size();
  for (size_t i = 0; i < commands.size(); ++i) {
    const auto contacts =
        static_cast<double>(std::max<size_t>(1, CreatedBy(commands[i]).size()));
    const double seconds =
        slow * scenario_.command_seconds * contacts *
        (Writes(commands[i]) ? chance_.Between(0.7, 1.4) : chance_.Between(0.2, 0.5));
    const char* const method = agent::MethodOf(commands[i]);
    CommandResult& result = trip->results[i];
    if (i >= authorised) {
      until[i] = total;
      continue;
    }
    if (!limits_.Allows(method, now + total)) {
      result = NotExecuted("OPERATING_TIME_EXCEEDED");
      result.operating_limit = true;
    } else {
      total += absl::Seconds(seconds);
      limits_.Charge(method, seconds, now + total);
      result.time.duration_seconds = seconds;
    }
    until[i] = total;
    if (total > kLongestWork && done == commands.size()) done = i + 1;
    if (!scenario_.box) {
      // The portal's own clock is right.
      result.time.operating_seconds = limits_.Sum(method);
      result.time.operating_reset_unix = absl::ToDoubleSeconds(
          trip->wall - absl::UnixEpoch() + limits_.ResetAt(method, now) - trip->sent);
    }
  }
  bool lost = total > kGatewayPatience;
  if (faults_.Strikes(FaultKind::kHalf)) {
    done = static_cast<size_t>(
        faults_.Particulars().Below(static_cast<int64_t>(commands.size())));
    lost = true;
  }
  NeverWorks(*trip, done);
  // Long work shows in two parts.
  const size_t middle = total > absl::Seconds(2) ? done / 2 : done;
  if (middle < done) {
    queue_.In(until[middle], [this, trip, middle] { Work(*trip, 0, middle); });
  }
  const absl::Duration ends = done == 0 ? absl::ZeroDuration() : until[done - 1];
  const size_t from = middle < done ? middle : 0;
  queue_.In(ends, [this, trip, from, done] { Work(*trip, from, done); });

  const absl::Duration answered = std::min(ends, kGatewayPatience) + down;
  if (lost) {
    return Answer(trip, answered, RequestFate::kUnknown, "PORTAL_ANSWERED_HTML");
  }
  if (faults_.Strikes(FaultKind::kResetAfter)) {
    return Answer(trip, answered, RequestFate::kUnknown, "PORTAL_UNREACHABLE");
  }
  if (faults_.Strikes(FaultKind::kInternalErrorAfter)) {
    return Answer(trip, answered, RequestFate::kUnknown, "PORTAL_INTERNAL_ERROR");
  }
  Answer(trip, answered, RequestFate::kAnswered, "");
}

size_t Network::Authorise(const TripPointer& trip, absl::Duration down) {
  const size_t commands = trip->request.commands.size();
  if (!scenario_.application) return commands;
  if (faults_.Strikes(FaultKind::kTokenExpired)) {
    tokens.Expire();
    const auto before = static_cast<size_t>(
        faults_.Particulars().Below(static_cast<int64_t>(commands)));
    if (before > 0) return before;
  }
  if (tokens.IsGood(queue_.now())) return commands;
  // The request as a whole was refused: once more with a fresh token.
  Tokens::Word word = {RequestFate::kRefused, "TOKEN_REFUSED"};
  if (trip->http_requests == 1) word = tokens.Get(/*refused=*/true, queue_.now());
  if (word.fate == RequestFate::kAnswered) {
    ++trip->http_requests;
    queue_.In(2 * down, [this, trip] { Arrive(trip); });
  } else {
    NeverWorks(*trip, 0);
    Answer(trip, down, word.fate, word.reason);
  }
  return 0;
}

void Network::NeverWorks(const Trip& trip, size_t from) {
  for (size_t i = from; i < trip.request.commands.size(); ++i) {
    for (const std::string& client : CreatedBy(trip.request.commands[i])) {
      --outstanding_[client];
    }
  }
}

void Network::Work(Trip& trip, size_t from, size_t upto) {
  for (size_t i = from; i < upto; ++i) {
    const Command& command = trip.request.commands[i];
    for (const std::string& client : CreatedBy(command)) --outstanding_[client];
    CommandResult& result = trip.results[i];
    if (result.fate == Fate::kNotExecuted) continue;  // over the limit
    const bool write = Writes(command);
    if (write && faults_.Strikes(FaultKind::kErrorInstead)) {
      result.answered = true;
      result.portal_code = "ERROR_CORE";
      continue;
    }
    if (write && faults_.Strikes(FaultKind::kOperatingLimit)) {
      result = NotExecuted("OPERATING_TIME_EXCEEDED");
      result.operating_limit = true;
      continue;
    }
    const agent::CommandTime time = result.time;
    result = portal_.Execute(command, trip.reserved[i]);
    result.time = time;
    const auto* update = std::get_if<UpdateContact>(&command);
    if (!trip.in_charge && update != nullptr) portal_.torn.insert(update->id.value());
    Spoil(trip, i);
  }
}

void Network::Spoil(Trip& trip, size_t index) {
  const Command& command = trip.request.commands[index];
  CommandResult& result = trip.results[index];
  if (Writes(command)) {
    if (result.fate == Fate::kDone && faults_.Strikes(FaultKind::kErrorAfter)) {
      Chance chance = faults_.Particulars();
      const auto spoil = [](auto* word) {
        word->fate = Fate::kUnknown;
        word->id = agent::ContactId();
        word->portal_code = "ERROR_CORE";
      };
      if (!result.items.empty() && chance.Roll(0.7)) {
        spoil(&result.items[static_cast<size_t>(
            chance.Below(static_cast<int64_t>(result.items.size())))]);
      } else {
        spoil(&result);
        result.items.clear();
      }
    } else if (result.fate == Fate::kDone &&
               !std::holds_alternative<UpdateContact>(command) &&
               faults_.Strikes(FaultKind::kWrongId)) {
      Chance chance = faults_.Particulars();
      agent::ContactId* id = &result.id;
      if (!result.items.empty()) {
        id = &result
                  .items[static_cast<size_t>(
                      chance.Below(static_cast<int64_t>(result.items.size())))]
                  .id;
      }
      if (id->exists()) *id = WrongId(portal_, chance);
    }
    return;
  }
  if (!result.complete_page || std::holds_alternative<agent::GetContact>(command))
    return;
  if (faults_.Strikes(FaultKind::kBrokenPage)) {
    Chance chance = faults_.Particulars();
    result.complete_page = false;
    if (chance.Roll(0.5)) result.events.clear();
    while (!result.rows.empty() && chance.Roll(0.7)) {
      result.rows.erase(result.rows.begin() +
                        chance.Below(static_cast<int64_t>(result.rows.size())));
    }
    return;
  }
  const auto* list = std::get_if<ListContacts>(&command);
  if (list != nullptr && list->origin.has_value() && portal_.contacts.size() > 1 &&
      faults_.Strikes(FaultKind::kFilterIgnored)) {
    // Everything comes back, cut at a page; the decoder sees that it was not asked for.
    ListContacts all;
    all.after = agent::ContactId(0);
    all.select = list->select;
    result.rows = portal_.Execute(all).rows;
    result.complete_page = false;
  }
}

void Network::Answer(const TripPointer& trip, absl::Duration delay, RequestFate fate,
                     const char* reason) {
  // After the work that ends at the same moment.
  queue_.In(delay, [this, trip, fate, reason] {
    agent::PortalAnswer answer;
    answer.fate = fate;
    answer.reason = reason;
    answer.http_requests = trip->http_requests;
    answer.took = queue_.now() - trip->sent;
    if (fate == RequestFate::kAnswered) {
      answer.results = trip->results;
      const auto made = MadeIn(trip->request.commands, &answer.results);
      if (!made.empty() && faults_.Strikes(FaultKind::kIdsShifted)) {
        Shift(made, faults_.Particulars());
        if (!IsLookedBehind(trip->request.commands, answer.results)) {
          for (const Command& command : trip->request.commands) {
            for (const std::string& client : CreatedBy(command)) {
              told_falsely[client] = queue_.now();
            }
          }
        }
      }
      answer.reports_operating = !scenario_.box;
    } else {
      CommandResult result;
      if (fate != RequestFate::kUnknown) result = NotExecuted(reason);
      answer.results.assign(trip->request.commands.size(), result);
    }
    FillItems(*trip, &answer);
    trip->done(std::move(answer));
  });
}

void Network::FillItems(const Trip& trip, agent::PortalAnswer* answer) {
  for (size_t i = 0; i < answer->results.size(); ++i) {
    const auto* import = std::get_if<ImportContacts>(&trip.request.commands[i]);
    CommandResult& result = answer->results[i];
    if (import == nullptr || !result.items.empty()) continue;
    agent::ItemResult item;
    item.fate = result.fate;
    item.answered = result.answered;
    item.reason = result.reason;
    item.portal_code = result.portal_code;
    result.items.assign(import->items.size(), item);
  }
}

}  // namespace guestbridge::simulation
