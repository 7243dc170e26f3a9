#include "common/http/http_client.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/http/raw_server_test.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/certificates.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

using testing::CertificateAuthority;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using testing::TempDir;

// Reads up to the empty line; what belongs to a body may come along.
std::string ReadRequest(int fd) {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got <= 0) break;
    request.append(buffer, static_cast<size_t>(got));
  }
  return request;
}

void Say(int fd, const std::string& bytes) {
  send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Reset(int fd) {
  const linger drop{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
}

// Waits until the client has closed.
void AwaitEnd(int fd) {
  char byte;
  while (recv(fd, &byte, 1, 0) > 0) {
  }
}

HttpClientOptions Plain(int port) {
  HttpClientOptions options;
  options.tls = false;
  options.host = "127.0.0.1";
  options.port = port;
  options.address_policy = HttpClientOptions::AddressPolicy::kAny;
  options.connect_timeout = absl::Seconds(5);
  return options;
}

std::unique_ptr<HttpClient> Make(const HttpClientOptions& options) {
  auto client = MakeHttpClient(options);
  EXPECT_THAT(client, IsOk());
  return client.ok() ? *std::move(client) : nullptr;
}

HttpResult Post(HttpClient& client, absl::Duration deadline = absl::Seconds(10)) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/rest/1/x/batch";
  request.body = "{\"halt\":0}";
  request.deadline = deadline;
  return client.Send(request);
}

void ExpectNoAnswer(const HttpResult& result, const std::string& reason) {
  EXPECT_EQ(result.outcome, HttpOutcome::kSentNoAnswer);
  EXPECT_EQ(result.reason, reason);
}

void ExpectNotSent(const HttpResult& result, const std::string& reason) {
  EXPECT_EQ(result.outcome, HttpOutcome::kNotSent);
  EXPECT_EQ(result.reason, reason);
}

TEST(HttpClientTest, SendsOneRequestAndReadsTheAnswer) {
  std::string seen;
  RawServer server([&](int fd) {
    seen = ReadRequest(fd);
    Say(fd, "HTTP/1.1 201 Made\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok");
  });
  auto client = Make(Plain(server.port()));
  HttpRequest request;
  request.method = "PATCH";
  request.target = "/a(guid'1')?$format=json";
  request.headers = {{"Authorization", "Basic eA=="}, {"Accept", "application/json"}};
  request.body = "{}";
  const HttpResult result = client->Send(request);
  EXPECT_EQ(result.outcome, HttpOutcome::kAnswered);
  EXPECT_EQ(result.status, 201);
  EXPECT_EQ(result.body, "ok");
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.headers.find("x-a")->second, "1");
  EXPECT_THAT(seen, HasSubstr("PATCH /a(guid'1')?$format=json HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port())));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAuthorization: Basic eA==\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept: application/json\r\n"));
}

TEST(HttpClientTest, DoesNotFollowRedirects) {
  RawServer server([&](int fd) {
    ReadRequest(fd);
    Say(fd,
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
        "Content-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(Post(*Make(Plain(server.port()))).status, 302);
}

TEST(HttpClientTest, ReusesAConnectionAndStaysOnIt) {
  RawServer server([](int fd) {
    while (!ReadRequest(fd).empty()) {
      Say(fd,
          "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\n"
          "Content-Length: 0\r\n\r\n");
    }
  });
  auto client = Make(Plain(server.port()));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Post(*client).status, 200);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientTest, AConnectionThatTheServerClosedIsNotUsedAgain) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");  // and closes
  });
  auto client = Make(Plain(server.port()));
  EXPECT_EQ(Post(*client).status, 200);
  server.AwaitServed(1);
  EXPECT_EQ(Post(*client).status, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientTest, AKeptConnectionThatDiesOnTheRequestIsInDoubtAndSentOnce) {
  std::atomic<int> requests = 0;
  RawServer server([&](int fd) {
    if (!ReadRequest(fd).empty()) ++requests;
    Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (!ReadRequest(fd).empty()) ++requests;  // taken, then closed without a word
  });
  auto client = Make(Plain(server.port()));
  EXPECT_EQ(Post(*client).status, 200);
  ExpectNoAnswer(Post(*client), "CONNECTION_LOST");
  EXPECT_EQ(requests, 2);
}

TEST(HttpClientTest, AResetBeforeTheAnswerIsInDoubt) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Reset(fd);
  });
  ExpectNoAnswer(Post(*Make(Plain(server.port()))), "CONNECTION_LOST");
}

TEST(HttpClientTest, ACutBodyIsNoAnswer) {
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 O"}) {
    SCOPED_TRACE(head);
    RawServer server([&](int fd) {
      ReadRequest(fd);
      Say(fd, head);
    });
    ExpectNoAnswer(Post(*Make(Plain(server.port()))), "CONNECTION_LOST");
  }
}

TEST(HttpClientTest, ABodyWithoutLengthEndsWithTheConnection) {
  RawServer server([&](int fd) {
    ReadRequest(fd);
    char rest[64];
    recv(fd, rest, sizeof(rest), MSG_DONTWAIT);
    Say(fd, "HTTP/1.0 200 OK\r\n\r\nall");
    shutdown(fd, SHUT_WR);
    AwaitEnd(fd);
  });
  const HttpResult result = Post(*Make(Plain(server.port())));
  EXPECT_EQ(result.outcome, HttpOutcome::kAnswered);
  EXPECT_EQ(result.body, "all");
}

TEST(HttpClientTest, ABodyWithoutLengthThatIsResetIsNoAnswer) {
  std::mutex reading;
  RawServer server([&](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.0 200 OK\r\n\r\nhalf");
    Reset(fd);
  });
  ExpectNoAnswer(Post(*Make(Plain(server.port()))), "CONNECTION_LOST");
}

TEST(HttpClientTest, AServerThatDripsIsCutAtTheDeadline) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
      if (send(fd, "x", 1, MSG_NOSIGNAL) < 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  const absl::Duration start = SystemClock().Steady();
  ExpectNoAnswer(Post(*Make(Plain(server.port())), absl::Milliseconds(300)),
                 "TIMED_OUT");
  EXPECT_LT(SystemClock().Steady() - start, absl::Seconds(2));
}

TEST(HttpClientTest, AServerThatIsSilentIsCutAtTheDeadline) {
  RawServer server([](int fd) { AwaitEnd(fd); });
  ExpectNoAnswer(Post(*Make(Plain(server.port())), absl::Milliseconds(200)),
                 "TIMED_OUT");
}

TEST(HttpClientTest, ARequestThatMayLeaveNoMoreLeavesOnNoConnection) {
  std::atomic<int> requests = 0;
  RawServer server([&](int fd) {
    while (!ReadRequest(fd).empty()) {
      ++requests;
      Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  const auto client = Make(Plain(server.port()));
  HttpRequest request;
  request.method = "POST";
  request.body = "{}";
  request.leave_by = SystemClock().Steady() + absl::Minutes(1);
  EXPECT_EQ(client->Send(request).outcome, HttpOutcome::kAnswered);
  request.leave_by = SystemClock().Steady() - absl::Milliseconds(1);
  ExpectNotSent(client->Send(request), "LEFT_TOO_LATE");  // the kept connection
  ExpectNotSent(client->Send(request), "LEFT_TOO_LATE");  // a new one
  EXPECT_EQ(requests, 1);
}

TEST(HttpClientTest, AHalfOfARequestThatMayLeaveNoMoreIsAborted) {
  std::atomic<size_t> got = 0;
  std::atomic<bool> over = false;
  RawServer server([&](int fd) {
    while (!over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    char buffer[64 << 10];
    while (true) {
      const ssize_t more = recv(fd, buffer, sizeof(buffer), 0);
      if (more <= 0) break;
      got += static_cast<size_t>(more);
    }
  });
  const auto client = Make(Plain(server.port()));
  HttpRequest request;
  request.method = "POST";
  // More than the kernel takes for a peer that does not read.
  request.body = std::string(size_t{48} << 20, 'x');
  request.leave_by = SystemClock().Steady() + absl::Seconds(2);
  const HttpResult result = client->Send(request);
  over = true;
  EXPECT_EQ(result.outcome, HttpOutcome::kSentNoAnswer);
  server.AwaitServed(1);
  EXPECT_GT(got, 0U);
  EXPECT_LT(got, request.body.size());
}

TEST(HttpClientTest, AHugeBodyIsRefused) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(10000, 'x');
    while (send(fd, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  HttpClientOptions options = Plain(server.port());
  options.max_body_bytes = 1 << 20;
  ExpectNoAnswer(Post(*Make(options)), "ANSWER_TOO_LARGE");
}

TEST(HttpClientTest, WhatIsNotHttpIsNoAnswer) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
  });
  ExpectNoAnswer(Post(*Make(Plain(server.port()))), "ANSWER_MALFORMED");
}

TEST(HttpClientTest, AnEarlyRefusalOfALargeRequestIsRead) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    shutdown(fd, SHUT_WR);
    std::string rest(1 << 16, '\0');
    while (recv(fd, rest.data(), rest.size(), 0) > 0) {
    }
  });
  auto client = Make(Plain(server.port()));
  HttpRequest request;
  request.method = "POST";
  request.body = std::string(4 << 20, 'x');
  EXPECT_EQ(client->Send(request).status, 413);
}

TEST(HttpClientTest, NothingIsSentWhereNobodyListens) {
  int port = 0;
  {
    port = RawServer([](int) {}).port();
  }
  ExpectNotSent(Post(*Make(Plain(port))), "CONNECTION_REFUSED");
}

TEST(HttpClientTest, NothingIsSentToANameWithoutAddress) {
  HttpClientOptions options = Plain(80);
  options.host = "no-such-host.invalid";
  ExpectNotSent(Post(*Make(options)), "HOST_NOT_FOUND");
}

TEST(HttpClientTest, NothingIsSentToARefusedAddressHoweverItIsSpelt) {
  RawServer server([](int fd) { AwaitEnd(fd); });
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "127.0.1",
                           "2130706433",
                           "0x7f.1",
                           "0x7f000001",
                           "0x7f.0x0.0x0.0x1",
                           "0177.0.0.1",
                           "0177.1",
                           "017700000001",
                           "00.0.0.0",
                           "0",
                           "0.0.0.0",
                           "0x0",
                           "127.255.255.254",
                           "localhost",
                           "LOCALHOST",
                           "[::1]",
                           "::1",
                           "0:0:0:0:0:0:0:1",
                           "[0000::0001]",
                           "::",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:7f00:1",
                           "::FFFF:127.0.0.1",
                           "[::ffff:10.0.0.1]",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2002:a9fe:a9fe::",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "febf::1",
                           "ff02::1",
                           "fd00:ec2::254",
                           "2001:db8::1",
                           "10.0.0.1",
                           "10.1",
                           "167772161",
                           "0xa000001",
                           "012.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "0xac100001",
                           "192.168.1.1",
                           "192.168.257",
                           "3232235777",
                           "0xc0a80101",
                           "169.254.169.254",
                           "169.254.43518",
                           "2852039166",
                           "0xa9fea9fe",
                           "0251.0376.0251.0376",
                           "::ffff:169.254.169.254",
                           "::ffff:a9fe:a9fe",
                           "100.64.0.1",
                           "100.127.255.255",
                           "0x64400001",
                           "100.100.100.200",
                           "192.0.0.192",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "4294967295"}) {
    SCOPED_TRACE(host);
    HttpClientOptions options = Plain(server.port());
    options.host = host;
    options.address_policy = HttpClientOptions::AddressPolicy::kPublicOnly;
    ExpectNotSent(Post(*Make(options)), "ADDRESS_REFUSED");
  }
  HttpClientOptions metadata = Plain(80);
  metadata.host = "169.254.169.254";
  metadata.address_policy = HttpClientOptions::AddressPolicy::kAnyButMetadata;
  ExpectNotSent(Post(*Make(metadata)), "ADDRESS_REFUSED");
  EXPECT_EQ(server.connections(), 0);
}

sockaddr_storage Address(const char* text, int port) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(inet_pton(AF_INET, text, &v4.sin_addr), 1);
  return storage;
}

TEST(HttpClientTest, ANameThatIsReboundIsJudgedAgainAndPinnedForItsConnection) {
  RawServer server([](int fd) {
    ReadRequest(fd);
    Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  HttpClientOptions options = Plain(server.port());
  options.host = "portal.example";
  options.address_policy = HttpClientOptions::AddressPolicy::kAnyButMetadata;
  int asked = 0;
  std::vector<const char*> answers = {"127.0.0.1"};
  options.resolve = [&](const std::string& host, int port) {
    EXPECT_EQ(host, "portal.example");
    ++asked;
    std::vector<sockaddr_storage> addresses;
    for (const char* answer : answers) addresses.push_back(Address(answer, port));
    // Whoever asked again between judging and connecting would be led there.
    answers = {"169.254.169.254"};
    return addresses;
  };
  auto client = Make(options);
  EXPECT_EQ(Post(*client).status, 200);
  EXPECT_EQ(asked, 1);
  ExpectNotSent(Post(*client), "ADDRESS_REFUSED");
  EXPECT_EQ(asked, 2);
  // One that is allowed among those that are not: only that one is connected to.
  answers = {"169.254.169.254", "100.100.100.200", "127.0.0.1"};
  EXPECT_EQ(Post(*client).status, 200);
  answers = {};
  ExpectNotSent(Post(*client), "HOST_NOT_FOUND");
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClientTest, ALineBreakInATargetOrHeaderIsRefused) {
  RawServer server([](int fd) { AwaitEnd(fd); });
  auto client = Make(Plain(server.port()));
  HttpRequest request;
  request.target = "/a HTTP/1.1\r\nX: y";
  ExpectNotSent(client->Send(request), "INTERNAL_ERROR");
  request.target = "/a";
  request.headers = {{"X", "y\r\nZ: 1"}};
  ExpectNotSent(client->Send(request), "INTERNAL_ERROR");
  EXPECT_EQ(server.connections(), 0);
}

// An httplib server with a certificate of our own authority for 127.0.0.1 and a name.
class TlsTest : public ::testing::Test {
 protected:
  void Start(const std::string& names, int64_t seconds = 3600) {
    authority_.WriteCa(dir_.File("ca.pem"));
    authority_.Issue(names, dir_.File("cert.pem"), dir_.File("key.pem"), seconds);
    server_ = std::make_unique<httplib::SSLServer>(dir_.File("cert.pem").c_str(),
                                                   dir_.File("key.pem").c_str());
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_max_count(1000);
    server_->set_keep_alive_timeout(1);
    server_->Post("/rest/1/x/batch", [this](const auto& request, auto& response) {
      ++requests_;
      response.set_content(request.body, "application/json");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~TlsTest() override {
    if (server_ != nullptr) server_->stop();
    if (thread_.joinable()) thread_.join();
  }

  HttpClientOptions Tls(const std::string& host) {
    HttpClientOptions options = Plain(port_);
    options.tls = true;
    options.host = host;
    options.extra_ca_file = dir_.File("ca.pem");
    return options;
  }

  TempDir dir_;
  CertificateAuthority authority_;
  std::unique_ptr<httplib::SSLServer> server_;
  std::thread thread_;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
};

TEST_F(TlsTest, AnswersOverVerifiedConnections) {
  Start("DNS:localhost,IP:127.0.0.1");
  for (const char* host : {"127.0.0.1", "localhost"}) {
    SCOPED_TRACE(host);
    auto client = Make(Tls(host));
    for (int i = 0; i < 3; ++i) {
      const HttpResult result = Post(*client);
      EXPECT_EQ(result.outcome, HttpOutcome::kAnswered) << result.reason;
      EXPECT_EQ(result.body, "{\"halt\":0}");
    }
  }
  EXPECT_EQ(requests_, 6);
}

TEST_F(TlsTest, ManyThreadsShareAClient) {
  Start("IP:127.0.0.1");
  auto client = Make(Tls("127.0.0.1"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) EXPECT_EQ(Post(*client).status, 200);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(requests_, 40);
}

TEST_F(TlsTest, RefusesAnotherName) {
  Start("DNS:other.example.org,IP:127.0.0.2");
  ExpectNotSent(Post(*Make(Tls("127.0.0.1"))), "TLS_CERTIFICATE_REFUSED");
  ExpectNotSent(Post(*Make(Tls("localhost"))), "TLS_CERTIFICATE_REFUSED");
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  Start("IP:127.0.0.1");
  HttpClientOptions without = Tls("127.0.0.1");
  without.extra_ca_file.clear();
  ExpectNotSent(Post(*Make(without)), "TLS_CERTIFICATE_REFUSED");
  CertificateAuthority("Other CA").WriteCa(dir_.File("other.pem"));
  HttpClientOptions other = Tls("127.0.0.1");
  other.extra_ca_file = dir_.File("other.pem");
  ExpectNotSent(Post(*Make(other)), "TLS_CERTIFICATE_REFUSED");
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  Start("IP:127.0.0.1", -60);
  ExpectNotSent(Post(*Make(Tls("127.0.0.1"))), "TLS_CERTIFICATE_REFUSED");
}

TEST_F(TlsTest, APlainServerIsATlsFailure) {
  RawServer server([](int fd) { ReadRequest(fd); });
  authority_.WriteCa(dir_.File("ca.pem"));
  port_ = server.port();
  RawServer http([](int fd) {
    char buffer[64];
    recv(fd, buffer, sizeof(buffer), 0);
    Say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  port_ = http.port();
  ExpectNotSent(Post(*Make(Tls("127.0.0.1"))), "TLS_FAILED");
}

TEST_F(TlsTest, AHandshakeThatNeverEndsIsCut) {
  RawServer server([](int fd) { AwaitEnd(fd); });
  authority_.WriteCa(dir_.File("ca.pem"));
  port_ = server.port();
  ExpectNotSent(Post(*Make(Tls("127.0.0.1")), absl::Milliseconds(200)), "TIMED_OUT");
}

TEST_F(TlsTest, AnUnreadableCaFileIsAnError) {
  HttpClientOptions options = Tls("127.0.0.1");
  options.extra_ca_file = dir_.File("missing.pem");
  EXPECT_THAT(MakeHttpClient(options),
              StatusIs(absl::StatusCode::kInvalidArgument, "EXTRA_CA_UNREADABLE"));
}

TEST_F(TlsTest, AChangedCaFileHoldsForTheNextClient) {
  Start("IP:127.0.0.1");
  HttpClientOptions options = Tls("127.0.0.1");
  options.extra_ca_file = dir_.File("trusted.pem");
  CertificateAuthority("Other CA").WriteCa(options.extra_ca_file);
  const auto before = Make(options);
  ExpectNotSent(Post(*before), "TLS_CERTIFICATE_REFUSED");
  authority_.WriteCa(options.extra_ca_file);
  EXPECT_EQ(Post(*Make(options)).outcome, HttpOutcome::kAnswered);
  ExpectNotSent(Post(*before), "TLS_CERTIFICATE_REFUSED");
  std::filesystem::remove(options.extra_ca_file);
  EXPECT_THAT(MakeHttpClient(options),
              StatusIs(absl::StatusCode::kInvalidArgument, "EXTRA_CA_UNREADABLE"));
}

TEST_F(TlsTest, WhatIsTakenFromTheSystemsFolderIsTrustedByNoNextClient) {
  Start("IP:127.0.0.1");
  FILE* file = fopen(dir_.File("ca.pem").c_str(), "r");
  X509* authority = PEM_read_X509(file, nullptr, nullptr, nullptr);
  fclose(file);
  const unsigned long name = X509_subject_name_hash(authority);
  X509_free(authority);
  const std::string folder = dir_.File("certs");
  std::filesystem::create_directory(folder);
  const std::string there =
      absl::StrCat(folder, "/", absl::Hex(name, absl::kZeroPad8), ".0");
  authority_.WriteCa(there);
  setenv("SSL_CERT_DIR", folder.c_str(), 1);
  HttpClientOptions options = Tls("127.0.0.1");
  options.extra_ca_file.clear();
  EXPECT_EQ(Post(*Make(options)).outcome, HttpOutcome::kAnswered);
  std::filesystem::remove(there);
  ExpectNotSent(Post(*Make(options)), "TLS_CERTIFICATE_REFUSED");
  unsetenv("SSL_CERT_DIR");
}

// A TLS server that takes each request and then closes as told, without an answer.
void ServeTlsWithoutAnswer(SSL_CTX* context, int fd, bool say_goodbye,
                           const std::string& bytes, std::atomic<int>* requests) {
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  char buffer[4096];
  if (SSL_accept(ssl) == 1 && SSL_read(ssl, buffer, sizeof(buffer)) > 0) {
    ++*requests;
    if (!bytes.empty()) SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (say_goodbye) SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  shutdown(fd, SHUT_WR);
  AwaitEnd(fd);
}

TEST_F(TlsTest, ARequestIsNeverSentTwiceWhenThePeerCloses) {
  authority_.WriteCa(dir_.File("ca.pem"));
  authority_.Issue("IP:127.0.0.1", dir_.File("cert.pem"), dir_.File("key.pem"));
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate_file(context, dir_.File("cert.pem").c_str(),
                               SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context, dir_.File("key.pem").c_str(), SSL_FILETYPE_PEM);
  for (const bool say_goodbye : {true, false}) {
    SCOPED_TRACE(say_goodbye);
    std::atomic<int> requests = 0;
    RawServer server([&](int fd) {
      ServeTlsWithoutAnswer(context, fd, say_goodbye, "", &requests);
    });
    port_ = server.port();
    ExpectNoAnswer(Post(*Make(Tls("127.0.0.1"))), "CONNECTION_LOST");
    EXPECT_EQ(requests, 1);
  }
  // Without a length only an announced end tells a whole body from a cut one.
  std::atomic<int> requests = 0;
  bool say_goodbye = true;
  RawServer server([&](int fd) {
    ServeTlsWithoutAnswer(context, fd, say_goodbye, "HTTP/1.0 200 OK\r\n\r\nbody",
                          &requests);
  });
  port_ = server.port();
  EXPECT_EQ(Post(*Make(Tls("127.0.0.1"))).body, "body");
  say_goodbye = false;
  ExpectNoAnswer(Post(*Make(Tls("127.0.0.1"))), "CONNECTION_LOST");
  SSL_CTX_free(context);
}

}  // namespace
}  // namespace guestbridge
