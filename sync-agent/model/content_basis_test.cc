#include "sync-agent/model/content_basis.h"

#include <gtest/gtest.h>

namespace guestbridge::agent {
namespace {

const ContentBasis kBasis = {
    "rules",
    {{"Countries/Name", {{"643", "a"}, {"112", "b"}}}, {"Languages/Name", {}}}};

bool Changed(const ContentBasis& now) { return BasisChanged(EncodeBasis(kBasis), now); }

TEST(ContentBasis, TheSameBasisChangesNobody) { EXPECT_FALSE(Changed(kBasis)); }

TEST(ContentBasis, OtherRulesChangeEverybody) {
  ContentBasis now = kBasis;
  now.rules = "others";
  EXPECT_TRUE(Changed(now));
}

TEST(ContentBasis, AnItemThatWasRenamedOrIsGoneChangesWhoRefersToIt) {
  ContentBasis now = kBasis;
  now.texts["Countries/Name"]["643"] = "c";
  EXPECT_TRUE(Changed(now));
  now.texts["Countries/Name"].erase("643");
  EXPECT_TRUE(Changed(now));
}

TEST(ContentBasis, AnItemThatIsNewChangesNobody) {
  ContentBasis now = kBasis;
  now.texts["Countries/Name"]["276"] = "d";
  now.texts["Languages/Name"]["1"] = "e";
  EXPECT_FALSE(Changed(now));
}

TEST(ContentBasis, AnItemWithoutTextIsAsGoodAsNoneUntilItHasOne) {
  ContentBasis before = kBasis;
  before.texts["Countries/Name"]["276"] = "";
  EXPECT_FALSE(BasisChanged(EncodeBasis(before), kBasis));
  ContentBasis now = kBasis;
  now.texts["Countries/Name"]["276"] = "d";
  EXPECT_TRUE(BasisChanged(EncodeBasis(before), now));
}

TEST(ContentBasis, WhatOnlyTheBasisBeforeKnowsIsKept) {
  ContentBasis before = kBasis;
  before.texts["Countries/Name"]["276"] = "";
  ContentBasis now = kBasis;
  now.rules = "others";
  now.texts["Languages/Name"]["1"] = "e";
  ContentBasis both = now;
  both.texts["Countries/Name"]["276"] = "";
  EXPECT_EQ(ExtendBasis(EncodeBasis(before), now), EncodeBasis(both));
  EXPECT_EQ(ExtendBasis("", now), EncodeBasis(now));
}

TEST(ContentBasis, ALookUpThatIsNoLongerReadSaysNothing) {
  ContentBasis now = kBasis;
  now.texts.erase("Countries/Name");
  EXPECT_FALSE(Changed(now));
}

TEST(ContentBasis, WhatIsNoBasisCountsAsChanged) {
  EXPECT_TRUE(BasisChanged("", kBasis));
  EXPECT_TRUE(BasisChanged("2 rules", kBasis));
}

}  // namespace
}  // namespace guestbridge::agent
