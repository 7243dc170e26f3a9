#include "server/mapping/filter.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"

namespace guestbridge::server {
namespace {

using v1::ClientCondition;

constexpr absl::string_view kPunctuation = "=!(),'\"";

bool IsBare(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         kPunctuation.find(c) == absl::string_view::npos;
}

// Reads tokens from the front of what is left.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) { SkipBlanks(); }

  bool at_end() const { return rest_.empty(); }

  bool Take(absl::string_view sign) {
    if (!absl::StartsWith(rest_, sign)) return false;
    rest_.remove_prefix(sign.size());
    SkipBlanks();
    return true;
  }

  // A word of the grammar, without regard to case.
  bool TakeWord(absl::string_view word) {
    if (!absl::EqualsIgnoreCase(Bare(), word)) return false;
    rest_.remove_prefix(word.size());
    SkipBlanks();
    return true;
  }

  // A name or a value: bare, or in `quote`s with the quote doubled within.
  std::optional<std::string> TakeText(char quote) {
    std::string text;
    if (rest_.empty() || rest_[0] != quote) {
      text = std::string(Bare());
      if (text.empty()) return std::nullopt;
      rest_.remove_prefix(text.size());
      SkipBlanks();
      return text;
    }
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] != quote) {
        text.push_back(rest_[i]);
      } else if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        text.push_back(quote);
        ++i;
      } else {
        rest_.remove_prefix(i + 1);
        SkipBlanks();
        return text;
      }
    }
    return std::nullopt;
  }

  absl::Status Unreadable() const {
    if (rest_.empty()) return MakeFieldError("filter", "FILTER_INCOMPLETE");
    return MakeFieldError("filter", "FILTER_INVALID",
                          {{"near", std::string(CutUtf8(rest_, 40))}});
  }

 private:
  void SkipBlanks() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }
  absl::string_view Bare() const {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsBare);
    return rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
  }

  absl::string_view rest_;
};

absl::Status TakeList(Reader* reader, ClientCondition* condition) {
  if (!reader->Take("(")) return reader->Unreadable();
  do {
    const auto value = reader->TakeText('\'');
    if (!value.has_value() ||
        condition->values_size() >= static_cast<int>(kMostFilterValues)) {
      return reader->Unreadable();
    }
    condition->add_values(*value);
  } while (reader->Take(","));
  return reader->Take(")") ? absl::OkStatus() : reader->Unreadable();
}

absl::Status TakeTest(Reader* reader, ClientCondition* condition) {
  const bool unlike = reader->Take("!=") || reader->Take("<>");
  if (unlike || reader->Take("=")) {
    const auto value = reader->TakeText('\'');
    if (!value.has_value()) return reader->Unreadable();
    condition->add_values(*value);
    condition->set_test(unlike ? ClientCondition::NONE_OF : ClientCondition::ONE_OF);
    return absl::OkStatus();
  }
  if (reader->TakeWord("is")) {
    const bool negated = reader->TakeWord("not");
    if (!reader->TakeWord("empty")) return reader->Unreadable();
    condition->set_test(negated ? ClientCondition::NOT_EMPTY : ClientCondition::EMPTY);
    return absl::OkStatus();
  }
  const bool negated = reader->TakeWord("not");
  if (!reader->TakeWord("in")) return reader->Unreadable();
  condition->set_test(negated ? ClientCondition::NONE_OF : ClientCondition::ONE_OF);
  return TakeList(reader, condition);
}

std::string Quoted(const std::string& text, char quote) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsBare)) return text;
  const std::string one(1, quote);
  return absl::StrCat(one, absl::StrReplaceAll(text, {{one, one + one}}), one);
}

std::string Render(const ClientCondition& condition) {
  const std::string name = Quoted(condition.attribute(), '"');
  const bool negated = condition.test() == ClientCondition::NONE_OF;
  switch (condition.test()) {
    case ClientCondition::EMPTY:
      return absl::StrCat(name, " is empty");
    case ClientCondition::NOT_EMPTY:
      return absl::StrCat(name, " is not empty");
    default:
      break;
  }
  if (condition.values_size() == 1) {
    return absl::StrCat(name, negated ? " != " : " = ",
                        Quoted(condition.values(0), '\''));
  }
  const std::string values = absl::StrJoin(
      condition.values(), ", ", [](std::string* out, const std::string& value) {
        out->append(Quoted(value, '\''));
      });
  return absl::StrCat(name, negated ? " not in (" : " in (", values, ")");
}

}  // namespace

absl::StatusOr<std::vector<ClientCondition>> ParseFilter(absl::string_view text) {
  std::vector<ClientCondition> conditions;
  Reader reader(text);
  if (text.size() > kLongestFilter) return reader.Unreadable();
  if (reader.at_end()) return conditions;
  do {
    ClientCondition condition;
    const auto name = reader.TakeText('"');
    if (!name.has_value() || name->empty() || conditions.size() >= kMostConditions) {
      return reader.Unreadable();
    }
    condition.set_attribute(*name);
    GB_RETURN_IF_ERROR(TakeTest(&reader, &condition));
    condition.set_text(Render(condition));
    conditions.push_back(std::move(condition));
  } while (reader.TakeWord("and"));
  if (!reader.at_end()) return reader.Unreadable();
  return conditions;
}

std::string RenderFilter(const v1::FieldMapping& mapping) {
  return absl::StrJoin(mapping.conditions(), " and ",
                       [](std::string* out, const ClientCondition& condition) {
                         out->append(condition.text());
                       });
}

absl::Status ValidateFilter(const v1::FieldMapping& draft) {
  for (const ClientCondition& condition : draft.conditions()) {
    const bool known = std::any_of(
        draft.source_fields().begin(), draft.source_fields().end(),
        [&](const auto& field) { return field.name() == condition.attribute(); });
    if (!known) {
      return MakeFieldError("filter", "ATTRIBUTE_UNKNOWN",
                            {{"attribute", condition.attribute()}});
    }
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
