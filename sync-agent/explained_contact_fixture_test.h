#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "sync-agent/client_explanation.h"
#include "sync-agent/client_tasks_fixture_test.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {

// Two guests, and what a run makes of the first one's contact.
class ExplainedContactTest : public ClientTasksTest {
 protected:
  ExplainedContactTest() {
    MappingOptions options;
    options.version = 1;
    options.default_region = "RU";
    auto compiled = CompiledMapping::Compile(
        {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, std::move(options));
    world.mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
    sides_.settings.mapping = *world.mapping;
    sides_.settings.active = true;
    sides_.settings.portal.host = "hotel.example";
    EXPECT_TRUE(BindToPortal("main", sides_.settings.portal, *world.ledger).ok());
    contact_ = Exported("Orlova");
    others_ = Exported("Petrova");
  }

  v1::ClientExplanation Explain(size_t i = 0) {
    const auto explained = ExplainClient(Key(i).guid(), Parts());
    EXPECT_TRUE(explained.ok()) << explained.status();
    return explained.value_or(v1::ClientExplanation());
  }
  RunCounts Run(bool cold = false) {
    RunSettings settings = world.Settings();
    settings.events = sides_.settings.events;
    settings.policies = sides_.settings.policies;
    settings.cold = cold;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  void TakeMark() {
    world.portal.contacts[contact_].stamp = {"guestbridge:other", "x", ""};
  }
  void CopyTo(int64_t id) {
    const FakeContact copy = world.portal.contacts.at(contact_);
    world.portal.contacts[id] = copy;
  }
  // Somebody merges the contact into another one, which bears no mark.
  void MergeInto(int64_t id) {
    CopyTo(id);
    world.portal.contacts[id].stamp = {};
    world.portal.contacts.erase(contact_);
  }
  void Choose(GoneContactPolicy policy) {
    sides_.settings.policies.gone_contact = policy;
  }
  // A run finds that the contact is gone, and leaves the guest without one; what it
  // was.
  FakeContact Lose() {
    const FakeContact gone = world.portal.contacts.at(contact_);
    world.portal.contacts.erase(contact_);
    Choose(GoneContactPolicy::kNever);
    EXPECT_EQ(Run().skipped, 1);
    EXPECT_EQ(Record(0).link, LinkState::kLost);
    return gone;
  }
  // Commands of this kind are not carried out.
  template <typename Kind>
  void Refuse() {
    world.portal.instead = [](const Command& command) {
      return std::holds_alternative<Kind>(command) ? std::optional(Fate::kRefused)
                                                   : std::nullopt;
    };
  }
  void MakeDirty(size_t i = 0) {
    ClientRecord record = Record(i);
    record.dirty = true;
    ASSERT_TRUE(world.ledger->Put({record}).ok());
  }

  int64_t contact_ = 0;
  int64_t others_ = 0;
};

}  // namespace guestbridge::agent
