#include "server/api/call_desk.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

constexpr size_t kLongestRequestId = 64;
constexpr absl::string_view kUnknownMethod = "unknown";

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestRequestId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                  c == '_' || c == '.' || c == ':';
         });
}

// "ipv4:10.0.0.7:51724" -> "10.0.0.7:51724".
std::string PeerAddress(const std::string& peer) {
  absl::string_view address = peer;
  if (!absl::ConsumePrefix(&address, "ipv4:")) absl::ConsumePrefix(&address, "ipv6:");
  return absl::StrReplaceAll(address, {{"%5B", "["}, {"%5D", "]"}});
}

// Refusals, whoever calls, of what may be made up, would lead to where nobody may send
// us, or is no longer allowed. A stale etag looks like a forged one.
bool IsAttempt(absl::string_view reason) {
  static constexpr absl::string_view kAttempts[] = {
      "AGENT_EVICTED",
      "API_SERVER_INVALID",
      "ETAG_MISMATCH",
      "INTEGRATION_NOT_ASSIGNED",
      "PAGE_TOKEN_INVALID",
      "PORTAL_ADDRESS_REFUSED",
      "PORTAL_NOT_BITRIX24",
      "SIGNING_REQUEST_FOR_AUTHORITY",
      "SIGNING_REQUEST_INVALID",
      "SIGNING_REQUEST_KEY_WEAK",
      "SIGNING_REQUEST_NAME_FOREIGN",
      "SOURCE_ADDRESS_REFUSED",
      "TOKEN_GRANTS_INVALID",
  };
  return std::find(std::begin(kAttempts), std::end(kAttempts), reason) !=
         std::end(kAttempts);
}

// What a call was refused for that the caller may not do, though it may call. An RPC
// that needs no token refuses strangers by whatever is wrong with what they bring.
bool IsDenial(const absl::Status& status, absl::string_view method) {
  if (!ForeignSessionOf(status).empty()) return true;
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return true;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      break;
    default:
      return false;
  }
  return IsAttempt(ReasonOf(status)) || AccessOf(method) == Access::kAnyone;
}

// What the refusal is about, as far as the error says.
std::string ResourceOf(const absl::Status& status) {
  const std::string foreign = ForeignSessionOf(status);
  if (!foreign.empty()) return AgentName(foreign);
  const Parameters parameters = ParametersOf(status);
  // A name that was read before its etag was looked at.
  const auto name = parameters.find("name");
  if (ReasonOf(status) == "ETAG_MISMATCH" && name != parameters.end()) {
    return name->second;
  }
  const auto integration = parameters.find("integration");
  if (integration != parameters.end() && IsIntegrationId(integration->second)) {
    return IntegrationName(integration->second);
  }
  const auto agent = parameters.find("agent");
  if (agent != parameters.end() && IsAgentId(agent->second)) {
    return AgentName(agent->second);
  }
  return "";
}

// The same, or else the integration that the request names.
std::string ResourceOf(const absl::Status& status, absl::string_view method,
                       const google::protobuf::Message& request) {
  std::string resource = ResourceOf(status);
  if (!resource.empty()) return resource;
  const std::string integration = IntegrationNamedBy(method, request);
  return integration.empty() ? "" : IntegrationName(integration);
}

}  // namespace

Language CallDesk::LanguageOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find("accept-language");
  if (it == metadata.end()) return Language::kEnglish;
  return ParseLanguage(absl::string_view(it->second.data(), it->second.size()));
}

AuditedCall CallDesk::Describe(const CallGuard::Metadata& metadata,
                               absl::string_view method) const {
  AuditedCall call;
  call.method = std::string(absl::StripPrefix(method, "/"));
  const auto it = metadata.find("x-request-id");
  if (it != metadata.end()) {
    const absl::string_view given(it->second.data(), it->second.size());
    if (IsRequestId(given)) call.request_id = std::string(given);
  }
  if (call.request_id.empty()) call.request_id = RandomUuid(random_);
  return call;
}

void CallDesk::RecordRefusal(AuditedCall call,
                             const CallGuard::Credentials& credentials,
                             const absl::Status& why) const {
  // One that could not be checked for want of the store was not refused.
  if (!absl::IsPermissionDenied(why) && !absl::IsUnauthenticated(why)) return;
  const Caller caller = guard_.RefusedCaller(credentials);
  call.principal = caller.principal;
  call.principal_name = caller.name;
  denied_.Add(call, ReasonOf(why), ResourceOf(why));
}

void CallDesk::Refused(absl::string_view method, const CallGuard::Metadata& metadata,
                       const CallGuard::Credentials& credentials,
                       const absl::Status& why) const {
  const bool known = FindPermission(method) != nullptr;
  RecordRefusal(Describe(metadata, known ? method : kUnknownMethod), credentials, why);
}

void CallDesk::Answered(const Call& call, absl::string_view method,
                        const google::protobuf::Message& request,
                        const absl::Status& status) const {
  if (!IsDenial(status, method)) return;
  denied_.Add(call.audited, ReasonOf(status), ResourceOf(status, method, request));
}

absl::StatusOr<Call> CallDesk::Admit(const grpc::ServerContextBase& context,
                                     const google::protobuf::Message& request,
                                     absl::string_view method) const {
  Call call;
  call.language = LanguageOf(context);
  call.audited = Describe(context.client_metadata(), method);
  call.audited.peer = PeerAddress(context.peer());
  CallGuard::Credentials credentials = CallGuard::CredentialsOf(context);
  absl::StatusOr<Caller> caller = guard_.Check(method, credentials, &request);
  if (!caller.ok()) {
    RecordRefusal(call.audited, credentials, caller.status());
    return std::move(caller).status();
  }
  call.caller = *std::move(caller);
  call.audited.principal = call.caller.principal;
  call.audited.principal_name = call.caller.name;
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
      const AuditScope scope(call->audited);
      status = handle(*call);
    } catch (const std::exception& error) {
      log::Error("call_threw", {{"method", method}, {"what", error.what()}});
      status = absl::InternalError("exception");
    }
    Answered(*call, method, request, status);
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
