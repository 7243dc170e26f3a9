#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What a command is: words, arguments, help and one function. Parsing and help read
// this table; a command's file knows nothing of either.
namespace guestbridge::cli {

class Session;

// A flag (`--hotel`) or a positional argument (`ID`).
struct Argument {
  absl::string_view name;
  // Stands for the value in the help, e.g. "HOST". Empty: a switch.
  absl::string_view value;
  // Key of its help text: LABEL_<help>.
  absl::string_view help;
  bool required = false;
  bool repeated = false;
  // The only values allowed, when not empty.
  std::vector<absl::string_view> choices = {};
};

// What was given, by Argument::name. Switches that were given have one empty value.
class Arguments {
 public:
  void Add(absl::string_view name, absl::string_view value) {
    values_[std::string(name)].emplace_back(value);
  }
  void Remove(absl::string_view name) { values_.erase(std::string(name)); }
  bool Has(absl::string_view name) const {
    return values_.find(std::string(name)) != values_.end();
  }
  // Empty when it was not given.
  std::string Get(absl::string_view name) const {
    const auto all = GetAll(name);
    return all.empty() ? "" : all.front();
  }
  std::vector<std::string> GetAll(absl::string_view name) const {
    const auto it = values_.find(std::string(name));
    return it == values_.end() ? std::vector<std::string>() : it->second;
  }

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// Does the work of a command and answers with the exit code.
using CommandFunction = absl::StatusOr<int> (*)(Session&, const Arguments&);

struct Command {
  absl::string_view noun;
  absl::string_view verb;  // Empty for a command of one word.
  // Key of its help text: LABEL_<help>.
  absl::string_view help;
  std::vector<Argument> positionals;
  std::vector<Argument> flags;
  // What to type; each begins with "guestbridge".
  std::vector<absl::string_view> examples;
  CommandFunction run = nullptr;
  // Bounds one RPC unless --timeout is given. 180 s where it reaches 1C or the portal.
  absl::Duration timeout = absl::Seconds(30);
  // Needs no server: the session has no channel, and no token is read.
  bool local = false;
};

constexpr absl::Duration kFarTimeout = absl::Seconds(180);

// "integration create", "status".
std::string NameOf(const Command& command);

// The parts of the command table, one a noun.
std::vector<Command> SetupCommands();
std::vector<Command> IntegrationCommands();
std::vector<Command> ConnectionCommands();
std::vector<Command> FieldsCommands();
std::vector<Command> EventsCommands();
std::vector<Command> ClientsCommands();
std::vector<Command> ExportCommands();
std::vector<Command> ScheduleCommands();
std::vector<Command> RunCommands();
std::vector<Command> AgentCommands();
std::vector<Command> LedgerCommands();
std::vector<Command> ReconcileCommands();
std::vector<Command> StatusCommands();
std::vector<Command> AuditCommands();
std::vector<Command> SecretsCommands();
std::vector<Command> TokenCommands();
std::vector<Command> HelpCommands();

}  // namespace guestbridge::cli
