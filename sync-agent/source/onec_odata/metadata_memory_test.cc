#include "sync-agent/source/onec_odata/metadata_memory.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::agent {
namespace {

using testing::FakeClock;
using testing::IsOk;
using testing::StatusIs;

// What the base publishes, and how often its documents were read.
struct Published {
  std::string sets = R"({"name":"Catalog_Clients","url":"Catalog_Clients"})";
  std::string metadata;
  int metadata_reads = 0;
  int service_reads = 0;
};

class PublishedHttp : public HttpClient {
 public:
  explicit PublishedHttp(Published* published) : published_(published) {}
  HttpResult Send(const HttpRequest& request) override {
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = 200;
    if (absl::StrContains(request.target, "$metadata")) {
      ++published_->metadata_reads;
      // In pieces that cut tags, as a network does.
      absl::string_view rest = published_->metadata;
      while (!rest.empty() && request.on_body(rest.substr(0, 1000))) {
        rest.remove_prefix(std::min<size_t>(1000, rest.size()));
      }
    } else {
      ++published_->service_reads;
      result.body = absl::StrCat(R"({"value":[)", published_->sets, "]}");
    }
    return result;
  }

 private:
  Published* const published_;
};

constexpr char kBegin[] =
    R"(<edmx:Edmx Version="1.0" xmlns:edmx="e"><edmx:DataServices xmlns:m="m" )"
    R"(m:DataServiceVersion="3.0"><Schema Namespace="StandardODATA">)";
constexpr char kEnd[] = "</Schema></edmx:DataServices></edmx:Edmx>";

std::string Type(const std::string& name, const std::string& property) {
  return absl::StrCat("<EntityType Name=\"", name, "\"><Property Name=\"", property,
                      "\" Type=\"Edm.String\" Nullable=\"true\"/></EntityType>");
}

class MetadataMemoryTest : public ::testing::Test {
 protected:
  MetadataMemoryTest()
      : session_(std::make_unique<PublishedHttp>(&published_), "/b", "u",
                 SecretString("p")),
        memory_({"Catalog_Clients"}, session_, clock_) {
    published_.metadata = absl::StrCat(kBegin, Type("Catalog_Clients", "A"), kEnd);
  }

  Published published_;
  FakeClock clock_;
  ODataSession session_;
  MetadataMemory memory_;
};

TEST_F(MetadataMemoryTest, WhatATestReadServesTheLoadThatFollowsIt) {
  const auto test = [this] {
    const auto document = session_.FetchServiceDocument();
    ASSERT_THAT(document, IsOk());
    ASSERT_THAT(memory_.Read(*document), IsOk());
  };
  test();
  ASSERT_THAT(memory_.Recall(), IsOk());
  EXPECT_EQ(published_.metadata_reads, 1);
  // Not when another minute, or other sets, have come.
  test();
  clock_.Advance(absl::Seconds(61));
  ASSERT_THAT(memory_.Recall(), IsOk());
  EXPECT_EQ(published_.metadata_reads, 3);
  test();
  published_.sets += R"(,{"name":"Catalog_Hotels","url":"Catalog_Hotels"})";
  ASSERT_THAT(memory_.Recall(), IsOk());
  EXPECT_EQ(published_.metadata_reads, 5);
}

TEST_F(MetadataMemoryTest, ALoadThatIsAskedForAgainShowsWhatWasAddedMeanwhile) {
  ASSERT_THAT(memory_.Read({}), IsOk());
  ASSERT_THAT(memory_.Recall(), IsOk());
  ASSERT_THAT(memory_.Recall(), IsOk());
  published_.metadata = absl::StrCat(kBegin, Type("Catalog_Clients", "B"), kEnd);
  const auto again = memory_.Recall();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)->metadata.entities.at("Catalog_Clients").count("B"), 1u);
}

TEST_F(MetadataMemoryTest, ATestReadsAnew) {
  ASSERT_THAT(memory_.Read({}), IsOk());
  ASSERT_THAT(memory_.Read({}), IsOk());
  EXPECT_EQ(published_.metadata_reads, 2);
  published_.metadata = absl::StrCat(kBegin, Type("Catalog_Clients", "B"), kEnd);
  const auto third = memory_.Read({});
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ((*third)->metadata.entities.at("Catalog_Clients").count("B"), 1u);
}

TEST_F(MetadataMemoryTest, ADocumentThatIsBrokenNowLeavesTheLastOne) {
  const auto document = session_.FetchServiceDocument();
  ASSERT_THAT(document, IsOk());
  ASSERT_THAT(memory_.Read(*document), IsOk());
  published_.metadata = "<html>Welcome</html>";
  EXPECT_THAT(memory_.Read({}),
              StatusIs(absl::StatusCode::kUnavailable, "SOURCE_ANSWER_BROKEN"));
  ASSERT_THAT(memory_.Recall(), IsOk());
}

TEST_F(MetadataMemoryTest, TwentyMegabytesAreReadAndLittleOfThemIsKept) {
  std::string text = kBegin;
  int types = 1;
  for (; text.size() < (20 << 20); ++types) {
    text += Type(absl::StrCat("Catalog_", types), "Property");
  }
  published_.metadata = absl::StrCat(text, Type("Catalog_Clients", "A"), kEnd);
  const auto reading = memory_.Recall();
  ASSERT_THAT(reading, IsOk());
  EXPECT_EQ((*reading)->bytes, published_.metadata.size());
  EXPECT_EQ((*reading)->metadata.types, types);
  EXPECT_EQ((*reading)->metadata.entities.size(), 1u);
  EXPECT_EQ((*reading)->metadata.version, "3.0");
}

}  // namespace
}  // namespace guestbridge::agent
