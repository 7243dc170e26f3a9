#include <filesystem>
#include <fstream>

#include "sync-agent/source/jsonl/jsonl_folder_test.h"

namespace guestbridge::agent {
namespace {

namespace fs = std::filesystem;

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using nlohmann::json;
using ::testing::Not;

using Kind = ReadRequest::Kind;

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

class ProbeTest : public JsonlFolderTest {
 protected:
  std::map<std::string, std::string> Reasons(
      const std::vector<std::string>& mapped = {}) {
    Source source = Connect();
    std::map<std::string, std::string> reasons;
    for (const SourceCheck& check :
         source.probe->Test("Ривьера", mapped, [] { return true; })) {
      EXPECT_NE(FindReason(check.reason), nullptr) << check.reason;
      reasons[check.name] = check.reason;
    }
    return reasons;
  }
};

TEST_F(ProbeTest, ALookThatIsNoLongerWantedEndsWithWhatItFound) {
  Source source = Connect();
  const auto checks = source.probe->Test("Ривьера", {}, [] { return false; });
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].reason, "CHECK_SOURCE_FOLDER_OK");
}

TEST_F(ProbeTest, AFolderWithoutFilesIsAWarningAndIsNotTouched) {
  const auto reasons = Reasons();
  EXPECT_EQ(reasons.at("source"), "CHECK_SOURCE_FOLDER_OK");
  EXPECT_EQ(reasons.at("entities"), "SOURCE_FILES_NONE");
  EXPECT_EQ(reasons.at("write-right"), "CHECK_SOURCE_FOLDER_WRITABLE");
  EXPECT_EQ(reasons.at("version"), "VERSION_NOT_PUBLISHED");
  EXPECT_EQ(reasons.at("identity"), "SOURCE_IDENTITY_FILE_MISSING");
  EXPECT_EQ(reasons.at("hotel"), "HOTEL_NOT_IN_FILES");
  EXPECT_EQ(reasons.at("built-in-job"), "BUILT_IN_JOB_UNKNOWN");
  EXPECT_TRUE(fs::is_empty(dir_.path()));
}

TEST_F(ProbeTest, SaysWhatTheFilesLack) {
  Write("1.jsonl", Client(1, "А"));
  EXPECT_EQ(Reasons({"LastName"}).at("entities"), "CHECK_SOURCE_FILES_OK");
  EXPECT_EQ(Reasons({"LastName", "Phone"}).at("entities"), "SOURCE_ATTRIBUTES_UNSEEN");
  Write("2.jsonl", "oops\n" + Client(2, "Б"));
  EXPECT_EQ(Reasons().at("entities"), "SOURCE_FILE_LINES_BAD");
  Source source = Connect();
  ReadAll(source, Kind::kFull);
  EXPECT_EQ(Reasons().at("rejected-lines"), "SOURCE_LINES_REJECTED");
  fs::remove_all(dir_.path());
  EXPECT_EQ(Reasons().at("source"), "SOURCE_FOLDER_MISSING");
  std::ofstream(dir_.path()) << "a file";
  EXPECT_EQ(Reasons().at("source"), "SOURCE_FOLDER_REFUSED");
  fs::remove(dir_.path());
}

TEST_F(ProbeTest, TheIdentityIsAFileOfOneLine) {
  Source source = Connect();
  EXPECT_EQ(source.probe->FetchIdentity()->value, "");
  std::ofstream(Path("identity"))
      << "\xEF\xBB\xBF{0A0B0C0D-1111-4000-8000-00000000000F}\r\n";
  EXPECT_EQ(source.probe->FetchIdentity()->value,
            "0a0b0c0d-1111-4000-8000-00000000000f");
  for (const std::string& text :
       {std::string(), std::string("two words"), std::string(100, 'a'),
        std::string("a|b"), std::string("00000000-0000-0000-0000-000000000000")}) {
    std::ofstream(Path("identity")) << text;
    EXPECT_THAT(source.probe->FetchIdentity(),
                StatusIs(kPrecondition, "SOURCE_IDENTITY_INVALID"))
        << text;
  }
  fs::remove(Path("identity"));
  fs::create_symlink("/etc/hostname", Path("identity"));
  EXPECT_THAT(source.probe->FetchIdentity(),
              StatusIs(kPrecondition, "SOURCE_FOLDER_REFUSED"));
}

TEST_F(ProbeTest, FieldsAreThoseOf1CHotelAndOfTheFiles) {
  Write("1.jsonl",
        json({{"Ref_Key", Guid(1)}, {"Loyalty", "gold"}, {"Photo", "x"}}).dump());
  Source source = Connect();
  const auto fields = source.probe->FetchFields();
  ASSERT_THAT(fields, IsOk());
  std::vector<std::string> names;
  for (const SourceField& field : *fields) names.push_back(field.name);
  for (const char* wanted :
       {"LastName", "DateOfBirth", "Phone", "EMail", "DeletionMark", "Loyalty"}) {
    EXPECT_THAT(names, ::testing::Contains(wanted));
  }
  for (const char* unwanted : {"Ref_Key", "Photo", "B24ContactID", "IsFolder"}) {
    EXPECT_THAT(names, Not(::testing::Contains(unwanted)));
  }
}

}  // namespace
}  // namespace guestbridge::agent
