#include "sync-agent/last_run.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

constexpr char kLastRunNote[] = "last-run";  // written before, run in base64

template <typename Message>
bool Names(const Message& message, const std::string& guid) {
  return absl::StrContains(message.SerializeAsString(), guid);
}

template <typename Messages>
void RemoveWhatNames(const std::string& guid, Messages* messages) {
  messages->erase(std::remove_if(messages->begin(), messages->end(),
                                 [&](const auto& one) { return Names(one, guid); }),
                  messages->end());
}

}  // namespace

absl::Status KeepLastRun(Ledger& ledger, const LastRun& last) {
  return ledger.SetNote(kLastRunNote,
                        absl::StrCat(last.written_before, " ",
                                     absl::Base64Escape(last.run.SerializeAsString())));
}

std::optional<LastRun> RecallLastRun(Ledger& ledger) {
  const auto note = ledger.Note(kLastRunNote);
  if (!note.ok()) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(*note, ' ');
  LastRun last;
  std::string bytes;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &last.written_before) ||
      !absl::Base64Unescape(parts[1], &bytes) || !last.run.ParseFromString(bytes)) {
    return std::nullopt;
  }
  return last;
}

absl::Status RemoveFromLastRun(const ClientKey& client, Ledger& ledger) {
  const std::string& guid = client.guid();
  std::optional<LastRun> last = RecallLastRun(ledger);
  if (!last.has_value()) return ledger.SetNote(kLastRunNote, "");
  if (!Names(last->run, guid)) return absl::OkStatus();
  RemoveWhatNames(guid, last->run.mutable_failures());
  RemoveWhatNames(guid, last->run.mutable_notices());
  if (last->run.has_reconcile()) {
    RemoveWhatNames(guid, last->run.mutable_reconcile()->mutable_findings());
  }
  if (last->run.has_forecast()) {
    RemoveWhatNames(guid, last->run.mutable_forecast()->mutable_samples());
  }
  if (Names(last->run, guid)) return ledger.SetNote(kLastRunNote, "");
  return KeepLastRun(ledger, *last);
}

}  // namespace guestbridge::agent
