#include "sync-agent/export/sweep.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "sync-agent/export/contact_verdict.h"

namespace guestbridge::agent {
namespace {

constexpr int kIdsPerCommand = 50;
// Each answer holds 2,500 contacts: more at once are memory, not speed.
constexpr int kMostInFlight = 3;

}  // namespace

std::optional<PortalLane::Job> Sweep::Next() {
  if (finished_ || in_flight_ >= kMostInFlight) return std::nullopt;
  const int most =
      kIdsPerCommand * context_.lane.CommandsPerRequest("crm.contact.list");
  std::vector<WriteBackItem> batch;
  while (!again_.empty() && batch.size() < static_cast<size_t>(most)) {
    batch.push_back(std::move(again_.front()));
    again_.pop_front();
  }
  if (batch.empty()) {
    auto live = context_.ledger.LiveContacts(after_, most);
    if (!context_.Check(live.status())) return std::nullopt;
    if (live->empty()) {
      // One that is under way may come back.
      finished_ = in_flight_ == 0;
      return std::nullopt;
    }
    after_ = live->back().contact;
    batch = *std::move(live);
  }
  auto items = std::make_shared<std::map<ContactId, WriteBackItem>>();
  PortalLane::Job job;
  for (const WriteBackItem& item : batch) {
    if (items->size() % kIdsPerCommand == 0) job.commands.push_back(ListContacts{});
    std::get<ListContacts>(job.commands.back()).ids.push_back(item.contact);
    items->emplace(item.contact, item);
  }
  job.done = [this, items](const PortalAnswer& answer) {
    --in_flight_;
    for (const CommandResult& result : answer.results) {
      for (const ContactRow& row : result.rows) {
        context_.SawId(row.id);
        const auto item = items->find(row.id);
        if (item == items->end()) continue;
        context_.sight_proven = true;
        Compare(item->second, row);
        items->erase(item);
      }
    }
    for (const auto& [id, item] : *items) Missing(item);
  };
  job.take_back = [this, items] {
    --in_flight_;
    for (const auto& [id, item] : *items) again_.push_back(item);
  };
  ++in_flight_;
  return job;
}

void Sweep::Missing(const WriteBackItem& item, OnGone gone) {
  const ClientKey key = item.key;
  gone_.Ask({key, item.contact,
             [this, key, contact = item.contact,
              gone = std::move(gone)](const std::optional<Survivor>& survivor) {
               if (gone != nullptr) gone(survivor);
               CrashPoint("agent.sweep.mark");
               auto record = context_.ledger.Get(key);
               if (!context_.Check(record.status()) || !record->has_value()) return;
               ClientRecord known = **record;
               if (known.contact != contact) return;  // It has another by now.
               known.dirty = true;
               if (survivor.has_value()) {
                 Follow(*survivor, &known);
               } else {
                 known.link = LinkState::kLost;
               }
               context_.Keep(known);
               CrashPoint("agent.sweep.marked");
             },
             [this, key, contact = item.contact](bool exists) {
               // A hiccup of the list; or somebody without rights is told nothing.
               if (exists) return;
               certain_ = false;
               context_.tally.AddNotice("CONTACT_UNREADABLE",
                                        {{"contact", absl::StrCat(contact.value())}});
             }});
}

bool Sweep::Compare(const WriteBackItem& item, const ContactRow& row) {
  const Stamp mark{context_.settings.originator, item.key.guid(), ""};
  if (CarriesMark(row, mark)) return true;
  const auto record = context_.ledger.Get(item.key);
  if (!context_.Check(record.status()) || !record->has_value()) return true;
  if (!IsStranger(row, mark, (*record)->dirty)) return true;
  context_.strangers.insert(item.key);
  ClientRecord known = **record;
  known.dirty = true;
  if (context_.settings.dry_run) {
    context_.Keep(known);
    return false;
  }
  context_.Check(context_.ledger.Put({known}));
  return false;
}

}  // namespace guestbridge::agent
