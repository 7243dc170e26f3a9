#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// A client's Ref_Key: a GUID of 36 characters, kept in lower case.
class ClientKey {
 public:
  ClientKey() = default;
  explicit ClientKey(absl::string_view guid);
  const std::string& guid() const { return guid_; }
  auto operator<=>(const ClientKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ClientKey& key) {
    return H::combine(std::move(h), key.guid_);
  }

 private:
  std::string guid_;
};

// A contact's ID on the portal; 0 means none.
class ContactId {
 public:
  constexpr ContactId() = default;
  constexpr explicit ContactId(int64_t value) : value_(value) {}
  constexpr int64_t value() const { return value_; }
  constexpr bool exists() const { return value_ > 0; }
  auto operator<=>(const ContactId&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ContactId& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  int64_t value_ = 0;
};

}  // namespace guestbridge::agent
