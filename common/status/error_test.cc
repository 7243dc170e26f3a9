#include "common/status/error.h"

#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(ErrorTest, TakesCodeAndMessageFromTheCatalogue) {
  const absl::Status error = MakeError("DATABASE_FULL", {{"file", "/x/y.db"}});
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kResourceExhausted, "DATABASE_FULL"));
  EXPECT_EQ(error.message(), "There is no room left to write the database /x/y.db.");
  EXPECT_EQ(ParametersOf(error).at("file"), "/x/y.db");
  EXPECT_TRUE(ViolationsOf(error).empty());
}

TEST(ErrorTest, AnUnknownReasonIsInternalAndNamesItself) {
  const absl::Status error = MakeError("NOT_IN_THE_CATALOGUE");
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kInternal, "NOT_IN_THE_CATALOGUE"));
  EXPECT_EQ(error.message(), "NOT_IN_THE_CATALOGUE");
}

TEST(ErrorTest, AReasonWithoutCodeIsStillAnError) {
  EXPECT_THAT(MakeError("ANSWER_TOO_LARGE", {{"host", "h"}}),
              StatusIs(absl::StatusCode::kUnknown, "ANSWER_TOO_LARGE"));
}

TEST(ErrorTest, NamesTheWrongField) {
  const absl::Status error =
      MakeFieldError("page_size", "PAGE_SIZE_NEGATIVE", {{"page_size", "-1"}});
  ASSERT_EQ(ViolationsOf(error).size(), 1);
  EXPECT_EQ(ViolationsOf(error)[0].field, "page_size");
  EXPECT_EQ(ViolationsOf(error)[0].description, "The page size -1 is negative.");
  EXPECT_EQ(ParametersOf(error).at("field"), "page_size");
}

TEST(ErrorTest, JoinsTheWrongFieldsOfOneRequest) {
  const absl::Status joined =
      JoinFieldErrors({absl::OkStatus(), MakeFieldError("a", "FIELD_REQUIRED"),
                       absl::OkStatus(), MakeFieldError("b", "FIELD_INVALID")});
  EXPECT_EQ(ReasonOf(joined), "FIELD_REQUIRED");
  ASSERT_EQ(ViolationsOf(joined).size(), 2);
  EXPECT_EQ(ViolationsOf(joined)[1].field, "b");
  EXPECT_THAT(JoinFieldErrors({absl::OkStatus()}), IsOk());
}

TEST(ErrorTest, AddsAParameterAndRendersAgain) {
  const absl::Status error = WithParameter(MakeError("TIMED_OUT"), "host", "p.example");
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kUnavailable, "TIMED_OUT"));
  EXPECT_THAT(std::string(error.message()), HasSubstr("p.example"));
  EXPECT_THAT(WithParameter(absl::OkStatus(), "host", "p.example"), IsOk());
}

TEST(ErrorTest, AddsAParameterToAStatusWithoutReason) {
  const absl::Status error = WithParameter(absl::AbortedError("as it was"), "run", "7");
  EXPECT_EQ(error.message(), "as it was");
  EXPECT_EQ(ParametersOf(error).at("run"), "7");
  EXPECT_EQ(ReasonOf(error), "");
}

TEST(ErrorTest, ExplainsInTheLanguageAskedFor) {
  const absl::Status error = MakeError("KEY_FILE_MISSING", {{"file", "/k"}});
  const Explanation russian = Explain(error, Language::kRussian);
  EXPECT_EQ(russian.reason, "KEY_FILE_MISSING");
  EXPECT_EQ(russian.message, "Файл ключа /k не найден.");
  EXPECT_THAT(russian.remedy, HasSubstr("резервной копии"));
  EXPECT_EQ(Explain(absl::AbortedError("plain"), Language::kEnglish).reason, "ABORTED");
  EXPECT_EQ(Explain(absl::OkStatus(), Language::kEnglish).reason, "");
}

TEST(ErrorTest, SurvivesParametersThatAreNotUtf8) {
  const absl::Status error = MakeError("HOST_NOT_FOUND", {{"host", "\xff\xfe"}});
  EXPECT_EQ(ReasonOf(error), "HOST_NOT_FOUND");
  EXPECT_EQ(ParametersOf(error).at("host"), "\xef\xbf\xbd\xef\xbf\xbd");
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return MakeError("INTERNAL_ERROR");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  GB_ASSIGN_OR_RETURN(const int half, Half(number));
  GB_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(StatusMacrosTest, PassValuesAndErrorsOn) {
  EXPECT_THAT(Quarter(8), IsOk());
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInternal, "INTERNAL_ERROR"));
}

}  // namespace
}  // namespace guestbridge
