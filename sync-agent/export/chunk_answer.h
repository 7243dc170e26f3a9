#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sync-agent/export/run_context.h"
#include "sync-agent/plan/decide.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// What an answer to a chunk of attempts means: gathered client by client, then brought
// to the ledger. Its three steps follow each other, and a step that says false has
// failed the run. Not thread-safe.
class ChunkAnswer {
 public:
  // Both outlive it, and so do the decisions that are named to it.
  ChunkAnswer(RunContext& context, const PortalAnswer& answer);

  // `rank` matters where the ID is to be written back.
  void Done(const Decision& decision, ContactId contact, Outcome outcome,
            WriteBackRank rank = WriteBackRank::kFresh);
  // Its own slot says nothing that is believed, and the same answer shows what this
  // very attempt made.
  void Found(const Decision& decision, ContactId contact, Outcome outcome,
             WriteBackRank rank);
  // Nothing was carried out: the caller sends it again, or asks why.
  void NotExecuted(const Decision& decision);
  // The same, because the portal was not able to: counted as a repetition.
  void ToRepeat(const Decision& decision);
  void Refused(const Decision& decision, const std::string& reason,
               const std::string& portal_code);
  // It may have been carried out. `answered`: the slot held an error with this code.
  void Doubtful(const Decision& decision, bool answered = false,
                const std::string& portal_code = {});

  bool NoteErrors();
  bool Settle();
  void Doubt();

 private:
  RunContext& context_;
  const bool sent_;
  const int64_t unix_now_;
  std::vector<Settlement> settlements_;
  std::vector<AnsweredAttempt> errors_;
  std::vector<std::pair<const Decision*, bool>> doubtful_;
  std::vector<Failure> failed_;
};

}  // namespace guestbridge::agent
