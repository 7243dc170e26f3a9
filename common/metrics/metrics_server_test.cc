#include "common/metrics/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/http_client.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

// A port that was free a moment ago.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

TEST(MetricsServerTest, ServesTheRegistryAndRefusesATakenAddress) {
  auto registry = std::make_shared<prometheus::Registry>();
  prometheus::BuildCounter()
      .Name("guestbridge_test_total")
      .Register(*registry)
      .Add({{"integration", "main"}})
      .Increment(3);
  const int port = FreePort();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  auto server = MetricsServer::Start(address, registry);
  ASSERT_THAT(server, IsOk());

  HttpClientOptions options;
  options.tls = false;
  options.host = "127.0.0.1";
  options.port = port;
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  auto client = MakeHttpClient(options);
  ASSERT_THAT(client, IsOk());
  HttpRequest request;
  request.target = "/metrics";
  const HttpResult result = (*client)->Send(request);
  EXPECT_EQ(result.status, 200) << result.reason;
  EXPECT_THAT(result.body, HasSubstr("guestbridge_test_total{integration=\"main\"} 3"));

  EXPECT_THAT(
      MetricsServer::Start(address, registry),
      StatusIs(absl::StatusCode::kFailedPrecondition, "METRICS_ADDRESS_IN_USE"));
}

}  // namespace
}  // namespace guestbridge
