#include "admin-cli/help.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "admin-cli/parse.h"

namespace guestbridge::cli {
namespace {

constexpr int kLeft = 26;  // Columns of the left half of a list.

// A help text's first sentence is its summary.
std::string SummaryOf(const std::string& text) {
  const size_t end = text.find(". ");
  std::string summary = end == std::string::npos ? text : text.substr(0, end);
  if (!summary.empty() && summary.back() == '.') summary.pop_back();
  return summary;
}

void PrintPair(const std::string& name, const std::string& text, const Style& style,
               std::ostream& out) {
  std::string lead = absl::StrCat("  ", name);
  const auto lines = WrapToWidth(text, style.width - kLeft - 2);
  if (DisplayWidth(lead) >= kLeft + 1) {
    out << lead << '\n';
    lead.clear();
  }
  PrintBeside(PadToWidth(lead, kLeft + 2), kLeft + 2, lines, Color::kNone, style, out);
}

std::string FlagText(const Argument& argument, Language language) {
  std::string text = Label(language, argument.help);
  if (!argument.choices.empty()) {
    absl::StrAppend(&text, " (", absl::StrJoin(argument.choices, " | "), ")");
  }
  return text;
}

void PrintArguments(const std::string& title, const std::vector<Argument>& arguments,
                    Language language, const Style& style, std::ostream& out) {
  if (arguments.empty()) return;
  out << '\n' << title << '\n';
  for (const Argument& argument : arguments) {
    std::string name(argument.name);
    if (argument.name[0] == '-' && !argument.value.empty()) {
      absl::StrAppend(&name, " ", argument.value);
    }
    PrintPair(name, FlagText(argument, language), style, out);
  }
}

std::string Written(const Argument& argument) {
  std::string text(argument.name);
  if (argument.name[0] == '-' && !argument.value.empty()) {
    absl::StrAppend(&text, " ", argument.value);
  }
  if (!argument.required) text = absl::StrCat("[", text, "]");
  return argument.repeated ? absl::StrCat(text, "…") : text;
}

// Wrapped between arguments, never inside one.
void PrintSynopsis(const Command& command, const Style& style, std::ostream& out) {
  constexpr absl::string_view kNoBreak = "\x01";
  std::vector<std::string> parts = {absl::StrCat("guestbridge ", NameOf(command))};
  for (const auto* list : {&command.positionals, &command.flags}) {
    for (const Argument& argument : *list) parts.push_back(Written(argument));
  }
  for (std::string& part : parts) {
    part = absl::StrReplaceAll(part, {{" ", kNoBreak}});
  }
  const auto lines = WrapToWidth(absl::StrJoin(parts, " "), style.width - 6);
  for (size_t i = 0; i < lines.size(); ++i) {
    out << (i == 0 ? "  " : "      ")
        << absl::StrReplaceAll(lines[i], {{kNoBreak, " "}}) << '\n';
  }
}

}  // namespace

std::string SynopsisOf(const Command& command) {
  std::string text = absl::StrCat("guestbridge ", NameOf(command));
  for (const auto* list : {&command.positionals, &command.flags}) {
    for (const Argument& argument : *list) {
      absl::StrAppend(&text, " ", Written(argument));
    }
  }
  return text;
}

void PrintOverview(absl::Span<const Command> commands, absl::string_view noun,
                   Language language, const Style& style, std::ostream& out) {
  for (const std::string& line :
       WrapToWidth(Label(language, "HELP_PROGRAM"), style.width)) {
    out << line << '\n';
  }
  out << '\n' << Label(language, "HELP_USAGE") << "\n  guestbridge ";
  out << Label(language, "HELP_USAGE_LINE") << "\n";
  absl::string_view previous;
  for (const Command& command : commands) {
    if (!noun.empty() && command.noun != noun) continue;
    if (previous.empty()) out << '\n' << Label(language, "HELP_COMMANDS");
    if (command.noun != previous) out << '\n';
    previous = command.noun;
    PrintPair(NameOf(command), SummaryOf(Label(language, command.help)), style, out);
  }
  PrintArguments(Label(language, "HELP_GLOBAL_FLAGS"), GlobalFlags(), language, style,
                 out);
  out << '\n' << Label(language, "HELP_EXAMPLE") << "\n  guestbridge status\n\n";
  for (const std::string& line :
       WrapToWidth(Label(language, "HELP_MORE"), style.width)) {
    out << line << '\n';
  }
}

void PrintHelp(const Command& command, Language language, const Style& style,
               std::ostream& out) {
  for (const std::string& line :
       WrapToWidth(Label(language, command.help), style.width)) {
    out << line << '\n';
  }
  out << '\n' << Label(language, "HELP_USAGE") << '\n';
  PrintSynopsis(command, style, out);
  PrintArguments(Label(language, "HELP_ARGUMENTS"), command.positionals, language,
                 style, out);
  PrintArguments(Label(language, "HELP_FLAGS"), command.flags, language, style, out);
  out << '\n'
      << Label(language, command.examples.size() > 1 ? "HELP_EXAMPLES" : "HELP_EXAMPLE")
      << '\n';
  for (absl::string_view example : command.examples) out << "  " << example << '\n';
  PrintArguments(Label(language, "HELP_GLOBAL_FLAGS"), GlobalFlags(), language, style,
                 out);
}

}  // namespace guestbridge::cli
