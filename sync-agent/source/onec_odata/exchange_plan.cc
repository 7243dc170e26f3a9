#include "sync-agent/source/onec_odata/exchange_plan.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr int kMostNodes = 1000;
constexpr absl::Duration kSelectDeadline = absl::Minutes(10);
constexpr absl::Duration kAcknowledgeDeadline = absl::Minutes(5);

// The apostrophes of the inner URL are not doubled: 1C takes it so.
std::string QueryOf(const ExchangePlanNames& names, const std::string& origin,
                    const ExchangeNode& node, int64_t message,
                    const ODataSession& session) {
  return absl::StrCat(
      "DataExchangePoint='", origin, session.root(), "/",
      EncodeSegment(absl::StrCat(names.set, "(", GuidLiteral(node.guid), ")")),
      "'&MessageNo=", message);
}

}  // namespace

absl::StatusOr<ExchangeNode> FetchNode(const ExchangePlanNames& names,
                                       ODataSession& session) {
  // Codes are padded: few nodes are compared here rather than one asked for.
  ODataQuery query;
  query.entity = names.set;
  query.select = {"Ref_Key", "Code", "ThisNode", "ReceivedNo"};
  query.top = kMostNodes;
  GB_ASSIGN_OR_RETURN(const ODataAnswer answer, session.FetchRows(query));
  for (const ODataRow& row : answer.rows) {
    // The base's own node receives nothing.
    if (row.Get("ThisNode") == "true") continue;
    if (FoldCase(TrimText(row.Get("Code"))) != FoldCase(names.node)) continue;
    ExchangeNode node;
    node.guid = absl::AsciiStrToLower(row.Get("Ref_Key"));
    double number = 0;  // Number(10,0) comes as Edm.Double from some builds
    if (IsGuid(node.guid) && absl::SimpleAtod(row.Get("ReceivedNo"), &number) &&
        number >= 0 && number < 1e15) {
      node.received = static_cast<int64_t>(number);
      return node;
    }
  }
  return MakeError("EXCHANGE_NODE_MISSING",
                   {{"entity", names.set}, {"node", names.node}});
}

absl::Status SelectChanges(const ExchangePlanNames& names, const std::string& origin,
                           const ExchangeNode& node, int64_t message,
                           ChangeFeedReader& feed, ODataSession& session) {
  return session.CallFunction(
      "SelectChanges", QueryOf(names, origin, node, message, session), names.set,
      kSelectDeadline, [&feed](absl::string_view piece) { return feed.Take(piece); });
}

absl::Status AcknowledgeChanges(const ExchangePlanNames& names,
                                const std::string& origin, const ExchangeNode& node,
                                int64_t message, ODataSession& session) {
  return session.CallFunction("NotifyChangesReceived",
                              QueryOf(names, origin, node, message, session), names.set,
                              kAcknowledgeDeadline, nullptr);
}

}  // namespace guestbridge::agent
