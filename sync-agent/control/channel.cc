#include "sync-agent/control/channel.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kMaxTokenBytes = 4096;
// The server allows it, and a connection that died without a word is found soon.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// A page of explanations or clients is some megabytes at most.
constexpr int kMaxMessageBytes = 64 << 20;
constexpr char kSystemCa[] = "/etc/ssl/certs/ca-certificates.crt";

absl::StatusOr<std::string> ReadCertificates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file.is_open() || !(text << file.rdbuf())) {
    return MakeError("TLS_CA_UNREADABLE",
                     {{"file", path}, {"detail", std::strerror(errno)}});
  }
  if (!absl::StrContains(text.str(), "-----BEGIN CERTIFICATE-----")) {
    return MakeError("TLS_CA_MALFORMED", {{"file", path}});
  }
  return text.str();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ServerAddress& address, const ClientCertificate& certificate) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(-1);
  if (absl::StartsWith(address.host_port, "unix:")) {
    return grpc::CreateCustomChannel(
        address.host_port, grpc::experimental::LocalCredentials(UDS), arguments);
  }
  if (address.plaintext) {
    return grpc::CreateCustomChannel(address.host_port,
                                     grpc::InsecureChannelCredentials(), arguments);
  }
  grpc::SslCredentialsOptions options;
  if (!address.tls_ca.empty()) {
    GB_ASSIGN_OR_RETURN(options.pem_root_certs, ReadCertificates(address.tls_ca));
  } else if (auto system = ReadCertificates(kSystemCa); system.ok()) {
    options.pem_root_certs = *std::move(system);
  }
  if (!address.server_name.empty()) {
    arguments.SetSslTargetNameOverride(address.server_name);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, address.server_name);
  }
  options.pem_cert_chain = certificate.chain;
  options.pem_private_key = certificate.key.Reveal();
  return grpc::CreateCustomChannel(address.host_port, grpc::SslCredentials(options),
                                   arguments);
}

absl::StatusOr<SecretString> ReadTokenFile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  struct stat facts {};
  const bool known = stream.is_open() && stat(file.c_str(), &facts) == 0;
  if (!known || S_ISDIR(facts.st_mode)) {
    return MakeError(
        "TOKEN_FILE_UNREADABLE",
        {{"file", file}, {"detail", std::strerror(known ? EISDIR : errno)}});
  }
  if (S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    log::Warning("token_file_readable_by_others", {{"file", file}});
  }
  std::string text(kMaxTokenBytes + 3, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
  if (text.empty()) return MakeError("TOKEN_FILE_EMPTY", {{"file", file}});
  if (text.size() > kMaxTokenBytes) {
    return MakeError("TOKEN_FILE_TOO_LARGE", {{"file", file}});
  }
  return SecretString(std::move(text));
}

}  // namespace guestbridge::agent
