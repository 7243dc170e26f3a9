#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/text/catalogue.h"
#include "sync-agent/source/onec_odata/contact_writer.h"
#include "sync-agent/source/onec_odata/metadata.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "sync-agent/source/source.h"

// Judgements of a test, from what was read. Pure.
namespace guestbridge::agent {

// The oldest 1C:Hotel that has the contact's attribute (facts, configuration).
inline constexpr char kLeastVersion[] = "9.0.1.3";

SourceCheck MakeCheck(std::string name, SourceCheck::State state, std::string reason,
                      Parameters parameters = {});
// An error as a finding.
SourceCheck FailedCheck(std::string name, const absl::Status& status);

// Sets that the profile names, as `wanted` of ParseMetadata.
std::set<std::string> NamedSets(const SourceProfile& profile);

// Checks named "entities" and "messages-register": every name of the profile that the
// base does not have, or has with another type of value, or one finding that all is
// there. What no reading can do without and what is `mapped` fails; what only makes
// exports slower or poorer is a warning that says what it costs.
std::vector<SourceCheck> CheckNames(const SourceProfile& profile,
                                    const Metadata& metadata,
                                    absl::Span<const std::string> mapped);

// Compares dotted numbers: -1, 0, 1. Parts that are no numbers count as 0.
int CompareVersions(absl::string_view a, absl::string_view b);

// "version", from what the base publishes of it, perhaps with words around: the first
// number of four parts counts, as 1C's versions have them, else the first dotted one.
// A text without any is a warning, as none is.
SourceCheck CheckVersion(absl::string_view published);

// "if-match" and "load-mode": what the profile asks for, and what writes have shown
// of it.
SourceCheck JudgeIfMatch(const WriteRules& rules, ContactWriter::Honoured seen);
SourceCheck JudgeLoadMode(const WriteRules& rules, ContactWriter::Honoured seen);

// `hotel` against codes and names: trimmed, without regard to case.
SourceCheck CheckHotel(const HotelNames& names, const std::vector<ODataRow>& hotels,
                       absl::string_view hotel);

// Attributes of clients that may be mapped: neither technical, nor protected, nor
// references that the profile gives no text for.
std::vector<SourceField> MappableFields(const SourceProfile& profile,
                                        const MetadataEntity& clients);

}  // namespace guestbridge::agent
