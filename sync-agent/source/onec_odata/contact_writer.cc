#include "sync-agent/source/onec_odata/contact_writer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/odata_literal.h"

namespace guestbridge::agent {
namespace {

// An object that changes under us more often than this is being edited.
constexpr int kConflicts = 3;

bool Says(const absl::Status& status, const std::string& parameter,
          const std::string& value) {
  return ReasonOf(status) == "SOURCE_REFUSED" &&
         ParametersOf(status)[parameter] == value;
}

}  // namespace

ContactWriter::ContactWriter(ClientTable& clients, MessagesRegister& messages)
    : profile_(clients.profile()),
      clients_(clients),
      session_(clients.session()),
      messages_(messages),
      known_(clients.known()) {}

void ContactWriter::SetContentAttributes(std::vector<std::string> attributes) {
  // What may not be read is no content either: an export with it fails.
  const bool readable = clients_.CheckAttributes(attributes).ok();
  const std::lock_guard<std::mutex> lock(mutex_);
  content_known_ = readable;
  content_ = std::move(attributes);
}

// What the row of a client has to hold for its content; empty: not known.
std::vector<std::string> ContactWriter::content() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return content_known_ ? clients_.SelectOf(content_) : std::vector<std::string>();
}

ContactWritten ContactWriter::Told(const ODataRow& before,
                                   const ODataRow& after) const {
  const std::shared_ptr<const ClientNames> names = known_.names();
  const std::vector<std::string> select = content();
  if (select.empty() || names->version.empty()) return ContactWritten();
  for (const std::string& name : select) {
    if (name == names->version || name == names->contact) continue;
    const std::string* was = before.Find(name);
    const std::string* is = after.Find(name);
    // What does not come is not known to be the same.
    if (was == nullptr || is == nullptr || *was != *is) return ContactWritten();
  }
  ContactWritten written = {before.Get(names->version), after.Get(names->version)};
  const bool both = !written.version_before.empty() && !written.version_after.empty();
  return both ? written : ContactWritten();
}

absl::StatusOr<ContactWriter::Stored> ContactWriter::Read(const ClientKey& client) {
  const std::vector<std::string> select = content();
  const Reading way = reading_;
  if (select.empty()) return ReadNarrow(client);
  absl::StatusOr<ODataRow> row = ReadBy(way, client, select);
  if (row.ok()) {
    const ContactId contact = ReadContactId(row->Get(profile_.client.contact));
    return Stored{contact, *std::move(row)};
  }
  if (ParametersOf(row.status())["http"] != "400") return row.status();
  // Either this way of reading, or one of the attributes: a write needs none of them.
  GB_ASSIGN_OR_RETURN(Stored stored, ReadNarrow(client));
  if (reading_ == way) {
    const std::lock_guard<std::mutex> lock(mutex_);
    content_known_ = false;
  }
  return stored;
}

absl::StatusOr<ContactWriter::Stored> ContactWriter::ReadNarrow(
    const ClientKey& client) {
  bool asked_anew = false;
  while (true) {
    const std::shared_ptr<const ClientNames> names = known_.names();
    std::vector<std::string> select = {names->key};
    if (!names->version.empty()) select.push_back(names->version);
    select.push_back(names->contact);
    const Reading way = reading_;
    absl::StatusOr<ODataRow> row = ReadBy(way, client, select);
    if (row.ok()) {
      const ContactId held = ReadContactId(row->Get(names->contact));
      return Stored{held, *std::move(row)};
    }
    if (ParametersOf(row.status())["http"] != "400") return row.status();
    // Some builds know no $select of a single object.
    if (way == Reading::kEntity) {
      reading_ = Reading::kFilter;
      continue;
    }
    // Without a $select documents would come too: rather no write.
    reading_ = Reading::kEntity;
    if (asked_anew || ReasonOf(row.status()) != "SOURCE_ATTRIBUTE_MISSING") {
      return row.status();
    }
    asked_anew = true;
    known_.Doubt();
    GB_RETURN_IF_ERROR(known_.Learn());
  }
}

absl::StatusOr<ODataRow> ContactWriter::ReadBy(Reading way, const ClientKey& client,
                                               const std::vector<std::string>& select) {
  const ClientNames& names = profile_.client;
  const std::string key = GuidLiteral(client.guid());
  if (way == Reading::kEntity) return session_.FetchEntity(names.set, key, select);
  ODataQuery query;
  query.entity = names.set;
  query.filter = absl::StrCat(names.key, " eq ", key);
  query.select = select;
  GB_ASSIGN_OR_RETURN(ODataAnswer answer, session_.FetchRows(query));
  if (answer.rows.empty()) return MakeError("CLIENT_GONE", {{"entity", names.set}});
  return std::move(answer.rows.front());
}

absl::StatusOr<ODataRow> ContactWriter::Patch(const ClientKey& client,
                                              ContactId contact,
                                              const std::string& version) {
  const ClientNames& names = profile_.client;
  const nlohmann::json body = {{names.contact, contact.exists()
                                                   ? absl::StrCat(contact.value())
                                                   : names.contact_empty}};
  ODataSession::Headers headers;
  if (profile_.write.if_match && !version.empty()) {
    headers.emplace_back("If-Match", version);
  }
  const std::string key = GuidLiteral(client.guid());
  const bool load = profile_.write.data_load_mode && load_mode_ != Honoured::kNo;
  if (!load) return session_.Patch(names.set, key, body.dump(), headers);
  ODataSession::Headers loading = headers;
  loading.emplace_back("1C_OData-DataLoadMode", "true");
  absl::StatusOr<ODataRow> row = session_.Patch(names.set, key, body.dump(), loading);
  if (row.ok()) load_mode_ = Honoured::kYes;
  if (!Says(row.status(), "code", "17")) return row;
  load_mode_ = Honoured::kNo;
  return session_.Patch(names.set, key, body.dump(), headers);
}

absl::StatusOr<ContactWritten> ContactWriter::WriteAttribute(const ClientKey& client,
                                                             ContactId contact) {
  const ClientNames& names = profile_.client;
  Stored stored;
  if (profile_.write.reread_before_patch || profile_.write.if_match) {
    GB_ASSIGN_OR_RETURN(stored, Read(client));
    if (stored.contact == contact) return ContactWritten();
  }
  absl::StatusOr<ODataRow> row =
      Patch(client, contact, stored.row.Get(known_.names()->version));
  for (int i = 0; i < kConflicts && Says(row.status(), "http", "412"); ++i) {
    if_match_ = Honoured::kYes;
    GB_ASSIGN_OR_RETURN(stored, Read(client));
    if (stored.contact == contact) return ContactWritten();
    row = Patch(client, contact, stored.row.Get(known_.names()->version));
  }
  if (Says(row.status(), "http", "412")) {
    return MakeError("SOURCE_BUSY",
                     {{"entity", names.set}, {"http", "412"}, {"code", "-"}});
  }
  GB_RETURN_IF_ERROR(row.status());
  const std::string* kept = row->Find(names.contact);
  if (kept != nullptr && ReadContactId(*kept) == contact) {
    return Told(stored.row, *row);
  }
  // An answer without the attribute proves nothing, and neither does an old value that
  // a handler may have replaced by now: ask.
  GB_ASSIGN_OR_RETURN(const Stored after, Read(client));
  if (after.contact == contact) return Told(stored.row, after.row);
  return MakeError("WRITE_NOT_KEPT",
                   {{"entity", names.set}, {"attribute", names.contact}});
}

absl::StatusOr<ContactWritten> ContactWriter::WriteContact(const ClientKey& client,
                                                           ContactId contact) {
  if (!IsGuid(client.guid())) {
    return MakeError("CLIENT_GONE", {{"entity", profile_.client.set}});
  }
  GB_RETURN_IF_ERROR(known_.Learn());
  GB_ASSIGN_OR_RETURN(ContactWritten written, WriteAttribute(client, contact));
  GB_RETURN_IF_ERROR(messages_.Record(client, contact));
  return written;
}

}  // namespace guestbridge::agent
