// What must be true at the end of a night: the world against what the product believes.

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/simulation/world.h"

namespace guestbridge::simulation {
namespace {

using agent::ClientKey;
using agent::ClientRecord;
using agent::LinkState;
using agent::MappedContact;
using agent::Outcome;
using agent::WriteBackState;

std::string FieldOf(const agent::Fields& fields, const std::string& name) {
  const auto field = fields.find(name);
  return field == fields.end() ? "" : field->second;
}

class Checker {
 public:
  Checker(World& world, bool settled) : world_(world), settled_(settled) {}

  void Run() {
    OneContactPerClient();
    agent::Ledger* const ledger = world_.agent().ledger();
    if (ledger == nullptr) {
      if (settled_) Fail("the agent does not run");
      return;
    }
    if (world_.scenario.calm) Limits();
    Contents();
    ReadLedger(*ledger);
    Links();
    const bool succeeded = world_.last_export.has_value() &&
                           world_.last_export->end == agent::RunEnd::kSucceeded;
    if (settled_ && !succeeded) {
      Fail(absl::StrCat("without faults the export ends ",
                        world_.last_export.has_value()
                            ? world_.last_export->error.ToString()
                            : "never"));
    }
    if (!world_.agent().idle() || !succeeded) return;
    since_ = world_.last_export->begun;
    if (world_.ledger_changed >= since_) return;
    const bool calm_night = world_.faults.struck().size() == world_.faults_before_night;
    if (calm_night && !attempts_.empty() && settled_) {
      Fail(absl::StrCat(attempts_.size(),
                        " doubts are left after a night without faults"));
    }
    for (const auto& [key, client] : world_.base.state.clients) Client(key, client);
  }

 private:
  void Fail(const std::string& what) { world_.Fail(what); }

  void OneContactPerClient() {
    std::map<std::string, int64_t> first;
    for (const auto& [id, contact] : world_.portal.contacts) {
      if (!world_.portal.IsOurs(contact)) continue;
      const auto [other, fresh] = first.emplace(contact.stamp.origin, id);
      if (fresh) continue;
      const std::string& client = contact.stamp.origin;
      const bool too_late = world_.network.came_too_late.count(client) > 0;
      if (too_late && (!settled_ || world_.told_of_two.count(client) > 0)) continue;
      Fail(absl::StrCat("client ", client, " has contacts ", other->second, " and ", id,
                        too_late ? ", and nobody was told" : ""));
    }
  }

  void Limits() {
    const PortalLimits& limits = world_.network.limits();
    if (limits.too_fast > 0) Fail("the request limit was hit");
    if (limits.over_operating > 0) Fail("the operating limit was hit");
  }

  // What holds for every contact at every time.
  void Contents() {
    for (const auto& [id, contact] : world_.portal.contacts) {
      for (const auto& [field, value] : contact.managers_own) {
        if (FieldOf(contact.fields, field) != value) {
          Fail(absl::StrCat("a manager's ", field, " of contact ", id, " is lost"));
        }
      }
      if (world_.portal.torn.count(id) > 0) continue;
      for (const auto& [field, rows] : contact.rows) {
        std::set<std::string> values;
        for (const SimRow& row : rows) {
          if (!values.insert(row.value).second) {
            Fail(absl::StrCat(field, " of contact ", id, " is doubled: ", row.value));
          }
        }
      }
    }
  }

  void ReadLedger(agent::Ledger& ledger) {
    ClientKey after;
    while (true) {
      const auto page = ledger.List(after, 500);
      if (!page.ok()) return Fail(page.status().ToString());
      if (page->empty()) break;
      after = page->back().key;
      for (const ClientRecord& record : *page) records_[record.key] = record;
    }
    const auto attempts = ledger.Attempts();
    if (!attempts.ok()) return Fail(attempts.status().ToString());
    for (const agent::Attempt& attempt : *attempts)
      attempts_.insert(attempt.intent.key);
  }

  // No contact is linked to a client whose it is not.
  void Links() {
    for (const auto& [key, record] : records_) {
      if (record.link != LinkState::kLive) continue;
      const auto contact = world_.portal.contacts.find(record.contact.value());
      if (contact == world_.portal.contacts.end()) continue;  // not noticed yet
      if (world_.portal.IsOurs(contact->second) &&
          contact->second.stamp.origin != key.guid()) {
        // Told as this client's while the answer of whoever owns it was lost: the end
        // of that doubt takes it back.
        if (attempts_.count(ClientKey(contact->second.stamp.origin)) > 0) continue;
        if (IsToldFalsely(key)) continue;
        Fail(absl::StrCat("client ", key.guid(), " is linked to contact ",
                          contact->first, " of client ", contact->second.stamp.origin));
      }
    }
  }

  // The next run's sweep gives it its own.
  bool IsToldFalsely(const ClientKey& key) const {
    const auto told = world_.network.told_falsely.find(key.guid());
    if (settled_ || told == world_.network.told_falsely.end()) return false;
    return !world_.last_export.has_value() ||
           world_.last_export->end != agent::RunEnd::kSucceeded ||
           world_.last_export->begun <= told->second;
  }

  // True when there is a reason that this client is not as it should be.
  bool Waits(const ClientKey& key, const SimClient& client,
             const std::optional<ClientRecord>& record) const {
    const auto touched = world_.portal.touched.find(key.guid());
    if (client.touched >= since_ || world_.mapping_changed >= since_ ||
        (touched != world_.portal.touched.end() && touched->second >= since_)) {
      return true;
    }
    if (attempts_.count(key) > 0) return !settled_;
    if (!record.has_value()) return false;
    if (record->problem == Outcome::kFailed) {
      return !settled_ ||
             client.attributes.at("LastName") == std::string(Portal::kRefusedName);
    }
    if (record->dirty || record->problem == Outcome::kDeferred) return !settled_;
    return false;
  }

  void Client(const ClientKey& key, const SimClient& client) {
    const auto found = records_.find(key);
    if (world_.portal.forgotten.count(key.guid()) > 0) {
      if (settled_ && found != records_.end()) {
        Fail(absl::StrCat("client ", key.guid(),
                          " was erased, and the ledger holds its record"));
      }
      return;
    }
    if (client.marked) return;
    const std::optional<ClientRecord> record =
        found == records_.end() ? std::nullopt : std::optional(found->second);
    const MappedContact mapped = world_.surroundings.mapping->Map(
        world_.base.RowOf(key),
        absl::ToCivilDay(world_.agent().Wall(), absl::UTCTimeZone()));
    if (record.has_value() && record->reason == "NO_NAME_NO_PHONE_NO_EMAIL") return;
    if (Waits(key, client, record) || IsToldFalsely(key)) return;

    // A contact that managers took away is missed by a run whose reads were spoilt; the
    // next one looks again.
    const bool spoilt = world_.faults.struck().size() > world_.faults_before_night;
    const bool gone = record.has_value() && record->link == LinkState::kLive &&
                      world_.portal.contacts.count(record->contact.value()) == 0;
    if (spoilt && gone) return;

    const std::vector<int64_t> ids = world_.portal.Of(key);
    // Which of them is linked was decided before the other came.
    if (ids.size() > 1) return;
    if (ids.empty()) {
      if (!record.has_value()) {
        return Fail(absl::StrCat("client ", key.guid(),
                                 " has no contact, and nobody knows the client"));
      }
      return Fail(
          absl::StrCat("client ", key.guid(),
                       " has no contact, and nobody knows why; the ledger says ",
                       record->contact.value(), ", link ",
                       static_cast<int>(record->link), ", ", record->reason));
    }
    Fields(key, ids.front(), mapped);
    if (!record.has_value() || record->contact.value() != ids.front()) {
      return Fail(absl::StrCat("client ", key.guid(), " has contact ", ids.front(),
                               ", the ledger says ",
                               record.has_value() ? record->contact.value() : 0));
    }
    const bool written = client.contact == record->contact;
    const bool queued = record->write_back == WriteBackState::kPending ||
                        record->write_back == WriteBackState::kParked;
    // A copy from before our last writes may hold the watermark's moment all the same:
    // the IDs that it lacks are seen when the base is read whole.
    const bool untraced = world_.base.untraced >= world_.base_read_whole;
    if (!written && !untraced && (!queued || settled_)) {
      Fail(absl::StrCat("1C holds contact ", client.contact.value(), " for client ",
                        key.guid(), " and not ", ids.front(),
                        queued ? "" : ", and it is not queued"));
    }
  }

  void Fields(const ClientKey& key, int64_t id, const MappedContact& mapped) {
    const SimContact& contact = world_.portal.contacts.at(id);
    for (const auto& [field, value] : mapped.content.fields) {
      if (contact.managers_fields.count(field) > 0) continue;
      const std::string held = FieldOf(contact.fields, field);
      if (held == value) continue;
      // What others wrote is not ours to clear.
      if (value.empty() && FieldOf(contact.ours, field) != held) continue;
      Fail(absl::StrCat(field, " of contact ", id, " of client ", key.guid(), " is \"",
                        held, "\", and should be \"", value, "\""));
    }
    if (world_.portal.torn.count(id) > 0) return;
    for (const auto& [field, values] : mapped.content.multifields) {
      std::set<std::string> wanted;
      for (const agent::MultiValue& value : values) wanted.insert(value.value);
      std::set<std::string> held;
      const auto rows = contact.rows.find(field);
      if (rows != contact.rows.end()) {
        for (const SimRow& row : rows->second) {
          held.insert(row.value);
          if (!row.managers && row.client == key.guid() &&
              wanted.count(row.value) == 0) {
            Fail(absl::StrCat(field, " ", row.value, " of contact ", id, " of client ",
                              key.guid(), " is ours and was not taken away"));
          }
        }
      }
      if (contact.managers_fields.count(field) > 0) continue;
      for (const std::string& value : wanted) {
        if (held.count(value) == 0) {
          Fail(absl::StrCat(field, " ", value, " of client ", key.guid(),
                            " is missing in contact ", id));
        }
      }
    }
  }

  World& world_;
  const bool settled_;
  absl::Duration since_;
  std::map<ClientKey, ClientRecord> records_;
  std::set<ClientKey> attempts_;
};

}  // namespace

void CheckNight(World& world, bool settled) { Checker(world, settled).Run(); }

}  // namespace guestbridge::simulation
