#include "sync-agent/source/onec_odata/client_attributes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr int kProbeRows = 20;
constexpr absl::Duration kMissingFor = absl::Hours(1);

bool IsMissing(const absl::Status& status) {
  return ReasonOf(status) == "SOURCE_ATTRIBUTE_MISSING";
}

// 1C can't order or compare by the attribute, which is no fault of the connection.
bool IsRefusal(const absl::Status& status) {
  return IsMissing(status) || ReasonOf(status) == "SOURCE_REFUSED";
}

// The names with empty ones for `missing`.
ClientNames Without(ClientNames names, const std::set<std::string>& missing) {
  for (std::string* name : {&names.version, &names.code, &names.is_folder,
                            &names.deleted, &names.created}) {
    if (missing.count(*name) > 0) name->clear();
  }
  return names;
}

absl::StatusOr<CodeOrder> ProbeOnce(const ClientNames& names, ODataSession& session) {
  ODataQuery query;
  query.entity = names.set;
  query.select = {names.key, names.code};
  query.order_by = names.code;
  query.top = kProbeRows;
  const std::string no_folders =
      names.is_folder.empty() ? "" : names.is_folder + " eq false";
  query.filter = no_folders;
  const absl::StatusOr<ODataAnswer> first = session.FetchRows(query);
  if (IsRefusal(first.status())) return CodeOrder::kUnusable;
  GB_RETURN_IF_ERROR(first.status());
  if (static_cast<int>(first->rows.size()) < kProbeRows) return CodeOrder::kUsable;

  const auto code_of = [&](const ODataRow& row) {
    return FoldCase(TrimText(row.Get(names.code)));
  };
  const std::string raw = first->rows.back().Get(names.code);
  const std::string last = code_of(first->rows.back());
  query.filter = AndFilter(
      no_folders, absl::StrCat(names.code, " ge ", Literal(names.code_kind, raw)));
  const absl::StatusOr<ODataAnswer> second = session.FetchRows(query);
  if (IsRefusal(second.status())) return CodeOrder::kUnusable;
  GB_RETURN_IF_ERROR(second.status());

  std::set<std::string> ours;
  for (const ODataRow& row : second->rows) ours.insert(row.Get(names.key));
  for (const ODataRow& row : first->rows) {
    // A row below the boundary that comes again: the filter has no effect.
    const bool again = ours.count(row.Get(names.key)) > 0;
    if (again && code_of(row) != last) return CodeOrder::kUnusable;
  }
  const bool one_value =
      std::all_of(second->rows.begin(), second->rows.end(),
                  [&](const ODataRow& row) { return code_of(row) == last; });
  if (one_value && static_cast<int>(second->rows.size()) == kProbeRows) {
    return CodeOrder::kManyAlike;
  }
  // The boundary's own row has to come again, or rows get lost there.
  const bool joined = ours.count(first->rows.back().Get(names.key)) > 0;
  return joined ? CodeOrder::kUsable : CodeOrder::kUnusable;
}

}  // namespace

absl::StatusOr<CodeOrder> ProbeCodeOrder(const ClientNames& names,
                                         ODataSession& session) {
  GB_ASSIGN_OR_RETURN(const CodeOrder order, ProbeOnce(names, session));
  if (order != CodeOrder::kUnusable) return order;
  return ProbeOnce(names, session);
}

std::vector<std::string> OptionalAttributes(const ClientNames& names) {
  std::vector<std::string> optional;
  for (const std::string& name :
       {names.version, names.code, names.is_folder, names.deleted, names.created}) {
    if (!name.empty() && name != names.key && name != names.contact) {
      optional.push_back(name);
    }
  }
  return optional;
}

ClientAttributes::ClientAttributes(const ClientNames& names, ODataSession& session,
                                   const Clock& clock)
    : profile_names_(names),
      session_(session),
      clock_(clock),
      names_(std::make_shared<const ClientNames>(names)) {}

absl::Status ClientAttributes::Try(const std::vector<std::string>& select) const {
  ODataQuery query;
  query.entity = profile_names_.set;
  query.select = select;
  query.top = 1;
  return session_.FetchRows(query).status();
}

absl::Status ClientAttributes::Learn() {
  const std::lock_guard<std::mutex> one_at_a_time(learning_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool old = some_missing_ && clock_.Steady() - learned_at_ > kMissingFor;
    if (learned_ && !old) return absl::OkStatus();
  }
  const std::vector<std::string> optional = OptionalAttributes(profile_names_);
  std::vector<std::string> select = {profile_names_.key, profile_names_.contact};
  select.insert(select.end(), optional.begin(), optional.end());
  std::set<std::string> missing;
  const absl::Status whole = Try(select);
  if (IsMissing(whole)) {
    // What a message names is not trusted: its words differ by version and language.
    GB_RETURN_IF_ERROR(Try({profile_names_.key, profile_names_.contact}));
    for (const std::string& name : optional) {
      const absl::Status one = Try({profile_names_.key, name});
      if (IsMissing(one)) {
        missing.insert(name);
      } else {
        GB_RETURN_IF_ERROR(one);
      }
    }
    if (missing.empty()) return whole;
  } else if (ReasonOf(whole) == "SOURCE_REFUSED") {
    // Not the names are refused but the question: the profile has to be believed, for
    // good where a build knows no such question.
    if (ParametersOf(whole)["http"] != "400") return absl::OkStatus();
  } else {
    GB_RETURN_IF_ERROR(whole);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  names_ = std::make_shared<const ClientNames>(Without(profile_names_, missing));
  learned_ = true;
  some_missing_ = !missing.empty();
  learned_at_ = clock_.Steady();
  by_code_.reset();
  if (names_->code.empty()) by_code_ = false;
  return absl::OkStatus();
}

absl::Status ClientAttributes::LearnOrder() {
  GB_RETURN_IF_ERROR(Learn());
  const std::lock_guard<std::mutex> one_at_a_time(learning_);
  const std::shared_ptr<const ClientNames> known = names();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (by_code_.has_value()) return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const CodeOrder order, ProbeCodeOrder(*known, session_));
  const std::lock_guard<std::mutex> lock(mutex_);
  by_code_ = order != CodeOrder::kUnusable;
  return absl::OkStatus();
}

void ClientAttributes::Doubt() {
  const std::lock_guard<std::mutex> lock(mutex_);
  learned_ = false;
  by_code_.reset();
}

std::shared_ptr<const ClientNames> ClientAttributes::names() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return names_;
}

bool ClientAttributes::by_code() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return by_code_.value_or(!names_->code.empty());
}

}  // namespace guestbridge::agent
