#include "tests/emulators/onec/exchange_plan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "tests/emulators/onec/desk.h"
#include "tests/emulators/onec/service.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

constexpr char kNode[] = "9a7e0000-0000-4000-8000-000000000002";
constexpr char kThisNode[] = "9a7e0000-0000-4000-8000-000000000001";
constexpr char kServiceRoot[] = "http://h/b/odata/standard.odata";

class ExchangePlanTest : public ::testing::Test {
 protected:
  ExchangePlanTest() : base_(0, "i"), desk_(base_), service_(base_) {
    EXPECT_EQ(base_.Configure({{"composition", {{kExchangePlan, true}}}}), "");
  }

  OdataAnswer Ask(const std::string& method, const std::string& path,
                  const std::string& query = "", const json& body = nullptr) {
    OdataRequest request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.root = kServiceRoot;
    request.content_type = "application/json";
    if (!body.is_null()) request.body = body.dump();
    return service_.Handle(request);
  }
  OdataAnswer Call(const std::string& function, const std::string& message,
                   const std::string& node = kNode) {
    return Ask("POST", function,
               "DataExchangePoint='" + std::string(kServiceRoot) +
                   "/ExchangePlan_GuestBridge(guid'" + node +
                   "')'&MessageNo=" + message);
  }
  OdataAnswer Select(int message) {
    return Call("SelectChanges", std::to_string(message));
  }
  int Acknowledge(int message) {
    return Call("NotifyChangesReceived", std::to_string(message)).status;
  }
  std::string Add() { return *desk_.Add({{"LastName", "Иванов"}}); }
  void Edit(const std::string& guid) {
    EXPECT_TRUE(desk_.Edit(guid, {{{"City", "Тверь"}}}).ok());
  }
  json Changes() { return RegisteredChanges(base_.store()); }
  std::string Received() {
    const OdataAnswer answer =
        Ask("GET", std::string("ExchangePlan_GuestBridge(guid'") + kNode + "')",
            "$format=json");
    return json::parse(answer.body)["ReceivedNo"];
  }

  InfoBase base_;
  Desk desk_;
  Service service_;
};

bool Has(const OdataAnswer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

TEST_F(ExchangePlanTest, WhatIsSelectedStaysRegisteredUntilItIsAcknowledged) {
  const std::string guid = Add();
  for (int repeat = 0; repeat < 2; ++repeat) {
    const OdataAnswer feed = Select(1);
    EXPECT_EQ(feed.status, 200);
    EXPECT_EQ(feed.content_type, "application/atom+xml;charset=utf-8");
    EXPECT_TRUE(Has(feed, "Catalog_Clients(guid'" + guid + "')</id>")) << feed.body;
    EXPECT_TRUE(Has(feed, "term=\"StandardODATA.Catalog_Clients\""));
    EXPECT_EQ(feed.rows, 1u);
  }
  EXPECT_EQ(Received(), "0");
  EXPECT_EQ(Acknowledge(1), 200);
  EXPECT_EQ(Received(), "1");
  EXPECT_EQ(Changes(), json::array());
  EXPECT_EQ(Select(2).rows, 0u);
}

TEST_F(ExchangePlanTest, AChangeAfterTheSelectionSurvivesItsAcknowledgement) {
  const std::string first = Add();
  const std::string second = Add();
  EXPECT_EQ(Select(1).rows, 2u);
  Edit(second);
  EXPECT_EQ(Acknowledge(1), 200);
  const OdataAnswer feed = Select(2);
  EXPECT_FALSE(Has(feed, first));
  EXPECT_TRUE(Has(feed, second));
}

TEST_F(ExchangePlanTest, ALaterMessageAcknowledgesEarlierOnes) {
  const std::string guid = Add();
  EXPECT_EQ(Select(1).rows, 1u);
  Add();
  EXPECT_EQ(Select(2).rows, 2u);
  EXPECT_EQ(Acknowledge(2), 200);
  EXPECT_EQ(Changes(), json::array());
}

TEST_F(ExchangePlanTest, PhysicalDeletionIsATombstoneAndADeletionMarkAnEntry) {
  const std::string gone = Add();
  const std::string marked = Add();
  EXPECT_EQ(Select(1).rows, 2u);
  EXPECT_EQ(Acknowledge(1), 200);
  EXPECT_TRUE(desk_.Remove(gone).ok());
  EXPECT_TRUE(desk_.Mark(marked, true).ok());
  const OdataAnswer feed = Select(2);
  EXPECT_TRUE(Has(feed,
                  "<at:deleted-entry ref=\"http://h/b/odata/standard.odata/"
                  "Catalog_Clients(guid'" +
                      gone + "')\""))
      << feed.body;
  EXPECT_TRUE(Has(feed, "<d:Ref_Key m:type=\"Edm.Guid\">" + marked));
}

TEST_F(ExchangePlanTest, OtherSetsOfTheContentAreInTheFeedToo) {
  const std::string russia =
      "Catalog_Countries(guid'c0de0000-0000-4000-8000-000000000643')";
  EXPECT_EQ(Ask("PATCH", russia, "$format=json", {{"ISOCode", "RUS"}}).status, 200);
  EXPECT_TRUE(Has(Select(1), "term=\"StandardODATA.Catalog_Countries\""));
}

TEST_F(ExchangePlanTest, LoadModeRegistersByASwitch) {
  const std::string guid = Add();
  Select(1);
  Acknowledge(1);
  OdataRequest request;
  request.method = "PATCH";
  request.path = "Catalog_Clients(guid'" + guid + "')";
  request.query = "$format=json";
  request.root = kServiceRoot;
  request.content_type = "application/json";
  request.load_mode = true;
  request.body = R"({"B24ContactID":"7"})";
  EXPECT_EQ(base_.Configure({{"load_mode_registers", false}}), "");
  EXPECT_EQ(service_.Handle(request).status, 200);
  EXPECT_EQ(Changes(), json::array());
  EXPECT_EQ(base_.Configure({{"load_mode_registers", true}}), "");
  EXPECT_EQ(service_.Handle(request).status, 200);
  EXPECT_EQ(Changes().size(), 1u);
}

TEST_F(ExchangePlanTest, WrongCallsAreToldApart) {
  const auto code = [](const OdataAnswer& answer) {
    const std::size_t at = answer.body.find("<m:code>") + 8;
    return std::to_string(answer.status) + " " +
           answer.body.substr(at, answer.body.find('<', at) - at);
  };
  EXPECT_EQ(code(Ask("POST", "SelectChanges", "MessageNo=1")), "400 12");
  EXPECT_EQ(code(Call("SelectChanges", "x")), "400 1");
  EXPECT_EQ(code(Call("SelectChanges", "0")), "400 21");
  EXPECT_EQ(code(Call("SelectChanges", "1", kThisNode)), "500 -1");
  EXPECT_EQ(code(Call("SelectChanges", "1", "9a7e0000-0000-4000-8000-0000000000ff")),
            "404 9");
  EXPECT_EQ(code(Ask("POST", "SelectChanges",
                     "DataExchangePoint='http://other/x(guid'1')'&MessageNo=1")),
            "400 6");
  EXPECT_EQ(code(Ask("GET", "SelectChanges")), "405 19");
  EXPECT_EQ(Acknowledge(3), 200);
  EXPECT_EQ(code(Call("NotifyChangesReceived", "2")), "400 21");
  EXPECT_EQ(base_.Configure({{"denied_write", {{kExchangePlan, true}}}}), "");
  EXPECT_EQ(code(Call("SelectChanges", "4")), "401 20");
  EXPECT_EQ(base_.Configure({{"composition", {{kExchangePlan, false}}}}), "");
  EXPECT_EQ(code(Call("SelectChanges", "4")), "404 8");
}

TEST_F(ExchangePlanTest, AHiddenClientAndOneThatXmlCannotCarryFailTheFeed) {
  const std::string guid = Add();
  EXPECT_EQ(base_.Configure({{"rls_hidden", {{guid, true}}}}), "");
  EXPECT_EQ(Select(1).status, 401);
  EXPECT_EQ(base_.Configure({{"rls_hidden", {{guid, false}}}}), "");
  EXPECT_TRUE(desk_.Edit(guid, {{{"City", "\x0b"}}}).ok());
  EXPECT_EQ(Select(1).status, 500);
  EXPECT_EQ(Changes()[0]["message"], 0);  // nothing was selected
}

TEST_F(ExchangePlanTest, OverlappingSelectionsLockByASwitch) {
  Add();
  EXPECT_EQ(base_.Configure({{"select_overlap_locks", true}, {"select_ms", 50}}), "");
  int locked = 0;
  // Whichever comes second meets the first, or the third meets one of them.
  for (int round = 0; round < 20 && locked == 0; ++round) {
    OdataAnswer first;
    std::thread other([&] { first = Select(1); });
    const OdataAnswer second = Select(1);
    other.join();
    EXPECT_TRUE(first.status == 200 || second.status == 200);
    locked += (first.status == 500) + (second.status == 500);
  }
  EXPECT_GT(locked, 0);
}

TEST_F(ExchangePlanTest, ABackupHoldsTheRegistrationAndTheNodesNumbers) {
  const std::string guid = Add();
  const Store::Backup backup = base_.store().MakeBackup();
  Select(1);
  Acknowledge(1);
  base_.store().Restore(backup);
  EXPECT_EQ(Received(), "0");
  EXPECT_TRUE(Has(Select(1), guid));
}

TEST(ExchangePlanSwitchTest, ByDefaultThereIsNoPlanAndNothingIsRegistered) {
  InfoBase base(0, "i");
  EXPECT_TRUE(Desk(base).Add({{"LastName", "Иванов"}}).ok());
  EXPECT_EQ(RegisteredChanges(base.store()), json::array());
}

}  // namespace
}  // namespace guestbridge::testing::onec
