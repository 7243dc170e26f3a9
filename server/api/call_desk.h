#pragma once

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/text/catalogue.h"
#include "google/protobuf/message.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "server/audit/audited_call.h"
#include "server/audit/denied_calls.h"
#include "server/identity/authorize.h"
#include "server/identity/call_guard.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

// What a handler may know of its call.
struct Call {
  Language language = Language::kEnglish;
  Patience patience;
  Caller caller;
  AuditedCall audited;
  // What the caller may touch with this method.
  Reach reach;
  // Whether the caller still may; for streams. Asks the store.
  std::function<absl::StatusOr<Caller>()> check_again;
};

// Told about each finished call: method, canonical code, time taken. Thread-safe.
using CallObserver = std::function<void(absl::string_view method, absl::StatusCode code,
                                        absl::Duration took)>;

// Where each call comes in: asks who calls and whether they may, says in whose name the
// audit records what is done, keeps exceptions from leaving, and puts errors into the
// caller's language. Thread-safe.
class CallDesk {
 public:
  // All outlive it.
  CallDesk(const CallGuard& guard, CallObserver observer, DeniedCalls& denied,
           Random& random)
      : guard_(guard),
        observer_(std::move(observer)),
        denied_(denied),
        random_(random) {}

  // `method` is "/package.Service/Method".
  grpc::Status Serve(grpc::ServerContext& context,
                     const google::protobuf::Message& request, absl::string_view method,
                     const std::function<absl::Status(const Call&)>& handle) const;

  // The first half of Serve, for streams. A refusal is recorded.
  absl::StatusOr<Call> Admit(const grpc::ServerContextBase& context,
                             const google::protobuf::Message& request,
                             absl::string_view method) const;
  // As Serve does with what its handler returned: if it is a refusal, it is recorded.
  void Answered(const Call& call, absl::string_view method,
                const google::protobuf::Message& request,
                const absl::Status& status) const;

  // Records what CallGuard::Processor refused: no handler of ours has it. A method of
  // its own making is not repeated, and gRPC does not say from where the call came.
  void Refused(absl::string_view method, const CallGuard::Metadata& metadata,
               const CallGuard::Credentials& credentials,
               const absl::Status& why) const;

  static Language LanguageOf(const grpc::ServerContextBase& context);

 private:
  AuditedCall Describe(const CallGuard::Metadata& metadata,
                       absl::string_view method) const;
  void RecordRefusal(AuditedCall call, const CallGuard::Credentials& credentials,
                     const absl::Status& why) const;

  const CallGuard& guard_;
  const CallObserver observer_;
  DeniedCalls& denied_;
  Random& random_;
};

// Moves an answer to where gRPC wants it.
template <typename T>
absl::Status Take(absl::StatusOr<T> from, T* to) {
  if (!from.ok()) return std::move(from).status();
  *to = *std::move(from);
  return absl::OkStatus();
}

}  // namespace guestbridge::server
