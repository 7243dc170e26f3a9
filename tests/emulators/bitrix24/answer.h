#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_ANSWER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// An error as the portal words it. The code may be empty: all legacy CRM logic errors
// are.
struct RestError {
  int status = 400;
  std::string code = "";
  std::string description = "";
  Json extra = Json::object();  // further members of the answer
};

// What a method gives back; `total` and `next` only where the answer carries them.
struct MethodResult {
  Json result = nullptr;
  std::optional<int64_t> total = std::nullopt;
  std::optional<int64_t> next = std::nullopt;
};

using Outcome = std::variant<MethodResult, RestError>;

inline bool IsError(const Outcome& outcome) {
  return std::holds_alternative<RestError>(outcome);
}

// Legacy CRM logic: 400 with an empty code.
inline RestError LegacyError(std::string description) {
  return {.code = "", .description = std::move(description)};
}

// The old application-exception channel.
inline RestError CoreError(std::string description) {
  return {.code = "ERROR_CORE", .description = std::move(description)};
}

// What a call changed, for the journal.
struct Effect {
  std::string
      kind;  // "created" | "updated" | "deleted" | "merged" | "userfield" | "event"
  int64_t id = 0;
};
using Effects = std::vector<Effect>;

// On whose behalf a call runs.
struct Caller {
  std::string key = "";  // of the operating account: one per webhook or application
  int64_t user_id = 0;
  bool admin = false;
  bool reads_all = true;  // false: only contacts assigned to the user
  bool may_add = true;
  bool may_update = true;
  bool may_delete = true;
  bool may_import = true;
  bool oauth = false;
  std::vector<std::string> scopes = {};
};

bool HasScope(const Caller& caller, const std::string& scope);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_ANSWER_H_
