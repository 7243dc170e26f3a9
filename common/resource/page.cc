#include "common/resource/page.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"
#include "common/status/error.h"

// token = base64url(version scope-hash last-key); version "1", scope-hash the first 8
// characters of the scope's SHA-256.
namespace guestbridge {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
constexpr size_t kScopeHashLength = 8;

std::string Prefix(absl::string_view scope) {
  return absl::StrCat("1", Sha256Base64Url(scope, kScopeHashLength));
}

}  // namespace

absl::StatusOr<int> EffectivePageSize(int requested) {
  if (requested < 0) {
    return MakeFieldError("page_size", "PAGE_SIZE_NEGATIVE",
                          {{"page_size", absl::StrCat(requested)}});
  }
  return requested == 0 ? kDefaultPageSize : std::min(requested, kMaxPageSize);
}

std::string EncodePageToken(absl::string_view scope, absl::string_view last_key) {
  std::string token = absl::WebSafeBase64Escape(absl::StrCat(Prefix(scope), last_key));
  while (!token.empty() && token.back() == '=') token.pop_back();
  return token;
}

absl::StatusOr<std::string> DecodePageToken(absl::string_view scope,
                                            absl::string_view token) {
  if (token.empty()) return std::string();
  std::string plain;
  const std::string prefix = Prefix(scope);
  if (!absl::WebSafeBase64Unescape(token, &plain) ||
      plain.compare(0, prefix.size(), prefix) != 0) {
    return MakeFieldError("page_token", "PAGE_TOKEN_INVALID");
  }
  return plain.substr(prefix.size());
}

}  // namespace guestbridge
