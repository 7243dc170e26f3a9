#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "sync-agent/model/attribute_kind.h"
#include "sync-agent/model/client.h"
#include "sync-agent/model/content_basis.h"
#include "sync-agent/model/ids.h"

// Where clients come from. A connector (source/onec_odata) implements these contracts;
// nobody outside source/ includes a connector.
//
// All calls block, at most one at a time per base (the connector holds a gate of its
// own: 1C is a desk system and reception comes first). Thread-safe.
//
// Errors (reason → meaning; all parameters are free of guests' data):
//   SOURCE_UNREACHABLE (UNAVAILABLE), SOURCE_IN_MAINTENANCE (UNAVAILABLE),
//   SOURCE_LICENCES_EXHAUSTED (UNAVAILABLE), SOURCE_BUSY (UNAVAILABLE; a lock),
//   SOURCE_ANSWER_BROKEN (UNAVAILABLE; HTML, truncated or no JSON): worth a retry;
//   SOURCE_CREDENTIALS_REFUSED, SOURCE_RIGHT_MISSING, SOURCE_NOT_PUBLISHED,
//   SOURCE_ENTITY_MISSING, SOURCE_ATTRIBUTE_MISSING, SOURCE_REFUSED
//   (FAILED_PRECONDITION): a person must act.
namespace guestbridge::agent {

struct SourceUsage {
  int requests = 0;
  int rows = 0;
};

// A page of a stream. "Absent" is never "deleted": a row that does not come says
// nothing.
struct ClientPage {
  std::vector<ClientRow> rows;
  // Of a kCompare stream: clients that were looked at and need no row, without those
  // that the caller has counted.
  int unchanged = 0;
  bool last = false;
  // With the last page only: something that a person should see, for a run's notices.
  absl::Status notice;
  // With the last page only: pass it to the next kChanges stream once every row of this
  // stream is durably dealt with. It was read before the stream began (full) or comes
  // from the stream's own rows (changes).
  Watermark watermark;
};

// One pass over clients. One thread at a time.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  // After an UNAVAILABLE error the same page may be asked for again.
  virtual absl::StatusOr<ClientPage> Next() = 0;
};

// What the caller knows of a client's row.
struct KnownRow {
  std::string version;   // data_version whose row needs no second look; empty: none
  bool echo = false;     // that version was made by our own write-back
  bool counted = false;  // the caller has dealt with the client since it began
};
// In the order of the keys. Called from the thread that reads the stream.
using KnownRows =
    std::function<absl::StatusOr<std::vector<KnownRow>>(absl::Span<const ClientKey>)>;

struct ReadRequest {
  enum class Kind {
    kFull,     // every client that is not a folder, each at least once
    kChanges,  // at least those changed or created after `since`
    kCompare,  // at least those whose version is not the known one; may be kFull
  };
  Kind kind = Kind::kFull;
  Watermark since;                      // of kChanges; empty reads everything
  std::vector<std::string> attributes;  // what the mapping needs
  // With it, rows of kChanges and kCompare whose version is known may be left out.
  KnownRows known = nullptr;
  // The client whose contact ID was written last. A base that no longer holds that ID
  // was restored from a backup, and its versions count from the past: everything is
  // read then.
  ClientKey last_written = {};
  ContactId last_written_contact = {};
  // Nobody waits for what is read, and the next reading comes by itself: a look that
  // finds little and costs much may be left to it, within hours.
  bool unattended = false;
};

// Where data of a client is that a connector can't remove: a reason of the catalogue,
// for the receipt of an erasure.
struct SourceRemnant {
  std::string reason;
  std::vector<std::pair<std::string, std::string>> parameters;
};

// Clients that hold a text somewhere.
struct ClientSearch {
  std::vector<std::string> in;     // attributes; look-ups among them are passed over
  std::vector<std::string> texts;  // one of them is a part of what an attribute holds
  int limit = 0;                   // rows at most
};

// A change of a client that 1C recorded. Nothing of what was changed.
struct ChangeRecord {
  SourceTime time;
  bool seen = false;  // the changes up to the watermark include it
};

class SourceReader {
 public:
  virtual ~SourceReader() = default;
  virtual absl::StatusOr<std::unique_ptr<ClientStream>> OpenStream(
      const ReadRequest& request) = 0;
  // Those of `keys` that can be read, in any order, folders included.
  virtual absl::StatusOr<std::vector<ClientRow>> FetchClients(
      absl::Span<const ClientKey> keys, absl::Span<const std::string> attributes) = 0;
  // By Ref_Key or by code (trimmed). Absence is not an error.
  virtual absl::StatusOr<std::optional<ClientRow>> FindClient(
      absl::string_view key_or_code, absl::Span<const std::string> attributes) = 0;
  // In any order; folders may be among them. Letter by letter, but for their case where
  // the base does not tell it: a text that is written otherwise in the base is not
  // found. One small request that reads the whole table; nobody where the base can't.
  virtual absl::StatusOr<std::vector<ClientRow>> SearchClients(
      const ClientSearch& search, absl::Span<const std::string> attributes) {
    static_cast<void>(search);
    static_cast<void>(attributes);
    return std::vector<ClientRow>();
  }
  // The newest records of the client's change history, newest first, at most `limit`;
  // `upto`: how far the changes were read. One small request; nothing where the base
  // shows no history.
  virtual absl::StatusOr<std::vector<ChangeRecord>> RecentChanges(
      const ClientKey& client, const Watermark& upto, int limit) {
    static_cast<void>(client);
    static_cast<void>(upto);
    static_cast<void>(limit);
    return std::vector<ChangeRecord>();
  }
  // Removes what the connector keeps of the client by itself, and says where on its
  // side of 1C more of it is. Known or not; may be repeated, as after an error. Not
  // while a stream is open.
  virtual absl::StatusOr<std::vector<SourceRemnant>> ForgetClient(
      const ClientKey& client) {
    static_cast<void>(client);
    return std::vector<SourceRemnant>();
  }
  // What decides the content of `attributes` beside the clients' rows. A small request
  // for each look-up among them, once an hour.
  virtual absl::StatusOr<ContentBasis> FetchContentBasis(
      absl::Span<const std::string> attributes) {
    static_cast<void>(attributes);
    return ContentBasis();
  }
  // As it was for the rows that were read since: with what was met on the way, and with
  // each text as it was first. Reaches nothing.
  virtual ContentBasis BasisOfRowsRead(absl::Span<const std::string> attributes) {
    static_cast<void>(attributes);
    return ContentBasis();
  }
  // What the rows that were read since the last OpenStream show of the attributes that
  // they were asked for. Reaches nothing. Nothing from a connector whose values are all
  // texts.
  virtual AttributeKinds KindsOfRowsRead() const { return {}; }
  // What was used since the connector was made.
  virtual SourceUsage usage() const = 0;
};

// What a write made of the row's version; empty where it is not certain that the row's
// content is the same in both: 1C's own handlers change what they like with a write.
struct ContactWritten {
  std::string version_before;
  std::string version_after;
};

// In which the site wants its clients left alone; from < to.
struct QuietSpell {
  absl::Time from;
  absl::Time to;
};

class SourceWriter {
 public:
  virtual ~SourceWriter() = default;
  // Writes the contact's ID to the client, and the messages register when the profile
  // names one. Re-reads before, compares the answer after: OK means that 1C holds it.
  // Idempotent. Errors beyond those above: WRITE_NOT_KEPT (FAILED_PRECONDITION: 200 but
  // not stored), CLIENT_GONE (NOT_FOUND), SOURCE_REFUSED (a handler said no).
  virtual absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                                      ContactId contact) = 0;
  // What decides a client's content. Before this is told no write tells versions.
  virtual void SetContentAttributes(std::vector<std::string> attributes) {
    static_cast<void>(attributes);
  }
  // Whether the site lets its clients be written now. Reaches nothing. Errors:
  // SOURCE_QUIET_HOURS {until} (UNAVAILABLE).
  virtual absl::Status CheckHours() const { return absl::OkStatus(); }
  // The first quiet spell that ends after `at`; nothing when the site has none. Reaches
  // nothing.
  virtual std::optional<QuietSpell> NextQuiet(absl::Time /*at*/) const {
    return std::nullopt;
  }
  // No write follows for a while: lets go of what the writes had in common (a session
  // of 1C). Any time.
  virtual void Rest() {}
};

struct SourceField {
  std::string name;
  std::string type;  // Edm.String, …
  int max_length = 0;
};

// One finding of a test; reason and parameters are rendered elsewhere.
struct SourceCheck {
  enum class State { kOk, kWarning, kFailed };
  std::string name;  // source, entities, write-right, version, identity, hotel, …
  State state = State::kOk;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> parameters;
};

struct SourceIdentity {
  std::string value;  // the base's own UUID, lower case; empty: it publishes none
};

class SourceProbe {
 public:
  virtual ~SourceProbe() = default;
  virtual absl::StatusOr<SourceIdentity> FetchIdentity() = 0;
  // Attributes of clients that a mapping may name.
  virtual absl::StatusOr<std::vector<SourceField>> FetchFields() = 0;
  // change-history, create-date, exchange-plan, messages-register.
  virtual absl::StatusOr<std::vector<std::string>> FetchCapabilities() = 0;
  // Every finding, the failing ones too; never writes. `mapped`: attributes that the
  // mapping reads; without them an export fails. `goes_on` is asked between requests
  // and ends it early: a base that answers slowly takes minutes to look at.
  virtual std::vector<SourceCheck> Test(absl::string_view hotel,
                                        absl::Span<const std::string> mapped,
                                        absl::FunctionRef<bool()> goes_on) = 0;
};

// A connected source: the three contracts of one connector.
struct Source {
  std::unique_ptr<SourceReader> reader;
  std::unique_ptr<SourceWriter> writer;
  std::unique_ptr<SourceProbe> probe;
};

}  // namespace guestbridge::agent
