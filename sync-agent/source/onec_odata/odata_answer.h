#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/http_client.h"

// What 1C answers: rows, or one of many kinds of no. Pure.
namespace guestbridge::agent {

// One row: scalars as text (numbers and booleans as in JSON, so an Int64 that comes as
// a string and one that comes as a number read alike). Nulls and tabular sections are
// left out.
struct ODataRow {
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<bool> bare;  // of each value: it came without quotes

  // Null when absent.
  const std::string* Find(absl::string_view name) const;
  // Empty when absent.
  std::string Get(absl::string_view name) const;
};

struct ODataAnswer {
  std::vector<ODataRow> rows;
  size_t bytes = 0;   // of the body
  bool more = false;  // the server cut the list by itself (odata.nextLink)
};

// What was asked, for an error's parameters.
struct ODataCall {
  std::string entity;
  std::vector<std::string> attributes;  // names that the request held
};

// OK for 2xx. Otherwise one of the reasons of source.h, by the table of
// facts "errors": status, OData code, then words of the message. The message itself is
// dropped, for it may repeat guests' data; parameters are `entity`, `http`, `code` (of
// OData, when there is one), `attribute`, `cause`.
absl::Status CheckAnswer(const HttpResult& result, const ODataCall& call);

// Whether the answer is about the 1C session that the request named (IBSession), which
// is gone, and not about the request: nothing was executed. Versions differ in status
// and words, so anything with 400, 404 or 500 that is no OData counts, unless it speaks
// of maintenance or licences.
bool SaysSessionGone(const HttpResult& result);

// CheckAnswer, then that an XML document begins: a proxy may answer a page of
// maintenance with 200. Errors also: SOURCE_ANSWER_BROKEN.
absl::Status CheckXml(const HttpResult& result, const ODataCall& call);

// CheckAnswer, then the rows of a collection, or the single entity as one row.
// Errors also: SOURCE_ANSWER_BROKEN.
absl::StatusOr<ODataAnswer> DecodeRows(const HttpResult& result, const ODataCall& call);

// CheckAnswer, then what the service document names, in JSON, or in Atom, which is all
// that some builds know. Errors also: SOURCE_ANSWER_BROKEN.
absl::StatusOr<std::vector<std::string>> DecodeSets(const HttpResult& result);

}  // namespace guestbridge::agent
