#pragma once

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace guestbridge::cli {

enum class Color { kNone, kGood, kWarning, kBad, kFaint };

// How to write for people: in how many columns, and whether in colour.
struct Style {
  int width = 80;
  bool color = false;
};

// `text` in a colour, when the style has colours.
std::string Paint(const Style& style, Color color, absl::string_view text);

struct Cell {
  std::string text;  // As it came: Table makes it printable.
  Color color = Color::kNone;

  Cell(std::string value, Color c = Color::kNone)  // NOLINT: {"a", "b"} is a row
      : text(std::move(value)), color(c) {}
  Cell(const char* value) : text(value) {}  // NOLINT
};

// Rows below headings, never wider than the style where that is possible. Columns that
// must give way are cut with `…`, the widest first; the last one is wrapped onto more
// lines instead. The first column names the thing and is never cut, nor is one that is
// told to be kept: a name that lacks its end is of no use in the next command.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  Table& Keep(size_t column) {
    kept_.insert(column);
    return *this;
  }
  // The last column is a text that needs room: it stands in lines of its own below the
  // rest of its row, without a heading, and not at all when it is empty.
  Table& TextBelow() {
    text_below_ = true;
    return *this;
  }
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  void Print(const Style& style, std::ostream& out) const;

 private:
  std::vector<int> Widths(size_t columns, int width) const;

  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
  std::set<size_t> kept_ = {0};
  bool text_below_ = false;
};

// Name and value, a line each; long values are wrapped under themselves.
class Facts {
 public:
  // An empty value is shown as a dash.
  void Add(std::string name, std::string value, Color color = Color::kNone);
  void Print(const Style& style, std::ostream& out) const;

 private:
  struct Fact {
    std::string name;
    std::string value;
    Color color;
  };
  std::vector<Fact> facts_;
};

// `lead`, which takes `start` columns, and `lines` of WrapToWidth beside it; one that
// is too wide to stand there begins further left, on a line of its own.
void PrintBeside(absl::string_view lead, int start,
                 const std::vector<std::string>& lines, Color color, const Style& style,
                 std::ostream& out);

// `text` wrapped, made printable, each line after `indent` spaces.
void PrintWrapped(absl::string_view text, int indent, const Style& style,
                  std::ostream& out);

}  // namespace guestbridge::cli
