#include "sync-agent/control/control_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/resource/protocol_version.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kCallDeadline = absl::Seconds(8);
// The server may have to ask the portal's authorisation server.
constexpr absl::Duration kTokenDeadline = absl::Seconds(60);
constexpr absl::Duration kGoodbyeDeadline = absl::Seconds(3);
constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(30);
constexpr std::chrono::milliseconds kSlice{250};  // so soon a stop is noticed

bool IsFinalRefusal(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "AGENT_NAME_IN_USE" || reason == "AGENT_NAME_INVALID" ||
         reason == "INSTALLATION_INVALID" || reason == "AGENT_EVICTED" ||
         reason == "AGENT_BANNED" || reason == "AGENT_HAS_CERTIFICATE" ||
         absl::StartsWith(reason, "JOIN_TOKEN_");
}

// A channel keeps the certificate that it was opened with; there may be a newer one.
bool IsAboutCertificate(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "CERTIFICATE_UNKNOWN" || reason == "CERTIFICATE_OUTDATED";
}

}  // namespace

ControlClient::ControlClient(std::shared_ptr<grpc::Channel> channel,
                             ControlIdentity identity, SecretString token,
                             ControlEvents& events, Random& random)
    : ControlClient([channel] { return channel; }, std::move(identity),
                    std::move(token), events, random) {}

ControlClient::ControlClient(ChannelSource channels, ControlIdentity identity,
                             SecretString token, ControlEvents& events, Random& random,
                             OtherCertificate other_certificate)
    : identity_(std::move(identity)),
      token_(std::move(token)),
      events_(events),
      random_(random),
      channels_(std::move(channels)),
      other_certificate_(std::move(other_certificate)) {}

ControlClient::~ControlClient() { Stop(/*goodbye=*/false); }

void ControlClient::NoteRevision(int64_t revision, int64_t tag) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (revision < known_revision_) return;
  // Of one number that came with two tags the first says that its commit was lost.
  if (revision > known_revision_ || known_tag_ == 0) known_tag_ = tag;
  known_revision_ = revision;
}

void ControlClient::NoteRevisionsOf(const v1::AgentConfiguration& configuration) {
  NoteRevision(configuration.database_revision(), configuration.database_tag());
  NoteRevision(configuration.revision(), 0);
}

void ControlClient::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void ControlClient::Stop(bool goodbye) {
  std::string session;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    session = session_;
    if (watching_ != nullptr) watching_->TryCancel();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!goodbye || session.empty()) return;
  grpc::ClientContext context;
  Prepare(context, kGoodbyeDeadline);
  v1::GoodbyeRequest request;
  request.set_session(session);
  v1::GoodbyeResponse response;
  const absl::Status said =
      FromGrpcStatus(stub()->Goodbye(&context, request, &response));
  if (!said.ok()) log::Warning("goodbye_failed", {{"error", said}});
  const std::lock_guard<std::mutex> lock(mutex_);
  session_.clear();
}

bool ControlClient::connected() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !session_.empty();
}

void ControlClient::Reconnect() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (watching_ != nullptr) watching_->TryCancel();
}

std::shared_ptr<ControlClient::Stub> ControlClient::stub() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stub_;
}

void ControlClient::Prepare(grpc::ClientContext& context,
                            absl::Duration deadline) const {
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMilliseconds(deadline));
  if (!token_.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token_.Reveal()));
  }
}

void ControlClient::Loop() {
  absl::Duration pause = kFirstPause;
  std::string last_reason;
  while (true) {
    const absl::Status hello = Hello();
    bool lived = false;
    if (hello.ok()) {
      last_reason.clear();
      lived = Watch();
    } else if (IsFinalRefusal(hello) ||
               (IsAboutCertificate(hello) &&
                !(other_certificate_ && other_certificate_(hello)))) {
      events_.OnRefused(hello);
      return;
    } else if (ReasonOf(hello) != last_reason) {
      last_reason = ReasonOf(hello);
      log::Warning("server_not_reached", {{"error", hello}});
    }
    if (lived) pause = kFirstPause;
    if (!Pause(pause * (0.5 + RandomUnit(random_) / 2))) return;
    pause = std::min(pause * 1.7, kLongestPause);
  }
}

// gRPC connects while somebody waits for the channel; left alone it looks after it
// every five seconds, which is how long a connection may take: it never came about.
bool ControlClient::Pause(absl::Duration duration) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(duration);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    const auto left = std::min<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now(), kSlice);
    const std::shared_ptr<grpc::Channel> channel = channel_;
    if (channel == nullptr ||
        channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY) {
      changed_.wait_for(lock, left, [this] { return stopping_; });
      continue;
    }
    lock.unlock();
    channel->WaitForConnected(std::chrono::system_clock::now() + left);
    lock.lock();
  }
  return !stopping_;
}

absl::Status ControlClient::Hello() {
  GB_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, channels_());
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (channel != channel_) {
      channel_ = channel;
      stub_ = v1::AgentControlService::NewStub(channel);
    }
  }
  v1::HelloRequest request;
  request.set_agent(identity_.agent);
  request.set_installation(identity_.installation);
  request.set_version(identity_.version);
  request.set_rules_digest(identity_.rules_digest);
  for (const std::string& capability : identity_.capabilities) {
    request.add_capabilities(capability);
  }
  for (v1::LedgerIdentity& ledger : events_.Ledgers()) {
    *request.add_ledgers() = std::move(ledger);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    request.set_known_revision(known_revision_);
    request.set_known_tag(known_tag_);
  }
  const ProtocolRange own;
  request.set_protocol(own.protocol);
  request.set_oldest_protocol(own.oldest);
  grpc::ClientContext context;
  Prepare(context, kCallDeadline);
  v1::HelloResponse response;
  GB_RETURN_IF_ERROR(
      ErrorOf(stub()->Hello(&context, request, &response), kCallDeadline));
  // Not final: the server, or another one behind the same name, may be brought up to
  // date.
  switch (JudgeProtocols(own, {response.protocol(), response.oldest_protocol()})) {
    case ProtocolFit::kFits:
      break;
    case ProtocolFit::kAgentTooOld:
      return MakeError("AGENT_TOO_OLD",
                       {{"protocol", absl::StrCat(own.protocol)},
                        {"oldest", absl::StrCat(response.oldest_protocol())}});
    case ProtocolFit::kServerTooOld:
      return MakeError("SERVER_TOO_OLD",
                       {{"protocol", absl::StrCat(std::max(1, response.protocol()))},
                        {"oldest", absl::StrCat(own.oldest)}});
  }
  NoteRevision(response.revision(), response.tag());
  const std::lock_guard<std::mutex> lock(mutex_);
  session_ = response.session();
  return absl::OkStatus();
}

absl::Status ControlClient::ErrorOf(const grpc::Status& status,
                                    absl::Duration deadline) const {
  absl::Status error = FromGrpcStatus(status);
  const std::string reason = ReasonOf(error);
  // The server's own errors have parameters of their own.
  if (reason == "DEADLINE_PASSED") {
    error = WithParameter(std::move(error), "timeout", absl::FormatDuration(deadline));
  } else if (reason != "SERVER_UNREACHABLE" && reason != "CALL_FAILED") {
    return error;
  }
  return WithParameter(std::move(error), "server", identity_.server);
}

bool ControlClient::Watch() {
  grpc::ClientContext context;
  if (!token_.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token_.Reveal()));
  }
  v1::WatchRequest request;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || session_.empty()) return false;
    request.set_session(session_);
    watching_ = &context;
  }
  // The stub is the stream's for as long as it lives.
  const std::shared_ptr<Stub> stub = this->stub();
  const auto stream = stub->Watch(&context, request);
  v1::WatchResponse message;
  bool lived = false;
  while (stream->Read(&message)) {
    lived = true;
    Deliver(message);
  }
  const absl::Status ended = ErrorOf(stream->Finish(), absl::InfiniteDuration());
  const std::lock_guard<std::mutex> lock(mutex_);
  watching_ = nullptr;
  if (!stopping_) {
    log::Warning("server_connection_ended", {{"error", ended}});
    session_.clear();
  }
  return lived;
}

void ControlClient::Deliver(const v1::WatchResponse& message) {
  switch (message.payload_case()) {
    case v1::WatchResponse::kConfiguration:
      NoteRevisionsOf(message.configuration());
      events_.OnConfiguration(message.configuration());
      break;
    case v1::WatchResponse::kTask:
      events_.OnTask(message.task());
      break;
    case v1::WatchResponse::kStillRejected:
      events_.OnStillRejected(message.still_rejected());
      break;
    case v1::WatchResponse::kRemoved:
      events_.OnRemoved(message.removed().integration());
      break;
    case v1::WatchResponse::kCancelRun:
      events_.OnCancelRun(message.cancel_run());
      break;
    case v1::WatchResponse::kCaughtUp:
      events_.OnConnected();
      break;
    case v1::WatchResponse::PAYLOAD_NOT_SET:
      break;
  }
}

void ControlClient::Drop(const std::string& session) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (session_ != session) return;
  session_.clear();
  if (watching_ != nullptr) watching_->TryCancel();
}

template <typename Request, typename Response>
absl::StatusOr<Response> ControlClient::Call(
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    Request request) {
  std::shared_ptr<Stub> stub;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    request.set_session(session_);
    stub = stub_;
  }
  if (request.session().empty()) {
    return ErrorOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no session"),
                   kCallDeadline);
  }
  grpc::ClientContext context;
  constexpr absl::Duration kDeadline =
      std::is_same_v<Request, v1::GetAccessTokenRequest> ? kTokenDeadline
                                                         : kCallDeadline;
  Prepare(context, kDeadline);
  Response response;
  const absl::Status status =
      ErrorOf((stub.get()->*method)(&context, request, &response), kDeadline);
  if (ReasonOf(status) == "SESSION_UNKNOWN" || IsAboutCertificate(status)) {
    Drop(request.session());
  }
  if (!status.ok()) return status;
  return response;
}

absl::Status ControlClient::Acknowledge(v1::AcknowledgeConfigurationRequest request) {
  return Call(&Stub::AcknowledgeConfiguration, std::move(request)).status();
}

absl::StatusOr<v1::Lease> ControlClient::AcquireLease(v1::AcquireLeaseRequest request) {
  GB_ASSIGN_OR_RETURN(v1::Lease lease, Call(&Stub::AcquireLease, std::move(request)));
  NoteRevision(lease.revision(), lease.tag());
  return lease;
}

absl::StatusOr<bool> ControlClient::ReportRun(const v1::Run& run, int64_t sequence) {
  v1::ReportRunRequest request;
  *request.mutable_run() = run;
  request.set_sequence(sequence);
  GB_ASSIGN_OR_RETURN(const v1::ReportRunResponse response,
                      Call(&Stub::ReportRun, std::move(request)));
  return response.cancel_requested();
}

absl::StatusOr<v1::Run> ControlClient::OpenRun(const std::string& integration,
                                               v1::Run::Kind kind) {
  v1::OpenRunRequest request;
  request.set_integration(integration);
  request.set_kind(kind);
  return Call(&Stub::OpenRun, std::move(request));
}

absl::Status ControlClient::ReportLedger(v1::ReportLedgerRequest request) {
  return Call(&Stub::ReportLedger, std::move(request)).status();
}

absl::Status ControlClient::ReportChecks(v1::ReportChecksRequest request) {
  return Call(&Stub::ReportChecks, std::move(request)).status();
}

absl::Status ControlClient::ReportAgent(v1::AgentReport report) {
  v1::ReportAgentRequest request;
  *request.mutable_report() = std::move(report);
  return Call(&Stub::ReportAgent, std::move(request)).status();
}

absl::Status ControlClient::FinishTask(v1::FinishTaskRequest request) {
  return Call(&Stub::FinishTask, std::move(request)).status();
}

absl::StatusOr<v1::AccessToken> ControlClient::GetAccessToken(
    const std::string& integration, const SecretString& refused) {
  v1::GetAccessTokenRequest request;
  request.set_integration(integration);
  if (!refused.empty()) {
    request.set_refused_token_digest(Sha256Hex(refused.Reveal()).substr(0, 8));
  }
  return Call(&Stub::GetAccessToken, std::move(request));
}

}  // namespace guestbridge::agent
