#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// Which parts of a record are sealed: its bytes fields called `sealed_…`, also those of
// messages in it.
namespace guestbridge::server {

// Keys that records with sealed fields stand under.
inline constexpr absl::string_view kSealedRecords[] = {"connections/", "tokens/",
                                                       "pending-tokens/", "erasures/"};

// Calls `visit` with the name of each sealed field that is not empty, without
// `sealed_`, and with its value, which it may change. Stops at the first error.
absl::Status VisitSealedFields(
    google::protobuf::Message* record,
    absl::FunctionRef<absl::Status(absl::string_view name, std::string* value)> visit);

// An empty record of the kind that stands under `key`; null: none with sealed fields.
std::unique_ptr<google::protobuf::Message> NewSealedRecord(absl::string_view key);

// `main` of `pending-tokens/main`, `pending-tokens` of the same.
absl::string_view IntegrationOfKey(absl::string_view key);
absl::string_view KindOfKey(absl::string_view key);

// What a field of a record of this integration is sealed for.
std::string PlaceOf(absl::string_view integration, absl::string_view field);

}  // namespace guestbridge::server
