#pragma once

#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace guestbridge {

// Holds a secret in memory: has no formatter, no operator<< and no operator==, and is
// wiped when it goes. Reveal() marks every place where the secret is used.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string value) : value_(std::move(value)) {}
  SecretString(const SecretString&) = default;
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(const SecretString&);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Compares in constant time.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

}  // namespace guestbridge
