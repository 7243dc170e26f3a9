#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_STORE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/emulators/bitrix24/contact.h"

namespace guestbridge::testing::bitrix24 {

// The contacts of one portal and its recycle bin. Ids grow by one and are never used
// again. Nothing is unique but the id. One thread at a time.
class ContactStore {
 public:
  explicit ContactStore(int64_t first_contact_id = 1, int64_t first_multifield_id = 1)
      : next_contact_(first_contact_id), next_multifield_(first_multifield_id) {}

  // Stores `contact` under a new id, which is returned. Multifields without an id get
  // one.
  int64_t Add(Contact contact);

  // Null when the id is unknown or in the bin.
  const Contact* Find(int64_t id) const;

  // Replaces the contact of this id; multifields without an id get one.
  void Replace(Contact contact);

  // Moves to the recycle bin. False when unknown.
  bool Delete(int64_t id);

  // Forgets, bin included. False when unknown.
  bool Purge(int64_t id);

  // Takes a contact out of the bin; the caller adds it again, under a new id.
  std::optional<Contact> TakeFromBin(int64_t id);

  // Ids by ORIGIN_ID as the collation compares it (FoldText), or null. Ids of contacts
  // with a multifield of that type whose folded value begins with `prefix`.
  const std::set<int64_t>* WithOrigin(const std::string& folded) const;
  std::set<int64_t> WithMultifield(const std::string& type_id,
                                   const std::string& prefix) const;

  // In order of id.
  const std::map<int64_t, Contact>& all() const { return contacts_; }
  const std::map<int64_t, Contact>& bin() const { return bin_; }

  // The id that the next Add gives.
  int64_t next_id() const { return next_contact_; }

 private:
  void GiveMultifieldIds(Contact* contact);
  void Enter(const Contact& contact);   // into the indexes
  void Strike(const Contact& contact);  // out of them

  std::map<int64_t, Contact> contacts_;
  std::map<int64_t, Contact> bin_;
  std::unordered_map<std::string, std::set<int64_t>> by_origin_;
  // By type and folded value.
  std::map<std::pair<std::string, std::string>, std::set<int64_t>> by_multifield_;
  int64_t next_contact_;
  int64_t next_multifield_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_STORE_H_
