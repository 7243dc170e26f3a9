// From the parameters of a call to a ContactChange.

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// Fields that only an import may set.
bool IsImportField(const std::string& name) {
  return name == "DATE_CREATE" || name == "DATE_MODIFY" || name == "CREATED_BY_ID" ||
         name == "MODIFY_BY_ID";
}

// A standard field's value in the store's form; nothing when it is to be ignored.
std::optional<Json> StoredValue(const Portal& portal, const FieldSpec& field,
                                const Json& value, bool legacy) {
  const bool empty =
      value.is_null() || value == Json("") || (IsArray(value) && value.empty());
  if (!legacy && empty) return Json(nullptr);
  switch (field.kind) {
    case FieldKind::kDate: {
      if (value.is_null()) return std::nullopt;
      if (empty) return Json(nullptr);
      const auto day = ParseDateText(ToText(value), portal.settings.zone);
      if (!day.has_value()) return std::nullopt;
      return Json(DayText(*day));
    }
    case FieldKind::kDateTime: {
      const auto time = ParseTimeText(ToText(value), portal.settings.zone);
      if (!time.has_value()) return std::nullopt;
      return Json(absl::StrCat(absl::ToUnixSeconds(*time)));
    }
    case FieldKind::kInteger:
    case FieldKind::kUser:
    case FieldKind::kCompany:
    case FieldKind::kLead:
      return Json(std::to_string(ToInt(value)));
    case FieldKind::kFlag: {
      if (legacy) return Json(CutCharacters(ToText(value), 1));
      const std::string text = ToLower(ToText(value));
      const bool yes =
          (value.is_boolean() && value.get<bool>()) || text == "y" || text == "true";
      return Json(yes ? "Y" : "N");
    }
    case FieldKind::kFile:
    case FieldKind::kMultifield:
      return std::nullopt;
    case FieldKind::kText: {
      std::string text = ToText(value);
      if (std::string_view(field.name) == "COMMENTS") text = HtmlToBb(text);
      // A text column keeps 64 KB; the cut falls on a character's edge.
      if (text.size() > field.length) {
        size_t end = field.length;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text.resize(end);
      }
      return Json(text);
    }
    case FieldKind::kString:
    case FieldKind::kStatus: {
      const std::string text = ToText(value);
      return Json(field.length == 0 ? text : CutCharacters(text, field.length));
    }
  }
  return std::nullopt;
}

void DecodeMultifield(const std::string& name, const Json& value, ContactChange* out) {
  for (MultifieldEdit& edit : DecodeLegacyMultifield(name, value)) {
    out->multifields.push_back(std::move(edit));
  }
}

void DecodeStandard(const Portal& portal, const FieldSpec& field, const Json& value,
                    bool legacy, bool import, ContactChange* out) {
  if (field.read_only && !(import && IsImportField(field.name))) return;
  std::optional<Json> stored = StoredValue(portal, field, value, legacy);
  if (stored.has_value()) out->fields[field.name] = std::move(*stored);
}

// "<b>" -> "[b]"; "" for a tag that BB-code lacks. `tag` is without its brackets.
std::string BbTag(std::string_view tag) {
  const bool closing = !tag.empty() && tag.front() == '/';
  if (closing) tag.remove_prefix(1);
  const std::string name = ToLower(tag.substr(0, tag.find_first_of(" /\t\r\n")));
  const std::string slash = closing ? "/" : "";
  if (name == "br") return "\n";
  if (name == "p" || name == "div") return closing ? "\n" : "";
  if (name == "b" || name == "strong") return "[" + slash + "b]";
  if (name == "i" || name == "em") return "[" + slash + "i]";
  if (name == "u" || name == "s") return "[" + slash + name + "]";
  if (name == "ul") return "[" + slash + "list]";
  if (name == "li") return closing ? "" : "[*]";
  if (name == "a") {
    if (closing) return "[/url]";
    const size_t href = tag.find("href=\"");
    if (href == std::string_view::npos) return "[url]";
    const std::string_view rest = tag.substr(href + 6);
    return "[url=" + std::string(rest.substr(0, rest.find('"'))) + "]";
  }
  return "";
}

}  // namespace

ContactChange DecodeLegacyFields(const Portal& portal, const Json& fields,
                                 bool import) {
  ContactChange change;
  ForEach(fields, [&](const std::string& name, const Json& value) {
    if (const FieldSpec* field = FindLegacyField(name)) {
      if (field->kind == FieldKind::kMultifield) {
        DecodeMultifield(name, value, &change);
      } else {
        DecodeStandard(portal, *field, value, /*legacy=*/true, import, &change);
      }
    } else if (const Userfield* user = portal.userfields.FindByName(name)) {
      const bool date = user->type == "date" || user->type == "datetime";
      Json stored = StoredUserfieldValue(*user, value, portal.settings.zone);
      // Legacy: a null or unreadable date is ignored, only "" clears.
      if (date && stored.is_null() && value != Json("")) return;
      change.fields[name] = std::move(stored);
    }
  });
  return change;
}

ContactChange DecodeItemFields(const Portal& portal, const Json& fields,
                               const ItemForm& form) {
  const bool import = form.import;
  ContactChange change;
  ForEach(fields, [&](const std::string& name, const Json& value) {
    if (name == "fm" && !import) {
      change.multifields = DecodeItemMultifields(value);
    } else if (const FieldSpec* field = FindItemField(name)) {
      DecodeStandard(portal, *field, value, /*legacy=*/false, import, &change);
    } else if (const Userfield* user =
                   portal.userfields.FindByItemName(name, form.original_names)) {
      change.fields[user->name] =
          StoredUserfieldValue(*user, value, portal.settings.zone);
    } else if (const FieldSpec* multi = FindLegacyField(name);
               import && multi != nullptr && multi->kind == FieldKind::kMultifield) {
      DecodeMultifield(name, value, &change);
    }
  });
  return change;
}

std::string HtmlToBb(const std::string& text) {
  std::string out;
  bool found_tag = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool opens = text[i] == '<' && i + 1 < text.size() &&
                       (text[i + 1] == '/' || std::isalpha(text[i + 1]) != 0);
    const size_t end = opens ? text.find('>', i) : std::string::npos;
    if (end == std::string::npos) {
      out += text[i];
      continue;
    }
    found_tag = true;
    out += BbTag(std::string_view(text).substr(i + 1, end - i - 1));
    i = end;
  }
  // Entities are decoded only where the text was HTML at all.
  if (!found_tag) return text;
  std::string plain;
  for (size_t i = 0; i < out.size(); ++i) {
    const std::string_view rest = std::string_view(out).substr(i);
    constexpr std::pair<const char*, const char*> kEntities[] = {{"&lt;", "<"},
                                                                 {"&gt;", ">"},
                                                                 {"&quot;", "\""},
                                                                 {"&nbsp;", " "},
                                                                 {"&amp;", "&"}};
    bool replaced = false;
    for (const auto& [entity, character] : kEntities) {
      if (!rest.starts_with(entity)) continue;
      plain += character;
      i += std::string_view(entity).size() - 1;
      replaced = true;
      break;
    }
    if (!replaced) plain += out[i];
  }
  return plain;
}

}  // namespace guestbridge::testing::bitrix24
