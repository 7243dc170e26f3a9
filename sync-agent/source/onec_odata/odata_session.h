#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// A list of rows to read. Texts are plain, not yet percent-encoded.
struct ODataQuery {
  std::string entity;
  std::string filter;               // empty: none
  std::vector<std::string> select;  // never empty: 1C would send photos
  std::string order_by;             // empty: none
  int top = 0;                      // 0: no limit
};

// The HTTP side of one base: Basic credentials (UTF-8), JSON by both $format and
// Accept, one request at a time, counters. Sends each request once and never sleeps;
// repeats belong to the caller, but for a list that is refused because of hidden rows:
// it is asked for again without them (allowedOnly), and so from then on.
// Thread-safe. Errors: those of CheckAnswer and DecodeRows.
class ODataSession {
 public:
  // `root`: percent-encoded path of the service.
  ODataSession(std::unique_ptr<HttpClient> http, std::string root,
               const std::string& user, const SecretString& password);

  absl::StatusOr<ODataAnswer> FetchRows(const ODataQuery& query);
  // The object with `key` (a literal or a list of them, as between the parentheses).
  absl::StatusOr<ODataRow> FetchEntity(const std::string& entity,
                                       const std::string& key,
                                       const std::vector<std::string>& select);
  // Writes send JSON; the answered row is empty when the answer had no body.
  using Headers = std::vector<std::pair<std::string, std::string>>;
  absl::StatusOr<ODataRow> Patch(const std::string& entity, const std::string& key,
                                 const std::string& body, const Headers& headers);
  absl::StatusOr<ODataRow> Post(const std::string& entity, const std::string& body,
                                const Headers& headers);
  // POST root/`name`?`query`, which is percent-encoded: a function that answers in Atom
  // or with nothing. The body of a 2xx goes to `on_body` as it comes; null: it is not
  // wanted. `entity` is what an error names. Errors also: SOURCE_ANSWER_BROKEN.
  absl::Status CallFunction(const std::string& name, const std::string& query,
                            const std::string& entity, absl::Duration deadline,
                            std::function<bool(absl::string_view)> on_body);
  // The $metadata document: megabytes; up to 180 s.
  absl::StatusOr<std::string> FetchMetadata();
  // Names of the published sets.
  absl::StatusOr<std::vector<std::string>> FetchServiceDocument();

  // Percent-encoded path of the service.
  const std::string& root() const { return root_; }
  // Bytes of path and query that `query` needs.
  size_t TargetSize(const ODataQuery& query) const;
  // Whether rows of `entity` are hidden from our user.
  bool HidesRows(const std::string& entity) const;
  SourceUsage usage() const;

 private:
  HttpResult Send(HttpRequest request);
  std::string TargetOf(const ODataQuery& query) const;
  std::string TargetOf(const std::string& entity, const std::string& key) const;
  absl::StatusOr<ODataAnswer> FetchOnce(const ODataQuery& query, bool allowed_only);
  absl::StatusOr<ODataRow> Write(HttpRequest request, const ODataCall& call);

  const std::unique_ptr<HttpClient> http_;
  const std::string root_;
  const SecretString authorization_;
  std::mutex gate_;  // held while a request runs
  mutable std::mutex mutex_;
  std::set<std::string> hidden_;  // guarded by mutex_
  std::atomic<int> requests_{0};
  std::atomic<int> rows_{0};
};

}  // namespace guestbridge::agent
