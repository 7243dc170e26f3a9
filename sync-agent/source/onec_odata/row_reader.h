#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/source/onec_odata/odata_answer.h"

// Rows straight from the text of an answer, without a document in between: pages of
// clients are most of what an agent reads. Pure.
namespace guestbridge::agent {

struct RowsOfText {
  std::vector<ODataRow> rows;
  std::string context;  // odata.metadata
  bool more = false;    // odata.nextLink
};

// Of `{"odata.metadata": …, "value": [{…}, …]}`. Nothing: it is something else, or not
// so plain (an error, a list of other things, a name twice), and is to be looked at as
// a document.
std::optional<RowsOfText> ReadRows(absl::string_view json);

}  // namespace guestbridge::agent
