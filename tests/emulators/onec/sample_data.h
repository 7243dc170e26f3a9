// Guests for an empty base: from a file, or invented from a seed (checklist 42).
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SAMPLE_DATA_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SAMPLE_DATA_H_

#include <cstdint>
#include <string>

#include "tests/emulators/onec/infobase.h"

namespace guestbridge::testing::onec {

// One JSON object a line, as OData sends rows of Catalog_Clients.
// Answers what is wrong, with the line; empty when all was loaded.
std::string LoadClients(InfoBase& base, const std::string& path);

// `count` clients and five history rows for each, the same for the same seed: Cyrillic
// and Latin names, dirty and shared phones, duplicates, folders, deletion marks, empty
// dates, quotes and control characters. History reaches back from the base's clock.
void GenerateClients(InfoBase& base, int count, std::uint64_t seed);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SAMPLE_DATA_H_
