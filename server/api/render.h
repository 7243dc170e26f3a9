#pragma once

#include <string>

#include "common/text/catalogue.h"
#include "guestbridge/v1/agent.pb.h"
#include "guestbridge/v1/client.pb.h"
#include "guestbridge/v1/connection.pb.h"
#include "guestbridge/v1/event.pb.h"
#include "guestbridge/v1/field_mapping.pb.h"
#include "guestbridge/v1/run.pb.h"
#include "guestbridge/v1/status.pb.h"

// Fills in the texts of stored reasons, in the language of who reads. Pure.
namespace guestbridge::server {

void Render(Language language, v1::Explanation* explanation);
void Render(Language language, v1::Run* run);
void Render(Language language, v1::Agent* agent);
void Render(Language language, v1::EventSet* events);
void Render(Language language, v1::FieldMapping* mapping);
void Render(Language language, v1::Check* check);
void Render(Language language, v1::TestConnectionResponse* test);
void Render(Language language, v1::Connection* connection);
void Render(Language language, v1::Client* client);
void Render(Language language, v1::ClientExplanation* explanation);
void Render(Language language, v1::ListClientHistoryResponse* history);
// `integration`: that of the groups, by its resource name.
void Render(Language language, const std::string& integration,
            v1::ListClientGroupsResponse* groups);
// The same of samples.
void Render(Language language, const std::string& integration,
            v1::ListRunSamplesResponse* samples);
void Render(Language language, v1::ErasureReceipt* receipt);
void Render(Language language, v1::Status* status);

}  // namespace guestbridge::server
