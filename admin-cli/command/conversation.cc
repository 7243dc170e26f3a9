#include "admin-cli/command/conversation.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "admin-cli/link/keyboard.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"

namespace guestbridge::cli {
namespace {

// The API takes no longer setting that is typed by hand.
constexpr size_t kLongestAnswer = 4096;

// In both languages, whatever the program speaks: keyboards are left in either.
std::optional<bool> ParseYesNo(const std::string& answer) {
  for (absl::string_view yes : {"y", "yes", "д", "да", "Д", "Да", "ДА"}) {
    if (absl::EqualsIgnoreCase(answer, yes)) return true;
  }
  for (absl::string_view no : {"n", "no", "н", "нет", "Н", "Нет", "НЕТ"}) {
    if (absl::EqualsIgnoreCase(answer, no)) return false;
  }
  return std::nullopt;
}

}  // namespace

void Conversation::Say(absl::string_view text) {
  session_.out().flush();
  PrintWrapped(text, 0, session_.style(), session_.err());
}

void Conversation::SayError(const absl::Status& error) {
  session_.out().flush();
  const Environment& environment = session_.environment();
  const Style style = {
      .width = ReadableWidth(environment, environment.err_is_terminal),
      .color = session_.options().color && environment.err_is_terminal};
  PrintError(error, "", session_.options().language, style, session_.err());
}

absl::StatusOr<std::string> Conversation::ReadLine() {
  std::istream& in = session_.environment().in;
  std::string line;
  bool too_long = false;
  for (int c = in.get(); c != '\n'; c = in.get()) {
    // A last line without its end was not finished: nobody said it.
    if (c == std::istream::traits_type::eof()) return MakeError("INPUT_ENDED");
    too_long = line.size() == kLongestAnswer;
    if (!too_long) line.push_back(static_cast<char>(c));
  }
  if (too_long) return MakeError("ANSWER_UNREADABLE");
  if (!line.empty() && line.back() == '\r') line.pop_back();
  for (const char c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t') {
      return MakeError("ANSWER_UNREADABLE");
    }
  }
  if (ToValidUtf8(line) != line) return MakeError("ANSWER_UNREADABLE");
  return line;
}

absl::StatusOr<std::string> Conversation::ReadAnswer(absl::string_view question,
                                                     absl::string_view fallback,
                                                     bool hidden) {
  const Keyboard* const keyboard = session_.environment().keyboard;
  while (true) {
    session_.out().flush();
    // Before the terminal hides what is typed: Ctrl-C would leave it like that.
    std::optional<Interrupt::Wait> waits;
    if (keyboard != nullptr) waits.emplace(session_.interrupt());
    // Before the question: who answers at once is not seen either.
    std::optional<Keyboard::Hidden> unseen;
    if (hidden && keyboard != nullptr) unseen.emplace(*keyboard);
    session_.err() << Printable(question);
    if (!fallback.empty()) session_.err() << " [" << Printable(fallback) << ']';
    session_.err() << ": " << std::flush;
    if (keyboard != nullptr && !keyboard->WaitForLine(session_.interrupt())) {
      unseen.reset();
      session_.err() << std::endl;
      return MakeError("INTERRUPTED");
    }
    absl::StatusOr<std::string> line = ReadLine();
    unseen.reset();
    waits.reset();
    // Nobody has pressed Enter.
    const bool ended = ReasonOf(line.status()) == "INPUT_ENDED";
    if (keyboard == nullptr || ended) session_.err() << std::endl;
    if (line.ok()) {
      return hidden ? *std::move(line) : std::string(absl::StripAsciiWhitespace(*line));
    }
    if (ended) return line.status();
    SayError(line.status());
  }
}

absl::StatusOr<std::string> Conversation::Ask(absl::string_view question,
                                              absl::string_view fallback) {
  while (true) {
    GB_ASSIGN_OR_RETURN(std::string answer, ReadAnswer(question, fallback));
    if (!answer.empty()) return answer;
    if (!fallback.empty()) return std::string(fallback);
    Say(session_.Text("ANSWER_NEEDED"));
  }
}

absl::StatusOr<std::string> Conversation::AskOptional(absl::string_view question) {
  return ReadAnswer(question, "");
}

absl::StatusOr<int64_t> Conversation::AskNumber(absl::string_view question,
                                                int64_t fallback, int64_t least,
                                                int64_t most) {
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::string answer,
                        Ask(question, fallback > 0 ? absl::StrCat(fallback) : ""));
    int64_t number = 0;
    if (absl::SimpleAtoi(answer, &number) && number >= least && number <= most) {
      return number;
    }
    Say(session_.Text("ANSWER_NUMBER",
                      {{"least", absl::StrCat(least)}, {"most", absl::StrCat(most)}}));
  }
}

absl::StatusOr<bool> Conversation::AskYesNo(absl::string_view question,
                                            std::optional<bool> fallback) {
  std::string usual;
  if (fallback.has_value()) usual = session_.Text(*fallback ? "YES" : "NO");
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::string answer, Ask(question, usual));
    if (fallback.has_value() && answer == usual) return *fallback;
    if (const auto said = ParseYesNo(answer); said.has_value()) return *said;
    Say(session_.Text("ANSWER_YES_NO"));
  }
}

absl::StatusOr<size_t> Conversation::AskChoice(absl::string_view question,
                                               const std::vector<std::string>& options,
                                               size_t fallback) {
  for (size_t i = 0; i < options.size(); ++i) {
    PrintWrapped(absl::StrCat(i + 1, "  ", options[i]), 2, session_.style(),
                 session_.err());
  }
  GB_ASSIGN_OR_RETURN(const int64_t number,
                      AskNumber(question, static_cast<int64_t>(fallback) + 1, 1,
                                static_cast<int64_t>(options.size())));
  return static_cast<size_t>(number) - 1;
}

absl::StatusOr<SecretString> Conversation::AskSecret(absl::string_view what,
                                                     bool may_be_empty) {
  while (true) {
    GB_ASSIGN_OR_RETURN(
        const std::string file,
        AskOptional(session_.Text("ASK_SECRET_FILE", {{"secret", std::string(what)}})));
    if (!file.empty() && file != "-") {
      absl::StatusOr<SecretString> secret = session_.ReadSecret(file);
      if (secret.ok()) return secret;
      SayError(secret.status());
      continue;
    }
    GB_ASSIGN_OR_RETURN(
        std::string typed,
        ReadAnswer(session_.Text("ASK_SECRET_UNSEEN", {{"secret", std::string(what)}}),
                   "", /*hidden=*/true));
    if (!typed.empty() || may_be_empty) return SecretString(std::move(typed));
    Say(session_.Text("ANSWER_NEEDED"));
  }
}

}  // namespace guestbridge::cli
