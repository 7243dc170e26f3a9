#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

// What the audit knows of each kind of document in server/store/record.proto. A kind
// that has no row here is configuration whose content nobody may see.
namespace guestbridge::server {

enum class Audited {
  kConfiguration,  // No write without a record, whoever writes.
  kOrdered,        // A record when a call of a person or a service writes it.
  kAlong,          // Shown in a record that there is for another reason.
  kBookkeeping,    // Never.
};

struct DocumentKind {
  absl::string_view prefix;  // Of its key, with the slash; or the whole key.
  Audited audited;
  // Null: an empty document.
  const google::protobuf::Message* message = nullptr;
  // Paths of fields, with what is below them, that nobody configures: they change as
  // the clock goes, or hold what was loaded from elsewhere.
  absl::Span<const absl::string_view> left_out = {};
};

absl::Span<const DocumentKind> DocumentKinds();

// The row with the longest prefix that fits; null: none.
const DocumentKind* KindOf(absl::string_view key);

// `integrations/main/schedule` for `schedules/main`; the key where there is no such
// name.
std::string ResourceOf(absl::string_view key);

// A secret, or text that a person may have put a guest into: shown as a keyed hash.
bool IsHidden(const google::protobuf::FieldDescriptor& field);

}  // namespace guestbridge::server
