#include "admin-cli/command/connection_form.h"

#include <limits>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin-cli/output/table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::cli {
namespace {

constexpr char kJsonl[] = "jsonl";
constexpr char kOnecOdata[] = "onec-odata";
constexpr int kDefaultPort = 443;

void DropSecrets(v1::Connection* connection) {
  if (connection->has_webhook()) connection->mutable_webhook()->clear_secret();
  if (connection->has_oauth()) {
    connection->mutable_oauth()->clear_client_secret();
    connection->mutable_oauth()->clear_refresh_token();
  }
  connection->mutable_source()->clear_password();
  connection->mutable_source()->clear_password_set();
}

}  // namespace

enum class ConnectionForm::Key {
  kHotel,
  kApiServer,
  kPort,
  kAuth,
  kWebhookUser,
  kWebhookSecret,
  kClientId,
  kClientSecret,
  kRefreshToken,
  kSource,
  kSourceUrl,
  kSourceUser,
  kSourcePassword,
};

struct ConnectionForm::Entry {
  Key key;
  const char* label;  // What it is called in the list.
  const char* field;  // What the server calls it when it refuses it.
};

// In the manual's order.
const std::vector<ConnectionForm::Entry>& ConnectionForm::Entries() {
  static const auto* const entries = new std::vector<Entry>{
      {Key::kHotel, "HOTEL", "connection.hotel"},
      {Key::kApiServer, "SETUP_API_SERVER", "connection.api_server"},
      {Key::kPort, "SETUP_PORT", "connection.port"},
      {Key::kAuth, "AUTHORISATION", "connection.auth"},
      {Key::kWebhookUser, "SETUP_WEBHOOK_USER", "connection.webhook.user_id"},
      {Key::kWebhookSecret, "SETUP_WEBHOOK_SECRET", "connection.webhook.secret"},
      {Key::kClientId, "SETUP_CLIENT_ID", "connection.oauth.client_id"},
      {Key::kClientSecret, "SETUP_CLIENT_SECRET", "connection.oauth.client_secret"},
      {Key::kRefreshToken, "SETUP_REFRESH_TOKEN", "connection.oauth.refresh_token"},
      {Key::kSource, "SOURCE", "connection.source.type"},
      {Key::kSourceUrl, "SETUP_SOURCE_URL", "connection.source.url"},
      {Key::kSourceUser, "SOURCE_USER", "connection.source.user"},
      {Key::kSourcePassword, "SETUP_SOURCE_PASSWORD", "connection.source.password"},
  };
  return *entries;
}

ConnectionForm::ConnectionForm(const SetupTalk& talk, v1::Connection stored)
    : talk_(talk) {
  Saved(stored);
}

void ConnectionForm::Saved(const v1::Connection& connection) {
  settings_ = connection;
  DropSecrets(&settings_);
  settings_.set_name(absl::StrCat(talk_.name, "/connection"));
  settings_.set_ssl(true);
  settings_.clear_token_state();
  settings_.clear_base_identity();
  settings_.clear_update_time();
  settings_.clear_assigned_agent();
  settings_.clear_last_checks();
  // A server that is older than this field would keep what it is given.
  settings_.clear_portal_time();
  // Nobody else edits it between two answers; if somebody does, the later one holds.
  settings_.clear_etag();
}

bool ConnectionForm::Concerns(Key key) const {
  switch (key) {
    case Key::kWebhookUser:
    case Key::kWebhookSecret:
      return !settings_.has_oauth();
    case Key::kClientId:
    case Key::kClientSecret:
    case Key::kRefreshToken:
      return settings_.has_oauth();
    case Key::kSourceUser:
    case Key::kSourcePassword:
      return settings_.source().type() != kJsonl;
    default:
      return true;
  }
}

std::string ConnectionForm::Shown(Key key) const {
  switch (key) {
    case Key::kHotel:
      return settings_.hotel();
    case Key::kApiServer:
      return settings_.api_server();
    case Key::kPort:
      return absl::StrCat(settings_.port() == 0 ? kDefaultPort : settings_.port());
    case Key::kAuth:
      return talk_.Text(settings_.has_oauth() ? "SETUP_OAUTH" : "SETUP_WEBHOOK");
    case Key::kWebhookUser:
      return absl::StrCat(settings_.webhook().user_id());
    case Key::kClientId:
      return settings_.oauth().client_id();
    case Key::kSource:
      return settings_.source().type();
    case Key::kSourceUrl:
      return settings_.source().url();
    case Key::kSourceUser:
      return settings_.source().user();
    case Key::kWebhookSecret:
    case Key::kClientSecret:
    case Key::kRefreshToken:
    case Key::kSourcePassword:
      break;
  }
  return talk_.Text("SETUP_SECRET_UNSEEN");
}

absl::Status ConnectionForm::AskAuth() {
  GB_ASSIGN_OR_RETURN(const size_t chosen,
                      talk_.conversation.AskChoice(
                          talk_.Text("ASK_AUTH"),
                          {talk_.Text("SETUP_WEBHOOK"), talk_.Text("SETUP_OAUTH")},
                          settings_.has_oauth() ? 1 : 0));
  // Another kind has other settings, and none of them is known yet.
  if (chosen == 0 && !settings_.has_webhook()) settings_.mutable_webhook();
  if (chosen == 1 && !settings_.has_oauth()) settings_.mutable_oauth();
  return absl::OkStatus();
}

absl::Status ConnectionForm::AskSource() {
  v1::SourceSettings& source = *settings_.mutable_source();
  GB_ASSIGN_OR_RETURN(const size_t chosen,
                      talk_.conversation.AskChoice(
                          talk_.Text("ASK_SOURCE"),
                          {talk_.Text("SETUP_ODATA"), talk_.Text("SETUP_JSONL")},
                          source.type() == kJsonl ? 1 : 0));
  source.set_type(chosen == 1 ? kJsonl : kOnecOdata);
  if (chosen == 1) {
    source.clear_user();
    source.clear_password();
    source.clear_password_set();
  }
  return absl::OkStatus();
}

absl::Status ConnectionForm::AskOne(Key key) {
  Conversation& conversation = talk_.conversation;
  const auto ask = [&](const char* question, const std::string& now,
                       std::string* into) -> absl::Status {
    GB_ASSIGN_OR_RETURN(*into, conversation.Ask(talk_.Text(question), now));
    return absl::OkStatus();
  };
  const auto ask_secret = [&](const char* what, std::string* into) -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        const SecretString secret,
        conversation.AskSecret(talk_.Text(what), key == Key::kSourcePassword));
    *into = secret.Reveal();
    return absl::OkStatus();
  };
  v1::SourceSettings& source = *settings_.mutable_source();
  switch (key) {
    case Key::kHotel:
      return ask("ASK_HOTEL", settings_.hotel(), settings_.mutable_hotel());
    case Key::kApiServer:
      return ask("ASK_API_SERVER", settings_.api_server(),
                 settings_.mutable_api_server());
    case Key::kPort: {
      const int now = settings_.port() == 0 ? kDefaultPort : settings_.port();
      GB_ASSIGN_OR_RETURN(
          const int64_t port,
          conversation.AskNumber(talk_.Text("ASK_PORT"), now, 1, 65535));
      settings_.set_port(static_cast<int32_t>(port));
      return absl::OkStatus();
    }
    case Key::kAuth:
      return AskAuth();
    case Key::kWebhookUser: {
      const int64_t now = settings_.webhook().user_id();
      GB_ASSIGN_OR_RETURN(
          const int64_t user,
          conversation.AskNumber(talk_.Text("ASK_WEBHOOK_USER"), now > 0 ? now : 1, 1,
                                 std::numeric_limits<int64_t>::max()));
      settings_.mutable_webhook()->set_user_id(user);
      return absl::OkStatus();
    }
    case Key::kWebhookSecret:
      return ask_secret("SETUP_WEBHOOK_SECRET",
                        settings_.mutable_webhook()->mutable_secret());
    case Key::kClientId:
      return ask("ASK_CLIENT_ID", settings_.oauth().client_id(),
                 settings_.mutable_oauth()->mutable_client_id());
    case Key::kClientSecret:
      return ask_secret("SETUP_CLIENT_SECRET",
                        settings_.mutable_oauth()->mutable_client_secret());
    case Key::kRefreshToken:
      return ask_secret("SETUP_REFRESH_TOKEN",
                        settings_.mutable_oauth()->mutable_refresh_token());
    case Key::kSource:
      return AskSource();
    case Key::kSourceUrl:
      return ask(source.type() == kJsonl ? "ASK_SOURCE_FOLDER" : "ASK_SOURCE_URL",
                 source.url(), source.mutable_url());
    case Key::kSourceUser:
      return ask("ASK_SOURCE_USER", source.user(), source.mutable_user());
    case Key::kSourcePassword:
      source.set_password_set(true);
      return ask_secret("SETUP_SOURCE_PASSWORD", source.mutable_password());
  }
  return absl::OkStatus();
}

absl::Status ConnectionForm::AskAll() {
  for (const Entry& entry : Entries()) {
    if (Concerns(entry.key)) GB_RETURN_IF_ERROR(AskOne(entry.key));
  }
  return absl::OkStatus();
}

absl::Status ConnectionForm::AskAgain(const absl::Status& refusal) {
  bool asked = false;
  for (const FieldViolation& violation : ViolationsOf(refusal)) {
    for (const Entry& entry : Entries()) {
      if (entry.field != violation.field || !Concerns(entry.key)) continue;
      GB_RETURN_IF_ERROR(AskOne(entry.key));
      asked = true;
    }
  }
  if (asked) return absl::OkStatus();
  return AskWhich(talk_.Text("ASK_WHICH_TO_CORRECT"), /*may_skip=*/false).status();
}

absl::StatusOr<bool> ConnectionForm::AskWhich(absl::string_view question,
                                              bool may_skip) {
  std::vector<Key> keys;
  Table table({talk_.Text("HEAD_NUMBER"), talk_.Text("HEAD_SETTING"),
               talk_.Text("HEAD_VALUE")});
  for (const Entry& entry : Entries()) {
    if (!Concerns(entry.key)) continue;
    keys.push_back(entry.key);
    table.Add({absl::StrCat(keys.size()), talk_.Text(entry.label), Shown(entry.key)});
  }
  talk_.session.out().flush();
  table.Print(talk_.session.style(), talk_.session.err());
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::string answer,
                        talk_.conversation.AskOptional(question));
    std::set<Key> chosen;
    bool understood = true;
    for (absl::string_view word :
         absl::StrSplit(answer, absl::ByAnyChar(" ,;"), absl::SkipEmpty())) {
      size_t number = 0;
      if (may_skip && answer == "0") return false;
      understood = understood && absl::SimpleAtoi(word, &number) && number > 0 &&
                   number <= keys.size();
      if (understood) chosen.insert(keys[number - 1]);
    }
    if (!understood) {
      talk_.Say("ANSWER_NUMBER",
                {{"least", may_skip ? "0" : "1"}, {"most", absl::StrCat(keys.size())}});
      continue;
    }
    const bool other_auth = chosen.count(Key::kAuth) > 0;
    const bool other_source = chosen.count(Key::kSource) > 0;
    for (const Entry& entry : Entries()) {
      const bool follows =
          (other_auth && entry.key > Key::kAuth && entry.key < Key::kSource) ||
          (other_source && entry.key > Key::kSource);
      if ((follows || chosen.count(entry.key) > 0) && Concerns(entry.key)) {
        GB_RETURN_IF_ERROR(AskOne(entry.key));
      }
    }
    return true;
  }
}

}  // namespace guestbridge::cli
