#include "tests/emulators/bitrix24/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace guestbridge::testing::bitrix24 {
namespace {

using ::testing::ElementsAre;

// Answers "echo" with its parameters, "id" with 42, "list" with two rows and fails
// "fail".
class BatchTest : public ::testing::Test {
 protected:
  Json Run(const Json& params, BatchOptions options = {}) {
    answer_ = RunBatch(
        params, options,
        [this](const std::string& key, const std::string& method, const Json& given) {
          ran_.push_back(key);
          CommandAnswer answer{.outcome = MethodResult{given}, .time = {{"start", 1}}};
          if (method == "id") answer.outcome = MethodResult{42};
          if (method == "list") {
            answer.outcome =
                MethodResult{Json::array({{{"ID", "7"}}, {{"ID", "8"}}}), 120, 50};
          }
          if (method == "fail") answer.outcome = CoreError("no");
          return answer;
        });
    return answer_.result;
  }

  std::vector<std::string> ran_;
  BatchAnswer answer_;
};

TEST_F(BatchTest, CommandsRunInOrderOfTheirKeys) {
  Run({{"cmd", {{"z", "id"}, {"a", "id"}, {"m", "id"}}}});
  EXPECT_THAT(ran_, ElementsAre("z", "a", "m"));
}

TEST_F(BatchTest, ValuesAreDecodedOnce) {
  const Json result =
      Run({{"cmd", {{"a", "echo?f%5BX%5D=1%2B1+2&y=%2526&cut=a#b&gone=1"}}}});
  EXPECT_EQ(result["result"]["a"].dump(), R"({"f":{"X":"1+1 2"},"y":"%26","cut":"a"})");
}

TEST_F(BatchTest, NonStringCommandsVanish) {
  const Json result = Run({{"cmd", {{"a", {{"method", "id"}}}, {"b", "id"}}}});
  EXPECT_EQ(result["result"].dump(), R"({"b":42})");
  EXPECT_TRUE(result["result_error"].empty());
}

TEST_F(BatchTest, AReferenceThatIsTheWholeTextKeepsItsType) {
  const Json result = Run({{"cmd",
                            {{"a", "id"},
                             {"l", "list"},
                             {"b",
                              "echo?x=$result[a]&y=$result[l][1][ID]&z=no $result[a]!"
                              "&t=$total[l]&n=$next[l]"}}}});
  EXPECT_EQ(result["result"]["b"].dump(),
            R"({"x":42,"y":"8","z":"no 42!","t":120,"n":50})");
}

TEST_F(BatchTest, ABrokenPathYieldsWhatItReached) {
  const Json result =
      Run({{"cmd",
            {{"l", "list"},
             {"b", "echo?x=$result[l][49][ID]&y=a $result[l][49]&z=$result[none]"}}}});
  EXPECT_EQ(result["result"]["b"]["x"], Json::array({{{"ID", "7"}}, {{"ID", "8"}}}));
  EXPECT_EQ(result["result"]["b"]["y"], "a $result[l][49]");
  EXPECT_TRUE(result["result"]["b"]["z"].contains("l"));
}

TEST_F(BatchTest, OtherDollarsStay) {
  const Json result = Run({{"cmd", {{"b", "echo?x=$100&y=$name[1]&z=a $ b"}}}});
  EXPECT_EQ(result["result"]["b"].dump(), R"({"x":"$100","y":"$name[1]","z":"a $ b"})");
}

TEST_F(BatchTest, AFailureIsOnlyInResultError) {
  const Json result = Run({{"cmd", {{"a", "fail"}, {"b", "id"}}}});
  EXPECT_EQ(result["result"].dump(), R"({"b":42})");
  EXPECT_EQ(result["result_error"].dump(),
            R"({"a":{"error":"ERROR_CORE","error_description":"no"}})");
  EXPECT_EQ(result["result_time"].size(), 1u);
}

TEST_F(BatchTest, HaltIsPhpTruthAndStopsAtTheFailure) {
  const Json cmd = {{"a", "id"}, {"b", "fail"}, {"c", "id"}};
  const Json halted = Run({{"halt", "false"}, {"cmd", cmd}});
  EXPECT_FALSE(halted["result"].contains("c"));
  EXPECT_FALSE(halted["result_error"].contains("c"));
  EXPECT_TRUE(Run({{"halt", "0"}, {"cmd", cmd}})["result"].contains("c"));
}

TEST_F(BatchTest, CommandsAboveFiftyFailAndTheFirstFiftyRun) {
  Json cmd = Json::object();
  for (int i = 0; i < 53; ++i) cmd["c" + std::to_string(i)] = "id";
  const Json result = Run({{"cmd", cmd}});
  EXPECT_EQ(result["result"].size(), 50u);
  EXPECT_EQ(result["result_error"].size(), 3u);
  EXPECT_EQ(result["result_error"]["c52"]["error"], "ERROR_BATCH_LENGTH_EXCEEDED");
  EXPECT_EQ(ran_.size(), 50u);
}

TEST_F(BatchTest, NestedBatchIsRefused) {
  const Json result = Run({{"cmd", {{"a", "batch?cmd[x]=id"}, {"b", "id"}}}});
  EXPECT_EQ(result["result_error"]["a"]["error"], "ERROR_BATCH_METHOD_NOT_ALLOWED");
  EXPECT_TRUE(result["result"].contains("b"));
}

TEST_F(BatchTest, NumberedCommandsGiveListsWhileComplete) {
  EXPECT_EQ(Encode(Run({{"cmd", Json::array({"id", "id"})}})["result"]), "[42,42]");
  EXPECT_EQ(Encode(Run({{"cmd", Json::array({"fail", "id"})}})["result"]),
            R"({"1":42})");
  EXPECT_EQ(Encode(Run({{"cmd", Json::array({"id"})}})["result_error"]), "[]");
}

TEST_F(BatchTest, WithoutCommandsAllFiveMapsAreThere) {
  EXPECT_EQ(Encode(Run(Json::object())),
            R"({"result":[],"result_error":[],"result_total":[],"result_next":[],)"
            R"("result_time":[]})");
}

TEST_F(BatchTest, DropAfterKStopsBeforeTheNext) {
  Run({{"cmd", {{"a", "id"}, {"b", "id"}, {"c", "id"}}}}, {.drop_after = 2});
  EXPECT_TRUE(answer_.stopped);
  EXPECT_THAT(ran_, ElementsAre("a", "b"));
}

TEST_F(BatchTest, AStickyExceptionShowsInLaterErrors) {
  const auto run = [](const std::string&, const std::string& method, const Json&) {
    return CommandAnswer{.outcome = method == "core" ? CoreError("first")
                                                     : LegacyError("Not found")};
  };
  const Json result = RunBatch({{"cmd", {{"a", "core"}, {"b", "get"}}}},
                               {.sticky_exception = true}, run)
                          .result;
  EXPECT_EQ(result["result_error"]["b"]["error_description"], "first");
}

TEST_F(BatchTest, MissingScopeHasNoDescription) {
  const auto run = [](const std::string&, const std::string&, const Json&) {
    return CommandAnswer{
        .outcome = RestError{.code = "insufficient_scope", .description = "long"}};
  };
  const Json result = RunBatch({{"cmd", {{"a", "x"}}}}, {}, run).result;
  EXPECT_EQ(result["result_error"]["a"]["error_description"], "");
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
