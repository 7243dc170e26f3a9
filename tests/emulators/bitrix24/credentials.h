#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CREDENTIALS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CREDENTIALS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/settings.h"

namespace guestbridge::testing::bitrix24 {

// An employee of the portal.
struct User {
  int64_t id = 0;
  bool admin = true;
  bool active = true;
  bool reads_all = true;
  bool may_add = true;
  bool may_update = true;
  bool may_delete = true;
  bool may_import = true;
  std::string name = "Ivan";
  std::string last_name = "Portalov";
  std::string email;
};

// An inbound webhook.
struct Webhook {
  int64_t user_id = 0;
  std::string code;
  std::vector<std::string> scopes = {"crm", "user"};
  bool expired = false;
};

// How a request presents itself.
struct Presented {
  bool webhook = false;
  int64_t webhook_user = 0;
  std::string webhook_code;
  std::string token;  // access token; "" for none
  bool secure = true;
};

// Users, webhooks, the application and its tokens. One thread at a time.
// Source: facts 1.1-1.4.
class Credentials {
 public:
  struct Application {
    std::string client_id = "local.5f0000000000a1.00000001";
    std::string client_secret = "secret-of-the-test-application-0123456789abcdefghi";
    std::vector<std::string> scopes = {"crm", "user"};
    bool installed = true;
    bool paid = true;
    absl::Duration access_lifetime = absl::Hours(1);
    absl::Duration refresh_lifetime = absl::Hours(24 * 180);
  };
  struct TokenPair {
    std::string access;
    std::string refresh;
    absl::Time expires;
    int64_t user_id = 0;
  };

  explicit Credentials(uint64_t seed) : serial_(seed) {}

  Application application;
  std::vector<Webhook> webhooks;

  User* FindUser(int64_t id);
  User* MakeUser(int64_t id);  // makes an administrator of an unknown id
  const std::map<int64_t, User>& users() const { return users_; }

  // Who calls, or the error that the portal answers.
  std::variant<Caller, RestError> Authenticate(const Presented& presented,
                                               const Settings& settings,
                                               absl::Time now);

  // A new pair; what was there before stays valid.
  TokenPair Issue(int64_t user_id, absl::Time now);
  // A code that may be exchanged once within 30 s.
  std::string IssueCode(int64_t user_id, absl::Time now);

  // The authorization server's token call: HTTP status and the pair or an error.
  // Each refresh kills the refresh token that was used.
  std::variant<TokenPair, RestError> Exchange(const Json& params, absl::Time now);

  void ExpireAccess(absl::Time now);  // all access tokens become expired
  void RevokeAccess();                // all become unknown
  void RevokeRefresh();               // all refresh tokens die
  std::string last_refresh() const { return last_refresh_; }
  // Every access and refresh token that was given out, the dead ones too.
  const std::vector<std::string>& issued() const { return issued_; }

 private:
  struct Grant {
    int64_t user_id = 0;
    absl::Time expires;
  };
  std::string NewSecret(const char* purpose);

  std::map<int64_t, User> users_;
  std::map<std::string, Grant> access_;
  std::map<std::string, Grant> refresh_;
  std::map<std::string, Grant> codes_;
  std::string last_refresh_;
  std::vector<std::string> issued_;
  uint64_t serial_;
};

// The status the portal uses for an error code: from the settings, else `documented`; a
// box answers 401 to whatever fails inside its authorization check.
int AuthStatus(const Settings& settings, const std::string& code, int documented);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CREDENTIALS_H_
