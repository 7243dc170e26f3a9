#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/time/clock.h"
#include "sync-agent/source/jsonl/client_store.h"
#include "sync-agent/source/jsonl/contact_outbox.h"
#include "sync-agent/source/jsonl/exchange_folder.h"
#include "sync-agent/source/jsonl/intake.h"

namespace guestbridge::agent {

// One folder: what reader, writer, probe and open streams share (hence a shared_ptr).
struct JsonlBase {
  JsonlBase(std::string path, const Clock& its_clock)
      : folder(std::move(path)),
        clock(its_clock),
        outbox(folder, its_clock),
        publisher(outbox) {}
  JsonlBase(const JsonlBase&) = delete;
  JsonlBase& operator=(const JsonlBase&) = delete;

  const ExchangeFolder folder;
  const Clock& clock;
  ContactOutbox outbox;
  OutboxPublisher publisher;
  std::atomic<int> requests = 0;
  std::atomic<int> rows = 0;

  // Held by every call, for no longer than a piece of a file takes.
  std::mutex mutex;
  std::unique_ptr<ClientStore> store;
  std::unique_ptr<Intake> intake;

  // Opens the store, and again when somebody took the folder or the store away.
  // Errors: those of ExchangeFolder and ClientStore; SOURCE_STORE_BROKEN {path}
  // (FAILED_PRECONDITION).
  absl::Status Ready();
  // True when more is left. Counts what it read.
  absl::StatusOr<bool> TakeIn();
  // Takes in all that lies there. Error: SOURCE_FILES_PENDING (UNAVAILABLE) when that
  // takes long; the next call goes on.
  absl::Status CatchUp();
};

}  // namespace guestbridge::agent
