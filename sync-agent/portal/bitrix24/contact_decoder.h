#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/portal.h"

// Contacts as crm.contact.get and crm.contact.list answer them.
namespace guestbridge::agent {

// One contact; numbers come as texts, absent texts as null or "", multifields as arrays
// or as objects with numeric keys. Nothing without a valid ID.
std::optional<ContactRow> DecodeContact(const Json& json);

// Puts the rows of a list into `result` and judges the page against what was asked:
// complete_page and last_page. Returns false when this is no list at all.
bool DecodePage(const Json& json, const ListContacts& asked, CommandResult* result);
bool DecodePage(const Json& json, const ListNewest& asked, CommandResult* result);

// A `date` as the portal prints it, midnight plus its zone's offset, as the day that
// was meant (`YYYY-MM-DD`): with an offset of zero or more the printed day, else the
// day after. Another form stays as it is.
// Source: docs/design/portal-calls.md, "Dates".
std::string DecodeDate(absl::string_view text);

}  // namespace guestbridge::agent
