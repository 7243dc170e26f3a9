#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "sync-agent/client_explanation.h"
#include "sync-agent/client_tasks_fixture_test.h"
#include "sync-agent/ledger_portal.h"

// Whatever came before: what an explanation says that a run would do is what a run
// does.
namespace guestbridge::agent {
namespace {

using testing::Fault;
using ::testing::UnorderedElementsAreArray;

constexpr uint64_t kSeeds = 150;
constexpr int kClients = 12;

class ExplainAndRunTest : public ClientTasksTest {
 protected:
  uint64_t Draw(uint64_t below) { return dice_->Next64() % below; }
  bool Once(uint64_t in) { return Draw(in) == 0; }

  void Begin(uint64_t seed) {
    dice_ = std::make_unique<::guestbridge::testing::SeededRandom>(seed);
    version_ = 0;
    NewMapping();
    sides_.settings.active = true;
    while (world.base.clients.size() < kClients) {
      const int number = static_cast<int>(world.base.clients.size()) + 1;
      world.base.Add(number, "");
      Edit(world.base.clients.back());
    }
  }

  void NewMapping() {
    std::vector<MappingEntry> entries = {{"LastName", "LAST_NAME", {}},
                                         {"Phone", "PHONE", {}}};
    if (Once(2)) entries.push_back({"City", "ADDRESS_CITY", {}});
    if (Once(2)) entries.push_back({"DeletionMark", "UF_CRM_MARK", {}});
    for (MappingEntry& entry : entries) {
      entry.policy = static_cast<MappingEntry::Policy>(Once(4) ? 1 + Draw(2) : 0);
      entry.keep_when_empty = Once(4);
    }
    MappingOptions options;
    options.version = ++version_;
    options.default_region = "RU";
    if (Once(2)) {
      ClientCondition elsewhere;
      elsewhere.attribute = "City";
      elsewhere.test = ClientCondition::Test::kNoneOf;
      elsewhere.values = {"Perm"};
      elsewhere.text = "City != Perm";
      options.filter = ClientFilter(std::vector<ClientCondition>{elsewhere});
    }
    auto compiled = CompiledMapping::Compile(entries, std::move(options));
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    world.mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
    sides_.settings.mapping = *world.mapping;
  }

  void NewEvents() {
    EventSwitches& events = sides_.settings.events;
    events.client_created = !Once(4);
    events.client_changed = !Once(4);
    events.client_marked_for_deletion = !Once(4);
    events.contact_deleted = !Once(4);
  }

  void NewPolicies() {
    Policies& policies = sides_.settings.policies;
    policies.deletion_mark = static_cast<DeletionMarkPolicy>(Draw(3));
    policies.gone_contact = static_cast<GoneContactPolicy>(Draw(4));
    policies.export_nameless = Once(2);
  }

  // One of the portal, or one that it never gives out: an ID that leads nowhere leads
  // nowhere later.
  ContactId AnyContact() {
    const auto& contacts = world.portal.contacts;
    if (contacts.empty() || Once(3)) {
      return ContactId(static_cast<int64_t>(500'000 + Draw(20)));
    }
    auto any = contacts.begin();
    std::advance(any, static_cast<ptrdiff_t>(Draw(contacts.size())));
    return ContactId(any->first);
  }

  void Edit(ClientRow& row) {
    const std::vector<std::string> names = {"", "Orlova", "Petrova", "Bad", "Belov"};
    const std::vector<std::string> phones = {"", "+79161234567", "8 916 765-43-21"};
    const std::vector<std::string> cities = {"", "Perm", "Tver"};
    row.attributes = {{"LastName", names[Draw(names.size())]},
                      {"Phone", phones[Draw(phones.size())]},
                      {"City", cities[Draw(cities.size())]}};
    row.is_folder = Once(12);
    row.marked_for_deletion = Once(8);
    row.attributes["DeletionMark"] = row.marked_for_deletion ? "true" : "false";
    if (Once(8)) row.contact = AnyContact();
    row.data_version = absl::StrCat("v", ++edits_);
  }

  // A survivor that was told of is linked, if not to this guest then to one before it;
  // and where none was told of, none is.
  void ExpectSurvivor(const ClientKey& key, const v1::ClientExplanation& explained) {
    const auto record = world.ledger->Get(key);
    ASSERT_TRUE(record.ok());
    if (explained.decision() == "RELINK") {
      const auto owner =
          world.ledger->ClientOf(ContactId(explained.portal().contact()));
      ASSERT_TRUE(owner.ok());
      EXPECT_TRUE(owner->has_value()) << key.guid();
    } else if (explained.decision() == "RECREATE") {
      ASSERT_TRUE(record->has_value());
      EXPECT_NE((*record)->outcome, Outcome::kUpdated) << key.guid();
      EXPECT_NE((*record)->outcome, Outcome::kUnchanged) << key.guid();
    }
  }

  // What was said to be sent to a contact stands there: all of it in a new one, what
  // was said to change in another.
  int CountSent(const ClientKey& key, const v1::ClientExplanation& explained) {
    const auto record = world.ledger->Get(key);
    if (!record.ok() || !record->has_value()) return 0;
    const Outcome outcome = (*record)->outcome;
    const bool made = outcome == Outcome::kAdded || outcome == Outcome::kRecreated;
    if (explained.decision() == "UPDATE"
            ? outcome != Outcome::kUpdated
            : !made || (explained.decision() != "ADD" &&
                        explained.decision() != "RECREATE")) {
      return 0;
    }
    const auto contact = world.portal.contacts.find((*record)->contact.value());
    if (contact == world.portal.contacts.end()) {
      ADD_FAILURE() << key.guid() << " has no contact";
      return 0;
    }
    int sent = 0;
    for (const v1::FieldOutcome& field : explained.fields()) {
      // What stands there already, or is only filled where nothing does, is not sent.
      if (!made && !(field.changed() && field.differs())) continue;
      std::string there = contact->second.fields[field.target()];
      for (const MultiRow& row : contact->second.multifields[field.target()]) {
        if (row.value == field.sent_value()) there = row.value;
      }
      EXPECT_EQ(there, field.sent_value()) << key.guid() << " " << field.target();
      ++sent;
    }
    for (const v1::FieldChange& change : explained.writes()) {
      std::vector<std::string> there;
      for (const MultiRow& row : contact->second.multifields[change.target()]) {
        there.push_back(row.value);
      }
      if (there.empty() && !contact->second.fields[change.target()].empty()) {
        there.push_back(contact->second.fields[change.target()]);
      }
      EXPECT_THAT(std::vector<std::string>(
                      absl::StrSplit(change.after(), '\n', absl::SkipEmpty())),
                  UnorderedElementsAreArray(there))
          << key.guid() << " " << change.target();
    }
    return sent;
  }

  RunSettings Whole() {
    RunSettings settings = world.Settings();
    settings.mapping_version = version_;
    settings.events = sides_.settings.events;
    settings.policies = sides_.settings.policies;
    return settings;
  }

  // Another base takes a contact over.
  void TakeAMark() {
    auto& contacts = world.portal.contacts;
    if (contacts.empty()) return;
    auto any = contacts.begin();
    std::advance(any, static_cast<ptrdiff_t>(Draw(contacts.size())));
    any->second.stamp = {"guestbridge:other", "x", ""};
  }

  // Contacts of guests bear another base's mark, and some guests' own mark stands on a
  // copy. Some of the guests wait for an export anyway.
  void Displace() {
    std::vector<int64_t> ids;
    for (const auto& [id, contact] : world.portal.contacts) ids.push_back(id);
    for (const int64_t id : ids) {
      if (!Once(3)) continue;
      const auto owner = world.ledger->ClientOf(ContactId(id));
      ASSERT_TRUE(owner.ok());
      FakeContact& contact = world.portal.contacts[id];
      if (!owner->has_value() || contact.stamp.origin != (*owner)->guid()) continue;
      if (Once(2)) world.portal.contacts[world.portal.next_id++] = contact;
      contact.stamp = {"guestbridge:other", "x", ""};
      if (Once(2)) continue;
      auto record = world.ledger->Get(**owner);
      ASSERT_TRUE(record.ok() && record->has_value());
      (*record)->dirty = true;
      ASSERT_TRUE(world.ledger->Put({**record}).ok());
    }
  }

  // A person linked some of the guests to their contacts, some of which bear the mark
  // of another base by now, or of another guest.
  void LinkByHand() {
    for (size_t i = 0; i < kClients; ++i) {
      const ClientRecord record = Record(i);
      const auto contact = world.portal.contacts.find(record.contact.value());
      if (record.link != LinkState::kLive || contact == world.portal.contacts.end() ||
          !Once(4)) {
        continue;
      }
      ASSERT_TRUE(
          world.ledger->SetPair(Key(i), {kLinkedByHand, 3, {record.contact}, {}}).ok());
      if (Once(3)) continue;
      const size_t other = Draw(kClients);
      contact->second.stamp = Once(2) || other == i
                                  ? Stamp{"guestbridge:other", "x", ""}
                                  : Stamp{"guestbridge:base", Key(other).guid(), ""};
      ++by_hand_;
    }
  }

  // Managers merge contacts of guests away: into none that is still there, or into one
  // or two of which some bear another name or another base's mark.
  void Merge() {
    std::vector<int64_t> ids;
    for (const auto& [id, contact] : world.portal.contacts) ids.push_back(id);
    for (const int64_t id : ids) {
      if (!Once(3)) continue;
      const auto owner = world.ledger->ClientOf(ContactId(id));
      ASSERT_TRUE(owner.ok());
      FakeContact survivor = world.portal.contacts.at(id);
      if (!owner->has_value() || survivor.stamp.origin != (*owner)->guid()) continue;
      world.portal.Delete(id);
      for (uint64_t left = Draw(3); left > 0; --left) {
        survivor.stamp = Once(6) ? Stamp{"guestbridge:other", "x", ""} : Stamp();
        if (Once(6)) survivor.fields["LAST_NAME"] = "Smirnova";
        world.portal.contacts[world.portal.next_id++] = survivor;
      }
    }
  }

  // What was deleted comes back under its old IDs; of how many guests who had lost it.
  int Restore() {
    int back = 0;
    for (const auto& [id, contact] : bin_) {
      if (!world.portal.contacts.emplace(id, contact).second) continue;
      for (size_t i = 0; i < kClients; ++i) {
        const ClientRecord record = Record(i);
        back += record.link == LinkState::kLost && record.contact == ContactId(id);
      }
    }
    bin_.clear();
    return back;
  }

  // Anything that may happen between two looks.
  void Live() {
    for (ClientRow& row : world.base.clients) {
      if (Once(3)) Edit(row);
    }
    if (Once(3)) NewMapping();
    if (Once(2)) NewEvents();
    if (Once(3)) NewPolicies();
    world.portal.refused_name = Once(4) ? "" : "Bad";
    world.portal.fault = [this](const PortalRequest&) {
      return Once(6) ? static_cast<Fault>(1 + Draw(4)) : Fault::kNone;
    };
    if (Once(3) && !world.portal.contacts.empty()) {
      const auto first = world.portal.contacts.begin();
      bin_.insert_or_assign(first->first, first->second);
      world.portal.Delete(first->first);
    }
    if (Once(4)) Merge();
    RunSettings settings = Whole();
    settings.settle = Once(2);
    world.Run(settings);
    const ClientKey& key = Key(Draw(kClients));
    if (Once(4)) {
      ASSERT_TRUE(world.ledger->Unlink(key).ok());
    } else if (Once(6)) {
      // Refused while an attempt is outstanding.
      static_cast<void>(world.ledger->Erase(key, 1800000000));
    }
    v1::Task drop;
    drop.mutable_drop_clients()->add_clients(Key(Draw(kClients)).guid());
    static_cast<void>(PerformTask(drop, Parts()));
  }

  std::unique_ptr<::guestbridge::testing::SeededRandom> dice_;
  int version_ = 0;
  int edits_ = 0;
  std::map<int64_t, FakeContact> bin_;
  int by_hand_ = 0;  // contacts that a person linked and that bear another mark
};

TEST(ExplainAndRun, AgreeWhateverCameBefore) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    struct One : ExplainAndRunTest {
      void TestBody() override {}
      void Check(uint64_t seed, std::map<std::string, int>* seen) {
        Begin(seed);
        for (uint64_t round = Draw(6); round > 0; --round) Live();
        world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
        world.portal.refused_name.clear();
        for (ClientRow& row : world.base.clients) {
          if (Once(4)) Edit(row);
        }
        if (Once(3)) NewMapping();
        if (Once(3)) NewEvents();
        if (Once(3)) NewPolicies();
        if (Once(2)) Merge();
        if (Once(2)) (*seen)["BACK"] += Restore();
        if (Once(2)) TakeAMark();
        if (Once(2)) Displace();
        if (Once(2)) LinkByHand();
        (*seen)["BY_HAND"] += by_hand_;
        const bool cold = Once(4);
        ASSERT_TRUE(world.ledger->SetNote(kColdNote, cold ? "1" : "").ok());

        // A run that sees none of our contacts holds none of them for gone.
        if (std::none_of(world.portal.contacts.begin(), world.portal.contacts.end(),
                         [](const auto& contact) {
                           return contact.second.stamp.originator == "guestbridge:base";
                         })) {
          return;
        }

        std::map<std::string, int> said;
        std::map<ClientKey, v1::ClientExplanation> each;
        for (const ClientRow& row : world.base.clients) {
          const auto explained = ExplainClient(row.key.guid(), Parts());
          ASSERT_TRUE(explained.ok()) << explained.status();
          ++said[explained->decision()];
          ++(*seen)[explained->decision()];
          each[row.key] = *explained;
        }
        if (cold) ++(*seen)["COLD"];
        RunSettings settings = Whole();
        settings.cold = cold;
        const auto result = world.Run(settings);
        ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
        const RunCounts& counts = result.progress.counts;
        for (const auto& [key, explained] : each) {
          ExpectSurvivor(key, explained);
        }
        // Of two guests with one survivor the first is linked to it (RELINK), and of
        // two with one ID in 1C the first is ADOPTed; for the other one switches and
        // policies decide.
        for (const auto& [key, explained] : each) {
          const auto record = world.ledger->Get(key);
          ASSERT_TRUE(record.ok());
          if (!record->has_value()) continue;
          // The contact that was to bear witness went to the recycle bin in this run.
          const bool unwitnessed =
              said["DELETE"] > 0 && (*record)->reason == "CONTACT_READ_INCOMPLETE";
          // Its own contact stands under a guest that the run takes up first: that one
          // lets go of it, or does not.
          const bool contradicted =
              explained.summary().reason() == "CONTACT_READ_INCOMPLETE" &&
              explained.portal().state() == v1::PortalContact::READ;
          if (explained.decision() != "ADOPT" && explained.decision() != "RELINK" &&
              !unwitnessed && !contradicted) {
            continue;
          }
          if ((*record)->outcome == Outcome::kSkipped) {
            --said[explained.decision()];
            ++said["SKIP"];
          } else if ((*record)->outcome == Outcome::kDeferred) {
            --said[explained.decision()];
            ++said["DEFER"];
          } else if ((*record)->outcome == Outcome::kUnchanged) {
            // Nothing but the mark was missing.
            --said[explained.decision()];
            ++said["UNCHANGED"];
          }
        }
        // What each was said to become, and became; printed with a failure.
        std::string became;
        for (const auto& [key, explained] : each) {
          const auto record = world.ledger->Get(key);
          ASSERT_TRUE(record.ok());
          absl::StrAppend(&became, key.guid(), ": ", explained.decision(), " ",
                          explained.summary().reason(), " -> ");
          if (record->has_value()) {
            absl::StrAppend(&became, static_cast<int>((*record)->outcome), " ",
                            (*record)->reason);
          }
          absl::StrAppend(&became, "\n");
        }
        SCOPED_TRACE(became);
        EXPECT_EQ(counts.scanned, kClients);
        EXPECT_EQ(counts.unchanged, said["UNCHANGED"]);
        EXPECT_EQ(counts.skipped, said["SKIP"] + said["DELETE"]);
        EXPECT_EQ(counts.failed, said["FAIL"]);
        EXPECT_EQ(counts.deferred, said["DEFER"]);
        EXPECT_EQ(counts.added + counts.updated + counts.recreated,
                  said["ADD"] + said["RECREATE"] + said["RELINK"] + said["UPDATE"] +
                      said["ADOPT"]);
        for (const auto& [key, explained] : each) {
          (*seen)["SENT"] += CountSent(key, explained);
        }
        for (const Failure& failure : result.progress.failures) {
          EXPECT_EQ(each[failure.client].summary().reason(), failure.reason);
        }
        for (const auto& [key, explained] : each) {
          const auto record = world.ledger->Get(key);
          ASSERT_TRUE(record.ok());
          if (!record->has_value()) continue;
          const std::string& decision = explained.decision();
          const bool away = decision == "SKIP" || decision == "FAIL";
          // What a person dropped stays said, whatever else keeps it away now.
          if ((*record)->reason == kClientDropped) continue;
          if (away && (*record)->link != LinkState::kReview &&
              (*record)->link != LinkState::kErased && (*record)->reason != "") {
            EXPECT_EQ((*record)->reason, explained.summary().reason()) << key.guid();
          }
        }
      }
    } one;
    one.Check(seed, &seen);
    if (::testing::Test::HasFailure()) return;
  }
  // The dice met everything.
  for (const char* decision :
       {"ADD", "RECREATE", "RELINK", "DELETE", "UPDATE", "UNCHANGED", "ADOPT", "SKIP",
        "FAIL", "DEFER", "COLD", "BY_HAND", "BACK", "SENT"}) {
    EXPECT_GT(seen[decision], 0) << decision;
  }
}

}  // namespace
}  // namespace guestbridge::agent
