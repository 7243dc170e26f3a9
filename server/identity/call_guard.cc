#include "server/identity/call_guard.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/secret/secret_string.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "grpc/grpc_security_constants.h"
#include "server/identity/api_tokens.h"
#include "server/identity/authorize.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kOwnServices = "/guestbridge.v1.";
constexpr absl::string_view kBearer = "Bearer ";
constexpr absl::Duration kLookAgainAfter = absl::Hours(1);

absl::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// Absent when the call carries none.
std::optional<SecretString> BearerToken(const CallGuard::Metadata& metadata) {
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return std::nullopt;
  absl::string_view value = View(found->second);
  if (!absl::StartsWithIgnoreCase(value, kBearer)) return std::nullopt;
  value.remove_prefix(kBearer.size());
  return SecretString(std::string(value));
}

// The call came through the server's Unix socket, whose file lets its owner in only.
bool IsLocal(const grpc::AuthContext* peer) {
  if (peer == nullptr) return false;
  const std::vector<grpc::string_ref> types =
      peer->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return types.size() == 1 && types[0] == "local";
}

class Processor final : public grpc::AuthMetadataProcessor {
 public:
  Processor(const CallGuard& guard, CallGuard::OnRefused on_refused)
      : guard_(guard), on_refused_(std::move(on_refused)) {}

  // Reads the store, so it must not run on a thread that polls the network.
  bool IsBlocking() const override { return true; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* peer,
                       OutputMetadata*, OutputMetadata*) override {
    const auto path = metadata.find(":path");
    const absl::string_view method =
        path == metadata.end() ? absl::string_view() : View(path->second);
    // Our handlers ask by themselves, and then the details of a refusal survive.
    if (absl::StartsWith(method, kOwnServices)) return grpc::Status::OK;
    CallGuard::Credentials credentials = CallGuard::CredentialsOf(metadata);
    // gRPC owns it, and it outlives this call.
    credentials.peer = std::shared_ptr<const grpc::AuthContext>(
        std::shared_ptr<const grpc::AuthContext>(), peer);
    const absl::Status checked = guard_.Check(method, credentials, nullptr).status();
    if (!checked.ok() && on_refused_) {
      on_refused_(method, metadata, credentials, checked);
    }
    return ToGrpcStatus(checked, Language::kEnglish);
  }

 private:
  const CallGuard& guard_;
  const CallGuard::OnRefused on_refused_;
};

}  // namespace

CallGuard::Credentials CallGuard::CredentialsOf(const Metadata& metadata) {
  const std::optional<SecretString> token = BearerToken(metadata);
  return {.token_digest = token.has_value() ? DigestOf(*token) : "", .peer = nullptr};
}

CallGuard::Credentials CallGuard::CredentialsOf(
    const grpc::ServerContextBase& context) {
  Credentials credentials = CredentialsOf(context.client_metadata());
  credentials.peer = context.auth_context();
  return credentials;
}

absl::StatusOr<std::optional<Caller>> CallGuard::Identify(
    const Credentials& credentials) const {
  if (IsLocal(credentials.peer.get())) {
    Caller owner;
    owner.principal = absl::StrCat("localUsers/", geteuid());
    owner.grants = {{Role::kAdmin, ""}};
    return owner;
  }
  if (credentials.peer != nullptr) {
    GB_ASSIGN_OR_RETURN(const std::optional<CertifiedAgent> agent,
                        AgentOfPeer(*store_, *credentials.peer, clock_.Now()));
    // Who is an agent is no other, whatever token it carries beside its certificate.
    if (agent.has_value()) {
      Caller itself;
      itself.principal = AgentName(agent->name);
      itself.name = agent->name;
      itself.grants = {{Role::kAgent, ""}};
      itself.agent = agent->name;
      itself.expire_time = agent->certificate_end;
      return itself;
    }
  }
  if (demanded_.has_value()) {
    GB_RETURN_IF_ERROR(demanded_->Check(
        credentials.peer == nullptr ? "" : CertificateOfPeer(*credentials.peer)));
  }
  if (credentials.token_digest.empty()) return std::optional<Caller>();
  GB_ASSIGN_OR_RETURN(std::optional<Caller> caller,
                      FindCaller(*store_, credentials.token_digest, clock_.Now()));
  if (!caller.has_value()) return MakeError("TOKEN_UNKNOWN");
  return caller;
}

absl::StatusOr<Caller> CallGuard::Check(
    absl::string_view method, const Credentials& credentials,
    const google::protobuf::Message* request) const {
  if (store_ == nullptr) {
    Caller anyone;
    anyone.grants = {{Role::kAdmin, ""}};
    return anyone;
  }
  absl::StatusOr<std::optional<Caller>> caller = Identify(credentials);
  if (!caller.ok()) {
    // What is open to everybody is so with bad credentials too.
    if (Authorize(method, std::nullopt, request).ok()) return Caller();
    return std::move(caller).status();
  }
  GB_RETURN_IF_ERROR(Authorize(method, *caller, request));
  if (!caller->has_value()) return Caller();
  NoteUse(**caller);
  return **std::move(caller);
}

void CallGuard::NoteUse(const Caller& caller) const {
  const absl::StatusOr<std::string> id = ParseApiTokenName(caller.principal);
  if (!id.ok()) return;
  {
    std::lock_guard lock(mutex_);
    const absl::Duration now = clock_.Steady();
    const auto [it, first] = noted_.emplace(caller.principal, now);
    if (!first && now - it->second < kLookAgainAfter) return;
    it->second = now;
  }
  const absl::Status noted = NoteApiTokenUse(*store_, *id, clock_.Now());
  // The call itself needs no write.
  if (!noted.ok()) log::Warning("token_use_not_noted", {{"error", noted}});
}

Caller CallGuard::RefusedCaller(const Credentials& credentials) const {
  if (store_ == nullptr) return Caller();
  absl::StatusOr<std::optional<Caller>> caller = Identify(credentials);
  return caller.ok() && caller->has_value() ? **std::move(caller) : Caller();
}

std::shared_ptr<grpc::AuthMetadataProcessor> CallGuard::Processor(
    OnRefused on_refused) const {
  return std::make_shared<server::Processor>(*this, std::move(on_refused));
}

}  // namespace guestbridge::server
