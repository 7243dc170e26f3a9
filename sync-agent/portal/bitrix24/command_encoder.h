#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/portal.h"

// Typed commands as Bitrix24 reads them. One tree of parameters, two renderings: JSON
// for a call of its own, `method?query` inside a batch.
// Source: docs/design/portal-calls.md.
namespace guestbridge::agent {

// Single-valued to us, lists to the portal: their value goes as a list of one.
using ListFields = std::set<std::string>;

// The parameters of a command, e.g. {"fields":{…},"params":{…}}. Only texts, numbers,
// arrays and objects, none of them empty arrays: a batch can carry nothing else.
Json EncodeParams(const Command& command, const ListFields& lists = {});

// `{"halt":0,"cmd":{"c0":"crm.contact.add?…","c1":…}}`. The keys are not numeric: a map
// with numeric keys would come back as an array.
Json EncodeBatch(const std::vector<Command>& commands, const ListFields& lists = {});

// The key of the n-th command, "c" and its decimal number.
std::string BatchKey(size_t index);

// PHP's query form of an object, as parse_str() reads it back: nested keys in brackets,
// every byte but RFC 3986's unreserved ones encoded once.
std::string EncodeQuery(const Json& params);

// `%XX` for every byte but A-Z a-z 0-9 - . _ ~.
std::string PercentEncode(absl::string_view text);

}  // namespace guestbridge::agent
