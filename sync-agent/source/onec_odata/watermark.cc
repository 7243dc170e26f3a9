#include "sync-agent/source/onec_odata/watermark.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/exchange_plan.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kBehind = "|behind";
constexpr absl::string_view kListed = "|listed:";

std::string EncodeMark(const std::optional<SourceTime>& mark) {
  return mark.has_value() ? mark->text : "-";
}

bool DecodeMark(absl::string_view text, std::optional<SourceTime>* mark) {
  if (text == "-") return true;
  if (!text.empty() && !IsDateTime(text)) return false;
  *mark = SourceTime{std::string(text)};
  return true;
}

bool DecodePlan(absl::string_view text, std::optional<PlanMark>* plan) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  PlanMark mark;
  mark.node = std::string(parts.first);
  absl::string_view number = parts.second;
  mark.selected = absl::ConsumeSuffix(&number, "+");
  *plan = mark;
  return IsGuid(mark.node) && absl::SimpleAtoi(number, &(*plan)->received) &&
         (*plan)->received >= 0;
}

// Nothing when the newest row can't be asked for.
absl::StatusOr<std::optional<SourceTime>> FetchNewest(ODataSession& session,
                                                      const std::string& entity,
                                                      const std::string& attribute,
                                                      const SourceTime& latest,
                                                      SourceTime* ahead) {
  ODataQuery query;
  query.entity = entity;
  query.select = {attribute};
  query.order_by = absl::StrCat(attribute, " desc");
  query.top = 1;
  while (true) {
    const absl::StatusOr<ODataAnswer> answer = session.FetchRows(query);
    if (IsUnusable(answer.status())) return std::optional<SourceTime>();
    GB_RETURN_IF_ERROR(answer.status());
    if (answer->rows.empty()) return std::optional<SourceTime>(SourceTime());
    const SourceTime newest = ReadSourceTime(answer->rows.front().Get(attribute));
    if (!IsAhead(newest, latest)) return std::optional<SourceTime>(newest);
    *ahead = newest;
    // A base that takes no filter answers the same again.
    if (!query.filter.empty()) return std::optional<SourceTime>(SourceTime());
    query.filter = absl::StrCat(attribute, " le ", DateTimeLiteral(latest.text));
  }
}

}  // namespace

Watermark EncodeMarks(const Marks& marks) {
  const std::string times =
      absl::StrCat(EncodeMark(marks.period), "|", EncodeMark(marks.created));
  const std::string more =
      absl::StrCat(marks.behind ? kBehind : "",
                   marks.listed.text.empty() ? "" : kListed, marks.listed.text);
  if (!marks.plan.has_value()) return {absl::StrCat("1|", times, more)};
  return {absl::StrCat("2|", times, "|", marks.plan->node, ":", marks.plan->received,
                       marks.plan->selected ? "+" : "", more)};
}

std::optional<Marks> DecodeMarks(const Watermark& watermark) {
  absl::string_view text = watermark.value;
  Marks marks;
  if (const size_t at = text.rfind(kListed); at != absl::string_view::npos) {
    marks.listed.text = std::string(text.substr(at + kListed.size()));
    if (!IsDateTime(marks.listed.text)) return std::nullopt;
    text = text.substr(0, at);
  }
  marks.behind = absl::ConsumeSuffix(&text, kBehind);
  const std::vector<std::string> parts = absl::StrSplit(text, '|');
  const bool first_form = parts.size() == 3 && parts[0] == "1";
  const bool second_form = parts.size() == 4 && parts[0] == "2";
  if ((!first_form && !second_form) || !DecodeMark(parts[1], &marks.period) ||
      !DecodeMark(parts[2], &marks.created) ||
      (second_form && !DecodePlan(parts[3], &marks.plan))) {
    return std::nullopt;
  }
  return marks;
}

std::string Before(const SourceTime& time, int seconds) {
  absl::CivilSecond civil;
  if (!absl::ParseCivilTime(time.text, &civil)) return time.text;
  civil -= seconds;
  if (civil.year() < 1) return "0001-01-01T00:00:00";
  return absl::StrCat(
      absl::Dec(civil.year(), absl::kZeroPad4),
      absl::FormatCivilTime(civil).substr(absl::FormatCivilTime(civil).find('-', 1)));
}

bool IsUnusable(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "SOURCE_ENTITY_MISSING" || reason == "SOURCE_ATTRIBUTE_MISSING" ||
         reason == "SOURCE_RIGHT_MISSING";
}

bool IsAhead(const std::optional<SourceTime>& mark, const SourceTime& latest) {
  return mark.has_value() && *mark > latest;
}

absl::Status FetchHistoryMark(const SourceProfile& profile, const SourceTime& latest,
                              ODataSession& session, Marks* marks) {
  marks->period.reset();
  if (!profile.history.has_value()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(
      marks->period, FetchNewest(session, profile.history->set, profile.history->period,
                                 latest, &marks->ahead));
  return absl::OkStatus();
}

absl::StatusOr<Marks> FetchMarks(const SourceProfile& profile, const SourceTime& latest,
                                 ODataSession& session) {
  Marks marks;
  if (profile.exchange_plan.has_value()) {
    const auto node = FetchNode(*profile.exchange_plan, session);
    if (absl::IsUnavailable(node.status())) return node.status();
    if (node.ok()) marks.plan = PlanMark{node->guid, node->received, false};
  }
  GB_RETURN_IF_ERROR(FetchHistoryMark(profile, latest, session, &marks));
  if (!profile.client.created.empty()) {
    GB_ASSIGN_OR_RETURN(marks.created,
                        FetchNewest(session, profile.client.set, profile.client.created,
                                    latest, &marks.ahead));
  }
  return marks;
}

}  // namespace guestbridge::agent
