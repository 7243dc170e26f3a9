#pragma once

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"

namespace guestbridge::server {

// An agent that calls a server of a test. One thread at a time.
class CallingAgent {
 public:
  CallingAgent(const std::shared_ptr<grpc::Channel>& channel, const std::string& name)
      : stub_(v1::AgentControlService::NewStub(channel)) {
    hello_.set_agent(name);
    hello_.set_installation("inst");
  }
  ~CallingAgent() { Leave(); }

  v1::AgentControlService::Stub& stub() { return *stub_; }
  const std::string& session() const { return session_; }

  // The session is of the last one that succeeded.
  grpc::Status Hello() {
    v1::HelloResponse opened;
    grpc::ClientContext context;
    const grpc::Status said = stub_->Hello(&context, hello_, &opened);
    if (said.ok()) session_ = opened.session();
    return said;
  }
  // Once, after Hello.
  grpc::ClientReader<v1::WatchResponse>& Watch() {
    v1::WatchRequest request;
    request.set_session(session_);
    stream_ = stub_->Watch(&watch_context_, request);
    return *stream_;
  }
  // Ends the stream; from any thread.
  void Leave() { watch_context_.TryCancel(); }
  grpc::Status GetAccessToken(const std::string& integration, v1::AccessToken* token) {
    v1::GetAccessTokenRequest request;
    request.set_session(session_);
    request.set_integration(integration);
    grpc::ClientContext context;
    return stub_->GetAccessToken(&context, request, token);
  }

 private:
  const std::unique_ptr<v1::AgentControlService::Stub> stub_;
  v1::HelloRequest hello_;
  std::string session_;
  grpc::ClientContext watch_context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;
};

}  // namespace guestbridge::server
