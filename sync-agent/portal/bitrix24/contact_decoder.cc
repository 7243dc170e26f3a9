#include "sync-agent/portal/bitrix24/contact_decoder.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kPageSize = 50;

bool IsMultifield(const std::string& name) {
  return name == "PHONE" || name == "EMAIL" || name == "WEB" || name == "IM" ||
         name == "LINK";
}

// The elements of a list, which PHP may print as an object with numeric keys.
std::optional<std::vector<const Json*>> ElementsOf(const Json& json) {
  if (!json.is_array() && !json.is_object()) return std::nullopt;
  std::vector<const Json*> elements;
  elements.reserve(json.size());
  for (const Json& element : json) elements.push_back(&element);
  return elements;
}

// Nothing when it is no list of values: what is taken for no value would be sent once
// more.
std::optional<std::vector<MultiRow>> DecodeMultifield(const Json& json) {
  std::vector<MultiRow> rows;
  // PHP's ways to say that there is none.
  if (json.is_null() || json == Json(false) || json == Json("")) return rows;
  const auto elements = ElementsOf(json);
  if (!elements.has_value()) return std::nullopt;
  for (const Json* element : *elements) {
    MultiRow row;
    row.id = PositiveIdOf(FindMember(*element, "ID"));
    auto value = TextOf(FindMember(*element, "VALUE"));
    if (row.id == 0 || !value.has_value()) return std::nullopt;
    row.value = *std::move(value);
    row.type = TextOf(FindMember(*element, "VALUE_TYPE")).value_or("");
    rows.push_back(std::move(row));
  }
  return rows;
}

// Of a field that holds several values: those, as one text. Nothing when some are none.
std::optional<std::string> TextOfList(const Json& json) {
  if (!json.is_array() || json.empty()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Json& element : json) {
    auto text = TextOf(&element);
    if (!text.has_value()) return std::nullopt;
    texts.push_back(*std::move(text));
  }
  return absl::StrJoin(texts, ", ");
}

bool IsOfTheMark(const std::string& name) {
  return name == "ORIGINATOR_ID" || name == "ORIGIN_ID" || name == "ORIGIN_VERSION";
}

// Fills the rows; `fits` says whether one belongs to what was asked for, `ordered`
// whether two neighbours stand in the asked order.
template <typename Fits, typename Ordered>
bool FillPage(const Json& json, Fits fits, Ordered ordered, CommandResult* result) {
  const auto elements = ElementsOf(json);
  if (!elements.has_value()) return false;
  bool plausible = elements->size() <= kPageSize;
  for (const Json* element : *elements) {
    auto row = DecodeContact(*element);
    if (!row.has_value()) {
      plausible = false;
      continue;
    }
    plausible = plausible && fits(*row) &&
                (result->rows.empty() || ordered(result->rows.back().id, row->id));
    result->rows.push_back(*std::move(row));
  }
  result->complete_page = plausible;
  result->last_page = elements->size() < kPageSize;
  return true;
}

}  // namespace

std::optional<ContactRow> DecodeContact(const Json& json) {
  ContactRow row;
  row.id = ContactId(PositiveIdOf(FindMember(json, "ID")));
  if (!row.id.exists()) return std::nullopt;
  for (const auto& [name, value] : json.items()) {
    if (IsMultifield(name)) {
      auto rows = DecodeMultifield(value);
      if (!rows.has_value()) return std::nullopt;
      row.multifields[name] = *std::move(rows);
      continue;
    }
    auto text = TextOf(&value);
    // A mark that is not understood is not the same as none.
    if (!text.has_value() && IsOfTheMark(name)) return std::nullopt;
    if (!text.has_value()) text = TextOfList(value);
    // PHP prints nothing as an empty list, too.
    if (!text.has_value() && !value.empty()) row.unread.push_back(name);
    if (!text.has_value() || name == "ID") continue;
    if (name == "ORIGINATOR_ID") {
      row.stamp.originator = *std::move(text);
    } else if (name == "ORIGIN_ID") {
      row.stamp.origin = *std::move(text);
    } else if (name == "ORIGIN_VERSION") {
      row.stamp.version = *std::move(text);
    } else {
      row.fields[name] = name == "BIRTHDATE" ? DecodeDate(*text) : *std::move(text);
    }
  }
  return row;
}

bool DecodePage(const Json& json, const ListContacts& asked, CommandResult* result) {
  const std::set<ContactId> ids(asked.ids.begin(), asked.ids.end());
  // An unknown filter field is dropped by the portal without a word, and the whole
  // portal comes: each row is held against the question again.
  const auto fits = [&](const ContactRow& row) {
    if (!ids.empty() && ids.count(row.id) == 0) return false;
    if (asked.after.has_value() && row.id <= *asked.after) return false;
    if (asked.upto.has_value() && row.id > *asked.upto) return false;
    return !asked.origin.has_value() ||
           // The portal's database compares without case.
           (absl::EqualsIgnoreCase(row.stamp.originator, asked.origin->originator) &&
            absl::EqualsIgnoreCase(row.stamp.origin, asked.origin->origin));
  };
  return FillPage(
      json, fits, [](ContactId before, ContactId after) { return before < after; },
      result);
}

bool DecodePage(const Json& json, const ListNewest&, CommandResult* result) {
  return FillPage(
      json, [](const ContactRow&) { return true; },
      [](ContactId before, ContactId after) { return before > after; }, result);
}

std::string DecodeDate(absl::string_view text) {
  const auto digits = [&](size_t at, size_t count) {
    return at + count <= text.size() &&
           std::all_of(text.begin() + at, text.begin() + at + count, [](char c) {
             return absl::ascii_isdigit(static_cast<unsigned char>(c));
           });
  };
  const bool dated = digits(0, 4) && text.size() >= 10 && text[4] == '-' &&
                     digits(5, 2) && text[7] == '-' && digits(8, 2);
  if (!dated) return std::string(text);
  const absl::string_view printed = text.substr(0, 10);
  // Midnight itself carries no added hours, whatever offset is printed beside it.
  const bool timed = text.size() >= 25 && text[10] == 'T';
  if (!timed || text[19] != '-' || text.substr(11, 8) == "00:00:00") {
    return std::string(printed);
  }
  int64_t year = 0;
  int month = 0;
  int day = 0;
  if (!absl::SimpleAtoi(printed.substr(0, 4), &year) ||
      !absl::SimpleAtoi(printed.substr(5, 2), &month) ||
      !absl::SimpleAtoi(printed.substr(8, 2), &day)) {
    return std::string(printed);
  }
  return absl::FormatCivilTime(absl::CivilDay(year, month, day) + 1);
}

}  // namespace guestbridge::agent
