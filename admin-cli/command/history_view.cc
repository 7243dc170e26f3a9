#include "admin-cli/command/history_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"

namespace guestbridge::cli {
namespace {

std::string NumberText(int64_t number) {
  return number == 0 ? "" : std::to_string(number);
}

std::string DetailsOf(const Session& session, const v1::HistoryEntry& entry) {
  std::vector<std::string> parts;
  if (entry.fields_size() > 0) parts.push_back(absl::StrJoin(entry.fields(), ", "));
  if (!entry.message().empty()) {
    parts.push_back(entry.kind() == v1::HistoryEntry::FAILED
                        ? absl::StrCat(entry.reason(), ": ", entry.message())
                        : entry.message());
  }
  if (entry.earlier_portal()) parts.push_back(session.Text("ON_EARLIER_PORTAL"));
  return absl::StrJoin(parts, "; ");
}

}  // namespace

void PrintHistory(Session& session, const std::vector<v1::HistoryEntry>& entries) {
  Table table({session.Text("HEAD_TIME"), session.Text("HEAD_DONE"),
               session.Text("HEAD_RUN"), session.Text("HEAD_VERSION"),
               session.Text("HEAD_CONTACT"), session.Text("HEAD_DETAILS")});
  for (const v1::HistoryEntry& entry : entries) {
    table.Add({TimeText(session, entry.has_time(), entry.time()),
               {session.Name("DONE", v1::HistoryEntry::Kind_Name(entry.kind())),
                entry.kind() == v1::HistoryEntry::FAILED ? Color::kBad : Color::kNone},
               entry.run().substr(entry.run().rfind('/') + 1),
               NumberText(entry.mapping_version()),
               NumberText(entry.contact()),
               DetailsOf(session, entry)});
  }
  table.Print(session.style(), session.out());
}

void PrintReceipt(Session& session, const v1::ErasureReceipt& receipt) {
  session.Say("CLIENT_FORGOTTEN");
  Facts facts;
  facts.Add(session.Text("RECEIPT"), receipt.client_hash());
  facts.Add(session.Text("ERASED_AT"),
            TimeText(session, receipt.has_erase_time(), receipt.erase_time()));
  facts.Add(session.Text("REMOVED"),
            session.Text("REMOVED_COUNTS",
                         {{"records", absl::StrCat(receipt.ledger_records())},
                          {"history", absl::StrCat(receipt.history_entries())},
                          {"pairs", absl::StrCat(receipt.pair_notes())},
                          {"write_backs", absl::StrCat(receipt.write_backs())},
                          {"failures", absl::StrCat(receipt.failures())}}));
  if (receipt.deleted_contacts_size() > 0) {
    facts.Add(session.Text("CONTACTS_DELETED"),
              absl::StrJoin(receipt.deleted_contacts(), ", "));
  }
  facts.Print(session.style(), session.out());
  session.Say("LEFT_ELSEWHERE");
  for (const v1::Explanation& left : receipt.left()) {
    PrintWrapped(TextOf(left), 2, session.style(), session.out());
  }
  session.Say("KEEP_RECEIPT");
}

}  // namespace guestbridge::cli
