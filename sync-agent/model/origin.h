#pragma once

#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/ids.h"

// What the portal keeps of ours, and the digests in it. The grammar stands in
// docs/design/origin.md; stored on portals for years, hence versioned and never
// changed.
//
//   ORIGINATOR_ID  = "guestbridge:" base-identity
//   ORIGIN_ID      = the client's Ref_Key, 36 characters, lower case
//   ORIGIN_VERSION = "1|" nonce "|" revision "|" content-hash "|" [digest *(","
//   digest)] nonce = 8 * [a-z0-9]; revision = decimal; content-hash = 22 * base64url;
//   digest = 6 * base64url
namespace guestbridge::agent {

// DigestValue of values that are ours.
using ValueDigests = absl::btree_set<std::string>;

struct OriginVersion {
  std::string nonce;         // of the attempt that wrote it
  int revision = 0;          // exports of this client, from 1
  std::string content_hash;  // HashContent of what was exported
  ValueDigests values;       // no more than kMostNamedValues are written
  bool operator==(const OriginVersion&) const = default;
};

// What fits into the field.
inline constexpr int kMostNamedValues = 30;

inline constexpr char kOriginatorPrefix[] = "guestbridge:";

// Whether an ORIGIN_ID may be ours; somebody may have written anything there.
bool IsOrigin(absl::string_view text);

std::string EncodeOriginVersion(const OriginVersion& version);
// Errors: ORIGIN_VERSION_UNKNOWN (FAILED_PRECONDITION): a later version, or not ours.
absl::StatusOr<OriginVersion> DecodeOriginVersion(absl::string_view text);

// What was exported, as digests: no personal data can be read from it.
struct ContentDigest {
  std::string hash;     // HashContent
  Fields fields;        // field name -> digest of its value
  ValueDigests values;  // empty ones aside
  // False after a rebuild: only hash and values came back, the first update reads
  // first.
  bool fields_known = true;
  bool operator==(const ContentDigest&) const = default;
};

// 22 characters. Independent of the order of map entries; multifield values keep
// theirs.
std::string HashContent(const ContactContent& content);
// 6 characters; salted with client and field, so that equal phones of two guests
// differ.
std::string DigestValue(const ClientKey& client, absl::string_view field,
                        absl::string_view value);
// The values that a stamp names: of more than fit, phones, e-mails and other
// multifields first, for only they would be doubled after a rebuild.
ValueDigests ValuesToName(const ClientKey& client, const ContactContent& content,
                          const ContentDigest& digest);
ContentDigest DigestContent(const ClientKey& client, const ContactContent& content);
// One line of text for storage.
std::string EncodeDigest(const ContentDigest& digest);
ContentDigest DecodeDigest(absl::string_view text);

}  // namespace guestbridge::agent
