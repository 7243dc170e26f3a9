#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/model/content_basis.h"

// What a hotel chose where several answers are sensible. Meanings and reasons:
// docs/design/policies.md.
namespace guestbridge::agent {

enum class DeletionMarkPolicy {
  kIgnore,
  kDelete,  // the contact that carries the client's mark goes to the recycle bin
  kMark,    // a contact is kept up to date; the mark is a value like any other
};

// Of a client whose contact is gone and whose mark no other contact carries.
enum class GoneContactPolicy {
  kRecreate,  // a survivor is linked, else a new contact is made
  kRelink,    // a survivor is linked, else the client is skipped
  kAsk,       // a person decides
  kNever,     // the client is skipped
};

// For which new contacts the portal's robots start.
enum class RobotsPolicy {
  kNewGuests,  // not for a first export, nor for a contact that is made again
  kNever,
  kAlways,
};

struct Policies {
  DeletionMarkPolicy deletion_mark = DeletionMarkPolicy::kIgnore;
  GoneContactPolicy gone_contact = GoneContactPolicy::kRecreate;
  RobotsPolicy robots = RobotsPolicy::kNewGuests;
  // A client without a name, a phone and an e-mail, but with something else.
  bool export_nameless = false;
};

// Why a client whose contact is gone gets no new one by itself: a reason of the
// catalogue, of the parameter `contact`. Null for kRecreate.
const char* GoneContactReason(GoneContactPolicy policy);

// Those that decide what becomes of a client whose row stays the same, as a text. Empty
// when none differs from the default.
std::string BasisOf(const Policies& policies);
// What a source says of the basis of its content, with what we make of it.
ContentBasis WithPolicies(ContentBasis basis, absl::string_view default_region,
                          const Policies& policies);

}  // namespace guestbridge::agent
