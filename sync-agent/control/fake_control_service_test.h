#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"

namespace guestbridge::agent {

// A configuration server of the tests, on a loopback port that it picks. Sessions are
// numbered from 1.
class FakeControlService final : public guestbridge::v1::AgentControlService::Service {
 public:
  FakeControlService() { Return(); }
  ~FakeControlService() override { Leave(); }

  void Leave() {
    EndStreams();
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  // At the same address.
  void Return() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::shared_ptr<grpc::Channel> Connect() const {
    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                               grpc::InsecureChannelCredentials());
  }

  // --- what the test says ---
  void RefuseHello(absl::Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    hello_ = std::move(status);
  }
  void Push(guestbridge::v1::WatchResponse message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    outbox_.push_back(std::move(message));
    changed_.notify_all();
  }
  void EndStreams() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++generation_;
    changed_.notify_all();
  }
  // Sessions so far are unknown, as after a restart.
  void ForgetSessions() {
    const std::lock_guard<std::mutex> lock(mutex_);
    oldest_session_ = sessions_ + 1;
  }
  void AnswerLease(absl::StatusOr<guestbridge::v1::Lease> lease) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lease_ = std::move(lease);
  }

  // As a server of before.
  void KnowNoReports() {
    const std::lock_guard<std::mutex> lock(mutex_);
    knows_reports_ = false;
  }

  void AnswerHello(int64_t revision, int64_t tag = 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    revision_ = revision;
    tag_ = tag;
  }

  void AnswerOldestProtocol(int32_t oldest) {
    const std::lock_guard<std::mutex> lock(mutex_);
    oldest_protocol_ = oldest;
  }

  // --- what the test sees ---
  // Of the last Hello.
  int64_t known_revision() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return known_revision_;
  }
  int64_t known_tag() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return known_tag_;
  }
  int hellos() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return hellos_;
  }
  int goodbyes() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return goodbyes_;
  }
  std::vector<guestbridge::v1::AgentReport> reports() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return reports_;
  }
  std::vector<guestbridge::v1::AcquireLeaseRequest> leases() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return leases_;
  }

  // --- the service ---
  grpc::Status Hello(grpc::ServerContext*, const guestbridge::v1::HelloRequest* request,
                     guestbridge::v1::HelloResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++hellos_;
    known_revision_ = request->known_revision();
    known_tag_ = request->known_tag();
    response->set_revision(revision_);
    response->set_tag(tag_);
    response->set_oldest_protocol(oldest_protocol_);
    if (!hello_.ok()) return ToGrpcStatus(hello_, Language::kEnglish);
    response->set_session(absl::StrCat(++sessions_));
    return grpc::Status::OK;
  }
  grpc::Status Watch(
      grpc::ServerContext* context, const guestbridge::v1::WatchRequest*,
      grpc::ServerWriter<guestbridge::v1::WatchResponse>* writer) override {
    std::unique_lock<std::mutex> lock(mutex_);
    const int generation = generation_;
    guestbridge::v1::WatchResponse caught_up;
    caught_up.mutable_caught_up();
    writer->Write(caught_up);
    while (generation == generation_ && !context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      while (!outbox_.empty() && generation == generation_) {
        writer->Write(outbox_.front());
        outbox_.pop_front();
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status AcquireLease(grpc::ServerContext*,
                            const guestbridge::v1::AcquireLeaseRequest* request,
                            guestbridge::v1::Lease* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::stoi(request->session()) < oldest_session_) {
      return ToGrpcStatus(MakeError("SESSION_UNKNOWN"), Language::kEnglish);
    }
    leases_.push_back(*request);
    if (!lease_.ok()) return ToGrpcStatus(lease_.status(), Language::kEnglish);
    *response = *lease_;
    return grpc::Status::OK;
  }
  grpc::Status ReportAgent(grpc::ServerContext*,
                           const guestbridge::v1::ReportAgentRequest* request,
                           guestbridge::v1::ReportAgentResponse*) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!knows_reports_) return {grpc::StatusCode::UNIMPLEMENTED, ""};
    reports_.push_back(request->report());
    changed_.notify_all();
    return grpc::Status::OK;
  }
  grpc::Status Goodbye(grpc::ServerContext*, const guestbridge::v1::GoodbyeRequest*,
                       guestbridge::v1::GoodbyeResponse*) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++goodbyes_;
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  absl::Status hello_;
  int64_t revision_ = 0;
  int64_t tag_ = 0;
  int32_t oldest_protocol_ = 0;
  int64_t known_revision_ = 0;
  int64_t known_tag_ = 0;
  int hellos_ = 0;
  int goodbyes_ = 0;
  int sessions_ = 0;
  int oldest_session_ = 1;
  int generation_ = 0;
  std::deque<guestbridge::v1::WatchResponse> outbox_;
  absl::StatusOr<guestbridge::v1::Lease> lease_ = guestbridge::v1::Lease();
  std::vector<guestbridge::v1::AcquireLeaseRequest> leases_;
  bool knows_reports_ = true;
  std::vector<guestbridge::v1::AgentReport> reports_;
};

}  // namespace guestbridge::agent
