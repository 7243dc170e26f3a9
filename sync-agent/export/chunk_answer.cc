#include "sync-agent/export/chunk_answer.h"

#include "absl/time/time.h"

namespace guestbridge::agent {

ChunkAnswer::ChunkAnswer(RunContext& context, const PortalAnswer& answer)
    : context_(context),
      sent_(answer.fate != RequestFate::kNotSent),
      unix_now_(absl::ToUnixSeconds(context.now.wall)) {}

void ChunkAnswer::Done(const Decision& decision, ContactId contact, Outcome outcome,
                       WriteBackRank rank) {
  context_.busy.erase(decision.key);
  settlements_.push_back({decision.key, Evidence::Done(contact), context_.settings.run,
                          outcome, unix_now_, rank});
}

void ChunkAnswer::Found(const Decision& decision, ContactId contact, Outcome outcome,
                        WriteBackRank rank) {
  context_.busy.erase(decision.key);
  settlements_.push_back({decision.key, Evidence::Found(contact), context_.settings.run,
                          outcome, unix_now_, rank});
}

void ChunkAnswer::NotExecuted(const Decision& decision) {
  settlements_.push_back(
      {decision.key, Evidence::NotExecuted(), 0, Outcome::kNone, unix_now_});
}

void ChunkAnswer::ToRepeat(const Decision& decision) {
  NotExecuted(decision);
  if (sent_) ++context_.tally.progress().portal.retried;
}

void ChunkAnswer::Refused(const Decision& decision, const std::string& reason,
                          const std::string& portal_code) {
  context_.busy.erase(decision.key);
  const Parameters parameters = {{"code", portal_code}};
  failed_.push_back({decision.key, reason, parameters});
  settlements_.push_back({decision.key, Evidence::Refused(reason, parameters),
                          context_.settings.run, Outcome::kFailed, unix_now_});
}

void ChunkAnswer::Doubtful(const Decision& decision, bool answered,
                           const std::string& portal_code) {
  if (answered) errors_.push_back({decision.key, portal_code});
  doubtful_.emplace_back(&decision, answered);
}

bool ChunkAnswer::NoteErrors() {
  return errors_.empty() || context_.Check(context_.ledger.NoteAnswered(errors_));
}

bool ChunkAnswer::Settle() {
  if (!context_.Settle(settlements_)) return false;
  for (const Failure& one : failed_) {
    context_.tally.AddFailure(one.client, one.reason, one.parameters);
  }
  return true;
}

void ChunkAnswer::Doubt() {
  for (const auto& [decision, answered] : doubtful_) {
    context_.Doubt(*decision, answered);
  }
}

}  // namespace guestbridge::agent
