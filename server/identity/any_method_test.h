#pragma once

#include <memory>
#include <string>

#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace guestbridge::server {

// Calls a method by its path, with a request of these bytes; waits for the end.
inline grpc::Status CallAnyMethod(const std::shared_ptr<grpc::Channel>& channel,
                                  const std::string& method,
                                  grpc::ClientContext* context,
                                  const std::string& request = "") {
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const grpc::Slice bytes(request);
  const auto call =
      stub.PrepareUnaryCall(context, method, grpc::ByteBuffer(&bytes, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, &status);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  return status;
}

}  // namespace guestbridge::server
