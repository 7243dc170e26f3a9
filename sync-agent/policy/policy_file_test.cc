#include "sync-agent/policy/policy_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

class PolicyFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<LocalPolicy> Read(const std::string& text) {
    std::ofstream(file_, std::ios::trunc) << text;
    EXPECT_EQ(chmod(file_.c_str(), 0644), 0);
    return ReadPolicyFile(file_);
  }
  // What is wrong, as "LINE KEY: PROBLEM"; empty: nothing.
  std::string Wrong(const std::string& text) {
    const absl::Status status = Read(text).status();
    if (status.ok()) return "";
    EXPECT_EQ(ReasonOf(status), "POLICY_FILE_INVALID") << status;
    auto parameters = ParametersOf(status);
    EXPECT_EQ(parameters["file"], file_);
    return absl::StrCat(parameters["line"], " ", parameters["key"], ": ",
                        parameters["problem"]);
  }

  testing::TempDir dir_;
  const std::string file_ = dir_.File("policy.yaml");
};

TEST_F(PolicyFileTest, SaysWhatIsAllowed) {
  const auto policy = Read(R"(# what this hotel allows
portal_hosts: [Riviera.bitrix24.ru, "*.example.com"]
source_hosts:
  - 1c.hotel.lan
  - fd00::17
source_folders: [/srv/exchange]
fields_never_sent: [COMMENTS, UF_CRM_1700000001]
ceilings:
  creations: 5000
  deletions: 0
)");
  ASSERT_THAT(policy, IsOk());
  EXPECT_THAT(policy->CheckPortalHost("riviera.bitrix24.ru"), IsOk());
  EXPECT_THAT(policy->CheckPortalHost("RIVIERA.bitrix24.ru"), IsOk());
  EXPECT_THAT(policy->CheckPortalHost("crm.example.com"), IsOk());
  EXPECT_THAT(policy->CheckPortalHost("a.b.example.com"), IsOk());
  EXPECT_THAT(policy->CheckSourceHost("1c.hotel.lan"), IsOk());
  EXPECT_THAT(policy->CheckSourceHost("fd00::17"), IsOk());
  EXPECT_THAT(policy->CheckSourceFolder("/srv/exchange"), IsOk());
  EXPECT_THAT(policy->CheckSourceFolder("/srv/exchange/north"), IsOk());
  EXPECT_THAT(policy->CheckField("PHONE"), IsOk());
  EXPECT_EQ(policy->ceilings.creations, 5000);
  EXPECT_EQ(policy->ceilings.updates, std::nullopt);
  EXPECT_EQ(policy->ceilings.deletions, 0);
}

TEST_F(PolicyFileTest, WhatItDoesNotNameIsRefusedInWhateverSpelling) {
  const auto policy = Read(R"(portal_hosts: [riviera.bitrix24.ru, "*.example.com"]
source_hosts: [1c.hotel.lan]
fields_never_sent: [COMMENTS, UF_CRM_1700000001]
)");
  ASSERT_THAT(policy, IsOk());
  for (const char* host :
       {"evil.example", "example.com", "notexample.com", "riviera.bitrix24.ru.evil.org",
        "riviera.bitrix24.ru.", "evil.org%.example.com", "evil.org:1.example.com",
        "evil.org/.example.com", ".example.com", "127.0.0.1", "::1", ""}) {
    const absl::Status refused = policy->CheckPortalHost(host);
    EXPECT_THAT(refused, StatusIs(kPrecondition, "POLICY_PORTAL_HOST_NOT_ALLOWED"));
    EXPECT_EQ(ParametersOf(refused)["host"], host);
  }
  EXPECT_THAT(policy->CheckSourceHost("riviera.bitrix24.ru"),
              StatusIs(kPrecondition, "POLICY_SOURCE_HOST_NOT_ALLOWED"));
  // Hosts are named: a folder of this machine is none of them.
  EXPECT_THAT(policy->CheckSourceFolder("/srv/exchange"),
              StatusIs(kPrecondition, "POLICY_SOURCE_FOLDER_NOT_ALLOWED"));
  for (const char* field : {"COMMENTS", "comments", "UF_CRM_1700000001",
                            "ufCrm1700000001", "ufCrm_1700000001"}) {
    EXPECT_THAT(policy->CheckField(field),
                StatusIs(kPrecondition, "POLICY_FIELD_FORBIDDEN"));
  }
}

TEST_F(PolicyFileTest, AFolderBesideTheNamedOneIsNotAllowed) {
  const auto policy = Read("source_folders: [/srv/exchange]\n");
  ASSERT_THAT(policy, IsOk());
  for (const char* path : {"/srv/exchange2", "/srv", "/etc", "/srv/exchang"}) {
    EXPECT_FALSE(policy->CheckSourceFolder(path).ok()) << path;
  }
  EXPECT_FALSE(policy->CheckSourceHost("1c.hotel.lan").ok());
}

TEST_F(PolicyFileTest, AMistakeIsToldWithItsLineAndWhatIsAllowed) {
  EXPECT_THAT(Wrong("ceilings:\n  creations: 5\nportal_host: [a.example]\n"),
              HasSubstr("3 portal_host: is not known; allowed are portal_hosts"));
  EXPECT_THAT(Wrong("ceilings:\n  creation: 5\n"),
              HasSubstr("2 ceilings.creation: is not known; allowed are creations"));
  for (const char* number : {"-1", "many", "\"5\"", "5.5", "1e3", "", "[5]", "0x10",
                             "1000000001", "99999999999999999999"}) {
    EXPECT_THAT(Wrong(absl::StrCat("ceilings:\n  updates: ", number, "\n")),
                HasSubstr("2 ceilings.updates: must be a number from 0 to 1000000000"))
        << number;
  }
  for (const char* host :
       {"https://a.example", "a.example:443", "a.example/rest", "a..example", "\"*\"",
        "\"a.*.example\"", "\"*.\"", "a b", "\"\"", "[a.example]", "имя.example"}) {
    EXPECT_THAT(Wrong(absl::StrCat("portal_hosts:\n- b.example\n- ", host, "\n")),
                HasSubstr("3 portal_hosts: must list names of hosts"))
        << host;
  }
  for (const char* list : {"a.example", "[]", "", "{a: b}"}) {
    EXPECT_THAT(Wrong(absl::StrCat("source_hosts: ", list, "\n")),
                HasSubstr("1 source_hosts: must list names of hosts"))
        << list;
  }
  for (const char* path : {"exchange", "/", "/srv/", "/srv/../etc", "/srv//x", "/."}) {
    EXPECT_THAT(Wrong(absl::StrCat("source_folders: [", path, "]\n")),
                HasSubstr("1 source_folders: must list absolute paths"))
        << path;
  }
  for (const char* field : {"comments", "UF-1", "1A", "\"\""}) {
    EXPECT_THAT(Wrong(absl::StrCat("fields_never_sent: [", field, "]\n")),
                HasSubstr("1 fields_never_sent: must list contact fields"))
        << field;
  }
  EXPECT_THAT(Wrong("source_hosts: [a]\nsource_hosts: [b]\n"),
              HasSubstr("2 source_hosts: stands twice"));
  for (const char* text : {"", "# nothing\n", "{}", "[]", "portal_hosts", "null"}) {
    EXPECT_THAT(Wrong(text), HasSubstr("the file: must hold at least one of")) << text;
  }
  EXPECT_THAT(Wrong("source_hosts: [a]\n---\nportal_hosts: [b]\n"),
              HasSubstr("must be one YAML document"));
  EXPECT_THAT(Wrong("source_hosts: [a\n"), HasSubstr("is not YAML"));
  EXPECT_THAT(Wrong("portal_hosts:\n- *.example.com\n"),
              HasSubstr("what begins with * needs quotes"));
}

TEST_F(PolicyFileTest, TheMarkOfAContactCannotBeForbidden) {
  for (const char* field : {"ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION"}) {
    EXPECT_THAT(Wrong(absl::StrCat("fields_never_sent: [COMMENTS, ", field, "]\n")),
                HasSubstr(absl::StrCat("must not name ", field)));
  }
}

TEST_F(PolicyFileTest, AFileThatOthersMayChangeIsNotBelieved) {
  ASSERT_THAT(Read("source_hosts: [a.example]\n"), IsOk());
  for (const mode_t mode : {0664, 0646, 0666}) {
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    EXPECT_THAT(ReadPolicyFile(file_),
                StatusIs(kPrecondition, "POLICY_FILE_UNPROTECTED"));
  }
}

TEST_F(PolicyFileTest, WhatCannotBeReadIsNotTakenForNothing) {
  EXPECT_THAT(ReadPolicyFile(file_), StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
  EXPECT_THAT(ReadPolicyFile(dir_.path()),
              StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(ReadPolicyFile(file_), StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
  std::filesystem::remove(file_);
  EXPECT_THAT(Read(std::string(64 << 10, '#') + "\n"),
              StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
}

TEST_F(PolicyFileTest, TheUsualFileCountsWhenNoneIsGiven) {
  const auto none = FindLocalPolicy("", file_);
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(none->CheckPortalHost("any.example"), IsOk());
  EXPECT_THAT(none->CheckSourceFolder("/srv"), IsOk());
  EXPECT_THAT(none->CheckField("COMMENTS"), IsOk());
  EXPECT_FALSE(none->ceilings.any());
  // One that was asked for must be there.
  EXPECT_THAT(FindLocalPolicy(file_, dir_.File("other")),
              StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
  std::filesystem::create_symlink(dir_.File("nowhere"), file_);
  EXPECT_THAT(FindLocalPolicy("", file_),
              StatusIs(kPrecondition, "POLICY_FILE_UNREADABLE"));
  std::filesystem::remove(file_);
  ASSERT_THAT(Read("portal_hosts: [a.example]\n"), IsOk());
  const auto usual = FindLocalPolicy("", file_);
  ASSERT_THAT(usual, IsOk());
  EXPECT_FALSE(usual->CheckPortalHost("any.example").ok());
}

}  // namespace
}  // namespace guestbridge::agent
