// What may leave no more, over TLS: not a byte of it goes to the kernel.
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/http/http_client.h"
#include "common/http/raw_server_test.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "tests/testing/certificates.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

using testing::IsOk;

constexpr size_t kRecord = 16 << 10;  // What TLS puts into one, at most.
// This thread is stopped right after it has sent as many of them; 0: never.
thread_local int records_left = 0;
thread_local absl::Duration stopped_until;

void StopAfterRecord() {
  if (records_left == 0 || --records_left > 0) return;
  while (SystemClock().Steady() < stopped_until) usleep(1000);
}

}  // namespace
}  // namespace guestbridge

// Takes the C library's place in this program: the one way in between two writes.
extern "C" ssize_t send(int fd, const void* data, size_t size, int flags) {
  const ssize_t sent = syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
  const int error = errno;
  if (sent >= static_cast<ssize_t>(guestbridge::kRecord)) {
    guestbridge::StopAfterRecord();
  }
  errno = error;
  return sent;
}

namespace guestbridge {
namespace {

void Pause(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// Shakes hands with one peer after the other, and counts the bytes that come then,
// which it does not decrypt.
class TlsSink {
 public:
  // `on_bytes` is called when the first of them are there, before they are read.
  TlsSink(SSL_CTX* context, std::function<void()> on_bytes)
      : context_(context),
        on_bytes_(std::move(on_bytes)),
        server_([this](int fd) { Take(fd); }) {}

  int port() const { return server_.port(); }
  size_t bytes() const { return bytes_; }
  // That many peers have come and gone.
  void AwaitPeers(int peers) const { server_.AwaitServed(peers); }

 private:
  void Take(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    char buffer[64 << 10];
    if (SSL_accept(ssl) == 1 && recv(fd, buffer, 1, MSG_PEEK) > 0) {
      on_bytes_();
      while (true) {
        const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
        if (got <= 0) break;
        bytes_ += static_cast<size_t>(got);
      }
    }
    SSL_free(ssl);
  }

  SSL_CTX* const context_;
  const std::function<void()> on_bytes_;
  std::atomic<size_t> bytes_ = 0;
  RawServer server_;  // The last: it calls what stands above.
};

class LeaveByTest : public ::testing::Test {
 protected:
  LeaveByTest() : context_(SSL_CTX_new(TLS_server_method())) {
    authority_.WriteCa(dir_.File("ca.pem"));
    authority_.Issue("IP:127.0.0.1", dir_.File("cert.pem"), dir_.File("key.pem"));
    SSL_CTX_use_certificate_file(context_, dir_.File("cert.pem").c_str(),
                                 SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, dir_.File("key.pem").c_str(),
                                SSL_FILETYPE_PEM);
  }
  ~LeaveByTest() override { SSL_CTX_free(context_); }

  std::unique_ptr<HttpClient> Client(const TlsSink& sink) {
    HttpClientOptions options;
    options.host = "127.0.0.1";
    options.port = sink.port();
    options.address_policy = HttpClientOptions::AddressPolicy::kAny;
    options.connect_timeout = absl::Seconds(5);
    options.extra_ca_file = dir_.File("ca.pem");
    auto client = MakeHttpClient(options);
    EXPECT_THAT(client, IsOk());
    return *std::move(client);
  }
  static HttpRequest Request(size_t bytes, absl::Duration left) {
    HttpRequest request;
    request.method = "POST";
    request.body = std::string(bytes, 'x');
    request.deadline = absl::Seconds(30);
    request.leave_by = SystemClock().Steady() + left;
    return request;
  }

  testing::TempDir dir_;
  testing::CertificateAuthority authority_;
  SSL_CTX* const context_;
};

TEST_F(LeaveByTest, ARequestThatMayLeaveNoMoreDoesNotLeave) {
  TlsSink sink(context_, [] {});
  const HttpResult result = Client(sink)->Send(Request(100, -absl::Milliseconds(1)));
  EXPECT_EQ(result.outcome, HttpOutcome::kNotSent);
  EXPECT_EQ(result.reason, "LEFT_TOO_LATE");
  sink.AwaitPeers(1);
  EXPECT_EQ(sink.bytes(), 0U);
}

TEST_F(LeaveByTest, AHalfOfARequestIsAborted) {
  // More than the kernel takes for a peer that does not read.
  constexpr size_t kBody = size_t{48} << 20;
  std::atomic<bool> over = false;
  TlsSink sink(context_, [&] {
    while (!over) Pause(1);
  });
  const HttpResult result = Client(sink)->Send(Request(kBody, absl::Seconds(2)));
  over = true;
  EXPECT_EQ(result.outcome, HttpOutcome::kSentNoAnswer);
  sink.AwaitPeers(1);
  EXPECT_LT(sink.bytes(), kBody);
}

// A megabyte is handed to OpenSSL in one piece, which writes it record by record.
TEST_F(LeaveByTest, AThreadThatIsStoppedInTheMidstOfARequestSendsNothingWhenItWakesUp) {
  constexpr size_t kBody = (size_t{1} << 20) - 1000;
  TlsSink sink(context_, [] {});
  HttpRequest request = Request(kBody, absl::Seconds(2));
  request.deadline = absl::Seconds(4);
  records_left = 3;
  stopped_until = request.leave_by;
  const HttpResult result = Client(sink)->Send(request);
  EXPECT_EQ(records_left, 0) << "it was stopped";
  EXPECT_EQ(result.outcome, HttpOutcome::kSentNoAnswer);
  sink.AwaitPeers(1);
  EXPECT_GE(sink.bytes(), 3 * kRecord);
  EXPECT_LT(sink.bytes(), 4 * kRecord);
}

}  // namespace
}  // namespace guestbridge
