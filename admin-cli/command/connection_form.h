#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "admin-cli/command/setup_step.h"
#include "guestbridge/v1/connection.pb.h"

namespace guestbridge::cli {

// The settings of a connection, as they are asked for. What it does not ask for stays
// as the server has it.
class ConnectionForm {
 public:
  // `stored`: what the server holds, without secrets; empty: nothing yet.
  ConnectionForm(const SetupTalk& talk, v1::Connection stored);

  // Errors of these: those of Conversation.
  absl::Status AskAll();
  // Those settings that `refusal` names; when it names none, those that somebody
  // chooses from the list.
  absl::Status AskAgain(const absl::Status& refusal);
  // Shows the list and asks which to change; empty: none. `may_skip`: 0 is an answer,
  // too, and then it is false.
  absl::StatusOr<bool> AskWhich(absl::string_view question, bool may_skip);

  const v1::Connection& settings() const { return settings_; }
  // The server holds the secrets now.
  void Saved(const v1::Connection& connection);

 private:
  enum class Key;
  struct Entry;
  static const std::vector<Entry>& Entries();

  bool Concerns(Key key) const;
  std::string Shown(Key key) const;
  absl::Status AskOne(Key key);
  absl::Status AskAuth();
  absl::Status AskSource();

  const SetupTalk& talk_;
  v1::Connection settings_;
};

}  // namespace guestbridge::cli
