// How the emulated service says no: an OData error with its HTTP status, or a value.
//
// The codes are those of the vendor's table (fact sheet 3.5); "-1" is an exception
// inside 1C. The text is shown to the caller as it stands, so it echoes names and keys
// but never string or date literals of $filter.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULT_H_

#include <string>
#include <utility>
#include <variant>

namespace guestbridge::testing::onec {

struct Fault {
  int http_status = 500;
  std::string code = "-1";
  std::string text;     // Russian
  std::string text_en;  // empty: the Russian text is used for both languages
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: converts like StatusOr
  Result(Fault fault) : state_(std::move(fault)) {}  // NOLINT

  bool ok() const { return std::holds_alternative<T>(state_); }
  const Fault& fault() const { return *std::get_if<Fault>(&state_); }
  T& operator*() { return *std::get_if<T>(&state_); }
  const T& operator*() const { return *std::get_if<T>(&state_); }
  T* operator->() { return std::get_if<T>(&state_); }
  const T* operator->() const { return std::get_if<T>(&state_); }

 private:
  std::variant<T, Fault> state_;
};

struct Done {};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULT_H_
