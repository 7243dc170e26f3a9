#include "common/text/catalogue.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/text/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

std::set<std::string> PlaceholdersOf(absl::string_view text) {
  std::set<std::string> names;
  size_t open = 0;
  while ((open = text.find('{', open)) != absl::string_view::npos) {
    const size_t close = text.find('}', open);
    if (close == absl::string_view::npos) {
      names.insert("an opening brace that nothing closes");
      break;
    }
    names.insert(std::string(text.substr(open + 1, close - open - 1)));
    open = close + 1;
  }
  return names;
}

bool IsUpperSnakeCase(absl::string_view reason) {
  if (reason.empty() || !absl::ascii_isupper(static_cast<unsigned char>(reason[0]))) {
    return false;
  }
  for (const char c : reason) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isupper(byte) && !absl::ascii_isdigit(byte) && c != '_') {
      return false;
    }
  }
  return true;
}

bool IsRussian(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) == 0xd0 ||
        static_cast<unsigned char>(c) == 0xd1) {
      return true;
    }
  }
  return false;
}

TEST(CatalogueTest, EveryEntryIsCompleteInBothLanguages) {
  std::set<std::string> seen;
  for (const ReasonText* text : AllReasons()) {
    SCOPED_TRACE(std::string(text->reason));
    EXPECT_TRUE(IsUpperSnakeCase(text->reason));
    EXPECT_TRUE(seen.insert(std::string(text->reason)).second) << "stands twice";
    EXPECT_FALSE(text->message_en.empty());
    EXPECT_FALSE(text->message_ru.empty());
    EXPECT_FALSE(IsRussian(text->message_en));
    EXPECT_FALSE(IsRussian(text->remedy_en));
    EXPECT_EQ(ToValidUtf8(text->message_ru), std::string(text->message_ru));
    EXPECT_EQ(PlaceholdersOf(text->message_en), PlaceholdersOf(text->message_ru));
    EXPECT_EQ(PlaceholdersOf(text->remedy_en), PlaceholdersOf(text->remedy_ru));
    if (absl::EndsWith(text->reason, "_PLACEHOLDER")) continue;
    const bool label =
        text->code == absl::StatusCode::kOk && absl::StartsWith(text->reason, "LABEL_");
    if (label) continue;
    EXPECT_TRUE(IsRussian(text->message_ru));
    EXPECT_FALSE(text->remedy_en.empty());
    EXPECT_FALSE(text->remedy_ru.empty());
  }
}

TEST(CatalogueTest, FillsPlaceholdersByName) {
  EXPECT_EQ(
      RenderMessage("NAME_MALFORMED", {{"name", "x"}, {"pattern", "agents/{agent}"}},
                    Language::kEnglish),
      "The name \"x\" does not have the form agents/{agent}.");
  EXPECT_THAT(
      RenderMessage("HOST_NOT_FOUND", {{"host", "h.example.org"}}, Language::kRussian),
      ::testing::HasSubstr("h.example.org"));
}

TEST(CatalogueTest, WhatIsNotKnownIsThreeDots) {
  const std::string text = RenderMessage("HOST_NOT_FOUND", {}, Language::kEnglish);
  EXPECT_THAT(text, ::testing::HasSubstr("…"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("{")));
}

TEST(CatalogueTest, ACommandIsNamedWithItsIntegrationAsFarAsItIsKnown) {
  EXPECT_EQ(RenderRemedy("AWAITING_MATCH_REVIEW", {{"integration", "main"}},
                         Language::kEnglish),
            "Accept the pairs: guestbridge clients match main --apply.");
  EXPECT_EQ(RenderRemedy("AWAITING_MATCH_REVIEW", {}, Language::kEnglish),
            "Accept the pairs: guestbridge clients match ID --apply.");
}

TEST(CatalogueTest, RemediesNameNoCommandWithoutItsIntegration) {
  const std::set<std::string> of_one = {"connection", "fields", "events",
                                        "clients",    "export", "ledger"};
  for (const ReasonText* text : AllReasons()) {
    SCOPED_TRACE(std::string(text->reason));
    for (const absl::string_view remedy : {text->remedy_en, text->remedy_ru}) {
      const std::vector<std::string> words = absl::StrSplit(remedy, ' ');
      for (size_t i = 0; i + 2 < words.size(); ++i) {
        if (!absl::EndsWith(words[i], "guestbridge") ||
            !of_one.contains(words[i + 1])) {
          continue;
        }
        ASSERT_LT(i + 3, words.size());
        EXPECT_TRUE(absl::StartsWith(words[i + 3], "{i")) << remedy;
      }
    }
  }
}

TEST(CatalogueTest, RendersAnUnknownReasonAsItself) {
  EXPECT_EQ(FindReason("NO_SUCH_REASON_HERE"), nullptr);
  EXPECT_EQ(RenderMessage("NO_SUCH_REASON_HERE", {}, Language::kRussian),
            "NO_SUCH_REASON_HERE");
  EXPECT_EQ(RenderRemedy("NO_SUCH_REASON_HERE", {}, Language::kRussian), "");
}

TEST(CatalogueTest, ReadsLanguageTags) {
  EXPECT_EQ(ParseLanguage("ru"), Language::kRussian);
  EXPECT_EQ(ParseLanguage("ru_RU.UTF-8"), Language::kRussian);
  EXPECT_EQ(ParseLanguage("RU-ru,en;q=0.8"), Language::kRussian);
  EXPECT_EQ(ParseLanguage("en_US.UTF-8"), Language::kEnglish);
  EXPECT_EQ(ParseLanguage(""), Language::kEnglish);
  EXPECT_EQ(ParseLanguage("C"), Language::kEnglish);
}

}  // namespace
}  // namespace guestbridge
