#include "common/text/catalogue.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/text/areas.h"
#include "common/text/reason_area.h"

namespace guestbridge {
namespace {

struct Index {
  std::vector<const ReasonText*> all;
  absl::flat_hash_map<absl::string_view, const ReasonText*> by_reason;

  std::vector<ReasonArea> areas;

  void Add(absl::string_view name, absl::Span<const ReasonText> texts) {
    ReasonArea area = {name, {}};
    for (const ReasonText& text : texts) {
      all.push_back(&text);
      by_reason.emplace(text.reason, &text);
      if (!IsLabel(text)) area.reasons.push_back(&text);
    }
    areas.push_back(std::move(area));
  }
};

const Index& GetIndex() {
  static const Index* const index = [] {
    auto* built = new Index;
    built->Add("CONNECTION", text_areas::Connection());
    built->Add("PORTAL", text_areas::Portal());
    built->Add("SOURCE", text_areas::Source());
    built->Add("MAPPING", text_areas::Mapping());
    built->Add("EXPORT", text_areas::Export());
    built->Add("VALUE", text_areas::Value());
    built->Add("MATCH", text_areas::Match());
    built->Add("API", text_areas::Api());
    built->Add("DATABASE", text_areas::Database());
    built->Add("IDENTITY", text_areas::Identity());
    built->Add("ENROLLMENT", text_areas::Enrollment());
    built->Add("COMMON", text_areas::Common());
    built->Add("COMMAND", text_areas::Command());
    return built;
  }();
  return *index;
}

// A remedy names its command with the integration; where nobody knows which one, as the
// commands' help writes it.
constexpr absl::string_view kIntegration = "integration";
constexpr absl::string_view kSomeIntegration = "ID";
// A reason that is kept without its parameters is still a sentence.
constexpr absl::string_view kUnknown = "…";

std::string Fill(absl::string_view text, const Parameters& parameters) {
  std::string out;
  out.reserve(text.size() + 32);
  while (!text.empty()) {
    const size_t open = text.find('{');
    if (open == absl::string_view::npos) break;
    const size_t close = text.find('}', open);
    if (close == absl::string_view::npos) break;
    absl::StrAppend(&out, text.substr(0, open));
    const std::string name(text.substr(open + 1, close - open - 1));
    const auto it = parameters.find(name);
    if (it != parameters.end()) {
      out.append(it->second);
    } else if (name == kIntegration) {
      absl::StrAppend(&out, kSomeIntegration);
    } else {
      absl::StrAppend(&out, kUnknown);
    }
    text.remove_prefix(close + 1);
  }
  absl::StrAppend(&out, text);
  return out;
}

}  // namespace

const ReasonText* FindReason(absl::string_view reason) {
  const auto& by_reason = GetIndex().by_reason;
  const auto it = by_reason.find(reason);
  return it == by_reason.end() ? nullptr : it->second;
}

absl::Span<const ReasonText* const> AllReasons() { return GetIndex().all; }

bool IsLabel(const ReasonText& text) { return absl::StartsWith(text.reason, "LABEL_"); }

absl::Span<const ReasonArea> ReasonAreas() { return GetIndex().areas; }

std::string RenderMessage(absl::string_view reason, const Parameters& parameters,
                          Language language) {
  const ReasonText* text = FindReason(reason);
  if (text == nullptr) return std::string(reason);
  return Fill(language == Language::kRussian ? text->message_ru : text->message_en,
              parameters);
}

std::string RenderRemedy(absl::string_view reason, const Parameters& parameters,
                         Language language) {
  const ReasonText* text = FindReason(reason);
  if (text == nullptr) return "";
  return Fill(language == Language::kRussian ? text->remedy_ru : text->remedy_en,
              parameters);
}

Language ParseLanguage(absl::string_view tag) {
  return absl::StartsWithIgnoreCase(tag, "ru") ? Language::kRussian
                                               : Language::kEnglish;
}

}  // namespace guestbridge
