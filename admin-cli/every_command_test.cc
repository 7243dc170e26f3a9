// What holds for every command: it is shown in every form, within 80 columns, has help,
// and its last line says what to do next.
#include <algorithm>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "admin-cli/cli_fixture_test.h"
#include "admin-cli/help.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "admin-cli/parse.h"
#include "common/text/catalogue.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// One line a command: something that works against the fake.
std::vector<std::vector<std::string>> EveryCommand() {
  const std::string client = "00000000-0000-4000-8000-000000000001";
  return {
      {"setup", "main"},
      {"integration", "create", "second", "--type", "bitrix24"},
      {"integration", "list"},
      {"integration", "get", "main"},
      {"integration", "update", "main", "--display-name", "Отель «Ривьера»",
       "--keep-runs", "400d", "--keep-failures", "90d", "--keep-history", "365d",
       "--keep-quarantine", "180d", "--standby", "hotel-2"},
      {"integration", "activate", "main"},
      {"integration", "deactivate", "main"},
      {"connection", "set", "main", "--hotel", "R", "--api-server", "r.example",
       "--ssl", "--source", "onec-odata", "--source-url", "http://1c.example/h",
       "--source-user", "u"},
      {"connection", "get", "main"},
      {"connection", "test", "main"},
      {"fields", "load", "main"},
      {"fields", "list", "main"},
      {"fields", "map", "main", "Remarks", "COMMENTS", "--transform", "trim",
       "--policy", "fill-empty", "--when-empty", "keep"},
      {"fields", "unmap", "main", "COMMENTS"},
      {"fields", "filter", "main", "Sex = Female"},
      {"fields", "save", "main"},
      {"fields", "versions", "main"},
      {"fields", "diff", "main", "1"},
      {"fields", "restore", "main", "1"},
      {"events", "load", "main"},
      {"events", "list", "main"},
      {"events", "enable", "main", "contact-changed"},
      {"events", "disable", "main", "contact-changed"},
      {"events", "save", "main"},
      {"clients", "match", "main", "--wait"},
      {"clients", "list", "main"},
      {"clients", "explain", "main", client},
      {"clients", "retry", "main", client},
      {"clients", "drop", "main", client},
      {"clients", "history", "main", client},
      {"clients", "forget", "main", client},
      {"clients", "link", "main", client, "4711"},
      {"clients", "unlink", "main", client},
      {"export", "run", "main", "--wait"},
      {"schedule", "set", "main", "--cron", "0 3 * * *", "--timezone", "Europe/Moscow"},
      {"schedule", "get", "main"},
      {"schedule", "pause", "main"},
      {"schedule", "resume", "main"},
      {"run", "list"},
      {"run", "get", "1"},
      {"run", "samples", "1"},
      {"run", "watch", "1"},
      {"run", "cancel", "1"},
      {"agent", "list"},
      {"agent", "get", "hotel-1"},
      {"agent", "create", "hotel-1", "--integration", "main", "--out", "/dev/null"},
      {"agent", "evict", "hotel-1"},
      {"agent", "ban", "hotel-1"},
      {"agent", "unban", "hotel-1"},
      {"ledger", "rebuild", "main", "--wait"},
      {"reconcile", "run", "main", "--wait"},
      {"token", "create", "desk", "--role", "operator", "--integration", "main",
       "--expires", "90d", "--out", testing::TempDir() + "guestbridge-desk.token"},
      {"token", "list"},
      {"token", "get", "k3v9x2m4p8q1"},
      {"token", "rotate", "k3v9x2m4p8q1", "--overlap", "2h", "--out",
       testing::TempDir() + "guestbridge-desk.token"},
      {"token", "revoke", "k3v9x2m4p8q1", "--last"},
      {"status"},
      {"audit", "list", "--since", "24h", "--limit", "10"},
      {"audit", "export", "--out", "/dev/null"},
      {"audit", "verify"},
      {"secrets", "status"},
      {"secrets", "rotate"},
      {"help", "error", "HOTEL_NOT_FOUND"},
      {"integration", "delete", "second"}};
}

std::string NameOfLine(const std::vector<std::string>& line) {
  if (line.size() == 1 || line[0] == "setup") return line[0];
  return line[0] + " " + line[1];
}

TEST_F(CliTest, EveryCommandOfTheTableWorksInEveryFormAndLanguage) {
  std::set<std::string> run;
  for (const std::vector<std::string>& line : EveryCommand()) {
    SCOPED_TRACE(testing::PrintToString(line));
    run.insert(NameOfLine(line));
    for (const char* form : {"table", "json", "yaml"}) {
      for (const char* language : {"en", "ru"}) {
        std::vector<std::string> full = line;
        full.insert(full.end(), {"--output", form, "--lang", language});
        if (NameOfLine(line) == "integration create") {
          Run({"integration", "delete", "second"});
        } else if (NameOfLine(line) == "integration delete") {
          Run({"integration", "create", "second", "--type", "bitrix24"});
        }
        // Only `setup` asks anything.
        const Result result = Run(full, /*input=*/"\n\n\n\n");
        EXPECT_EQ(result.exit_code, 0) << result.err;
        EXPECT_THAT(result.out, Not(IsEmpty()));
        EXPECT_THAT(result.out, Not(HasSubstr("LABEL_")));
        EXPECT_THAT(result.out + result.err, Not(HasSubstr("\033")));
        if (form != std::string("table")) continue;
        EXPECT_THAT(result.out, Not(HasSubstr("{")));
        for (absl::string_view row : absl::StrSplit(result.out, '\n')) {
          EXPECT_LE(DisplayWidth(row), 80) << row;
        }
      }
    }
  }
  std::set<std::string> table;
  for (const Command& command : Commands()) table.insert(NameOf(command));
  EXPECT_EQ(run, table);
}

TEST(CliHelp, EveryCommandHasHelpAndAnExampleInBothLanguages) {
  for (const Command& command : Commands()) {
    SCOPED_TRACE(NameOf(command));
    ASSERT_FALSE(command.examples.empty());
    for (absl::string_view example : command.examples) {
      EXPECT_TRUE(absl::StartsWith(example, "guestbridge " + NameOf(command)));
    }
    for (const Language language : {Language::kEnglish, Language::kRussian}) {
      std::ostringstream out;
      PrintHelp(command, language, Style(), out);
      EXPECT_THAT(out.str(), Not(HasSubstr("LABEL_")));
      EXPECT_THAT(out.str(), HasSubstr(Label(language, "HELP_EXAMPLE").substr(0, 6)));
      for (const Argument& flag : command.flags) {
        EXPECT_THAT(out.str(), HasSubstr(std::string(flag.name)));
      }
      for (absl::string_view row : absl::StrSplit(out.str(), '\n')) {
        EXPECT_LE(DisplayWidth(row), 80) << row;
      }
    }
  }
}

// An example in the help is something that one can type.
TEST(CliHelp, ExamplesParse) {
  for (const Command& command : Commands()) {
    for (absl::string_view example : command.examples) {
      SCOPED_TRACE(std::string(example));
      std::vector<std::string> words;
      bool quoted = false;
      for (absl::string_view word :
           absl::StrSplit(example, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
        if (word == "||") break;
        if (word == "\\") continue;
        const bool joins = quoted;
        if (std::count(word.begin(), word.end(), '"') % 2 == 1 ||
            std::count(word.begin(), word.end(), '\'') % 2 == 1) {
          quoted = !quoted;
        }
        if (joins) {
          absl::StrAppend(&words.back(), " ", word);
        } else {
          words.emplace_back(word);
        }
      }
      words.erase(words.begin());
      const auto parsed = ParseLine(Commands(), words);
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(parsed->command, &command);
    }
  }
}

// Whether the last sentence is one of those that tell the next step, or the remedy of
// what stands above.
bool EndsWithNextStep(const std::vector<std::string>& rows) {
  std::string text;
  for (size_t n = 1; n <= std::min<size_t>(3, rows.size()); ++n) {
    text = OneLine(absl::StrCat(rows[rows.size() - n], " ", text));
    for (const ReasonText* label : AllReasons()) {
      if (!absl::StartsWith(label->reason, "LABEL_NEXT_") &&
          label->reason != "LABEL_KEEP_RECEIPT") {
        continue;
      }
      const absl::string_view message = label->message_en;
      const absl::string_view lead = message.substr(0, message.find('{'));
      if (lead.size() > 8 && absl::StartsWith(text, OneLine(lead))) return true;
    }
  }
  return absl::StrContains(text, ": guestbridge ");
}

TEST_F(CliTest, TheLastLineOfEveryCommandSaysWhatToDoNext) {
  for (const std::vector<std::string>& line : EveryCommand()) {
    SCOPED_TRACE(NameOfLine(line));
    const std::vector<std::string> rows =
        absl::StrSplit(Run(line, /*input=*/"\n\n\n\n").out, '\n', absl::SkipEmpty());
    ASSERT_THAT(rows, Not(IsEmpty()));
    EXPECT_TRUE(EndsWithNextStep(rows)) << rows.back();
  }
}

TEST_F(CliTest, AnEmptyListSaysWhatToDoNextToo) {
  server_.fresh = true;
  Run({"integration", "delete", "main"});
  const std::vector<std::vector<std::string>> lines = {{"fields", "versions", "main"},
                                                       {"integration", "list"},
                                                       {"run", "list"},
                                                       {"run", "list", "main"}};
  for (const std::vector<std::string>& line : lines) {
    SCOPED_TRACE(NameOfLine(line));
    const std::vector<std::string> rows =
        absl::StrSplit(Run(line).out, '\n', absl::SkipEmpty());
    ASSERT_THAT(rows, Not(IsEmpty()));
    EXPECT_THAT(rows[0], HasSubstr(": 0"));
    EXPECT_TRUE(EndsWithNextStep(rows)) << rows.back();
  }
}

TEST_F(CliTest, ALongIntegrationIdKeepsTheLinesWithin80Columns) {
  const std::string id = "riviera-hotel";
  Run({"integration", "create", id, "--type", "bitrix24"});
  for (std::vector<std::string> line : EveryCommand()) {
    SCOPED_TRACE(NameOfLine(line));
    if (line[0] == "setup") continue;  // It is asked for one that is set up.
    std::replace(line.begin(), line.end(), std::string("main"), id);
    for (const char* language : {"en", "ru"}) {
      std::vector<std::string> full = line;
      full.insert(full.end(), {"--lang", language});
      const Result result = Run(full);
      for (absl::string_view row : absl::StrSplit(result.out, '\n')) {
        // A command that is too long stands alone.
        if (absl::StrContains(row, "guestbridge ") && DisplayWidth(row) > 80) {
          EXPECT_TRUE(absl::StartsWith(row, "guestbridge ")) << row;
        } else {
          EXPECT_LE(DisplayWidth(row), 80) << row;
        }
      }
    }
  }
}

}  // namespace
}  // namespace guestbridge::cli
