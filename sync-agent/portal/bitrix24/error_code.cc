#include "sync-agent/portal/bitrix24/error_code.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace guestbridge::agent {
namespace {

using Kind = ErrorKind;

struct Known {
  absl::string_view code;
  ErrorMeaning meaning;
};

// The closed list of errors that precede execution, and what else has a meaning of its
// own. ERROR_CORE is missing on purpose: it also follows an execution that succeeded.
constexpr Known kKnown[] = {
    {"QUERY_LIMIT_EXCEEDED", {Kind::kTooFast, "PORTAL_TOO_FAST"}},
    {"OPERATION_TIME_LIMIT", {Kind::kOperatingLimit, "OPERATING_TIME_USED_UP"}},
    {"EXPIRED_TOKEN", {Kind::kTokenRefused, "TOKEN_REFUSED"}},
    {"INVALID_TOKEN", {Kind::kTokenRefused, "TOKEN_REFUSED"}},
    {"CONNECTION_ERROR", {Kind::kAuthUnavailable, "TOKEN_CHECK_UNAVAILABLE"}},
    {"NO_AUTH_FOUND", {Kind::kNotAllowed, "TOKEN_REFUSED"}},
    {"INVALID_CREDENTIALS", {Kind::kNotAllowed, "TOKEN_REFUSED"}},
    {"INSUFFICIENT_SCOPE", {Kind::kNotAllowed, "SCOPE_MISSING"}},
    {"ACCESS_DENIED", {Kind::kNotAllowed, "PORTAL_PLAN_WITHOUT_REST"}},
    {"PAYMENT_REQUIRED", {Kind::kNotAllowed, "PORTAL_PLAN_WITHOUT_REST"}},
    {"USER_ACCESS_ERROR", {Kind::kNotAllowed, "APPLICATION_NOT_FOR_USER"}},
    {"AUTHORIZATION_ERROR", {Kind::kNotAllowed, "PORTAL_USER_INACTIVE"}},
    {"APPLICATION_NOT_FOUND", {Kind::kNotAllowed, "APPLICATION_NOT_INSTALLED"}},
    {"NOT_INSTALLED", {Kind::kNotAllowed, "APPLICATION_NOT_INSTALLED"}},
    {"WRONG_CLIENT", {Kind::kNotAllowed, "APPLICATION_NOT_INSTALLED"}},
    {"OVERLOAD_LIMIT", {Kind::kNotAllowed, "PORTAL_BLOCKED"}},
    {"INVALID_REQUEST", {Kind::kNotAllowed, "PORTAL_WANTS_HTTPS"}},
    {"PORTAL_DELETED", {Kind::kNotAllowed, "PORTAL_CLOSED"}},
    {"METHOD_CONFIRM_WAITING", {Kind::kNotAllowed, "METHOD_AWAITS_CONFIRMATION"}},
    {"METHOD_CONFIRM_DENIED", {Kind::kNotAllowed, "METHOD_NOT_CONFIRMED"}},
    {"WRONG_AUTH_TYPE", {Kind::kNotAllowed, "PORTAL_METHOD_MISSING"}},
    {"ERROR_METHOD_NOT_FOUND", {Kind::kNotAllowed, "PORTAL_METHOD_MISSING"}},
    {"ALLOWED_ONLY_INTRANET_USER", {Kind::kNotAllowed, "RIGHT_MISSING_ON_PORTAL"}},
    {"MAX_IMPORT_BATCH_SIZE_EXCEEDED", {Kind::kBatchTooLong, "PORTAL_REFUSED"}},
    {"ERROR_BATCH_LENGTH_EXCEEDED", {Kind::kBatchTooLong, "PORTAL_REFUSED"}},
    {"ERROR_ARGUMENT", {Kind::kFieldRefused, "CONTACT_FIELD_REFUSED"}},
    {"100", {Kind::kFieldRefused, "CONTACT_FIELD_REFUSED"}},
    {"INVALID_ARG_VALUE", {Kind::kFieldRefused, "CONTACT_FIELD_REFUSED"}},
    {"NOT_FOUND", {Kind::kNotFound, "PORTAL_REFUSED"}},
    {"INTERNAL_SERVER_ERROR", {Kind::kInternal, "PORTAL_INTERNAL_ERROR"}},
    {"ERROR_UNEXPECTED_ANSWER", {Kind::kInternal, "PORTAL_INTERNAL_ERROR"}},
    // Its answer would have held bytes that are no text.
    {"WRONG_ENCODING", {Kind::kInternal, "PORTAL_ANSWER_BROKEN"}},
};

std::string CodeOf(const Json& error) {
  if (error.is_object()) {
    const Json* code = FindMember(error, "code");
    return code == nullptr ? "" : TextOf(code).value_or("");
  }
  return TextOf(&error).value_or("");
}

}  // namespace

std::optional<PortalError> ErrorIn(const Json& json) {
  const Json* error = FindMember(json, "error");
  if (error == nullptr || error->is_null()) return std::nullopt;
  PortalError found;
  found.code = absl::AsciiStrToUpper(CodeOf(*error));
  if (const Json* text = FindMember(json, "error_description"); text != nullptr) {
    found.description = TextOf(text).value_or("");
  } else if (const Json* message = FindMember(*error, "message"); message != nullptr) {
    found.description = TextOf(message).value_or("");
  }
  return found;
}

ErrorMeaning MeaningOf(const PortalError& error) {
  for (const Known& known : kKnown) {
    if (known.code == error.code) return known.meaning;
  }
  if (absl::StartsWith(error.code, "CRM_FIELD_ERROR_")) {
    return {Kind::kFieldRefused, "CONTACT_FIELD_REFUSED"};
  }
  // The legacy CRM methods answer with an empty code and an English literal.
  if (error.code.empty()) {
    if (absl::StrContains(absl::AsciiStrToLower(error.description), "not found")) {
      return {Kind::kNotFound, "PORTAL_REFUSED"};
    }
    if (absl::StartsWithIgnoreCase(error.description, "access denied")) {
      return {Kind::kAccessDenied, "RIGHT_MISSING_ON_PORTAL"};
    }
  }
  return {};
}

}  // namespace guestbridge::agent
