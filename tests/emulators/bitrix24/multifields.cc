#include "tests/emulators/bitrix24/multifields.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tests/emulators/bitrix24/contact_fields.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxValue = 250;
constexpr size_t kMaxEmail = 320;

bool IsLocalChar(unsigned char c) {
  return c >= 0x80 || std::isalnum(c) != 0 ||
         std::string_view("=_+~'!$&*^`|#%/?{}-").find(static_cast<char>(c)) !=
             std::string_view::npos;
}

bool IsDomainChar(unsigned char c) {
  return c >= 0x80 || std::isalnum(c) != 0 || c == '-';
}

// Non-empty runs of `allowed` bytes separated by single dots; at least `min_parts`.
template <typename Allowed>
bool IsDotted(std::string_view text, size_t min_parts, Allowed allowed) {
  size_t parts = 1;
  size_t run = 0;
  for (const char c : text) {
    if (c == '.') {
      if (run == 0) return false;
      ++parts;
      run = 0;
    } else if (allowed(static_cast<unsigned char>(c))) {
      ++run;
    } else {
      return false;
    }
  }
  return run > 0 && parts >= min_parts;
}

std::optional<RestError> CheckValue(const MultifieldEdit& edit,
                                    const std::string& value,
                                    const Settings& settings) {
  const FieldSpec* field = FindLegacyField(edit.type_id);
  const std::string title =
      field == nullptr ? edit.type_id : FieldTitle(*field, settings.language);
  std::string text;
  if (CountCharacters(value) > kMaxValue) {
    text = PortalText(settings.language, TextId::kValueTooLong, title);
  } else if (edit.type_id == "EMAIL" && !IsEmail(value)) {
    text = PortalText(settings.language, TextId::kBadEmail, title);
  } else {
    return std::nullopt;
  }
  return CoreError(text + (settings.html_texts ? "<br />" : ""));
}

bool SameRow(const Multifield& a, const Multifield& b) {
  return a.type_id == b.type_id && a.value_type == b.value_type && a.value == b.value;
}

void RemoveExactDuplicates(std::vector<Multifield>* rows) {
  std::vector<Multifield> kept;
  for (Multifield& row : *rows) {
    const bool twin = std::any_of(kept.begin(), kept.end(),
                                  [&](const Multifield& k) { return SameRow(k, row); });
    if (!twin) kept.push_back(std::move(row));
  }
  *rows = std::move(kept);
}

std::optional<std::string> TextAt(const Json& item, const char* key) {
  const Json* value = Find(item, key);
  if (value == nullptr || IsArray(*value)) return std::nullopt;
  return Trim(ToText(*value));
}

}  // namespace

std::vector<MultifieldEdit> DecodeLegacyMultifield(const std::string& type_id,
                                                   const Json& value) {
  std::vector<MultifieldEdit> edits;
  ForEach(value, [&](const std::string&, const Json& item) {
    if (!IsArray(item)) return;
    MultifieldEdit edit{.type_id = type_id};
    if (const Json* id = Find(item, "ID")) edit.id = ToInt(*id);
    edit.value = TextAt(item, "VALUE");
    edit.value_type = TextAt(item, "VALUE_TYPE");
    edit.remove = TextAt(item, "DELETE").value_or("") == "Y";
    edits.push_back(std::move(edit));
  });
  return edits;
}

std::vector<MultifieldEdit> DecodeItemMultifields(const Json& fm) {
  std::vector<MultifieldEdit> edits;
  ForEach(fm, [&](const std::string& key, const Json& item) {
    if (!IsArray(item)) return;
    MultifieldEdit edit;
    edit.type_id = TextAt(item, "typeId").value_or("");
    const FieldSpec* field = FindLegacyField(edit.type_id);
    if (field == nullptr || field->kind != FieldKind::kMultifield) return;
    edit.id = std::strtoll(key.c_str(), nullptr, 10);
    edit.value = TextAt(item, "value");
    edit.value_type = TextAt(item, "valueType");
    edits.push_back(std::move(edit));
  });
  return edits;
}

std::optional<RestError> ApplyMultifieldEdits(const std::vector<MultifieldEdit>& edits,
                                              const Settings& settings,
                                              std::vector<Multifield>* rows) {
  for (const MultifieldEdit& edit : edits) {
    const std::string value = edit.value.value_or("");
    const bool drop = edit.remove || value.empty();
    const auto row = std::find_if(rows->begin(), rows->end(), [&](const auto& r) {
      return edit.id > 0 && r.id == edit.id && r.type_id == edit.type_id;
    });
    if (drop) {
      if (row != rows->end()) rows->erase(row);
      continue;
    }
    if (std::optional<RestError> error = CheckValue(edit, value, settings)) {
      return error;
    }
    std::string value_type = edit.value_type.value_or("");
    if (row != rows->end()) {
      row->value = value;
      if (!value_type.empty()) row->value_type = value_type;
      continue;
    }
    if (value_type.empty()) value_type = "WORK";
    Multifield added{
        .id = 0, .type_id = edit.type_id, .value_type = value_type, .value = value};
    const bool known = std::any_of(rows->begin(), rows->end(),
                                   [&](const auto& r) { return SameRow(r, added); });
    if (settings.new_multifields && known) continue;
    rows->push_back(std::move(added));
  }
  if (settings.new_multifields) RemoveExactDuplicates(rows);
  return std::nullopt;
}

bool IsEmail(std::string_view text) {
  if (const size_t open = text.find('<'); open != std::string_view::npos) {
    const size_t close = text.find('>', open);
    if (close == std::string_view::npos) return false;
    text = text.substr(open + 1, close - open - 1);
  }
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > kMaxEmail) return false;
  const std::string_view domain = text.substr(at + 1);
  if (!IsDotted(text.substr(0, at), 1, IsLocalChar)) return false;
  if (!IsDotted(domain, 2, IsDomainChar)) return false;
  const size_t top = CountCharacters(domain.substr(domain.rfind('.') + 1));
  return top >= 2 && top <= 20;
}

std::string NormalPhone(std::string_view value) {
  value = value.substr(0, value.find_first_of(";#"));
  std::string digits;
  for (const char c : value) {
    if (c >= '0' && c <= '9') digits += c;
  }
  if (digits.rfind("011", 0) == 0) {
    digits.erase(0, 3);
  } else if (digits.rfind("00", 0) == 0) {
    digits.erase(0, 2);
  }
  const bool international = !value.empty() && Trim(value).rfind('+', 0) == 0;
  if (!international && digits.size() >= 10 && digits[0] == '8') digits[0] = '7';
  return digits;
}

std::string NormalEmail(std::string_view value) { return ToLower(Trim(value)); }

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

std::string CutCharacters(std::string_view text, size_t count) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (seen++ == count) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

}  // namespace guestbridge::testing::bitrix24
