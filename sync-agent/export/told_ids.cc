#include "sync-agent/export/told_ids.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sync-agent/export/run_context.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kPage = 50;

// Of a contact that was made when `high` was the highest.
bool CanBeNew(ContactId id, ContactId high) {
  return id > high && (!high.exists() || id.value() - high.value() <= kMostIdGap);
}

}  // namespace

std::vector<ItemResult> ResultsOf(const PortalAnswer& answer, size_t count) {
  std::vector<ItemResult> results;
  for (const CommandResult& command : answer.results) {
    if (!command.items.empty()) {
      results.insert(results.end(), command.items.begin(), command.items.end());
      continue;
    }
    ItemResult one;
    one.fate = command.fate;
    one.answered = command.answered;
    one.reason = command.reason;
    one.portal_code = command.portal_code;
    one.id = command.id;
    results.push_back(std::move(one));
  }
  results.resize(count);
  return results;
}

bool CanBeTrue(const std::vector<ItemResult>& results, ContactId high) {
  ContactId last;
  for (const ItemResult& result : results) {
    if (result.reason == "PORTAL_ANSWER_BROKEN") return false;
    if (result.fate != Fate::kDone) continue;
    if (!CanBeNew(result.id, high) || result.id <= last) return false;
    last = result.id;
  }
  return true;
}

NewestShown::NewestShown(const CommandResult& look, const std::string& originator,
                         ContactId high)
    : high_(high) {
  const std::vector<ContactRow>& rows = look.rows;
  if (!rows.empty()) lowest_ = rows.back().id;
  shows_all_new_ = look.complete_page && (rows.size() < kPage || lowest_ <= high);
  is_whole_ = look.complete_page;
  if (is_whole_ && rows.size() < kPage) lowest_ = ContactId();
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    Shown shown = {row->id, ClientKey(row->stamp.origin), ""};
    const auto version = DecodeOriginVersion(row->stamp.version);
    if (version.ok()) shown.nonce = version->nonce;
    // A robot may have put a number of its own there.
    const bool marked =
        row->stamp.originator == originator && IsOrigin(shown.client.guid());
    if (!marked) shown.client = ClientKey();
    const auto kept = contacts_.emplace(row->id, std::move(shown));
    if (marked) by_client_.emplace(kept.first->second.client, &kept.first->second);
  }
}

ContactId NewestShown::Of(const ClientKey& client) const {
  const auto [first, last] = by_client_.equal_range(client);
  return first == last ? ContactId() : std::prev(last)->second->id;
}

ContactId NewestShown::OldestOf(const Addition& addition) const {
  const auto [first, last] = by_client_.equal_range(addition.client);
  const auto made = std::find_if(first, last, [&](const auto& shown) {
    return shown.second->nonce == addition.nonce && shown.second->id > high_;
  });
  return made == last ? ContactId() : made->second->id;
}

ContactId NewestShown::MadeBy(const Addition& addition) const {
  return shows_all_new_ ? OldestOf(addition) : ContactId();
}

bool NewestShown::Contradicts(const Addition& addition, ContactId told) const {
  // A copy comes after its original.
  if (const ContactId made = OldestOf(addition); made.exists() && made < told) {
    return true;
  }
  const auto shown = contacts_.find(told);
  if (shown != contacts_.end()) {
    const Shown& contact = shown->second;
    if (contact.client == addition.client || contact.nonce == addition.nonce) {
      return false;
    }
    if (contact.client != ClientKey()) return true;
  } else if (!is_whole_ || told < lowest_) {
    return false;
  }
  return Of(addition.client) > high_;
}

}  // namespace guestbridge::agent
