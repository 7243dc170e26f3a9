#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/http/http_client.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/bitrix24/error_code.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// The outermost layer of an answer: {"result":…,"time":…} or {"error":…}.
struct Envelope {
  // kAnswered: either `error`, an error of the call itself, or a `result` in `json`.
  RequestFate fate = RequestFate::kUnknown;
  std::string reason;  // of everything but kAnswered
  // `code`, `status`, `new_host`, `scope` where they apply.
  std::map<std::string, std::string> parameters;
  std::optional<PortalError> error;
  Json json;
};

// Judges by the error code, then by the status, then by whether it is JSON at all: only
// a code proves that nothing was executed.
Envelope OpenEnvelope(const HttpResult& http);

// `time` or an entry of `result_time`.
CommandTime DecodeTime(const Json* json);

}  // namespace guestbridge::agent
