#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/json.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "guestbridge/v1/audit.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::AuditService::Stub;

constexpr int64_t kMostListed = 100000;
constexpr size_t kShownChanges = 5;

// "2026-01-31", "2026-01-31T03:00:00+03:00", or an age: "24h".
absl::StatusOr<absl::Time> ParseMoment(const Session& session, absl::string_view flag,
                                       const std::string& text,
                                       const Environment& environment) {
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &problem) ||
      absl::ParseTime("%Y-%m-%d", text, environment.zone, &time, &problem)) {
    return time;
  }
  const absl::StatusOr<absl::Duration> age = ParseDuration(flag, text);
  if (age.ok()) return environment.clock.Now() - *age;
  return MakeError("USAGE_BAD_VALUE", {{"flag", std::string(flag)},
                                       {"value", text},
                                       {"expected", session.Text("EXPECTED_MOMENT")}});
}

absl::Status PutTime(Session& session, const Arguments& arguments,
                     absl::string_view flag, google::protobuf::Timestamp* to) {
  GB_ASSIGN_OR_RETURN(
      const absl::Time time,
      ParseMoment(session, flag, arguments.Get(flag), session.environment()));
  *to = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
      absl::ToUnixMicros(time));
  return absl::OkStatus();
}

absl::StatusOr<v1::ListAuditRecordsRequest> RequestOf(Session& session,
                                                      const Arguments& arguments) {
  v1::ListAuditRecordsRequest request;
  request.set_principal(arguments.Get("--principal"));
  request.set_resource(arguments.Get("--resource"));
  request.set_method(arguments.Get("--method"));
  if (arguments.Has("--since")) {
    GB_RETURN_IF_ERROR(
        PutTime(session, arguments, "--since", request.mutable_start_time()));
  }
  if (arguments.Has("--until")) {
    GB_RETURN_IF_ERROR(
        PutTime(session, arguments, "--until", request.mutable_end_time()));
  }
  if (arguments.Has("--denied")) request.set_outcome(v1::AuditRecord::DENIED);
  return request;
}

// An agent's id has its name already.
bool IsNamedApart(const v1::AuditRecord& record) {
  return !record.principal_name().empty() &&
         !absl::EndsWith(record.principal(),
                         absl::StrCat("/", record.principal_name()));
}

std::string TextBelow(const Session& session, const v1::AuditRecord& record) {
  std::vector<std::string> lines;
  for (const v1::AuditChange& change : record.changes()) {
    if (lines.size() == kShownChanges) break;
    const std::string where =
        change.resource().empty()
            ? change.field()
            : absl::StrCat(change.resource(), change.field().empty() ? "" : " ",
                           change.field());
    lines.push_back(change.before().empty()
                        ? absl::StrCat(where, ": ", change.after())
                        : absl::StrCat(where, ": ", change.before(), " → ",
                                       change.after().empty() ? "—" : change.after()));
  }
  const int more =
      record.changes_size() + record.omitted_changes() - static_cast<int>(lines.size());
  if (more > 0) {
    lines.push_back(
        session.Text("AUDIT_MORE_CHANGES", {{"count", absl::StrCat(more)}}));
  }
  if (record.count() > 1) {
    lines.push_back(
        session.Text("AUDIT_TIMES", {{"count", absl::StrCat(record.count())}}));
  }
  // Whole, as `--principal` takes it.
  std::string text = IsNamedApart(record) ? record.principal() : "";
  for (const std::string& line : lines) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", line);
  }
  return text;
}

std::string ShortMethod(const std::string& method) {
  return method.substr(method.rfind('/') + 1);
}

absl::StatusOr<int> List(Session& session, const Arguments& arguments) {
  GB_ASSIGN_OR_RETURN(v1::ListAuditRecordsRequest request,
                      RequestOf(session, arguments));
  int64_t limit = 50;
  if (arguments.Has("--limit")) {
    GB_ASSIGN_OR_RETURN(
        limit, ParseNumber("--limit", arguments.Get("--limit"), 1, kMostListed));
  }
  std::vector<v1::AuditRecord> all;
  do {
    request.set_page_size(static_cast<int32_t>(
        std::min<int64_t>(limit - static_cast<int64_t>(all.size()), 1000)));
    GB_ASSIGN_OR_RETURN(const auto page,
                        session.Call(&Stub::ListAuditRecords, request));
    all.insert(all.end(), page.records().begin(), page.records().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && static_cast<int64_t>(all.size()) < limit);
  if (session.PrintDocuments(all)) return 0;
  session.Say("AUDIT_RECORDS", {{"count", absl::StrCat(all.size())}});
  if (!all.empty()) {
    Table table({session.Text("HEAD_TIME"), session.Text("HEAD_PRINCIPAL"),
                 session.Text("HEAD_METHOD"), session.Text("HEAD_OUTCOME"),
                 session.Text("HEAD_RESOURCE"), ""});
    table.TextBelow();
    for (const v1::AuditRecord& record : all) {
      const bool denied = record.outcome() == v1::AuditRecord::DENIED;
      table.Add({session.TimeToTheMinute(TimeOf(record.time())),
                 IsNamedApart(record) ? record.principal_name() : record.principal(),
                 ShortMethod(record.method()),
                 {denied ? record.reason() : session.Text("AUDIT_ALLOWED"),
                  denied ? Color::kBad : Color::kNone},
                 record.resource(),
                 TextBelow(session, record)});
    }
    table.Print(session.style(), session.out());
  }
  session.Say("NEXT_AUDIT_EXPORT");
  return 0;
}

// For its owner alone: who does what is nobody else's business.
class OutputFile {
 public:
  explicit OutputFile(const std::string& name)
      : file_(open(name.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC,
                   S_IRUSR | S_IWUSR)) {}
  ~OutputFile() {
    if (file_ >= 0) close(file_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool Write(absl::string_view text) {
    while (file_ >= 0 && !text.empty()) {
      const ssize_t written = write(file_, text.data(), text.size());
      if (written <= 0) return false;
      text.remove_prefix(static_cast<size_t>(written));
    }
    return file_ >= 0;
  }
  bool Close() { return file_ >= 0 && close(std::exchange(file_, -1)) == 0; }

 private:
  int file_;
};

absl::StatusOr<int> Export(Session& session, const Arguments& arguments) {
  GB_ASSIGN_OR_RETURN(v1::ListAuditRecordsRequest request,
                      RequestOf(session, arguments));
  request.set_page_size(1000);
  request.set_oldest_first(true);
  const std::string name = arguments.Get("--out");
  const bool to_file = !name.empty() && name != "-";
  std::unique_ptr<OutputFile> file;
  bool written = true;
  if (to_file) {
    file = std::make_unique<OutputFile>(name);
    written = file->Write("");
  }
  int64_t records = 0;
  do {
    if (!written) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", name}});
    GB_ASSIGN_OR_RETURN(const auto page,
                        session.Call(&Stub::ListAuditRecords, request));
    for (const v1::AuditRecord& record : page.records()) {
      GB_ASSIGN_OR_RETURN(const std::string line, ToJsonLine(record));
      if (to_file) {
        written = written && file->Write(line);
      } else {
        session.out() << line;
      }
      ++records;
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!to_file) return 0;
  if (!written || !file->Close()) {
    return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", name}});
  }
  if (session.PrintDocument(absl::StrCat("{\"records\":", records, "}"))) return 0;
  session.Say("AUDIT_EXPORTED", {{"count", absl::StrCat(records)}, {"file", name}});
  session.Say("NEXT_AUDIT_VERIFY");
  return 0;
}

absl::StatusOr<int> Verify(Session& session, const Arguments&) {
  GB_ASSIGN_OR_RETURN(const auto answer,
                      session.Call(&Stub::VerifyAudit, v1::VerifyAuditRequest()));
  const bool whole = answer.defect() == v1::VerifyAuditResponse::DEFECT_UNSPECIFIED;
  if (session.PrintDocument(answer)) return whole ? 0 : 1;
  const Parameters parameters = {{"count", absl::StrCat(answer.records())},
                                 {"number", absl::StrCat(answer.defect_number())}};
  session.Say(whole ? "AUDIT_WHOLE" : "AUDIT_BROKEN", parameters);
  Facts facts;
  if (!whole) {
    facts.Add(session.Text("AUDIT_DEFECT"),
              session.Name("AUDIT_DEFECT",
                           v1::VerifyAuditResponse::Defect_Name(answer.defect())),
              Color::kBad);
  }
  facts.Add(session.Text("AUDIT_LAST_NUMBER"), absl::StrCat(answer.last_number()));
  facts.Add(session.Text("AUDIT_LAST_HASH"), answer.last_hash());
  facts.Print(session.style(), session.out());
  session.Say(whole ? "NEXT_AUDIT_KEEP_HASH" : "NEXT_AUDIT_BROKEN");
  return whole ? 0 : 1;
}

std::vector<Argument> Filters() {
  return {{"--principal", "NAME", "FLAG_AUDIT_PRINCIPAL"},
          {"--resource", "NAME", "FLAG_AUDIT_RESOURCE"},
          {"--method", "RPC", "FLAG_AUDIT_METHOD"},
          {"--since", "TIME", "FLAG_AUDIT_SINCE"},
          {"--until", "TIME", "FLAG_AUDIT_UNTIL"},
          {"--denied", "", "FLAG_AUDIT_DENIED"}};
}

std::vector<Argument> FiltersAnd(Argument argument) {
  std::vector<Argument> flags = Filters();
  flags.push_back(std::move(argument));
  return flags;
}

}  // namespace

std::vector<Command> AuditCommands() {
  return {
      {"audit",
       "list",
       "HELP_AUDIT_LIST",
       {},
       FiltersAnd({"--limit", "N", "FLAG_AUDIT_LIMIT"}),
       {"guestbridge audit list --resource integrations/main --since 24h",
        "guestbridge audit list --denied"},
       List},
      {"audit",
       "export",
       "HELP_AUDIT_EXPORT",
       {},
       FiltersAnd({"--out", "FILE", "FLAG_AUDIT_OUT"}),
       {"guestbridge audit export --out audit.jsonl"},
       Export},
      {"audit",
       "verify",
       "HELP_AUDIT_VERIFY",
       {},
       {},
       {"guestbridge audit verify"},
       Verify,
       kFarTimeout},
  };
}

}  // namespace guestbridge::cli
