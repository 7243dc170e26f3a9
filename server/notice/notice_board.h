#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guestbridge/v1/status.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

// What is told, as JSON: the integration, `state` ATTENTION or RECOVERED, and the
// reasons with their texts in English and Russian.
std::string NoticeJson(const v1::IntegrationStatus& status);

// Tells each change of what needs a person once, also after a restart and with several
// servers on one store. A change counts when it has lasted a minute: an agent that
// restarts is no news. That an integration is not set up yet is none either, and of
// one that is switched off nothing is told until it is on again.
// One thread at a time.
class NoticeBoard {
 public:
  // Texts need not be filled in.
  using Look = std::function<absl::StatusOr<v1::Status>()>;
  // What fails is told again later. May take some seconds.
  using Tell = std::function<absl::Status(const std::string& json)>;

  NoticeBoard(Store& store, const Clock& clock, Look look, Tell tell)
      : store_(store), clock_(clock), look_(std::move(look)), tell_(std::move(tell)) {}

  // One look. Errors are logged.
  void Tick();

 private:
  using Reasons = std::set<std::string>;
  // Of one reason; how it is, and since when it was seen so.
  struct Sight {
    bool there = false;
    absl::Duration since;  // Steady.
  };
  using Sights = std::map<std::string, Sight>;

  absl::Status Consider(const std::string& id, const v1::IntegrationStatus& status);
  absl::StatusOr<Reasons> LastTold(const std::string& id);
  // What is to be known once it has lasted: of what comes and goes nothing, and that
  // keeps nothing else back.
  Reasons Lasting(const std::string& id, const Reasons& reasons, const Reasons& told);
  // Whether it is for this server to tell now.
  absl::StatusOr<bool> Claim(const std::string& id, const Reasons& reasons);
  absl::Status Told(const std::string& id, const Reasons& reasons);

  Store& store_;
  const Clock& clock_;
  const Look look_;
  const Tell tell_;
  std::map<std::string, Sights> seen_;  // by integration
};

}  // namespace guestbridge::server
