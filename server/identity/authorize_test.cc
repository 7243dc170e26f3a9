// Every RPC of the .proto files, by every role, on one's own integration and on
// another: made from the descriptors, so that none can be forgotten.
#include "server/identity/authorize.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr Role kRoles[] = {Role::kViewer, Role::kOperator, Role::kIntegration,
                           Role::kAdmin, Role::kAgent};

class AuthorizeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    google::protobuf::FileDescriptorSet api;
    std::ifstream file(GUESTBRIDGE_API, std::ios::binary);
    ASSERT_TRUE(api.ParseFromIstream(&file)) << GUESTBRIDGE_API;
    for (const auto& proto : api.file()) {
      const auto* const built = pool_.BuildFile(proto);
      ASSERT_NE(built, nullptr) << proto.name();
      for (int i = 0; i < built->service_count(); ++i) {
        for (int j = 0; j < built->service(i)->method_count(); ++j) {
          methods_.push_back(built->service(i)->method(j));
        }
      }
    }
    ASSERT_GT(methods_.size(), 60u);
  }

  static std::string PathOf(const MethodDescriptor& method) {
    return absl::StrCat("/", method.service()->full_name(), "/", method.name());
  }

  // A request whose field, "connection.name" for instance, says `text`.
  std::unique_ptr<Message> Request(const MethodDescriptor& method,
                                   absl::string_view field, const std::string& text) {
    std::unique_ptr<Message> request(factory_.GetPrototype(method.input_type())->New());
    Message* message = request.get();
    if (field.empty()) return request;
    const std::vector<std::string> parts = absl::StrSplit(field, '.');
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const FieldDescriptor* const step =
          message->GetDescriptor()->FindFieldByName(parts[i]);
      EXPECT_NE(step, nullptr) << PathOf(method) << " has no " << field;
      if (step == nullptr) return request;
      message = message->GetReflection()->MutableMessage(message, step);
    }
    const FieldDescriptor* const last =
        message->GetDescriptor()->FindFieldByName(parts.back());
    EXPECT_NE(last, nullptr) << PathOf(method) << " has no " << field;
    if (last != nullptr) message->GetReflection()->SetString(message, last, text);
    return request;
  }

  static Caller With(Role role, const std::string& integration) {
    Caller caller;
    caller.grants = {{role, integration}};
    return caller;
  }

  DescriptorPool pool_;
  DynamicMessageFactory factory_{&pool_};
  std::vector<const MethodDescriptor*> methods_;
};

// A new RPC about an integration that had no row for its field would be found here.
TEST_F(AuthorizeTest, WhatNamesAnIntegrationIsJudgedByIt) {
  for (const MethodDescriptor* method : methods_) {
    const Permission* const row = FindPermission(PathOf(*method));
    ASSERT_NE(row, nullptr) << PathOf(*method);
    if (row->access == Access::kAnyone) continue;
    const Descriptor& input = *method->input_type();
    bool names = false;
    for (const char* field : {"name", "parent", "integration", "integration_id"}) {
      names = names || input.FindFieldByName(field) != nullptr;
    }
    if (!names) continue;
    EXPECT_TRUE(!row->field.empty() || row->scope == Scope::kEverything ||
                absl::StrContains(PathOf(*method), "AgentService/GetAgent") ||
                absl::StrContains(PathOf(*method), "ApiTokenService/"))
        << PathOf(*method) << " names something that its row does not";
  }
}

TEST_F(AuthorizeTest, EveryRpcByEveryRoleOnItsOwnAndOnAnotherIntegration) {
  for (const MethodDescriptor* method : methods_) {
    const std::string path = PathOf(*method);
    SCOPED_TRACE(path);
    const Permission* const row = FindPermission(path);
    ASSERT_NE(row, nullptr);
    if (row->access == Access::kAnyone) continue;
    const bool of_one = row->scope == Scope::kIntegration;
    const bool of_each = row->scope == Scope::kEach;
    for (const Role role : kRoles) {
      SCOPED_TRACE(std::string(RoleName(role)));
      const bool may = Allows(row->access, role);
      const auto own = Request(*method, row->field, "integrations/mine");
      const auto foreign = Request(*method, row->field, "integrations/yours");
      const bool field = !row->field.empty();
      EXPECT_EQ(Authorize(path, With(role, ""), own.get()).ok(), may);
      EXPECT_EQ(Authorize(path, With(role, ""), foreign.get()).ok(), may);
      EXPECT_EQ(Authorize(path, With(role, "mine"), own.get()).ok(),
                may && (of_one || of_each));
      const absl::Status refused = Authorize(path, With(role, "mine"), foreign.get());
      EXPECT_EQ(refused.ok(), may && of_each && !field);
      EXPECT_EQ(ReasonOf(refused), refused.ok() ? "" : "ROLE_MISSING");
    }
    Caller nobody;
    EXPECT_EQ(ReasonOf(Authorize(path, nobody, nullptr)), "ROLE_MISSING");
    EXPECT_EQ(ReasonOf(Authorize(path, std::nullopt, nullptr)), "TOKEN_MISSING");
  }
}

TEST_F(AuthorizeTest, ANameThatNamesNothingIsNobodysButTheChainsAdmin) {
  for (const MethodDescriptor* method : methods_) {
    const Permission* const row = FindPermission(PathOf(*method));
    ASSERT_NE(row, nullptr);
    if (row->scope != Scope::kIntegration) continue;
    for (const char* name : {"", "integrations/", "integrations/-", "Mine", "mine/",
                             "integrations/mine2", "integrations//mine", "runs/mine"}) {
      const auto request = Request(*method, row->field, name);
      EXPECT_EQ(ReasonOf(Authorize(PathOf(*method), With(Role::kAdmin, "mine"),
                                   request.get())),
                "ROLE_MISSING")
          << PathOf(*method) << " " << name;
      EXPECT_TRUE(
          Authorize(PathOf(*method), With(Role::kAdmin, ""), request.get()).ok());
    }
  }
}

TEST_F(AuthorizeTest, WhatIsBelowAnIntegrationIsJudgedByIt) {
  const auto run = [&](const std::string& name, const Caller& caller) {
    for (const MethodDescriptor* method : methods_) {
      if (method->name() != "GetRun") continue;
      return Authorize(PathOf(*method), caller, Request(*method, "name", name).get());
    }
    return absl::InternalError("no GetRun");
  };
  const Caller viewer = With(Role::kViewer, "mine");
  EXPECT_TRUE(run("integrations/mine/runs/17", viewer).ok());
  EXPECT_TRUE(run("integrations/-/runs/17", viewer).ok()) << "of those that it reaches";
  EXPECT_FALSE(run("integrations/yours/runs/17", viewer).ok());
}

TEST_F(AuthorizeTest, AnAgentSaysHelloUnderItsOwnNameOnly) {
  Caller agent = With(Role::kAgent, "");
  agent.agent = "hotel-1";
  for (const MethodDescriptor* method : methods_) {
    if (method->name() != "Hello") continue;
    EXPECT_TRUE(
        Authorize(PathOf(*method), agent, Request(*method, "agent", "hotel-1").get())
            .ok());
    const absl::Status foreign =
        Authorize(PathOf(*method), agent, Request(*method, "agent", "hotel-2").get());
    EXPECT_EQ(ReasonOf(foreign), "AGENT_NAME_FOREIGN");
    EXPECT_EQ(foreign.code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST(ReachTest, IsWhereTheRoleIsHighEnough) {
  const std::vector<Grant> grants = {{Role::kViewer, "a"}, {Role::kOperator, "b"}};
  const Reach reach = Reach::Of("/guestbridge.v1.RunService/CancelRun", grants);
  EXPECT_FALSE(reach.Has("a"));
  EXPECT_TRUE(reach.Has("b"));
  EXPECT_FALSE(reach.everything());
  EXPECT_TRUE(Reach::Of("/guestbridge.v1.RunService/GetRun", grants).Has("a"));
  EXPECT_TRUE(Reach().nothing());
}

}  // namespace
}  // namespace guestbridge::server
