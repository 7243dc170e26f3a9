#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/clock.h"
#include "google/protobuf/message.h"
#include "grpcpp/security/auth_context.h"
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
  explicit CallGuard(Store* store, const Clock& clock = SystemClock())
      : store_(store), clock_(clock) {}

  // What a call shows of who makes it: may be looked at again while a stream lives.
  struct Credentials {
    std::string token_digest;  // Empty: no token.
    std::shared_ptr<const grpc::AuthContext> peer;
  };
  static Credentials CredentialsOf(const grpc::ServerContextBase& context);

  // Who calls, if they may. `method` is "/package.Service/Method"; `request` as for
  // Authorize. Errors: TOKEN_UNKNOWN, those of AgentOfPeer, those of FindCaller and of
  // Authorize, those of the store.
  absl::StatusOr<Caller> Check(absl::string_view method, const Credentials& credentials,
                               const google::protobuf::Message* request) const;

  // Who calls, for the record of a refusal; empty when nobody is known, or the store
  // does not answer.
  std::string PrincipalOf(const grpc::ServerContextBase& context) const;

  // For ServerCredentials::SetAuthMetadataProcessor. The guard outlives the server.
  std::shared_ptr<grpc::AuthMetadataProcessor> Processor() const;

  using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
  // What bare metadata show.
  static Credentials CredentialsOf(const Metadata& metadata);

 private:
  // None: nothing was shown.
  absl::StatusOr<std::optional<Caller>> Identify(const Credentials& credentials) const;
  void NoteUse(const Caller& caller) const;

  Store* const store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, absl::Duration> noted_;  // Steady, by principal.
};

}  // namespace guestbridge::server
