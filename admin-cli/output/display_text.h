#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Text for a terminal: measured, cut and wrapped by the columns that it takes, and
// harmless whoever wrote it.
namespace guestbridge::cli {

// Columns that `text` takes on a terminal: East Asian wide characters and emoji take
// two, combining marks and zero-width characters none. Bytes that are not UTF-8 take
// one each.
int DisplayWidth(absl::string_view text);

// `text` without anything a terminal would obey or be misled by: control characters
// (C0, DEL, C1), bidirectional overrides and bytes that are not UTF-8 are written out
// as \n, \t, \x1B, \u202E.
std::string Printable(absl::string_view text);

// A value as a person can see all of it: where blanks at an end, several in a row, or
// other white space would not be seen, it stands between `open` and `close`, and these
// are shown as ␣, a non-breaking space as ⍽, a tab as ⇥, a line break as ↵. Any other
// value as it is.
std::string WithVisibleBlanks(absl::string_view value, absl::string_view open,
                              absl::string_view close);

// Whether WithVisibleBlanks marked any in the `text`.
bool HasVisibleBlanks(absl::string_view text);

// At most `width` columns; what was cut off is shown as `…`.
std::string CutToWidth(absl::string_view text, int width);

// `text` and as many spaces as fill `width` columns.
std::string PadToWidth(absl::string_view text, int width);

// Lines of at most `width` columns, broken at spaces where possible, else after `_` or
// `/` of a long word. At least one line.
// A command (`guestbridge clients retry …`, up to a stop, a quotation mark or words
// that are none of its own) stays in one piece, since half of one that is pasted does
// something else; one that is wider than `width` has a line of its own.
std::vector<std::string> WrapToWidth(absl::string_view text, int width);

}  // namespace guestbridge::cli
