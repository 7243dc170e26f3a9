#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/secret/sealer.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "guestbridge/v1/connection.pb.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/store.h"
#include "server/tokens/endpoint.h"
#include "server/tokens/http_factory.h"
#include "server/tokens/oauth_client.h"
#include "server/tokens/token_state.h"

// The OAuth tokens of all integrations. They belong to the server alone; agents get
// access tokens.
//
// A refresh token rotates: a refresh makes a new one, and the old one is dead. So
//  - a new refresh token is in the store before anything uses what came with it;
//  - the one before is kept too, until the newer one has been used;
//  - one refresh at a time runs for an integration, on all servers of one store, and
//    whoever waited takes its result;
//  - that a refresh is sent, and by whom, is noted first, so that other servers wait
//  for
//    it, and a token which died with a lost answer is told from one that was withdrawn;
//  - a server that does not come back with an answer is given up after kTakeOver; what
//  it
//    brings later counts while nobody has newer tokens, and never replaces those;
//  - a lost answer is tried once more with each token that is held.
// Nothing is refreshed by a timer: only when an access token is asked for and the
// stored one has ended or was refused.
namespace guestbridge::server {

struct TokenManagerOptions {
  // --oauth-url: the only token host when given. Empty: Bitrix24's, and then the one
  // that its answers name within bitrix.info and bitrix24.tech.
  std::string oauth_url;
  std::string extra_ca_file;  // --portal-ca-file
  // Tells this process from others on the same store.
  std::string server = "server";
  // One of them that has ended: notes that it did not live to settle are given up.
  // Empty: none is known.
  std::string predecessor = {};
  // Waits while another server refreshes.
  std::function<void(absl::Duration)> pause = absl::SleepFor;
};

// What a save brings. Secrets that the request left out are filled in from the stored
// connection by the caller, except for the refresh token.
struct OAuthCredentials {
  std::string client_id;
  SecretString client_secret;
  // Starts a new chain. None, or the very token that started the stored chain: go on
  // with the stored one.
  std::optional<SecretString> refresh_token;
  std::string portal;  // The connection's api_server.
};

struct AccessToken {
  SecretString token;
  absl::Time expire_time;  // By the server's clock.
};

// Thread-safe.
class TokenManager {
 public:
  // A refresh of another server that has not ended for so long is taken over. Its own
  // requests have all ended by then.
  static constexpr absl::Duration kTakeOver = absl::Seconds(150);
  // So long a call waits for another server's refresh; then it is OAUTH_UNREACHABLE
  // with the detail REFRESH_UNDER_WAY.
  static constexpr absl::Duration kPatience = absl::Seconds(20);

  // `store`, `sealer` and `clock` outlive it. Refreshes that its predecessor was about
  // when it died are given up. Errors: OAUTH_URL_INVALID, those of the store.
  static absl::StatusOr<std::unique_ptr<TokenManager>> Create(
      TokenManagerOptions options, Store& store, Sealer& sealer, const Clock& clock,
      HttpClientFactory make_client);

  // Refreshes for a save of the connection. Call it outside any transaction, then
  // AdoptTokens in the transaction that stores the connection. The settings in force do
  // not change before that, and not at all when this fails or the save does; only what
  // can't be taken back is stored at once: a rotated token of the stored chain in its
  // place, the first one of a new chain aside (a later save with the same refresh token
  // goes on from there). Returns what DescribeTokens shows.
  //
  // Errors: REAUTHORIZATION_NEEDED (no refresh token, and none stored),
  // REFRESH_TOKEN_REFUSED, REFRESH_ANSWER_LOST, OAUTH_CLIENT_REFUSED,
  // OAUTH_SCOPE_REFUSED, SCOPE_MISSING (`crm`), PAYMENT_REQUIRED,
  // OAUTH_REQUEST_INVALID, OAUTH_UNREACHABLE, OAUTH_ANSWER_MALFORMED,
  // SECRET_ROLLED_BACK (an older record was put back; a new refresh token heals it).
  absl::StatusOr<store::TokenRecord> RefreshForSave(
      const std::string& integration_id, const OAuthCredentials& credentials);

  // Makes the chain that RefreshForSave returned the one in force.
  absl::Status AdoptTokens(Transaction& transaction, const std::string& integration_id,
                           const store::TokenRecord& refreshed);

  // For a deleted integration, and for one that changes to a webhook.
  absl::Status ForgetTokens(Transaction& transaction,
                            const std::string& integration_id);

  // An access token that is not known to be ended or refused. `refused_token_digest`:
  // first 8 hex digits of the SHA-256 of a token that the portal refused, or empty;
  // that one is not handed out again. May refresh, hence block up to two minutes.
  //
  // Errors: CONNECTION_NOT_SET (NOT_FOUND), OAUTH_NOT_USED, those of RefreshForSave.
  // REFRESH_TOKEN_REFUSED and REFRESH_ANSWER_LOST stay until a new refresh token is
  // saved; other refusals are tried again after ten minutes at the earliest, an
  // unreachable server after five seconds.
  absl::StatusOr<AccessToken> GetAccessToken(const std::string& integration_id,
                                             absl::string_view refused_token_digest);

  // As GetConnection shows it; also for webhooks. Empty when there is no connection.
  absl::StatusOr<v1::TokenState> State(const std::string& integration_id);

 private:
  // How often another server's refresh is looked after.
  static constexpr absl::Duration kPoll = absl::Milliseconds(250);

  // Of one integration. Its mutex is held for a whole refresh: this is the single
  // flight.
  struct Flight {
    std::mutex mutex;
    // Refreshed, but the store could not take it: stored before anything else. Its
    // `grant` is the one that it follows.
    std::optional<store::TokenRecord> unsaved;
    std::string unsaved_follows;  // The sealed refresh token that it came of.
    std::optional<store::PendingTokenRecord> unsaved_aside;
    // Version of another server's note, and since when (steady clock) it is known here.
    int64_t foreign_version = 0;
    absl::Duration foreign_since = absl::ZeroDuration();
    // The last failure, and until when (steady clock) it is answered without asking.
    absl::Status failure;
    int64_t failed_grant = 0;  // of the tokens that it is about
    absl::Duration retry_at = absl::ZeroDuration();
  };

  // A chain of tokens with the application that it belongs to.
  struct Chain {
    std::string client_id;
    SecretString client_secret;
    std::string portal;
    store::TokenRecord record;
    std::vector<SecretString> refresh_tokens;  // The best first.
    bool answer_was_lost = false;              // By an earlier refresh.
  };

  TokenManager(TokenManagerOptions options, std::optional<Endpoint> named_server,
               Store& store, Sealer& sealer, const Clock& clock,
               HttpClientFactory make_client);

  std::shared_ptr<Flight> FlightOf(const std::string& integration_id);
  absl::StatusOr<std::vector<SecretString>> OpenRefreshTokens(
      const std::string& integration_id, const store::TokenRecord& record);
  // Tries the chain's tokens, claimed at `claimed` (steady clock) or later; returns the
  // record as it must be stored.
  absl::StatusOr<store::TokenRecord> Refresh(const std::string& integration_id,
                                             const Chain& chain, absl::Duration claimed,
                                             bool* answer_lost);
  // Also when one of them was sealed anew since.
  bool IsSameToken(const std::string& integration_id, const std::string& sealed,
                   const std::string& other);
  RefreshAnswer Ask(const Chain& chain, const SecretString& refresh_token);
  store::TokenRecord Seal(const std::string& integration_id, const Chain& chain,
                          const TokenGrant& grant, const SecretString& used);
  // Nobody need wait for what that server did not live to settle.
  absl::Status GiveUpNotesOf(const std::string& server);
  // Another server is refreshing, and not overdue.
  bool IsUnderWay(Flight& flight, const Record<store::TokenRecord>& stored) const;
  // What is stored is not to be replaced by what waits in `flight`.
  static bool Outdates(const store::TokenRecord& stored, const Flight& flight);
  // Stores what waits in `flight`. True: under tokens/; false: nothing waited, or there
  // are newer tokens.
  absl::StatusOr<bool> StoreUnsaved(const std::string& integration_id, Flight& flight);
  // Writes that this server refreshes now into `record` and the store. False: the
  // stored one is no longer that of `version`. Otherwise `version` is the new one.
  absl::StatusOr<bool> Claim(const std::string& integration_id, int64_t* version,
                             store::TokenRecord* record);
  // Writes what came of a claim, unless somebody has written since.
  absl::StatusOr<bool> Settle(const std::string& integration_id, int64_t version,
                              bool answer_lost, store::TokenRecord record);
  absl::StatusOr<int64_t> Replace(const std::string& integration_id, int64_t version,
                                  const store::TokenRecord& record);
  // Nothing: another server was quicker, and the stored record has to be read again.
  absl::StatusOr<std::optional<AccessToken>> RefreshStored(
      const std::string& integration_id, Flight& flight,
      const store::ConnectionRecord& connection, store::TokenRecord record,
      int64_t version);
  absl::StatusOr<std::optional<AccessToken>> Usable(
      const std::string& integration_id, const store::TokenRecord& record,
      absl::string_view refused_token_digest);

  const std::optional<Endpoint> named_server_;
  const std::string server_;
  const std::function<void(absl::Duration)> pause_;
  Store& store_;
  Sealer& sealer_;
  const Clock& clock_;
  const OAuthClient client_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;  // Shared with their users.
};

}  // namespace guestbridge::server
