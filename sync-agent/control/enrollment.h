#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/certificate/certificate.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "grpcpp/channel.h"
#include "sync-agent/control/channel.h"

namespace guestbridge::agent {

// The agent's own key and certificate, in the file `identity.pem` of its data directory
// (mode 0600): made here, signed by the server for a join token, renewed after half of
// its life. The one that it was renewed with stays beside it (`identity.previous.pem`):
// a server whose database was restored may know only that one. Thread-safe.
class Enrollment {
 public:
  struct Options {
    ServerAddress server;
    std::string agent;
    // May be gone once the agent has joined. A token that the present certificate is
    // not from is joined with anew: so an agent whose certificate died comes back.
    std::string join_token_file;
    std::string directory;
  };

  // Reads what is there; asks nobody. `random` and `clock` outlive it. Errors:
  // CERTIFICATE_FILE_UNUSABLE, ENROLLMENT_NEEDS_TLS, those of OpenChannel; those of
  // ReadTokenFile when there is no certificate either.
  static absl::StatusOr<std::unique_ptr<Enrollment>> Open(Options options,
                                                          Random& random,
                                                          const Clock& clock);
  ~Enrollment();

  // The agent of this data directory has joined once.
  static bool IsIn(const std::string& directory);

  // A channel that shows the newest certificate, or the one that ShowAnother chose; the
  // same channel while that stays. Joins first when there is a new token. Blocks for at
  // most the deadline of a call. Errors: those of Join, while there is no certificate
  // yet.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect();

  // The server has refused with `refusal` (CERTIFICATE_…) what Connect gave last. True:
  // the next Connect shows another certificate: a newer one, or after
  // CERTIFICATE_UNKNOWN the one before, while it is valid; that one is renewed at once.
  bool ShowAnother(const absl::Status& refusal);

  // Asks for a newer certificate when it is time. What is connected stays so: the one
  // that was shown is valid until it ends.
  absl::Status RenewWhenDue();
  // What Connect gave last shows a certificate that ends soon, and there is a newer
  // one.
  bool ShouldReconnect();

  // When the certificate ends, once it should have been renewed long ago.
  std::optional<absl::Time> RenewalOverdue();

  // Renews from a thread of its own; `reconnect` is called from it, again and again,
  // while ShouldReconnect().
  void Start(std::function<void()> reconnect);
  void Stop();

 private:
  Enrollment(Options options, Random& random, const Clock& clock)
      : options_(std::move(options)), random_(random), clock_(clock) {}

  // What is on disk.
  struct Identity {
    std::string token_digest;  // Of the token that it came from.
    CertificateKey key;
    std::string chain;
    Validity validity;
    absl::Time renew_at;
  };
  std::string File() const { return options_.directory + "/identity.pem"; }
  std::string PreviousFile() const {
    return options_.directory + "/identity.previous.pem";
  }
  std::string DraftFile() const { return options_.directory + "/identity.new.pem"; }
  absl::Status Load();
  // Without a key: there is no such file. Errors: CERTIFICATE_FILE_UNUSABLE.
  absl::StatusOr<Identity> Read(const std::string& file) const;
  // What the server knows, for all that is known here. Needs `mutex_`.
  const Identity& Shown() const { return fallen_back_ ? previous_ : identity_; }
  // The key for the next certificate, durable before anybody hears of it.
  absl::StatusOr<CertificateKey> DraftKey(const std::string& token_digest);
  // `renewed`: with the certificate that was shown; otherwise what was before is void.
  absl::Status Adopt(const std::string& token_digest, CertificateKey key,
                     const std::string& chain, bool renewed);
  bool FallenBack();
  absl::Status JoinWithNewToken();
  void Loop(const std::function<void()>& reconnect);

  const Options options_;
  Random& random_;
  const Clock& clock_;
  std::mutex work_;  // Held over a whole join or renewal.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool renew_now_ = false;  // The thread is not to wait for its next time.
  Identity identity_;
  Identity previous_;         // Without a key: none.
  bool fallen_back_ = false;  // The server knows `previous_` only.
  std::shared_ptr<grpc::Channel> channel_;
  std::string channel_chain_;  // Shown by `channel_`.
  absl::Time reconnect_at_;    // When that one ends soon.
  std::string refused_token_;  // Digest of a token that the server will not take.
  std::thread thread_;
};

}  // namespace guestbridge::agent
