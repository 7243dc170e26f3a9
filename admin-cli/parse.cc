#include "admin-cli/parse.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin-cli/command/nearest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"

namespace guestbridge::cli {
namespace {

absl::Status Usage(absl::string_view reason, absl::string_view flag,
                   absl::string_view value = "", absl::string_view expected = "") {
  return MakeError(reason, {{"flag", std::string(flag)},
                            {"value", std::string(value)},
                            {"expected", std::string(expected)}});
}

constexpr size_t kNearest = 3;

const Argument* FindFlag(const std::vector<Argument>& flags, absl::string_view name) {
  const auto it = std::find_if(flags.begin(), flags.end(),
                               [&](const Argument& flag) { return flag.name == name; });
  return it == flags.end() ? nullptr : &*it;
}

bool IsFlag(absl::string_view word) { return word.size() > 1 && word[0] == '-'; }

absl::Status AddChecked(const Argument& argument, absl::string_view value,
                        Arguments* into) {
  if (!argument.repeated && into->Has(argument.name)) {
    return Usage("USAGE_FLAG_TWICE", argument.name);
  }
  if (!argument.choices.empty() &&
      std::find(argument.choices.begin(), argument.choices.end(), value) ==
          argument.choices.end()) {
    return Usage("USAGE_BAD_VALUE", argument.name, value,
                 absl::StrJoin(argument.choices, ", "));
  }
  into->Add(argument.name, value);
  return absl::OkStatus();
}

class Parser {
 public:
  Parser(absl::Span<const Command> commands, const std::vector<std::string>& line)
      : commands_(commands), line_(line) {}

  absl::StatusOr<ParsedLine> Parse() {
    bool only_words = false;
    for (at_ = 0; at_ < line_.size(); ++at_) {
      const std::string& word = line_[at_];
      if (ToValidUtf8(word) != word) {
        return MakeError("USAGE_NOT_UTF8", {{"value", ToValidUtf8(word)}});
      }
      if (!only_words && word == "--") {
        only_words = true;
      } else if (!only_words && IsFlag(word)) {
        GB_RETURN_IF_ERROR(TakeFlag(word));
      } else {
        GB_RETURN_IF_ERROR(TakeWord(word));
      }
    }
    if (after_help_ && parsed_.noun.empty()) parsed_.help = true;
    if (parsed_.help || parsed_.version) return parsed_;
    GB_RETURN_IF_ERROR(CheckComplete());
    return parsed_;
  }

 private:
  absl::Status TakeFlag(absl::string_view word) {
    if (word == "-h" || word == "--help") {
      parsed_.help = true;
      return absl::OkStatus();
    }
    if (word == "--version") {
      parsed_.version = true;
      return absl::OkStatus();
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(word, absl::MaxSplits('=', 1));
    const bool has_value = absl::StrContains(word, '=');
    Arguments* into = &parsed_.globals;
    const Argument* flag = FindFlag(GlobalFlags(), parts.first);
    if (flag != nullptr) {
      // A script sets them for all its calls, and again for one: the last one holds.
      into->Remove(flag->name);
    } else if (parsed_.command != nullptr) {
      into = &parsed_.arguments;
      flag = FindFlag(parsed_.command->flags, parts.first);
    }
    if (flag == nullptr) return UnknownFlag(parts.first);
    if (flag->value.empty()) {
      if (has_value) return Usage("USAGE_VALUE_UNWANTED", flag->name);
      return AddChecked(*flag, "", into);
    }
    if (has_value) return AddChecked(*flag, parts.second, into);
    if (at_ + 1 == line_.size() || absl::StartsWith(line_[at_ + 1], "--")) {
      return Usage("USAGE_VALUE_MISSING", flag->name);
    }
    return AddChecked(*flag, line_[++at_], into);
  }

  absl::Status TakeWord(const std::string& word) {
    if (parsed_.command != nullptr) return TakePositional(word);
    if (parsed_.noun.empty()) {
      if (word == "help" && !after_help_) {
        after_help_ = true;
        return absl::OkStatus();
      }
      // `help error CODE` is a command; every other `help …` is that command's --help.
      if (after_help_) {
        parsed_.noun = "help";
        if (FindCommand(word).ok()) return absl::OkStatus();
        parsed_.help = true;
      }
      parsed_.noun = word;
      return FindCommand("");
    }
    return FindCommand(word);
  }

  // Of a noun alone there may be a command; if not, its verb is still to come.
  absl::Status FindCommand(absl::string_view verb) {
    bool noun_known = false;
    for (const Command& command : commands_) {
      if (command.noun != parsed_.noun) continue;
      noun_known = true;
      if (command.verb == verb) parsed_.command = &command;
    }
    if (parsed_.command != nullptr || (noun_known && verb.empty())) {
      return absl::OkStatus();
    }
    return UnknownCommand(absl::StrCat(parsed_.noun, verb.empty() ? "" : " ", verb));
  }

  absl::Status UnknownCommand(const std::string& words) const {
    std::vector<std::string> names;
    for (const Command& command : commands_) names.push_back(NameOf(command));
    std::vector<std::string> nearest = Nearest(words, names, kNearest);
    if (nearest.empty()) nearest = {"status"};
    return MakeError("USAGE_UNKNOWN_COMMAND",
                     {{"command", words}, {"known", absl::StrJoin(nearest, ", ")}});
  }

  absl::Status UnknownFlag(absl::string_view flag) const {
    std::vector<std::string> names = {"--help"};
    for (const Argument& one : GlobalFlags()) names.emplace_back(one.name);
    std::string command;
    if (parsed_.command != nullptr) {
      command = absl::StrCat(NameOf(*parsed_.command), " ");
      for (const Argument& one : parsed_.command->flags) names.emplace_back(one.name);
    }
    std::vector<std::string> nearest = Nearest(flag, names, kNearest);
    if (nearest.empty()) nearest = {"--help"};
    return MakeError("USAGE_UNKNOWN_FLAG", {{"flag", std::string(flag)},
                                            {"command", command},
                                            {"known", absl::StrJoin(nearest, ", ")}});
  }

  absl::Status TakePositional(const std::string& word) {
    const auto& positionals = parsed_.command->positionals;
    for (const Argument& positional : positionals) {
      if (positional.repeated || !parsed_.arguments.Has(positional.name)) {
        return AddChecked(positional, word, &parsed_.arguments);
      }
    }
    return Usage("USAGE_ARGUMENT_UNWANTED", "", word);
  }

  absl::Status CheckComplete() {
    if (parsed_.command == nullptr) {
      if (parsed_.noun.empty()) return MakeError("USAGE_NO_COMMAND");
      return UnknownCommand(parsed_.noun);
    }
    for (const auto* list : {&parsed_.command->positionals, &parsed_.command->flags}) {
      for (const Argument& argument : *list) {
        // Of other empty words the server says what is wrong with them; a guest without
        // a name would not even be a resource name.
        const bool empty =
            argument.name == "CLIENT" && parsed_.arguments.Get("CLIENT").empty();
        if (argument.required && (empty || !parsed_.arguments.Has(argument.name))) {
          return Usage("USAGE_ARGUMENT_MISSING", argument.name);
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Span<const Command> commands_;
  const std::vector<std::string>& line_;
  size_t at_ = 0;
  bool after_help_ = false;
  ParsedLine parsed_;
};

}  // namespace

const std::vector<Argument>& GlobalFlags() {
  static const auto* const flags = new std::vector<Argument>{
      {"--server", "HOST:PORT", "FLAG_SERVER"},
      {"--plaintext", "", "FLAG_PLAINTEXT"},
      {"--tls-ca", "F", "FLAG_TLS_CA"},
      {"--server-name", "NAME", "FLAG_SERVER_NAME"},
      {"--token-file", "F", "FLAG_TOKEN_FILE"},
      {"--output",
       "FORM",
       "FLAG_OUTPUT",
       /*required=*/false,
       /*repeated=*/false,
       {"table", "json", "yaml"}},
      {"--lang",
       "L",
       "FLAG_LANG",
       /*required=*/false,
       /*repeated=*/false,
       {"ru", "en"}},
      {"--no-color", "", "FLAG_NO_COLOR"},
      {"--timeout", "D", "FLAG_TIMEOUT"},
  };
  return *flags;
}

absl::StatusOr<ParsedLine> ParseLine(absl::Span<const Command> commands,
                                     const std::vector<std::string>& line) {
  return Parser(commands, line).Parse();
}

std::string FindGlobal(const std::vector<std::string>& line, absl::string_view flag) {
  const std::string joined = absl::StrCat(flag, "=");
  std::string last;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == flag && i + 1 < line.size()) last = line[i + 1];
    if (absl::StartsWith(line[i], joined)) last = line[i].substr(joined.size());
  }
  return last;
}

}  // namespace guestbridge::cli
