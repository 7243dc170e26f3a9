#include "sync-agent/source/jsonl/jsonl_source.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/file_url.h"
#include "sync-agent/source/jsonl/client_line.h"
#include "sync-agent/source/jsonl/jsonl_base.h"
#include "sync-agent/source/jsonl/jsonl_probe.h"

namespace guestbridge::agent {
namespace {

constexpr int kRowsPerPage = 200;
constexpr char kMarkForm[] = "jsonl1";
constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

Watermark MakeMark(const ClientStore& store, int64_t seq) {
  return {absl::StrCat(kMarkForm, "|", store.id(), "|", seq)};
}

// The seq of a mark of this very store; nothing for any other.
std::optional<int64_t> ReadMark(const Watermark& mark, const ClientStore& store) {
  const std::vector<std::string> parts = absl::StrSplit(mark.value, '|');
  int64_t seq = 0;
  if (parts.size() != 3 || parts[0] != kMarkForm || parts[1] != store.id() ||
      !absl::SimpleAtoi(parts[2], &seq) || seq < 0) {
    return std::nullopt;
  }
  return seq;
}

ClientRow RowOf(const StoredClient& client, absl::Span<const std::string> wanted) {
  return MakeClientRow(client.attributes, client.contact, wanted);
}

constexpr int kSearchPage = 500;

bool Holds(const StoredClient& client, const ClientSearch& search) {
  return std::any_of(search.in.begin(), search.in.end(), [&](const std::string& name) {
    const auto held = client.attributes.find(name);
    return held != client.attributes.end() &&
           std::any_of(search.texts.begin(), search.texts.end(),
                       [&](const std::string& text) {
                         return absl::StrContains(absl::AsciiStrToLower(held->second),
                                                  absl::AsciiStrToLower(text));
                       });
  });
}

// First takes in what lies in the folder, with pages that are empty, then gives each
// client once, as it came last: a second row of a client in one stream might be passed
// over while the first is under way.
class JsonlStream : public ClientStream {
 public:
  JsonlStream(std::shared_ptr<JsonlBase> base, bool full, int64_t after,
              std::vector<std::string> attributes)
      : base_(std::move(base)),
        store_(base_->store->id()),
        full_(full),
        after_(after),
        attributes_(std::move(attributes)) {}

  absl::StatusOr<ClientPage> Next() override {
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    ClientStore& store = *base_->store;
    if (store.id() != store_) {
      return MakeError("SOURCE_STORE_CHANGED", {{"path", base_->folder.path()}});
    }
    ClientPage page;
    if (!until_.has_value()) {
      GB_ASSIGN_OR_RETURN(const bool more, base_->TakeIn());
      if (more) return page;
      GB_ASSIGN_OR_RETURN(until_, store.LastSeq());
    }
    // What somebody takes in meanwhile belongs to the next stream of changes: that
    // begins at until_. A full one may give it too.
    GB_ASSIGN_OR_RETURN(
        const std::vector<StoredClient> clients,
        store.ClientsAfter(after_, full_ ? kNoEnd : *until_, kRowsPerPage));
    if (clients.empty()) {
      page.last = true;
      page.watermark = MakeMark(store, *until_);
      return page;
    }
    for (const StoredClient& client : clients) {
      ClientRow row = RowOf(client, attributes_);
      if (!row.is_folder) page.rows.push_back(std::move(row));
    }
    after_ = clients.back().seq;
    return page;
  }

 private:
  const std::shared_ptr<JsonlBase> base_;
  const std::string store_;
  const bool full_;
  int64_t after_;
  std::optional<int64_t> until_;
  const std::vector<std::string> attributes_;
};

class JsonlReader : public SourceReader {
 public:
  explicit JsonlReader(std::shared_ptr<JsonlBase> base) : base_(std::move(base)) {}

  absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest& request) override {
    GB_RETURN_IF_ERROR(CheckAttributes(request.attributes));
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    bool full = true;
    int64_t after = 0;
    if (request.kind == ReadRequest::Kind::kChanges) {
      const std::optional<int64_t> seq = ReadMark(request.since, *base_->store);
      GB_ASSIGN_OR_RETURN(const int64_t last, base_->store->LastSeq());
      // A mark beyond the store's end is of a store that was put back since.
      if (seq.has_value() && *seq <= last) {
        GB_RETURN_IF_ERROR(base_->intake->Acknowledge(*seq));
        full = false;
        after = *seq;
      }
    }
    return std::unique_ptr<ClientStream>(
        std::make_unique<JsonlStream>(base_, full, after, request.attributes));
  }

  absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey> keys,
      absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(CheckAttributes(attributes));
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_RETURN_IF_ERROR(base_->CatchUp());
    ++base_->requests;
    std::vector<ClientRow> rows;
    for (const ClientKey& key : keys) {
      GB_ASSIGN_OR_RETURN(const auto client, base_->store->FindByKey(key));
      if (client.has_value()) rows.push_back(RowOf(*client, attributes));
    }
    return rows;
  }

  absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view key_or_code,
      absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(CheckAttributes(attributes));
    const absl::string_view wanted = absl::StripAsciiWhitespace(key_or_code);
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_RETURN_IF_ERROR(base_->CatchUp());
    ++base_->requests;
    if (wanted.empty()) return std::optional<ClientRow>();
    GB_ASSIGN_OR_RETURN(auto client, base_->store->FindByKey(ClientKey(wanted)));
    if (!client.has_value()) {
      GB_ASSIGN_OR_RETURN(client, base_->store->FindByCode(wanted));
    }
    if (!client.has_value()) return std::optional<ClientRow>();
    return std::optional<ClientRow>(RowOf(*client, attributes));
  }

  absl::StatusOr<std::vector<ClientRow>> SearchClients(
      const ClientSearch& search, absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(CheckAttributes(attributes));
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_RETURN_IF_ERROR(base_->CatchUp());
    ++base_->requests;
    GB_ASSIGN_OR_RETURN(const int64_t until, base_->store->LastSeq());
    std::vector<ClientRow> rows;
    for (int64_t after = 0; static_cast<int>(rows.size()) < search.limit;) {
      GB_ASSIGN_OR_RETURN(const std::vector<StoredClient> clients,
                          base_->store->ClientsAfter(after, until, kSearchPage));
      if (clients.empty()) break;
      for (const StoredClient& client : clients) {
        if (Holds(client, search)) rows.push_back(RowOf(client, attributes));
      }
      after = clients.back().seq;
    }
    return rows;
  }

  absl::StatusOr<std::vector<SourceRemnant>> ForgetClient(
      const ClientKey& client) override {
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_RETURN_IF_ERROR(base_->intake->ForgetRejected(client));
    GB_RETURN_IF_ERROR(base_->store->ForgetClient(client));
    return std::vector<SourceRemnant>{
        {"LEFT_IN_EXCHANGE_FOLDER", {{"path", base_->folder.path()}}}};
  }

  SourceUsage usage() const override {
    return {.requests = base_->requests, .rows = base_->rows};
  }

 private:
  const std::shared_ptr<JsonlBase> base_;
};

class JsonlWriter : public SourceWriter {
 public:
  explicit JsonlWriter(std::shared_ptr<JsonlBase> base) : base_(std::move(base)) {}

  absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                              ContactId contact) override {
    const std::lock_guard<std::mutex> lock(base_->mutex);
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_ASSIGN_OR_RETURN(auto known, base_->store->FindByKey(client));
    if (!known.has_value()) {
      GB_RETURN_IF_ERROR(base_->CatchUp());
      GB_ASSIGN_OR_RETURN(known, base_->store->FindByKey(client));
      GB_ASSIGN_OR_RETURN(const bool whole, base_->intake->KnowsEveryClient());
      // A store that began anew and has not seen every client yet knows no better.
      if (!known.has_value() && whole) {
        return MakeError("CLIENT_GONE", {{"entity", "jsonl"}});
      }
    }
    if (known.has_value() && known->contact == contact) return ContactWritten();
    GB_RETURN_IF_ERROR(base_->outbox.Add(client, contact));
    base_->publisher.Wake();
    // After the line: a process that is killed between writes the line twice.
    GB_RETURN_IF_ERROR(base_->store->SetContact(client, contact));
    CrashPoint("agent.contact-id.noted");
    return ContactWritten();
  }

 private:
  const std::shared_ptr<JsonlBase> base_;
};

}  // namespace

absl::StatusOr<Source> ConnectJsonl(const std::string& url, const Clock& clock) {
  const std::optional<std::string> path = PathOfFileUrl(url);
  if (!path.has_value()) {
    // What stands before an @ may be a password.
    const bool at = absl::StrContains(url, "@");
    return MakeFieldError("connection.source.url", "SOURCE_FOLDER_INVALID",
                          {{"url", at ? "…@…" : url}});
  }
  auto base = std::make_shared<JsonlBase>(*path, clock);
  Source source;
  source.reader = std::make_unique<JsonlReader>(base);
  source.writer = std::make_unique<JsonlWriter>(base);
  source.probe = MakeJsonlProbe(base);
  return source;
}

}  // namespace guestbridge::agent
