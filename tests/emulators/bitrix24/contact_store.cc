#include "tests/emulators/bitrix24/contact_store.h"

#include <utility>

#include "tests/emulators/bitrix24/collation.h"

namespace guestbridge::testing::bitrix24 {

void ContactStore::GiveMultifieldIds(Contact* contact) {
  for (Multifield& row : contact->multifields) {
    if (row.id == 0) row.id = next_multifield_++;
  }
}

void ContactStore::Enter(const Contact& contact) {
  const std::string origin = FoldText(FieldText(contact, "ORIGIN_ID"));
  if (!origin.empty()) by_origin_[origin].insert(contact.id);
  for (const Multifield& row : contact.multifields) {
    by_multifield_[{row.type_id, FoldText(row.value)}].insert(contact.id);
  }
}

void ContactStore::Strike(const Contact& contact) {
  const auto strike = [&](auto& index, const auto& key) {
    const auto it = index.find(key);
    if (it == index.end()) return;
    it->second.erase(contact.id);
    if (it->second.empty()) index.erase(it);
  };
  strike(by_origin_, FoldText(FieldText(contact, "ORIGIN_ID")));
  for (const Multifield& row : contact.multifields) {
    strike(by_multifield_, std::pair(row.type_id, FoldText(row.value)));
  }
}

const std::set<int64_t>* ContactStore::WithOrigin(const std::string& folded) const {
  const auto it = by_origin_.find(folded);
  return it == by_origin_.end() ? nullptr : &it->second;
}

std::set<int64_t> ContactStore::WithMultifield(const std::string& type_id,
                                               const std::string& prefix) const {
  std::set<int64_t> ids;
  for (auto it = by_multifield_.lower_bound({type_id, prefix});
       it != by_multifield_.end() && it->first.first == type_id &&
       it->first.second.starts_with(prefix);
       ++it) {
    ids.insert(it->second.begin(), it->second.end());
  }
  return ids;
}

int64_t ContactStore::Add(Contact contact) {
  contact.id = next_contact_++;
  GiveMultifieldIds(&contact);
  const int64_t id = contact.id;
  Enter(contact);
  contacts_[id] = std::move(contact);
  return id;
}

const Contact* ContactStore::Find(int64_t id) const {
  const auto it = contacts_.find(id);
  return it == contacts_.end() ? nullptr : &it->second;
}

void ContactStore::Replace(Contact contact) {
  GiveMultifieldIds(&contact);
  const int64_t id = contact.id;
  if (const Contact* before = Find(id)) Strike(*before);
  Enter(contact);
  contacts_[id] = std::move(contact);
}

bool ContactStore::Delete(int64_t id) {
  auto node = contacts_.extract(id);
  if (node.empty()) return false;
  Strike(node.mapped());
  bin_.insert(std::move(node));
  return true;
}

bool ContactStore::Purge(int64_t id) {
  if (const Contact* contact = Find(id)) Strike(*contact);
  return contacts_.erase(id) + bin_.erase(id) > 0;
}

std::optional<Contact> ContactStore::TakeFromBin(int64_t id) {
  auto node = bin_.extract(id);
  if (node.empty()) return std::nullopt;
  Contact contact = std::move(node.mapped());
  // The portal re-creates a restored contact through Add, its multifields likewise.
  for (Multifield& row : contact.multifields) row.id = 0;
  return contact;
}

}  // namespace guestbridge::testing::bitrix24
