#pragma once

#include "absl/status/status.h"
#include "common/text/catalogue.h"
#include "grpcpp/support/status.h"

// Errors on the wire.
//
// The details travel in `grpc-status-details-bin` as google.rpc.Status with
// google.rpc.ErrorInfo {reason, domain "guestbridge", metadata = parameters +
// "remedy"} and google.rpc.BadRequest for field violations. Message, remedy and
// descriptions are in the caller's language. guestbridge/v1/error.proto has messages of
// the same shape, so any gRPC client reads them with its own google.rpc types. Long
// texts are cut: the trailers stay under gRPC's limit of 8 KiB.
namespace guestbridge {

// `language` chooses the text of the message and of the remedy.
grpc::Status ToGrpcStatus(const absl::Status& status, Language language);

// Reads the details back; "remedy" is not among the parameters but is what Explain
// answers for a reason that this build does not know. A status without details gets a
// reason by its code: SERVER_UNREACHABLE for UNAVAILABLE, DEADLINE_PASSED for
// DEADLINE_EXCEEDED, REQUEST_TOO_LARGE for RESOURCE_EXHAUSTED, else CALL_FAILED;
// parameters `code` (e.g. "UNAVAILABLE") and `detail` (the transport's words).
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace guestbridge
