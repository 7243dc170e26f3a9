#pragma once

#include "absl/status/status.h"
#include "common/text/catalogue.h"
#include "grpcpp/support/status.h"

// Errors on the wire.
//
// The details travel in `grpc-status-details-bin` as google.rpc.Status with
// google.rpc.ErrorInfo {reason, domain "guestbridge", metadata = parameters +
// "remedy"}, google.rpc.BadRequest for field violations, and
// google.rpc.LocalizedMessage when the caller asked for Russian.
// guestbridge/v1/error.proto has messages of the same shape, so any gRPC client reads
// them with its own google.rpc types.
namespace guestbridge {

// `language` chooses the text of the message and of the remedy.
grpc::Status ToGrpcStatus(const absl::Status& status, Language language);

// Reads the details back; a status without details gets a reason by its code
// (SERVER_UNREACHABLE for UNAVAILABLE, DEADLINE_PASSED for DEADLINE_EXCEEDED, ...).
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace guestbridge
