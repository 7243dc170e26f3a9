#include "admin-cli/output/table.h"

#include <sstream>
#include <string>

#include "absl/strings/str_split.h"
#include "admin-cli/output/display_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Printed(const Table& table, int width) {
  std::ostringstream out;
  table.Print({.width = width}, out);
  for (const auto line : absl::StrSplit(out.str(), '\n')) {
    EXPECT_LE(DisplayWidth(line), width) << line;
  }
  return out.str();
}

TEST(TableTest, NamesAreNeverCut) {
  Table table({"СОБЫТИЕ", "ВКЛ", "СТОРОНА", "ДЕЙСТВИЕ", "КАК ЗАМЕЧАЕТСЯ"});
  table.Add({"client-marked-for-deletion", "да", "расписание", "создать снова",
             "По истории изменений, а где её нет — при полном чтении"});
  EXPECT_THAT(Printed(table, 80), HasSubstr("client-marked-for-deletion "));
  EXPECT_THAT(Printed(table, 70), HasSubstr("client-marked-for-deletion "));
}

TEST(TableTest, AColumnThatIsToldToBeKeptIsNotCutEither) {
  Table table({"A", "B", "C"});
  table.Keep(1).Add({"one", "UF_CRM_1234567890", std::string(60, 'x')});
  EXPECT_THAT(Printed(table, 46), HasSubstr("UF_CRM_1234567890 "));
}

TEST(TableTest, ATextBelowHasTheWholeWidthAndAnEmptyOneNoLine) {
  Table table({"CLIENT", "STATE", "WHY"});
  table.TextBelow();
  table.Add({"c-1", "skipped",
             "NO_NAME_NO_PHONE_NO_EMAIL: The guest has neither a name, nor a phone."});
  table.Add({"c-2", "exported", ""});
  EXPECT_EQ(Printed(table, 60),
            "  CLIENT  STATE\n"
            "  c-1     skipped\n"
            "    NO_NAME_NO_PHONE_NO_EMAIL: The guest has neither a name,\n"
            "    nor a phone.\n"
            "  c-2     exported\n");
}

TEST(WrapTest, ALongCodeIsBrokenBetweenItsWords) {
  EXPECT_THAT(WrapToWidth("AWAITING_MATCH_REVIEW: a contact", 21),
              ElementsAre("AWAITING_MATCH_", "REVIEW: a contact"));
  EXPECT_THAT(WrapToWidth("abcdefgh", 5), ElementsAre("abcde", "fgh"));
}

}  // namespace
}  // namespace guestbridge::cli
