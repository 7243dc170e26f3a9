#include "sync-agent/export/told_ids.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sync-agent/export/run_context.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

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

NewestShown::NewestShown(const std::vector<ContactRow>& rows,
                         const std::string& originator) {
  // They come newest first.
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->stamp.originator != originator) continue;
    const ClientKey client(row->stamp.origin);
    const auto version = DecodeOriginVersion(row->stamp.version);
    owners_.emplace(row->id, client);
    contacts_.emplace(client,
                      Shown{row->id, version.ok() ? version->nonce : std::string()});
  }
}

ContactId NewestShown::Of(const ClientKey& client) const {
  const auto [first, last] = contacts_.equal_range(client);
  return first == last ? ContactId() : std::prev(last)->second.id;
}

ContactId NewestShown::MadeBy(const ClientKey& client, const std::string& nonce,
                              ContactId high) const {
  const auto [first, last] = contacts_.equal_range(client);
  const auto made = std::find_if(first, last, [&](const auto& shown) {
    return shown.second.nonce == nonce && shown.second.id > high;
  });
  return made == last ? ContactId() : made->second.id;
}

bool NewestShown::Contradicts(const ClientKey& client, ContactId told) const {
  const auto owner = owners_.find(told);
  if (owner != owners_.end()) return owner->second != client;
  return Of(client).exists();
}

}  // namespace guestbridge::agent
