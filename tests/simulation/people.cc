// What people do to the base and to the portal, and the disasters of a night.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/world.h"

namespace guestbridge::simulation {
namespace {

using agent::ClientKey;
using agent::ContactId;
using agent::MappingEntry;

constexpr const char* kFamilies[] = {"Ivanova", "Petrov",   "Sidorova", "Smirnov",
                                     "Иванова", "Кузнецов", "O'Neil",   "Müller"};
constexpr const char* kNames[] = {"Anna", "Boris", "Vera", "Gleb", "Дарья", "Егор"};

std::string Phone(Chance& chance) {
  return absl::StrCat("+7916", 1'000'000 + chance.Below(8'999'999));
}

std::string Email(Chance& chance) {
  return absl::StrCat("guest", chance.Below(1'000'000), "@guest.example");
}

std::string Date(Chance& chance) {
  return absl::StrCat(1940 + chance.Below(60), "-0", 1 + chance.Below(9), "-1",
                      chance.Below(10), "T00:00:00");
}

std::vector<MappingEntry> Entries(int form) {
  std::vector<MappingEntry> entries = {
      {"LastName", "LAST_NAME", {}}, {"FirstName", "NAME", {}},
      {"Phone", "PHONE", {}},        {"Mobile", "PHONE", {}},
      {"Email", "EMAIL", {}},        {"BirthDate", "BIRTHDATE", {}}};
  if (form % 2 == 0) entries.push_back({"Note", "COMMENTS", {}});
  if (form % 3 == 1) entries.push_back({"City", "ADDRESS_CITY", {}});
  if (form % 5 == 2) entries[0].transforms = {"upper"};
  return entries;
}

// The single fields that a mapping fills.
std::set<std::string> Targets(const agent::CompiledMapping& mapping) {
  std::set<std::string> targets;
  for (const auto& [target, value] : mapping.Map({}, absl::CivilDay()).content.fields) {
    targets.insert(target);
  }
  return targets;
}

}  // namespace

SimClient World::MakeClient(Chance& chance, bool refused) {
  SimClient client;
  client.attributes["LastName"] =
      refused ? std::string(Portal::kRefusedName)
              : absl::StrCat(kFamilies[chance.Below(8)], chance.Below(500));
  client.attributes["FirstName"] = chance.Roll(0.9) ? kNames[chance.Below(6)] : "";
  client.attributes["Phone"] = chance.Roll(0.8) ? Phone(chance) : "";
  client.attributes["Mobile"] = chance.Roll(0.4) ? Phone(chance) : "";
  client.attributes["Email"] = chance.Roll(0.6) ? Email(chance) : "";
  client.attributes["BirthDate"] = chance.Roll(0.5) ? Date(chance) : "";
  client.attributes["Note"] =
      chance.Roll(0.3) ? absl::StrCat("n", chance.Below(99)) : "";
  client.attributes["City"] = chance.Roll(0.3) ? "Tver" : "";
  if (chance.Roll(0.02)) client.attributes["Note"] = "$result[c0]";
  if (chance.Roll(0.02)) {
    for (const char* name : {"LastName", "FirstName", "Phone", "Mobile", "Email"}) {
      client.attributes[name] = "";
    }
  }
  return client;
}

void World::NewClient(Chance& chance, bool refused) {
  base.Add(MakeClient(chance, refused), chance, queue.now());
}

void World::EditClient(Chance& chance) {
  const auto key = base.Pick(chance.Next64());
  if (!key.has_value()) return;
  const int edits = chance.Roll(scenario.same_second) ? 2 : 1;
  const absl::Duration late = chance.Roll(scenario.late_rows)
                                  ? chance.Between(absl::Seconds(1), absl::Seconds(110))
                                  : absl::ZeroDuration();
  for (int i = 0; i < edits; ++i) {
    const SimClient other = MakeClient(chance, false);
    static constexpr const char* kAttributes[] = {"FirstName", "LastName", "Phone",
                                                  "Mobile",    "Email",    "BirthDate",
                                                  "Note",      "City"};
    auto& attributes = base.state.clients.at(*key).attributes;
    const int changes = 1 + static_cast<int>(chance.Below(2));
    for (int c = 0; c < changes; ++c) {
      const char* const name = kAttributes[chance.Below(8)];
      std::string value = other.attributes.at(name);
      if (value.empty() && std::string(name) == "LastName") continue;
      attributes[name] = std::move(value);
    }
    base.Change(*key, queue.now(), late);
  }
}

void World::MergeClients(Chance& chance) {
  // One card is kept and gets the other's phone; the other is marked.
  const auto kept = base.Pick(chance.Next64());
  const auto other = base.Pick(chance.Next64());
  if (!kept.has_value() || *kept == *other) return;
  base.state.clients.at(*kept).attributes["Mobile"] =
      base.state.clients.at(*other).attributes["Phone"];
  base.state.clients.at(*other).marked = true;
  base.Change(*kept, queue.now(), absl::ZeroDuration());
  base.Change(*other, queue.now(), absl::ZeroDuration());
}

void World::NewStranger(Chance& chance) {
  SimContact contact;
  const auto key = base.Pick(chance.Next64());
  if (key.has_value() && chance.Roll(0.3)) {
    // A contact that somebody made by hand for a guest of ours.
    const SimClient& client = base.state.clients.at(*key);
    contact.fields["LAST_NAME"] = client.attributes.at("LastName");
    const std::string& phone = client.attributes.at("Phone");
    if (!phone.empty()) contact.rows["PHONE"].push_back({0, phone, "WORK", true});
  } else {
    contact.fields["LAST_NAME"] = absl::StrCat("Stranger", chance.Below(1000));
    contact.rows["PHONE"].push_back(
        {0, absl::StrCat("+7495", 1'000'000 + chance.Below(8'999'999)), "WORK", true});
  }
  portal.AddStranger(std::move(contact), queue.now());
}

void World::MergeContacts(Chance& chance) {
  const auto winner = portal.Pick(chance.Next64());
  const auto loser = portal.Pick(chance.Next64());
  if (!winner.has_value() || *winner == *loser) return;
  portal.Merge(*winner, *loser, scenario.merge_keeps_origin, queue.now());
}

void World::RestoreContact(Chance& chance) {
  if (portal.bin.empty()) return;
  auto found = portal.bin.begin();
  std::advance(found, chance.Below(static_cast<int64_t>(portal.bin.size())));
  const SimContact& contact = found->second;
  if (portal.IsOurs(contact)) {
    // A second contact that a manager made is not ours to prevent.
    const ClientKey key(contact.stamp.origin);
    if (!portal.Of(key).empty() || !agent().alive() || !agent().idle()) return;
    const auto attempt = agent().ledger()->AttemptOf(key);
    if (!attempt.ok() || attempt->has_value()) return;
    // Of the survivor, whom the mark may not have reached yet.
    const auto known = agent().ledger()->Get(key);
    if (!known.ok()) return;
    if (known->has_value() && portal.contacts.count((*known)->contact.value()) > 0)
      return;
  }
  portal.Restore(found->first, queue.now());
}

void World::ChangeMapping(Chance& chance) {
  auto compiled = agent::CompiledMapping::Compile(
      Entries(static_cast<int>(chance.Below(30))), {"RU", next_mapping_version_});
  // A field that is mapped anew and empty must not clear what others wrote meanwhile.
  for (auto& [id, contact] : portal.contacts) {
    for (auto field = contact.ours.begin(); field != contact.ours.end();) {
      const bool stays = surroundings.mapping != nullptr &&
                         Targets(*compiled).count(field->first) > 0 &&
                         Targets(*surroundings.mapping).count(field->first) > 0;
      field = stays ? std::next(field) : contact.ours.erase(field);
    }
  }
  mappings_.push_back(std::make_unique<agent::CompiledMapping>(*std::move(compiled)));
  surroundings.mapping = mappings_.back().get();
  surroundings.mapping_version = next_mapping_version_++;
  mapping_changed = queue.now();
}

// As `clients forget`: between runs, and the server is told at once.
void World::ForgetClient(Chance& chance) {
  const auto key = base.Pick(chance.Next64());
  if (!key.has_value() || !agent().alive() || !agent().idle()) return;
  agent::Ledger& ledger = *agent().ledger();
  const auto erased = ledger.Erase(*key, absl::ToUnixSeconds(agent().Wall()));
  // In doubt, or half done on a full disk.
  const auto known = ledger.Get(*key);
  if (!erased.ok() && (!known.ok() || !known->has_value() ||
                       (*known)->link != agent::LinkState::kErased)) {
    return;
  }
  agent().TellErasures();
  portal.forgotten.insert(key->guid());
  ++counts["clients forgotten"];
}

void World::People(int night) {
  Chance whom(Mix(Mix(options_.seed, 11), static_cast<uint64_t>(night)));
  for (int left = whom.Around(scenario.forgets); left > 0; --left) {
    queue.At(
        absl::Hours(24) * night + whom.Between(absl::ZeroDuration(), absl::Hours(23)),
        [this, own = Chance(whom.Next64())]() mutable { ForgetClient(own); });
  }
  Chance chance(Mix(Mix(options_.seed, 10), static_cast<uint64_t>(night)));
  const absl::Duration day = absl::Hours(24) * night;
  const auto plan = [&](double rate, void (World::*what)(Chance&)) {
    for (int left = chance.Around(rate * chance.Between(0.0, 2.0)); left > 0; --left) {
      // Most of it by day, some while the export runs.
      const absl::Duration when =
          day + (chance.Roll(0.8)
                     ? chance.Between(absl::ZeroDuration(), absl::Hours(20))
                     : absl::Hours(21) +
                           chance.Between(absl::ZeroDuration(), absl::Minutes(5)));
      queue.At(when, [this, what, own = Chance(chance.Next64())]() mutable {
        (this->*what)(own);
      });
    }
  };
  for (int left = chance.Around(scenario.new_clients); left > 0; --left) {
    const bool refused = chance.Roll(scenario.refused_share);
    const absl::Duration when =
        day + chance.Between(absl::ZeroDuration(), absl::Hours(22));
    queue.At(when, [this, refused, own = Chance(chance.Next64())]() mutable {
      NewClient(own, refused);
    });
  }
  plan(scenario.edits, &World::EditClient);
  plan(scenario.merges_in_source, &World::MergeClients);
  plan(scenario.stranger_contacts, &World::NewStranger);
  plan(scenario.manager_merges, &World::MergeContacts);
  plan(scenario.manager_restores, &World::RestoreContact);
  const auto plain = [&](double rate, std::function<void(Chance&)> what) {
    for (int left = chance.Around(rate); left > 0; --left) {
      queue.At(day + chance.Between(absl::ZeroDuration(), absl::Hours(21.2)),
               [what, own = Chance(chance.Next64())]() mutable { what(own); });
    }
  };
  plain(scenario.marks, [this](Chance& own) {
    const auto key = base.Pick(own.Next64());
    if (!key.has_value()) return;
    base.state.clients.at(*key).marked = !base.state.clients.at(*key).marked;
    base.Change(*key, queue.now(), absl::ZeroDuration());
  });
  plain(scenario.erasures, [this](Chance& own) {
    const auto key = base.Pick(own.Next64());
    if (key.has_value()) base.Erase(*key);
  });
  plain(scenario.mapping_changes, [this](Chance& own) { ChangeMapping(own); });
  plain(scenario.manager_edits, [this](Chance& own) {
    const auto id = portal.Pick(own.Next64());
    if (id.has_value()) portal.Edit(*id, own, queue.now());
  });
  plain(scenario.manager_deletions, [this](Chance& own) {
    const auto id = portal.Pick(own.Next64());
    if (id.has_value()) portal.Delete(*id, queue.now());
  });
}

void World::PlanWindows(absl::Duration evening) {
  const auto window = [&](FaultKind kind,
                          const std::function<void(absl::Duration)>& set,
                          const std::function<void()>& clear) {
    if (!faults.Strikes(kind)) return;
    Chance chance = faults.Particulars();
    const absl::Duration begins =
        evening + chance.Between(absl::Minutes(-2), absl::Minutes(4));
    const absl::Duration lasts = absl::Seconds(chance.LogBetween(5, 5400));
    queue.At(begins, [set, until = begins + lasts] { set(until); });
    queue.At(begins + lasts, clear);
  };
  const auto nothing = [] {};
  window(
      FaultKind::kPortalAway, [this](auto until) { network.away_until = until; },
      nothing);
  window(
      FaultKind::kPortalSlow, [this](auto until) { network.slow_until = until; },
      nothing);
  window(
      FaultKind::kRightsHidden, [this](auto) { portal.hidden = true; },
      [this] { portal.hidden = false; });
  window(
      FaultKind::kSourceAway,
      [this](auto until) { surroundings.source_away_until = until; }, nothing);
  window(
      FaultKind::kServerAway, [this](auto until) { server.away_until = until; },
      nothing);
  if (faults.Strikes(FaultKind::kDiskFull)) {
    Chance chance = faults.Particulars();
    // Of the machine that is in charge now; most begin while the export runs.
    Disk& disk = agent().file().disk();
    const absl::Duration begins =
        evening + chance.Between(absl::Seconds(-5), absl::Seconds(20));
    const absl::Duration lasts = absl::Seconds(chance.LogBetween(1, 5400));
    const bool strict = chance.Roll(0.5);
    queue.At(begins, [&disk, strict] { disk.FillUp(strict); });
    queue.At(begins + lasts, [&disk] { disk.FreeUp(); });
  }
}

void World::TakeOver(Chance chance, absl::Duration when, absl::Duration stands_still) {
  // The one in charge is cut off from the server while it works, another is put in its
  // place, with a ledger of its own: empty, or a copy.
  queue.At(when, [this, stands_still, chance]() mutable {
    Agent& old = agent();
    old.StandStill(stands_still);
    agents.push_back(
        std::make_unique<Agent>(surroundings, next_installation_, chance.Next64()));
    server.assigned = next_installation_++;
    ledger_changed = queue.now();
    if (!ledger_copies_.empty() && chance.Roll(0.5)) {
      agent().file().PutBack(ledger_copies_.back());
    }
    agent().Start();
    agent().HandOut(agent::RunKind::kExport, false);
    queue.In(stands_still + chance.Between(absl::ZeroDuration(), absl::Seconds(400)),
             [&old] { old.Crash(absl::InfiniteDuration(), false); });
  });
}

void World::TakeOverUnnoticed(Chance chance, absl::Duration evening) {
  // Guests came all day, and none of them is on the portal yet.
  for (int64_t left = 1 + chance.Below(8); left > 0; --left) {
    queue.At(
        evening - absl::Minutes(chance.Between(1., 60.)),
        [this, own = Chance(chance.Next64())]() mutable { NewClient(own, false); });
  }
  const absl::Duration when = evening + absl::Seconds(chance.Between(0.1, 1.5));
  TakeOver(chance, when, absl::Seconds(chance.Between(100., 420.)));
}

void World::PlanDisasters(absl::Duration evening) {
  const absl::Duration day = evening - absl::Hours(21);
  if (scenario.application && faults.Strikes(FaultKind::kTokenRevoked)) {
    Chance chance = faults.Particulars();
    const absl::Duration when =
        evening + chance.Between(absl::Hours(-2), absl::Minutes(3));
    // Until somebody reads of it: by then another night may have failed.
    const absl::Duration until = when + absl::Seconds(chance.LogBetween(300, 120'000));
    const bool at_once = chance.Roll(0.5);
    queue.At(when, [this, until, at_once] {
      network.tokens.Revoke(until);
      if (at_once) network.tokens.Expire();
    });
  }
  if (faults.Strikes(FaultKind::kClockJump)) {
    Chance chance = faults.Particulars();
    static const absl::Duration kJumps[] = {absl::Hours(24),     -absl::Hours(24),
                                            absl::Hours(87'600), absl::Hours(1),
                                            -absl::Minutes(3),   -absl::Hours(40'000)};
    const absl::Duration jump = kJumps[chance.Below(6)];
    queue.At(evening + chance.Between(absl::Minutes(-5), absl::Minutes(2)),
             [this, jump] { agent().wall_skew = jump; });
  }
  if (faults.Strikes(FaultKind::kLedgerRestored) && !ledger_copies_.empty()) {
    Chance chance = faults.Particulars();
    const size_t which =
        static_cast<size_t>(chance.Below(static_cast<int64_t>(ledger_copies_.size())));
    queue.At(day + chance.Between(absl::Hours(2), absl::Hours(22)),
             [this, copy = ledger_copies_[which]] {
               if (!agent().alive()) return;
               agent().Crash(absl::Minutes(2), true);
               agent().file().PutBack(copy);
               ledger_changed = queue.now();
             });
  }
  if (faults.Strikes(FaultKind::kLedgerLost)) {
    Chance chance = faults.Particulars();
    queue.At(day + chance.Between(absl::Hours(2), absl::Hours(22)), [this] {
      if (!agent().alive()) return;
      agent().Crash(absl::Minutes(2), true);
      agent().file().Lose();
      ledger_changed = queue.now();
    });
  }
  if (faults.Strikes(FaultKind::kTakeover)) {
    Chance chance = faults.Particulars();
    const absl::Duration when =
        evening + chance.Between(absl::ZeroDuration(), absl::Minutes(2));
    TakeOver(chance, when, absl::ZeroDuration());
  }
  if (faults.Strikes(FaultKind::kSourceRestored) && !base_copies_.empty()) {
    Chance chance = faults.Particulars();
    const size_t which =
        static_cast<size_t>(chance.Below(static_cast<int64_t>(base_copies_.size())));
    queue.At(day + chance.Between(absl::Hours(2), absl::Hours(20)),
             [this, copy = base_copies_[which]] { base.Restore(copy, queue.now()); });
  }
  if (faults.Strikes(FaultKind::kTakeoverUnnoticed)) {
    TakeOverUnnoticed(faults.Particulars(), evening);
  }
}

}  // namespace guestbridge::simulation
