#include "server/api/call_desk.h"

#include <chrono>
#include <exception>
#include <string>

#include "common/log/log.h"
#include "common/status/grpc_status.h"

namespace guestbridge::server {

Language CallDesk::LanguageOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find("accept-language");
  if (it == metadata.end()) return Language::kEnglish;
  return ParseLanguage(absl::string_view(it->second.data(), it->second.size()));
}

absl::StatusOr<Call> CallDesk::Admit(const grpc::ServerContextBase& context,
                                     const google::protobuf::Message& request,
                                     absl::string_view method) const {
  Call call;
  call.language = LanguageOf(context);
  CallGuard::Credentials credentials = CallGuard::CredentialsOf(context);
  absl::StatusOr<Caller> caller = guard_.Check(method, credentials, &request);
  if (!caller.ok()) return std::move(caller).status();
  call.caller = *std::move(caller);
  call.reach = Reach::Of(method, call.caller.grants);
  call.check_again = [this, credentials = std::move(credentials),
                      method = std::string(method)] {
    return guard_.Check(method, credentials, nullptr);
  };
  return call;
}

grpc::Status CallDesk::Serve(
    grpc::ServerContext& context, const google::protobuf::Message& request,
    absl::string_view method,
    const std::function<absl::Status(const Call&)>& handle) const {
  const auto start = std::chrono::steady_clock::now();
  absl::Status status;
  absl::StatusOr<Call> call = Admit(context, request, method);
  if (call.ok()) {
    const auto left = context.deadline() - std::chrono::system_clock::now();
    if (context.deadline() != std::chrono::system_clock::time_point::max()) {
      call->patience.limit = std::min(call->patience.limit, absl::FromChrono(left));
    }
    call->patience.gave_up = [&context] { return context.IsCancelled(); };
    // Exceptions of libraries (bad_alloc among them) end one call, not the server.
    try {
      status = handle(*call);
    } catch (const std::exception& error) {
      log::Error("call_threw", {{"method", method}, {"what", error.what()}});
      status = absl::InternalError("exception");
    }
  } else {
    status = call.status();
  }
  if (status.code() == absl::StatusCode::kInternal ||
      status.code() == absl::StatusCode::kDataLoss ||
      status.code() == absl::StatusCode::kUnknown) {
    log::Error("call_failed", {{"method", method}, {"error", status}});
  }
  if (observer_) {
    observer_(method, status.code(),
              absl::FromChrono(std::chrono::steady_clock::now() - start));
  }
  return ToGrpcStatus(status, LanguageOf(context));
}

}  // namespace guestbridge::server
