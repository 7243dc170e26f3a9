#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin-cli/command/conversation.h"
#include "admin-cli/command/session.h"

// The steps of `setup`, in the manual's order. Each looks at what the server holds,
// does what is missing there by the RPCs of the other commands, and keeps nothing.
namespace guestbridge::cli {

struct SetupTalk {
  Session& session;
  Conversation& conversation;
  std::string id;    // "main"
  std::string name;  // "integrations/main"

  std::string Text(absl::string_view key, Parameters parameters = {}) const {
    parameters["id"] = id;
    return session.Text(key, parameters);
  }
  void Say(absl::string_view key, const Parameters& parameters = {}) const {
    conversation.Say(Text(key, parameters));
  }
  // Whether the tables of the other commands are shown.
  bool shows() const { return session.options().form == OutputForm::kTable; }
};

// Nothing: the next step may begin. Else the conversation ends with this exit code, and
// the step has said why.
using StepEnd = std::optional<int>;

// M4: the integration, and its flag Active.
absl::StatusOr<StepEnd> SetUpIntegration(const SetupTalk& talk);
// M5 to M8: the connection, saved and tested until nothing FAILED, or nobody minds. As
// long as nothing was exported, the background job is paused: nobody has seen yet what
// it would do.
absl::StatusOr<StepEnd> SetUpConnection(const SetupTalk& talk);
// M9, M10.
absl::StatusOr<StepEnd> SetUpFields(const SetupTalk& talk);
// M11, M12.
absl::StatusOr<StepEnd> SetUpEvents(const SetupTalk& talk);
// M13. Nothing to do once something was exported.
absl::StatusOr<StepEnd> SetUpMatch(const SetupTalk& talk);
// M14: shows a dry run and exports after a yes.
absl::StatusOr<StepEnd> SetUpExport(const SetupTalk& talk);
// M21.
absl::StatusOr<StepEnd> SetUpSchedule(const SetupTalk& talk);

// Whether an export of the integration to its present portal has ended well.
absl::StatusOr<bool> WasExported(const SetupTalk& talk);

}  // namespace guestbridge::cli
