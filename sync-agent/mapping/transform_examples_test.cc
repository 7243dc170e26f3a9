// The examples of docs/design/mapping.md are true, and none is missing.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/mapping/mapping.h"
#include "sync-agent/mapping/transform.h"

namespace guestbridge::agent {
namespace {

const absl::CivilDay kToday(2026, 1, 5);

// The cells of the table's rows below the heading "### Examples".
std::vector<std::vector<std::string>> Rows() {
  std::ifstream in(GUESTBRIDGE_MAPPING_MD);
  std::vector<std::vector<std::string>> rows;
  bool here = false;
  for (std::string line; std::getline(in, line);) {
    if (absl::StartsWith(line, "#")) here = line == "### Examples";
    if (!here || !absl::StartsWith(line, "| `")) continue;
    std::vector<std::string> cells = absl::StrSplit(line, " | ");
    cells.front() = std::string(absl::StripPrefix(cells.front(), "| "));
    cells.back() = std::string(absl::StripSuffix(cells.back(), " |"));
    if (cells.back() == "|") cells.back().clear();
    rows.push_back(std::move(cells));
  }
  return rows;
}

// What stands between backquotes.
std::vector<std::string> Quoted(const std::string& cell) {
  const std::vector<std::string> parts = absl::StrSplit(cell, '`');
  std::vector<std::string> quoted;
  for (size_t i = 1; i < parts.size(); i += 2) quoted.push_back(parts[i]);
  return quoted;
}

// `x` is the attribute Source; else Name=`x`, Name=`y`.
ClientRow RowOf(const std::string& cell) {
  ClientRow row;
  const std::vector<std::string> parts = absl::StrSplit(cell, '`');
  for (size_t i = 1; i < parts.size(); i += 2) {
    std::string name = parts[i - 1];
    name = std::string(absl::StripSuffix(absl::StripPrefix(name, ", "), "="));
    row.attributes[name.empty() ? "Source" : name] = parts[i];
  }
  return row;
}

std::vector<std::string> Sent(const ContactContent& content,
                              const std::string& target) {
  std::vector<std::string> sent;
  if (const auto many = content.multifields.find(target);
      many != content.multifields.end()) {
    for (const MultiValue& value : many->second) sent.push_back(value.value);
  }
  if (const auto one = content.fields.find(target);
      one != content.fields.end() && !one->second.empty()) {
    sent.push_back(one->second);
  }
  return sent;
}

TEST(TransformExamples, EachIsTrue) {
  const auto rows = Rows();
  ASSERT_GT(rows.size(), 20u) << GUESTBRIDGE_MAPPING_MD;
  for (const std::vector<std::string>& row : rows) {
    SCOPED_TRACE(absl::StrJoin(row, " | "));
    ASSERT_EQ(row.size(), 4u);
    const auto mapping =
        CompiledMapping::Compile({{"Source", row[1], Quoted(row[0])}}, {"RU", 1});
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    const MappedContact mapped = mapping->Map(RowOf(row[2]), kToday);
    EXPECT_EQ(Sent(mapped.content, row[1]), Quoted(row[3]));
  }
}

TEST(TransformExamples, NoTransformIsWithoutOne) {
  std::set<std::string> shown;
  for (const std::vector<std::string>& row : Rows()) {
    for (const std::string& transform : Quoted(row[0])) {
      shown.insert(transform.substr(0, transform.find(':')));
    }
  }
  for (const TransformName& transform : TransformNames()) {
    EXPECT_TRUE(shown.contains(transform.name)) << transform.name;
  }
}

}  // namespace
}  // namespace guestbridge::agent
