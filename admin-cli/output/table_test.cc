#include "admin-cli/output/table.h"

#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "admin-cli/output/display_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::cli {
namespace {

using ::testing::Contains;
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

// Half a command that is pasted is another command: one that retries everybody.
TEST(WrapTest, ACommandIsNeverBroken) {
  const std::string client = "00000000-0000-4000-8000-000000000001";
  for (const size_t length : {1, 4, 13, 22, 40, 63}) {
    const std::string id(length, 'm');
    const std::vector<std::string> commands = {
        "guestbridge clients retry " + id + " " + client,
        "guestbridge clients unlink " + id + " " + client + " --new",
        "guestbridge export run " + id + " --dry-run --wait",
        "guestbridge fields filter " + id + " 'A = B, C. and D; \"E\"' --dry-run",
        "guestbridge fields map " + id + " SOURCE X --transform \"enum:A=B; C\" --wait",
        "guestbridge connection set " + id + " … --agent ИМЯ",
        "guestbridge clients link " + id + " <клиент> <контакт>"};
    for (const std::string& command : commands) {
      for (const std::string& text :
           {"Is it mended by now? To try again: " + command + ". Then look at it.",
            "Run \"" + command + "\"; nothing is lost.", command,
            "Проверьте (" + command + ") и повторите, это недолго и безопасно.",
            "Выполните: " + command + " или guestbridge status, если всё хорошо."}) {
        for (const int width : {20, 52, 76, 80}) {
          const std::vector<std::string> lines = WrapToWidth(text, width);
          EXPECT_THAT(lines, Contains(HasSubstr(command))) << text;
          for (const std::string& line : lines) {
            if (!absl::StrContains(line, command)) {
              EXPECT_LE(DisplayWidth(line), width) << line;
            } else if (DisplayWidth(line) > width) {
              EXPECT_LE(DisplayWidth(line), DisplayWidth(command) + 4) << line;
            }
          }
        }
      }
    }
  }
}

TEST(WrapTest, ASentenceAboutTheProgramIsNoCommand) {
  EXPECT_THAT(WrapToWidth("The guestbridge server at hotel does not answer.", 20),
              ElementsAre("The guestbridge", "server at hotel does", "not answer."));
}

TEST(FactsTest, ACommandThatIsWiderThanItsColumnBeginsFurtherLeft) {
  const std::string command =
      "guestbridge clients unlink riviera 00000000-0000-4000-8000-000000000001";
  std::ostringstream out;
  Facts facts;
  facts.Add("What to do", "Unlink it: " + command + ".");
  facts.Add("Or", command);
  facts.Print({.width = 80}, out);
  EXPECT_EQ(out.str(), "  What to do  Unlink it:\n        " + command + ".\n" +
                           "  Or\n         " + command + "\n");
}

TEST(WithVisibleBlanksTest, OnlyWhatWouldNotBeSeenIsMarked) {
  const auto shown = [](absl::string_view value) {
    return WithVisibleBlanks(value, "«", "»");
  };
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("Анна Мария"), "Анна Мария");
  EXPECT_EQ(shown(" "), "«␣»");
  EXPECT_EQ(shown("Анна "), "«Анна␣»");
  EXPECT_EQ(shown("a  b c"), "«a␣␣b c»");
  EXPECT_EQ(shown("a\u00a0b"), "«a⍽b»");
  EXPECT_EQ(shown("a\tb\nc"), "«a⇥b↵c»");
  EXPECT_EQ(shown("a\u200bb"), "«a\\u200Bb»");
  EXPECT_EQ(Printable(shown("a\rb\xff")), "«a\\rb\\xFF»");
  EXPECT_TRUE(HasVisibleBlanks(shown("a ")));
  EXPECT_FALSE(HasVisibleBlanks(shown("a b")));
}

}  // namespace
}  // namespace guestbridge::cli
