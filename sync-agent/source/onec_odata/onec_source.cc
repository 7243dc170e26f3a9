#include "sync-agent/source/onec_odata/onec_source.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/change_stream.h"
#include "sync-agent/source/onec_odata/compare_stream.h"
#include "sync-agent/source/onec_odata/exchange_plan_stream.h"
#include "sync-agent/source/onec_odata/full_stream.h"
#include "sync-agent/source/onec_odata/onec_base.h"
#include "sync-agent/source/onec_odata/onec_probe.h"
#include "sync-agent/source/onec_odata/quiet_hours.h"
#include "sync-agent/source/onec_odata/source_address.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

// Clients whose code begins alike; more than one of them is rare.
constexpr int kFindRows = 50;

// A stream that keeps its base alive, and begins once it is known what the base has. An
// attribute that 1C takes away in the midst of it (an update of the configuration) is
// left out from then on: the stream begins again.
class HeldStream : public ClientStream {
 public:
  using Make = std::function<std::unique_ptr<ClientStream>()>;
  // `notice`, unless it is OK, goes out with the last page.
  HeldStream(std::shared_ptr<OneCBase> base, Make make, absl::Status notice)
      : base_(std::move(base)), make_(std::move(make)), notice_(std::move(notice)) {}

  absl::StatusOr<ClientPage> Next() override {
    absl::StatusOr<ClientPage> page = Read();
    if (page.ok() && page->last) {
      series_ = nullptr;
      if (!notice_.ok()) page->notice = notice_;
    }
    return page;
  }

 private:
  absl::StatusOr<ClientPage> Read() {
    ClientAttributes& attributes = base_->attributes;
    if (series_ == nullptr) series_ = base_->session.BeginSeries();
    if (stream_ == nullptr) {
      GB_RETURN_IF_ERROR(attributes.LearnOrder());
      names_ = attributes.names();
      stream_ = make_();
    }
    absl::StatusOr<ClientPage> page = stream_->Next();
    if (ReasonOf(page.status()) != "SOURCE_ATTRIBUTE_MISSING" || begun_again_) {
      return page;
    }
    begun_again_ = true;
    attributes.Doubt();
    GB_RETURN_IF_ERROR(attributes.LearnOrder());
    if (OptionalAttributes(*attributes.names()) == OptionalAttributes(*names_)) {
      return page;
    }
    stream_ = make_();
    return stream_->Next();
  }

  std::shared_ptr<OneCBase> base_;
  const Make make_;
  const absl::Status notice_;
  std::shared_ptr<void> series_;
  std::unique_ptr<ClientStream> stream_;  // null before the first page
  std::shared_ptr<const ClientNames> names_;
  bool begun_again_ = false;
};

class OneCReader : public SourceReader {
 public:
  explicit OneCReader(std::shared_ptr<OneCBase> base) : base_(std::move(base)) {}

  absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest& request) override {
    ClientTable& clients = base_->clients;
    GB_RETURN_IF_ERROR(clients.CheckAttributes(request.attributes));
    clients.ForgetKinds();
    const std::optional<Marks> since = DecodeMarks(request.since);
    Doubt doubt;
    if (request.kind != ReadRequest::Kind::kFull) {
      GB_ASSIGN_OR_RETURN(doubt, DoubtVersions(request, since));
    }
    const bool changes = request.kind == ReadRequest::Kind::kChanges &&
                         since.has_value() && !doubt.read_whole;
    const bool compares =
        request.kind == ReadRequest::Kind::kCompare && !doubt.read_whole;
    ChangeRules rules;
    rules.unattended = request.unattended;
    HeldStream::Make make = [base = base_.get(), changes, compares, since, rules,
                             attributes = request.attributes,
                             known = request.known]() -> std::unique_ptr<ClientStream> {
      ClientTable& table = base->clients;
      if (changes && base->profile.exchange_plan.has_value()) {
        return std::make_unique<ExchangePlanStream>(*since, attributes, known,
                                                    base->origin, table, rules);
      }
      if (changes && base->profile.history.has_value()) {
        return std::make_unique<ChangeStream>(*since, attributes, known, table, rules);
      }
      // Without a history the versions tell what changed.
      if (changes || compares) {
        return std::make_unique<CompareStream>(attributes, known, table);
      }
      return std::make_unique<FullStream>(attributes, table);
    };
    return std::unique_ptr<ClientStream>(
        std::make_unique<HeldStream>(base_, std::move(make), doubt.notice));
  }

  absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey> keys,
      absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(base_->clients.CheckAttributes(attributes));
    GB_RETURN_IF_ERROR(base_->attributes.Learn());
    absl::StatusOr<std::vector<ClientRow>> rows =
        base_->clients.FetchAll(keys, attributes);
    Judge(rows.status());
    return rows;
  }

  absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view key_or_code,
      absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(base_->clients.CheckAttributes(attributes));
    GB_RETURN_IF_ERROR(base_->attributes.Learn());
    absl::StatusOr<std::optional<ClientRow>> row = Find(key_or_code, attributes);
    Judge(row.status());
    return row;
  }

  absl::StatusOr<std::vector<ClientRow>> SearchClients(
      const ClientSearch& search, absl::Span<const std::string> attributes) override {
    GB_RETURN_IF_ERROR(base_->clients.CheckAttributes(search.in));
    GB_RETURN_IF_ERROR(base_->clients.CheckAttributes(attributes));
    GB_RETURN_IF_ERROR(base_->attributes.Learn());
    std::vector<std::string> tests;
    for (const std::string& attribute : search.in) {
      if (base_->profile.lookups.count(attribute) > 0) continue;
      for (const std::string& text : search.texts) {
        tests.push_back(
            absl::StrCat("substringof(", TextLiteral(text), ",", attribute, ")"));
      }
    }
    if (tests.empty()) return std::vector<ClientRow>();
    ODataQuery query;
    query.entity = base_->profile.client.set;
    query.select = base_->clients.SelectOf(attributes);
    query.filter = absl::StrJoin(tests, " or ");
    query.top = search.limit;
    const absl::StatusOr<ODataAnswer> answer = base_->session.FetchRows(query);
    Judge(answer.status());
    GB_RETURN_IF_ERROR(answer.status());
    return base_->clients.Decode(answer->rows, attributes);
  }

  absl::StatusOr<std::vector<ChangeRecord>> RecentChanges(const ClientKey& client,
                                                          const Watermark& upto,
                                                          int limit) override {
    std::vector<ChangeRecord> changes;
    const auto& history = base_->profile.history;
    if (!history.has_value() || !IsGuid(client.guid())) return changes;
    ODataQuery query;
    query.entity = history->set;
    query.select = {history->period, history->client};
    query.filter = absl::StrCat(history->client, " eq ", GuidLiteral(client.guid()));
    query.order_by = absl::StrCat(history->period, " desc");
    query.top = limit;
    const absl::StatusOr<ODataAnswer> answer = base_->session.FetchRows(query);
    if (IsUnusable(answer.status())) return changes;
    GB_RETURN_IF_ERROR(answer.status());
    const std::optional<Marks> marks = DecodeMarks(upto);
    const SourceTime read =
        marks.has_value() && marks->period.has_value() ? *marks->period : SourceTime();
    for (const ODataRow& row : answer->rows) {
      const SourceTime time = ReadSourceTime(row.Get(history->period));
      // A base that takes no filter answers with everybody's.
      if (ClientKey(row.Get(history->client)) != client || time.text.empty()) continue;
      changes.push_back({time, time <= read});
    }
    std::sort(
        changes.begin(), changes.end(),
        [](const ChangeRecord& a, const ChangeRecord& b) { return a.time > b.time; });
    if (changes.size() > static_cast<size_t>(limit)) {
      changes.resize(static_cast<size_t>(limit));
    }
    return changes;
  }

  absl::StatusOr<ContentBasis> FetchContentBasis(
      absl::Span<const std::string> attributes) override {
    return MakeBasis(
        attributes,
        [this](const LookupNames& taken) -> absl::StatusOr<LookupTable::Digests> {
          const auto digests = base_->lookups.BeginDigests(taken);
          if (digests.ok() || absl::IsUnavailable(digests.status())) return digests;
          return std::nullopt;  // forbidden: tells nothing
        });
  }
  ContentBasis BasisOfRowsRead(absl::Span<const std::string> attributes) override {
    return *MakeBasis(
        attributes,
        [this](const LookupNames& taken) -> absl::StatusOr<LookupTable::Digests> {
          return base_->lookups.DigestsSinceBegin(taken);
        });
  }

  AttributeKinds KindsOfRowsRead() const override {
    return base_->clients.KindsOfRowsRead();
  }

  SourceUsage usage() const override { return base_->session.usage(); }

 private:
  absl::StatusOr<ContentBasis> MakeBasis(
      absl::Span<const std::string> attributes,
      absl::FunctionRef<absl::StatusOr<LookupTable::Digests>(const LookupNames&)>
          digests) const {
    const SourceProfile& profile = base_->profile;
    const ClientNames& names = profile.client;
    ContentBasis basis;
    // Of the profile, what decides how a row reads.
    std::string rules =
        absl::StrCat(names.set, "\n", names.key, "\n", names.code, "\n",
                     names.is_folder, "\n", names.deleted, "\n", names.contact);
    for (const std::string& attribute : attributes) {
      const auto lookup = profile.lookups.find(attribute);
      if (lookup == profile.lookups.end()) continue;
      const LookupNames& taken = lookup->second;
      absl::StrAppend(&rules, "\n", attribute, " ", taken.set, " ", taken.key, " ",
                      taken.take);
      GB_ASSIGN_OR_RETURN(LookupTable::Digests texts, digests(taken));
      if (!texts.has_value()) continue;
      basis.texts[absl::StrCat(taken.set, "/", taken.take)] = *std::move(texts);
    }
    basis.rules = Sha256Hex(rules);
    return basis;
  }

  // What was learned of the base is asked for anew when it turns out to be wrong.
  void Judge(const absl::Status& status) {
    if (ReasonOf(status) == "SOURCE_ATTRIBUTE_MISSING") base_->attributes.Doubt();
  }

  absl::StatusOr<std::optional<ClientRow>> Find(
      absl::string_view key_or_code, absl::Span<const std::string> attributes) {
    const std::string wanted = TrimText(key_or_code);
    if (IsGuid(wanted)) {
      const std::vector<ClientKey> keys = {ClientKey(wanted)};
      GB_ASSIGN_OR_RETURN(std::vector<ClientRow> rows,
                          base_->clients.FetchAll(keys, attributes));
      if (rows.empty()) return std::optional<ClientRow>();
      return std::optional<ClientRow>(std::move(rows.front()));
    }
    const std::shared_ptr<const ClientNames> known = base_->attributes.names();
    const ClientNames& names = *known;
    if (names.code.empty() || wanted.empty()) return std::optional<ClientRow>();
    if (names.code_kind == LiteralKind::kNumber) {
      const std::string literal = Literal(LiteralKind::kNumber, wanted);
      if (literal[0] == '\'') return std::optional<ClientRow>();
      return FindByFilter(absl::StrCat(names.code, " eq ", literal), wanted,
                          attributes);
    }
    const std::string literal = TextLiteral(wanted);
    GB_ASSIGN_OR_RETURN(
        std::optional<ClientRow> found,
        FindByFilter(absl::StrCat(names.code, " eq ", literal), wanted, attributes));
    if (found.has_value()) return found;
    // Codes of fixed length are padded, and not every database pads a literal too.
    return FindByFilter(absl::StrCat("startswith(", names.code, ",", literal, ")"),
                        wanted, attributes);
  }

  // A base that is older than what we know of it: its versions count from the past.
  struct Doubt {
    bool read_whole = false;
    absl::Status notice;  // why, where that is certain
  };
  static Doubt Restored() { return {true, MakeError("SOURCE_RESTORED")}; }
  absl::StatusOr<Doubt> DoubtVersions(const ReadRequest& request,
                                      const std::optional<Marks>& since) {
    const auto& history = base_->profile.history;
    if (request.last_written_contact.exists()) {
      const ClientNames& names = base_->profile.client;
      ODataQuery query;
      query.entity = names.set;
      query.select = {names.key, names.contact};
      query.filter =
          absl::StrCat(names.key, " eq ", GuidLiteral(request.last_written.guid()));
      GB_ASSIGN_OR_RETURN(const ODataAnswer answer, base_->session.FetchRows(query));
      if (!answer.rows.empty() && ReadContactId(answer.rows.front().Get(
                                      names.contact)) != request.last_written_contact) {
        return Restored();
      }
      // The client may be gone, or not be there yet: where nothing else tells, read.
      if (answer.rows.empty() && !history.has_value()) return Doubt{true, {}};
    }
    // ChangeStream looks for the moment by itself.
    if (request.kind != ReadRequest::Kind::kCompare || !history.has_value() ||
        !since.has_value() || !since->period.has_value() ||
        since->period->text.empty()) {
      return Doubt();
    }
    ODataQuery query;
    query.entity = history->set;
    query.select = {history->period};
    query.filter =
        absl::StrCat(history->period, " eq ", DateTimeLiteral(since->period->text));
    query.top = 1;
    const absl::StatusOr<ODataAnswer> answer = base_->session.FetchRows(query);
    if (IsUnusable(answer.status())) {
      return Doubt{true,
                   MakeError("CHANGE_HISTORY_UNAVAILABLE", {{"entity", history->set}})};
    }
    GB_RETURN_IF_ERROR(answer.status());
    return answer->rows.empty() ? Restored() : Doubt();
  }

  absl::StatusOr<std::optional<ClientRow>> FindByFilter(
      const std::string& filter, const std::string& code,
      absl::Span<const std::string> attributes) {
    ODataQuery query;
    query.entity = base_->profile.client.set;
    query.select = base_->clients.SelectOf(attributes);
    query.filter = filter;
    query.order_by = base_->profile.client.code;
    query.top = kFindRows;
    GB_ASSIGN_OR_RETURN(const ODataAnswer answer, base_->session.FetchRows(query));
    GB_ASSIGN_OR_RETURN(std::vector<ClientRow> rows,
                        base_->clients.Decode(answer.rows, attributes));
    for (ClientRow& row : rows) {
      if (FoldCase(TrimText(row.code)) == FoldCase(code)) {
        return std::optional<ClientRow>(std::move(row));
      }
    }
    return std::optional<ClientRow>();
  }

  const std::shared_ptr<OneCBase> base_;
};

class OneCWriter : public SourceWriter {
 public:
  explicit OneCWriter(std::shared_ptr<OneCBase> base) : base_(std::move(base)) {}
  absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                              ContactId contact) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (series_ == nullptr) series_ = base_->session.BeginSeries();
    }
    return base_->writer.WriteContact(client, contact);
  }

  void SetContentAttributes(std::vector<std::string> attributes) override {
    base_->writer.SetContentAttributes(std::move(attributes));
  }

  absl::Status CheckHours() const override {
    const std::vector<QuietHours>& hours = base_->profile.write.quiet_hours;
    if (hours.empty()) return absl::OkStatus();
    absl::TimeZone zone;
    absl::LoadTimeZone(base_->profile.time_zone, &zone);  // checked with the profile
    const auto until = QuietUntil(hours, absl::ToCivilMinute(base_->clock.Now(), zone));
    if (!until.has_value()) return absl::OkStatus();
    return MakeError("SOURCE_QUIET_HOURS", {{"until", *until}});
  }

  std::optional<QuietSpell> NextQuiet(absl::Time at) const override {
    absl::TimeZone zone;
    absl::LoadTimeZone(base_->profile.time_zone, &zone);  // checked with the profile
    return NextQuietSpell(base_->profile.write.quiet_hours, zone, at);
  }

  void Rest() override {
    std::shared_ptr<void> series;
    const std::lock_guard<std::mutex> lock(mutex_);
    series.swap(series_);
  }

 private:
  const std::shared_ptr<OneCBase> base_;
  std::mutex mutex_;
  std::shared_ptr<void> series_;  // guarded by mutex_
};

}  // namespace

absl::StatusOr<Source> ConnectOneC(const OneCSettings& settings, const Clock& clock,
                                   std::unique_ptr<HttpClient> http) {
  GB_ASSIGN_OR_RETURN(const SourceAddress address, ParseSourceAddress(settings.url));
  GB_ASSIGN_OR_RETURN(SourceProfile profile,
                      LoadSourceProfile(settings.profile, settings.profile_text));
  if (http == nullptr) {
    HttpClientOptions options;
    options.tls = address.tls;
    options.host = address.host;
    options.port = address.port;
    options.address_policy = HttpClientOptions::AddressPolicy::kAnyButMetadata;
    options.connect_timeout = absl::Seconds(5);
    GB_ASSIGN_OR_RETURN(http, MakeHttpClient(std::move(options)));
  }
  auto base = std::make_shared<OneCBase>(std::move(profile), address, std::move(http),
                                         settings.user, settings.password, clock);
  Source source;
  source.reader = std::make_unique<OneCReader>(base);
  source.writer = std::make_unique<OneCWriter>(base);
  source.probe = MakeOneCProbe(base);
  return source;
}

}  // namespace guestbridge::agent
