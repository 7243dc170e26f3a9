#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/connection_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/connection.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::ConnectionService::Stub;

std::string NameOfConnection(const Arguments& arguments) {
  return absl::StrCat(IntegrationNameOf(arguments), "/connection");
}

absl::Status FillAuth(Session& session, const Arguments& arguments,
                      v1::Connection* connection) {
  const bool webhook =
      arguments.Has("--webhook-user") || arguments.Has("--webhook-secret-file");
  const bool oauth = arguments.Has("--client-id") ||
                     arguments.Has("--client-secret-file") ||
                     arguments.Has("--refresh-token-file");
  if (webhook && oauth) {
    return MakeError("USAGE_FLAGS_EXCLUDE",
                     {{"flag", "--webhook-user"}, {"other", "--client-id"}});
  }
  if (webhook) {
    if (!arguments.Has("--webhook-user")) {
      return MakeError("USAGE_ARGUMENT_MISSING", {{"flag", "--webhook-user"}});
    }
    GB_ASSIGN_OR_RETURN(const int64_t user,
                        ParseNumber("--webhook-user", arguments.Get("--webhook-user"),
                                    1, std::numeric_limits<int64_t>::max()));
    connection->mutable_webhook()->set_user_id(user);
    if (arguments.Has("--webhook-secret-file")) {
      GB_ASSIGN_OR_RETURN(const SecretString secret,
                          session.ReadSecret(arguments.Get("--webhook-secret-file")));
      connection->mutable_webhook()->set_secret(secret.Reveal());
    }
  }
  if (!oauth) return absl::OkStatus();
  if (!arguments.Has("--client-id")) {
    return MakeError("USAGE_ARGUMENT_MISSING", {{"flag", "--client-id"}});
  }
  v1::OAuthAuth* auth = connection->mutable_oauth();
  auth->set_client_id(arguments.Get("--client-id"));
  if (arguments.Has("--client-secret-file")) {
    GB_ASSIGN_OR_RETURN(const SecretString secret,
                        session.ReadSecret(arguments.Get("--client-secret-file")));
    auth->set_client_secret(secret.Reveal());
  }
  if (arguments.Has("--refresh-token-file")) {
    GB_ASSIGN_OR_RETURN(const SecretString token,
                        session.ReadSecret(arguments.Get("--refresh-token-file")));
    auth->set_refresh_token(token.Reveal());
  }
  return absl::OkStatus();
}

// The text of a profile when `value` is a file, else nothing.
absl::StatusOr<std::string> ProfileText(const std::string& value) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(value, ignored)) return std::string();
  std::ifstream file(value, std::ios::binary);
  std::ostringstream text;
  if (!file.is_open() || !(text << file.rdbuf())) {
    return MakeError("USAGE_FILE_UNREADABLE",
                     {{"flag", "--source-profile"}, {"file", value}});
  }
  return text.str();
}

absl::Status FillSource(Session& session, const Arguments& arguments,
                        v1::SourceSettings* source) {
  source->set_type(arguments.Get("--source"));
  source->set_url(arguments.Get("--source-url"));
  // Files in a folder ask nobody who reads them.
  if (!arguments.Has("--source-user") && source->type() != "jsonl") {
    return MakeError("USAGE_ARGUMENT_MISSING", {{"flag", "--source-user"}});
  }
  source->set_user(arguments.Get("--source-user"));
  if (arguments.Has("--source-password-file")) {
    GB_ASSIGN_OR_RETURN(const SecretString password,
                        session.ReadSecret(arguments.Get("--source-password-file")));
    source->set_password(password.Reveal());
    source->set_password_set(true);
  }
  const std::string profile = arguments.Get("--source-profile");
  if (profile.empty()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(std::string text, ProfileText(profile));
  if (text.empty()) {
    source->set_profile(profile);
  } else {
    source->set_profile_text(std::move(text));
  }
  return absl::OkStatus();
}

absl::Status FillTuning(const Arguments& arguments, v1::Connection* connection) {
  connection->set_agent(arguments.Get("--agent"));
  if (arguments.Has("--tariff")) {
    connection->set_tariff(arguments.Get("--tariff") == "enterprise"
                               ? v1::Connection::ENTERPRISE
                               : v1::Connection::STANDARD);
  }
  if (arguments.Has("--settle-time")) {
    GB_ASSIGN_OR_RETURN(const absl::Duration settle,
                        ParseDuration("--settle-time", arguments.Get("--settle-time")));
    const timespec parts = absl::ToTimespec(settle);
    connection->mutable_settle_time()->set_seconds(parts.tv_sec);
    connection->mutable_settle_time()->set_nanos(static_cast<int32_t>(parts.tv_nsec));
  }
  if (arguments.Has("--write-back-rate")) {
    double rate = 0;
    const std::string text = arguments.Get("--write-back-rate");
    if (!absl::SimpleAtod(text, &rate) || !(rate > 0 && rate <= 1e6)) {
      return MakeError(
          "USAGE_BAD_VALUE",
          {{"flag", "--write-back-rate"}, {"value", text}, {"expected", "0.5, 10"}});
    }
    connection->set_write_back_rate(rate);
  }
  connection->set_spread_imports(arguments.Has("--spread-imports"));
  connection->set_default_region(arguments.Get("--default-region"));
  return absl::OkStatus();
}

absl::StatusOr<int> Set(Session& session, const Arguments& arguments) {
  v1::SaveConnectionRequest request;
  v1::Connection* connection = request.mutable_connection();
  connection->set_name(NameOfConnection(arguments));
  connection->set_hotel(arguments.Get("--hotel"));
  connection->set_api_server(arguments.Get("--api-server"));
  connection->set_ssl(arguments.Has("--ssl"));
  if (arguments.Has("--port")) {
    GB_ASSIGN_OR_RETURN(const int64_t port,
                        ParseNumber("--port", arguments.Get("--port"), 1, 65535));
    connection->set_port(static_cast<int32_t>(port));
  }
  GB_RETURN_IF_ERROR(FillAuth(session, arguments, connection));
  GB_RETURN_IF_ERROR(FillSource(session, arguments, connection->mutable_source()));
  GB_RETURN_IF_ERROR(FillTuning(arguments, connection));
  request.set_new_portal(arguments.Has("--new-portal"));
  GB_ASSIGN_OR_RETURN(const auto saved, session.Call(&Stub::SaveConnection, request));
  if (session.PrintDocument(saved)) return 0;
  PrintConnection(session, saved, "CONNECTION_SAVED", "NEXT_CONNECTION_TEST");
  return 0;
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetConnectionRequest request;
  request.set_name(NameOfConnection(arguments));
  GB_ASSIGN_OR_RETURN(const auto found, session.Call(&Stub::GetConnection, request));
  if (session.PrintDocument(found)) return 0;
  PrintConnection(session, found, "CONNECTION_IS", "NEXT_CONNECTION_TEST");
  return 0;
}

absl::StatusOr<int> Test(Session& session, const Arguments& arguments) {
  v1::TestConnectionRequest request;
  request.set_name(NameOfConnection(arguments));
  GB_ASSIGN_OR_RETURN(const auto answer, session.Call(&Stub::TestConnection, request));
  if (!session.PrintDocument(answer)) {
    PrintChecks(session, IntegrationIdOf(arguments.Get("ID")), answer);
  }
  for (const v1::Check& check : answer.checks()) {
    if (check.state() == v1::Check::FAILED) return 1;
  }
  return 0;
}

std::vector<Argument> SetFlags() {
  constexpr bool kRequired = true;
  return {
      {"--hotel", "S", "FLAG_HOTEL", kRequired},
      {"--api-server", "HOST", "FLAG_API_SERVER", kRequired},
      {"--port", "PORT", "FLAG_PORT"},
      {"--ssl", "", "FLAG_SSL"},
      {"--webhook-user", "N", "FLAG_WEBHOOK_USER"},
      {"--webhook-secret-file", "F", "FLAG_WEBHOOK_SECRET_FILE"},
      {"--client-id", "S", "FLAG_CLIENT_ID"},
      {"--client-secret-file", "F", "FLAG_CLIENT_SECRET_FILE"},
      {"--refresh-token-file", "F", "FLAG_REFRESH_TOKEN_FILE"},
      {"--source", "TYPE", "FLAG_SOURCE", kRequired},
      {"--source-url", "URL", "FLAG_SOURCE_URL", kRequired},
      {"--source-user", "S", "FLAG_SOURCE_USER"},
      {"--source-password-file", "F", "FLAG_SOURCE_PASSWORD_FILE"},
      {"--source-profile", "P", "FLAG_SOURCE_PROFILE"},
      {"--agent", "NAME", "FLAG_AGENT"},
      {"--tariff",
       "T",
       "FLAG_TARIFF",
       !kRequired,
       /*repeated=*/false,
       {"standard", "enterprise"}},
      {"--settle-time", "D", "FLAG_SETTLE_TIME"},
      {"--write-back-rate", "N", "FLAG_WRITE_BACK_RATE"},
      {"--spread-imports", "", "FLAG_SPREAD_IMPORTS"},
      {"--default-region", "RU", "FLAG_DEFAULT_REGION"},
      {"--new-portal", "", "FLAG_NEW_PORTAL"},
  };
}

}  // namespace

std::vector<Command> ConnectionCommands() {
  return {
      {"connection",
       "set",
       "HELP_CONNECTION_SET",
       {IdArgument()},
       SetFlags(),
       {"guestbridge connection set main --hotel Riviera \\\n"
        "    --api-server riviera.bitrix24.ru --port 443 --ssl \\\n"
        "    --webhook-user 1 --webhook-secret-file webhook.secret \\\n"
        "    --source onec-odata --source-url http://1c.example/hotel \\\n"
        "    --source-user exchange --source-password-file 1c.secret",
        "guestbridge connection set main --hotel Riviera \\\n"
        "    --api-server riviera.bitrix24.ru --ssl --client-id app.1234 \\\n"
        "    --client-secret-file app.secret --refresh-token-file token.secret \\\n"
        "    --source onec-odata --source-url http://1c.example/hotel \\\n"
        "    --source-user exchange --source-password-file 1c.secret",
        "guestbridge connection set main --hotel Riviera \\\n"
        "    --api-server riviera.bitrix24.ru --ssl --webhook-user 1 \\\n"
        "    --webhook-secret-file webhook.secret --source jsonl \\\n"
        "    --source-url file:///var/lib/guestbridge-agent/exchange"},
       Set,
       kFarTimeout},
      {"connection",
       "get",
       "HELP_CONNECTION_GET",
       {IdArgument()},
       {},
       {"guestbridge connection get main"},
       Get},
      {"connection",
       "test",
       "HELP_CONNECTION_TEST",
       {IdArgument()},
       {},
       {"guestbridge connection test main"},
       Test,
       kFarTimeout},
  };
}

}  // namespace guestbridge::cli
