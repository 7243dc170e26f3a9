#include <string>
#include <vector>

#include "common/text/utf8.h"
#include "sync-agent/mapping/date.h"
#include "sync-agent/mapping/text_rules.h"
#include "sync-agent/mapping/transform.h"
#include "sync-agent/plan/match_values.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

using agent::Transform;
using agent::TransformKind;

bool IsValid(absl::string_view text) { return ToValidUtf8(text) == text; }

// Well-formed, and the same when done twice.
template <typename Change>
void CheckSettles(const std::string& text, const Change& change) {
  const std::string once(change(text));
  GB_PROMISE(IsValid(once));
  GB_PROMISE(std::string(change(once)) == once);
}

std::string Apply(const Transform& transform, const std::string& text) {
  std::vector<std::string> values = {text};
  agent::ApplyTransform(
      transform, [&text](const std::string&) { return text; }, &values);
  return agent::JoinValues(values, " ");
}

}  // namespace

void RunContactText(absl::string_view bytes) {
  Dealer dealer(bytes);
  const size_t length = 1 + dealer.Below(60);
  const std::string text = ToValidUtf8(dealer.Rest());
  GB_PROMISE(IsValid(text));
  GB_PROMISE(IsValid(CutUtf8(text, length)) && CutUtf8(text, length).size() <= length);

  const std::string raw(dealer.Rest());
  GB_PROMISE(!agent::IsPlain(raw) ||
             (IsValid(raw) && agent::RemoveControls(raw, false) == raw));
  for (const bool keep_lines : {false, true}) {
    CheckSettles(text, [&](const std::string& t) {
      return agent::RemoveControls(t, keep_lines);
    });
  }
  CheckSettles(text, [](const std::string& t) { return agent::TrimEnds(t); });
  CheckSettles(text, [](const std::string& t) { return agent::ToUpper(t); });
  CheckSettles(text, [](const std::string& t) { return agent::ToLower(t); });
  CheckSettles(text, [](const std::string& t) { return agent::ToTitle(t); });
  CheckSettles(text,
               [&](const std::string& t) { return agent::CutCharacters(t, length); });
  GB_PROMISE(agent::CountCharacters(agent::CutCharacters(text, length)) <= length);

  for (const TransformKind kind :
       {TransformKind::kTrim, TransformKind::kUpper, TransformKind::kLower,
        TransformKind::kTitle, TransformKind::kTruncate, TransformKind::kDigits}) {
    CheckSettles(text, [&](const std::string& t) {
      Transform transform;
      transform.kind = kind;
      transform.length = length;
      return Apply(transform, t);
    });
  }
  Transform yes_no;
  yes_no.kind = TransformKind::kYesNo;
  const std::string answer = Apply(yes_no, text);
  GB_PROMISE(answer.empty() || answer == "Y" || answer == "N");
  for (const char* region : {"", "RU", "DE"}) agent::MatchPhones(text, region);
  agent::MatchEmails(text);
  agent::NameWords(text);
  const auto transform = agent::ParseTransform(text);
  if (transform.ok()) GB_PROMISE(IsValid(Apply(*transform, text)));
}

}  // namespace guestbridge::fuzz
