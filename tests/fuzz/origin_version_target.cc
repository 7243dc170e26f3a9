#include "absl/strings/ascii.h"
#include "common/status/error.h"
#include "sync-agent/model/origin.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

using agent::OriginVersion;

std::string From(absl::string_view alphabet, size_t length, Dealer* dealer) {
  std::string text;
  while (text.size() < length) text += alphabet[dealer->Below(alphabet.size())];
  return text;
}

constexpr char kLower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr char kBase64Url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

// What was written is read as it was; what a person or a program wrote in its place is
// either understood, and written alike, or an error with a reason.
void RunOriginVersion(absl::string_view bytes) {
  const auto read = agent::DecodeOriginVersion(bytes);
  if (read.ok()) {
    const std::string text = agent::EncodeOriginVersion(*read);
    GB_PROMISE(text.size() <= 255);
    const auto again = agent::DecodeOriginVersion(text);
    GB_PROMISE(again.ok());
    GB_PROMISE(*again == *read || read->values.size() > 30);
  } else {
    GB_PROMISE(ReasonOf(read.status()) == "ORIGIN_VERSION_UNKNOWN");
  }
  agent::DecodeDigest(bytes);

  Dealer dealer(bytes);
  OriginVersion made;
  made.nonce = From(kLower, 8, &dealer);
  made.revision = 1 + static_cast<int>(dealer.Below(256) * dealer.Below(256));
  made.content_hash = From(kBase64Url, 22, &dealer);
  for (size_t count = dealer.Below(31); count > 0; --count) {
    made.values.insert(From(kBase64Url, 6, &dealer));
  }
  const std::string text = agent::EncodeOriginVersion(made);
  GB_PROMISE(text.size() <= 255);
  const auto back = agent::DecodeOriginVersion(text);
  GB_PROMISE(back.ok() && *back == made);
}

}  // namespace guestbridge::fuzz
