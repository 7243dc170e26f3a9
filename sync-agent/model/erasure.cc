#include "sync-agent/model/erasure.h"

#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"

namespace guestbridge::agent {

std::string ErasureHash(absl::string_view secret, const ClientKey& key) {
  return Sha256Hex(absl::StrCat("erased:", secret, ":", key.guid())).substr(0, 32);
}

}  // namespace guestbridge::agent
