#include "server/identity/agent_authority.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/certificate/signing_request.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

// Clocks may be a little behind. No more of a short life than a tenth: agents renew
// after half of what the certificate says.
absl::Duration BegunBefore(absl::Duration life) {
  return std::min(absl::Hours(1), life / 10);
}

}  // namespace

absl::StatusOr<AgentAuthority> AgentAuthority::Open(Options options, absl::Time now,
                                                    Random& random) {
  Certificate certificate = ParseCertificate(options.chain);
  CertificateKey key = ParsePrivateKey(options.key.Reveal());
  if (certificate == nullptr || key == nullptr || !IsAuthority(*certificate) ||
      !BelongTogether(*certificate, *key) || ValidityOf(*certificate).end <= now) {
    return MakeError("AGENT_AUTHORITY_UNUSABLE", {{"file", options.file}});
  }
  return AgentAuthority(std::move(options), std::move(certificate), std::move(key),
                        random);
}

absl::StatusOr<CertificateKey> AgentAuthority::CheckRequest(
    const std::string& agent, absl::string_view signing_request) {
  GB_ASSIGN_OR_RETURN(SigningRequest asked, ReadSigningRequest(signing_request));
  if (asked.for_authority) return MakeError("SIGNING_REQUEST_FOR_AUTHORITY");
  const auto is = [](const std::string& own) {
    return [own](const std::string& name) { return name == own; };
  };
  if (!std::all_of(asked.common_names.begin(), asked.common_names.end(), is(agent)) ||
      !std::all_of(asked.alternative_names.begin(), asked.alternative_names.end(),
                   is(AgentUri(agent)))) {
    return MakeError("SIGNING_REQUEST_NAME_FOREIGN", {{"agent", agent}});
  }
  return std::move(asked.public_key);
}

absl::StatusOr<AgentAuthority::Issued> AgentAuthority::Issue(const std::string& agent,
                                                             EVP_PKEY& public_key,
                                                             absl::Time now) const {
  const absl::Time last = ValidityOf(*certificate_).end;
  CertificateTerms terms;
  terms.common_name = agent;
  terms.alternative_names = absl::StrCat("URI:", AgentUri(agent));
  terms.extended_key_usage = "clientAuth";
  terms.validity = {now - BegunBefore(options_.certificate_life),
                    std::min(now + options_.certificate_life, last)};
  const Certificate certificate =
      last <= now ? nullptr
                  : IssueCertificate(terms, public_key, *certificate_, *key_, random_);
  if (certificate == nullptr) {
    return MakeError("AGENT_AUTHORITY_UNUSABLE", {{"file", options_.file}});
  }
  return Issued{absl::StrCat(ToPem(*certificate), options_.chain),
                FingerprintOf(*certificate), ValidityOf(*certificate).end};
}

}  // namespace guestbridge::server
