#include "sync-agent/control/enrollment.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/certificate/signing_request.h"
#include "common/log/log.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "grpcpp/client_context.h"
#include "guestbridge/v1/agent_enrollment.grpc.pb.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

constexpr absl::Duration kDeadline = absl::Seconds(8);
constexpr absl::Duration kLongestPause = absl::Minutes(1);
constexpr absl::Duration kShortestPause = absl::Seconds(1);
// Before the PEM texts; says which token the certificate or the key is for.
constexpr absl::string_view kTokenLine = "join-token: ";
constexpr size_t kDigestCharacters = 16;

std::string ReadWhole(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Whole and durable, or not at all.
absl::Status WriteWhole(const std::string& directory, const std::string& file,
                        const std::string& text) {
  const std::string draft = file + ".part";
  const int out =
      open(draft.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool written =
      out >= 0 && fchmod(out, S_IRUSR | S_IWUSR) == 0 &&
      write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(out) == 0;
  if (out >= 0) written = close(out) == 0 && written;
  written = written && rename(draft.c_str(), file.c_str()) == 0;
  if (!written) {
    unlink(draft.c_str());
    return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  }
  if (const int folder = open(directory.c_str(), O_RDONLY | O_CLOEXEC); folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return absl::OkStatus();
}

std::string TokenDigestIn(absl::string_view text) {
  const size_t at = text.find(kTokenLine);
  if (at == absl::string_view::npos) return "";
  return std::string(text.substr(at + kTokenLine.size(), kDigestCharacters));
}

bool Exists(const std::string& file) { return access(file.c_str(), F_OK) == 0; }

absl::Status Failed(const grpc::Status& status, const std::string& server) {
  absl::Status error = FromGrpcStatus(status);
  const std::string reason = ReasonOf(error);
  if (reason == "DEADLINE_PASSED") {
    error = WithParameter(std::move(error), "timeout", absl::FormatDuration(kDeadline));
  }
  if (reason == "DEADLINE_PASSED" || reason == "SERVER_UNREACHABLE" ||
      reason == "CALL_FAILED") {
    error = WithParameter(std::move(error), "server", server);
  }
  return error;
}

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMilliseconds(kDeadline));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Enrollment>> Enrollment::Open(Options options,
                                                             Random& random,
                                                             const Clock& clock) {
  if (options.server.plaintext) return MakeError("ENROLLMENT_NEEDS_TLS");
  std::unique_ptr<Enrollment> made(new Enrollment(std::move(options), random, clock));
  GB_RETURN_IF_ERROR(made->Load());
  if (made->identity_.key == nullptr) {
    GB_RETURN_IF_ERROR(ReadTokenFile(made->options_.join_token_file).status());
  }
  // A CA file that can't be used is found now.
  GB_RETURN_IF_ERROR(OpenChannel(made->options_.server).status());
  return made;
}

Enrollment::~Enrollment() { Stop(); }

bool Enrollment::IsIn(const std::string& directory) {
  return Exists(directory + "/identity.pem");
}

absl::StatusOr<Enrollment::Identity> Enrollment::Read(const std::string& file) const {
  Identity identity;
  if (!Exists(file)) return identity;
  const SecretString text(ReadWhole(file));
  const Certificate certificate = ParseCertificate(text.Reveal());
  CertificateKey key = ParsePrivateKey(text.Reveal());
  if (certificate == nullptr || key == nullptr || !BelongTogether(*certificate, *key)) {
    return MakeError("CERTIFICATE_FILE_UNUSABLE", {{"file", file}});
  }
  const size_t begin = text.Reveal().find("-----BEGIN CERTIFICATE-----");
  identity.token_digest = TokenDigestIn(text.Reveal());
  identity.key = std::move(key);
  identity.chain = text.Reveal().substr(begin);
  identity.validity = ValidityOf(*certificate);
  const absl::Duration life = identity.validity.end - identity.validity.begin;
  // Agents that joined together do not come back together.
  identity.renew_at =
      identity.validity.begin + life * (0.5 + 0.1 * RandomUnit(random_));
  return identity;
}

absl::Status Enrollment::Load() {
  GB_ASSIGN_OR_RETURN(Identity identity, Read(File()));
  absl::StatusOr<Identity> previous = Read(PreviousFile());
  // It is needed after a restore only.
  if (!previous.ok()) {
    log::Warning("previous_certificate_unusable", {{"error", previous.status()}});
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  identity_ = std::move(identity);
  previous_ = previous.ok() ? *std::move(previous) : Identity();
  fallen_back_ = false;
  return absl::OkStatus();
}

absl::StatusOr<CertificateKey> Enrollment::DraftKey(const std::string& token_digest) {
  const SecretString text(ReadWhole(DraftFile()));
  if (TokenDigestIn(text.Reveal()) == token_digest) {
    if (CertificateKey key = ParsePrivateKey(text.Reveal()); key != nullptr) return key;
  }
  CertificateKey key = MakePrivateKey();
  GB_RETURN_IF_ERROR(
      WriteWhole(options_.directory, DraftFile(),
                 absl::StrCat(kTokenLine, token_digest, "\n", ToPem(*key).Reveal())));
  return key;
}

absl::Status Enrollment::Adopt(const std::string& token_digest, CertificateKey key,
                               const std::string& chain, bool renewed) {
  const Certificate certificate = ParseCertificate(chain);
  if (certificate == nullptr || !BelongTogether(*certificate, *key)) {
    return MakeError("CERTIFICATE_FILE_UNUSABLE", {{"file", File()}});
  }
  // What the server knows of two that it was shown stays, and first of all: a crash
  // leaves it twice rather than not at all.
  if (!renewed) {
    unlink(PreviousFile().c_str());
  } else if (!FallenBack()) {
    GB_RETURN_IF_ERROR(WriteWhole(options_.directory, PreviousFile(),
                                  SecretString(ReadWhole(File())).Reveal()));
  }
  GB_RETURN_IF_ERROR(WriteWhole(
      options_.directory, File(),
      absl::StrCat(kTokenLine, token_digest, "\n", ToPem(*key).Reveal(), chain)));
  unlink(DraftFile().c_str());
  return Load();
}

absl::Status Enrollment::JoinWithNewToken() {
  if (options_.join_token_file.empty() || !Exists(options_.join_token_file)) {
    return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const SecretString token,
                      ReadTokenFile(options_.join_token_file));
  const std::string digest = Sha256Hex(token.Reveal()).substr(0, kDigestCharacters);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (digest == identity_.token_digest || digest == refused_token_) {
      return absl::OkStatus();
    }
  }
  GB_ASSIGN_OR_RETURN(CertificateKey key, DraftKey(digest));
  GB_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                      OpenChannel(options_.server));
  const auto stub = v1::AgentEnrollmentService::NewStub(channel);
  v1::JoinRequest request;
  request.set_agent(options_.agent);
  request.set_join_token(token.Reveal());
  request.set_signing_request(MakeSigningRequest(*key, options_.agent));
  grpc::ClientContext context;
  SetDeadline(context);
  v1::JoinResponse response;
  const absl::Status joined =
      Failed(stub->Join(&context, request, &response), options_.server.host_port);
  if (absl::StartsWith(ReasonOf(joined), "JOIN_TOKEN_")) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (identity_.key != nullptr) refused_token_ = digest;
  }
  GB_RETURN_IF_ERROR(joined);
  GB_RETURN_IF_ERROR(Adopt(digest, std::move(key), response.certificate_chain(),
                           /*renewed=*/false));
  log::Info("agent_joined", {{"agent", options_.agent}});
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Enrollment::Connect() {
  const std::lock_guard<std::mutex> working(work_);
  const absl::Status joined = JoinWithNewToken();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (identity_.key == nullptr) {
    return joined.ok()
               ? MakeError("TOKEN_FILE_UNREADABLE",
                           {{"file", options_.join_token_file}, {"detail", "?"}})
               : joined;
  }
  // What it has may do still.
  if (!joined.ok()) log::Warning("join_failed", {{"error", joined}});
  const Identity& shown = Shown();
  if (shown.validity.end <= clock_.Now()) {
    log::Warning(
        "certificate_outdated",
        {{"error", MakeError("CERTIFICATE_OUTDATED", {{"agent", options_.agent}})}});
  }
  if (channel_ == nullptr || channel_chain_ != shown.chain) {
    GB_ASSIGN_OR_RETURN(channel_,
                        OpenChannel(options_.server, {shown.chain, ToPem(*shown.key)}));
    channel_chain_ = shown.chain;
    const absl::Duration life = shown.validity.end - shown.validity.begin;
    reconnect_at_ = shown.validity.begin + life * 0.8;
  }
  return channel_;
}

bool Enrollment::FallenBack() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fallen_back_;
}

bool Enrollment::ShowAnother(const absl::Status& refusal) {
  const std::string reason = ReasonOf(refusal);
  if (reason != "CERTIFICATE_UNKNOWN" && reason != "CERTIFICATE_OUTDATED") return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (channel_ == nullptr) return false;
  // Renewed since that channel was opened.
  if (channel_chain_ != Shown().chain) return true;
  if (reason == "CERTIFICATE_OUTDATED" || fallen_back_ || previous_.key == nullptr ||
      previous_.validity.end <= clock_.Now()) {
    return false;
  }
  // The server's database may have been restored from before the renewal.
  fallen_back_ = true;
  previous_.renew_at = clock_.Now();
  renew_now_ = true;
  changed_.notify_all();
  log::Warning("certificate_before_shown",
               {{"agent", options_.agent}, {"error", refusal}});
  return true;
}

bool Enrollment::ShouldReconnect() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return channel_ != nullptr && channel_chain_ != Shown().chain &&
         clock_.Now() >= reconnect_at_;
}

absl::Status Enrollment::RenewWhenDue() {
  const std::lock_guard<std::mutex> working(work_);
  std::string token_digest;
  std::shared_ptr<grpc::Channel> channel;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Identity& shown = Shown();
    if (shown.key == nullptr || clock_.Now() < shown.renew_at) return absl::OkStatus();
    token_digest = shown.token_digest;
    GB_ASSIGN_OR_RETURN(channel,
                        OpenChannel(options_.server, {shown.chain, ToPem(*shown.key)}));
  }
  GB_ASSIGN_OR_RETURN(CertificateKey key, DraftKey(token_digest));
  const auto stub = v1::AgentEnrollmentService::NewStub(channel);
  v1::RenewRequest request;
  request.set_signing_request(MakeSigningRequest(*key, options_.agent));
  grpc::ClientContext context;
  SetDeadline(context);
  v1::RenewResponse response;
  GB_RETURN_IF_ERROR(
      Failed(stub->Renew(&context, request, &response), options_.server.host_port));
  GB_RETURN_IF_ERROR(Adopt(token_digest, std::move(key), response.certificate_chain(),
                           /*renewed=*/true));
  log::Info("certificate_renewed", {{"agent", options_.agent}});
  return absl::OkStatus();
}

std::optional<absl::Time> Enrollment::RenewalOverdue() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (identity_.key == nullptr) return std::nullopt;
  const absl::Duration left = identity_.validity.end - identity_.renew_at;
  if (clock_.Now() < identity_.renew_at + left / 2) return std::nullopt;
  return identity_.validity.end;
}

void Enrollment::Start(std::function<void()> reconnect) {
  thread_ = std::thread([this, reconnect = std::move(reconnect)] { Loop(reconnect); });
}

void Enrollment::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Enrollment::Loop(const std::function<void()>& reconnect) {
  std::string last_reason;
  while (true) {
    const absl::Status renewed = RenewWhenDue();
    if (!renewed.ok() && ReasonOf(renewed) != last_reason) {
      log::Warning("certificate_not_renewed", {{"error", renewed}});
    }
    last_reason = ReasonOf(renewed);
    if (ShouldReconnect()) reconnect();
    std::unique_lock<std::mutex> lock(mutex_);
    const absl::Duration life = identity_.validity.end - identity_.validity.begin;
    const absl::Duration pause = std::clamp(life / 100, kShortestPause, kLongestPause) *
                                 (0.5 + RandomUnit(random_) / 2);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(pause),
                      [this] { return stopping_ || renew_now_; });
    if (stopping_) return;
    renew_now_ = false;
  }
}

}  // namespace guestbridge::agent
