#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "sync-agent/policy/local_policy.h"

// What the agent as a whole says of itself; integrations describe themselves.
namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

// Room on the disk below this is a problem before it is used up.
inline constexpr int64_t kLowDiskBytes = int64_t{256} << 20;

// Disk of the data directory and what is wrong with it, tried by writing a small file.
void DescribeDisk(const std::string& directory, v1::AgentReport* report);

// `end`: of a certificate that should have been renewed long ago.
void DescribeCertificate(const std::string& agent, absl::Time end,
                         v1::AgentReport* report);

// Nothing stops its work.
bool IsHealthy(const v1::AgentReport& report);

// Changes when the server is to hear at once: what is wrong, and what it runs.
std::string EssenceOf(const v1::AgentReport& report);

// HelloRequest.rules_digest: what decides beside the program whether a configuration
// is taken. `authorities`: a file's content.
std::string RulesDigest(const LocalPolicy& policy, const std::string& authorities);

}  // namespace guestbridge::agent
