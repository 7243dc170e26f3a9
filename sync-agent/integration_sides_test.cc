#include "sync-agent/integration_sides.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

TEST(ConnectSides, WhatNoPacerHasCountedIsCountedInThePortalsBucket) {
  const testing::TempDir dir;
  IntegrationSettings settings;
  settings.id = "main";
  settings.source.type = "jsonl";
  std::filesystem::create_directory(dir.File("base"));
  settings.source.url = absl::StrCat("file://", dir.File("base"));
  // Nobody serves it: a request that left counts whatever became of it.
  settings.portal.host = "127.0.0.1";
  settings.portal.port = 1;
  settings.portal.allow_private = true;
  settings.portal.webhook_user = 1;
  const auto bucket = std::make_shared<RequestBucket>(0.1, 50);
  const auto sides = ConnectSides(std::move(settings), LocalPolicy(), "", nullptr,
                                  bucket, SystemClock());
  ASSERT_TRUE(sides.ok()) << sides.status();
  const auto level = [&] { return bucket->LevelAt(SystemClock().Steady()); };
  const auto send = [&](bool counted) {
    PortalRequest request;
    request.commands = {GetProfile{}};
    request.counted = counted;
    (*sides)->portal->Send(request);
  };
  send(/*counted=*/true);
  EXPECT_EQ(level(), 0);
  send(/*counted=*/false);
  EXPECT_NEAR(level(), 1, 0.5);
  EXPECT_FALSE((*sides)->portal_probe->FetchContactFields().ok());
  EXPECT_NEAR(level(), 2, 0.5);
}

}  // namespace
}  // namespace guestbridge::agent
