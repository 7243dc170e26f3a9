#pragma once

#include <memory>
#include <string>
#include <utility>

#include "sync-agent/source/onec_odata/base_gate.h"
#include "sync-agent/source/onec_odata/client_attributes.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/contact_writer.h"
#include "sync-agent/source/onec_odata/lookup_table.h"
#include "sync-agent/source/onec_odata/messages_register.h"
#include "sync-agent/source/onec_odata/metadata_memory.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/onec_checks.h"
#include "sync-agent/source/onec_odata/source_address.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// One connected base: what reader, writer, probe and open streams share (hence a
// shared_ptr: each may be the last that is left). Members know each other by reference.
struct OneCBase {
  OneCBase(SourceProfile its_profile, const SourceAddress& address,
           std::unique_ptr<HttpClient> http, const std::string& user,
           const SecretString& password, const Clock& its_clock)
      : profile(std::move(its_profile)),
        tls(address.tls),
        origin(OriginOf(address)),
        session(std::move(http), address.root, user, password, profile.session,
                BaseGate::At(origin + address.root)),
        lookups(session, its_clock),
        metadata(NamedSets(profile), session, its_clock),
        attributes(profile.client, session, its_clock),
        clients(profile, session, lookups, attributes, its_clock),
        messages(profile, session, its_clock),
        writer(clients, messages),
        clock(its_clock) {}
  OneCBase(const OneCBase&) = delete;
  OneCBase& operator=(const OneCBase&) = delete;

  const SourceProfile profile;
  const bool tls;
  const std::string origin;
  ODataSession session;
  LookupTable lookups;
  MetadataMemory metadata;
  ClientAttributes attributes;
  ClientTable clients;
  MessagesRegister messages;
  ContactWriter writer;
  const Clock& clock;
};

}  // namespace guestbridge::agent
