#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sync-agent/export/chunk_answer.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/told_ids.h"

namespace guestbridge::agent {

// Creates contacts, chunk by chunk: intent durable, send, settle or leave in doubt.
//
// The first contact of a base is sent alone: until it stands, nothing of ours can bear
// witness that a look-up sees what is there.
//
// The same where the run was not shown the portal's end: what stands there already
// can't be told from what is new, and an answer with the ID of another contact would be
// believed. The first contact travels with a look at the end behind it, in one request.
// Is it shown there, the end is known; is it not, the portal hides contacts: this one
// stays in doubt, and the others wait for another run.
//
// Guests of a first export and guests made again must start no robots, unless the
// policy says otherwise. The cheapest
// such call takes twenty contacts a command; contacts with fields that it doesn't know
// go one a command. Where the portal lacks the method or the user the right to import,
// the next best way is taken, and the run says so.
//
// Each way has an operating time of its own on the portal. Where the setting allows it,
// a way that must wait gives way to one that needn't; the first refusal for operating
// time ends that, for others may need those methods.
//
// Whatever is told of an ID, the portal's newest contacts show what was made. A request
// that has room for one command more looks at them behind its additions: a client's
// mark under another ID than it was told, and no ID of that answer is believed. Behind
// one that travels outside a batch, the look is a request of its own. Where requests
// are full, some leave room.
class Adder {
 public:
  explicit Adder(RunContext& context) : context_(context) {}

  void Add(Decision decision);
  size_t pending() const { return imports_.size() + singles_.size(); }
  bool idle() const { return pending() == 0 && in_flight_ == 0; }
  // How many clients one request can take; more need not wait in memory.
  size_t MostPerRequest() const;
  // The next request, when one may be made now.
  // `more`: clients are still being read; small batches wait for them.
  std::optional<PortalLane::Job> Next(bool more);

 private:
  struct Member {
    Decision decision;
    std::string nonce;
  };
  enum class Way { kBatchImport, kItemImport, kAdd };
  struct Chunk {
    Way way = Way::kAdd;
    bool spread = false;       // another way would have done, but had to wait
    bool alone = false;        // outside a batch
    bool proves_end = false;   // one addition, which a look behind it must show
    bool looks_after = false;  // by a request of its own
    size_t additions = 0;      // commands; a look may come behind them
    ContactId high = {};       // highest contact ID that was known when it was prepared
    std::vector<Member> members;
  };

  // Until a contact of ours is known, and the portal's end.
  bool SendsAlone() const { return !witnessed_ || !context_.end_seen; }
  static NewestShown::Addition AdditionOf(const Member& member) {
    return {member.decision.key, member.nonce};
  }
  bool IsQuiet(const Decision& decision) const;
  bool MaySpread() const;
  static const char* MethodOf(Way way);
  // For contacts that any way would take.
  Way QuickestWay() const;
  RequestSize SizeOf(Way way) const;
  std::optional<PortalLane::Job> NextImport(bool more);
  std::optional<PortalLane::Job> NextSingles(bool more);
  // Takes the front of a queue out; nothing when the ledger failed.
  Member TakeFront(std::deque<Decision>* queue);
  PortalLane::Job MakeJob(std::vector<Command> commands,
                          const std::shared_ptr<Chunk>& chunk);
  Stamp StampOf(const Member& member) const;
  bool Prepare(Chunk& chunk);
  // Whether the IDs of an answer can be those of its contacts. One false ID (another
  // client's, of a contact that was there before, told twice, not to be read, another
  // than `newest` shows) and none is believed: where each guest is told the next one's
  // contact, only the last one's gives it away.
  absl::StatusOr<bool> IsBelieved(const Chunk& chunk,
                                  const std::vector<ItemResult>& results,
                                  const NewestShown& newest) const;
  // What the member's own attempt made, where it is shown and no other client's.
  absl::StatusOr<ContactId> ShownFor(const Member& member,
                                     const NewestShown& newest) const;
  // Of a request's answer.
  void NoteHeard(bool looked, RequestFate fate);
  // `told`: the contact is the one that the member's own slot names, not one that was
  // shown.
  void Link(const Decision& decision, ContactId contact, bool told,
            ChunkAnswer* answer);
  // IDs of an answer are believed none of which was shown: what is told of deletions
  // does not stand in for the next run's sweep. False when the ledger failed.
  bool SweepNextTime();
  // Nobody is added any more by this run.
  void Hold();
  void Wait(const Decision& decision);
  void Answered(const std::shared_ptr<Chunk>& chunk, const PortalAnswer& answer);
  // `answer`: of the additions, and of the look if there was one.
  void Done(Chunk* chunk, const PortalAnswer& answer);
  // The way that was taken is closed: the others are told, and those that wait for it.
  void Close(const CommandResult& result, Way way);
  void StopSpreading(const char* reason, const std::string& method);

  RunContext& context_;
  std::deque<Decision> imports_;  // by crm.item.batchImport, or another way
  std::deque<Decision> singles_;  // by crm.contact.add
  int in_flight_ = 0;
  // The highest of ours. Decides what is believed, and never where a look-up begins.
  ContactId newest_;
  bool witnessed_ = false;
  bool may_batch_import_ = true;
  bool may_import_ = true;
  bool may_spread_ = true;
  int unheard_looks_ = 0;   // running
  int looks_left_out_ = 0;  // by so many requests more
  int unlooked_ = 0;        // requests since the last that was looked behind
  bool held_ = false;
  bool sweeps_next_time_ = false;
};

}  // namespace guestbridge::agent
