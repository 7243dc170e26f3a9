#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/secret/core_dumps.h"
#include "common/status/error.h"
#include "common/text/catalogue.h"
#include "common/text/locale.h"
#include "common/time/clock.h"
#include "server/data_directory.h"
#include "server/database.h"
#include "server/identity/api_tokens.h"
#include "server/local_token.h"
#include "server/notice/notice_command.h"
#include "server/secrets/key_source.h"
#include "server/server.h"

namespace guestbridge::server {
namespace {

// Exit codes as the command line tool has them.
constexpr int kUsage = 2;
constexpr int kRefused = 4;

constexpr absl::Duration kDrainPatience = absl::Seconds(25);

int Fail(const absl::Status& status) {
  const Explanation explanation = Explain(status, LocaleLanguage());
  std::cerr << "guestbridge-server: " << explanation.message << "\n"
            << explanation.remedy << std::endl;
  return kRefused;
}

struct TokenOptions {
  std::string role;
  std::string name;
  std::string out;
  std::vector<std::string> integrations;
  std::string agent;
  std::string expires;
};

bool IsStandardOutput(const std::string& file) { return file == "-"; }

// Said before the token is made: one that nobody holds must not stay behind.
absl::Status CheckWritable(const std::string& file) {
  if (IsStandardOutput(file)) return absl::OkStatus();
  const int out = open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  close(out);
  return absl::OkStatus();
}

// The file is made for its owner alone before the token goes in.
absl::Status WriteToken(const std::string& file, const std::string& token) {
  if (IsStandardOutput(file)) {
    std::cout << token << std::endl;
    return std::cout.good() ? absl::OkStatus()
                            : MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  }
  const int out =
      open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  const std::string line = token + "\n";
  const bool written =
      fchmod(out, S_IRUSR | S_IWUSR) == 0 &&
      write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const bool closed = close(out) == 0;
  if (written && closed) return absl::OkStatus();
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
}

DatabaseChoice Chosen(const ServerOptions& options) {
  return ChooseDatabase(options.database, options.database_password_file,
                        options.data_dir);
}

// "8760h" and, as the command line tool writes it, "365d".
bool ParseLifetime(const std::string& text, absl::Duration* lifetime) {
  int days = 0;
  if (absl::EndsWith(text, "d") &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &days)) {
    *lifetime = absl::Hours(24) * days;
    return true;
  }
  return absl::ParseDuration(text, lifetime);
}

int Say(absl::string_view reason, const Parameters& parameters) {
  std::cout << RenderMessage(reason, parameters, LocaleLanguage()) << std::endl;
  return 0;
}

int Migrate(const DatabaseChoice& choice) {
  const absl::StatusOr<int> applied = MigrateDatabase(choice, SystemClock());
  if (!applied.ok()) return Fail(applied.status());
  return Say("DATABASE_MIGRATED", {{"count", absl::StrCat(*applied)}});
}

int Copy(const DatabaseChoice& from, const DatabaseChoice& to) {
  const absl::StatusOr<CopyCounts> copied = CopyDatabase(from, to, SystemClock());
  if (!copied.ok()) return Fail(copied.status());
  return Say("DATABASE_COPIED", {{"documents", absl::StrCat(copied->documents)},
                                 {"changes", absl::StrCat(copied->changes)},
                                 {"sequences", absl::StrCat(copied->sequences)}});
}

absl::StatusOr<NewApiToken> Wanted(const TokenOptions& given) {
  const absl::StatusOr<Role> role = ParseRole(given.role);
  if (!role.ok()) return role.status();
  NewApiToken wanted;
  wanted.name = given.name;
  wanted.agent = given.agent;
  for (const std::string& integration : given.integrations) {
    wanted.grants.push_back({*role, integration});
  }
  if (wanted.grants.empty()) wanted.grants.push_back({*role, ""});
  if (!given.expires.empty() && !ParseLifetime(given.expires, &wanted.lifetime)) {
    return MakeError("TOKEN_LIFETIME_INVALID");
  }
  const absl::Status fits = CheckNewApiToken(wanted);
  if (!fits.ok()) return fits;
  return wanted;
}

int CreateToken(const ServerOptions& options, const TokenOptions& wanted) {
  const absl::StatusOr<NewApiToken> checked = Wanted(wanted);
  if (!checked.ok()) return Fail(checked.status());
  const absl::StatusOr<DataDirectory> directory = DataDirectory::Open(options.data_dir);
  if (!directory.ok()) return Fail(directory.status());
  const absl::StatusOr<std::unique_ptr<Store>> store =
      OpenDatabase(Chosen(options), SystemClock());
  if (!store.ok()) return Fail(store.status());
  if (const absl::Status writable = CheckWritable(wanted.out); !writable.ok()) {
    return Fail(writable);
  }
  const absl::StatusOr<SecretString> token =
      CreateLocalToken(**store, SystemRandom(), SystemClock(), *checked);
  if (!token.ok()) return Fail(token.status());
  const absl::Status written = WriteToken(wanted.out, token->Reveal());
  return written.ok() ? 0 : Fail(written);
}

int Serve(const ServerOptions& options) {
  // Before any thread starts, so that all of them leave the signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ,
         SIG_IGN);  // A file at its limit is an error of the write, like a full disk.

  const absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(options, SystemClock(), SystemRandom());
  if (!server.ok()) return Fail(server.status());
  if (options.plaintext) {
    std::cerr << "guestbridge-server: "
              << RenderMessage("PLAINTEXT_IN_USE", {}, LocaleLanguage()) << std::endl;
  }
  if (!(*server)->first_token_file().empty()) {
    const Parameters made = {{"file", (*server)->first_token_file()}};
    std::cerr << "guestbridge-server: "
              << RenderMessage("FIRST_ADMIN_TOKEN", made, LocaleLanguage()) << "\n"
              << RenderRemedy("FIRST_ADMIN_TOKEN", made, LocaleLanguage()) << std::endl;
  }
  std::cout << "guestbridge-server listening on " << (*server)->address() << std::endl;
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  log::Info("server_stopping");
  (*server)->Drain(kDrainPatience);
  return 0;
}

int Main(int argc, char** argv) {
  ForbidCoreDumps();
  umask(077);
  // gRPC's own words would stand before the error that says what to do. Who wants them
  // sets it.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  ServerOptions options;
  options.keys.variable = TakeKeyVariable();
  TokenOptions token;
  CLI::App app(
      "The configuration server of guestbridge: keeps integrations, credentials, "
      "schedules and runs; agents and the guestbridge command connect to it.",
      "guestbridge-server");
  app.set_version_flag("--version", "guestbridge-server 0.1.0");
  // CLI11 does not ask the environment for the name of the file itself. A file that is
  // named must be there, and a line that nobody knows is a mistake to be told.
  const char* const config = std::getenv("GUESTBRIDGE_SERVER_CONFIG");
  const std::string config_file = config == nullptr ? "" : config;
  app.set_config("--config", config_file, "Read flags from this file (TOML or INI).",
                 /*config_required=*/!config_file.empty())
      ->envname("GUESTBRIDGE_SERVER_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  const auto text = [&](CLI::App& where, const std::string& flag, std::string& value,
                        const std::string& variable, const std::string& help) {
    return where.add_option(flag, value, help)
        ->envname("GUESTBRIDGE_SERVER_" + variable)
        ->capture_default_str();
  };
  text(app, "--listen", options.listen, "LISTEN",
       "HOST:PORT; port 0 picks one. Or unix:PATH, without TLS, for its owner alone.");
  text(app, "--data-dir", options.data_dir, "DATA_DIR",
       "Database, key file and certificates; made with mode 0700.");
  text(app, "--database", options.database, "DATABASE",
       "sqlite:PATH or postgresql://ROLE@HOST/NAME. Default: "
       "sqlite:<data-dir>/server.db");
  text(app, "--database-password-file", options.database_password_file,
       "DATABASE_PASSWORD_FILE", "The password of PostgreSQL's role.");
  app.add_option("--key-file", options.keys.files,
                 "A key of the stored secrets: 32 bytes in hexadecimal or base64, mode "
                 "0600; or a folder of such files called *.key. May be repeated. "
                 "Default: <data-dir>/secret.key, made at the first start. The key may "
                 "also stand in the variable GUESTBRIDGE_SERVER_KEY.")
      ->envname("GUESTBRIDGE_SERVER_KEY_FILE")
      ->allow_extra_args(false);
  text(app, "--key-command", options.keys.command, "KEY_COMMAND",
       "A program, run without a shell, that prints the keys, one a line; it may ask a "
       "KMS.");
  app.add_flag("--plaintext", options.plaintext,
               "No TLS and no caller identity: everything is allowed. Loopback only.")
      ->envname("GUESTBRIDGE_SERVER_PLAINTEXT");
  text(
      app, "--tls-cert", options.tls_cert, "TLS_CERT",
      "Certificate chain, PEM. Without it one is made in the data directory; its CA is "
      "<data-dir>/ca.pem.");
  text(app, "--tls-key", options.tls_key, "TLS_KEY", "Private key, PEM.");
  text(app, "--client-ca", options.client_ca, "CLIENT_CA",
       "Callers must show a certificate of this CA, or an agent's of this server.");
  text(app, "--agent-ca-cert", options.agent_ca_cert, "AGENT_CA_CERT",
       "CA that signs agents' certificates, PEM, with those above it. Default: one is "
       "made in the data directory; with PostgreSQL none.");
  text(app, "--agent-ca-key", options.agent_ca_key, "AGENT_CA_KEY", "Its key, PEM.");
  std::string agent_life = "168h";
  text(app, "--agent-certificate-life", agent_life, "AGENT_CERTIFICATE_LIFE",
       "How long an agent's certificate is valid; it is renewed after half of it.");
  text(app, "--oauth-url", options.oauth_url, "OAUTH_URL",
       "Base URL of Bitrix24's OAuth server, and then the only one.");
  text(app, "--portal-ca-file", options.portal_ca_file, "PORTAL_CA_FILE",
       "Extra CA, beside the system's, for portals and the OAuth server.");
  app.add_flag("--allow-private-portals", options.allow_private_portals,
               "Permit portals in private or loopback ranges.")
      ->envname("GUESTBRIDGE_SERVER_ALLOW_PRIVATE_PORTALS");
  text(app, "--metrics-listen", options.metrics_listen, "METRICS_LISTEN",
       "HOST:PORT for Prometheus.");
  text(
      app, "--notice-command", options.notice_command, "NOTICE_COMMAND",
      "A program to run when what needs a person changes; it gets JSON on its standard "
      "input.");
  std::string stale_after;
  text(
      app, "--stale-after", stale_after, "STALE_AFTER",
      "An integration whose schedule is on and that has exported nothing for so long "
      "needs a person, e.g. 30h, or never. Default: two hours after an export was due, "
      "at the earliest after 26h.");

  CLI::App& tokens = *app.add_subcommand("token", "API tokens.");
  tokens.require_subcommand(1);
  CLI::App& create = *tokens.add_subcommand(
      "create",
      "Makes an API token, before the first start or while the server runs.\n"
      "Example: guestbridge-server token create --data-dir /var/lib/guestbridge --role "
      "operator --out operator.token");
  text(create, "--data-dir", options.data_dir, "DATA_DIR", "As of the server.");
  text(create, "--database", options.database, "DATABASE", "As of the server.");
  text(create, "--database-password-file", options.database_password_file,
       "DATABASE_PASSWORD_FILE", "As of the server.");
  create
      .add_option("--role", token.role,
                  "viewer, operator, external-systems-integration, admin or agent.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_ROLE")
      ->required();
  create.add_option("--name", token.name, "For people: whose it is.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_NAME");
  create
      .add_option("--integration", token.integrations,
                  "Only there; may be repeated. Default: on everything.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_INTEGRATION");
  create
      .add_option("--agent", token.agent,
                  "Role agent: the one agent whose it is. Default: any agent's.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_AGENT");
  create
      .add_option("--expires", token.expires,
                  "How long it lives, e.g. 365d; at most 3650d. Default: without end.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_EXPIRES");
  create
      .add_option("--out", token.out,
                  "The file that the token is written to; - is standard output.")
      ->envname("GUESTBRIDGE_SERVER_TOKEN_OUT")
      ->required();

  CLI::App& migrate = *app.add_subcommand(
      "migrate",
      "Brings the schema of a PostgreSQL database up to date, as a role that owns it; "
      "a server whose role may not does not start before.\n"
      "Example: guestbridge-server migrate --database "
      "postgresql://guestbridge_owner@db.example/guestbridge --database-password-file "
      "owner.password");
  text(migrate, "--data-dir", options.data_dir, "DATA_DIR", "As of the server.");
  text(migrate, "--database", options.database, "DATABASE", "As of the server.");
  text(migrate, "--database-password-file", options.database_password_file,
       "DATABASE_PASSWORD_FILE", "The password of that role.");

  DatabaseChoice from;
  DatabaseChoice to;
  CLI::App& copy = *app.add_subcommand(
      "copy",
      "Copies what a server keeps into an empty database, and compares each row. Stop "
      "the server first.\n"
      "Example: guestbridge-server copy --from "
      "sqlite:/var/lib/guestbridge/server/server.db --to "
      "postgresql://guestbridge_owner@db.example/guestbridge --to-password-file "
      "owner.password");
  text(copy, "--from", from.url, "FROM", "sqlite:PATH or postgresql://…")->required();
  text(copy, "--from-password-file", from.password_file, "FROM_PASSWORD_FILE",
       "The password of its role.");
  text(copy, "--to", to.url, "TO", "sqlite:PATH or postgresql://…; empty.")->required();
  text(copy, "--to-password-file", to.password_file, "TO_PASSWORD_FILE",
       "The password of its role.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (stale_after == "never") {
    options.stale_after = absl::InfiniteDuration();
  } else if (!stale_after.empty()) {
    absl::Duration age;
    if (!absl::ParseDuration(stale_after, &age) || age < absl::Minutes(1)) {
      Fail(MakeError("STALE_AFTER_INVALID", {{"value", stale_after}}));
      return kUsage;
    }
    options.stale_after = age;
  }
  if (!absl::ParseDuration(agent_life, &options.agent_certificate_life) ||
      options.agent_certificate_life < absl::Minutes(1) ||
      options.agent_certificate_life > absl::Hours(2160)) {
    Fail(MakeError("AGENT_CERTIFICATE_LIFE_INVALID", {{"value", agent_life}}));
    return kUsage;
  }
  if (migrate.parsed()) return Migrate(Chosen(options));
  if (copy.parsed()) return Copy(from, to);
  if (!create.parsed() && !options.notice_command.empty()) {
    const absl::Status usable = CheckNoticeCommand(options.notice_command);
    if (!usable.ok()) {
      Fail(usable);
      return kUsage;
    }
  }
  if (!create.parsed() && options.plaintext &&
      (!options.tls_cert.empty() || !options.tls_key.empty() ||
       !options.client_ca.empty())) {
    Fail(MakeError("PLAINTEXT_WITH_TLS"));
    return kUsage;
  }
  if (!create.parsed() &&
      (options.agent_ca_cert.empty() != options.agent_ca_key.empty() ||
       (options.plaintext && !options.agent_ca_cert.empty()))) {
    Fail(MakeError("AGENT_AUTHORITY_INCOMPLETE"));
    return kUsage;
  }
  return create.parsed() ? CreateToken(options, token) : Serve(options);
}

}  // namespace
}  // namespace guestbridge::server

int main(int argc, char** argv) { return guestbridge::server::Main(argc, argv); }
