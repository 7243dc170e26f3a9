// What is left of a client in the exchange folder once it is erased.
#include "absl/strings/ascii.h"
#include "sync-agent/source/jsonl/jsonl_folder_test.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Kind = ReadRequest::Kind;

constexpr char kSurname[] = "Стираемая";

class JsonlErasureTest : public JsonlFolderTest {
 protected:
  // One that names an attribute twice, and so is rejected.
  static std::string Rejected(int number, const std::string& last_name) {
    return absl::StrCat(R"({"Ref_Key":")", absl::AsciiStrToUpper(Guid(number)),
                        R"(","LastName":")", last_name,
                        R"(","Phone":"a \" b","Phone":""})", "\n");
  }
  // Files that the agent alone keeps.
  std::string Kept() {
    std::string bytes;
    for (const char* place : {"state", "rejected"}) {
      for (const std::string& name : List(place)) {
        bytes += Read(absl::StrCat(place, "/", name));
      }
    }
    return bytes;
  }
};

TEST_F(JsonlErasureTest, NothingIsLeftOfTheClientInWhatTheAgentKeeps) {
  std::string text = Client(1, kSurname);
  for (int i = 2; i <= 300; ++i) text += Client(i, "Другая");
  Write("1.jsonl", text + Rejected(1, kSurname) + Rejected(2, "Вторая"));
  Source source = Connect();
  const Pass before = ReadAll(source, Kind::kFull);
  Write("2.jsonl", Client(1, absl::StrCat(kSurname, "-Новая")));
  ReadAll(source, Kind::kChanges, before.watermark);
  ASSERT_THAT(Kept(), HasSubstr(kSurname));
  const size_t size = Read("rejected/1.jsonl").size();

  for (int again = 0; again < 2; ++again) {
    const auto left = source.reader->ForgetClient(ClientKey(Guid(1)));
    ASSERT_THAT(left, IsOk());
    ASSERT_EQ(left->size(), 1u);
    EXPECT_EQ((*left)[0].reason, "LEFT_IN_EXCHANGE_FOLDER");
    EXPECT_EQ((*left)[0].parameters[0].second, dir_.path());
    EXPECT_THAT(Kept(), Not(HasSubstr(kSurname)));
    EXPECT_THAT(absl::AsciiStrToLower(Kept()), Not(HasSubstr(Guid(1))));
    EXPECT_THAT(Kept(), HasSubstr("Вторая"));
    EXPECT_EQ(Read("rejected/1.jsonl").size(), size);
    EXPECT_THAT(RejectedLines("1.jsonl"), ElementsAre(301, 302));
    const Pass pass = ReadAll(source, Kind::kFull);
    EXPECT_EQ(pass.names.size(), 299u);
    EXPECT_EQ(pass.names.count(Guid(1)), 0u);
  }
}

TEST_F(JsonlErasureTest, AFileThatStillGrowsGoesOnWhereItWas) {
  std::ofstream file(Path("1.jsonl"), std::ios::binary);
  file << Client(2, "Вторая") << Rejected(1, kSurname) << std::flush;
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  ASSERT_THAT(source.reader->ForgetClient(ClientKey(Guid(1))), IsOk());
  file << Rejected(3, "Третья") << std::flush;
  EXPECT_EQ(ReadAll(source, Kind::kFull).names.size(), 1u);
  EXPECT_THAT(RejectedLines("1.jsonl"), ElementsAre(2, 3));
}

TEST_F(JsonlErasureTest, AFolderThatIsAwayIsAnErrorAndTheCallIsRepeated) {
  Write("1.jsonl", Client(1, kSurname));
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  std::filesystem::rename(dir_.path(), dir_.path() + ".away");
  EXPECT_FALSE(source.reader->ForgetClient(ClientKey(Guid(1))).ok());
  std::filesystem::rename(dir_.path() + ".away", dir_.path());
  EXPECT_THAT(source.reader->ForgetClient(ClientKey(Guid(1))), IsOk());
  EXPECT_THAT(Kept(), Not(HasSubstr(kSurname)));
}

}  // namespace
}  // namespace guestbridge::agent
