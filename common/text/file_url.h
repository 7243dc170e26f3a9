#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// Folders named by URL: file:///ABSOLUTE/PATH (RFC 8089). Pure.
namespace guestbridge {

// The path, percent-escapes decoded, without repeated and trailing slashes. Nothing
// when it is no such URL: another host than localhost, a query, a relative path or one
// with `.` or `..`, the root itself, control characters, text that is not UTF-8.
std::optional<std::string> PathOfFileUrl(absl::string_view url);

// The URL of an absolute path, in the one form that PathOfFileUrl gives back.
std::string FileUrlOf(absl::string_view path);

}  // namespace guestbridge
