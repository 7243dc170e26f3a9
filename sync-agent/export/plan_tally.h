#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sync-agent/export/run_types.h"

namespace guestbridge::agent {

// Gathers what a dry run would do, client by client. Memory: one entry a reason and a
// field, some samples. One thread.
class PlanTally {
 public:
  // The call that would carry the client.
  enum class Call { kImport, kAdd, kUpdate, kDelete };
  // `fields`: of an update, the targets that would be written. `read_first`: the
  // contact would be read before. `robots`: of a new contact, they would start.
  void Write(const Decision& decision, Outcome outcome, Call call,
             std::vector<std::string> fields, bool read_first, bool robots = false);
  // The client's contact would be deleted, and the client skipped with the reason.
  void Delete(const Decision& decision, const std::string& reason,
              const Parameters& parameters);
  // Nothing would be sent for the client.
  void Leave(const ClientKey& client, Outcome outcome, const std::string& reason,
             const Parameters& parameters);

  // Without the forecast, which is the pacer's.
  RunPlan Conclude(int mapping_version) const;

 private:
  void AddSample(const ClientKey& client, Outcome outcome, const std::string& reason,
                 std::vector<std::string> fields);

  std::map<std::tuple<Outcome, std::string, Parameters>, PlannedReason> reasons_;
  std::map<std::string, int> fields_;
  std::map<Outcome, std::vector<PlannedClient>> samples_;
  std::map<Call, int> calls_;
  int reads_ = 0;
  int written_ = 0;
  uint64_t digest_ = 0;  // the same in whatever order the clients came
};

}  // namespace guestbridge::agent
