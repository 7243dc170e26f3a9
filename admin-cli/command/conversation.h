#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin-cli/command/session.h"
#include "common/secret/secret_string.h"

namespace guestbridge::cli {

// Questions to a person, on stderr, and the answers, a line each, from standard input:
// a terminal, or what a script wrote. An answer that cannot be one is said to be so and
// asked for again. One thread at a time.
//
// Errors of all questions: INPUT_ENDED, INTERRUPTED (only a terminal's Ctrl-C).
class Conversation {
 public:
  explicit Conversation(Session& session) : session_(session) {}

  // An empty answer means `fallback`; without one something must be said.
  absl::StatusOr<std::string> Ask(absl::string_view question,
                                  absl::string_view fallback = "");
  // An empty answer is one.
  absl::StatusOr<std::string> AskOptional(absl::string_view question);
  absl::StatusOr<int64_t> AskNumber(absl::string_view question, int64_t fallback,
                                    int64_t least, int64_t most);
  // Without a fallback yes or no must be said.
  absl::StatusOr<bool> AskYesNo(absl::string_view question,
                                std::optional<bool> fallback);
  // One of `options`, by its number from 1; the index from 0.
  absl::StatusOr<size_t> AskChoice(absl::string_view question,
                                   const std::vector<std::string>& options,
                                   size_t fallback);
  // A file's name; or nothing, and then the secret itself, which a terminal does not
  // show.
  absl::StatusOr<SecretString> AskSecret(absl::string_view what, bool may_be_empty);

  void Say(absl::string_view text);
  // The four facts of an error that does not end the conversation.
  void SayError(const absl::Status& error);

 private:
  absl::StatusOr<std::string> ReadAnswer(absl::string_view question,
                                         absl::string_view fallback,
                                         bool hidden = false);
  absl::StatusOr<std::string> ReadLine();

  Session& session_;
};

}  // namespace guestbridge::cli
