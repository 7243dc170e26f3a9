#include "server/api/assignment.h"

#include "common/status/status_macros.h"
#include "server/api/keys.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {

absl::StatusOr<std::string> AssignedAgent(Transaction& transaction,
                                          const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  if (!connection.has_value()) return std::string();
  if (!connection->value.connection().agent().empty()) {
    return connection->value.connection().agent();
  }
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!integration.has_value()) return std::string();
  return integration->value.assigned_agent();
}

absl::StatusOr<bool> AssignWhenFree(Transaction& transaction, const std::string& id,
                                    const std::string& agent) {
  GB_ASSIGN_OR_RETURN(const std::string present, AssignedAgent(transaction, id));
  if (!present.empty()) return false;
  GB_ASSIGN_OR_RETURN(const auto connection, transaction.Get(keys::Connection(id)));
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!connection.has_value() || !integration.has_value()) return false;
  integration->value.set_assigned_agent(agent);
  GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Integration(id), integration->value));
  return true;
}

}  // namespace guestbridge::server
