#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/model/contact.h"
#include "sync-agent/portal/portal.h"
#include "tests/simulation/chance.h"

namespace guestbridge::simulation {

struct SimRow {
  int64_t id = 0;
  std::string value;
  std::string type;
  bool managers = false;    // put there or changed by a manager
  std::string client = {};  // whose value we put there; stays through merges
};

struct SimContact {
  agent::Fields fields;
  std::map<std::string, std::vector<SimRow>> rows;
  agent::Stamp stamp;
  // Mapped fields and multifields that a manager changed after us.
  std::set<std::string> managers_fields;
  // Fields that only managers fill in; must stay.
  agent::Fields managers_own;
  // Fields that we wrote last, with the value.
  agent::Fields ours;
  // Brought back from the bin: who follows it compares the whole contact.
  bool restored = false;
};

// A portal: contacts, what REST does to them, and what managers do.
class Portal {
 public:
  explicit Portal(std::string originator) : originator_(std::move(originator)) {}

  // --- REST; one command, carried out now ---
  // `reserved`: the IDs that additions get, when they were given out earlier.
  agent::CommandResult Execute(const agent::Command& command,
                               const std::vector<int64_t>& reserved = {});
  int64_t ReserveId() { return next_id_++; }

  // --- managers ---
  int64_t AddStranger(SimContact contact, absl::Duration now);
  std::optional<int64_t> Pick(uint64_t number) const;
  void Edit(int64_t id, Chance& chance, absl::Duration now);
  void Delete(int64_t id, absl::Duration now);
  void Merge(int64_t winner, int64_t loser, bool keep_origin, absl::Duration now);
  // Brings back the deleted contact, with a new ID.
  void Restore(int64_t id, absl::Duration now);

  // Live contacts of a client.
  std::vector<int64_t> Of(const agent::ClientKey& client) const;
  bool IsOurs(const SimContact& contact) const {
    return contact.stamp.originator == originator_;
  }

  std::map<int64_t, SimContact> contacts;
  std::map<int64_t, SimContact> bin;
  // When a manager last changed what became of this client's contact.
  std::map<std::string, absl::Duration> touched;
  // Contacts that an agent which was no longer in charge has written.
  std::set<int64_t> torn;
  // Clients that were erased on a person's word: none of them gets a contact any more.
  std::set<std::string> forgotten;
  bool hidden = false;       // the user of the webhook sees no contacts
  bool application = false;  // called by one, which may have events
  bool imports = true;       // has crm.item.batchImport, and the user may call it
  int adds = 0;
  int updates = 0;
  // The client's addition came after the settle time: two contacts are to be told of.
  std::function<bool(const std::string& client)> may_have_two = [](const std::string&) {
    return false;
  };
  // Something happened that must never happen; the text says what.
  std::function<void(const std::string&)> on_violation = [](const std::string&) {};
  // In a world without faults an update may only send what 1C changed.
  bool strict_updates = false;

  // What the portal refuses to save as a last name, with an unclear error.
  static constexpr char kRefusedName[] = "Unsaveable";

 private:
  agent::ContactRow RowOf(int64_t id, const std::vector<std::string>& select) const;
  agent::CommandResult Add(const agent::ContactContent& content,
                           const agent::Stamp& stamp, int64_t id);
  agent::CommandResult Do(const agent::ImportContacts& import,
                          const std::vector<int64_t>& reserved);
  agent::CommandResult Do(const agent::UpdateContact& update);
  agent::CommandResult Do(const agent::GetContact& get) const;
  agent::CommandResult Do(const agent::ListContacts& list) const;
  agent::CommandResult Do(const agent::ListNewest& newest) const;
  agent::CommandResult Do(const agent::GetProfile& profile) const;
  agent::CommandResult Do(const agent::BindEvent& bind);
  agent::CommandResult Do(const agent::GetBoundEvents& get) const;
  agent::CommandResult Do(const agent::PollEvents& poll);
  // What a command about events gets, when it may be asked at all.
  agent::CommandResult OfEvents() const;
  void TellOfDeletion(int64_t id);
  agent::CommandResult Do(const agent::FindContacts& find) const;
  void Touch(const SimContact& contact, absl::Duration now);

  std::string originator_;
  std::set<agent::ContactEvent> bound_;
  std::deque<int64_t> deleted_;  // not yet told
  int64_t next_id_ = 100;
  int64_t next_row_ = 5000;
};

}  // namespace guestbridge::simulation
