#pragma once

#include "absl/types/span.h"
#include "common/text/catalogue.h"

// Each area of the catalogue is one file, catalogue_<area>.cc; catalogue.cc joins them.
namespace guestbridge::text_areas {

absl::Span<const ReasonText> Common();      // files, keys, transport, names
absl::Span<const ReasonText> Api();         // the server's RPCs: names, etags, roles
absl::Span<const ReasonText> Database();    // the server's database
absl::Span<const ReasonText> Identity();    // API tokens and roles
absl::Span<const ReasonText> Enrollment();  // agents' certificates
absl::Span<const ReasonText> Connection();  // connection settings, tokens, tests
absl::Span<const ReasonText> Portal();      // what Bitrix24 answers
absl::Span<const ReasonText> Source();      // what 1C answers
absl::Span<const ReasonText> Mapping();     // field mappings, transforms, events
absl::Span<const ReasonText> Value();       // what happened to a guest's values
absl::Span<const ReasonText> Export();      // runs, clients, ledger, leases
absl::Span<const ReasonText> Match();    // how pairs of clients and contacts are found
absl::Span<const ReasonText> Command();  // the CLI's own errors and labels

}  // namespace guestbridge::text_areas
