#include "sync-agent/source/onec_odata/onec_probe.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/exchange_plan.h"
#include "sync-agent/source/onec_odata/metadata.h"
#include "sync-agent/source/onec_odata/onec_checks.h"
#include "sync-agent/source/onec_odata/reading_checks.h"
#include "sync-agent/source/onec_odata/text_fold.h"
#include "sync-agent/source/onec_odata/watermark.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

constexpr int kMostHotels = 1000;
constexpr size_t kLongestIdentity = 64;
constexpr char kNoIdentity[] = "00000000-0000-0000-0000-000000000000";

// The identity goes into the portal's stamp: lower case, and nothing but the
// characters of GUIDs and names.
std::string CleanIdentity(absl::string_view value) {
  std::string identity;
  for (const char c : absl::AsciiStrToLower(TrimText(value))) {
    if (c == '{' || c == '}') continue;
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte) && c != '-' && c != '_' && c != '.') return "";
    identity.push_back(c);
  }
  if (identity == kNoIdentity || identity.size() > kLongestIdentity) return "";
  return identity;
}

class OneCProbe : public SourceProbe {
 public:
  explicit OneCProbe(std::shared_ptr<OneCBase> base) : base_(std::move(base)) {}

  absl::StatusOr<SourceIdentity> FetchIdentity() override {
    GB_ASSIGN_OR_RETURN(const std::string value,
                        FetchConstant(base_->profile.identity));
    return SourceIdentity{CleanIdentity(value)};
  }

  absl::StatusOr<std::vector<SourceField>> FetchFields() override {
    GB_ASSIGN_OR_RETURN(const std::shared_ptr<const MetadataReading> reading,
                        base_->metadata.Recall());
    const std::string& set = base_->profile.client.set;
    const auto clients = reading->metadata.entities.find(set);
    if (clients == reading->metadata.entities.end()) {
      return MakeError("SOURCE_ENTITY_MISSING", {{"entity", set}});
    }
    return MappableFields(base_->profile, clients->second);
  }

  absl::StatusOr<std::vector<std::string>> FetchCapabilities() override {
    const SourceProfile& profile = base_->profile;
    std::vector<std::string> capabilities;
    if (profile.history.has_value()) {
      GB_RETURN_IF_ERROR(AddIfReadable(
          "change-history", profile.history->set,
          {profile.history->period, profile.history->client}, &capabilities));
    }
    if (profile.exchange_plan.has_value()) {
      const auto node = FetchNode(*profile.exchange_plan, base_->session);
      if (absl::IsUnavailable(node.status())) return node.status();
      if (node.ok()) capabilities.push_back("exchange-plan");
    }
    if (!profile.client.created.empty()) {
      GB_RETURN_IF_ERROR(AddIfReadable("create-date", profile.client.set,
                                       {profile.client.created}, &capabilities));
    }
    if (profile.messages.mode == MessageNames::Mode::kMapping) {
      GB_RETURN_IF_ERROR(AddIfReadable("messages-register", profile.messages.set,
                                       {"ObjectExternalCode"}, &capabilities));
    } else if (profile.messages.mode == MessageNames::Mode::kRegister) {
      GB_RETURN_IF_ERROR(AddIfReadable("messages-register", profile.messages.set,
                                       profile.messages.key, &capabilities));
    }
    return capabilities;
  }

  std::vector<SourceCheck> Test(absl::string_view hotel,
                                absl::Span<const std::string> mapped,
                                absl::FunctionRef<bool()> goes_on) override {
    const std::shared_ptr<void> series = base_->session.BeginSeries();
    std::vector<SourceCheck> checks;
    checks.push_back(
        base_->tls ? MakeCheck("source-tls", State::kOk, "CHECK_SOURCE_TLS_OK")
                   : MakeCheck("source-tls", State::kWarning, "SOURCE_URL_PLAIN_HTTP"));
    const absl::StatusOr<ServiceDocument> document =
        base_->session.FetchServiceDocument();
    checks.push_back(TestService(document));
    // Without an answer of 1C nothing else can be known.
    if (checks.back().state == State::kFailed &&
        checks.back().reason != "SOURCE_COMPOSITION_EMPTY") {
      return checks;
    }
    const std::function<void()> steps[] = {
        [&] { TestEntities(*document, mapped, &checks); },
        [&] {
          checks.push_back(TestReadRight());
          if (checks.back().state == State::kFailed || !goes_on()) return;
          TestReading(*document, &checks);
        },
        [&] {
          checks.push_back(MakeCheck("write-right", State::kWarning,
                                     "WRITE_RIGHT_UNKNOWN",
                                     {{"entity", base_->profile.client.set}}));
          checks.push_back(
              JudgeIfMatch(base_->profile.write, base_->writer.if_match()));
          checks.push_back(
              JudgeLoadMode(base_->profile.write, base_->writer.load_mode()));
          checks.push_back(TestHistory());
        },
        [&] {
          if (!base_->profile.exchange_plan.has_value()) return;
          checks.push_back(TestExchangePlan());
        },
        [&] { checks.push_back(TestVersion()); },
        [&] { checks.push_back(TestIdentity()); },
        [&] { checks.push_back(TestHotel(hotel)); },
        [&] {
          checks.push_back(
              MakeCheck("built-in-job", State::kWarning, "BUILT_IN_JOB_UNKNOWN"));
        },
    };
    for (const std::function<void()>& step : steps) {
      if (!goes_on()) break;
      step();
    }
    return checks;
  }

 private:
  absl::Status TryRead(const std::string& set, std::vector<std::string> attributes) {
    ODataQuery query;
    query.entity = set;
    query.select = std::move(attributes);
    query.top = 1;
    return base_->session.FetchRows(query).status();
  }

  absl::Status AddIfReadable(const std::string& capability, const std::string& set,
                             std::vector<std::string> attributes,
                             std::vector<std::string>* capabilities) {
    const absl::Status status = TryRead(set, std::move(attributes));
    if (IsUnusable(status)) return absl::OkStatus();
    GB_RETURN_IF_ERROR(status);
    capabilities->push_back(capability);
    return absl::OkStatus();
  }

  // Empty when there is none that can be read.
  absl::StatusOr<std::string> FetchConstant(const std::optional<ConstantNames>& names) {
    if (!names.has_value()) return "";
    ODataQuery query;
    query.entity = names->set;
    query.select = {names->field};
    const absl::StatusOr<ODataAnswer> answer = base_->session.FetchRows(query);
    if (IsUnusable(answer.status())) return "";
    GB_RETURN_IF_ERROR(answer.status());
    return answer->rows.empty() ? "" : answer->rows.front().Get(names->field);
  }

  static SourceCheck TestService(const absl::StatusOr<ServiceDocument>& document) {
    if (!document.ok()) return FailedCheck("source", document.status());
    if (document->sets.empty()) {
      return MakeCheck("source", State::kFailed, "SOURCE_COMPOSITION_EMPTY");
    }
    return MakeCheck("source", State::kOk, "CHECK_SOURCE_OK",
                     {{"sets", absl::StrCat(document->sets.size())}});
  }

  void TestEntities(const ServiceDocument& document,
                    absl::Span<const std::string> mapped,
                    std::vector<SourceCheck>* checks) {
    const auto reading = base_->metadata.Read(document);
    if (!reading.ok()) {
      checks->push_back(FailedCheck("entities", reading.status()));
      return;
    }
    checks->push_back(JudgeMetadata(**reading));
    std::vector<SourceCheck> findings =
        CheckNames(base_->profile, (*reading)->metadata, mapped);
    std::move(findings.begin(), findings.end(), std::back_inserter(*checks));
    if (base_->profile.messages.mode == MessageNames::Mode::kNone) {
      checks->push_back(
          MakeCheck("messages-register", State::kOk, "MESSAGES_REGISTER_UNUSED"));
    }
  }

  // What is found here is what the next reading goes by.
  void TestReading(const ServiceDocument& document, std::vector<SourceCheck>* checks) {
    base_->attributes.Doubt();
    for (auto& check : {CheckCodeOrder(*base_), CheckCreation(*base_)}) {
      if (check.has_value()) checks->push_back(*check);
    }
    checks->push_back(JudgeSession(base_->session.session_state()));
    checks->push_back(CheckClock(*base_, document.server_clock));
  }

  SourceCheck TestReadRight() {
    const ClientNames& names = base_->profile.client;
    ODataQuery query;
    query.entity = names.set;
    query.select = {names.key};
    // Hidden rows fail a list that meets one: a page is as far as a test looks.
    query.top = base_->profile.page_rows;
    const absl::Status status = base_->session.FetchRows(query).status();
    if (!status.ok()) return FailedCheck("read-right", status);
    if (base_->session.HidesRows(names.set)) {
      return MakeCheck("read-right", State::kWarning, "CLIENTS_HIDDEN",
                       {{"entity", names.set}});
    }
    return MakeCheck("read-right", State::kOk, "CHECK_READ_RIGHT_OK");
  }

  SourceCheck TestHistory() {
    const auto& history = base_->profile.history;
    if (!history.has_value()) {
      return MakeCheck("change-history", State::kWarning, "CHANGE_HISTORY_UNAVAILABLE",
                       {{"entity", "-"}});
    }
    const absl::Status status =
        TryRead(history->set, {history->period, history->client});
    if (status.ok()) {
      return MakeCheck("change-history", State::kOk, "CHECK_CHANGE_HISTORY_OK",
                       {{"entity", history->set}});
    }
    if (!IsUnusable(status)) return FailedCheck("change-history", status);
    Parameters parameters = ParametersOf(status);
    const std::string attribute = parameters["attribute"];
    return MakeCheck(
        "change-history", State::kWarning, "CHANGE_HISTORY_UNAVAILABLE",
        {{"entity", attribute.empty() ? history->set
                                      : absl::StrCat(history->set, ".", attribute)}});
  }

  // A selection would change what is registered: only the node is looked at.
  SourceCheck TestExchangePlan() {
    const ExchangePlanNames& names = *base_->profile.exchange_plan;
    const std::string kName = "exchange-plan";
    const Parameters parameters = {{"entity", names.set}, {"node", names.node}};
    const absl::Status status = FetchNode(names, base_->session).status();
    if (status.ok()) {
      return MakeCheck(kName, State::kOk, "CHECK_EXCHANGE_PLAN_OK", parameters);
    }
    if (absl::IsUnavailable(status)) return FailedCheck(kName, status);
    return MakeCheck(kName, State::kWarning,
                     ReasonOf(status) == "EXCHANGE_NODE_MISSING"
                         ? "EXCHANGE_NODE_MISSING"
                         : "EXCHANGE_PLAN_UNAVAILABLE",
                     parameters);
  }

  SourceCheck TestVersion() {
    const auto version = FetchConstant(base_->profile.version);
    if (!version.ok()) return FailedCheck("version", version.status());
    return CheckVersion(*version);
  }

  SourceCheck TestIdentity() {
    const auto identity = FetchIdentity();
    if (!identity.ok()) return FailedCheck("identity", identity.status());
    if (identity->value.empty()) {
      return MakeCheck("identity", State::kWarning, "IDENTITY_NOT_PUBLISHED");
    }
    return MakeCheck("identity", State::kOk, "CHECK_IDENTITY_OK",
                     {{"identity", identity->value}});
  }

  SourceCheck TestHotel(absl::string_view hotel) {
    const auto& names = base_->profile.hotels;
    const SourceCheck unknown =
        MakeCheck("hotel", State::kWarning, "HOTELS_NOT_PUBLISHED",
                  {{"hotel", std::string(hotel)}});
    if (!names.has_value()) return unknown;
    ODataQuery query;
    query.entity = names->set;
    query.select = {names->code, names->name};
    query.top = kMostHotels;
    const absl::StatusOr<ODataAnswer> answer = base_->session.FetchRows(query);
    if (IsUnusable(answer.status())) return unknown;
    if (!answer.ok()) return FailedCheck("hotel", answer.status());
    return CheckHotel(*names, answer->rows, hotel);
  }

  const std::shared_ptr<OneCBase> base_;
};

}  // namespace

std::unique_ptr<SourceProbe> MakeOneCProbe(std::shared_ptr<OneCBase> base) {
  return std::make_unique<OneCProbe>(std::move(base));
}

}  // namespace guestbridge::agent
