#include "admin-cli/cli.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin-cli/command/values.h"
#include "admin-cli/help.h"
#include "admin-cli/link/channel.h"
#include "admin-cli/link/secret_file.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "admin-cli/parse.h"
#include "common/http/host_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::cli {
namespace {

constexpr absl::string_view kDefaultServer = "127.0.0.1:7443";

Language ChooseLanguage(const std::vector<std::string>& line, const Environment& env) {
  if (const std::string flag = FindGlobal(line, "--lang"); !flag.empty()) {
    return ParseLanguage(flag);
  }
  for (absl::string_view name : {"GUESTBRIDGE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (const std::string value = env.variable(name); !value.empty()) {
      return ParseLanguage(value);
    }
  }
  return Language::kEnglish;
}

// A flag's value, else its environment variable's.
std::string FlagOrVariable(const ParsedLine& parsed, const Environment& env,
                           absl::string_view flag, absl::string_view variable) {
  return parsed.globals.Has(flag) ? parsed.globals.Get(flag) : env.variable(variable);
}

bool IsOn(const std::string& value) {
  return value == "1" || absl::EqualsIgnoreCase(value, "true") ||
         absl::EqualsIgnoreCase(value, "yes") || absl::EqualsIgnoreCase(value, "on");
}

absl::StatusOr<OutputForm> ChooseForm(const ParsedLine& parsed,
                                      const Environment& env) {
  const std::string form =
      FlagOrVariable(parsed, env, "--output", "GUESTBRIDGE_OUTPUT");
  if (form.empty() || form == "table") return OutputForm::kTable;
  if (form == "json") return OutputForm::kJson;
  if (form == "yaml") return OutputForm::kYaml;
  return MakeError("USAGE_BAD_VALUE", {{"flag", "GUESTBRIDGE_OUTPUT"},
                                       {"value", form},
                                       {"expected", "table, json, yaml"}});
}

// The name that the server's certificate must bear; empty: the host of --server.
absl::StatusOr<std::string> ChooseServerName(const ParsedLine& parsed,
                                             const Environment& env,
                                             const Target& target, Language language) {
  const bool flag = parsed.globals.Has("--server-name");
  const bool socket = IsUnixSocket(target.server);
  if (socket || target.plaintext) {
    // The variable may be set for other servers.
    if (!flag) return std::string();
    std::string other = "--server unix:PATH";
    if (!socket) {
      other =
          parsed.globals.Has("--plaintext") ? "--plaintext" : "GUESTBRIDGE_PLAINTEXT";
    }
    return MakeError("USAGE_FLAGS_EXCLUDE",
                     {{"flag", "--server-name"}, {"other", std::move(other)}});
  }
  std::string name =
      FlagOrVariable(parsed, env, "--server-name", "GUESTBRIDGE_SERVER_NAME");
  if ((flag || !name.empty()) && !IsHostName(name)) {
    return MakeError("USAGE_BAD_VALUE",
                     {{"flag", flag ? "--server-name" : "GUESTBRIDGE_SERVER_NAME"},
                      {"value", name},
                      {"expected", Label(language, "EXPECTED_SERVER_NAME")}});
  }
  return name;
}

absl::StatusOr<Session> OpenSession(const ParsedLine& parsed, Environment& env,
                                    SessionOptions options) {
  GB_ASSIGN_OR_RETURN(options.form, ChooseForm(parsed, env));
  options.timeout = parsed.command->timeout;
  if (parsed.globals.Has("--timeout")) {
    GB_ASSIGN_OR_RETURN(options.timeout,
                        ParseDuration("--timeout", parsed.globals.Get("--timeout")));
  }
  if (parsed.command->local) return Session(env, std::move(options), nullptr);
  Target target;
  target.server = FlagOrVariable(parsed, env, "--server", "GUESTBRIDGE_SERVER");
  if (target.server.empty()) target.server = std::string(kDefaultServer);
  if (IsMalformedList(target.server)) {
    return MakeError(
        "USAGE_BAD_VALUE",
        {{"flag", parsed.globals.Has("--server") ? "--server" : "GUESTBRIDGE_SERVER"},
         {"value", target.server},
         {"expected", Label(options.language, "EXPECTED_SERVER_LIST")}});
  }
  target.plaintext =
      parsed.globals.Has("--plaintext") || IsOn(env.variable("GUESTBRIDGE_PLAINTEXT"));
  target.tls_ca = FlagOrVariable(parsed, env, "--tls-ca", "GUESTBRIDGE_TLS_CA");
  GB_ASSIGN_OR_RETURN(target.server_name,
                      ChooseServerName(parsed, env, target, options.language));
  options.server = target.server;

  const std::string token_file =
      FlagOrVariable(parsed, env, "--token-file", "GUESTBRIDGE_TOKEN_FILE");
  std::string warning;
  // A flag is always looked at; the variable may be set for other servers.
  // On a Unix socket the server knows who calls by itself.
  const bool safe = !target.plaintext && !IsUnixSocket(target.server);
  const bool wanted = safe || parsed.globals.Has("--token-file");
  if (!token_file.empty() && wanted) {
    GB_ASSIGN_OR_RETURN(SecretFile token,
                        ReadSecretFile(token_file, env.in, "TOKEN_FILE"));
    // Without TLS there is no caller identity, and a token would be readable on the
    // way.
    if (safe) options.token = std::move(token.secret);
    if (token.readable_by_others) warning = token_file;
  }
  GB_ASSIGN_OR_RETURN(auto channel, OpenChannel(target));
  if (!warning.empty()) {
    const absl::Status reason =
        MakeError("TOKEN_FILE_READABLE_BY_OTHERS", {{"file", warning}});
    const Explanation why = Explain(reason, options.language);
    env.err << Label(options.language, "WARNING") << ": " << Printable(why.message)
            << ' ' << Printable(why.remedy) << '\n';
  }
  return Session(env, std::move(options), std::move(channel));
}

std::string SubjectOf(const ParsedLine& parsed) {
  std::string subject = NameOf(*parsed.command);
  for (const Argument& positional : parsed.command->positionals) {
    for (const std::string& value : parsed.arguments.GetAll(positional.name)) {
      absl::StrAppend(&subject, " ", value);
    }
  }
  return subject;
}

// A remedy that names the next command names it whole, also when whoever refused did
// not know the integration.
absl::Status WithIntegration(absl::Status error, const ParsedLine& parsed) {
  const std::string id = parsed.arguments.Get(IdArgument().name);
  if (id.empty() || ParametersOf(error).count("integration") > 0) return error;
  return WithParameter(std::move(error), "integration", IntegrationIdOf(id));
}

}  // namespace

absl::Span<const Command> Commands() {
  static const auto* const commands = [] {
    auto* all = new std::vector<Command>;
    for (const auto& part :
         {SetupCommands, IntegrationCommands, ConnectionCommands, FieldsCommands,
          EventsCommands, ClientsCommands, ExportCommands, ScheduleCommands,
          RunCommands, AgentCommands, LedgerCommands, ReconcileCommands, StatusCommands,
          AuditCommands, SecretsCommands, TokenCommands, HelpCommands}) {
      std::vector<Command> some = part();
      std::move(some.begin(), some.end(), std::back_inserter(*all));
    }
    return all;
  }();
  return *commands;
}

int RunCli(const std::vector<std::string>& line, absl::string_view version,
           Environment& env) {
  const Language language = ChooseLanguage(line, env);
  const bool color_wanted =
      env.variable("NO_COLOR").empty() &&
      std::find(line.begin(), line.end(), "--no-color") == line.end();
  const Style error_style = {.width = ReadableWidth(env, env.err_is_terminal),
                             .color = color_wanted && env.err_is_terminal};
  const Style help_style = {.width = ReadableWidth(env, env.out_is_terminal)};
  const auto fail = [&](const absl::Status& error, absl::string_view subject) {
    PrintError(error, subject, language, error_style, env.err);
    return ExitCodeOf(error);
  };

  const absl::StatusOr<ParsedLine> parsed = ParseLine(Commands(), line);
  if (!parsed.ok()) return fail(parsed.status(), "guestbridge");
  if (parsed->version) {
    env.out << "guestbridge " << version << '\n';
    return 0;
  }
  if (parsed->help) {
    if (parsed->command == nullptr) {
      PrintOverview(Commands(), parsed->noun, language, help_style, env.out);
    } else {
      PrintHelp(*parsed->command, language, help_style, env.out);
    }
    return 0;
  }

  const std::string subject = SubjectOf(*parsed);
  SessionOptions options;
  options.language = language;
  options.color = color_wanted && env.out_is_terminal;
  absl::StatusOr<Session> session = OpenSession(*parsed, env, std::move(options));
  if (!session.ok()) return fail(session.status(), subject);
  const absl::StatusOr<int> exit_code =
      parsed->command->run(*session, parsed->arguments);
  if (!exit_code.ok()) {
    return fail(WithIntegration(exit_code.status(), *parsed), subject);
  }
  if (!session->unprinted().ok()) return fail(session->unprinted(), subject);
  env.out.flush();
  if (!env.out) return fail(MakeError("OUTPUT_UNWRITABLE"), subject);
  return *exit_code;
}

}  // namespace guestbridge::cli
