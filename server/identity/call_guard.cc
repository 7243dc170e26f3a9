#include "server/identity/call_guard.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "common/secret/secret_string.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "server/identity/api_tokens.h"
#include "server/identity/authorize.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kOwnServices = "/guestbridge.v1.";
constexpr absl::string_view kBearer = "Bearer ";

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

class Processor final : public grpc::AuthMetadataProcessor {
 public:
  explicit Processor(const CallGuard& guard) : guard_(guard) {}

  // Reads the store, so it must not run on a thread that polls the network.
  bool IsBlocking() const override { return true; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext*,
                       OutputMetadata*, OutputMetadata*) override {
    const auto path = metadata.find(":path");
    const absl::string_view method =
        path == metadata.end() ? absl::string_view() : View(path->second);
    // Our handlers ask by themselves, and then the details of a refusal survive.
    if (absl::StartsWith(method, kOwnServices)) return grpc::Status::OK;
    return ToGrpcStatus(guard_.Check(method, metadata).status(), Language::kEnglish);
  }

 private:
  const CallGuard& guard_;
};

}  // namespace

absl::StatusOr<Caller> CallGuard::Check(absl::string_view method,
                                        const grpc::ServerContextBase& context) const {
  return Check(method, context.client_metadata());
}

absl::StatusOr<Caller> CallGuard::Check(absl::string_view method,
                                        const Metadata& metadata) const {
  if (store_ == nullptr) return Caller{.name = "", .role = Role::kAdmin};
  std::optional<Caller> caller;
  if (const std::optional<SecretString> token = BearerToken(metadata)) {
    GB_ASSIGN_OR_RETURN(caller, FindCaller(*store_, *token));
    if (!caller.has_value() && !Authorize(method, std::nullopt).ok()) {
      return MakeError("TOKEN_UNKNOWN");
    }
  }
  GB_RETURN_IF_ERROR(Authorize(method, caller));
  return std::move(caller).value_or(Caller{});
}

std::string CallGuard::PrincipalOf(const grpc::ServerContextBase& context) const {
  const std::optional<SecretString> token = BearerToken(context.client_metadata());
  if (store_ == nullptr || !token.has_value()) return "";
  const absl::StatusOr<std::optional<Caller>> caller = FindCaller(*store_, *token);
  return caller.ok() && caller->has_value() ? (*caller)->name : "";
}

std::shared_ptr<grpc::AuthMetadataProcessor> CallGuard::Processor() const {
  return std::make_shared<server::Processor>(*this);
}

}  // namespace guestbridge::server
