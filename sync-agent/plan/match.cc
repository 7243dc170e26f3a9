#include "sync-agent/plan/match.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kDigestLength = 16;
constexpr size_t kShortestPhone = 7;  // Room numbers and the like pair nobody.

std::string Key(absl::string_view kind, absl::string_view value) {
  return absl::StrCat(
      kind, Sha256Base64Url(absl::StrCat(kind, value)).substr(0, kDigestLength));
}

void AddValueKey(const std::string& field, const std::string& value,
                 std::set<std::string>* keys) {
  if (field == "PHONE") {
    const std::string digits = NormalizePhone(value);
    if (digits.size() >= kShortestPhone) keys->insert(Key("P", digits));
  } else if (field == "EMAIL") {
    const std::string address = NormalizeText(value);
    if (!address.empty()) keys->insert(Key("E", address));
  }
}

}  // namespace

MatchKeys KeysOf(const ContactContent& content) {
  MatchKeys keys;
  std::set<std::string> values;
  for (const auto& [field, list] : content.multifields) {
    for (const MultiValue& value : list) AddValueKey(field, value.value, &values);
  }
  keys.values.assign(values.begin(), values.end());
  const auto name = content.fields.find("LAST_NAME");
  if (name != content.fields.end() && !NormalizeText(name->second).empty()) {
    keys.name = Key("N", NormalizeText(name->second));
  }
  return keys;
}

std::string OriginKey(const ClientKey& client) {
  return absl::StrCat("O", client.guid());
}
std::string IdKey(ContactId id) { return absl::StrCat("I", id.value()); }
std::string BlankNameKey(ContactId id) { return absl::StrCat("B", id.value()); }

std::vector<std::string> IndexKeysOf(const ContactRow& row,
                                     absl::string_view originator) {
  if (row.stamp.originator == originator && !row.stamp.origin.empty()) {
    return {OriginKey(ClientKey(row.stamp.origin))};
  }
  if (row.stamp.originator.rfind(kOriginatorPrefix, 0) == 0) return {};
  std::set<std::string> keys = {IdKey(row.id)};
  for (const auto& [field, list] : row.multifields) {
    for (const MultiRow& value : list) AddValueKey(field, value.value, &keys);
  }
  const auto name = row.fields.find("LAST_NAME");
  if (name != row.fields.end() && !NormalizeText(name->second).empty()) {
    keys.insert(Key("N", NormalizeText(name->second)));
  } else {
    keys.insert(BlankNameKey(row.id));
  }
  return {keys.begin(), keys.end()};
}

MatchVerdict JudgeMatch(const MatchEvidence& evidence) {
  using Kind = MatchVerdict::Kind;
  if (evidence.by_origin.size() == 1) return {Kind::kCertain, evidence.by_origin[0]};
  if (evidence.by_origin.size() > 1) return {Kind::kAmbiguous, ContactId()};
  if (evidence.stored.has_value() && evidence.stored_shares) {
    return {Kind::kCertain, *evidence.stored};
  }
  if (evidence.by_value.empty()) return {Kind::kNone, ContactId()};
  if (evidence.by_name.size() == 1) return {Kind::kProposed, evidence.by_name[0]};
  if (evidence.by_name.empty() && evidence.by_value.size() == 1 &&
      evidence.blank_names.size() == 1) {
    return {Kind::kProposed, evidence.by_value[0]};
  }
  return {Kind::kAmbiguous, ContactId()};
}

}  // namespace guestbridge::agent
