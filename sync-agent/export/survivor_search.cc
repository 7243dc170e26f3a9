#include "sync-agent/export/survivor_search.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/gone_contact.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kSearchesPerRequest = 25;  // two commands each
constexpr size_t kIdsPerCommand = 50;
constexpr size_t kMostValues = 20;

}  // namespace

void SurvivorSearch::Look(Decision decision) {
  const auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status())) return;
  ValueDigests exported;
  if (record->has_value()) exported = (*record)->exported.values;
  Search search = MakeSearch(std::move(decision), exported);
  // Whom a dry run looks for is who makes a difference to its counts.
  const bool told =
      context_.settings.dry_run && search.decision.action != PlannedAction::kRelink;
  if (told || (search.phones.empty() && search.emails.empty())) {
    GiveUp(std::move(search.decision));
    return;
  }
  to_find_.push_back(std::move(search));
}

SurvivorSearch::Search SurvivorSearch::MakeSearch(Decision decision,
                                                  const ValueDigests& exported) const {
  Search search;
  search.decision = std::move(decision);
  for (const auto& [field, values] : search.decision.content.multifields) {
    std::vector<std::string>* wanted = field == "PHONE"   ? &search.phones
                                       : field == "EMAIL" ? &search.emails
                                                          : nullptr;
    if (wanted == nullptr) continue;
    for (const MultiValue& value : values) {
      const std::string digest = DigestValue(search.decision.key, field, value.value);
      if (exported.count(digest) > 0 && wanted->size() < kMostValues) {
        wanted->push_back(value.value);
      }
    }
  }
  return search;
}

std::optional<PortalLane::Job> SurvivorSearch::Next() {
  if (!to_read_.empty()) return ReadJob();
  if (!to_find_.empty()) return FindJob();
  return std::nullopt;
}

PortalLane::Job SurvivorSearch::FindJob() {
  auto searches = std::make_shared<Searches>();
  // Which search each command belongs to.
  auto owners = std::make_shared<std::vector<size_t>>();
  PortalLane::Job job;
  while (!to_find_.empty() && searches->size() < kSearchesPerRequest) {
    searches->push_back(std::move(to_find_.front()));
    to_find_.pop_front();
    const Search& search = searches->back();
    const auto ask = [&](FindContacts::By by, const std::vector<std::string>& values) {
      if (values.empty()) return;
      job.commands.emplace_back(FindContacts{by, values});
      owners->push_back(searches->size() - 1);
    };
    ask(FindContacts::By::kPhone, search.phones);
    ask(FindContacts::By::kEmail, search.emails);
  }
  job.done = [this, searches, owners](const PortalAnswer& answer) {
    --in_flight_;
    for (size_t i = 0; i < owners->size(); ++i) {
      Search& search = (*searches)[(*owners)[i]];
      // A portal that has no such search never will: then nobody is found.
      search.unanswered |=
          answer.results[i].fate != Fate::kDone && !answer.results[i].unavailable;
      for (const ContactRow& row : answer.results[i].rows) {
        search.candidates.insert(row.id);
      }
    }
    for (Search& search : *searches) {
      if (search.unanswered || search.candidates.empty()) {
        Conclude(std::move(search), {});
      } else {
        to_read_.push_back(std::move(search));
      }
    }
  };
  ++in_flight_;
  return job;
}

PortalLane::Job SurvivorSearch::ReadJob() {
  auto searches = std::make_shared<Searches>();
  std::set<ContactId> ids;
  while (!to_read_.empty() && searches->size() < kSearchesPerRequest) {
    ids.insert(to_read_.front().candidates.begin(), to_read_.front().candidates.end());
    searches->push_back(std::move(to_read_.front()));
    to_read_.pop_front();
  }
  PortalLane::Job job;
  std::set<std::string> select = {"NAME", "LAST_NAME", "PHONE", "EMAIL"};
  for (const Search& search : *searches) {
    for (std::string& name : FieldsToRead(search.decision, /*compare_fields=*/true)) {
      select.insert(std::move(name));
    }
  }
  size_t listed = 0;
  for (const ContactId id : ids) {
    if (listed++ % kIdsPerCommand == 0) job.commands.emplace_back(ListContacts{});
    std::get<ListContacts>(job.commands.back()).ids.push_back(id);
  }
  for (Command& command : job.commands) {
    std::get<ListContacts>(command).select.assign(select.begin(), select.end());
  }
  job.done = [this, searches](const PortalAnswer& answer) {
    --in_flight_;
    std::map<ContactId, ContactRow> rows;
    for (const CommandResult& result : answer.results) {
      for (const ContactRow& row : result.rows) rows.emplace(row.id, row);
    }
    const bool whole = std::all_of(
        answer.results.begin(), answer.results.end(), [](const CommandResult& result) {
          return result.fate == Fate::kDone && result.complete_page;
        });
    for (Search& search : *searches) {
      search.unanswered |= !whole;
      Conclude(std::move(search), rows);
    }
  };
  ++in_flight_;
  return job;
}

bool SurvivorSearch::IsSurvivor(const Search& search, const ContactRow& row) const {
  const Decision& decision = search.decision;
  const bool ours = row.stamp.originator == context_.settings.originator &&
                    row.stamp.origin == decision.key.guid();
  if (!ours && row.stamp.originator.rfind(kOriginatorPrefix, 0) == 0) return false;
  if (!HasSameName(decision.content, row)) return false;
  const auto holds = [&](const char* field, const std::vector<std::string>& sent) {
    const auto held = row.multifields.find(field);
    if (held == row.multifields.end()) return false;
    return std::any_of(sent.begin(), sent.end(), [&](const std::string& value) {
      return std::any_of(
          held->second.begin(), held->second.end(),
          [&](const MultiRow& one) { return IsSameValue(field, one.value, value); });
    });
  };
  return holds("PHONE", search.phones) || holds("EMAIL", search.emails);
}

void SurvivorSearch::GiveUp(Decision decision) {
  if (decision.action == PlannedAction::kRecreate) {
    adder_.Add(std::move(decision));
  } else {
    LeaveWithoutContact(context_, decision);
  }
}

void SurvivorSearch::Conclude(Search search,
                              const std::map<ContactId, ContactRow>& rows) {
  if (search.unanswered) {
    // Nobody was found only because the portal did not say: decided by the next run.
    context_.Defer(search.decision.key, "CONTACT_READ_INCOMPLETE",
                   {{"contact", absl::StrCat(search.decision.contact.value())}});
    return;
  }
  const auto pair = context_.ledger.Pair(search.decision.key);
  if (!context_.Check(pair.status())) return;
  std::vector<ContactId> refused;
  if (pair->has_value()) refused = (*pair)->refused;
  std::vector<ContactId> for_review;
  // The oldest: of several equal ones it is what a merge keeps.
  for (const ContactId id : search.candidates) {
    const auto row = rows.find(id);
    if (row == rows.end() || !IsSurvivor(search, row->second)) continue;
    if (std::count(refused.begin(), refused.end(), id) > 0) continue;
    const auto owner = context_.ledger.ClientOf(id);
    if (!context_.Check(owner.status())) return;
    if (owner->has_value() && **owner != search.decision.key) continue;
    if (search.decision.action == PlannedAction::kDefer) {
      for_review.push_back(id);
      continue;
    }
    if (context_.settings.dry_run) {
      const auto claim = context_.claimed.emplace(id, search.decision.key).first;
      if (claim->second != search.decision.key) continue;
      search.decision.action = PlannedAction::kUpdate;
      search.decision.contact = id;
      updater_.Update(std::move(search.decision), /*adopt=*/true, row->second);
      return;
    }
    auto record = context_.ledger.Get(search.decision.key);
    if (!context_.Check(record.status()) || !record->has_value()) return;
    ClientRecord& known = **record;
    known.link = LinkState::kLive;
    known.contact = id;
    known.dirty = true;  // until it is stamped
    known.exported.fields_known = false;
    known.exported.hash.clear();
    if (!context_.Check(context_.ledger.Link(
            known, ContactId(),
            context_.Tell(HistoryKind::kAdopted, "CONTACT_FOLLOWED")))) {
      return;
    }
    search.decision.action = PlannedAction::kUpdate;
    search.decision.contact = id;
    updater_.Update(std::move(search.decision), /*adopt=*/true, row->second);
    return;
  }
  if (!for_review.empty()) {
    LeaveWithoutContact(context_, search.decision, std::move(for_review));
    return;
  }
  GiveUp(std::move(search.decision));
}

}  // namespace guestbridge::agent
