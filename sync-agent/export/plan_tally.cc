#include "sync-agent/export/plan_tally.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/model/shared_reason.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kSamplesOfOutcome = 5;

// FNV-1a: the same in every process.
uint64_t NumberOf(absl::string_view text) {
  uint64_t number = 14695981039346656037u;
  for (const char c : text) {
    number = (number ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return number;
}

const char* MethodOf(PlanTally::Call call) {
  switch (call) {
    case PlanTally::Call::kImport:
      return "crm.item.batchImport";
    case PlanTally::Call::kAdd:
      return "crm.contact.add";
    case PlanTally::Call::kUpdate:
      return "crm.contact.update";
    case PlanTally::Call::kDelete:
      return "crm.contact.delete";
  }
  return "";
}

}  // namespace

void PlanTally::AddSample(const ClientKey& client, Outcome outcome,
                          const std::string& reason, std::vector<std::string> fields) {
  std::vector<PlannedClient>& samples = samples_[outcome];
  if (samples.size() >= kSamplesOfOutcome) return;
  samples.push_back({client, outcome, reason, std::move(fields)});
}

void PlanTally::Write(const Decision& decision, Outcome outcome, Call call,
                      std::vector<std::string> fields, bool read_first, bool robots) {
  ++calls_[call];
  if (read_first) ++reads_;
  ++written_;
  digest_ +=
      NumberOf(absl::StrCat(decision.key.guid(), " ", static_cast<int>(outcome), " ",
                            decision.digest.hash, " ", decision.contact.value(), " ",
                            absl::StrJoin(fields, " "), robots ? " robots" : ""));
  for (const std::string& field : fields) ++fields_[field];
  AddSample(decision.key, outcome, "", std::move(fields));
}

void PlanTally::Delete(const Decision& decision, const std::string& reason,
                       const Parameters& parameters) {
  ++calls_[Call::kDelete];
  ++reads_;
  ++written_;
  digest_ += NumberOf(absl::StrCat(decision.key.guid(), " ", decision.digest.hash, " ",
                                   decision.contact.value()));
  Leave(decision.key, Outcome::kSkipped, reason, parameters);
}

void PlanTally::Leave(const ClientKey& client, Outcome outcome,
                      const std::string& reason, const Parameters& parameters) {
  PlannedReason& entry = reasons_[{outcome, reason, KindOf(parameters)}];
  if (entry.clients == 0) entry = {outcome, reason, parameters, 0};
  KeepShared(parameters, &entry.parameters);
  ++entry.clients;
  // The server keeps the plan: of who is erased not even the key.
  if (reason != "CLIENT_ERASED") AddSample(client, outcome, reason, {});
}

RunPlan PlanTally::Conclude(int mapping_version) const {
  RunPlan plan;
  for (const auto& [key, reason] : reasons_) plan.reasons.push_back(reason);
  std::stable_sort(plan.reasons.begin(), plan.reasons.end(),
                   [](const auto& a, const auto& b) { return a.clients > b.clients; });
  for (const auto& [field, clients] : fields_) plan.fields.push_back({field, clients});
  std::stable_sort(plan.fields.begin(), plan.fields.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [outcome, samples] : samples_) {
    plan.samples.insert(plan.samples.end(), samples.begin(), samples.end());
  }
  for (const auto& [call, contacts] : calls_) {
    MethodWork work;
    work.method = MethodOf(call);
    work.contacts = contacts;
    if (call == Call::kImport) work.contacts_per_command = 20;
    plan.work.push_back(std::move(work));
  }
  if (reads_ > 0) {
    MethodWork work;
    work.method = "crm.contact.list";
    work.contacts = (reads_ + 49) / 50;  // a command lists fifty
    plan.work.push_back(std::move(work));
  }
  plan.written = written_;
  plan.digest = absl::StrFormat(
      "%016x", digest_ ^ NumberOf(absl::StrCat(mapping_version, " ", written_)));
  return plan;
}

}  // namespace guestbridge::agent
