#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/decide.h"

// Whether a contact still holds what was sent. Pure. The portal does not keep every
// value as it was sent: what is compared is its form of both
// (docs/design/portal-calls.md). When in doubt nothing differs: an alarm about nothing
// is worse than a late one.
namespace guestbridge::agent {

// Types of contact fields by the portal's own names; empty: it did not say.
using FieldTypes = std::map<std::string, std::string>;

// A contact as it is remembered until its client is read: digests, names and numbers.
struct HeldContact {
  // All that was sent is there as it was sent; nothing else is set then.
  bool as_sent = false;
  // Single fields that hold something else than what was sent.
  std::set<std::string> strays;
  // The portal's form of each mapped field, digested. What could not be read is absent.
  Fields fields;
  ValueDigests values;
  int64_t modified_by = 0;  // a user of the portal; 0: not said
  int64_t modify_unix = 0;  // 0: not said
};

// Fields to select beside the targets.
inline constexpr char kModifiedBy[] = "MODIFY_BY_ID";
inline constexpr char kModifyTime[] = "DATE_MODIFY";

HeldContact Remember(const ClientKey& client, const ContactRow& row,
                     const ContentDigest& exported,
                     const std::set<std::string>& targets, const FieldTypes& types);
// One line; empty for one that is as it was sent.
std::string EncodeHeld(const HeldContact& held);
HeldContact DecodeHeld(absl::string_view text);

struct Drift {
  std::vector<std::string> on_portal;  // changed there since
  std::vector<std::string> in_source;  // changed in 1C, and not sent yet
};

// Of a client that is linked and would be exported or left as it is; others have none.
// Only what an update may write can differ. `exported_unix`: when it was sent.
Drift FindDrift(const Decision& decision, const ContentDigest& exported,
                int64_t exported_unix, const HeldContact& held,
                const FieldTypes& types);

// The portal's form of a value: two values with one form are the same value to it.
std::string PortalForm(const std::string& target, const FieldTypes& types,
                       absl::string_view value);

}  // namespace guestbridge::agent
