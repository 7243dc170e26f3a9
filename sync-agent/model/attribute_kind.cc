#include "sync-agent/model/attribute_kind.h"

namespace guestbridge::agent {

void Widen(const AttributeKindSet& more, AttributeKindSet* kinds) {
  kinds->insert(more.begin(), more.end());
  if (kinds->count(AttributeKind::kText) > 0) kinds->erase(AttributeKind::kDate);
}

}  // namespace guestbridge::agent
