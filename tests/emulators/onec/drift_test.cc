// A configuration that was updated while an integration runs (checklist 41).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/sample_data.h"
#include "tests/emulators/onec/service.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRussia[] = "c0de0000-0000-4000-8000-000000000643";
constexpr char kHistorySet[] = "InformationRegister_ClientChangeHistory";

std::string Encoded(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? std::string("%20") : std::string(1, c);
  return out;
}

class Drift : public ::testing::Test {
 protected:
  Drift() : base_(0, "i"), service_(base_) {
    GenerateClients(base_, 20, 7);
    key_ = Rows("Catalog_Clients", "$select=Ref_Key&$top=1")[0]["Ref_Key"];
  }

  OdataAnswer Call(const std::string& method, const std::string& path,
                   const std::string& query = "", const json& body = {}) {
    OdataRequest request;
    request.method = method;
    request.path = path;
    request.query = Encoded(query);
    request.accept = "application/json";
    request.body = body.dump();
    return service_.Handle(request);
  }
  json Rows(const std::string& set, const std::string& query) {
    const OdataAnswer answer = Call("GET", set, query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body)["value"];
  }
  std::size_t Count(const std::string& set, const std::string& filter) {
    return Rows(set, "$filter=" + filter).size();
  }
  void Switch(const char* set, const char* attribute, bool composite) {
    EXPECT_EQ(base_.Configure({{"composite", {{set, {{attribute, composite}}}}}}), "");
  }
  std::string Metadata() {
    OdataRequest request;
    request.method = "GET";
    request.path = "$metadata";
    return service_.Handle(request).body;
  }

  InfoBase base_;
  Service service_;
  std::string key_;
};

TEST_F(Drift, AReferenceBecomesAPairOfTexts) {
  Switch(kHistorySet, "Client_Key", true);
  const json row = Rows(kHistorySet, "$top=1")[0];
  EXPECT_FALSE(row.contains("Client_Key"));
  EXPECT_EQ(row["Client"].get<std::string>().size(), 36u);
  EXPECT_EQ(row["Client_Type"], "StandardODATA.Catalog_Clients");
  EXPECT_EQ(Call("GET", kHistorySet, "$select=Client_Key").status, 400);
  EXPECT_EQ(Rows(kHistorySet, "$top=1&$select=Client,Client_Type")[0].size(), 2u);
  EXPECT_THAT(Metadata(), HasSubstr(R"(<Property Name="Client" Type="Edm.String")"));
  EXPECT_THAT(Metadata(), HasSubstr(R"(<PropertyRef Name="Client_Type"/>)"));
}

TEST_F(Drift, AndBackAgain) {
  const std::string before = Call("GET", kHistorySet).body;
  const std::string metadata = Metadata();
  Switch(kHistorySet, "Client_Key", true);
  EXPECT_NE(Call("GET", kHistorySet).body, before);
  Switch(kHistorySet, "Client_Key", false);
  EXPECT_EQ(Call("GET", kHistorySet).body, before);
  EXPECT_EQ(Metadata(), metadata);
  EXPECT_EQ(Call("GET", kHistorySet, "$select=Client_Type").status, 400);
}

TEST_F(Drift, APairIsFoundOnlyWithCast) {
  const std::string guid = "guid'" + key_ + "'";
  EXPECT_EQ(Count(kHistorySet, "Client_Key eq " + guid), 5u);
  Switch(kHistorySet, "Client_Key", true);
  EXPECT_EQ(Call("GET", kHistorySet, "$filter=Client_Key eq " + guid).status, 400);
  EXPECT_EQ(Count(kHistorySet, "Client eq " + guid), 0u);
  EXPECT_EQ(Count(kHistorySet, "Client eq cast(" + guid + ",'Catalog_Clients')"), 5u);
  EXPECT_EQ(Count(kHistorySet, "Client eq cast(" + guid + ",'Catalog_Hotels')"), 0u);
  EXPECT_EQ(Count(kHistorySet, "isof(Client,'Catalog_Clients')"), 100u);
}

TEST_F(Drift, APairInAKeyIsNamedWithItsType) {
  Switch(kHistorySet, "Client_Key", true);
  const json row = Rows(kHistorySet, "$top=1")[0];
  const std::string period = row["Period"];
  const std::string client = row["Client"];
  const std::string key = "(Period=datetime'" + period + "',Client='" + client + "'";
  const std::string type = ",Client_Type='StandardODATA.Catalog_Clients')";
  EXPECT_EQ(Call("GET", kHistorySet + key + type).status, 200);
  EXPECT_EQ(Call("GET", kHistorySet + key + ")").status, 400);
  const std::string atom = Call("GET", kHistorySet, "$top=1&$format=atom").body;
  EXPECT_THAT(atom, HasSubstr("Client='" + client + "'" + type));
}

TEST_F(Drift, APairIsWrittenAndMayBeEmpty) {
  Switch("Catalog_Clients", "Citizenship_Key", true);
  const std::string path = "Catalog_Clients(guid'" + key_ + "')";
  json row = json::parse(Call("GET", path).body);
  EXPECT_EQ(row["Citizenship"], "");
  EXPECT_EQ(row["Citizenship_Type"], "StandardODATA.Undefined");
  EXPECT_THAT(Metadata(), Not(HasSubstr("Catalog_Clients_Citizenship\"")));
  EXPECT_EQ(Call("GET", "Catalog_Clients", "$expand=Citizenship").status, 400);
  const json body = {{"Citizenship", kRussia},
                     {"Citizenship_Type", "StandardODATA.Catalog_Countries"}};
  row = json::parse(Call("PATCH", path, "", body).body);
  EXPECT_EQ(row["Citizenship"], kRussia);
  EXPECT_EQ(row["Citizenship_Type"], "StandardODATA.Catalog_Countries");
  Switch("Catalog_Clients", "Citizenship_Key", false);
  EXPECT_EQ(json::parse(Call("GET", path).body)["Citizenship_Key"], kRussia);
}

TEST_F(Drift, OnlyReferencesOfASetChange) {
  const std::string metadata = Metadata();
  Switch("Catalog_Clients", "Ref_Key", true);
  Switch("Catalog_Clients", "LastName", true);
  Switch("Catalog_Nothing", "Client_Key", true);
  EXPECT_EQ(Metadata(), metadata);
  EXPECT_EQ(base_.Configure({{"composite", {{"Catalog_Clients", true}}}}), "composite");
}

}  // namespace
}  // namespace guestbridge::testing::onec
