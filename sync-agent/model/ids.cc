#include "sync-agent/model/ids.h"

#include "absl/strings/ascii.h"

namespace guestbridge::agent {

ClientKey::ClientKey(absl::string_view guid) : guid_(absl::AsciiStrToLower(guid)) {}

}  // namespace guestbridge::agent
