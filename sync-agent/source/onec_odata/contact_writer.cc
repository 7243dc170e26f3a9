#include "sync-agent/source/onec_odata/contact_writer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/client_table.h"
#include "sync-agent/source/onec_odata/odata_literal.h"

namespace guestbridge::agent {
namespace {

// An object that changes under us more often than this is being edited.
constexpr int kConflicts = 3;

// A version counts an object's writes. Where it is the next one, nobody wrote between
// our look and our write, which If-Match alone does not promise: 1C may ignore it.
bool IsNextVersion(const std::string& before, const std::string& after) {
  std::string bytes;
  std::string next;
  if (!absl::Base64Unescape(before, &bytes) || !absl::Base64Unescape(after, &next) ||
      bytes.size() != 8) {
    return false;
  }
  for (size_t at = bytes.size(); at-- > 0;) {
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) + 1);
    if (bytes[at] != 0) break;
  }
  return bytes == next;
}

bool Says(const absl::Status& status, const std::string& parameter,
          const std::string& value) {
  return ReasonOf(status) == "SOURCE_REFUSED" &&
         ParametersOf(status)[parameter] == value;
}

}  // namespace

ContactWriter::ContactWriter(const SourceProfile& profile, ODataSession& session,
                             MessagesRegister& messages, ClientAttributes& known)
    : profile_(profile),
      session_(session),
      messages_(messages),
      known_(known),
      load_mode_(profile.write.data_load_mode) {}

absl::StatusOr<ContactWriter::Stored> ContactWriter::Read(const ClientKey& client) {
  const std::shared_ptr<const ClientNames> known = known_.names();
  const ClientNames& names = *known;
  std::vector<std::string> select = {names.key};
  if (!names.version.empty()) select.push_back(names.version);
  select.push_back(names.contact);
  while (true) {
    const Reading way = reading_;
    const absl::StatusOr<ODataRow> row = ReadBy(way, client, select);
    if (row.ok()) {
      const std::string* contact = row->Find(names.contact);
      if (contact == nullptr && way == Reading::kFilterWhole) {
        return MakeError("SOURCE_ATTRIBUTE_MISSING",
                         {{"entity", names.set}, {"attribute", names.contact}});
      }
      return Stored{ReadContactId(contact == nullptr ? "" : *contact),
                    row->Get(names.version)};
    }
    if (ParametersOf(row.status())["http"] != "400") return row.status();
    // Some builds know no $select of a single object, or none with this filter.
    if (way == Reading::kFilterWhole) {
      reading_ = Reading::kEntity;
      return row.status();
    }
    reading_ = way == Reading::kEntity ? Reading::kFilter : Reading::kFilterWhole;
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
  if (way == Reading::kFilter) query.select = select;
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
  if (!load_mode_) return session_.Patch(names.set, key, body.dump(), headers);
  ODataSession::Headers loading = headers;
  loading.emplace_back("1C_OData-DataLoadMode", "true");
  absl::StatusOr<ODataRow> row = session_.Patch(names.set, key, body.dump(), loading);
  if (!Says(row.status(), "code", "17")) return row;
  load_mode_ = false;
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
  absl::StatusOr<ODataRow> row = Patch(client, contact, stored.version);
  for (int i = 0; i < kConflicts && Says(row.status(), "http", "412"); ++i) {
    GB_ASSIGN_OR_RETURN(stored, Read(client));
    if (stored.contact == contact) return ContactWritten();
    row = Patch(client, contact, stored.version);
  }
  if (Says(row.status(), "http", "412")) {
    return MakeError("SOURCE_BUSY",
                     {{"entity", names.set}, {"http", "412"}, {"code", "-"}});
  }
  GB_RETURN_IF_ERROR(row.status());
  const std::string* kept = row->Find(names.contact);
  if (kept != nullptr && ReadContactId(*kept) == contact) {
    ContactWritten written = {stored.version, row->Get(names.version)};
    return IsNextVersion(written.version_before, written.version_after)
               ? written
               : ContactWritten();
  }
  // An answer without the attribute proves nothing, and neither does an old value that
  // a handler may have replaced by now: ask.
  GB_ASSIGN_OR_RETURN(stored, Read(client));
  if (stored.contact == contact) return ContactWritten();
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
