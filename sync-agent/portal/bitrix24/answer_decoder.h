#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/http/http_client.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/portal.h"

// What an HTTP answer says about the commands that were sent. Pure and total: whatever
// the bytes are, each command gets a fate, and none is called done, gone or refused
// without proof.
// Source: docs/design/portal-calls.md.
namespace guestbridge::agent {

// `commands` went out as EncodeParams (one) or EncodeBatch (several). Leaves `took` and
// `http_requests` alone; `parameters` holds `code` where the portal gave one, `status`,
// and of PORTAL_REDIRECT_REFUSED `new_host`. IDs are what the portal says, also one
// twice: whether they can be true is for who sent the commands to judge.
PortalAnswer DecodeAnswer(const HttpResult& http, const std::vector<Command>& commands);

// The same for a call without typed command (fields, scope). With fate kAnswered,
// `result` is the envelope's `result`.
struct RawAnswer {
  RequestFate fate = RequestFate::kUnknown;
  std::string reason;
  std::map<std::string, std::string> parameters;
  Json result;
  CommandTime time;
};
RawAnswer DecodeRawAnswer(const HttpResult& http);

// Of a field of the type crm_status, as crm.contact.fields tells it: which dictionary
// holds its values. Empty: it is none, or none is known.
std::string DictionaryOf(const std::string& name, const Json& field);

// True when the request was refused for its access token alone: a fresh one may help.
bool WantsFreshToken(const PortalAnswer& answer);
bool WantsFreshToken(const RawAnswer& answer);

}  // namespace guestbridge::agent
