#include "sync-agent/source/onec_odata/lookup_table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kEmptyGuid = "00000000-0000-0000-0000-000000000000";
constexpr int kSmallCatalogue = 1000;
constexpr size_t kKeysOfRequest = 20;
constexpr size_t kDigestSize = 16;
constexpr absl::Duration kFresh = absl::Hours(1);

bool IsReference(const std::string& guid) { return IsGuid(guid) && guid != kEmptyGuid; }

std::string DigestOf(const std::string& text) {
  return text.empty() ? "" : Sha256Hex(text).substr(0, kDigestSize);
}

}  // namespace

LookupTable::LookupTable(ODataSession& session, const Clock& clock)
    : session_(session), clock_(clock) {}

LookupTable::Texts& LookupTable::TextsOf(const LookupNames& names) {
  return tables_[absl::StrCat(names.set, "/", names.take)];
}

void LookupTable::Put(const std::string& guid, const std::string& text, Texts* texts) {
  texts->by_guid[guid] = text;
  texts->first.emplace(guid, DigestOf(text));
}

absl::Status LookupTable::Refresh(const LookupNames& names, Texts* texts) {
  if (texts->loaded && clock_.Steady() - texts->loaded_at <= kFresh) {
    return absl::OkStatus();
  }
  return Load(names, texts);
}

absl::Status LookupTable::Load(const LookupNames& names, Texts* texts) {
  ODataQuery query;
  query.entity = names.set;
  query.select = {names.key, names.take};
  query.top = kSmallCatalogue;
  GB_ASSIGN_OR_RETURN(const ODataAnswer answer, session_.FetchRows(query));
  texts->by_guid.clear();
  for (const ODataRow& row : answer.rows) {
    Put(absl::AsciiStrToLower(row.Get(names.key)), TrimText(row.Get(names.take)),
        texts);
  }
  texts->loaded = true;
  texts->whole = static_cast<int>(answer.rows.size()) < kSmallCatalogue && !answer.more;
  texts->loaded_at = clock_.Steady();
  return absl::OkStatus();
}

absl::Status LookupTable::LoadSome(const LookupNames& names,
                                   const std::vector<std::string>& guids,
                                   Texts* texts) {
  for (size_t at = 0; at < guids.size(); at += kKeysOfRequest) {
    const size_t end = std::min(guids.size(), at + kKeysOfRequest);
    const std::vector<std::string> some(guids.begin() + static_cast<ptrdiff_t>(at),
                                        guids.begin() + static_cast<ptrdiff_t>(end));
    ODataQuery query;
    query.entity = names.set;
    query.select = {names.key, names.take};
    query.filter = AnyGuidFilter(names.key, some);
    GB_ASSIGN_OR_RETURN(const ODataAnswer answer, session_.FetchRows(query));
    std::map<std::string, std::string> found;
    for (const ODataRow& row : answer.rows) {
      found[absl::AsciiStrToLower(row.Get(names.key))] = TrimText(row.Get(names.take));
    }
    // What does not come is a reference without an object: known, and empty.
    for (const std::string& guid : some) Put(guid, found[guid], texts);
  }
  return absl::OkStatus();
}

absl::Status LookupTable::Prepare(const LookupNames& names,
                                  const std::vector<std::string>& guids) {
  if (std::none_of(guids.begin(), guids.end(), IsReference)) return absl::OkStatus();
  const std::lock_guard<std::mutex> lock(mutex_);
  Texts& texts = TextsOf(names);
  GB_RETURN_IF_ERROR(Refresh(names, &texts));
  std::vector<std::string> unknown;
  for (const std::string& guid : guids) {
    const std::string lower = absl::AsciiStrToLower(guid);
    if (IsReference(lower) && texts.by_guid.count(lower) == 0) unknown.push_back(lower);
  }
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  return LoadSome(names, unknown, &texts);
}

absl::StatusOr<LookupTable::Digests> LookupTable::BeginDigests(
    const LookupNames& names) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Texts& texts = TextsOf(names);
  GB_RETURN_IF_ERROR(Refresh(names, &texts));
  texts.first.clear();
  for (const auto& [guid, text] : texts.by_guid) texts.first[guid] = DigestOf(text);
  return texts.whole ? Digests(texts.first) : std::nullopt;
}

LookupTable::Digests LookupTable::DigestsSinceBegin(const LookupNames& names) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Texts& texts = TextsOf(names);
  return texts.whole ? Digests(texts.first) : std::nullopt;
}

absl::StatusOr<std::string> LookupTable::TextOf(const LookupNames& names,
                                                const std::string& guid) {
  if (!IsReference(guid)) return "";
  GB_RETURN_IF_ERROR(Prepare(names, {guid}));
  const std::lock_guard<std::mutex> lock(mutex_);
  return TextsOf(names).by_guid[absl::AsciiStrToLower(guid)];
}

}  // namespace guestbridge::agent
