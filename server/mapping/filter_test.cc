#include "server/mapping/filter.h"

#include <string>

#include "common/status/error.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

std::string Canonical(const std::string& text) {
  const auto conditions = ParseFilter(text);
  if (!conditions.ok()) return ReasonOf(conditions.status());
  v1::FieldMapping mapping;
  for (const auto& condition : *conditions) *mapping.add_conditions() = condition;
  return RenderFilter(mapping);
}

TEST(ParseFilter, ReadsEachConditionWhateverWayItIsWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"  ", ""},
      {"ClientType = VIP", "ClientType = VIP"},
      {"ClientType='VIP'", "ClientType = VIP"},
      {"ClientType <> 'Big guest'", "ClientType != 'Big guest'"},
      {"Remarks = 'don''t'", "Remarks = 'don''t'"},
      {"Code = ''", "Code = ''"},
      {"Пол  in(Муж ,'Жен')", "Пол in (Муж, Жен)"},
      {"Sex IN (Male)", "Sex = Male"},
      {"Sex NOT in (a,b)", "Sex not in (a, b)"},
      {"Phone is empty", "Phone is empty"},
      {"Phone Is Not Empty AND EMail is not empty",
       "Phone is not empty and EMail is not empty"},
      {"\"odd name\" = and and is = is", "\"odd name\" = and and is = is"},
  };
  for (const auto& [text, wanted] : cases) {
    EXPECT_EQ(Canonical(text), wanted) << text;
    EXPECT_EQ(Canonical(wanted), wanted) << "again: " << wanted;
  }
}

TEST(ParseFilter, RefusesWhatItCannotReadAndSaysWhere) {
  for (const char* text :
       {"= VIP", "ClientType = a b", "A = b or C = d", "A in ()", "A in (b,)", "A = 'b",
        "A is full", "A not empty", "'A' = b", "A == b", "\"\" = b"}) {
    EXPECT_EQ(Canonical(text), "FILTER_INVALID") << text;
  }
  EXPECT_EQ(ParametersOf(ParseFilter("A = b or C = d").status()).at("near"),
            "or C = d");
  std::string many = "A = b";
  for (size_t i = 0; i < kMostConditions; ++i) many += " and A = b";
  EXPECT_EQ(Canonical(many), "FILTER_INVALID");
  EXPECT_EQ(Canonical("A = " + std::string(kLongestFilter, 'x')), "FILTER_INVALID");
}

TEST(ParseFilter, SaysThatItIsTheEndWhereSomethingIsMissing) {
  for (const char* text : {"ClientType", "ClientType = ", "A = b and", "and", "A in",
                           "A in (b", "A in (b,", "A is", "A is not"}) {
    EXPECT_EQ(Canonical(text), "FILTER_INCOMPLETE") << text;
  }
}

TEST(ValidateFilter, RefusesAttributesThatNobodyHas) {
  v1::FieldMapping draft;
  draft.add_source_fields()->set_name("Sex");
  EXPECT_TRUE(ValidateFilter(draft).ok());
  *draft.add_conditions() = ParseFilter("Sex = Male")->front();
  EXPECT_TRUE(ValidateFilter(draft).ok());
  *draft.add_conditions() = ParseFilter("Nick is empty")->front();
  EXPECT_EQ(ReasonOf(ValidateFilter(draft)), "ATTRIBUTE_UNKNOWN");
}

}  // namespace
}  // namespace guestbridge::server
