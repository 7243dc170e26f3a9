#include <set>
#include <string>

#include "common/status/error.h"
#include "sync-agent/source/onec_odata/metadata.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// The wanted types and nothing else, or an error with a reason.
void RunMetadata(absl::string_view bytes) {
  const std::set<std::string> wanted = {"Catalog_Clients", "Catalog_Отели"};
  const auto metadata = agent::ParseMetadata(bytes, wanted);
  if (!metadata.ok()) {
    GB_PROMISE(ReasonOf(metadata.status()) == "SOURCE_ANSWER_BROKEN");
    return;
  }
  GB_PROMISE(metadata->types >= static_cast<int>(metadata->entities.size()));
  for (const auto& [name, entity] : metadata->entities) {
    GB_PROMISE(wanted.count(name) > 0);
    for (const auto& [attribute, property] : entity) {
      GB_PROMISE(attribute.size() + property.type.size() <= bytes.size());
    }
  }
}

}  // namespace guestbridge::fuzz
