// Prints docs/errors.md: every reason of the catalogue with its code, message and
// remedy in both languages. Labels (texts that are no reasons) stay out.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/text/catalogue.h"
#include "common/text/reason_area.h"

namespace guestbridge {
namespace {

constexpr absl::string_view kHead =
    R"(<!-- Made from common/text by script/update-errors; a test compares. -->
# Errors and reasons

Every error, check and note of guestbridge carries a reason: stable, in upper case, the
same in both languages and in JSON. What stands in braces is filled in. A reason with a
gRPC code is the error of a call; one without tells of a client, a value, a check or
a run.

У каждой ошибки, проверки и пометки есть причина (код прописными буквами), одинаковая на
обоих языках и в JSON. В фигурных скобках — то, что подставляется.

)";

// A cell of a Markdown table.
std::string Cell(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"|", "\\|"}, {"\n", "<br>"}, {"<", "&lt;"}, {">", "&gt;"}});
}

void Print(const ReasonText& text) {
  std::cout << "### " << text.reason << "\n\n";
  if (text.code != absl::StatusCode::kOk) {
    std::cout << absl::StatusCodeToString(text.code) << "\n\n";
  }
  std::cout << "| what happened | what to do |\n|---|---|\n";
  std::cout << "| " << Cell(text.message_en) << " | " << Cell(text.remedy_en) << " |\n";
  std::cout << "| " << Cell(text.message_ru) << " | " << Cell(text.remedy_ru)
            << " |\n\n";
}

int Main() {
  std::vector<const ReasonText*> reasons;
  for (const ReasonText* text : AllReasons()) {
    if (!IsLabel(*text)) reasons.push_back(text);
  }
  // A person comes with a reason in hand.
  std::sort(
      reasons.begin(), reasons.end(),
      [](const ReasonText* a, const ReasonText* b) { return a->reason < b->reason; });
  std::cout << kHead;
  for (const ReasonText* text : reasons) Print(*text);
  std::cout.flush();
  return std::cout ? 0 : 1;
}

}  // namespace
}  // namespace guestbridge

int main() { return guestbridge::Main(); }
