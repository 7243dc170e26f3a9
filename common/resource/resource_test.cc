#include <string>
#include <vector>

#include "common/resource/field_mask.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "gmock/gmock.h"
#include "google/protobuf/api.pb.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge {
namespace {

using google::protobuf::Api;
using google::protobuf::FieldMask;
using testing::IsOk;
using testing::StatusIs;

TEST(ResourceNameTest, ParsesWhatItBuilds) {
  EXPECT_EQ(*ParseIntegrationName(IntegrationName("main")), "main");
  EXPECT_EQ(*ParseAgentName(AgentName("Front.Desk-1_a")), "Front.Desk-1_a");
  const auto run = ParseRunName(RunName("main", 42));
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->integration, "main");
  EXPECT_EQ(run->number, 42);
  EXPECT_EQ(ParseRunName("integrations/-/runs/7")->integration, "-");
  const auto version = ParseMappingVersionName(MappingVersionName("main", 3));
  ASSERT_THAT(version, IsOk());
  EXPECT_EQ(version->version, 3);
  const auto client = ParseClientName(ClientName("main", "Abc/1 ё"));
  ASSERT_THAT(client, IsOk());
  EXPECT_EQ(client->integration, "main");
  EXPECT_EQ(client->client, "Abc/1 ё");
  for (const std::string& name :
       {ConnectionName("main"), EventsName("main"), ScheduleName("main"),
        DraftMappingName("main"), RunName("main", 1), IntegrationName("main")}) {
    EXPECT_EQ(*IntegrationOf(name), "main") << name;
  }
}

TEST(ResourceNameTest, RefusesEverythingElse) {
  const auto malformed = [](const auto& parsed) {
    return ReasonOf(parsed.status()) == "NAME_MALFORMED";
  };
  for (const std::string& name :
       {std::string(""), std::string("main"), std::string("integrations/"),
        std::string("integrations/Main"), std::string("integrations/1a"),
        std::string("integrations/a_b"), std::string("integrations/a/"),
        std::string("integrations/a/b"), std::string(" integrations/a"),
        "integrations/" + std::string(64, 'a'), std::string("integrations/a\n")}) {
    EXPECT_TRUE(malformed(ParseIntegrationName(name))) << name;
  }
  for (const char* name :
       {"integrations/a/runs/", "integrations/a/runs/0", "integrations/a/runs/-1",
        "integrations/a/runs/01", "integrations/a/runs/+1", "integrations/a/runs/1x",
        "integrations/a/runs/99999999999999999999", "integrations/a/runs/1/x",
        "integrations/A/runs/1", "runs/1", "integrations/a/clients/1"}) {
    EXPECT_TRUE(malformed(ParseRunName(name))) << name;
  }
  EXPECT_TRUE(
      malformed(ParseMappingVersionName("integrations/a/fieldMappings/3000000000")));
  EXPECT_TRUE(malformed(ParseMappingVersionName("integrations/-/fieldMappings/1")));
  EXPECT_TRUE(malformed(ParseClientName("integrations/a/clients/")));
  EXPECT_TRUE(malformed(ParseAgentName("agents/.x")));
  EXPECT_TRUE(malformed(ParseAgentName("agents/")));
  EXPECT_TRUE(malformed(IntegrationOf("agents/x")));
}

TEST(ResourceNameTest, KnowsGuids) {
  EXPECT_TRUE(IsGuid("0ad5d2a4-7a3e-11ea-80f2-00155D012345"));
  EXPECT_FALSE(IsGuid("0ad5d2a4-7a3e-11ea-80f2-00155d01234"));
  EXPECT_FALSE(IsGuid("0ad5d2a407a3e-11ea-80f2-00155d012345"));
  EXPECT_FALSE(IsGuid("gad5d2a4-7a3e-11ea-80f2-00155d012345"));
}

TEST(PageTest, SizesHaveADefaultAndACeiling) {
  EXPECT_EQ(*EffectivePageSize(0), 50);
  EXPECT_EQ(*EffectivePageSize(7), 7);
  EXPECT_EQ(*EffectivePageSize(5000), 1000);
  EXPECT_THAT(EffectivePageSize(-1),
              StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_SIZE_NEGATIVE"));
}

TEST(PageTest, TokensBelongToTheirList) {
  const std::vector<std::string> keys = {"", "7", "ключ", std::string(300, 'k')};
  for (const std::string& key : keys) {
    const std::string token = EncodePageToken("ListRuns integrations/a", key);
    EXPECT_EQ(*DecodePageToken("ListRuns integrations/a", token), key);
    EXPECT_THAT(DecodePageToken("ListRuns integrations/b", token),
                StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  }
  EXPECT_EQ(*DecodePageToken("x", ""), "");
  for (const char* token : {"junk", "!!!", "AAAA", "MQ"}) {
    EXPECT_FALSE(DecodePageToken("x", token).ok()) << token;
  }
}

FieldMask Mask(std::initializer_list<const char*> paths) {
  FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

// google.protobuf.Api has plain values, a sub-message and repeated fields.
Api Source() {
  Api api;
  api.set_name("new");
  api.mutable_source_context()->set_file_name("new.proto");
  api.add_methods()->set_name("new method");
  return api;
}

Api Target() {
  Api api;
  api.set_name("old");
  api.set_version("7");
  api.mutable_source_context()->set_file_name("old.proto");
  api.add_methods()->set_name("old method");
  api.add_mixins()->set_name("old mixin");
  return api;
}

TEST(FieldMaskTest, NamedFieldsAreReplacedNeverMerged) {
  Api target = Target();
  EXPECT_THAT(ApplyFieldMask(Source(), Mask({"name", "methods"}), {}, &target), IsOk());
  EXPECT_EQ(target.name(), "new");
  ASSERT_EQ(target.methods_size(), 1);
  EXPECT_EQ(target.methods(0).name(), "new method");
  EXPECT_EQ(target.version(), "7");
  EXPECT_EQ(target.source_context().file_name(), "old.proto");
}

TEST(FieldMaskTest, ANamedFieldThatIsNotSetIsCleared) {
  Api target = Target();
  EXPECT_THAT(
      ApplyFieldMask(Api(), Mask({"version", "source_context", "mixins"}), {}, &target),
      IsOk());
  EXPECT_EQ(target.version(), "");
  EXPECT_FALSE(target.has_source_context());
  EXPECT_EQ(target.mixins_size(), 0);
  EXPECT_EQ(target.name(), "old");
}

TEST(FieldMaskTest, PathsReachIntoMessages) {
  Api target = Target();
  EXPECT_THAT(ApplyFieldMask(Source(), Mask({"source_context.file_name"}), {}, &target),
              IsOk());
  EXPECT_EQ(target.source_context().file_name(), "new.proto");
  Api empty;
  EXPECT_THAT(ApplyFieldMask(Api(), Mask({"source_context.file_name"}), {}, &empty),
              IsOk());
  EXPECT_FALSE(empty.has_source_context());
}

TEST(FieldMaskTest, AnAbsentMaskMeansWhatIsSet) {
  Api target = Target();
  EXPECT_THAT(ApplyFieldMask(Source(), {}, {}, &target), IsOk());
  EXPECT_EQ(target.name(), "new");
  EXPECT_EQ(target.version(), "7");
  EXPECT_EQ(target.mixins_size(), 1);
  EXPECT_EQ(target.methods_size(), 1);
}

TEST(FieldMaskTest, AStarReplacesAllButWhatOnlyTheServerSets) {
  Api target = Target();
  EXPECT_THAT(ApplyFieldMask(Source(), Mask({"*"}), Mask({"version"}), &target),
              IsOk());
  EXPECT_EQ(target.version(), "7");
  EXPECT_EQ(target.mixins_size(), 0);
  Api kept = Target();
  EXPECT_THAT(ApplyFieldMask(Source(), Mask({"name"}), Mask({"name"}), &kept), IsOk());
  EXPECT_EQ(kept.name(), "old");
}

TEST(FieldMaskTest, AnUnknownPathChangesNothing) {
  for (const char* path : {"nope", "name.x", "methods.name", "", "source_context."}) {
    Api target = Target();
    EXPECT_THAT(ApplyFieldMask(Source(), Mask({"name", path}), {}, &target),
                StatusIs(absl::StatusCode::kInvalidArgument, "UNKNOWN_FIELD_PATH"));
    EXPECT_EQ(target.name(), "old") << path;
  }
}

}  // namespace
}  // namespace guestbridge
