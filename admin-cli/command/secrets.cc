#include <algorithm>
#include <string>
#include <vector>

#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/secret.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::SecretService::Stub;

Cell StateCell(const Session& session, const v1::EncryptionKey& key) {
  std::string state = session.Text(key.current()       ? "KEY_CURRENT"
                                   : key.retirable()   ? "KEY_RETIRABLE"
                                   : key.number() == 0 ? "KEY_UNUSED"
                                                       : "KEY_BEFORE");
  // A key that nobody needs may be away.
  if (key.available() || key.retirable()) {
    return {state, key.current() ? Color::kGood : Color::kNone};
  }
  return {session.Text("KEY_AWAY", {{"state", state}}), Color::kBad};
}

void Print(Session& session, const v1::SecretStatus& status) {
  const bool done = status.waiting() == 0;
  session.Say(done ? "SECRETS_ALL_UNDER_KEY" : "SECRETS_WAITING",
              {{"count", std::to_string(status.secrets())},
               {"waiting", std::to_string(status.waiting())}});
  if (status.damaged() > 0) {
    session.Say("SECRETS_DAMAGED", {{"count", std::to_string(status.damaged())}});
  }
  Table table({session.Text("HEAD_NUMBER"), session.Text("HEAD_KEY_ID"),
               session.Text("HEAD_STATE"), session.Text("HEAD_KEY_SECRETS"),
               session.Text("HEAD_KEY_SINCE")});
  for (const v1::EncryptionKey& key : status.keys()) {
    table.Add({key.number() == 0 ? "" : std::to_string(key.number()), key.key_id(),
               StateCell(session, key), std::to_string(key.secrets()),
               TimeText(session, key.has_use_time(), key.use_time())});
  }
  table.Print(session.style(), session.out());
  const bool retirable =
      std::any_of(status.keys().begin(), status.keys().end(),
                  [](const v1::EncryptionKey& key) { return key.retirable(); });
  session.Say(!done       ? "NEXT_SECRETS_STATUS"
              : retirable ? "NEXT_SECRETS_RETIRE"
                          : "NEXT_SECRETS_ROTATE");
}

absl::StatusOr<int> Status(Session& session, const Arguments&) {
  GB_ASSIGN_OR_RETURN(const auto status, session.Call(&Stub::GetSecretStatus,
                                                      v1::GetSecretStatusRequest()));
  if (!session.PrintDocument(status)) Print(session, status);
  return 0;
}

absl::StatusOr<int> Rotate(Session& session, const Arguments&) {
  GB_ASSIGN_OR_RETURN(const auto status,
                      session.Call(&Stub::RotateKey, v1::RotateKeyRequest()));
  if (session.PrintDocument(status)) return 0;
  for (const v1::EncryptionKey& key : status.keys()) {
    if (key.current()) session.Say("SECRETS_KEY_IS_NEW", {{"key", key.key_id()}});
  }
  Print(session, status);
  return 0;
}

}  // namespace

std::vector<Command> SecretsCommands() {
  return {
      {"secrets",
       "status",
       "HELP_SECRETS_STATUS",
       {},
       {},
       {"guestbridge secrets status"},
       Status,
       // A command that asks a KMS may take half a minute, more than once.
       kFarTimeout},
      {"secrets",
       "rotate",
       "HELP_SECRETS_ROTATE",
       {},
       {},
       {"guestbridge secrets rotate"},
       Rotate,
       kFarTimeout},
  };
}

}  // namespace guestbridge::cli
