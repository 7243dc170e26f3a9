#include "tests/emulators/bitrix24/credentials.h"

#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr absl::Duration kCodeLifetime = absl::Seconds(30);

RestError AuthError(const Settings& settings, const std::string& code, int documented,
                    const std::string& text) {
  return {.status = AuthStatus(settings, code, documented),
          .code = code,
          .description = text};
}

RestError TokenError(int status, const std::string& code, const std::string& text) {
  return {.status = status, .code = code, .description = text};
}

std::string TextParam(const Json& params, const char* key) {
  const Json* value = Find(params, key);
  return value == nullptr || IsArray(*value) ? "" : ToText(*value);
}

}  // namespace

bool HasScope(const Caller& caller, const std::string& scope) {
  if (scope.empty()) return true;
  const auto has = [&](const char* name) {
    return std::find(caller.scopes.begin(), caller.scopes.end(), name) !=
           caller.scopes.end();
  };
  if (scope == "user") return has("user") || has("user_brief") || has("user_basic");
  return has(scope.c_str());
}

int AuthStatus(const Settings& settings, const std::string& code, int documented) {
  const auto it = settings.status.find(code);
  if (it != settings.status.end()) return it->second;
  return settings.box ? 401 : documented;
}

User* Credentials::FindUser(int64_t id) {
  const auto it = users_.find(id);
  return it == users_.end() ? nullptr : &it->second;
}

User* Credentials::MakeUser(int64_t id) {
  User& user = users_[id];
  if (user.id == 0) {
    user.id = id;
    user.email = absl::StrCat("user", id, "@portal.example");
  }
  return &user;
}

std::string Credentials::NewSecret(const char* purpose) {
  const std::string text = absl::StrCat(purpose, ":", serial_, ":", access_.size(), ":",
                                        refresh_.size(), ":", codes_.size());
  serial_ = serial_ * 6364136223846793005ULL + 1442695040888963407ULL;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::variant<Caller, RestError> Credentials::Authenticate(const Presented& presented,
                                                          const Settings& settings,
                                                          absl::Time now) {
  Caller caller;
  if (presented.webhook) {
    if (settings.https_required && !presented.secure) {
      return RestError{
          .status = 400, .code = "INVALID_REQUEST", .description = "Https required."};
    }
    const auto it =
        std::find_if(webhooks.begin(), webhooks.end(), [&](const Webhook& webhook) {
          return webhook.user_id == presented.webhook_user &&
                 webhook.code == presented.webhook_code && !webhook.code.empty();
        });
    if (it == webhooks.end() || it->expired) {
      return AuthError(settings, "INVALID_CREDENTIALS", 403,
                       "Invalid request credentials");
    }
    caller.key = absl::StrCat("webhook:", it->user_id, ":", it->code.substr(0, 4));
    caller.user_id = it->user_id;
    caller.scopes = it->scopes;
  } else {
    if (presented.token.empty()) {
      return AuthError(settings, "NO_AUTH_FOUND", 401, "Wrong authorization data");
    }
    const auto it = access_.find(presented.token);
    if (it == access_.end()) {
      return AuthError(settings, "invalid_token", 401,
                       "Unable to get application by token");
    }
    if (it->second.expires <= now) {
      return AuthError(settings, "expired_token", 401,
                       "The access token provided has expired.");
    }
    if (!application.installed) {
      return AuthError(settings, "APPLICATION_NOT_FOUND", 401, "Application not found");
    }
    caller.key = absl::StrCat("app:", application.client_id);
    caller.user_id = it->second.user_id;
    caller.scopes = application.scopes;
    caller.oauth = true;
  }
  if (settings.overloaded) {
    return RestError{.status = 503,
                     .code = "OVERLOAD_LIMIT",
                     .description = "REST API is blocked due to overload."};
  }
  if (!settings.rest_in_plan) {
    return AuthError(settings, "ACCESS_DENIED", 403,
                     caller.oauth ? "REST is available only on commercial plans."
                                  : "REST is available only by subscription.");
  }
  if (settings.payment_required && caller.oauth) {
    return AuthError(settings, "PAYMENT_REQUIRED", 403, "Payment required");
  }
  const User* user = FindUser(caller.user_id);
  if (user == nullptr || !user->active) {
    return AuthError(settings, "authorization_error", 401, "Unable to authorize user");
  }
  caller.admin = user->admin;
  caller.reads_all = user->reads_all;
  caller.may_add = user->may_add;
  caller.may_update = user->may_update;
  caller.may_delete = user->may_delete;
  caller.may_import = user->may_import;
  return caller;
}

Credentials::TokenPair Credentials::Issue(int64_t user_id, absl::Time now) {
  TokenPair pair{.access = NewSecret("access"),
                 .refresh = NewSecret("refresh"),
                 .expires = now + application.access_lifetime,
                 .user_id = user_id};
  access_[pair.access] = {.user_id = user_id, .expires = pair.expires};
  refresh_[pair.refresh] = {.user_id = user_id,
                            .expires = now + application.refresh_lifetime};
  last_refresh_ = pair.refresh;
  issued_.push_back(pair.access);
  issued_.push_back(pair.refresh);
  return pair;
}

std::string Credentials::IssueCode(int64_t user_id, absl::Time now) {
  const std::string code = NewSecret("code");
  codes_[code] = {.user_id = user_id, .expires = now + kCodeLifetime};
  return code;
}

std::variant<Credentials::TokenPair, RestError> Credentials::Exchange(
    const Json& params, absl::Time now) {
  const std::string type = TextParam(params, "grant_type");
  const bool refresh = type == "refresh_token";
  if (!refresh && type != "authorization_code") {
    return TokenError(400, "invalid_request",
                      "The grant_type parameter is missing or not supported");
  }
  if (TextParam(params, "client_id") != application.client_id ||
      TextParam(params, "client_secret") != application.client_secret ||
      !application.installed) {
    return TokenError(401, "invalid_client", "Client authentication failed");
  }
  auto& grants = refresh ? refresh_ : codes_;
  const std::string secret = TextParam(params, refresh ? "refresh_token" : "code");
  if (secret.empty()) {
    return TokenError(400, "invalid_request", "A required parameter is missing");
  }
  if (Find(params, "scope") != nullptr) {
    Caller caller{.scopes = application.scopes};
    if (!HasScope(caller, TextParam(params, "scope"))) {
      return TokenError(400, "invalid_scope", "The requested scope is not granted");
    }
  }
  const auto it = grants.find(secret);
  if (it == grants.end() || it->second.expires <= now) {
    return TokenError(400, "invalid_grant",
                      "The provided authorization grant is invalid or expired");
  }
  if (!application.paid) {
    return TokenError(402, "PAYMENT_REQUIRED", "Payment required");
  }
  const int64_t user_id = it->second.user_id;
  grants.erase(it);
  return Issue(user_id, now);
}

void Credentials::ExpireAccess(absl::Time now) {
  for (auto& [token, grant] : access_) grant.expires = std::min(grant.expires, now);
}

void Credentials::RevokeAccess() { access_.clear(); }

void Credentials::RevokeRefresh() { refresh_.clear(); }

}  // namespace guestbridge::testing::bitrix24
