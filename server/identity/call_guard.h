#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/security/auth_metadata_processor.h"
#include "grpcpp/server_context.h"
#include "server/identity/caller.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Asks the permission table for every call. The token travels as
// `authorization: Bearer gbt_…`. Thread-safe.
//
// gRPC 1.51 has no hook that can end a call before its handler and keep the error's
// details: an AuthMetadataProcessor's status loses them, and a server interceptor can't
// reject. So the handlers' common wrapper calls Check() first; the Processor() refuses
// what has no handler of ours (reflection, methods that do not exist). Both end in
// Authorize().
class CallGuard {
 public:
  // Null: --plaintext, everything is allowed, and nobody is known.
  explicit CallGuard(Store* store) : store_(store) {}

  // Who calls, if they may. `method` is "/package.Service/Method". Errors:
  // TOKEN_MISSING, TOKEN_UNKNOWN (UNAUTHENTICATED), ROLE_MISSING (PERMISSION_DENIED),
  // those of the store.
  absl::StatusOr<Caller> Check(absl::string_view method,
                               const grpc::ServerContextBase& context) const;

  // Who calls, for the record of a refusal; empty when nobody is known, or the store
  // does not answer.
  std::string PrincipalOf(const grpc::ServerContextBase& context) const;

  // For ServerCredentials::SetAuthMetadataProcessor. The guard outlives the server.
  std::shared_ptr<grpc::AuthMetadataProcessor> Processor() const;

  using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
  // As above, on bare metadata.
  absl::StatusOr<Caller> Check(absl::string_view method,
                               const Metadata& metadata) const;

 private:
  Store* const store_;
};

}  // namespace guestbridge::server
