#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

// Programs that refuse to run as root, for tests that do.
namespace guestbridge::testing {

// Makes `path` theirs; nothing when this test is not root.
void GiveToUnprivileged(const std::string& path);

// Starts one as `nobody` when this test is root. What it says goes to the end of `log`.
// It does not outlive the test program.
pid_t SpawnUnprivileged(const std::vector<std::string>& command,
                        const std::string& log);

// Until it has ended.
void AwaitEnd(pid_t program);

}  // namespace guestbridge::testing
