#include "server/identity/permission_table.h"

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "server/identity/authorize.h"

namespace guestbridge::server {
namespace {

absl::Status Try(absl::string_view method, std::vector<Grant> grants) {
  Caller caller;
  caller.grants = std::move(grants);
  return Authorize(method, caller, nullptr);
}

constexpr Role kRoles[] = {Role::kViewer, Role::kOperator, Role::kIntegration,
                           Role::kAdmin, Role::kAgent};

// All RPCs of all .proto files, as on the wire.
std::set<std::string> AllMethods() {
  google::protobuf::FileDescriptorSet api;
  std::ifstream file(GUESTBRIDGE_API, std::ios::binary);
  EXPECT_TRUE(api.ParseFromIstream(&file)) << GUESTBRIDGE_API;
  std::set<std::string> methods;
  for (const auto& proto : api.file()) {
    for (const auto& service : proto.service()) {
      for (const auto& method : service.method()) {
        methods.insert(absl::StrCat("/", proto.package(), ".", service.name(), "/",
                                    method.name()));
      }
    }
  }
  return methods;
}

// What each role is for, told apart from the table.
const std::set<std::string> kOperatorActs = {
    "TestConnection", "MatchClients",  "ExplainClient", "RetryClients",
    "LinkClient",     "ForgetClient",  "DropClients",   "UnlinkClient",
    "StartExport",    "RebuildLedger", "CancelRun",     "StartReconcile",
    "ListRunSamples"};

bool IsRead(const std::string& name) {
  return absl::StartsWith(name, "Get") || absl::StartsWith(name, "List") ||
         absl::StartsWith(name, "Watch") || absl::StartsWith(name, "Diff");
}

const std::set<std::string> kForAdmins = {"/guestbridge.v1.AgentService/CreateAgent",
                                          "/guestbridge.v1.AgentService/EvictAgent",
                                          "/guestbridge.v1.AgentService/BanAgent",
                                          "/guestbridge.v1.AgentService/UnbanAgent"};
// Who joins has nothing but the join token.
constexpr char kOpen[] = "/guestbridge.v1.AgentEnrollmentService/Join";

bool Expected(const std::string& method, Role role) {
  if (role == Role::kAdmin || method == kOpen) return true;
  if (kForAdmins.contains(method)) return false;
  if (absl::StartsWith(method, "/guestbridge.v1.SecretService/")) return false;
  if (absl::StartsWith(method, "/guestbridge.v1.AuditService/")) return false;
  const bool agents_side =
      absl::StartsWith(method, "/guestbridge.v1.AgentControlService/") ||
      absl::StartsWith(method, "/guestbridge.v1.AgentEnrollmentService/");
  if (role == Role::kAgent) return agents_side;
  if (agents_side) return false;
  const std::string name = method.substr(method.rfind('/') + 1);
  if (absl::StrContains(method, "ApiTokenService/")) return false;
  if (IsRead(name) && !kOperatorActs.contains(name)) return true;
  if (kOperatorActs.contains(name)) return role != Role::kViewer;
  return role == Role::kIntegration;
}

TEST(PermissionTableTest, EveryRpcHasARowAndEveryRoleItsRight) {
  const std::set<std::string> methods = AllMethods();
  ASSERT_GT(methods.size(), 40u);
  for (const std::string& method : methods) {
    ASSERT_TRUE(AccessOf(method).has_value()) << "no row for " << method;
    for (const Role role : kRoles) {
      const absl::Status status = Try(method, {{role, ""}});
      EXPECT_EQ(status.ok(), Expected(method, role)) << method << " " << RoleName(role);
      if (!status.ok()) {
        EXPECT_EQ(ReasonOf(status), "ROLE_MISSING");
        EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
        const auto needed = ParseRole(ParametersOf(status)["role_needed"]);
        ASSERT_TRUE(needed.ok());
        EXPECT_TRUE(Try(method, {{*needed, ""}}).ok())
            << "the remedy must help: " << method;
      }
    }
    const absl::Status anonymous = Authorize(method, std::nullopt, nullptr);
    EXPECT_EQ(anonymous.ok(), method == kOpen) << method;
    if (method == kOpen) continue;
    EXPECT_EQ(ReasonOf(anonymous), "TOKEN_MISSING") << method;
    EXPECT_EQ(anonymous.code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST(PermissionTableTest, EveryRowOfOursIsAnRpc) {
  const std::set<std::string> methods = AllMethods();
  std::set<absl::string_view> seen;
  for (const Permission& permission : Permissions()) {
    EXPECT_TRUE(seen.insert(permission.method).second) << permission.method;
    if (absl::StartsWith(permission.method, "/guestbridge.")) {
      EXPECT_TRUE(methods.contains(std::string(permission.method)))
          << permission.method;
    }
  }
}

TEST(PermissionTableTest, HealthIsOpenAndReflectionNeedsAToken) {
  EXPECT_TRUE(Authorize("/grpc.health.v1.Health/Check", std::nullopt, nullptr).ok());
  const char* reflection =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_FALSE(Authorize(reflection, std::nullopt, nullptr).ok());
  for (const Role role : kRoles) {
    EXPECT_TRUE(Try(reflection, {{role, ""}}).ok());
  }
}

TEST(PermissionTableTest, AMethodWithoutARowIsForAdminsOnly) {
  for (const Role role : kRoles) {
    EXPECT_EQ(Try("/guestbridge.v1.RunService/Unknown", {{role, ""}}).ok(),
              role == Role::kAdmin);
  }
}

TEST(PermissionTableTest, RolesHaveTheNamesOfTheManual) {
  for (const Role role : kRoles) EXPECT_EQ(*ParseRole(RoleName(role)), role);
  EXPECT_EQ(RoleName(Role::kIntegration), "external-systems-integration");
  for (const char* bad : {"", "Admin", "root", "viewer "}) {
    EXPECT_EQ(ReasonOf(ParseRole(bad).status()), "ROLE_UNKNOWN") << bad;
  }
}

}  // namespace
}  // namespace guestbridge::server
