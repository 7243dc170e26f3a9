#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/text/catalogue.h"

// Errors with a reason.
//
// Every error that crosses a boundary is an absl::Status with a reason from the text
// catalogue and the parameters of its message. The reason chooses the canonical code
// and the English message; grpc_status.h carries both over the wire, where they are
// rendered again in the caller's language. Parameters never hold secrets or guests'
// data.
namespace guestbridge {

struct FieldViolation {
  std::string field;        // Path in the request, e.g. "connection.api_server".
  std::string description;  // English, rendered; the reason's message.
};

// `reason` must be in the catalogue (a missing one is INTERNAL and names itself; one
// that the catalogue gives no code is UNKNOWN). Bytes that are not UTF-8 are replaced.
absl::Status MakeError(absl::string_view reason, Parameters parameters = {});

// As MakeError, and names the field of the request that is wrong; it is also the
// parameter `field` unless that is given.
absl::Status MakeFieldError(absl::string_view field, absl::string_view reason,
                            Parameters parameters = {});

// One error for a request with several wrong fields: the first that is not OK, which
// also names the fields of the others. OK when all are.
absl::Status JoinFieldErrors(absl::Span<const absl::Status> found);

// Empty when the status carries no reason.
std::string ReasonOf(const absl::Status& status);
Parameters ParametersOf(const absl::Status& status);
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);

// The same error with one more parameter: what only the caller knows (which guest,
// which call). Does nothing to OK.
absl::Status WithParameter(absl::Status status, absl::string_view key,
                           absl::string_view value);

// Reason, message and remedy of an error in one language, for a person.
struct Explanation {
  std::string reason;
  std::string message;
  std::string remedy;
};
Explanation Explain(const absl::Status& status, Language language);

}  // namespace guestbridge
