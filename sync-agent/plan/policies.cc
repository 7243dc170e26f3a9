#include "sync-agent/plan/policies.h"

#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"

namespace guestbridge::agent {

const char* GoneContactReason(GoneContactPolicy policy) {
  switch (policy) {
    case GoneContactPolicy::kRecreate:
      return nullptr;
    case GoneContactPolicy::kRelink:
      return "CONTACT_GONE_RELINK";
    case GoneContactPolicy::kAsk:
      return "CONTACT_GONE_ASK";
    case GoneContactPolicy::kNever:
      return "CONTACT_GONE_NEVER";
  }
  return nullptr;
}

std::string BasisOf(const Policies& policies) {
  std::string basis;
  if (policies.deletion_mark == DeletionMarkPolicy::kDelete) {
    absl::StrAppend(&basis, "deletion-mark ");
  } else if (policies.deletion_mark == DeletionMarkPolicy::kMark) {
    absl::StrAppend(&basis, "deletion-mark-as-value ");
  }
  if (policies.gone_contact != GoneContactPolicy::kRecreate) {
    absl::StrAppend(&basis, "gone-contact-", static_cast<int>(policies.gone_contact),
                    " ");
  }
  if (policies.export_nameless) absl::StrAppend(&basis, "nameless ");
  return basis;
}

ContentBasis WithPolicies(ContentBasis basis, absl::string_view default_region,
                          const Policies& policies) {
  absl::StrAppend(&basis.rules, "\n", default_region);
  const std::string ours = BasisOf(policies);
  if (!ours.empty()) absl::StrAppend(&basis.rules, "\n", ours);
  basis.rules = Sha256Hex(basis.rules);
  return basis;
}

}  // namespace guestbridge::agent
