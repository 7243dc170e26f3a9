#include "tests/emulators/bitrix24/contact_store.h"

#include <utility>

namespace guestbridge::testing::bitrix24 {

void ContactStore::GiveMultifieldIds(Contact* contact) {
  for (Multifield& row : contact->multifields) {
    if (row.id == 0) row.id = next_multifield_++;
  }
}

int64_t ContactStore::Add(Contact contact) {
  contact.id = next_contact_++;
  GiveMultifieldIds(&contact);
  const int64_t id = contact.id;
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
  contacts_[id] = std::move(contact);
}

bool ContactStore::Delete(int64_t id) {
  auto node = contacts_.extract(id);
  if (node.empty()) return false;
  bin_.insert(std::move(node));
  return true;
}

bool ContactStore::Purge(int64_t id) {
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
