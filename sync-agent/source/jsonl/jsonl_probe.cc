#include "sync-agent/source/jsonl/jsonl_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"
#include "sync-agent/source/jsonl/client_line.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

constexpr char kIdentityFile[] = "identity";
constexpr size_t kLongestIdentity = 64;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr char kNoIdentity[] = "00000000-0000-0000-0000-000000000000";
constexpr char kLeastVersion[] = "9.0.1.3";

// Clients that are looked at to learn which attributes the files carry.
constexpr int kSampleRows = 200;
constexpr size_t kMostFields = 500;
constexpr size_t kLongestName = 100;

// What 1C:Hotel's clients have, so that a mapping can be made before the first file.
constexpr std::pair<const char*, const char*> kKnownFields[] = {
    {"Address", "Edm.String"},
    {"Citizenship_Key", "Edm.String"},
    {"City", "Edm.String"},
    {"Code", "Edm.String"},
    {"CreateDate", "Edm.DateTime"},
    {"DateOfBirth", "Edm.DateTime"},
    {"DeletionMark", "Edm.Boolean"},
    {"Description", "Edm.String"},
    {"EMail", "Edm.String"},
    {"EMailAdditional", "Edm.String"},
    {"Fax", "Edm.String"},
    {"FirstName", "Edm.String"},
    {"FullName", "Edm.String"},
    {"IsInBlackList", "Edm.Boolean"},
    {"Language_Key", "Edm.String"},
    {"LastName", "Edm.String"},
    {"NoSMSDelivery", "Edm.Boolean"},
    {"Phone", "Edm.String"},
    {"Region", "Edm.String"},
    {"Remarks", "Edm.String"},
    {"SecondName", "Edm.String"},
    {"Sex", "Edm.String"}};

SourceCheck MakeCheck(std::string name, State state, std::string reason,
                      Parameters parameters = {}) {
  SourceCheck check;
  check.name = std::move(name);
  check.state = state;
  check.reason = std::move(reason);
  check.parameters.assign(parameters.begin(), parameters.end());
  return check;
}

SourceCheck FailedCheck(std::string name, const absl::Status& status) {
  return MakeCheck(std::move(name), State::kFailed, ReasonOf(status),
                   ParametersOf(status));
}

class JsonlProbe : public SourceProbe {
 public:
  explicit JsonlProbe(std::shared_ptr<JsonlBase> base) : base_(std::move(base)) {}

  absl::StatusOr<SourceIdentity> FetchIdentity() override {
    const ExchangeFolder& folder = base_->folder;
    GB_RETURN_IF_ERROR(folder.CheckReadable());
    const absl::StatusOr<OpenFile> file = folder.Open(kInbox, kIdentityFile);
    if (absl::IsNotFound(file.status())) return SourceIdentity();
    GB_RETURN_IF_ERROR(file.status());
    std::string text(4 * kLongestIdentity, '\0');
    const ssize_t count = pread(file->descriptor.fd(), text.data(), text.size(), 0);
    if (count < 0) return folder.ErrorOf(errno, kInbox);
    text.resize(static_cast<size_t>(count));
    absl::string_view value = text;
    absl::ConsumePrefix(&value, kByteOrderMark);
    value = absl::StripAsciiWhitespace(value);
    if (absl::ConsumePrefix(&value, "{")) absl::ConsumeSuffix(&value, "}");
    const std::string identity = absl::AsciiStrToLower(value);
    const bool plain =
        std::all_of(identity.begin(), identity.end(), [](unsigned char c) {
          return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
        });
    // Taken for none, it would become another base's once it is mended.
    if (!plain || identity.empty() || identity.size() > kLongestIdentity ||
        identity == kNoIdentity) {
      return MakeError("SOURCE_IDENTITY_INVALID",
                       {{"path", folder.PathOf(kInbox, kIdentityFile)}});
    }
    return SourceIdentity{identity};
  }

  absl::StatusOr<std::vector<SourceField>> FetchFields() override {
    GB_ASSIGN_OR_RETURN(const Sample sample, TakeSample());
    std::map<std::string, std::string> fields(std::begin(kKnownFields),
                                              std::end(kKnownFields));
    for (const auto& [name, value] : sample.attributes) {
      if (fields.size() >= kMostFields) break;
      if (name.empty() || name.size() > kLongestName) continue;
      if (IsTechnicalAttribute(name)) continue;
      const bool truth = value == "true" || value == "false";
      fields.emplace(name, truth ? "Edm.Boolean" : "Edm.String");
    }
    std::vector<SourceField> answer;
    for (auto& [name, type] : fields) answer.push_back({name, type, 0});
    return answer;
  }

  absl::StatusOr<std::vector<std::string>> FetchCapabilities() override {
    GB_RETURN_IF_ERROR(base_->folder.CheckReadable());
    return std::vector<std::string>{"change-history", "create-date"};
  }

  std::vector<SourceCheck> Test(absl::string_view hotel,
                                absl::Span<const std::string> mapped,
                                absl::FunctionRef<bool()> goes_on) override {
    std::vector<SourceCheck> checks;
    const ExchangeFolder& folder = base_->folder;
    const absl::Status readable = folder.CheckReadable();
    if (!readable.ok()) {
      checks.push_back(FailedCheck("source", readable));
      return checks;
    }
    checks.push_back(MakeCheck("source", State::kOk, "CHECK_SOURCE_FOLDER_OK",
                               {{"path", folder.path()}}));
    if (!goes_on()) return checks;
    TestFiles(mapped, &checks);
    if (!goes_on()) return checks;
    const absl::Status writable = folder.CheckWritable();
    checks.push_back(writable.ok()
                         ? MakeCheck("write-right", State::kOk,
                                     "CHECK_SOURCE_FOLDER_WRITABLE",
                                     {{"path", folder.PathOf(kContactIds, "")}})
                         : FailedCheck("write-right", writable));
    checks.push_back(MakeCheck("version", State::kWarning, "VERSION_NOT_PUBLISHED",
                               {{"least", kLeastVersion}}));
    const absl::StatusOr<SourceIdentity> identity = FetchIdentity();
    if (!identity.ok()) {
      checks.push_back(FailedCheck("identity", identity.status()));
    } else if (identity->value.empty()) {
      checks.push_back(MakeCheck("identity", State::kWarning,
                                 "SOURCE_IDENTITY_FILE_MISSING",
                                 {{"path", folder.PathOf(kInbox, kIdentityFile)}}));
    } else {
      checks.push_back(MakeCheck("identity", State::kOk, "CHECK_IDENTITY_OK",
                                 {{"identity", identity->value}}));
    }
    checks.push_back(MakeCheck("hotel", State::kWarning, "HOTEL_NOT_IN_FILES",
                               {{"hotel", std::string(hotel)}}));
    checks.push_back(
        MakeCheck("built-in-job", State::kWarning, "BUILT_IN_JOB_UNKNOWN"));
    return checks;
  }

 private:
  struct Sample {
    bool any_client = false;
    std::map<std::string, std::string> attributes;  // and a value of each
    std::string file;                               // that was looked into
    absl::Status bad;                               // its first line that is none
  };

  // Of the store, and of the newest file that waits. Makes no store.
  absl::StatusOr<Sample> TakeSample() {
    const std::lock_guard<std::mutex> lock(base_->mutex);
    Sample sample;
    const auto add = [&sample](const ClientAttributes& attributes) {
      sample.any_client = true;
      sample.attributes.insert(attributes.begin(), attributes.end());
    };
    const ExchangeFolder& folder = base_->folder;
    GB_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.ListFiles(kInbox));
    if (!names.empty()) {
      sample.file = names.back();
      absl::StatusOr<FileSample> file = SampleFile(folder, names.back(), kSampleRows);
      if (file.ok()) {
        for (const ClientLine& client : file->clients) add(client.attributes);
        sample.bad = file->bad;
      } else if (!absl::IsNotFound(file.status())) {
        return file.status();
      }
    }
    const std::string store = folder.PathOf(kState, "");
    if (base_->store == nullptr && access(store.c_str(), F_OK) != 0) return sample;
    GB_RETURN_IF_ERROR(base_->Ready());
    GB_ASSIGN_OR_RETURN(const int64_t last, base_->store->LastSeq());
    GB_ASSIGN_OR_RETURN(
        const std::vector<StoredClient> clients,
        base_->store->ClientsAfter(std::max<int64_t>(0, last - kSampleRows),
                                   std::numeric_limits<int64_t>::max(), kSampleRows));
    for (const StoredClient& client : clients) add(client.attributes);
    return sample;
  }

  void TestFiles(absl::Span<const std::string> mapped,
                 std::vector<SourceCheck>* checks) {
    const absl::StatusOr<Sample> sample = TakeSample();
    if (!sample.ok()) {
      checks->push_back(FailedCheck("entities", sample.status()));
      return;
    }
    if (!sample->bad.ok()) {
      Parameters parameters = {{"file", ToValidUtf8(sample->file)},
                               {"problem", ReasonOf(sample->bad)}};
      checks->push_back(MakeCheck("entities",
                                  sample->any_client ? State::kWarning : State::kFailed,
                                  "SOURCE_FILE_LINES_BAD", std::move(parameters)));
    } else if (!sample->any_client) {
      checks->push_back(MakeCheck("entities", State::kWarning, "SOURCE_FILES_NONE",
                                  {{"path", base_->folder.path()}}));
    } else {
      std::set<std::string> unseen(mapped.begin(), mapped.end());
      for (const auto& [name, value] : sample->attributes) unseen.erase(name);
      checks->push_back(unseen.empty()
                            ? MakeCheck("entities", State::kOk, "CHECK_SOURCE_FILES_OK")
                            : MakeCheck("entities", State::kWarning,
                                        "SOURCE_ATTRIBUTES_UNSEEN",
                                        {{"attributes", absl::StrJoin(unseen, ", ")}}));
    }
    const auto rejected = base_->folder.ListFiles(kRejected);
    if (rejected.ok() && !rejected->empty()) {
      checks->push_back(MakeCheck("rejected-lines", State::kWarning,
                                  "SOURCE_LINES_REJECTED",
                                  {{"path", base_->folder.PathOf(kRejected, "")},
                                   {"file", ToValidUtf8(rejected->back())},
                                   {"files", absl::StrCat(rejected->size())}}));
    }
  }

  const std::shared_ptr<JsonlBase> base_;
};

}  // namespace

std::unique_ptr<SourceProbe> MakeJsonlProbe(std::shared_ptr<JsonlBase> base) {
  return std::make_unique<JsonlProbe>(std::move(base));
}

}  // namespace guestbridge::agent
