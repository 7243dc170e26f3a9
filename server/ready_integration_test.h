#pragma once

#include "absl/status/status.h"
#include "common/status/status_macros.h"
#include "server/api/keys.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Puts integrations/main as it is after `connection set` and `fields save`: a run can
// be started.
inline absl::Status PutReadyIntegration(Transaction& t) {
  store::IntegrationRecord integration;
  integration.mutable_integration()->set_name("integrations/main");
  integration.mutable_integration()->set_type(v1::Integration::BITRIX24);
  integration.mutable_integration()->set_active(true);
  store::ConnectionRecord connection;
  connection.mutable_connection()->set_api_server("hotel.bitrix24.ru");
  connection.mutable_connection()->mutable_oauth()->set_client_id("app");
  store::MappingRecord mapping;
  mapping.mutable_mapping()->set_version(1);
  GB_RETURN_IF_ERROR(PutRecord(t, keys::Integration("main"), integration));
  GB_RETURN_IF_ERROR(PutRecord(t, keys::Connection("main"), connection));
  return PutRecord(t, keys::Mapping("main", 1), mapping);
}

}  // namespace guestbridge::server
