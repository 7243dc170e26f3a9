#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/status_matchers.h"

// A 1C that is slow, lives in another zone or speaks English is a 1C all the same.
namespace guestbridge::testing {
namespace {

using agent::ClientKey;
using agent::ContactId;
using agent::ReadRequest;
using agent::Source;
using agent::Watermark;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Le;
using ::testing::SizeIs;

using Kind = ReadRequest::Kind;

constexpr char kSmallPages[] = "extends: 1c-hotel\npage: {rows: 20}\n";

struct Pass {
  std::set<std::string> keys;
  Watermark watermark;
  absl::Status status;
};

// Nothing is asked for twice: no answer may fail.
Pass Read(Source& source, Kind kind, const Watermark& since = {}) {
  Pass pass;
  ReadRequest request;
  request.kind = kind;
  request.since = since;
  request.attributes = {"LastName"};
  auto stream = source.reader->OpenStream(request);
  pass.status = stream.status();
  for (bool last = !stream.ok(); !last;) {
    const auto page = (*stream)->Next();
    pass.status = page.status();
    if (!page.ok()) break;
    for (const auto& row : page->rows) pass.keys.insert(row.key.guid());
    last = page->last;
    if (last) pass.watermark = page->watermark;
  }
  return pass;
}

std::string AnyClient(OnecEmulator& emulator) {
  for (const json& client : emulator.Get("/clients")) {
    if (!client["IsFolder"].get<bool>()) return client["Ref_Key"];
  }
  return "";
}

TEST(SlowBaseTest, RowsThatTakeTheirTimeAreReadWithoutSkippingAny) {
  OnecEmulator emulator({"--generate", "120"});
  // A skipped row takes three seconds.
  emulator.Post("/config", {{"row_us", 2'000}, {"skipped_row_us", 3'000'000}});
  Source source = emulator.Connect(kSmallPages);
  const Pass pass = Read(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(pass.keys.size(), 120u);
  EXPECT_EQ(emulator.Get("/counters")["with_skip"], 0);
}

TEST(SlowBaseTest, TheFirstRequestOfTheDayIsWaitedFor) {
  OnecEmulator emulator({"--generate", "40"});
  emulator.Post("/config", {{"cold_start_ms", 1'500}, {"session_ms", 100}});
  Source source = emulator.Connect(kSmallPages);
  const Pass pass = Read(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(pass.keys.size(), 40u);
}

TEST(SlowBaseTest, ASessionSavesEachRequestItsStart) {
  OnecEmulator emulator({"--generate", "100"});
  emulator.Post("/config", {{"ib_session", true}, {"session_ms", 300}});
  Source source = emulator.Connect(kSmallPages);
  const Pass pass = Read(source, Kind::kFull);
  ASSERT_THAT(pass.status, IsOk());
  EXPECT_EQ(pass.keys.size(), 100u);
}

TEST(SlowBaseTest, AWriteThatTakesASecondIsWaitedForAndKept) {
  OnecEmulator emulator({"--generate", "5"});
  emulator.Post("/config", {{"write_ms", 1'000}});
  Source source = emulator.Connect();
  const std::string guid = AnyClient(emulator);
  EXPECT_THAT(source.writer->WriteContact(ClientKey(guid), ContactId(7)), IsOk());
  EXPECT_EQ(emulator.Get("/clients/" + guid)["B24ContactID"], "7");
}

// What changed is dated by 1C, whose clock and zone are its own.
struct Dial {
  const char* name;
  json clock;
};
class ClockOfBaseTest : public ::testing::TestWithParam<Dial> {};

TEST_P(ClockOfBaseTest, ChangesAreFound) {
  OnecEmulator emulator({"--generate", "60"});
  emulator.Post("/clock", GetParam().clock);
  Source source = emulator.Connect(kSmallPages);
  const std::string first = AnyClient(emulator);
  // Everybody is exported, and the newest change is of now.
  for (const json& client : emulator.Get("/clients")) {
    if (client["IsFolder"].get<bool>()) continue;
    emulator.Post("/clients/edit",
                  {{"guid", client["Ref_Key"]}, {"set", {{"B24ContactID", "7"}}}});
  }
  const Pass full = Read(source, Kind::kFull);
  ASSERT_THAT(full.status, IsOk());
  emulator.Post("/clock", {{"advance_s", 3'600}});
  emulator.Post("/clients/edit", {{"guid", first}, {"set", {{"City", "А"}}}});
  const Pass changes = Read(source, Kind::kChanges, full.watermark);
  ASSERT_THAT(changes.status, IsOk());
  EXPECT_THAT(changes.keys, Contains(first));
  EXPECT_NE(changes.watermark, full.watermark);
  emulator.Post("/clock", {{"advance_s", 3'600}});
  emulator.Post("/clients/edit", {{"guid", first}, {"set", {{"City", "Б"}}}});
  // A folder has no contact: each attended reading lists it.
  EXPECT_THAT(Read(source, Kind::kChanges, changes.watermark).keys,
              AllOf(Contains(first), SizeIs(Le(2u))));
}

INSTANTIATE_TEST_SUITE_P(Dials, ClockOfBaseTest,
                         ::testing::Values(Dial{"Vladivostok", {{"zone_minutes", 600}}},
                                           Dial{"Greenwich", {{"zone_minutes", 0}}},
                                           Dial{"TenMinutesFast", {{"offset_s", 600}}},
                                           Dial{"AnHourSlow", {{"offset_s", -3'600}}}),
                         [](const auto& dial) { return std::string(dial.param.name); });

// The platform's language is the server's, whatever the guests speak.
class LanguageOfBaseTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LanguageOfBaseTest, RefusalsMeanTheSame) {
  OnecEmulator emulator({"--generate", "20"});
  emulator.Post("/config", {{"language", GetParam()}});
  Source source = emulator.Connect();
  const std::map<std::string, std::string> reasons = {
      {"maintenance_html", "SOURCE_IN_MAINTENANCE"},
      {"maintenance_text", "SOURCE_IN_MAINTENANCE"},
      {"no_licence", "SOURCE_LICENCES_EXHAUSTED"},
      {"unauthorized", "SOURCE_CREDENTIALS_REFUSED"}};
  for (const auto& [kind, reason] : reasons) {
    emulator.Post("/faults", {{"kind", kind}, {"url", "LastName"}});
    EXPECT_EQ(ReasonOf(Read(source, Kind::kFull).status), reason) << kind;
    emulator.Delete("/faults");
  }
  emulator.Post("/faults", {{"kind", "lock"}, {"method", "PATCH"}});
  EXPECT_EQ(
      ReasonOf(source.writer->WriteContact(ClientKey(AnyClient(emulator)), ContactId(7))
                   .status()),
      "SOURCE_BUSY");
  emulator.Delete("/faults");
  emulator.Post("/config",
                {{"renamed", {{"Catalog_Clients", {{"LastName", "Surname"}}}}}});
  const Pass renamed = Read(source, Kind::kFull);
  EXPECT_EQ(ReasonOf(renamed.status), "SOURCE_ATTRIBUTE_MISSING");
  EXPECT_EQ(ParametersOf(renamed.status)["attribute"], "LastName");
  emulator.Post("/config", {{"denied_read", {{"Catalog_Clients", true}}}});
  EXPECT_EQ(ReasonOf(Read(source, Kind::kFull).status), "SOURCE_RIGHT_MISSING");
  emulator.Post("/config", {{"denied_read", {{"Catalog_Clients", false}}},
                            {"composition", {{"Catalog_Clients", false}}}});
  EXPECT_EQ(ReasonOf(Read(source, Kind::kFull).status), "SOURCE_ENTITY_MISSING");
}

INSTANTIATE_TEST_SUITE_P(Languages, LanguageOfBaseTest, ::testing::Values("ru", "en"),
                         [](const auto& language) {
                           return std::string(language.param);
                         });

}  // namespace
}  // namespace guestbridge::testing
