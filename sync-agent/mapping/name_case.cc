#include "sync-agent/mapping/name_case.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

bool IsApostrophe(char32_t c) { return c == '\'' || c == 0x2019 || c == 0x2bc; }

// A combining mark goes with its letter; a hyphen begins a new word.
bool IsOfWord(char32_t c) {
  return IsLetter(c) || IsApostrophe(c) || (c >= 0x300 && c <= 0x36f) || c == 0xdf ||
         (c >= '0' && c <= '9');
}

template <size_t kCount>
bool IsOneOf(absl::string_view word, const absl::string_view (&words)[kCount]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Before a family name. "Ван", "Ле", "Ди" are also names of their own in the East and
// so no particles here, but for "ван дер" and its like.
constexpr absl::string_view kBefore[] = {
    "де", "дер", "ден", "фон", "цу", "ибн", "бин", "дель", "делла", "дос", "душ", "дю",
    "de", "der", "den", "von", "zu", "ibn", "bin", "del",  "della", "dos", "du"};
constexpr absl::string_view kBeforeHyphen[] = {"аль", "эль", "al", "el"};
constexpr absl::string_view kDutch[] = {"ван", "van"};
constexpr absl::string_view kAfterDutch[] = {"де", "дер", "ден", "de", "der", "den"};
constexpr absl::string_view kAfter[] = {"оглы", "оглу", "кызы", "гызы", "заде",
                                        "ogly", "oglu", "kyzy", "qizi", "zade"};
constexpr absl::string_view kNumerals[] = {"ii", "iii", "iv"};
// After an apostrophe these are read with it: "В'ячеслав" is one name.
constexpr absl::string_view kIotated[] = {"я", "ю", "є", "ї"};

struct Piece {
  absl::string_view text;
  bool is_word = false;
  std::string lower;  // of a word
};

std::vector<Piece> PiecesOf(absl::string_view text) {
  std::vector<Piece> pieces;
  size_t start = 0;
  size_t at = 0;
  bool in_word = false;
  const auto finish = [&] {
    if (at == start) return;
    const absl::string_view piece = text.substr(start, at - start);
    pieces.push_back({piece, in_word, in_word ? ToLower(piece) : ""});
    start = at;
  };
  while (at < text.size()) {
    const CodePoint point = FirstCodePoint(text.substr(at));
    // An apostrophe belongs to a word that it stands within.
    const bool word = IsApostrophe(point.value) ? in_word : IsOfWord(point.value);
    if (word != in_word) {
      finish();
      in_word = word;
    }
    at += point.bytes;
  }
  finish();
  return pieces;
}

std::string Capitalized(const std::string& lower) {
  std::string word = ToTitle(lower);
  const size_t first = FirstCodePoint(word).bytes;
  const CodePoint second = FirstCodePoint(absl::string_view(word).substr(first));
  size_t capital = 0;
  if (IsApostrophe(second.value)) {
    capital = first + second.bytes;
    const size_t bytes = FirstCodePoint(absl::string_view(word).substr(capital)).bytes;
    if (IsOneOf(absl::string_view(word).substr(capital, bytes), kIotated)) return word;
  } else if (lower.rfind("mc", 0) == 0 && CountCharacters(lower) >= 5) {
    capital = 2;
  } else {
    return word;
  }
  return word.substr(0, capital) + ToTitle(word.substr(capital));
}

// The neighbouring word, or none.
const Piece* Neighbour(const std::vector<Piece>& pieces, size_t i, int step) {
  for (i += static_cast<size_t>(step); i < pieces.size();
       i += static_cast<size_t>(step)) {
    if (pieces[i].is_word) return &pieces[i];
  }
  return nullptr;
}

std::string Recased(const std::vector<Piece>& pieces, size_t i) {
  const Piece& piece = pieces[i];
  const std::string upper = ToUpper(piece.text);
  if (piece.text != upper && piece.text != piece.lower) return std::string(piece.text);
  const Piece* before = Neighbour(pieces, i, -1);
  const Piece* after = Neighbour(pieces, i, 1);
  const bool hyphen_follows = i + 1 < pieces.size() && pieces[i + 1].text == "-";
  const bool particle =
      (after != nullptr && IsOneOf(piece.lower, kBefore)) ||
      (after != nullptr && hyphen_follows && IsOneOf(piece.lower, kBeforeHyphen)) ||
      (after != nullptr && IsOneOf(piece.lower, kDutch) &&
       IsOneOf(after->lower, kAfterDutch)) ||
      (before != nullptr && IsOneOf(piece.lower, kAfter));
  if (particle) return piece.lower;
  if (before != nullptr && IsOneOf(piece.lower, kNumerals)) return upper;
  return Capitalized(piece.lower);
}

}  // namespace

std::string ToNameCase(absl::string_view text) {
  const std::vector<Piece> pieces = PiecesOf(text);
  std::string name;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].is_word) {
      name += Recased(pieces, i);
    } else {
      name.append(pieces[i].text.data(), pieces[i].text.size());
    }
  }
  return name;
}

}  // namespace guestbridge::agent
