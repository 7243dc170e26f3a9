#include <string>

#include "tests/emulators/onec/render.h"

namespace guestbridge::testing::onec {
namespace {

constexpr char kXml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
constexpr char kNamespaces[] =
    " xmlns=\"http://www.w3.org/2005/Atom\""
    " xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\""
    " xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"";
constexpr char kRelated[] =
    "http://schemas.microsoft.com/ado/2007/08/dataservices/related/";

std::string TypeAttribute(const Property& property) {
  if (property.ShownType() == Type::kString) return "";
  return " m:type=\"" + EdmName(property.type) + "\"";
}

std::string Text(const Property& property, const Value& value) {
  const std::string text = ShownText(property, value);
  if (property.composite_type && text.empty()) return "StandardODATA.Undefined";
  return XmlText(text);
}

void AppendElement(const Property& property, const Value& value, std::string& out) {
  out += "<d:" + property.name + TypeAttribute(property) + ">" + Text(property, value) +
         "</d:" + property.name + ">";
}

void AppendSection(const EntityDef& def, std::size_t index,
                   const std::vector<int>& shown, const Record& record,
                   std::string& out) {
  const Section& section = def.sections[index];
  const std::string row_type =
      "StandardODATA." + def.name + "_" + section.name + "_RowType";
  out += "<d:" + section.name + " m:type=\"Collection(" + row_type + ")\">";
  for (const SectionRow& row : SectionRows(record, index)) {
    out += "<d:element m:type=\"" + row_type + "\">";
    for (std::size_t i = 0; i < section.columns.size(); ++i) {
      bool wanted = shown.empty();
      for (int column : shown) wanted = wanted || column == static_cast<int>(i);
      if (wanted) AppendElement(section.columns[i], row[i], out);
    }
    out += "</d:element>";
  }
  out += "</d:" + section.name + ">";
}

void AppendLinks(const RenderContext& context, const EntityDef& def, const Shape& shape,
                 const Record& record, const std::string& link, std::string& out) {
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    if (!shape.links[i]) continue;
    const Property& property = def.properties[i];
    const std::string navigation = property.Navigation();
    out += std::string("<link rel=\"") + kRelated + navigation +
           "\" type=\"application/atom+xml;type=entry\" title=\"" + navigation +
           "\" href=\"" + XmlText(link + "/" + navigation) + "\"";
    const auto expanded = shape.expanded.find(static_cast<int>(i));
    if (expanded == shape.expanded.end()) {
      out += "/>";
      continue;
    }
    out += "><m:inline>";
    const RecordPtr referenced = context.store->Referenced(
        property.target, std::get<Guid>(Field(def, record, static_cast<int>(i))));
    if (referenced) {
      internal::AppendAtomEntry(context, *context.store->FindSet(property.target),
                                *expanded->second, *referenced, /*root=*/false, out);
    }
    out += "</m:inline></link>";
  }
}

}  // namespace

std::string XmlText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

bool FitsXml(std::string_view text) {
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
  }
  return true;
}

std::string EntityLink(const EntityDef& def, const Record& record) {
  std::string out = def.name + "(";
  for (std::size_t i = 0; i < def.key.size(); ++i) {
    const auto property = static_cast<std::size_t>(def.key[i]);
    const Value& value = Field(def, record, def.key[i]);
    if (i) out += ',';
    const Property& p = def.properties[property];
    if (def.key.size() > 1) out += p.name + "=";
    std::string text = PlainText(value);
    if (std::holds_alternative<std::string>(value)) {
      std::string doubled;
      for (char c : text) doubled += c == '\'' ? std::string("''") : std::string(1, c);
      text = "'" + doubled + "'";
    } else if (def.HasDerivedType(p)) {
      text = "'" + ShownText(p, value) + "'," + p.name + "_Type='" +
             PlainText(Field(def, record, p.type_at)) + "'";
    } else if (std::holds_alternative<Guid>(value)) {
      text = "guid'" + text + "'";
    } else if (std::holds_alternative<DateTime>(value)) {
      text = "datetime'" + text + "'";
    }
    out += text;
  }
  return out + ")";
}

namespace internal {

void AppendAtomEntry(const RenderContext& context, const EntityDef& def,
                     const Shape& shape, const Record& record, bool root,
                     std::string& out) {
  const std::string link = EntityLink(def, record);
  out += "<entry";
  if (root) {
    out += kNamespaces;
    out += " xml:base=\"" + XmlText(context.root) + "/\"";
  }
  out += "><id>" + XmlText(context.root + "/" + link) + "</id>";
  out += "<category term=\"StandardODATA." + def.name +
         "\" scheme=\"http://schemas.microsoft.com/ado/2007/08/dataservices/scheme\"/>";
  out += "<title type=\"text\"/><updated>1970-01-01T00:00:00Z</updated>";
  out += "<author><name/></author><summary/>";
  out += "<link rel=\"edit\" href=\"" + XmlText(link) + "\" title=\"edit-link\"/>";
  AppendLinks(context, def, shape, record, link, out);
  out += "<content type=\"application/xml\"><m:properties>";
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    if (!shape.properties[i]) continue;
    AppendElement(def.properties[i], Field(def, record, static_cast<int>(i)), out);
  }
  for (std::size_t i = 0; i < def.sections.size(); ++i) {
    if (shape.sections[i]) AppendSection(def, i, *shape.sections[i], record, out);
  }
  out += "</m:properties></content></entry>";
}

}  // namespace internal

namespace {

// An XML writer inside 1C fails as a whole on such a character.
Result<std::string> Checked(std::string xml) {
  if (FitsXml(xml)) return xml;
  return Fault{500, "-1", "Ошибка записи XML: текст содержит недопустимый символ",
               "XML write error: the text contains an invalid character"};
}

}  // namespace

std::string ContentType(Format format) {
  return IsJson(format) ? "application/json;charset=utf-8"
                        : "application/atom+xml;charset=utf-8";
}

Result<std::string> RenderCollection(const RenderContext& context, const EntityDef& def,
                                     const Shape& shape,
                                     const std::vector<RecordPtr>& rows,
                                     std::optional<std::size_t> total) {
  if (IsJson(context.format)) {
    return internal::JsonCollection(context, def, shape, rows, total);
  }
  std::string out =
      std::string(kXml) + "<feed" + kNamespaces + " xml:base=\"" +
      XmlText(context.root) + "/\"><id>" + XmlText(context.root + "/" + def.name) +
      "</id><title type=\"text\">" + def.name +
      "</title><updated>1970-01-01T00:00:00Z</updated>" +
      "<link rel=\"self\" title=\"" + def.name + "\" href=\"" + def.name + "\"/>";
  if (total) out += "<m:count>" + std::to_string(*total) + "</m:count>";
  for (const RecordPtr& row : rows) {
    internal::AppendAtomEntry(context, def, shape, *row, /*root=*/false, out);
  }
  return Checked(out + "</feed>");
}

Result<std::string> RenderChanges(const RenderContext& context,
                                  const Changes& changes) {
  std::string out =
      std::string(kXml) + "<feed" + kNamespaces +
      " xmlns:at=\"http://purl.org/atompub/tombstones/1.0\" xml:base=\"" +
      XmlText(context.root) + "/\"><id>" + XmlText(context.root + "/SelectChanges") +
      "</id><title type=\"text\"/><updated>1970-01-01T00:00:00Z</updated>";
  for (const auto& [def, record] : changes.changed) {
    auto shape = MakeShape(*context.store, *def, {}, {});
    if (!shape.ok()) return shape.fault();
    internal::AppendAtomEntry(context, *def, *shape, *record, /*root=*/false, out);
  }
  for (const std::string& link : changes.removed) {
    out += "<at:deleted-entry ref=\"" + XmlText(context.root + "/" + link) +
           "\" when=\"1970-01-01T00:00:00Z\"/>";
  }
  return Checked(out + "</feed>");
}

Result<std::string> RenderEntity(const RenderContext& context, const EntityDef& def,
                                 const Shape& shape, const Record& record) {
  if (IsJson(context.format)) {
    return internal::JsonEntity(context, def, shape, record);
  }
  std::string out = kXml;
  internal::AppendAtomEntry(context, def, shape, record, /*root=*/true, out);
  return Checked(out);
}

std::string RenderProperty(const RenderContext& context, const Property& property,
                           const Value& value) {
  if (IsJson(context.format)) return internal::JsonProperty(context, property, value);
  return std::string(kXml) + "<d:" + property.name +
         " xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\""
         " xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"" +
         TypeAttribute(property) + ">" + Text(property, value) +
         "</d:" + property.name + ">";
}

std::string RenderError(Format format, const Fault& fault,
                        const std::string& language) {
  if (IsJson(format)) return internal::JsonError(fault, language);
  const bool english = language == "en" && !fault.text_en.empty();
  return std::string(kXml) +
         "<m:error "
         "xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">"
         "<m:code>" +
         XmlText(fault.code) + "</m:code><m:message xml:lang=\"" + language + "\">" +
         XmlText(english ? fault.text_en : fault.text) + "</m:message></m:error>";
}

std::string RenderService(const RenderContext& context,
                          const std::vector<std::string>& sets) {
  if (IsJson(context.format)) return internal::JsonService(context, sets);
  std::string out = std::string(kXml) +
                    "<service xmlns=\"http://www.w3.org/2007/app\""
                    " xmlns:atom=\"http://www.w3.org/2005/Atom\" xml:base=\"" +
                    XmlText(context.root) +
                    "/\"><workspace><atom:title>Default</atom:title>";
  for (const std::string& set : sets) {
    out += "<collection href=\"" + set + "\"><atom:title>" + set +
           "</atom:title></collection>";
  }
  return out + "</workspace></service>";
}

}  // namespace guestbridge::testing::onec
