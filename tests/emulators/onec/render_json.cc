#include <cmath>
#include <cstdio>

#include "tests/emulators/onec/render.h"

namespace guestbridge::testing::onec {
namespace {

void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
          out += escape;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// Int64 is a JSON string, the other numbers are numbers.
void AppendJsonValue(const Property& property, const Value& value, std::string& out) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    const bool quoted = property.type == Type::kInt64;
    out += quoted ? "\"" + std::to_string(*i) + "\"" : std::to_string(*i);
  } else if (std::holds_alternative<double>(value) ||
             std::holds_alternative<bool>(value)) {
    out += PlainText(value);
  } else if (property.composite_type && PlainText(value).empty()) {
    out += "\"StandardODATA.Undefined\"";
  } else {
    AppendJsonText(ShownText(property, value), out);
  }
}

class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}
  std::string& Name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    AppendJsonText(name, out_);
    out_ += ':';
    return out_;
  }
  void Text(std::string_view name, std::string_view value) {
    AppendJsonText(value, Name(name));
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendProperty(const RenderContext& context, const Property& property,
                    const Value& value, Members& members) {
  const bool typed = context.format == Format::kJsonFull &&
                     property.ShownType() != Type::kString &&
                     property.type != Type::kBool;
  if (typed) members.Text(property.name + "@odata.type", EdmName(property.type));
  AppendJsonValue(property, value, members.Name(property.name));
}

void AppendSection(const Section& section, const std::vector<int>& shown,
                   const std::vector<SectionRow>& rows, std::string& out) {
  out += '[';
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (r) out += ',';
    out += '{';
    Members members(out);
    for (std::size_t i = 0; i < section.columns.size(); ++i) {
      bool wanted = shown.empty();
      for (int column : shown) wanted = wanted || column == static_cast<int>(i);
      if (!wanted) continue;
      const Property& column = section.columns[i];
      AppendJsonValue(column, rows[r][i], members.Name(column.name));
    }
    out += '}';
  }
  out += ']';
}

// What stands between the braces of an entity.
void AppendMembers(const RenderContext& context, const EntityDef& def,
                   const Shape& shape, const Record& record, Members& members,
                   std::string& out) {
  const Store& store = *context.store;
  const std::string link = EntityLink(def, record);
  if (context.format == Format::kJsonFull) {
    members.Text("odata.type", "StandardODATA." + def.name);
    members.Text("odata.id", context.root + "/" + link);
    members.Text("odata.editLink", link);
  }
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    const Property& property = def.properties[i];
    const Value& value = Field(def, record, static_cast<int>(i));
    if (shape.properties[i]) AppendProperty(context, property, value, members);
    if (!shape.presentations[i]) continue;
    const EntityDef* target = store.FindSet(property.target);
    const auto* guid = std::get_if<Guid>(&value);
    const std::string navigation = property.Navigation();
    const std::string name = navigation.empty() ? property.name : navigation;
    std::string presentation = PlainText(value);
    if (target && guid) {
      const RecordPtr referenced = store.Referenced(property.target, *guid);
      presentation = referenced ? store.Presentation(*target, *referenced) : "";
    }
    members.Text(name + "____Presentation", presentation);
  }
  if (shape.own_presentation) {
    members.Text("Presentation", store.Presentation(def, record));
  }
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    if (!shape.links[i]) continue;
    const Property& property = def.properties[i];
    const std::string navigation = property.Navigation();
    const auto expanded = shape.expanded.find(static_cast<int>(i));
    if (expanded == shape.expanded.end()) {
      if (context.format != Format::kJsonNone) {
        members.Text(navigation + "@navigationLinkUrl", link + "/" + navigation);
      }
      continue;
    }
    const EntityDef* target = store.FindSet(property.target);
    const RecordPtr referenced = store.Referenced(
        property.target, std::get<Guid>(Field(def, record, static_cast<int>(i))));
    members.Name(navigation);
    if (referenced) {
      internal::AppendJsonEntity(context, *target, *expanded->second, *referenced, out);
    } else {
      out += "null";
    }
  }
  for (std::size_t i = 0; i < def.sections.size(); ++i) {
    if (!shape.sections[i]) continue;
    members.Name(def.sections[i].name);
    AppendSection(def.sections[i], *shape.sections[i], SectionRows(record, i), out);
  }
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonText(text, out);
  return out;
}

namespace internal {

void AppendJsonEntity(const RenderContext& context, const EntityDef& def,
                      const Shape& shape, const Record& record, std::string& out) {
  out += '{';
  Members members(out);
  AppendMembers(context, def, shape, record, members, out);
  out += '}';
}

std::string JsonCollection(const RenderContext& context, const EntityDef& def,
                           const Shape& shape, const std::vector<RecordPtr>& rows,
                           std::optional<std::size_t> total) {
  std::string out = "{";
  Members members(out);
  if (context.format != Format::kJsonNone) {
    members.Text("odata.metadata", context.root + "/$metadata#" + def.name);
  }
  if (total) members.Text("odata.count", std::to_string(*total));
  members.Name("value") += '[';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i) out += ",\n";
    AppendJsonEntity(context, def, shape, *rows[i], out);
  }
  return out + "]}";
}

std::string JsonEntity(const RenderContext& context, const EntityDef& def,
                       const Shape& shape, const Record& record) {
  std::string out = "{";
  Members members(out);
  if (context.format != Format::kJsonNone) {
    members.Text("odata.metadata",
                 context.root + "/$metadata#" + def.name + "/@Element");
  }
  AppendMembers(context, def, shape, record, members, out);
  return out + "}";
}

std::string JsonProperty(const RenderContext& context, const Property& property,
                         const Value& value) {
  std::string out = "{";
  Members members(out);
  if (context.format != Format::kJsonNone) {
    members.Text("odata.metadata",
                 context.root + "/$metadata#" + EdmName(property.type));
  }
  AppendJsonValue(property, value, members.Name("value"));
  return out + "}";
}

std::string JsonError(const Fault& fault, const std::string& language) {
  const bool english = language == "en" && !fault.text_en.empty();
  return R"({"odata.error":{"code":)" + JsonText(fault.code) +
         R"(,"message":{"lang":")" + language + R"(","value":)" +
         JsonText(english ? fault.text_en : fault.text) + "}}}";
}

std::string JsonService(const RenderContext& context,
                        const std::vector<std::string>& sets) {
  std::string out = "{";
  Members members(out);
  if (context.format != Format::kJsonNone) {
    members.Text("odata.metadata", context.root + "/$metadata");
  }
  members.Name("value") += '[';
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (i) out += ',';
    out += "{\"name\":" + JsonText(sets[i]) + ",\"url\":" + JsonText(sets[i]) + "}";
  }
  return out + "]}";
}

}  // namespace internal
}  // namespace guestbridge::testing::onec
