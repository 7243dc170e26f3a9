#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// One JSON object a line on stderr: time, level, event, then fields.
//
// `event` is snake_case and stable; the text of fields may change. A field's value is
// one of a closed set of types; guests appear as their GUID only, never as name, phone
// or e-mail; secrets have a type that does not convert. Thread-safe.
namespace guestbridge::log {

class Value {
 public:
  Value(absl::string_view text) : value_(std::string(text)) {}      // NOLINT
  Value(const std::string& text) : value_(text) {}                  // NOLINT
  Value(const char* text) : value_(std::string(text)) {}            // NOLINT
  Value(int64_t number) : value_(number) {}                         // NOLINT
  Value(int number) : value_(int64_t{number}) {}                    // NOLINT
  Value(uint64_t number) : value_(static_cast<int64_t>(number)) {}  // NOLINT
  Value(double number) : value_(number) {}                          // NOLINT
  Value(bool flag) : value_(flag) {}                                // NOLINT
  Value(absl::Duration duration)                                    // NOLINT
      : value_(absl::ToDoubleSeconds(duration)) {}
  // The reason and the English message of an error.
  Value(const absl::Status& status);  // NOLINT

  const std::variant<std::string, int64_t, double, bool>& get() const { return value_; }

 private:
  std::variant<std::string, int64_t, double, bool> value_;
};

using Fields = std::initializer_list<std::pair<absl::string_view, Value>>;

void Debug(absl::string_view event, Fields fields = {});
void Info(absl::string_view event, Fields fields = {});
void Warning(absl::string_view event, Fields fields = {});
void Error(absl::string_view event, Fields fields = {});

// Off by default.
void EnableDebug(bool on);

}  // namespace guestbridge::log
