#pragma once

#include <vector>

#include "common/text/catalogue.h"

namespace guestbridge {

// Where a person meets a reason. Each has its label, LABEL_PLACE_<name>, which names
// the command that shows it.
enum class ReasonPlace {
  kCall,     // The error of a command, an RPC or a program that will not start.
  kCheck,    // A check of `connection test`.
  kRun,      // A run's error, notice or failures.
  kClient,   // Why a client stands as it does.
  kValue,    // What became of one value of a client.
  kPair,     // How a pair was found.
  kLine,     // A rejected line of a folder that is exchanged with 1C.
  kStatus,   // What needs a person.
  kMapping,  // Why a pair of fields was suggested.
  kEvents,   // How an event is noticed.
  kLog,      // A warning that a program prints as it starts.
};

// "CALL", "CHECK", …
absl::string_view NameOf(ReasonPlace place);

// Of a reason of the area of that name, in the order above; at least one.
std::vector<ReasonPlace> PlacesOf(const ReasonText& reason, absl::string_view area);

}  // namespace guestbridge
