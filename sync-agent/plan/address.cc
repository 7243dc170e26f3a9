#include "sync-agent/plan/address.h"

#include "absl/strings/match.h"

namespace guestbridge::agent {

bool IsAddressPart(absl::string_view field) {
  return absl::StartsWith(field, "ADDRESS");
}

std::vector<std::string> AddressPartsToHold(const Decision& decision) {
  std::vector<std::string> parts;
  for (const std::string& target : decision.kept) {
    if (IsAddressPart(target)) parts.push_back(target);
  }
  if (decision.policies == nullptr) return parts;
  for (const auto* targets :
       {&decision.policies->create_only, &decision.policies->fill_empty}) {
    for (const std::string& target : *targets) {
      if (IsAddressPart(target) && decision.content.fields.count(target) > 0) {
        parts.push_back(target);
      }
    }
  }
  return parts;
}

}  // namespace guestbridge::agent
