#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

// What the server says. Called from the client's own thread, one call at a time, in the
// order in which the server said it; a call that blocks delays the next.
class ControlEvents {
 public:
  virtual ~ControlEvents() = default;
  // Asked before each Hello.
  virtual std::vector<v1::LedgerIdentity> Ledgers() = 0;
  // The stream is open and has told all that the server knew; also after each
  // interruption, when everything was told again.
  virtual void OnConnected() = 0;
  virtual void OnConfiguration(const v1::AgentConfiguration& configuration) = 0;
  virtual void OnTask(const v1::Task& task) = 0;
  virtual void OnCancelRun(const std::string& run) = 0;
  // A configuration that was rejected earlier, by this process or one before it.
  virtual void OnStillRejected(const v1::RejectedConfiguration& rejected) = 0;
  // Format: `integrations/{integration}`.
  virtual void OnRemoved(const std::string& integration) = 0;
  // The server will never accept this agent under this name (AGENT_NAME_IN_USE,
  // AGENT_NAME_INVALID) or with what it shows (AGENT_EVICTED, AGENT_BANNED,
  // AGENT_HAS_CERTIFICATE, JOIN_TOKEN_…, CERTIFICATE_… unless it has another one); the
  // client has given up.
  virtual void OnRefused(const absl::Status& status) = 0;
};

struct ControlIdentity {
  std::string agent;
  std::string installation;  // UUID of the data directory
  std::string version;
  std::vector<std::string> capabilities;
  std::string server;             // HOST:PORT, for messages only
  std::string rules_digest = {};  // HelloRequest.rules_digest
};

// The agent's line to the server: one session, kept for as long as the process lives.
//
// Connects again for ever: at once, then with growing, jittered pauses of at most 30 s.
// Every call is thread-safe, blocks for at most its deadline and is not repeated; while
// there is no session it fails at once with SERVER_UNREACHABLE (UNAVAILABLE).
class ControlClient {
 public:
  // `events` and `random` outlive the client. `token`: empty when the server wants
  // none.
  ControlClient(std::shared_ptr<grpc::Channel> channel, ControlIdentity identity,
                SecretString token, ControlEvents& events, Random& random);
  // Asked before each Hello: a session keeps its channel. Its errors are treated as
  // those of Hello.
  using ChannelSource = std::function<absl::StatusOr<std::shared_ptr<grpc::Channel>>()>;
  // Asked when Hello was refused with CERTIFICATE_UNKNOWN or CERTIFICATE_OUTDATED:
  // whether the next channel shows another certificate. Null: it does not.
  using OtherCertificate = std::function<bool(const absl::Status& refusal)>;
  ControlClient(ChannelSource channels, ControlIdentity identity, SecretString token,
                ControlEvents& events, Random& random,
                OtherCertificate other_certificate = nullptr);
  ~ControlClient();  // Stops.

  // Revisions that came with a configuration which the agent had before this process.
  // Call it before Start.
  void NoteRevisionsOf(const v1::AgentConfiguration& configuration);
  void Start();
  // Ends the stream; no further events. With `goodbye` name and leases are given back.
  void Stop(bool goodbye);

  bool connected() const;
  // Opens a new session, on whatever channel there is then. Runs go on.
  void Reconnect();

  absl::Status Acknowledge(v1::AcknowledgeConfigurationRequest request);
  absl::StatusOr<v1::Lease> AcquireLease(v1::AcquireLeaseRequest request);
  // True: cancellation was asked for.
  absl::StatusOr<bool> ReportRun(const v1::Run& run, int64_t sequence);
  absl::StatusOr<v1::Run> OpenRun(const std::string& integration, v1::Run::Kind kind);
  absl::Status ReportLedger(v1::ReportLedgerRequest request);
  absl::Status ReportChecks(v1::ReportChecksRequest request);
  // UNIMPLEMENTED: the server is an older one.
  absl::Status ReportAgent(v1::AgentReport report);
  absl::Status FinishTask(v1::FinishTaskRequest request);
  // `refused`: a token that the portal did not take; empty: none.
  absl::StatusOr<v1::AccessToken> GetAccessToken(const std::string& integration,
                                                 const SecretString& refused);

 private:
  using Stub = v1::AgentControlService::Stub;

  // `tag`: of that revision; 0: not known.
  void NoteRevision(int64_t revision, int64_t tag);
  void Loop();
  // False: it is to stop.
  bool Pause(absl::Duration duration);
  absl::Status Hello();
  // Reads the stream to its end; true when anything came.
  bool Watch();
  void Deliver(const v1::WatchResponse& message);
  std::shared_ptr<Stub> stub() const;
  // Names the server where it was not the server who spoke.
  absl::Status ErrorOf(const grpc::Status& status, absl::Duration deadline) const;
  void Prepare(grpc::ClientContext& context, absl::Duration deadline) const;
  // Fills the session in and makes the call.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                             const Request&, Response*),
                                Request request);
  // The server does not know the session (it restarted), or no longer takes the
  // certificate of its channel: a new one is needed.
  void Drop(const std::string& session);

  const ControlIdentity identity_;
  const SecretString token_;
  ControlEvents& events_;
  Random& random_;
  const ChannelSource channels_;
  const OtherCertificate other_certificate_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::shared_ptr<grpc::Channel> channel_;   // of the session
  std::shared_ptr<Stub> stub_;               // null before the first Hello
  std::string session_;                      // empty: none
  int64_t known_revision_ = 0;               // the highest that came from the server
  int64_t known_tag_ = 0;                    // of that revision; 0: not known
  grpc::ClientContext* watching_ = nullptr;  // the open stream's
  std::thread thread_;
};

}  // namespace guestbridge::agent
