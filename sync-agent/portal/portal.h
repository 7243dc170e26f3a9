#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/model/ids.h"

// A Bitrix24 portal: typed commands in, classified results out.
// Source of behaviour: docs/design/portal-calls.md.
namespace guestbridge::agent {

// crm.contact.add. `import`: params IMPORT=Y, no robots start.
struct AddContact {
  ContactContent content;
  Stamp stamp;
  bool import = false;
};

// crm.contact.update: only what is named changes.
struct UpdateContact {
  struct MultiChange {
    std::string field;  // PHONE, EMAIL, …
    int64_t id = 0;     // the portal's row; 0 adds a value
    std::string value;  // empty with an id: deletes that row
    std::string type;
  };
  ContactId id;
  Fields fields;  // "" clears
  std::vector<MultiChange> multifields;
  std::optional<Stamp> stamp;
};

// crm.contact.get: settles whether a contact is gone.
struct GetContact {
  ContactId id;
};

// crm.contact.delete: to the portal's recycle bin. A contact that is gone already is
// answered with an unclear error: look afterwards.
struct DeleteContact {
  ContactId id;
};

// crm.contact.list, order ID ASC, start -1: one page of at most 50.
struct ListContacts {
  // One of the three ways to ask:
  std::vector<ContactId> ids;      // @ID: at most 50
  std::optional<ContactId> after;  // >ID …
  std::optional<ContactId> upto;   // … and <=ID (with `after`; absent: no end)
  std::optional<Stamp> origin;     // ORIGINATOR_ID and ORIGIN_ID
  // Upper-case names; ID and the stamp fields are always asked for. Multifields by
  // name.
  std::vector<std::string> select;
};

// crm.contact.list, order ID DESC, start -1: the highest IDs, with their marks.
struct ListNewest {
  bool versions = false;  // also what their stamps say of content
};

// profile: who we are; `admin` in the result.
struct GetProfile {};

// crm.contact.fields: which fields contacts have now; `fields` in the result. The
// portal drops what is written to others without a word. Or, `statuses_of` a field,
// crm.status.list: its values, which the other doesn't tell; `fields` has that one
// field, with nothing but `items`, or none where the values are not told.
struct GetContactFields {
  std::string statuses_of = "";  // empty: all fields
  std::string dictionary = "";   // of `statuses_of`
};

// The portal's own fields whose values stand in a dictionary.
struct StatusField {
  const char* name;
  const char* dictionary;  // ENTITY_ID of its statuses
};
inline constexpr StatusField kStatusFields[] = {
    {"HONORIFIC", "HONORIFIC"}, {"SOURCE_ID", "SOURCE"}, {"TYPE_ID", "CONTACT_TYPE"}};

// crm.item.batchImport: 1 to 20 contacts in one command; no robots start. Or, `single`,
// crm.item.import: one contact, with an operating time of its own.
struct ImportContacts {
  struct Item {
    ContactContent content;  // as of AddContact; the codec translates the names
    Stamp stamp;
  };
  std::vector<Item> items;
  bool single = false;
};
inline constexpr int kMostImportItems = 20;

// crm.duplicate.findbycomm: contacts that hold one of these phones or e-mails, by the
// portal's own normalised index. It answers IDs only, not which value was found, and at
// most 20 (the oldest) a value: the rows must be read and compared.
struct FindContacts {
  enum class By { kPhone, kEmail };
  By by = By::kPhone;
  std::vector<std::string> values;  // 1 to 20
};

// What happens to contacts, queued by the portal until it is asked for (offline
// events): for an OAuth application whose user is an administrator; to others each of
// these commands is `unavailable`. The queue keeps one row per event and contact, for
// about 30 days, and holds our own writes too.
enum class ContactEvent { kUpdated, kDeleted };

// event.bind: from now on the portal queues the event. Done as well when it did before.
struct BindEvent {
  ContactEvent event = ContactEvent::kDeleted;
};

// event.get: which events are queued; `bound` in the result.
struct GetBoundEvents {};

// event.offline.get: takes the oldest events out of the queue. They are gone with the
// answer: when that is lost, only a look at all IDs finds what it told. (Keeping them
// reserved needs a plan's feature, and the name under which they are reserved would be
// lost with the same answer.)
struct PollEvents {
  int limit = 50;
};

using Command =
    std::variant<AddContact, UpdateContact, GetContact, ListContacts, ListNewest,
                 GetProfile, ImportContacts, FindContacts, BindEvent, GetBoundEvents,
                 PollEvents, GetContactFields, DeleteContact>;

// The REST method of a command, e.g. "crm.contact.add".
const char* MethodOf(const Command& command);

// False when a mapped field is one that the item methods don't take (the ADDRESS* set)
// or whose name there is not known: such a client goes by AddContact with `import`.
// What is empty is not sent, and doesn't count.
bool CanBeImported(const ContactContent& content);

// True when the command holds a text that batch would take for a reference
// (`$result[…]` and the like): such a command travels alone.
bool MustTravelAlone(const Command& command);
// So must each command that carries this content.
bool MustTravelAlone(const ContactContent& content);

// What is known about one command.
enum class Fate {
  kDone,         // executed; the value is in the result
  kGone,         // executed: there is no such contact (get, update)
  kRefused,      // definitely not carried out and never will be as it is (closed list)
  kNotExecuted,  // definitely not executed: too fast, over the operating limit, no
                 // authorisation, too many commands; may be sent again as it is
  kUnknown,      // anything else; `answered` tells whether its own slot held an error
};

struct ContactFieldShape {
  std::string type;  // the portal's own name of it, e.g. "string", "crm_multifield"
  bool read_only = false;
  bool required = false;
  bool multiple = false;
  // IDs of a list's values. Nothing: it is no list, or the portal did not say.
  std::optional<std::set<std::string>> items = {};
  std::string dictionary = "";  // that holds its values; empty: none is known
};

// From `time` or `result_time`; absent values are negative.
struct CommandTime {
  double duration_seconds = -1;
  double operating_seconds = -1;  // accumulated for the method
  double operating_reset_unix = -1;
};

// One contact of an ImportContacts.
struct ItemResult {
  Fate fate = Fate::kUnknown;
  bool answered = false;
  std::string reason;
  std::string portal_code;
  ContactId id;  // of kDone
};

struct PortalEvent {
  ContactEvent event = ContactEvent::kDeleted;
  ContactId id;
  bool operator==(const PortalEvent&) const = default;
};

struct CommandResult {
  Fate fate = Fate::kUnknown;
  bool answered = false;
  std::string reason;       // catalogue reason when not kDone, e.g. PORTAL_REFUSED, …
  std::string portal_code;  // Bitrix24's own error code; holds no guest's data
  bool operating_limit =
      false;  // of kNotExecuted: the method's operating time is used up
  // Of kNotExecuted: the portal has no such method, or the user lacks the right to it;
  // nothing stands against another way. Of ImportContacts, of AddContact with `import`,
  // of FindContacts and the event commands.
  bool unavailable = false;
  // Of kNotExecuted: the portal goes on refusing it until somebody changes something
  // there.
  bool not_allowed = false;
  CommandTime time;

  ContactId id;  // of AddContact
  // Of ImportContacts: one per item, in order, always. kDone says that each item has a
  // word of its own here; with any other fate each item has the command's.
  std::vector<ItemResult> items;
  // Of ListContacts, ListNewest, GetContact; of FindContacts with nothing but the ID.
  std::vector<ContactRow> rows;
  // Of a list: whole and plausible: every row parsed, ids ascending (descending for
  // ListNewest), unique and within what was asked for, at most 50.
  // Of PollEvents: every event was understood; else some are not in `events`.
  bool complete_page = false;
  bool last_page = false;     // fewer than 50 rows; fewer events than `limit`
  bool admin = false;         // of GetProfile
  bool admin_unsaid = false;  // of GetProfile: the portal does not say

  std::vector<PortalEvent> events;  // of PollEvents
  std::set<ContactEvent> bound;     // of GetBoundEvents
  // Of GetContactFields, by upper-case name; empty: the portal did not say.
  std::map<std::string, ContactFieldShape> fields;
};

// Gives each item of an ImportContacts the command's own word; other commands have no
// items.
void SpreadToItems(const Command& command, CommandResult* result);

// Why the request as a whole got no results.
enum class RequestFate {
  kAnswered,  // `results` hold each command's own word
  kTooFast,   // 503 QUERY_LIMIT_EXCEEDED as JSON: nothing executed
  kRefused,  // authorisation, plan, scope, portal gone: nothing executed; a person acts
  kNotSent,  // no byte left, or the portal could not check the token just now: nothing
             // executed; try later
  kUnknown,  // sent, no usable answer (reset, HTML, half a JSON, 5xx)
};

struct PortalAnswer {
  RequestFate fate = RequestFate::kUnknown;
  // Of everything but kAnswered: catalogue reason: PORTAL_UNREACHABLE,
  // PORTAL_ANSWERED_HTML, PORTAL_ANSWER_BROKEN, PORTAL_INTERNAL_ERROR, TOKEN_REFUSED,
  // SCOPE_MISSING, …
  std::string reason;
  // `host` also of kAnswered: what a command's own reason does not know.
  std::map<std::string, std::string> parameters;
  // One per command, in order, always: of kTooFast, kRefused, kNotSent each is
  // kNotExecuted; of kUnknown each is kUnknown.
  std::vector<CommandResult> results;
  bool reports_operating = false;  // any `operating` seen: a cloud portal
  int http_requests = 0;  // replays after a token refresh or a redirect included
  // The portal was renamed: these are the addresses (`host` or `host:port`) that it was
  // reached at before and is from now on. Said once; empty otherwise.
  std::string moved_from;
  std::string moved_to;
  absl::Duration took;
};

struct PortalRequest {
  // 1 to 50. One command travels as a call of its own, several as a batch (halt=0).
  std::vector<Command> commands;
  absl::Duration deadline = absl::Seconds(120);
  // A pacer has let it leave and has counted it; what its delivery adds it has not.
  bool counted = false;
  // Steady time after which it leaves no more: then kNotSent, or kUnknown when a part
  // had left.
  absl::Duration leave_by = absl::InfiniteDuration();
};

// Thread-safe; each call blocks until answered or its deadline. Sends at most once;
// only after a refused token or the redirect of a renamed portal (nothing executed) is
// the same request sent again.
class Portal {
 public:
  virtual ~Portal() = default;
  virtual PortalAnswer Send(const PortalRequest& request) = 0;
};

}  // namespace guestbridge::agent
