#include "tests/emulators/bitrix24/php_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {
namespace {

TEST(UrlDecodeTest, PlusIsSpaceAndBrokenEscapesStay) {
  EXPECT_EQ(UrlDecode("a+b%2Bc"), "a b+c");
  EXPECT_EQ(UrlDecode("100%"), "100%");
  EXPECT_EQ(UrlDecode("%zz%4"), "%zz%4");
  EXPECT_EQ(UrlDecode("%D0%90"), "А");
}

TEST(UrlDecodeTest, DecodesOnce) { EXPECT_EQ(UrlDecode("%252B"), "%2B"); }

struct QueryCase {
  const char* query;
  const char* json;
};

class ParseQueryTest : public ::testing::TestWithParam<QueryCase> {};

TEST_P(ParseQueryTest, GivesPhpsArray) {
  EXPECT_EQ(ParseQuery(GetParam().query).dump(), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Php, ParseQueryTest,
    ::testing::Values(
        QueryCase{"", "{}"}, QueryCase{"a=1&b=2", R"({"a":"1","b":"2"})"},
        QueryCase{"a", R"({"a":""})"}, QueryCase{"a=1&a=2", R"({"a":"2"})"},
        QueryCase{"a=b=c", R"({"a":"b=c"})"}, QueryCase{"&&a=1&", R"({"a":"1"})"},
        QueryCase{"f[PHONE][0][VALUE]=%2B7", R"({"f":{"PHONE":{"0":{"VALUE":"+7"}}}})"},
        QueryCase{"f%5BX%5D%5B%5D=1&f[X][]=2", R"({"f":{"X":{"0":"1","1":"2"}}})"},
        QueryCase{"a[5]=x&a[]=y", R"({"a":{"5":"x","6":"y"}})"},
        QueryCase{"a.b=1&c d=2", R"({"a_b":"1","c_d":"2"})"},
        QueryCase{"f[a.b]=1", R"({"f":{"a.b":"1"}})"},
        QueryCase{"a[b=1", R"({"a_b":"1"})"},
        QueryCase{"a=1&a[b]=2", R"({"a":{"b":"2"}})"},
        QueryCase{"filter[>ID]=5", R"({"filter":{">ID":"5"}})"},
        QueryCase{"filter[%3E%3DID]=5", R"({"filter":{">=ID":"5"}})"}));

TEST(ParseBodyTest, BrokenJsonIsAnEmptyBody) {
  EXPECT_TRUE(ParseBody("application/json", "{\"fields\":").empty());
  EXPECT_TRUE(ParseBody("application/json", "{\"a\":\"\xFF\"}").empty());
  EXPECT_TRUE(ParseBody("application/json", "5").empty());
}

TEST(ParseBodyTest, WithoutContentTypeItIsAQueryString) {
  EXPECT_EQ(ParseBody("", "id=7").dump(), R"({"id":"7"})");
  EXPECT_EQ(ParseBody("application/json; charset=utf-8", R"({"id":7})").dump(),
            R"({"id":7})");
}

TEST(MergeParamsTest, BodyWins) {
  const Json merged = MergeParams(ParseQuery("id=1&x=2"), {{"id", 5}});
  EXPECT_EQ(merged.dump(), R"({"id":5,"x":"2"})");
}

TEST(PhpValueTest, TruthIsPhps) {
  for (const Json& value : {Json(0), Json("0"), Json(""), Json(false), Json(nullptr),
                            Json(Json::array()), Json(0.0)}) {
    EXPECT_FALSE(ToBool(value)) << value;
  }
  for (const Json& value :
       {Json("false"), Json("N"), Json(" "), Json("0.0"), Json(-1)}) {
    EXPECT_TRUE(ToBool(value)) << value;
  }
}

TEST(PhpValueTest, IntegersReadLeadingDigits) {
  EXPECT_EQ(ToInt("12abc"), 12);
  EXPECT_EQ(ToInt("abc"), 0);
  EXPECT_EQ(ToInt(Json::array({5, 6})), 1);
}

TEST(EncodeTest, EmptyAndNumberedMapsAreLists) {
  EXPECT_EQ(Encode(Json::object()), "[]");
  EXPECT_EQ(Encode({{"0", "a"}, {"1", "b"}}), R"(["a","b"])");
  EXPECT_EQ(Encode({{"1", "a"}}), R"({"1":"a"})");
  EXPECT_EQ(Encode({{"1", "a"}, {"0", "b"}}), R"({"1":"a","0":"b"})");
}

TEST(EncodeTest, TextThatIsNotUtf8GivesTheLiteralAnswer) {
  EXPECT_THAT(Encode({{"a", "\xFF"}}), ::testing::HasSubstr("WRONG_ENCODING"));
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
