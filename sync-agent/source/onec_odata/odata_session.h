#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"
#include "sync-agent/source/onec_odata/base_gate.h"
#include "sync-agent/source/onec_odata/ib_session.h"
#include "sync-agent/source/onec_odata/odata_answer.h"
#include "sync-agent/source/onec_odata/source_profile.h"
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

// What the service says of itself.
struct ServiceDocument {
  std::vector<std::string> sets;           // names of the published sets
  std::optional<absl::Time> server_clock;  // the web server's, when it tells
};

// The HTTP side of one base: Basic credentials (UTF-8), JSON by both $format and
// Accept, as many requests at once as the rules allow, 1C sessions, counters. Sends
// each request once and never sleeps; repeats belong to the caller, but for a list that
// is refused because of hidden rows: it is asked for again without them (allowedOnly),
// and so from then on; and for a 1C session that is gone: then nothing was executed.
// Thread-safe. Errors: those of CheckAnswer and DecodeRows.
class ODataSession {
 public:
  // `root`: percent-encoded path of the service. `gate`: the base's; null: one of its
  // own.
  ODataSession(std::unique_ptr<HttpClient> http, std::string root,
               const std::string& user, const SecretString& password,
               const SessionRules& rules = {},
               std::shared_ptr<BaseGate> gate = nullptr);

  // Requests follow each other while the answer lives: a 1C session is started for
  // them, shared by all who hold such an answer, and finished when the last lets go.
  // Outlived by the object.
  std::shared_ptr<void> BeginSeries();
  // What is known of 1C sessions; nothing when the rules switch them off.
  std::optional<IbSession::State> session_state() const;

  absl::StatusOr<ODataAnswer> FetchRows(const ODataQuery& query);
  // How many objects `entity` has, folders too; hidden ones perhaps. Errors also:
  // SOURCE_ANSWER_BROKEN (no number).
  absl::StatusOr<int64_t> FetchCount(const std::string& entity);
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
  // The $metadata document: tens of megabytes, which go to `on_body` as they come; up
  // to 180 s. Pieces may come although the whole does not. Errors also:
  // SOURCE_ANSWER_BROKEN.
  absl::Status FetchMetadata(const std::function<bool(absl::string_view)>& on_body);
  absl::StatusOr<ServiceDocument> FetchServiceDocument();

  // Percent-encoded path of the service.
  const std::string& root() const { return root_; }
  // Bytes of path and query that `query` needs.
  size_t TargetSize(const ODataQuery& query) const;
  // Whether rows of `entity` are hidden from our user.
  bool HidesRows(const std::string& entity) const;
  SourceUsage usage() const;
  // What the web server's clock showed last; nothing when it never told.
  std::optional<absl::Time> server_clock() const;

 private:
  // A request's place: at most one runs in it at a time.
  struct Place {
    IbSession session;
    bool taken = false;
    IbSession::State seen = IbSession::State::kUntried;  // of the session, when left
  };
  Place* TakePlace();
  void Leave(Place* place);
  void EndSeries();
  HttpResult Send(HttpRequest request);
  HttpResult SendIn(Place* place, const HttpRequest& request);
  HttpResult Ask(const HttpRequest& request);
  std::string TargetOf(const ODataQuery& query) const;
  std::string TargetOf(const std::string& entity, const std::string& key) const;
  // Sends, and hands the body of a 2xx, which is to be XML, to `on_body`.
  absl::Status SendForXml(HttpRequest request, const ODataCall& call,
                          const std::function<bool(absl::string_view)>& on_body);
  absl::StatusOr<ODataAnswer> FetchOnce(const ODataQuery& query, bool allowed_only);
  absl::StatusOr<ODataRow> Write(HttpRequest request, const ODataCall& call);

  const std::unique_ptr<HttpClient> http_;
  const std::string root_;
  const SecretString authorization_;
  const SessionRules rules_;
  const std::shared_ptr<BaseGate> gate_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  // Guarded by mutex_; a taken place's session belongs to the one who took it.
  std::vector<Place> places_;
  int series_ = 0;
  std::set<std::string> hidden_;
  std::optional<absl::Time> server_clock_;
  std::atomic<int> requests_{0};
  std::atomic<int> rows_{0};
};

}  // namespace guestbridge::agent
