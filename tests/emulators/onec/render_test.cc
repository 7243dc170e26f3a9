#include "tests/emulators/onec/render.h"

#include <expat.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/metadata.h"
#include "tests/emulators/onec/sample_data.h"
#include "tests/emulators/onec/value.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

constexpr char kRow[] = R"({"Ref_Key":"3f0c1a52-0000-4000-8000-000000000001",
  "LastName":"<Иванов> & \"сын\"","Remarks":"a\nb\tc","DateOfBirth":"0200-01-01T00:00:00",
  "B24ContactID":"9999999999","Age":7,"City":"😀",
  "Citizenship_Key":"c0de0000-0000-4000-8000-000000000643",
  "RoomProperties":[{"LineNumber":"1"}]})";

bool IsWellFormed(const std::string& xml) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  return XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) ==
         XML_STATUS_OK;
}

class Render : public ::testing::Test {
 protected:
  Render() : base_(0, "i"), row_(*Import(base_.store(), json::parse(kRow))) {}

  const EntityDef& Clients() { return *base_.store().FindSet(kClients); }
  RenderContext Context(Format format) {
    return {&base_.store(), "http://h/b", format};
  }
  std::string Entity(Format format, const std::vector<NamePath>& select = {},
                     const std::vector<NamePath>& expand = {}) {
    const auto shape = MakeShape(base_.store(), Clients(), select, expand);
    return *RenderEntity(Context(format), Clients(), *shape, *row_);
  }

  InfoBase base_;
  RecordPtr row_;
};

TEST_F(Render, JsonHasNumbersAndStringsAs1CWritesThem) {
  const json row = json::parse(Entity(Format::kJsonMinimal));
  EXPECT_EQ(row["odata.metadata"], "http://h/b/$metadata#Catalog_Clients/@Element");
  EXPECT_EQ(row["B24ContactID"], "9999999999");
  EXPECT_EQ(row["Age"], 7);
  EXPECT_EQ(row["LastName"], "<Иванов> & \"сын\"");
  EXPECT_EQ(row["City"], "😀");
  EXPECT_EQ(row["DateOfBirth"], "0200-01-01T00:00:00");
  EXPECT_EQ(row["RoomProperties"][0]["LineNumber"], "1");
  EXPECT_EQ(row["Parent_Key"], "00000000-0000-0000-0000-000000000000");
}

TEST_F(Render, NometadataHasNoAnnotations) {
  const json row = json::parse(Entity(Format::kJsonNone));
  for (const auto& [name, value] : row.items()) {
    EXPECT_EQ(name.find_first_of("@."), std::string::npos) << name;
  }
}

TEST_F(Render, FullmetadataNamesTypesAndLinks) {
  const json row = json::parse(Entity(Format::kJsonFull));
  EXPECT_EQ(row["odata.type"], "StandardODATA.Catalog_Clients");
  EXPECT_EQ(row["Ref_Key@odata.type"], "Edm.Guid");
  EXPECT_EQ(row["odata.editLink"],
            "Catalog_Clients(guid'3f0c1a52-0000-4000-8000-000000000001')");
}

TEST_F(Render, ControlCharactersAreEscapedInJsonAndBreakAtom) {
  const auto row = *Import(base_.store(), {{"Remarks", "a\x0B"}});
  const auto shape = MakeShape(base_.store(), Clients(), {}, {});
  const auto text = RenderEntity(Context(Format::kJsonNone), Clients(), *shape, *row);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(json::parse(*text)["Remarks"], "a\x0B");
  const auto atom = RenderEntity(Context(Format::kAtom), Clients(), *shape, *row);
  ASSERT_FALSE(atom.ok());
  EXPECT_EQ(atom.fault().http_status, 500);
}

TEST_F(Render, XmlIsWellFormed) {
  EXPECT_TRUE(IsWellFormed(Entity(Format::kAtom)));
  EXPECT_TRUE(IsWellFormed(Entity(Format::kAtom, {}, {{"Citizenship"}})));
  const auto sets = base_.PublishedSets(*base_.settings());
  EXPECT_TRUE(IsWellFormed(RenderMetadata(base_.store(), sets)));
  EXPECT_TRUE(IsWellFormed(RenderService(Context(Format::kAtom), sets)));
  EXPECT_TRUE(IsWellFormed(RenderError(Format::kAtom, {400, "6", "<&>", ""}, "ru")));
  const auto shape = MakeShape(base_.store(), Clients(), {}, {});
  EXPECT_TRUE(IsWellFormed(
      *RenderCollection(Context(Format::kAtom), Clients(), *shape, {row_, row_}, 2)));
}

TEST_F(Render, MetadataOffersNavigationOnlyToPublishedSets) {
  const std::string alone = RenderMetadata(base_.store(), {kClients});
  EXPECT_EQ(alone.find("NavigationProperty Name=\"Citizenship\""), std::string::npos);
  EXPECT_NE(alone.find("Property Name=\"Citizenship_Key\""), std::string::npos);
}

TEST(Value, DatesSurviveTextBothWays) {
  for (const char* text :
       {"0001-01-01T00:00:00", "0200-02-28T23:59:59", "1970-01-01T00:00:00",
        "2000-02-29T12:00:00", "3020-12-31T00:00:00", "9999-12-31T23:59:59"}) {
    EXPECT_EQ(DateTime::Parse(text, false)->Text(), text);
  }
  EXPECT_EQ(DateTime::Parse("1970-01-01T00:00:00", false)->seconds, kUnixEpochSeconds);
  EXPECT_FALSE(DateTime::Parse("2023-02-29T00:00:00", false));
  EXPECT_FALSE(DateTime::Parse("2023-02-28T00:00:00Z", true));
}

TEST(Value, DataVersionIsABigEndianCounter) {
  EXPECT_EQ(DataVersionText(0), "AAAAAAAAAAA=");
  EXPECT_EQ(DataVersionText(1), "AAAAAAAAAAE=");
  EXPECT_EQ(DataVersionCounter(DataVersionText(123456789)), 123456789u);
}

TEST(Value, StringsAreCutInUtf16Units) {
  EXPECT_EQ(CutToLength("абв", 2), "аб");
  EXPECT_EQ(CutToLength("а😀б", 2), "а");  // a pair is never split
  EXPECT_EQ(CutToLength("а😀б", 3), "а😀");
}

TEST(Value, PercentDecodingLeavesPlusAlone) {
  EXPECT_EQ(PercentDecode("%D0%90+%2B%zz%4"), "А++%zz%4");
}

TEST(SampleData, SameSeedMakesTheSameBase) {
  const auto dump = [](std::uint64_t seed) {
    InfoBase base(0, "i");
    base.clock().Stop(DateTime::Parse("2024-05-01T00:00:00", false));
    GenerateClients(base, 200, seed);
    const EntityDef& def = *base.store().FindSet(kClients);
    std::string text;
    const Table& clients = base.store().table(kClients);
    for (std::size_t place = 0; place < clients.places(); ++place) {
      for (std::size_t i = 0; i < def.properties.size(); ++i) {
        text += PlainText(clients.Cell(place, static_cast<int>(i))) + "|";
      }
    }
    EXPECT_EQ(base.store().table(kHistory).size(), 1000u);
    return text;
  };
  EXPECT_EQ(dump(7), dump(7));
  EXPECT_NE(dump(7), dump(8));
}

}  // namespace
}  // namespace guestbridge::testing::onec
