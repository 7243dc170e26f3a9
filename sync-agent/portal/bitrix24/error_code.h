#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"

// What an error code of the portal proves. Texts are localised and may belong to
// another command: only the few English literals of the legacy methods are read.
// Source: docs/design/portal-calls.md.
namespace guestbridge::agent {

struct PortalError {
  std::string code;         // upper case; may be empty
  std::string description;  // for comparison only, never shown or logged
};

// The error in an envelope or in a batch slot; `error` as text, number or (REST 3)
// object with `code`. Nothing when there is none.
std::optional<PortalError> ErrorIn(const Json& json);

enum class ErrorKind {
  kTooFast,          // nothing executed; the request bucket is full
  kOperatingLimit,   // not executed; the method's operating time is used up
  kTokenRefused,     // not executed; a fresh token may help
  kAuthUnavailable,  // not executed; the portal could not check the token just now
  kNotAllowed,       // not executed; a person must act: scope, plan, owner, portal
  kBatchTooLong,     // not executed; fewer commands
  kFieldRefused,     // not carried out, and never will be with these values
  kNotFound,         // there is no such element
  kAccessDenied,     // the caller's rights do not reach the element
  kInternal,         // the portal failed; whether it was carried out is open
  kOther,            // whether it was carried out is open
};

struct ErrorMeaning {
  ErrorKind kind = ErrorKind::kOther;
  const char* reason = "PORTAL_REFUSED";  // of the text catalogue
};

// Total: every code has a meaning, by default kOther.
ErrorMeaning MeaningOf(const PortalError& error);

}  // namespace guestbridge::agent
