#pragma once

#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/bitrix24/error_code.h"
#include "sync-agent/portal/portal.h"

// What crm.item.batchImport answers.
namespace guestbridge::agent {

// The value of an import that ran: {"items":[{"item":{"id":15}},{"error":…}]}. Fills
// `items`, one word each; false when the items are not those that were sent. An import
// of which not one contact was let in is kNotExecuted and `unavailable`.
bool DecodeImport(const Json& json, const ImportContacts& sent, CommandResult* result);

// True when the error of an import as a whole proves that nothing was executed and that
// only this method is shut: missing, not for this user, or not with these parameters.
// `status`: of the HTTP answer; 0 in a batch.
bool IsImportUnavailable(const PortalError& error, int status, bool single);

}  // namespace guestbridge::agent
