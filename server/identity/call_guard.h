#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/time/clock.h"
#include "google/protobuf/message.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/auth_metadata_processor.h"
#include "grpcpp/server_context.h"
#include "server/identity/caller.h"
#include "server/identity/client_authority.h"
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
  // Null: --plaintext, everything is allowed, and nobody is known. `demanded`: what
  // certificates callers must show that are no agents'; none: they need none.
  explicit CallGuard(Store* store, const Clock& clock = SystemClock(),
                     std::optional<ClientAuthority> demanded = std::nullopt)
      : store_(store), clock_(clock), demanded_(std::move(demanded)) {}

  // What a call shows of who makes it: may be looked at again while a stream lives.
  struct Credentials {
    std::string token_digest;  // Empty: no token.
    std::shared_ptr<const grpc::AuthContext> peer;
  };
  static Credentials CredentialsOf(const grpc::ServerContextBase& context);

  // Who calls, if they may. `method` is "/package.Service/Method"; `request` as for
  // Authorize. Errors: TOKEN_UNKNOWN, those of AgentOfPeer, of ClientAuthority::Check,
  // of FindCaller and of Authorize, those of the store.
  absl::StatusOr<Caller> Check(absl::string_view method, const Credentials& credentials,
                               const google::protobuf::Message* request) const;

  // Who calls, for the record of a refusal; without a principal when nobody is known,
  // or the store does not answer.
  Caller RefusedCaller(const Credentials& credentials) const;

  using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
  // Told of what the processor refuses. `method` is what the caller said, of any
  // length.
  using OnRefused =
      std::function<void(absl::string_view method, const Metadata& metadata,
                         const Credentials& credentials, const absl::Status& why)>;
  // For ServerCredentials::SetAuthMetadataProcessor. The guard, and what `on_refused`
  // reaches, outlive the server.
  std::shared_ptr<grpc::AuthMetadataProcessor> Processor(
      OnRefused on_refused = nullptr) const;

  // What bare metadata show.
  static Credentials CredentialsOf(const Metadata& metadata);

 private:
  // None: nothing was shown.
  absl::StatusOr<std::optional<Caller>> Identify(const Credentials& credentials) const;
  void NoteUse(const Caller& caller) const;

  Store* const store_;
  const Clock& clock_;
  const std::optional<ClientAuthority> demanded_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, absl::Duration> noted_;  // Steady, by principal.
};

}  // namespace guestbridge::server
