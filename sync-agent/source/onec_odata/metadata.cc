#include "sync-agent/source/onec_odata/metadata.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr size_t kLongestTag = 1 << 20;

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

}  // namespace

class MetadataReader::Parser {
 public:
  explicit Parser(std::set<std::string> wanted)
      : wanted_(std::move(wanted)), expat_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    XML_SetUserData(expat_.get(), this);
    XML_SetElementHandler(
        expat_.get(),
        [](void* self, const char* element, const char** attributes) {
          static_cast<Parser*>(self)->Start(element, attributes);
        },
        [](void* self, const char* element) {
          static_cast<Parser*>(self)->End(element);
        });
    // 1C sends no DTD; one that comes could only define entities.
    XML_SetStartDoctypeDeclHandler(
        expat_.get(), [](void* self, const char*, const char*, const char*, int) {
          XML_StopParser(static_cast<Parser*>(self)->expat_.get(), XML_FALSE);
        });
  }

  bool Take(absl::string_view piece) {
    while (!piece.empty() && !broken_) {
      const absl::string_view part = piece.substr(0, kPiece);
      piece.remove_prefix(part.size());
      bytes_ += part.size();
      silent_bytes_ += part.size();
      Parse(part, /*whole=*/false);
      if (silent_bytes_ > kLongestTag) broken_ = true;
    }
    return !broken_;
  }

  absl::StatusOr<Metadata> Finish() {
    if (!broken_) Parse("", /*whole=*/true);
    if (broken_ || !edmx_) {
      return MakeError("SOURCE_ANSWER_BROKEN",
                       {{"entity", "$metadata"}, {"http", "200"}, {"code", "-"}});
    }
    if (metadata_.version.empty() && edmx_version_ != "1.0") {
      metadata_.version = edmx_version_;
    }
    return std::move(metadata_);
  }

  size_t bytes() const { return bytes_; }

 private:
  void Parse(absl::string_view part, bool whole) {
    if (XML_Parse(expat_.get(), part.data(), static_cast<int>(part.size()),
                  whole ? 1 : 0) != XML_STATUS_OK) {
      broken_ = true;
    }
  }

  void Start(const char* element, const char** attributes) {
    silent_bytes_ = 0;
    const absl::string_view name = LocalName(element);
    if (name == "Edmx" || name == "Schema") edmx_ = true;
    if (name == "DataServices") {
      metadata_.version = AttributeOf(attributes, "DataServiceVersion");
    }
    // Version 4 says it here.
    if (name == "Edmx" && metadata_.version.empty()) {
      edmx_version_ = AttributeOf(attributes, "Version");
    }
    if (name == "EntityType") {
      ++metadata_.types;
      const std::string type = AttributeOf(attributes, "Name");
      if (wanted_.count(type) > 0) entity_ = &metadata_.entities[type];
    } else if (name == "Property" && entity_ != nullptr) {
      MetadataProperty property;
      property.type = AttributeOf(attributes, "Type");
      const std::string length = AttributeOf(attributes, "MaxLength");
      if (!absl::SimpleAtoi(length, &property.max_length)) property.max_length = 0;
      (*entity_)[AttributeOf(attributes, "Name")] = property;
    }
  }

  void End(const char* element) {
    silent_bytes_ = 0;
    if (LocalName(element) == "EntityType") entity_ = nullptr;
  }

  const std::set<std::string> wanted_;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> expat_;
  Metadata metadata_;
  MetadataEntity* entity_ = nullptr;  // the type that is being read, if wanted
  bool edmx_ = false;
  std::string edmx_version_;
  size_t bytes_ = 0;
  size_t silent_bytes_ = 0;  // since the parser last said something
  bool broken_ = false;
};

MetadataReader::MetadataReader(std::set<std::string> wanted)
    : parser_(std::make_unique<Parser>(std::move(wanted))) {}
MetadataReader::~MetadataReader() = default;

bool MetadataReader::Take(absl::string_view piece) { return parser_->Take(piece); }
absl::StatusOr<Metadata> MetadataReader::Finish() { return parser_->Finish(); }
size_t MetadataReader::bytes() const { return parser_->bytes(); }

absl::StatusOr<Metadata> ParseMetadata(absl::string_view xml,
                                       const std::set<std::string>& wanted) {
  MetadataReader reader(wanted);
  reader.Take(xml);
  return reader.Finish();
}

}  // namespace guestbridge::agent
