#include "tests/emulators/onec/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/emulators/onec/collation.h"
#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/odata_lexer.h"
#include "tests/emulators/onec/query.h"
#include "tests/emulators/onec/resource_path.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Filter : public ::testing::Test {
 protected:
  Filter() : base_(180, "integration") {
    Add(R"({"Code":"1","LastName":"Абрамов","Phone":"+7 900","B24ContactID":"12",
            "CreateDate":"2024-02-29T23:59:58","NoSMSDelivery":true})");
    Add(R"({"Code":"2","LastName":"O'Neil","Phone":"","B24ContactID":"7",
            "CreateDate":"2024-03-01T00:00:00","Remarks":"50% off_"})");
    Add(R"({"Code":"3","LastName":"абрамова","Phone":"100%","B24ContactID":"0"})");
  }

  void Add(const char* row) {
    ASSERT_TRUE(Import(base_.store(), nlohmann::json::parse(row)).ok());
  }

  Result<Selection> Run(const std::string& filter) {
    QueryOptions options;
    options.filter = filter;
    options.orderby = {{{"Code"}, false}};
    return RunQuery(base_.store(), settings_, Clients(), options, 1);
  }

  std::vector<int> Codes(const std::string& filter) {
    const auto found = Run(filter);
    if (!found.ok()) {
      ADD_FAILURE() << filter << ": " << found.fault().text;
      return {};
    }
    std::vector<int> codes;
    for (const RecordPtr& row : found->rows) {
      codes.push_back(
          std::stoi(PlainText(Field(Clients(), *row, Clients().FindId("Code")))));
    }
    return codes;
  }

  const EntityDef& Clients() { return *base_.store().FindSet(kClients); }

  InfoBase base_;
  Settings settings_;
};

TEST_F(Filter, AndBindsTighterThanOr) {
  EXPECT_THAT(Codes("Code eq '1' or Code eq '2' and Code eq '3'"), ElementsAre(1));
  EXPECT_THAT(Codes("(Code eq '1' or Code eq '2') and Code eq '2'"), ElementsAre(2));
}

TEST_F(Filter, MultiplicationBindsTighterThanAddition) {
  EXPECT_THAT(Codes("B24ContactID add 1 mul 5 eq 12"), ElementsAre(2));
  EXPECT_THAT(Codes("(B24ContactID add 1) mul 5 eq 65"), ElementsAre(1));
}

TEST_F(Filter, NotBindsTighterThanComparison) {
  EXPECT_THAT(Codes("not NoSMSDelivery eq true"), ElementsAre(2, 3));
  EXPECT_EQ(Run("not Code eq '1'").fault().code, "14");
}

TEST_F(Filter, DivisionIsNotWhole) {
  EXPECT_THAT(Codes("B24ContactID div 2 eq 3.5"), ElementsAre(2));
}

TEST_F(Filter, DoubledApostropheIsOneApostrophe) {
  EXPECT_THAT(Codes("LastName eq 'O''Neil'"), ElementsAre(2));
}

TEST_F(Filter, StringsCompareWithoutCaseUnlessSwitched) {
  EXPECT_THAT(Codes("LastName eq 'АБРАМОВ'"), ElementsAre(1));
  settings_.case_sensitive_collation = true;
  EXPECT_THAT(Codes("LastName eq 'АБРАМОВ'"), IsEmpty());
}

TEST_F(Filter, FixedLengthCodeMatchesWithAndWithoutPadding) {
  EXPECT_THAT(Codes("Code eq '1           '"), ElementsAre(1));
}

TEST_F(Filter, LikeKnowsPercentUnderscoreAndSets) {
  EXPECT_THAT(Codes("like(LastName,'абрамов_')"), ElementsAre(3));
  EXPECT_THAT(Codes("like(LastName,'%ов%')"), ElementsAre(1, 3));
  EXPECT_THAT(Codes("like(Phone,'1[^1]0[%]')"), ElementsAre(3));
}

TEST_F(Filter, SubstringCountsFromOne) {
  EXPECT_THAT(Codes("substring(LastName,3,4) eq 'рамо'"), ElementsAre(1, 3));
  EXPECT_THAT(Codes("substring(LastName,9) eq ''"), ElementsAre(1, 2, 3));
}

TEST_F(Filter, DateFunctionsFollowTheCalendar) {
  EXPECT_THAT(Codes("day(CreateDate) eq 29 and hour(CreateDate) eq 23 and "
                    "minute(CreateDate) eq 59 and second(CreateDate) eq 58"),
              ElementsAre(1));
  EXPECT_THAT(Codes("dayofweek(CreateDate) eq 5"), ElementsAre(2));  // a Friday
  EXPECT_THAT(Codes("dateadd(CreateDate,'year',1) eq datetime'2025-02-28T23:59:58'"),
              ElementsAre(1));
  EXPECT_THAT(Codes("datedifference(CreateDate,datetime'2024-03-01T00:00:00','month') "
                    "eq 1"),
              ElementsAre(1));
}

TEST_F(Filter, CompositeFieldNeedsCast) {
  const EntityDef& def = *base_.store().FindSet(kMappings);
  const Guid guid = NewGuid();
  const WriteContext context{base_.store(), settings_, base_.clock().Now(),
                             base_.desk_user()};
  const auto made = Create(context, def,
                           {{"Hotel_Key", Guid{}.Text()},
                            {"ExternalSystemCode", "BITRIX24"},
                            {"ObjectTypeName", "Clients"},
                            {"ObjectExternalCode", "1"},
                            {"ObjectRef", guid.Text()},
                            {"ObjectRef_Type", "StandardODATA.Catalog_Clients"}});
  ASSERT_TRUE(made.ok()) << made.fault().text;
  const auto count = [&](const std::string& filter) {
    QueryOptions options;
    options.filter = filter;
    return RunQuery(base_.store(), settings_, def, options, 1)->rows.size();
  };
  const std::string literal = "guid'" + guid.Text() + "'";
  EXPECT_EQ(count("ObjectRef eq " + literal), 0u);
  EXPECT_EQ(count("ObjectRef eq cast(" + literal + ",'Catalog_Clients')"), 1u);
  EXPECT_EQ(count("isof(ObjectRef,'Catalog_Clients')"), 1u);
}

struct Refusal {
  const char* filter;
  int status;
  const char* code;
};

TEST_F(Filter, RefusesWhat1CRefuses) {
  const Refusal cases[] = {
      {"", 400, "14"},
      {"Code", 400, "14"},
      {"Code eq", 400, "14"},
      {"Code eq 'a", 400, "14"},
      {"Code eq 'a' 'b'", 400, "14"},
      {"Code = 'a'", 400, "14"},
      {"guid'x' eq Ref_Key", 400, "14"},
      {"CreateDate eq datetime'2024-02-30T00:00:00'", 400, "14"},
      {"B24ContactID eq 1L", 400, "14"},
      {"B24ContactID eq '1'", 400, "14"},
      {"Nope eq 1", 400, "14"},
      {"Nope/Code eq '1'", 400, "14"},
      {"indexof(Code,'1') eq 1", 400, "21"},
      {"startswith(Code)", 400, "21"},
      {"cast(Ref_Key,'Nope') eq Ref_Key", 400, "21"},
      {"Code/any(d: true)", 400, "21"},
      {"startswith(CreateDate,'1')", 500, "-1"},
      {"Address lt 'x'", 500, "-1"},
      {"Ref_Key ge guid'00000000-0000-0000-0000-000000000000'", 500, "-1"},
      {"Photo_Base64Data eq ''", 500, "-1"},
  };
  for (const Refusal& c : cases) {
    SCOPED_TRACE(c.filter);
    const auto result = Run(c.filter);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.fault().http_status, c.status);
    EXPECT_EQ(result.fault().code, c.code);
  }
}

TEST_F(Filter, ErrorTextNeverRepeatsALiteral) {
  for (const char* filter : {"Code eq 'secret' )", "Code eq 'secret",
                             "Nope eq 'secret'", "B24ContactID eq 'secret'"}) {
    const auto result = Run(filter);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.fault().text.find("secret"), std::string::npos);
  }
}

TEST(FilterParser, StopsAtAbsurdNesting) {
  const std::string deep = std::string(5000, '(') + "true" + std::string(5000, ')');
  EXPECT_FALSE(ParseFilter(deep, false).ok());
  std::string nots;
  for (int i = 0; i < 5000; ++i) nots += "not ";
  EXPECT_FALSE(ParseFilter(nots + "true", false).ok());
}

TEST(Collation, OrderIsNotByteOrder) {
  EXPECT_EQ(Collate("IVANOV", "ivanov ", true), 0);
  EXPECT_LT(Collate("_", "1", true), 0);
  EXPECT_LT(Collate("9", "a", true), 0);
  EXPECT_LT(Collate("Zz", "аа", true), 0);
  EXPECT_LT(Collate("Елкин", "Ёлкин", true), 0);
  EXPECT_LT(Collate("Ёлкин", "Жуков", true), 0);
  EXPECT_LT(Collate("аб", "АВ", true), 0);
  EXPECT_NE(Collate("IVANOV", "ivanov", false), 0);
}

TEST(ResourcePath, SlashesAndBracketsInsideQuotesBelongToTheKey) {
  const auto path = ParsePath("Register(A='x/y)',B='it''s')/SliceLast()");
  ASSERT_TRUE(path.ok());
  ASSERT_EQ(path->size(), 2u);
  EXPECT_EQ((*path)[0].arguments, "A='x/y)',B='it''s'");
  EXPECT_EQ((*path)[1].arguments, "");
}

TEST(ResourcePath, RefusesBrokenPaths) {
  for (const char* path : {"/", "A//B", "A(guid'x'", "A(1)x", "(1)"}) {
    EXPECT_FALSE(ParsePath(path).ok()) << path;
  }
}

TEST(ResourcePath, SliceTakesSingleAndDoubledApostrophes) {
  for (const char* arguments : {"Condition='A eq ''x'''", "Condition='A eq 'x''",
                                "Period=datetime'2024-01-01T00:00:00',"
                                "Condition='A eq ''x'''"}) {
    const auto call = ParseSlice(true, arguments, {});
    ASSERT_TRUE(call.ok()) << arguments;
    EXPECT_EQ(call->condition, "A eq 'x'") << arguments;
  }
}

}  // namespace
}  // namespace guestbridge::testing::onec
