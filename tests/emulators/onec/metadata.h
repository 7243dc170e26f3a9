// $metadata: the EDMX document of the published sets (fact sheet 1.7).
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_METADATA_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_METADATA_H_

#include <string>
#include <vector>

#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

// `megabytes`: at least as large, by objects beside those that are published.
std::string RenderMetadata(const Store& store, const std::vector<std::string>& sets,
                           int megabytes = 0);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_METADATA_H_
