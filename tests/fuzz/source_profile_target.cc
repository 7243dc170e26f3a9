#include "absl/strings/match.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/source_profile.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

bool IsName(const std::string& name) {
  return name.find_first_of("'\"(),;/?&=#%+*$<> \n") == std::string::npos;
}

}  // namespace

// A profile whose names stay in their place of a URL and that reads alike twice, or an
// error that names its key.
void RunSourceProfile(absl::string_view bytes) {
  if (bytes.empty()) return;  // the built-in one
  const auto profile = agent::LoadSourceProfile("", bytes);
  if (!profile.ok()) {
    GB_PROMISE(ReasonOf(profile.status()) == "SOURCE_PROFILE_INVALID");
    GB_PROMISE(!ParametersOf(profile.status())["key"].empty());
    return;
  }
  const agent::ClientNames& client = profile->client;
  GB_PROMISE(!client.set.empty() && !client.contact.empty());
  for (const std::string& name : {client.set, client.key, client.version, client.code,
                                  client.created, client.contact}) {
    GB_PROMISE(IsName(name));
  }
  for (const auto& [role, name] : client.fields) GB_PROMISE(IsName(name));
  for (const auto& [attribute, lookup] : profile->lookups) {
    GB_PROMISE(IsName(lookup.set) && IsName(lookup.key) && IsName(lookup.take));
  }
  for (const std::string& name : profile->messages.key) GB_PROMISE(IsName(name));
  GB_PROMISE(profile->page_rows > 0 && profile->page_bytes > 0);
  GB_PROMISE(profile->session.concurrency == 1 || profile->session.concurrency == 2);
  const auto again = agent::LoadSourceProfile("", bytes);
  GB_PROMISE(again.ok() && again->client.set == client.set);
  GB_PROMISE(again->client.never_export == client.never_export);
}

}  // namespace guestbridge::fuzz
