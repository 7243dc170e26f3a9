#include "server/api/enrollments.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/certificate/certificate.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/secret/digest.h"
#include "common/secret/secret_string.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/standby.h"
#include "server/identity/peer_certificate.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kTokenPrefix = "gbj_";
constexpr int kTokenCharacters = 52;  // 36^52 is above 2^268.

template <typename T>
absl::StatusOr<T> GetOrEmpty(Transaction& transaction, const std::string& key) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<T>(transaction, key));
  return record.has_value() ? std::move(record->value) : T();
}

absl::StatusOr<store::AgentRecord> FindAgent(Transaction& transaction,
                                             const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto record,
                      GetRecord<store::AgentRecord>(transaction, keys::Agent(id)));
  if (!record.has_value()) return MakeError("AGENT_NOT_FOUND", {{"agent", id}});
  return std::move(record->value);
}

// What a person has assigned is taken away by a person only.
absl::Status Assign(Transaction& transaction, const std::string& integration,
                    const std::string& agent) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                       transaction, keys::Integration(integration)));
  if (!record.has_value()) {
    return MakeError("INTEGRATION_NOT_FOUND", {{"integration", integration}});
  }
  GB_ASSIGN_OR_RETURN(
      const auto connection,
      GetOrEmpty<store::ConnectionRecord>(transaction, keys::Connection(integration)));
  const std::string& named = connection.connection().agent();
  if (!named.empty() && named != agent) {
    return MakeError(
        "INTEGRATION_OF_ANOTHER_AGENT",
        {{"integration", integration}, {"other", named}, {"agent", agent}});
  }
  record->value.set_assigned_agent(agent);
  record->value.set_agent_fixed(true);
  return PutRecord(transaction, keys::Integration(integration), record->value);
}

// Everything that the agent could show is void, and its sessions are over.
absl::Status Void(Transaction& transaction, const std::string& id,
                  store::EnrollmentRecord& enrollment, store::AgentRecord& agent) {
  enrollment.set_generation(enrollment.generation() + 1);
  enrollment.clear_join_token();
  GB_ASSIGN_OR_RETURN(const int64_t epoch, transaction.NextNumber("session-epochs"));
  agent.set_evicted_epoch(epoch);
  // Other servers take it for connected no longer.
  agent.clear_server();
  GB_RETURN_IF_ERROR(PutRecord(transaction, EnrollmentKey(id), enrollment));
  return PutRecord(transaction, keys::Agent(id), agent);
}

void SetIssued(const AgentAuthority::Issued& issued, int64_t generation,
               store::EnrollmentRecord::Certificate* certificate) {
  certificate->set_fingerprint(issued.fingerprint);
  certificate->set_expire_unix_seconds(absl::ToUnixSeconds(issued.end));
  certificate->set_generation(generation);
}

}  // namespace

absl::StatusOr<v1::CreateAgentResponse> Enrollments::Create(
    const v1::CreateAgentRequest& request) {
  const std::string& id = request.agent_id();
  if (!IsAgentId(id)) {
    return MakeFieldError("agent_id", "AGENT_NAME_INVALID", {{"agent", id}});
  }
  std::vector<std::string> integrations;
  for (const std::string& name : request.integrations()) {
    GB_ASSIGN_OR_RETURN(integrations.emplace_back(), ParseIntegrationName(name));
  }
  GB_RETURN_IF_ERROR(authority_.status());
  const SecretString token(
      absl::StrCat(kTokenPrefix, RandomToken(random_, kTokenCharacters)));
  const absl::Time expire = clock_.Now() + kJoinTokenLife;
  const auto written = store_.Write([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto agent,
                        GetOrEmpty<store::AgentRecord>(transaction, keys::Agent(id)));
    if (agent.banned()) return MakeError("AGENT_BANNED", {{"agent", id}});
    for (const std::string& integration : integrations) {
      GB_ASSIGN_OR_RETURN(const std::string served,
                          ChosenAgent(transaction, integration));
      GB_RETURN_IF_ERROR(Assign(transaction, integration, id));
      GB_RETURN_IF_ERROR(ChangePlaces(transaction, integration, served, clock_.Now()));
    }
    agent.mutable_agent()->set_name(AgentName(id));
    GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Agent(id), agent));
    GB_ASSIGN_OR_RETURN(auto enrollment, GetOrEmpty<store::EnrollmentRecord>(
                                             transaction, EnrollmentKey(id)));
    enrollment.clear_join_token();
    enrollment.mutable_join_token()->set_digest(Sha256Hex(token.Reveal()));
    enrollment.mutable_join_token()->set_expire_unix_seconds(
        absl::ToUnixSeconds(expire));
    return PutRecord(transaction, EnrollmentKey(id), enrollment);
  });
  if (!written.ok()) return written.status();
  log::Info("agent_created", {{"agent", id}});
  v1::CreateAgentResponse response;
  response.mutable_agent()->set_name(AgentName(id));
  response.set_join_token(token.Reveal());
  *response.mutable_join_token_expire_time() =
      ToTimestamp(absl::FromUnixSeconds(absl::ToUnixSeconds(expire)));
  return response;
}

absl::Status Enrollments::Evict(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseAgentName(name));
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(auto agent, FindAgent(transaction, id));
                           GB_ASSIGN_OR_RETURN(auto enrollment,
                                               GetRecord<store::EnrollmentRecord>(
                                                   transaction, EnrollmentKey(id)));
                           if (!enrollment.has_value()) {
                             return MakeError("AGENT_NOT_ENROLLED", {{"agent", id}});
                           }
                           return Void(transaction, id, enrollment->value, agent);
                         })
                         .status());
  log::Info("agent_evicted", {{"agent", id}});
  return absl::OkStatus();
}

absl::Status Enrollments::Ban(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseAgentName(name));
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(auto agent, FindAgent(transaction, id));
                           if (agent.banned()) return absl::OkStatus();
                           GB_ASSIGN_OR_RETURN(auto enrollment,
                                               GetOrEmpty<store::EnrollmentRecord>(
                                                   transaction, EnrollmentKey(id)));
                           agent.set_banned(true);
                           return Void(transaction, id, enrollment, agent);
                         })
                         .status());
  log::Info("agent_banned", {{"agent", id}});
  return absl::OkStatus();
}

absl::Status Enrollments::Unban(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseAgentName(name));
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(auto agent, FindAgent(transaction, id));
                           if (!agent.banned()) return absl::OkStatus();
                           agent.set_banned(false);
                           return PutRecord(transaction, keys::Agent(id), agent);
                         })
                         .status());
  log::Info("agent_unbanned", {{"agent", id}});
  return absl::OkStatus();
}

absl::StatusOr<v1::JoinResponse> Enrollments::Join(const v1::JoinRequest& request) {
  const std::string& id = request.agent();
  if (!IsAgentId(id)) {
    return MakeFieldError("agent", "AGENT_NAME_INVALID", {{"agent", id}});
  }
  GB_RETURN_IF_ERROR(authority_.status());
  const std::string digest = Sha256Hex(request.join_token());
  const absl::Time now = clock_.Now();
  // Before anything is computed for a caller whom nobody knows.
  const auto find =
      [&](Transaction& transaction) -> absl::StatusOr<store::EnrollmentRecord> {
    GB_ASSIGN_OR_RETURN(auto enrollment, GetOrEmpty<store::EnrollmentRecord>(
                                             transaction, EnrollmentKey(id)));
    const store::EnrollmentRecord::JoinToken& token = enrollment.join_token();
    if (token.digest().empty() || !ConstantTimeEquals(token.digest(), digest)) {
      return MakeError("JOIN_TOKEN_UNKNOWN", {{"agent", id}});
    }
    if (now >= absl::FromUnixSeconds(token.expire_unix_seconds())) {
      return MakeError(
          token.public_key_digest().empty() ? "JOIN_TOKEN_EXPIRED" : "JOIN_TOKEN_USED",
          {{"agent", id}});
    }
    return enrollment;
  };
  GB_RETURN_IF_ERROR(store_.Read(
      [&](Transaction& transaction) { return find(transaction).status(); }));
  GB_ASSIGN_OR_RETURN(const CertificateKey key,
                      AgentAuthority::CheckRequest(id, request.signing_request()));
  const std::string key_digest = PublicKeyDigest(*key);
  GB_ASSIGN_OR_RETURN(const AgentAuthority::Issued issued,
                      authority_->Issue(id, *key, now));
  v1::JoinResponse response;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(store::EnrollmentRecord enrollment, find(transaction));
            store::EnrollmentRecord::JoinToken& token =
                *enrollment.mutable_join_token();
            if (!token.public_key_digest().empty()) {
              if (token.public_key_digest() != key_digest) {
                return MakeError("JOIN_TOKEN_USED", {{"agent", id}});
              }
              response.set_certificate_chain(token.certificate_chain());
              return absl::OkStatus();
            }
            token.set_public_key_digest(key_digest);
            token.set_certificate_chain(issued.chain);
            SetIssued(issued, enrollment.generation(), enrollment.mutable_current());
            // Who joins anew has lost what was there before, perhaps to somebody.
            enrollment.clear_previous();
            response.set_certificate_chain(issued.chain);
            return PutRecord(transaction, EnrollmentKey(id), enrollment);
          })
          .status());
  log::Info("agent_joined", {{"agent", id}});
  return response;
}

absl::StatusOr<v1::RenewResponse> Enrollments::Renew(absl::string_view certificate,
                                                     const v1::RenewRequest& request) {
  GB_RETURN_IF_ERROR(authority_.status());
  const absl::Time now = clock_.Now();
  GB_ASSIGN_OR_RETURN(const std::optional<CertifiedAgent> agent,
                      AgentOfCertificate(store_, certificate, now));
  if (!agent.has_value()) return MakeError("CERTIFICATE_MISSING");
  const std::string& id = agent->name;
  GB_ASSIGN_OR_RETURN(const CertificateKey key,
                      AgentAuthority::CheckRequest(id, request.signing_request()));
  GB_ASSIGN_OR_RETURN(const AgentAuthority::Issued issued,
                      authority_->Issue(id, *key, now));
  const std::string shown = FingerprintOf(*ParseCertificate(certificate));
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto enrollment, GetOrEmpty<store::EnrollmentRecord>(
                                                     transaction, EnrollmentKey(id)));
            const bool is_previous = enrollment.previous().fingerprint() == shown;
            const store::EnrollmentRecord::Certificate with =
                is_previous ? enrollment.previous() : enrollment.current();
            // Evicted, or renewed by another call, since it was looked at above.
            if (with.fingerprint() != shown) {
              return MakeError("CERTIFICATE_UNKNOWN", {{"agent", id}});
            }
            if (with.generation() != enrollment.generation()) {
              return MakeError("AGENT_EVICTED", {{"agent", id}});
            }
            *enrollment.mutable_previous() = with;
            SetIssued(issued, enrollment.generation(), enrollment.mutable_current());
            return PutRecord(transaction, EnrollmentKey(id), enrollment);
          })
          .status());
  log::Info("certificate_renewed", {{"agent", id}});
  v1::RenewResponse response;
  response.set_certificate_chain(issued.chain);
  return response;
}

absl::Status ViewEnrollment(Transaction& transaction, const std::string& id,
                            absl::Time now, v1::Agent* agent) {
  GB_ASSIGN_OR_RETURN(const auto enrollment, GetOrEmpty<store::EnrollmentRecord>(
                                                 transaction, EnrollmentKey(id)));
  const auto& current = enrollment.current();
  const absl::Time end = absl::FromUnixSeconds(current.expire_unix_seconds());
  if (current.generation() == enrollment.generation() && now < end) {
    *agent->mutable_certificate_expire_time() = ToTimestamp(end);
  }
  const auto& token = enrollment.join_token();
  const absl::Time token_end = absl::FromUnixSeconds(token.expire_unix_seconds());
  if (token.public_key_digest().empty() && now < token_end) {
    *agent->mutable_join_token_expire_time() = ToTimestamp(token_end);
  }
  return absl::OkStatus();
}

bool IsEvicted(const store::AgentRecord& record) {
  return record.evicted_epoch() > record.session_epoch();
}

absl::StatusOr<KeptOut> WhetherKeptOut(Transaction& transaction,
                                       const std::string& agent) {
  const auto found = GetRecord<store::AgentRecord>(transaction, keys::Agent(agent));
  if (absl::IsDataLoss(found.status())) return KeptOut::kNot;
  GB_ASSIGN_OR_RETURN(const auto record, found);
  return record.has_value() ? WhetherKeptOut(record->value) : KeptOut::kNot;
}

KeptOut WhetherKeptOut(const store::AgentRecord& record) {
  if (record.banned()) return KeptOut::kBanned;
  return IsEvicted(record) ? KeptOut::kEvicted : KeptOut::kNot;
}

std::string WhyAway(KeptOut out) {
  switch (out) {
    case KeptOut::kNot:
      return "AGENT_NOT_CONNECTED";
    case KeptOut::kEvicted:
      return "AGENT_AWAY_EVICTED";
    case KeptOut::kBanned:
      return "AGENT_AWAY_BANNED";
  }
  return "AGENT_NOT_CONNECTED";
}

absl::Status CheckNotKeptOut(const store::AgentRecord& record, const std::string& agent,
                             int64_t epoch) {
  if (record.banned()) return MakeError("AGENT_BANNED", {{"agent", agent}});
  if (epoch < record.evicted_epoch()) {
    return MakeError("AGENT_EVICTED", {{"agent", agent}});
  }
  return absl::OkStatus();
}

absl::Status CheckSession(const store::AgentRecord& record, const std::string& agent,
                          int64_t epoch) {
  GB_RETURN_IF_ERROR(CheckNotKeptOut(record, agent, epoch));
  if (epoch < record.session_epoch()) {
    return MakeError("SESSION_REPLACED", {{"agent", agent}});
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
