#include "admin-cli/link/channel.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace guestbridge::cli {
namespace {

// A page of runs with all their failures is some megabytes.
constexpr int kMaxAnswerBytes = 256 << 20;
// Servers by default refuse pings that come more often than every five minutes.
constexpr int kKeepaliveMs = 330'000;
constexpr char kSystemCa[] = "/etc/ssl/certs/ca-certificates.crt";

absl::StatusOr<std::string> ReadCertificates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file.is_open() || !(text << file.rdbuf())) {
    const int error = errno != 0 ? errno : EIO;
    return MakeError("TLS_CA_UNREADABLE",
                     {{"file", path}, {"detail", std::strerror(error)}});
  }
  if (!absl::StrContains(text.str(), "-----BEGIN CERTIFICATE-----")) {
    return MakeError("TLS_CA_MALFORMED", {{"file", path}});
  }
  return text.str();
}

}  // namespace

bool IsUnixSocket(absl::string_view server) {
  return absl::StartsWith(server, "unix:");
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Target& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetMaxSendMessageSize(-1);
  // A watch that lost its server looks for it again within seconds, also after hours.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  if (IsUnixSocket(target.server)) {
    return grpc::CreateCustomChannel(
        target.server, grpc::experimental::LocalCredentials(UDS), arguments);
  }
  if (target.plaintext) {
    return grpc::CreateCustomChannel(target.server, grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  grpc::SslCredentialsOptions options;
  if (!target.tls_ca.empty()) {
    GB_ASSIGN_OR_RETURN(options.pem_root_certs, ReadCertificates(target.tls_ca));
  } else if (auto system = ReadCertificates(kSystemCa); system.ok()) {
    options.pem_root_certs = *std::move(system);
  }
  if (!target.server_name.empty()) {
    arguments.SetSslTargetNameOverride(target.server_name);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, target.server_name);
  }
  return grpc::CreateCustomChannel(target.server, grpc::SslCredentials(options),
                                   arguments);
}

}  // namespace guestbridge::cli
