#include "sync-agent/model/origin.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/secret/digest.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kNonceLength = 8;
constexpr size_t kHashLength = 22;
constexpr size_t kValueDigestLength = 6;
constexpr size_t kFieldDigestLength = 11;
static_assert(2 + 8 + 1 + 10 + 1 + 22 + 1 + kMostNamedValues * 7 <= 255);

bool IsBase64Url(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
  });
}

// Length-prefixed, so that no two different lists of parts join to the same text.
void AppendPart(std::string* out, absl::string_view part) {
  std::array<char, 20> size;
  const char* const end =
      std::to_chars(size.data(), size.data() + size.size(), part.size()).ptr;
  out->append(size.data(), static_cast<size_t>(end - size.data()));
  out->push_back(':');
  out->append(part.data(), part.size());
}

}  // namespace

bool IsOrigin(absl::string_view text) {
  return text.size() == 36 &&
         text.find_first_not_of("0123456789abcdef-") == absl::string_view::npos;
}

std::string EncodeOriginVersion(const OriginVersion& version) {
  std::string text = absl::StrCat("1|", version.nonce, "|", version.revision, "|",
                                  version.content_hash, "|");
  int count = 0;
  for (const std::string& value : version.values) {
    if (count == kMostNamedValues) break;
    absl::StrAppend(&text, count == 0 ? "" : ",", value);
    ++count;
  }
  return text;
}

absl::StatusOr<OriginVersion> DecodeOriginVersion(absl::string_view text) {
  const auto unknown = [] { return MakeError("ORIGIN_VERSION_UNKNOWN"); };
  const std::vector<std::string> parts = absl::StrSplit(text, '|');
  if (parts.size() != 5 || parts[0] != "1") return unknown();
  OriginVersion version;
  version.nonce = parts[1];
  version.content_hash = parts[3];
  if (version.nonce.size() != kNonceLength || !IsBase64Url(version.nonce) ||
      version.content_hash.size() != kHashLength ||
      !IsBase64Url(version.content_hash) ||
      !absl::SimpleAtoi(parts[2], &version.revision) || version.revision < 0) {
    return unknown();
  }
  if (!parts[4].empty()) {
    for (absl::string_view value : absl::StrSplit(parts[4], ',')) {
      if (value.size() != kValueDigestLength || !IsBase64Url(value)) return unknown();
      version.values.insert(std::string(value));
    }
  }
  return version;
}

std::string HashContent(const ContactContent& content) {
  std::string all;
  for (const auto& [name, value] : content.fields) {
    AppendPart(&all, name);
    AppendPart(&all, value);
  }
  for (const auto& [name, values] : content.multifields) {
    AppendPart(&all, name);
    absl::StrAppend(&all, values.size(), ";");
    for (const MultiValue& value : values) {
      AppendPart(&all, value.value);
      AppendPart(&all, value.type);
    }
  }
  return Sha256Base64Url(all, kHashLength);
}

std::string DigestValue(const ClientKey& client, absl::string_view field,
                        absl::string_view value) {
  std::string all;
  AppendPart(&all, client.guid());
  AppendPart(&all, field);
  AppendPart(&all, value);
  return Sha256Base64Url(all, kValueDigestLength);
}

ValueDigests ValuesToName(const ClientKey& client, const ContactContent& content,
                          const ContentDigest& digest) {
  if (digest.values.size() <= kMostNamedValues) return digest.values;
  ValueDigests named;
  for (const auto& [field, values] : content.multifields) {
    for (const MultiValue& value : values) {
      if (named.size() < kMostNamedValues && !value.value.empty()) {
        named.insert(DigestValue(client, field, value.value));
      }
    }
  }
  for (const std::string& value : digest.values) {
    if (named.size() < kMostNamedValues) named.insert(value);
  }
  return named;
}

ContentDigest DigestContent(const ClientKey& client, const ContactContent& content) {
  ContentDigest digest;
  digest.hash = HashContent(content);
  std::string all;
  AppendPart(&all, client.guid());
  const size_t of_client = all.size();
  for (const auto& [name, value] : content.fields) {
    all.resize(of_client);
    AppendPart(&all, name);
    AppendPart(&all, value);
    const std::string sum = Sha256Base64Url(all, kFieldDigestLength);
    digest.fields.emplace_hint(digest.fields.end(), name, sum);
    // What DigestValue says of it.
    if (!value.empty()) digest.values.insert(sum.substr(0, kValueDigestLength));
  }
  for (const auto& [name, values] : content.multifields) {
    // The list as a whole, so that a change of order or type is seen as one of the
    // field.
    all.resize(of_client);
    AppendPart(&all, name);
    for (const MultiValue& value : values) {
      AppendPart(&all, value.value);
      AppendPart(&all, value.type);
      digest.values.insert(DigestValue(client, name, value.value));
    }
    digest.fields[name] = Sha256Base64Url(all, kFieldDigestLength);
  }
  return digest;
}

std::string EncodeDigest(const ContentDigest& digest) {
  std::string text;
  // Names are nearly all shorter than that.
  text.reserve(digest.hash.size() + 8 +
               digest.fields.size() * (kFieldDigestLength + 20) +
               digest.values.size() * (kValueDigestLength + 1));
  text.append(digest.hash).append(digest.fields_known ? "|1|" : "|0|");
  bool first = true;
  for (const auto& [name, sum] : digest.fields) {
    if (!std::exchange(first, false)) text.push_back(';');
    text.append(name).append(1, ':').append(sum);
  }
  text.push_back('|');
  first = true;
  for (const std::string& value : digest.values) {
    if (!std::exchange(first, false)) text.push_back(',');
    text.append(value);
  }
  return text;
}

ContentDigest DecodeDigest(absl::string_view text) {
  ContentDigest digest;
  const std::vector<std::string> parts = absl::StrSplit(text, '|');
  if (parts.size() != 4) {
    digest.fields_known = false;
    return digest;
  }
  digest.hash = parts[0];
  digest.fields_known = parts[1] == "1";
  for (absl::string_view field : absl::StrSplit(parts[2], ';', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(field, absl::MaxSplits(':', 1));
    digest.fields.insert(pair);
  }
  for (absl::string_view value : absl::StrSplit(parts[3], ',', absl::SkipEmpty())) {
    digest.values.insert(std::string(value));
  }
  return digest;
}

}  // namespace guestbridge::agent
