#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/http/http_client.h"

namespace guestbridge {

// One TCP or TLS connection to an origin. Every wait ends at a moment of the steady
// clock, however the peer drips its bytes. One thread at a time. Raises no SIGPIPE.
class Connection {
 public:
  enum class Io { kDone, kClosed, kTimedOut, kLost };

  // Resolves, judges every address, connects to a judged one, and does the handshake.
  // `tls` is null for plain HTTP. Null with a catalogue reason in `reason` on failure;
  // no byte of a request has left then. The look-up of a name may overrun `until`: the
  // host's resolver has its own limits.
  static std::unique_ptr<Connection> Dial(const HttpClientOptions& options,
                                          SSL_CTX* tls, absl::Duration until,
                                          std::string* reason);
  // Aborts (see Abort) unless closed before.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Nothing is handed to the kernel after `until`, also in the middle of `bytes`.
  Io Write(absl::string_view bytes, absl::Duration until);
  // At least one byte, at most `capacity`. kClosed is an orderly end (with TLS:
  // announced by the peer).
  Io Read(char* buffer, size_t capacity, size_t* count, absl::Duration until);

  // Bytes that the host's kernel has taken over so far, handshake included.
  int64_t bytes_handed_over() const { return bytes_handed_over_; }
  // Between two requests: the peer has neither closed nor sent anything.
  bool IsQuiet();
  bool is_open() const { return fd_ >= 0; }
  // Orderly, after a whole answer.
  void Close();
  // At once; what was not yet sent is dropped and never delivered later.
  void Abort();

 private:
  explicit Connection(int fd) : fd_(fd) {}

  bool Handshake(const HttpClientOptions& options, SSL_CTX* tls, absl::Duration until,
                 std::string* reason);
  // kDone: the socket is ready.
  Io Wait(short events, absl::Duration until) const;
  // After a call of OpenSSL: kDone means "call again".
  Io WaitForTls(int result, absl::Duration until);

  // A BIO over send(MSG_NOSIGNAL) that counts.
  static BIO_METHOD* BioMethod();
  static int BioWrite(BIO* bio, const char* data, int size);
  static int BioRead(BIO* bio, char* data, int size);
  static long BioControl(BIO* bio, int command, long number, void* pointer);

  int fd_;
  SSL* ssl_ = nullptr;
  int64_t bytes_handed_over_ = 0;
  // Of the Write under way: OpenSSL writes one record after the other by itself.
  absl::Duration write_until_ = absl::InfiniteDuration();
};

}  // namespace guestbridge
