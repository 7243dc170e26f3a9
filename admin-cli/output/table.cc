#include "admin-cli/output/table.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin-cli/output/display_text.h"

namespace guestbridge::cli {
namespace {

constexpr int kGap = 2;
constexpr int kIndent = 2;
constexpr int kNarrowest = 6;       // A column gives way down to this.
constexpr int kNarrowestLast = 20;  // The last one is wrapped: it needs room for words.

absl::string_view Code(Color color) {
  switch (color) {
    case Color::kGood:
      return "\033[32m";
    case Color::kWarning:
      return "\033[33m";
    case Color::kBad:
      return "\033[31m";
    case Color::kFaint:
      return "\033[2m";
    case Color::kNone:
      break;
  }
  return "";
}

std::string Spaces(int count) {
  return std::string(static_cast<size_t>(std::max(0, count)), ' ');
}

std::string DashIfEmpty(absl::string_view text) {
  return text.empty() ? "—" : Printable(text);
}

}  // namespace

std::string Paint(const Style& style, Color color, absl::string_view text) {
  if (!style.color || color == Color::kNone) return std::string(text);
  return absl::StrCat(Code(color), text, "\033[0m");
}

std::vector<int> Table::Widths(size_t columns, int width) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns; ++i) {
    int widest = DisplayWidth(headings_[i]);
    for (const auto& row : rows_) {
      widest = std::max(widest, DisplayWidth(DashIfEmpty(row[i].text)));
    }
    widths.push_back(widest);
  }
  const int room = width - kIndent - kGap * (static_cast<int>(columns) - 1);
  int excess = std::accumulate(widths.begin(), widths.end(), 0) - room;
  if (excess > 0) {
    int& last = widths.back();
    const int give = std::clamp(last - kNarrowestLast, 0, excess);
    last -= give;
    excess -= give;
  }
  while (excess > 0) {
    int* widest = nullptr;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (kept_.count(i) > 0 || widths[i] <= kNarrowest) continue;
      if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
    --excess;
  }
  return widths;
}

void Table::Print(const Style& style, std::ostream& out) const {
  const size_t columns = headings_.size() - (text_below_ ? 1 : 0);
  const std::vector<int> widths = Widths(columns, style.width);
  const size_t last = columns - 1;
  std::string line = Spaces(kIndent);
  for (size_t i = 0; i <= last; ++i) {
    const std::string heading =
        kept_.count(i) > 0 ? headings_[i] : CutToWidth(headings_[i], widths[i]);
    absl::StrAppend(&line, i == last ? heading : PadToWidth(heading, widths[i] + kGap));
  }
  out << Paint(style, Color::kFaint, line) << '\n';
  for (const auto& row : rows_) {
    line = Spaces(kIndent);
    for (size_t i = 0; i < last; ++i) {
      const std::string text = CutToWidth(DashIfEmpty(row[i].text), widths[i]);
      absl::StrAppend(&line, Paint(style, row[i].color, text),
                      Spaces(widths[i] + kGap - DisplayWidth(text)));
    }
    const int start = kIndent + std::accumulate(widths.begin(), widths.end() - 1, 0) +
                      kGap * static_cast<int>(last);
    const auto parts = WrapToWidth(DashIfEmpty(row[last].text), widths[last]);
    PrintBeside(line, start, parts, row[last].color, style, out);
    if (text_below_ && !row[columns].text.empty()) {
      PrintWrapped(row[columns].text, 2 * kIndent, style, out);
    }
  }
}

void Facts::Add(std::string name, std::string value, Color color) {
  facts_.push_back({std::move(name), std::move(value), color});
}

void Facts::Print(const Style& style, std::ostream& out) const {
  int name_width = 0;
  for (const Fact& fact : facts_) {
    name_width = std::max(name_width, DisplayWidth(fact.name));
  }
  name_width = std::min(name_width, style.width / 2);
  const int start = kIndent + name_width + kGap;
  for (const Fact& fact : facts_) {
    const std::string lead =
        absl::StrCat(Spaces(kIndent),
                     PadToWidth(CutToWidth(fact.name, name_width), name_width + kGap));
    const auto lines = WrapToWidth(DashIfEmpty(fact.value), style.width - start);
    PrintBeside(lead, start, lines, fact.color, style, out);
  }
}

void PrintBeside(absl::string_view lead, int start,
                 const std::vector<std::string>& lines, Color color, const Style& style,
                 std::ostream& out) {
  bool led = false;
  for (const std::string& line : lines) {
    const int indent = std::clamp(style.width - DisplayWidth(line), 0, start);
    const absl::string_view words = absl::StripTrailingAsciiWhitespace(lead);
    if (!led && indent < start && !words.empty()) out << words << '\n';
    if (!led && indent == start) {
      out << lead;
    } else {
      out << Spaces(indent);
    }
    led = true;
    out << Paint(style, color, line) << '\n';
  }
}

void PrintWrapped(absl::string_view text, int indent, const Style& style,
                  std::ostream& out) {
  PrintBeside(Spaces(indent), indent,
              WrapToWidth(Printable(text), style.width - indent), Color::kNone, style,
              out);
}

}  // namespace guestbridge::cli
