#include "sync-agent/source/onec_odata/change_feed.h"

#include <expat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/odata_literal.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr size_t kLongestTag = 1 << 20;
constexpr size_t kLongestText = 4096;  // of an id, which is a URL
constexpr int kDeepest = 64;
constexpr size_t kGuidSize = 36;

// Prefixes are the server's choice.
absl::string_view LocalName(const char* name) {
  const absl::string_view text(name);
  const size_t colon = text.rfind(':');
  return colon == absl::string_view::npos ? text : text.substr(colon + 1);
}

// "Catalog_X" and the GUID of ".../Catalog_X(guid'...')"; empty when it is no such URL.
struct ObjectUrl {
  absl::string_view set;
  absl::string_view guid;
};
ObjectUrl SplitUrl(absl::string_view url) {
  constexpr absl::string_view kOpen = "(guid'";
  const size_t open = url.rfind(kOpen);
  if (open == absl::string_view::npos) return {};
  const absl::string_view guid = url.substr(open + kOpen.size(), kGuidSize);
  if (!IsGuid(guid)) return {};
  const absl::string_view path = url.substr(0, open);
  // No slash: npos + 1 is 0.
  return {path.substr(path.rfind('/') + 1), guid};
}

}  // namespace

// An entry is read at these places, counted from the feed:
//   entry/id                          .../Catalog_X(guid'...')
//   entry/category[@term]             StandardODATA.Catalog_X
//   entry/content/properties/Ref_Key
// Keys that lie deeper are those of tabular sections and of expanded objects.
class ChangeFeedReader::Parser {
 public:
  Parser(std::string client_set, std::string key, size_t most_clients)
      : client_set_(std::move(client_set)),
        key_name_(std::move(key)),
        most_clients_(most_clients),
        expat_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    XML_SetUserData(expat_.get(), this);
    XML_SetElementHandler(
        expat_.get(),
        [](void* self, const char* name, const char** attributes) {
          static_cast<Parser*>(self)->Start(LocalName(name), attributes);
        },
        [](void* self, const char*) { static_cast<Parser*>(self)->End(); });
    XML_SetCharacterDataHandler(
        expat_.get(), [](void* self, const char* text, int size) {
          static_cast<Parser*>(self)->Text({text, static_cast<size_t>(size)});
        });
    // 1C sends no DTD; one that comes could only define entities.
    XML_SetStartDoctypeDeclHandler(
        expat_.get(), [](void* self, const char*, const char*, const char*, int) {
          static_cast<Parser*>(self)->Stop();
        });
  }

  bool Take(absl::string_view piece) {
    while (!piece.empty() && !broken_ && !full_) {
      const absl::string_view part = piece.substr(0, kPiece);
      piece.remove_prefix(part.size());
      silent_bytes_ += part.size();
      Parse(part, /*whole=*/false);
      if (silent_bytes_ > kLongestTag) broken_ = true;
    }
    return !broken_ && !full_;
  }

  absl::StatusOr<ChangeFeed> Finish() {
    if (!broken_) Parse("", /*whole=*/true);
    if (broken_ || !ended_) {
      return MakeError("SOURCE_ANSWER_BROKEN",
                       {{"entity", "SelectChanges"}, {"http", "200"}, {"code", "-"}});
    }
    return std::move(feed_);
  }

  bool full() const { return full_; }

 private:
  struct Entry {
    std::string id;
    std::string term;
    std::string key;
  };

  void Parse(absl::string_view part, bool whole) {
    if (XML_Parse(expat_.get(), part.data(), static_cast<int>(part.size()),
                  whole ? 1 : 0) != XML_STATUS_OK &&
        !full_) {
      broken_ = true;
    }
  }
  void Stop() {
    broken_ = !full_;
    XML_StopParser(expat_.get(), XML_FALSE);
  }

  void Start(absl::string_view name, const char** attributes) {
    silent_bytes_ = 0;
    text_ = nullptr;
    if (++depth_ > kDeepest) return Stop();
    switch (depth_) {
      case 1:
        if (name != "feed") Stop();
        return;
      case 2:
        in_entry_ = name == "entry";
        entry_ = {};
        if (name == "deleted-entry") ++feed_.removed;
        return;
      case 3:
        in_content_ = in_entry_ && name == "content";
        if (in_entry_ && name == "id") text_ = &entry_.id;
        if (in_entry_ && name == "category") TakeTerm(attributes);
        return;
      case 4:
        in_properties_ = in_content_ && name == "properties";
        return;
      case 5:
        if (in_properties_ && name == key_name_) text_ = &entry_.key;
        return;
      default:
        return;
    }
  }

  void End() {
    silent_bytes_ = 0;
    text_ = nullptr;
    if (depth_ == 2 && in_entry_) EndEntry();
    if (depth_ == 1) ended_ = true;
    --depth_;
  }

  void Text(absl::string_view text) {
    silent_bytes_ = 0;
    if (text_ == nullptr || text_->size() >= kLongestText) return;
    text_->append(text.data(), std::min(text.size(), kLongestText));
  }

  void TakeTerm(const char** attributes) {
    for (; entry_.term.empty() && attributes[0] != nullptr; attributes += 2) {
      if (LocalName(attributes[0]) == "term") {
        entry_.term = std::string(absl::string_view(attributes[1]).substr(0, kPiece));
      }
    }
  }

  void EndEntry() {
    in_entry_ = false;
    const ObjectUrl url = SplitUrl(entry_.id);
    const absl::string_view term = entry_.term;
    // StandardODATA.Catalog_X
    const absl::string_view set =
        term.empty() ? url.set : term.substr(term.rfind('.') + 1);
    if (set.empty()) return Stop();
    if (set != client_set_) {
      ++feed_.others;
      return;
    }
    const absl::string_view key = absl::StripAsciiWhitespace(entry_.key);
    const absl::string_view guid = IsGuid(key) ? key : url.guid;
    if (guid.empty()) return Stop();
    if (feed_.clients.size() == most_clients_) {
      full_ = true;
      return Stop();
    }
    feed_.clients.emplace_back(guid);
  }

  const std::string client_set_;
  const std::string key_name_;
  const size_t most_clients_;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> expat_;
  ChangeFeed feed_;
  Entry entry_;
  int depth_ = 0;
  bool in_entry_ = false;
  bool in_content_ = false;
  bool in_properties_ = false;
  std::string* text_ = nullptr;  // where text goes; null: nowhere
  size_t silent_bytes_ = 0;      // since the parser last said something
  bool ended_ = false;
  bool broken_ = false;
  bool full_ = false;
};

ChangeFeedReader::ChangeFeedReader(std::string client_set, std::string key,
                                   size_t most_clients)
    : parser_(std::make_unique<Parser>(std::move(client_set), std::move(key),
                                       most_clients)) {}
ChangeFeedReader::~ChangeFeedReader() = default;

bool ChangeFeedReader::Take(absl::string_view piece) { return parser_->Take(piece); }
bool ChangeFeedReader::full() const { return parser_->full(); }
absl::StatusOr<ChangeFeed> ChangeFeedReader::Finish() { return parser_->Finish(); }

}  // namespace guestbridge::agent
