#include "sync-agent/model/shared_reason.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

TEST(SharedReason, AConditionOrACodeIsPartOfTheWhyAndAContactIsNot) {
  EXPECT_EQ(KindOf({{"condition", "Sex = Female"}, {"contact", "7"}}),
            (Parameters{{"condition", "Sex = Female"}}));
  EXPECT_EQ(KindOf({{"code", "ERROR_CORE"}}), (Parameters{{"code", "ERROR_CORE"}}));
  EXPECT_EQ(KindOf({{"contact", "7"}}), Parameters());
}

TEST(SharedReason, WhatDiffersIsNotSaidOfAll) {
  Parameters shared = {{"certainty", "high"}, {"contact", "7"}, {"gone", "x"}};
  KeepShared({{"certainty", "high"}, {"contact", "8"}}, &shared);
  EXPECT_EQ(shared, (Parameters{{"certainty", "high"}}));
}

}  // namespace
}  // namespace guestbridge::agent
