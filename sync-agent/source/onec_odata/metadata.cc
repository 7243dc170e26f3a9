#include "sync-agent/source/onec_odata/metadata.h"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kPiece = 1 << 20;

absl::string_view LocalName(const char* name) {
  absl::string_view text(name);
  const size_t colon = text.rfind(':');
  return colon == absl::string_view::npos ? text : text.substr(colon + 1);
}

std::string AttributeOf(const char** attributes, absl::string_view name) {
  for (; attributes[0] != nullptr; attributes += 2) {
    if (LocalName(attributes[0]) == name) return attributes[1];
  }
  return "";
}

struct Reader {
  const std::set<std::string>* wanted = nullptr;
  XML_Parser parser = nullptr;
  Metadata metadata;
  MetadataEntity* entity = nullptr;  // the type that is being read, if wanted
  bool edmx = false;
  std::string edmx_version;

  void Start(const char* element, const char** attributes) {
    const absl::string_view name = LocalName(element);
    if (name == "Edmx" || name == "Schema") edmx = true;
    if (name == "DataServices") {
      metadata.version = AttributeOf(attributes, "DataServiceVersion");
    }
    // Version 4 says it here.
    if (name == "Edmx" && metadata.version.empty())
      edmx_version = AttributeOf(attributes, "Version");
    if (name == "EntityType") {
      ++metadata.types;
      const std::string type = AttributeOf(attributes, "Name");
      if (wanted->count(type) > 0) entity = &metadata.entities[type];
    } else if (name == "Property" && entity != nullptr) {
      MetadataProperty property;
      property.type = AttributeOf(attributes, "Type");
      const std::string length = AttributeOf(attributes, "MaxLength");
      if (!absl::SimpleAtoi(length, &property.max_length)) property.max_length = 0;
      (*entity)[AttributeOf(attributes, "Name")] = property;
    }
  }

  void End(const char* element) {
    if (LocalName(element) == "EntityType") entity = nullptr;
  }
};

void XMLCALL OnStart(void* reader, const char* element, const char** attributes) {
  static_cast<Reader*>(reader)->Start(element, attributes);
}

void XMLCALL OnEnd(void* reader, const char* element) {
  static_cast<Reader*>(reader)->End(element);
}

// 1C sends no DTD; one that comes could only define entities.
void XMLCALL OnDoctype(void* reader, const char*, const char*, const char*, int) {
  XML_StopParser(static_cast<Reader*>(reader)->parser, XML_FALSE);
}

}  // namespace

absl::StatusOr<Metadata> ParseMetadata(absl::string_view xml,
                                       const std::set<std::string>& wanted) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  Reader reader;
  reader.wanted = &wanted;
  reader.parser = parser.get();
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(parser.get(), &OnStart, &OnEnd);
  XML_SetStartDoctypeDeclHandler(parser.get(), &OnDoctype);
  bool whole = false;
  while (!whole) {
    const size_t size = std::min(kPiece, xml.size());
    whole = size == xml.size();
    if (XML_Parse(parser.get(), xml.data(), static_cast<int>(size), whole ? 1 : 0) !=
        XML_STATUS_OK) {
      return MakeError("SOURCE_ANSWER_BROKEN",
                       {{"entity", "$metadata"}, {"http", "200"}, {"code", "-"}});
    }
    xml.remove_prefix(size);
  }
  if (!reader.edmx) {
    return MakeError("SOURCE_ANSWER_BROKEN",
                     {{"entity", "$metadata"}, {"http", "200"}, {"code", "-"}});
  }
  if (reader.metadata.version.empty() && reader.edmx_version != "1.0") {
    reader.metadata.version = reader.edmx_version;
  }
  return std::move(reader.metadata);
}

}  // namespace guestbridge::agent
