#include "common/http/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "common/http/address_policy.h"
#include "common/time/clock.h"

namespace guestbridge {
namespace {

// Bytes that the peer does not acknowledge for so long are given up, so that a request
// is not delivered many minutes after its sender took it for lost.
constexpr int kUserTimeoutMs = 20000;

// [::1] -> ::1
std::string BareHost(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

std::vector<sockaddr_storage> Resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) {
    return {};
  }
  std::vector<sockaddr_storage> addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    std::memcpy(&addresses.emplace_back(), at->ai_addr, at->ai_addrlen);
  }
  freeaddrinfo(list);
  return addresses;
}

bool IsIpLiteral(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

}  // namespace

std::unique_ptr<Connection> Connection::Dial(const HttpClientOptions& options,
                                             SSL_CTX* tls, absl::Duration until,
                                             std::string* reason) {
  const std::string host = BareHost(options.host);
  const std::vector<sockaddr_storage> addresses =
      options.resolve ? options.resolve(host, options.port)
                      : Resolve(host, options.port);
  if (addresses.empty()) {
    *reason = "HOST_NOT_FOUND";
    return nullptr;
  }
  *reason = "ADDRESS_REFUSED";
  for (const sockaddr_storage& at : addresses) {
    const auto& address = reinterpret_cast<const sockaddr&>(at);
    if (!IsAddressAllowed(address, options.address_policy)) continue;
    const int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
      *reason = "CONNECTION_REFUSED";
      continue;
    }
    std::unique_ptr<Connection> connection(new Connection(fd));
    SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
    SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    const absl::Duration connect_until =
        std::min(until, SystemClock().Steady() + options.connect_timeout);
    const socklen_t size_of =
        at.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    int error = connect(fd, &address, size_of) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (connection->Wait(POLLOUT, connect_until) == Io::kTimedOut) {
        error = ETIMEDOUT;
      } else {
        socklen_t size = sizeof(error);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error != 0) {
      *reason = error == ETIMEDOUT ? "TIMED_OUT" : "CONNECTION_REFUSED";
      continue;
    }
    if (tls != nullptr && !connection->Handshake(options, tls, connect_until, reason)) {
      return nullptr;
    }
    reason->clear();
    return connection;
  }
  return nullptr;
}

Connection::~Connection() { Abort(); }

bool Connection::Handshake(const HttpClientOptions& options, SSL_CTX* tls,
                           absl::Duration until, std::string* reason) {
  *reason = "TLS_FAILED";
  ssl_ = SSL_new(tls);
  BIO* bio = BIO_new(BioMethod());
  if (ssl_ == nullptr || bio == nullptr) return false;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  const std::string host = BareHost(options.host);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (IsIpLiteral(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) != 1) return false;
  } else {
    if (X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size()) != 1 ||
        SSL_set_tlsext_host_name(ssl_, host.c_str()) != 1) {
      return false;
    }
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_);
    if (result == 1) return true;
    const Io io = WaitForTls(result, until);
    if (io == Io::kDone) continue;
    if (SSL_get_verify_result(ssl_) != X509_V_OK) {
      *reason = "TLS_CERTIFICATE_REFUSED";
    } else if (io == Io::kTimedOut) {
      *reason = "TIMED_OUT";
    }
    return false;
  }
}

Connection::Io Connection::Wait(short events, absl::Duration until) const {
  while (true) {
    const absl::Duration left = until - SystemClock().Steady();
    if (left <= absl::ZeroDuration()) return Io::kTimedOut;
    // Rounded up: a wait of under a millisecond must not spin.
    const int64_t wait_ms =
        std::min<int64_t>(absl::ToInt64Milliseconds(left), INT_MAX - 1) + 1;
    pollfd wanted{fd_, events, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(wait_ms));
    if (ready > 0) return Io::kDone;
    if (ready < 0 && errno != EINTR) return Io::kLost;
  }
}

Connection::Io Connection::WaitForTls(int result, absl::Duration until) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Wait(POLLIN, until);
    case SSL_ERROR_WANT_WRITE:
      return Wait(POLLOUT, until);
    case SSL_ERROR_ZERO_RETURN:
      return Io::kClosed;
    default:
      return Io::kLost;
  }
}

Connection::Io Connection::Write(absl::string_view bytes, absl::Duration until) {
  while (!bytes.empty()) {
    if (SystemClock().Steady() >= until) return Io::kTimedOut;
    Io io = Io::kDone;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int size = static_cast<int>(std::min<size_t>(bytes.size(), 1 << 20));
      write_until_ = until;
      const int written = SSL_write(ssl_, bytes.data(), size);
      write_until_ = absl::InfiniteDuration();
      if (written > 0) {
        bytes.remove_prefix(static_cast<size_t>(written));
      } else {
        io = SystemClock().Steady() >= until ? Io::kTimedOut
                                             : WaitForTls(written, until);
      }
    } else {
      const ssize_t written = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (written > 0) {
        bytes_handed_over_ += written;
        bytes.remove_prefix(static_cast<size_t>(written));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        io = Wait(POLLOUT, until);
      } else if (errno != EINTR) {
        io = errno == ETIMEDOUT ? Io::kTimedOut : Io::kLost;
      }
    }
    if (io != Io::kDone) return io == Io::kClosed ? Io::kLost : io;
  }
  return Io::kDone;
}

Connection::Io Connection::Read(char* buffer, size_t capacity, size_t* count,
                                absl::Duration until) {
  *count = 0;
  while (true) {
    if (SystemClock().Steady() >= until) return Io::kTimedOut;
    Io io = Io::kDone;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int got =
          SSL_read(ssl_, buffer, static_cast<int>(std::min<size_t>(capacity, 1 << 20)));
      if (got > 0) {
        *count = static_cast<size_t>(got);
        return Io::kDone;
      }
      io = WaitForTls(got, until);
    } else {
      const ssize_t got = recv(fd_, buffer, capacity, 0);
      if (got > 0) {
        *count = static_cast<size_t>(got);
        return Io::kDone;
      }
      if (got == 0) return Io::kClosed;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        io = Wait(POLLIN, until);
      } else if (errno != EINTR) {
        return errno == ETIMEDOUT ? Io::kTimedOut : Io::kLost;
      }
    }
    if (io != Io::kDone) return io;
  }
}

bool Connection::IsQuiet() {
  char byte = 0;
  if (ssl_ != nullptr) {
    // Session tickets may lie there unread: only OpenSSL can tell them from data.
    ERR_clear_error();
    const int got = SSL_peek(ssl_, &byte, 1);
    return got <= 0 && SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ;
  }
  const ssize_t got = recv(fd_, &byte, 1, MSG_PEEK);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connection::Close() {
  if (fd_ < 0) return;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ssl_ = nullptr;
  }
  close(fd_);
  fd_ = -1;
}

void Connection::Abort() {
  if (fd_ < 0) return;
  SSL_free(ssl_);
  ssl_ = nullptr;
  const linger drop{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
  close(fd_);
  fd_ = -1;
}

BIO_METHOD* Connection::BioMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "guestbridge");
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

int Connection::BioWrite(BIO* bio, const char* data, int size) {
  auto* self = static_cast<Connection*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (SystemClock().Steady() >= self->write_until_) return -1;
  const ssize_t written =
      send(self->fd_, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (written > 0) {
    self->bytes_handed_over_ += written;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(written);
}

int Connection::BioRead(BIO* bio, char* data, int size) {
  auto* self = static_cast<Connection*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t got = recv(self->fd_, data, static_cast<size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    BIO_set_retry_read(bio);
  }
  return static_cast<int>(got);
}

long Connection::BioControl(BIO*, int command, long, void*) {
  // Nothing is buffered here. An end without close_notify stays an error.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace guestbridge
