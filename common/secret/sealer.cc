#include "common/secret/sealer.h"

#include <utility>

#include "common/secret/key_file.h"
#include "common/secret/key_ring.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge {

absl::StatusOr<std::unique_ptr<Sealer>> OpenSealer(const std::string& key_file,
                                                   bool create, Random& random) {
  absl::StatusOr<SecretString> key = ReadKeyFile(key_file);
  if (!key.ok() && create && ReasonOf(key.status()) == "KEY_FILE_MISSING") {
    GB_RETURN_IF_ERROR(WriteKeyFile(key_file, MakeKey(random)));
    key = ReadKeyFile(key_file);
  }
  if (!key.ok()) return key.status();
  return std::make_unique<KeyRing>(*std::move(key), random);
}

}  // namespace guestbridge
