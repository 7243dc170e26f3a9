#include "admin-cli/command/plan_view.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/run_view.h"
#include "admin-cli/command/values.h"
#include "guestbridge/v1/run.grpc.pb.h"

namespace guestbridge::cli {
namespace {

constexpr int kMostFields = 12;
// Of an example; whoever has more of them is shown by `clients explain`.
constexpr int kMostValues = 30;

// Whole seconds below two minutes, whole minutes above: finer is not meant.
std::string SpanText(const Session& session, double seconds) {
  const absl::Duration span = absl::Seconds(std::max(seconds, 1.0));
  return DurationText(
      session.options().language,
      absl::Ceil(span, span < absl::Minutes(2) ? absl::Seconds(1) : absl::Minutes(1)));
}

std::string NumbersText(const Session& session, const v1::RunForecast& forecast) {
  return session.Text(
      forecast.measured() ? "FORECAST_NUMBERS" : "FORECAST_AT_LEAST",
      {{"time", SpanText(session, forecast.seconds())},
       {"requests", absl::StrCat(forecast.http_requests())},
       {"commands", absl::StrCat(forecast.commands())},
       {"operating", absl::StrFormat("%.0f", forecast.operating_seconds())}});
}

// How many guests the filter lets through, of those whom it was asked about. Empty: it
// keeps nobody away.
std::string FilterText(const Session& session, const v1::Run& run) {
  // These rules come before it.
  static const auto* const kBefore =
      new std::set<std::string>{"CLIENT_IS_FOLDER", "CLIENT_ERASED",
                                "MARKED_FOR_DELETION", "MARKED_CONTACT_GONE"};
  int left = 0;
  int asked = run.counters().scanned();
  for (const v1::PlannedReason& reason : run.forecast().reasons()) {
    const std::string& why = reason.explanation().reason();
    if (why == "FILTERED_OUT") left += reason.clients();
    if (kBefore->contains(why)) asked -= reason.clients();
  }
  if (left == 0) return "";
  return session.Text("FILTER_PASSED", {{"passed", absl::StrCat(asked - left)},
                                        {"clients", absl::StrCat(asked)},
                                        {"left", absl::StrCat(left)}});
}

std::string FieldsText(const v1::RunForecast& forecast) {
  std::vector<std::string> parts;
  for (const v1::PlannedField& field : forecast.fields()) {
    if (static_cast<int>(parts.size()) == kMostFields) {
      parts.push_back("…");
      break;
    }
    parts.push_back(absl::StrCat(field.target(), " ", field.clients()));
  }
  return absl::StrJoin(parts, ", ");
}

// Several values stand side by side.
std::string SideText(const Session& session, const std::string& values) {
  if (values.empty()) return session.Text("EMPTY_VALUE");
  return ValuesText(session, values, "; ");
}

std::string SampleText(const Session& session, const v1::RunSample& sample) {
  std::string text =
      absl::StrCat(sample.client(), ": ", session.Text(sample.outcome()));
  if (sample.contact() != 0) {
    absl::StrAppend(
        &text, ", ",
        session.Text("SAMPLE_CONTACT", {{"contact", absl::StrCat(sample.contact())}}));
  }
  return text;
}

// Clients of the plan by name, but for those in `shown`.
void PrintNames(Session& session, const v1::RunForecast& forecast,
                const std::set<std::string>& shown = {}) {
  Table table({session.Text("HEAD_CLIENT"), session.Text("HEAD_WHAT")});
  for (const v1::PlannedClient& sample : forecast.samples()) {
    if (shown.contains(sample.client())) continue;
    table.Add({sample.client(),
               absl::StrJoin({session.Text(sample.outcome()), sample.reason(),
                              absl::StrJoin(sample.fields(), ", ")},
                             " ")});
  }
  if (table.empty()) return;
  if (!shown.empty()) session.Say("PLAN_SAMPLES_OTHERS");
  table.Print(session.style(), session.out());
}

// Of whom the server has values to show.
bool AnyWritten(const v1::RunForecast& forecast) {
  return std::any_of(forecast.samples().begin(), forecast.samples().end(),
                     [](const v1::PlannedClient& sample) {
                       return sample.outcome() == "ADDED" ||
                              sample.outcome() == "UPDATED" ||
                              sample.outcome() == "RECREATED";
                     });
}

void PrintExamples(Session& session, const v1::Run& run, bool values) {
  const v1::RunForecast& forecast = run.forecast();
  if (forecast.samples().empty()) return;
  const Parameters parameters = {{"id", IntegrationIdOf(run.integration())},
                                 {"run", NumberOf(run)}};
  const bool written = AnyWritten(forecast);
  if (!values || !written) {
    session.Say(written ? "PLAN_SAMPLES" : "PLAN_SAMPLES_LEFT", parameters);
    PrintNames(session, forecast);
    return;
  }
  v1::ListRunSamplesRequest request;
  request.set_parent(run.name());
  const auto answer =
      session.Call(&v1::RunService::Stub::ListRunSamples, request, kFarTimeout);
  if (!answer.ok()) {
    session.Say("PLAN_SAMPLES", parameters);
    PrintNames(session, forecast);
    PrintWrapped(session.Text("VALUES_UNKNOWN",
                              {{"why", std::string(answer.status().message())}}),
                 0, session.style(), session.out());
    return;
  }
  session.Say("PLAN_VALUES");
  PrintSamples(session, {answer->samples().begin(), answer->samples().end()});
  std::set<std::string> shown;
  for (const v1::RunSample& sample : answer->samples()) shown.insert(sample.client());
  PrintNames(session, forecast, shown);
}

}  // namespace

void PrintSamples(Session& session, const std::vector<v1::RunSample>& samples) {
  std::string all;
  for (const v1::RunSample& sample : samples) {
    PrintWrapped(SampleText(session, sample), 0, session.style(), session.out());
    if (sample.has_explanation()) {
      PrintWrapped(TextOf(sample.explanation()), 2, session.style(), session.out());
    }
    int shown = 0;
    for (const v1::FieldChange& field : sample.fields()) {
      if (++shown > kMostValues) {
        PrintWrapped("…", 2, session.style(), session.out());
        break;
      }
      const bool fresh = field.before().empty() && sample.contact() == 0;
      const std::string sides =
          absl::StrCat(fresh ? "" : SideText(session, field.before()) + " → ",
                       SideText(session, field.after()));
      PrintWrapped(absl::StrCat(field.target(), ": ", sides), 2, session.style(),
                   session.out());
      absl::StrAppend(&all, sides);
    }
  }
  ExplainBlanks(session, all);
}

void PrintPlan(Session& session, const v1::Run& run, bool values) {
  const v1::RunForecast& forecast = run.forecast();
  Facts facts;
  facts.Add(session.Text("FORECAST"), NumbersText(session, forecast));
  if (forecast.has_write_back_end_time()) {
    facts.Add("", session.Text("FORECAST_WRITE_BACK",
                               {{"time", session.TimeToTheMinute(TimeOf(
                                             forecast.write_back_end_time()))}}));
  }
  if (const std::string passed = FilterText(session, run); !passed.empty()) {
    facts.Add(session.Text("PLAN_FILTER"), passed);
  }
  if (!forecast.fields().empty()) {
    facts.Add(session.Text("PLAN_FIELDS"), FieldsText(forecast));
  }
  facts.Add(session.Text("PLAN"), run.plan());
  facts.Print(session.style(), session.out());
  if (!forecast.reasons().empty()) {
    session.Say("PLAN_REASONS");
    Table table({session.Text("HEAD_CLIENTS"), session.Text("HEAD_WHY")});
    for (const v1::PlannedReason& reason : forecast.reasons()) {
      table.Add({absl::StrCat(session.Text(reason.outcome()), " ", reason.clients()),
                 absl::StrCat(reason.explanation().reason(), ": ",
                              TextOf(reason.explanation()))});
    }
    table.Print(session.style(), session.out());
  }
  PrintExamples(session, run, values);
}

std::string ForecastText(const Session& session, const v1::Run& run) {
  if (run.dry_run() || !run.has_forecast()) return "";
  const v1::RunForecast& forecast = run.forecast();
  const int written = forecast.counters().added() + forecast.counters().updated() +
                      forecast.counters().recreated();
  return absl::StrCat(
      session.Text(
          "FORECAST_OF",
          {{"run", forecast.dry_run().substr(forecast.dry_run().rfind('/') + 1)},
           {"contacts", absl::StrCat(written)}}),
      " ", NumbersText(session, forecast));
}

}  // namespace guestbridge::cli
