#include "sync-agent/source/onec_odata/source_profile.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

std::string WrongKey(const std::string& text) {
  const auto profile = LoadSourceProfile("", text);
  if (profile.ok()) return "ok";
  EXPECT_EQ(ReasonOf(profile.status()), "SOURCE_PROFILE_INVALID");
  return ParametersOf(profile.status())["key"];
}

TEST(SourceProfileTest, TheBuiltInOneHasTheNamesOfTheHotelConfiguration) {
  for (const char* name : {"", "1c-hotel"}) {
    const auto profile = LoadSourceProfile(name, "");
    ASSERT_TRUE(profile.ok()) << profile.status();
    EXPECT_EQ(profile->client.set, "Catalog_Clients");
    EXPECT_EQ(profile->client.contact, "B24ContactID");
    EXPECT_EQ(profile->client.contact_empty, "0");
    EXPECT_EQ(profile->client.fields.at("sex"), "Sex");
    EXPECT_EQ(profile->lookups.at("Language_Key").take, "Code");
    EXPECT_EQ(profile->history->overlap_seconds, 120);
    EXPECT_EQ(profile->messages.mode, MessageNames::Mode::kNone);
    EXPECT_FALSE(profile->version.has_value());
  }
  EXPECT_EQ(ReasonOf(LoadSourceProfile("1c-spa", "").status()),
            "SOURCE_PROFILE_UNKNOWN");
}

TEST(SourceProfileTest, TakesJsonAndLeavesOutWhatItDoesNotName) {
  const auto profile = LoadSourceProfile("", R"({"profile":"own",
    "client":{"set":"Catalog_Гости","code":"Code","code_type":"number",
              "contact_id":{"field":"BitrixID","empty":""}}})");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->client.set, "Catalog_Гости");
  EXPECT_EQ(profile->client.code_kind, LiteralKind::kNumber);
  EXPECT_EQ(profile->client.contact_empty, "");
  EXPECT_TRUE(profile->client.created.empty());
  EXPECT_FALSE(profile->history.has_value());
  EXPECT_FALSE(profile->hotels.has_value());
  EXPECT_EQ(profile->client.never_export.count("IdentityDocumentNumber"), 1u);
}

TEST(SourceProfileTest, TakesAPrivateExchangePlanOnly) {
  const auto with = [](const std::string& plan) {
    return absl::StrCat("extends: 1c-hotel\nexchange_plan: ", plan, "\n");
  };
  const auto profile =
      LoadSourceProfile("", with("{set: ExchangePlan_Обмен, node: 'GB  '}"));
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->exchange_plan->set, "ExchangePlan_Обмен");
  EXPECT_EQ(profile->exchange_plan->node, "GB");
  EXPECT_FALSE(LoadSourceProfile("", "")->exchange_plan.has_value());
  EXPECT_EQ(WrongKey(with("{set: ExchangePlan_X}")), "exchange_plan.node");
  EXPECT_EQ(WrongKey(with("{set: Catalog_X, node: GB}")), "exchange_plan.set");
  EXPECT_EQ(WrongKey(with("{node: GB}")), "exchange_plan.set");
  EXPECT_EQ(WrongKey(with("{set: ExchangePlan_X, node: GB, code: 1}")),
            "exchange_plan.code");
  for (const char* own : {"ReplicationExchangePlan", "CentralOfficeExchangePlan",
                          "replicationexchangeplan"}) {
    const std::string text =
        with(absl::StrCat("{set: ExchangePlan_", own, ", node: 1}"));
    EXPECT_EQ(WrongKey(text), "exchange_plan.set");
    EXPECT_TRUE(
        absl::StrContains(ParametersOf(LoadSourceProfile("", text).status())["problem"],
                          "own extension"));
  }
}

TEST(SourceProfileTest, TakesTheFormOfTheFactSheet) {
  const auto profile = LoadSourceProfile("", R"({"profile":"1c-hotel",
 "timezone":"Europe/Moscow","page":{"rows":200,"target_bytes":2097152},
 "client":{"set":"Catalog_Clients","key":"Ref_Key","version":"DataVersion","code":"Code",
  "is_folder":"IsFolder","deleted":"DeletionMark","created":"CreateDate",
  "fields":{"last_name":"LastName",
   "sex":{"field":"Sex","map":{"Male":"M","Female":"F"}}},
  "contact_id":{"field":"B24ContactID","empty":"0"}},
 "lookups":{"Language_Key":{"set":"Catalog_Languages","take":"Code"}},
 "hotels":{"set":"Catalog_Hotels","code":"Code","name":"Description"},
 "identity":{"set":"Constant_InfoBaseUUID","field":"Value"},
 "history":{"set":"InformationRegister_ClientChangeHistory","period":"Period",
            "client":"Client_Key","user":"User_Key","overlap_s":120},
 "messages":{"mode":"register","set":"InformationRegister_IntegrationMessages",
   "key":["ExternalSystem_Key","Object","Object_Type"],"date":"Date",
   "external_id":"ExternalID","status":"Status","direction":"Direction",
   "system_ref":"11111111-2222-3333-4444-555555555555"},
 "write":{"data_load_mode":false,"if_match":true,"reread_before_patch":true,
          "concurrency":1,"busy_share":0.5,"max_rps":null}})");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->messages.mode, MessageNames::Mode::kRegister);
}

TEST(SourceProfileTest, ExtendsTheBuiltInOneByWhatItNames) {
  const auto profile = LoadSourceProfile("", R"(
extends: 1c-hotel
client: {created: null, fields: {phone: MobilePhone}}
hotels: null
messages:
  {mode: register, set: InformationRegister_M, key: [System_Key, Object, Object_Type],
   system_ref: 11111111-2222-3333-4444-555555555555}
)");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->client.set, "Catalog_Clients");
  EXPECT_EQ(profile->client.fields.at("phone"), "MobilePhone");
  EXPECT_EQ(profile->client.fields.at("email"), "EMail");
  EXPECT_TRUE(profile->client.created.empty());
  EXPECT_FALSE(profile->hotels.has_value());
  EXPECT_EQ(profile->messages.object, "Object");
  EXPECT_EQ(profile->messages.object_type, "Object_Type");
  EXPECT_EQ(profile->messages.system, "System_Key");
}

TEST(SourceProfileTest, TakesSessionsAndQuietHours) {
  const auto built_in = LoadSourceProfile("", "");
  ASSERT_TRUE(built_in.ok()) << built_in.status();
  EXPECT_TRUE(built_in->session.ib_session);
  EXPECT_EQ(built_in->session.concurrency, 1);
  EXPECT_TRUE(built_in->write.quiet_hours.empty());
  const auto profile = LoadSourceProfile("", R"(
extends: 1c-hotel
session: {ib_session: off, concurrency: 2}
write: {quiet_hours: ["08:00-11:00", "17:00-19:30"]}
)");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_FALSE(profile->session.ib_session);
  EXPECT_EQ(profile->session.concurrency, 2);
  ASSERT_EQ(profile->write.quiet_hours.size(), 2u);
  EXPECT_EQ(profile->write.quiet_hours[1].to, 19 * 60 + 30);
  EXPECT_TRUE(profile->write.if_match);
}

TEST(SourceProfileTest, NamesTheKeyThatIsWrong) {
  const std::string client = "client: {set: C, contact_id: {field: B}";
  EXPECT_EQ(WrongKey(client + "}"), "ok");
  EXPECT_EQ(WrongKey("profile: x"), "client");
  EXPECT_EQ(WrongKey("client: {contact_id: {field: B}}"), "client.set");
  EXPECT_EQ(WrongKey("client: {set: C}"), "client.contact_id");
  EXPECT_EQ(WrongKey(client + ", cod: Code}"), "client.cod");
  EXPECT_EQ(WrongKey(client + ", code: \"Code eq 'x'\"}"), "client.code");
  EXPECT_EQ(WrongKey(client + ", code_type: guid}"), "client.code_type");
  EXPECT_EQ(WrongKey(client + "}\ntimezone: Mars/Base"), "timezone");
  EXPECT_EQ(WrongKey(client + "}\npage: {rows: 0}"), "page.rows");
  EXPECT_EQ(WrongKey(client + "}\npage: {narrow_rows: 1}"), "page.narrow_rows");
  EXPECT_EQ(WrongKey(client + "}\nsession: {ib_session: yes}"), "session.ib_session");
  EXPECT_EQ(WrongKey(client + "}\nsession: {concurrency: 3}"), "session.concurrency");
  EXPECT_EQ(WrongKey(client + "}\nwrite: {quiet_hours: [\"8-11\"]}"),
            "write.quiet_hours");
  EXPECT_EQ(WrongKey(client + "}\nwrite: {quiet_hours: \"08:00-11:00\"}"),
            "write.quiet_hours");
  EXPECT_EQ(WrongKey(client + "}\nhistory: {overlap_s: 5}"), "history.set");
  EXPECT_EQ(WrongKey(client + "}\nmessages: {mode: maybe}"), "messages.mode");
  EXPECT_EQ(WrongKey(client + "}\nmessages: {mode: register}"), "messages.set");
  EXPECT_EQ(WrongKey(client + "}\nlookups: {A_Key: {set: S}}"), "lookups.A_Key.take");
  EXPECT_EQ(WrongKey(client + "}\nextends: 1c-spa"), "extends");
  EXPECT_EQ(WrongKey("client: [set"), "profile");
  EXPECT_EQ(WrongKey("just text"), "profile");
}

TEST(SourceProfile, PagesOfKeysAndVersionsGrowWithThoseOfWholeRows) {
  const auto narrow_rows_of = [](const std::string& page) {
    const auto profile =
        LoadSourceProfile("", absl::StrCat("extends: 1c-hotel\npage: ", page));
    return profile.ok() ? profile->narrow_page_rows : 0;
  };
  EXPECT_EQ(narrow_rows_of("{rows: 200}"), 5000);
  EXPECT_EQ(narrow_rows_of("{rows: 20}"), 500);
  EXPECT_EQ(narrow_rows_of("{rows: 1000}"), 5000);
  EXPECT_EQ(narrow_rows_of("{rows: 20, narrow_rows: 2000}"), 2000);
}

}  // namespace
}  // namespace guestbridge::agent
