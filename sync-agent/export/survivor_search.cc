#include "sync-agent/export/survivor_search.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/gone_contact.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostPerRequest = 25;  // two commands each

}  // namespace

void SurvivorSearch::Look(Decision decision) {
  const auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status())) return;
  Search search;
  if (record->has_value()) {
    search.known =
        MakeSurvivorCase(decision, (*record)->exported.values,
                         Stamp{context_.settings.originator, decision.key.guid(), ""},
                         context_.settings.mapping->default_region());
  }
  search.decision = std::move(decision);
  if (FindCommands(search.known).empty()) {
    Conclude(std::move(search), {});
    return;
  }
  to_find_.push_back(std::move(search));
}

std::optional<PortalLane::Job> SurvivorSearch::Next() {
  if (!to_read_.empty()) return ReadJob();
  if (!to_find_.empty()) return FindJob();
  return std::nullopt;
}

size_t SurvivorSearch::MostPerRequest(const char* method) const {
  const int commands = context_.lane.CommandsPerRequest(method);
  return static_cast<size_t>(std::clamp(commands / 2, 1, kMostPerRequest));
}

bool SurvivorSearch::SetApart(const PortalAnswer& answer, Searches* searches,
                              std::deque<Search>* queue) {
  const bool unread = std::all_of(
      answer.results.begin(), answer.results.end(),
      [](const CommandResult& result) { return result.fate == Fate::kUnknown; });
  if (!unread || searches->size() < 2) return false;
  for (Search& search : *searches) {
    search.alone = true;
    queue->push_back(std::move(search));
  }
  return true;
}

PortalLane::Job SurvivorSearch::FindJob() {
  auto searches = std::make_shared<Searches>();
  // Which search each command belongs to.
  auto owners = std::make_shared<std::vector<size_t>>();
  PortalLane::Job job;
  const size_t most = MostPerRequest("crm.duplicate.findbycomm");
  while (!to_find_.empty() && searches->size() < most) {
    const bool alone = to_find_.front().alone;
    if (alone && !searches->empty()) break;
    searches->push_back(std::move(to_find_.front()));
    to_find_.pop_front();
    for (FindContacts& find : FindCommands(searches->back().known)) {
      job.commands.emplace_back(std::move(find));
      owners->push_back(searches->size() - 1);
    }
    if (alone) break;
  }
  job.done = [this, searches, owners](const PortalAnswer& answer) {
    --in_flight_;
    if (SetApart(answer, searches.get(), &to_find_)) return;
    for (size_t i = 0; i < owners->size(); ++i) {
      TakeFound(answer.results[i], &(*searches)[(*owners)[i]].known);
    }
    for (Search& search : *searches) {
      if (search.known.unanswered || search.known.candidates.empty()) {
        Conclude(std::move(search), {});
      } else {
        to_read_.push_back(std::move(search));
      }
    }
  };
  job.take_back = [this, searches] {
    --in_flight_;
    for (Search& search : *searches) to_find_.push_back(std::move(search));
  };
  ++in_flight_;
  return job;
}

PortalLane::Job SurvivorSearch::ReadJob() {
  auto searches = std::make_shared<Searches>();
  std::set<ContactId> ids;
  std::set<std::string> select;
  const size_t most = MostPerRequest("crm.contact.list");
  while (!to_read_.empty() && searches->size() < most) {
    Search& search = to_read_.front();
    const bool alone = search.alone;
    if (alone && !searches->empty()) break;
    ids.insert(search.known.candidates.begin(), search.known.candidates.end());
    for (std::string& name : FieldsOfCandidates(search.decision)) {
      select.insert(std::move(name));
    }
    searches->push_back(std::move(search));
    to_read_.pop_front();
    if (alone) break;
  }
  PortalLane::Job job;
  job.commands = ReadCommands(ids, select);
  job.done = [this, searches](const PortalAnswer& answer) {
    --in_flight_;
    if (SetApart(answer, searches.get(), &to_read_)) return;
    std::map<ContactId, ContactRow> rows;
    for (const CommandResult& result : answer.results) {
      for (const ContactRow& row : result.rows) rows.emplace(row.id, row);
    }
    for (Search& search : *searches) {
      const bool all = ShowAll(answer.results, search.known.candidates);
      if (!all && searches->size() > 1) {
        // Somebody else's may be the broken one, and its own no more there.
        search.alone = true;
        to_read_.push_back(std::move(search));
        continue;
      }
      search.known.unanswered |= !all;
      Conclude(std::move(search), rows);
    }
  };
  job.take_back = [this, searches] {
    --in_flight_;
    for (Search& search : *searches) to_read_.push_back(std::move(search));
  };
  ++in_flight_;
  return job;
}

void SurvivorSearch::Conclude(Search search,
                              const std::map<ContactId, ContactRow>& rows) {
  Decision& decision = search.decision;
  const auto pair = context_.ledger.Pair(decision.key);
  if (!context_.Check(pair.status())) return;
  const std::vector<ContactId> refused =
      pair->has_value() ? (*pair)->refused : std::vector<ContactId>();
  const auto is_anothers = [&](ContactId id) {
    const auto owner = context_.ledger.ClientOf(id);
    if (!context_.Check(owner.status())) return true;
    if (owner->has_value() && **owner != decision.key) return true;
    const auto claim = context_.claimed.find(id);
    return claim != context_.claimed.end() && claim->second != decision.key;
  };
  SurvivorVerdict verdict =
      JudgeSurvivors(decision, search.known, rows, refused, is_anothers);
  if (!context_.failure.ok()) return;
  switch (verdict.what) {
    case SurvivorVerdict::What::kLinked:
      Link(std::move(decision), rows.at(verdict.survivors.front()));
      return;
    case SurvivorVerdict::What::kRecreated:
      adder_.Add(std::move(decision));
      return;
    case SurvivorVerdict::What::kAsked:
    case SurvivorVerdict::What::kLeft:
      LeaveWithoutContact(context_, decision, std::move(verdict.survivors));
      return;
    case SurvivorVerdict::What::kPutOff:
      // Nobody was found only because the portal did not say: decided by the next run.
      context_.Defer(decision.key, "CONTACT_READ_INCOMPLETE",
                     {{"contact", absl::StrCat(decision.contact.value())}});
      return;
  }
}

void SurvivorSearch::Link(Decision decision, const ContactRow& row) {
  if (context_.settings.dry_run) {
    context_.claimed.emplace(row.id, decision.key);
  } else {
    auto record = context_.ledger.Get(decision.key);
    if (!context_.Check(record.status()) || !record->has_value()) return;
    ClientRecord& known = **record;
    known.link = LinkState::kLive;
    known.contact = row.id;
    known.dirty = true;  // until it is stamped
    known.exported.fields_known = false;
    known.exported.hash.clear();
    if (!context_.Check(context_.ledger.Link(
            known, ContactId(),
            context_.Tell(HistoryKind::kAdopted, "CONTACT_FOLLOWED")))) {
      return;
    }
  }
  decision.action = PlannedAction::kUpdate;
  decision.contact = row.id;
  updater_.Update(std::move(decision), /*adopt=*/true, row);
}

}  // namespace guestbridge::agent
