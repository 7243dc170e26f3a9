#include "common/resource/protocol_version.h"

#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(ProtocolVersionTest, NeighboursFitAndProgramsFromBeforeItWasSaid) {
  EXPECT_EQ(JudgeProtocols({}, {}), ProtocolFit::kFits);
  const ProtocolRange before = {.protocol = 0, .oldest = 0};
  EXPECT_EQ(JudgeProtocols(before, {}), ProtocolFit::kFits);
  EXPECT_EQ(JudgeProtocols({}, before), ProtocolFit::kFits);
  EXPECT_EQ(JudgeProtocols({.protocol = 3, .oldest = 2}, {}), ProtocolFit::kFits);
  EXPECT_EQ(JudgeProtocols({}, {.protocol = 3, .oldest = 2}), ProtocolFit::kFits);
}

TEST(ProtocolVersionTest, WhoeverIsTooOldIsNamed) {
  const ProtocolRange later = {.protocol = 9, .oldest = 8};
  EXPECT_EQ(JudgeProtocols({}, later), ProtocolFit::kAgentTooOld);
  EXPECT_EQ(JudgeProtocols(later, {}), ProtocolFit::kServerTooOld);
  EXPECT_EQ(JudgeProtocols({.protocol = 0, .oldest = 0}, {.protocol = 3, .oldest = 2}),
            ProtocolFit::kAgentTooOld);
}

}  // namespace
}  // namespace guestbridge
