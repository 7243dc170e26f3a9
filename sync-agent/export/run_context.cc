#include "sync-agent/export/run_context.h"

#include "sync-agent/model/origin.h"

namespace guestbridge::agent {

Stamp MakeStamp(const RunContext& context, const Decision& decision,
                const std::string& nonce, int revision) {
  OriginVersion version;
  version.nonce = nonce;
  version.revision = revision;
  version.content_hash = decision.digest.hash;
  version.values = decision.digest.values;
  return {context.settings.originator, decision.key.guid(),
          EncodeOriginVersion(version)};
}

std::string MakeNonce(Random& random) { return RandomToken(random, 8); }

}  // namespace guestbridge::agent
