#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "common/text/catalogue.h"

// How an error's reason rides in an absl::Status. Only common/status includes this.
namespace guestbridge::status_internal {

struct Payload {
  std::string reason;
  Parameters parameters;
  // What a peer said to do; empty for errors made here, whose remedy is rendered.
  std::string remedy;
  std::vector<FieldViolation> violations;
};

// An empty payload when the status carries none.
Payload Read(const absl::Status& status);
void Attach(const Payload& payload, absl::Status* status);

// google.rpc.Status in wire form. With `remedy` non-empty it is added to the metadata.
std::string EncodeDetails(int code, absl::string_view message, const Payload& payload);
// False when there is no ErrorInfo of ours in `details`.
bool DecodeDetails(absl::string_view details, Payload* payload);

}  // namespace guestbridge::status_internal
