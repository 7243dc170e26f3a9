#include "admin-cli/output/error_report.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "admin-cli/output/display_text.h"
#include "common/status/error.h"

namespace guestbridge::cli {
namespace {

constexpr int kIndent = 2;

void PrintFact(absl::string_view name, absl::string_view text, const Style& style,
               std::ostream& out) {
  const std::string lead = absl::StrCat(std::string(kIndent, ' '), name, ": ");
  const int start = DisplayWidth(lead);
  const auto lines = WrapToWidth(Printable(text), style.width - start);
  PrintBeside(lead, start, lines, Color::kNone, style, out);
}

bool IsFaultOfCommandLine(absl::string_view reason) {
  for (absl::string_view prefix :
       {"USAGE_", "SECRET_FILE_", "TOKEN_FILE_", "TLS_CA_"}) {
    if (absl::StartsWith(reason, prefix)) return true;
  }
  return false;
}

}  // namespace

std::string Label(Language language, absl::string_view key,
                  const Parameters& parameters) {
  return RenderMessage(absl::StrCat("LABEL_", key), parameters, language);
}

bool HasLabel(absl::string_view key) {
  return FindReason(absl::StrCat("LABEL_", key)) != nullptr;
}

void PrintError(const absl::Status& error, absl::string_view subject, Language language,
                const Style& style, std::ostream& out) {
  const Explanation why = Explain(error, language);
  const std::string lead = absl::StrCat(Label(language, "ERROR"), ": ");
  const std::string head = Printable(
      subject.empty() ? why.message : absl::StrCat(subject, ": ", why.message));
  const auto lines = WrapToWidth(head, style.width - DisplayWidth(lead));
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == 0) {
      out << Paint(style, Color::kBad, lead) << lines[i] << '\n';
    } else {
      out << std::string(kIndent, ' ') << lines[i] << '\n';
    }
  }
  if (!why.reason.empty()) {
    PrintFact(Label(language, "ERROR_REASON"), why.reason, style, out);
  }
  for (const FieldViolation& violation : ViolationsOf(error)) {
    // The message itself is the description of the field that it is about.
    const bool same = violation.description == error.message() ||
                      violation.description == why.message;
    PrintFact(Label(language, "ERROR_FIELD"),
              same ? violation.field
                   : absl::StrCat(violation.field, " — ", violation.description),
              style, out);
  }
  if (!why.remedy.empty()) {
    PrintFact(Label(language, "ERROR_REMEDY"), why.remedy, style, out);
  }
}

int ExitCodeOf(const absl::Status& error) {
  const std::string reason = ReasonOf(error);
  if (reason == "INTERRUPTED" || reason == "INPUT_ENDED") return 130;
  if (IsFaultOfCommandLine(reason)) return 2;
  switch (error.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kNotFound:
      return 3;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kResourceExhausted:
      return 4;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return 5;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return 6;
    default:
      return 1;
  }
}

}  // namespace guestbridge::cli
