#include "sync-agent/source/onec_odata/keyset_reader.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr int kFewestRows = 2;
// A row that ends a page may move to the end of a later one, once in a while.
constexpr int kMostRepeats = 2;
constexpr int kGroupRows = 1000;
// A page is at work for so long and no longer: 1C serves its own people between pages,
// and the deadline is far.
constexpr absl::Duration kPageTime = absl::Seconds(20);
// Below this part of a page a request's own time, not its rows, may be what is long.
constexpr int kSlowPart = 8;

// What a smaller page may cure.
bool MayBeTooFat(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (reason == "SOURCE_ANSWER_BROKEN" || reason == "SOURCE_SERVER_FAILED") return true;
  Parameters parameters = ParametersOf(status);
  if (reason == "SOURCE_REFUSED") return parameters["code"] == "-1";
  const std::string cause = parameters["cause"];
  return reason == "SOURCE_UNREACHABLE" &&
         (cause == "TIMED_OUT" || cause == "CONNECTION_LOST" ||
          cause == "ANSWER_TOO_LARGE" || cause == "HTTP 504");
}

// Whether to ask again at once: an answer came, and quickly. What did not answer is
// left to the caller's patience.
bool WorthOneMore(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "SOURCE_ANSWER_BROKEN" || reason == "SOURCE_REFUSED";
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c) != 0;
  });
}

// Whether `a` comes before `b` in every collation.
bool IsSurelyBefore(LiteralKind kind, absl::string_view a, absl::string_view b) {
  if (kind == LiteralKind::kDateTime) {
    const SourceTime left = ReadSourceTime(a);
    const SourceTime right = ReadSourceTime(b);
    return !left.text.empty() && !right.text.empty() && left < right;
  }
  if (kind == LiteralKind::kNumber) {
    double left = 0;
    double right = 0;
    return absl::SimpleAtod(a, &left) && absl::SimpleAtod(b, &right) && left < right;
  }
  return a.size() == b.size() && IsDigits(a) && IsDigits(b) && a < b;
}

}  // namespace

void PageRows::OnSuccess(size_t bytes, size_t rows, absl::Duration took) {
  if (rows == 0 || bytes == 0) return;
  int next = static_cast<int>(
      std::min<size_t>(static_cast<size_t>(target_bytes_) * rows / bytes, 1 << 20));
  if (took > absl::ZeroDuration()) {
    const double in_time =
        static_cast<double>(rows) * absl::FDivDuration(kPageTime, took);
    const int slow = std::min(rows_, most_ / kSlowPart);
    next = std::min(next, std::max(slow, static_cast<int>(std::min(in_time, 1e6))));
  }
  rows_ = std::clamp(std::min(rows_ * 2, next), std::min(kFewestRows, most_), most_);
}

bool PageRows::Shrink() {
  const int smaller = std::max(rows_ / 4, std::min(kFewestRows, most_));
  const bool shrunk = smaller < rows_;
  rows_ = smaller;
  return shrunk;
}

KeysetReader::KeysetReader(KeysetQuery query, ODataSession& session, const Clock& clock)
    : query_(std::move(query)),
      session_(session),
      clock_(clock),
      page_rows_(query_.page_rows, query_.page_bytes),
      position_(query_.from) {}

std::string KeysetReader::IdentityOf(const ODataRow& row) const {
  std::string identity;
  for (const std::string& name : query_.identity) {
    absl::StrAppend(&identity, row.Get(name), "\n");
  }
  return identity;
}

absl::StatusOr<ODataAnswer> KeysetReader::FetchPage(int* asked) {
  ODataQuery query;
  query.entity = query_.entity;
  query.select = query_.select;
  query.order_by = query_.order_by;
  query.filter = query_.filter;
  if (!position_.empty() || behind_) {
    query.filter = AndFilter(query_.filter,
                             absl::StrCat(query_.order_by, behind_ ? " gt " : " ge ",
                                          Literal(query_.kind, position_)));
  }
  bool asked_again = false;
  while (true) {
    query.top = *asked = page_rows_.rows();
    const absl::Duration begun = clock_.Steady();
    absl::StatusOr<ODataAnswer> answer = session_.FetchRows(query);
    if (answer.ok()) {
      page_rows_.OnSuccess(answer->bytes, answer->rows.size(), clock_.Steady() - begun);
      return answer;
    }
    if (!MayBeTooFat(answer.status())) return answer;
    const bool shrunk = page_rows_.Shrink();
    if (!WorthOneMore(answer.status())) return answer;
    // A refusal is repeated while pages still shrink; a broken answer once.
    const bool refused = ReasonOf(answer.status()) == "SOURCE_REFUSED";
    if (refused ? !shrunk : asked_again) return answer;
    asked_again = true;
  }
}

// All rows of the position's value, by identity alone, in one answer: within one value
// there is no order to page by. With a limit while that may be enough: some builds take
// long over a list without one.
absl::StatusOr<KeysetPage> KeysetReader::FetchGroup() {
  ODataQuery query;
  query.entity = query_.entity;
  query.select = query_.identity;
  query.filter =
      AndFilter(query_.filter,
                absl::StrCat(query_.order_by, " eq ", Literal(query_.kind, position_)));
  query.top = kGroupRows;
  while (true) {
    GB_ASSIGN_OR_RETURN(ODataAnswer answer, session_.FetchRows(query));
    const bool unlimited = query.top == 0;
    const bool whole =
        !answer.more && (unlimited || static_cast<int>(answer.rows.size()) < query.top);
    if (!whole && unlimited) {
      // A server that cuts the list short tells no way to the rest.
      return MakeError("SOURCE_LIST_CUT",
                       {{"entity", query_.entity}, {"attribute", query_.order_by}});
    }
    if (!whole) {
      query.top = query.top < query_.most_group_rows ? query.top * 4 : 0;
      continue;
    }
    KeysetPage page;
    page.identities_only = true;
    for (ODataRow& row : answer.rows) {
      if (seen_.insert(IdentityOf(row)).second) page.rows.push_back(std::move(row));
    }
    behind_ = true;
    seen_.clear();
    return page;
  }
}

absl::Status KeysetReader::Remember(const std::vector<ODataRow>& rows) {
  // Nulls have no place in a filter: the page ends with its last value.
  const std::string* last = nullptr;
  for (const ODataRow& row : rows) {
    const std::string* value = row.Find(query_.order_by);
    if (value != nullptr) last = value;
  }
  if (last == nullptr) {
    return MakeError("SOURCE_ATTRIBUTE_MISSING", {{"entity", query_.entity},
                                                  {"attribute", query_.order_by},
                                                  {"http", "200"},
                                                  {"code", "-"}});
  }
  // Within one value the pages before still matter.
  const bool one_value = FoldCase(TrimText(rows.front().Get(query_.order_by))) ==
                         FoldCase(TrimText(*last));
  if (!one_value) seen_.clear();
  for (const ODataRow& row : rows) seen_.insert(IdentityOf(row));
  // A server that adds fractions or a zone takes neither in a literal.
  position_ = query_.kind == LiteralKind::kDateTime ? last->substr(0, 19) : *last;
  behind_ = false;
  return absl::OkStatus();
}

// Pages by value of a list that is not sorted by it leave rows out.
absl::Status KeysetReader::CheckOrder(const std::vector<ODataRow>& rows) const {
  std::string before;
  for (const ODataRow& row : rows) {
    // What stands in front counts for the database's order.
    const std::string value(
        absl::StripTrailingAsciiWhitespace(row.Get(query_.order_by)));
    if (IsSurelyBefore(query_.kind, value, before)) {
      return MakeError("SOURCE_ORDER_IGNORED",
                       {{"entity", query_.entity}, {"attribute", query_.order_by}});
    }
    before = value;
  }
  return absl::OkStatus();
}

// A cache in between, or a server that takes no filter, gives the same pages for ever.
absl::Status KeysetReader::CheckProgress(const std::vector<ODataRow>& rows) {
  const auto value_of = [this](absl::string_view text) {
    return FoldCase(TrimText(text));
  };
  const std::string first = value_of(rows.front().Get(query_.order_by));
  const bool one_value = first == value_of(rows.back().Get(query_.order_by));
  if (behind_ && first == value_of(position_)) {
    ++repeats_;  // the value that was left behind
  } else if (!one_value) {
    // Within one value the database may move rows as it likes.
    if (!ends_.insert(absl::HashOf(IdentityOf(rows.back()))).second) ++repeats_;
  }
  if (repeats_ <= kMostRepeats) return absl::OkStatus();
  return MakeError("SOURCE_PAGES_REPEAT", {{"entity", query_.entity}});
}

absl::StatusOr<KeysetPage> KeysetReader::Next() {
  int asked = 0;
  GB_ASSIGN_OR_RETURN(ODataAnswer answer, FetchPage(&asked));
  GB_RETURN_IF_ERROR(CheckOrder(answer.rows));
  KeysetPage page;
  page.last = static_cast<int>(answer.rows.size()) < asked && !answer.more;
  std::vector<bool> fresh;
  for (const ODataRow& row : answer.rows) {
    fresh.push_back(!seen_.contains(IdentityOf(row)));
  }
  const bool stuck = std::find(fresh.begin(), fresh.end(), true) == fresh.end();
  if (!page.last) {
    // "There is more", and nothing of it.
    if (answer.rows.empty()) {
      return MakeError("SOURCE_ANSWER_BROKEN",
                       {{"entity", query_.entity}, {"http", "200"}, {"code", "-"}});
    }
    if (stuck) return FetchGroup();
    GB_RETURN_IF_ERROR(CheckProgress(answer.rows));
    GB_RETURN_IF_ERROR(Remember(answer.rows));
  }
  for (size_t i = 0; i < answer.rows.size(); ++i) {
    if (fresh[i]) page.rows.push_back(std::move(answer.rows[i]));
  }
  return page;
}

}  // namespace guestbridge::agent
