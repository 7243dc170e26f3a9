#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/source/jsonl/exchange_folder.h"

namespace guestbridge::agent {

// Contacts' IDs on their way to 1C: contact-ids/TIME.jsonl, a line
// {"Ref_Key":"…","B24ContactID":N} each, in the order of their coming.
//
// A line is durable when Add returns, in current.jsonl.tmp, which nobody but an outbox
// reads. Publish renames it: a file that 1C can see is whole and is never touched
// again. A line may come twice (a process that is killed asks again); it never gets
// lost.
//
// Several outboxes, also of several processes, may have one folder. Thread-safe.
// Errors: those of ExchangeFolder.
class ContactOutbox {
 public:
  // Both outlive it.
  ContactOutbox(const ExchangeFolder& folder, const Clock& clock)
      : folder_(folder), clock_(clock) {}

  // Publishes by itself once enough lines have come.
  absl::Status Add(const ClientKey& client, ContactId contact);
  // False: there is nothing to publish.
  absl::StatusOr<bool> Publish();

 private:
  // The file that is being written, locked; not open: there is none, and `make` is
  // false.
  absl::StatusOr<Descriptor> OpenCurrent(bool make);
  absl::Status Rename(const Descriptor& current);

  const ExchangeFolder& folder_;
  const Clock& clock_;
};

// Publishes what an outbox holds soon after the last line came, and what a process that
// was killed left behind. A thread of its own.
class OutboxPublisher {
 public:
  // `outbox` outlives it.
  explicit OutboxPublisher(ContactOutbox& outbox);
  ~OutboxPublisher();  // publishes once more
  // A line has come.
  void Wake();

 private:
  void Loop();

  ContactOutbox& outbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = true;  // something may be there to be published
  int lines_ = 0;        // since the last look
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace guestbridge::agent
