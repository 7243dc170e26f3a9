#include "admin-cli/command/plan_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "admin-cli/command/values.h"

namespace guestbridge::cli {
namespace {

constexpr int kMostFields = 12;

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

}  // namespace

void PrintPlan(Session& session, const v1::Run& run) {
  const v1::RunForecast& forecast = run.forecast();
  Facts facts;
  facts.Add(session.Text("FORECAST"), NumbersText(session, forecast));
  if (forecast.has_write_back_end_time()) {
    facts.Add("", session.Text("FORECAST_WRITE_BACK",
                               {{"time", session.TimeToTheMinute(TimeOf(
                                             forecast.write_back_end_time()))}}));
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
  if (forecast.samples().empty()) return;
  session.Say("PLAN_SAMPLES", {{"id", IntegrationIdOf(run.integration())}});
  Table table({session.Text("HEAD_CLIENT"), session.Text("HEAD_WHAT")});
  for (const v1::PlannedClient& sample : forecast.samples()) {
    table.Add({sample.client(),
               absl::StrJoin({session.Text(sample.outcome()), sample.reason(),
                              absl::StrJoin(sample.fields(), ", ")},
                             " ")});
  }
  table.Print(session.style(), session.out());
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
