#pragma once

#include <cstdint>

// Which agents and servers can work together. Fields may be added without a word here
// (tests/protocol keeps watch); only what the other side must understand counts.
namespace guestbridge {

// 2: agents show certificates, commits have tags. 1: all before, which say 0.
inline constexpr int32_t kProtocol = 2;
// The oldest of the other side that is still understood.
inline constexpr int32_t kOldestProtocol = 1;

// What one side says of itself in Hello; 0 as it comes from programs of before.
struct ProtocolRange {
  int32_t protocol = kProtocol;
  int32_t oldest = kOldestProtocol;
};

enum class ProtocolFit { kFits, kAgentTooOld, kServerTooOld };

constexpr ProtocolFit JudgeProtocols(ProtocolRange agent, ProtocolRange server) {
  const auto of = [](int32_t said) { return said > 0 ? said : 1; };
  if (of(agent.protocol) < of(server.oldest)) return ProtocolFit::kAgentTooOld;
  if (of(server.protocol) < of(agent.oldest)) return ProtocolFit::kServerTooOld;
  return ProtocolFit::kFits;
}

}  // namespace guestbridge
