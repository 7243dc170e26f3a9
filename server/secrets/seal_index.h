#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/secret/sealer.h"
#include "google/protobuf/message.h"
#include "server/store/store.h"

// Which sealing of each secret is the one in force: `seals/{integration}` lists their
// numbers, with a proof that only a holder of a key can make. So an older sealed value
// that somebody puts back in its place is refused, and so is a whole older record. Not
// noticed: all records of an integration put back together with their index, which is
// what restoring a backup does.
namespace guestbridge::server {

inline constexpr absl::string_view kSealIndexes = "seals/";

// The sealed fields of `record`, which this transaction writes under `key`, are in
// force from now on, and no others of that key; an empty record: none are. An index
// that is not authentic is begun anew, so that secrets which are entered again heal it.
absl::Status NoteSeals(Transaction& transaction, Sealer& sealer, absl::string_view key,
                       const google::protobuf::Message& record);

// Whether the sealed fields of `record`, read under `key`, are in force. Those without
// a number that the index does not name pass while seals have none; from then on the
// index names all (IndexUnnumbered). Errors:
// SECRET_ROLLED_BACK (DATA_LOSS), SECRET_KEY_MISMATCH (the index was proved with a key
// that is not here).
absl::Status CheckSeals(Transaction& transaction, Sealer& sealer, absl::string_view key,
                        const google::protobuf::Message& record);

// Whether any secret is sealed with a number: no server of before is to read it.
absl::StatusOr<bool> HasNumberedSeals(Transaction& transaction);

// Before the first seal gets its number: puts into the index what servers of before
// sealed, so that a seal which no index names is one that somebody put back. What an
// index names already, or one that is not authentic has in place of it, stays.
absl::Status IndexUnnumbered(Transaction& transaction, Sealer& sealer);

// Proves the index under `key` with the key that seals now. False: it was so already,
// or is not there. Errors: as CheckSeals.
absl::StatusOr<bool> ProveAnew(Transaction& transaction, Sealer& sealer,
                               absl::string_view key);

}  // namespace guestbridge::server
