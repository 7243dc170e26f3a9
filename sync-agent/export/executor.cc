#include "sync-agent/export/executor.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/source_patience.h"
#include "sync-agent/export/worker_pool.h"

namespace guestbridge::agent {
namespace {

// The machine keeps the same margin; between its decision and the first byte time
// passes.
constexpr absl::Duration kLeaseMargin = absl::Seconds(10);
constexpr absl::Duration kReportEvery = absl::Milliseconds(500);

struct PageCame {
  absl::StatusOr<ClientPage> page;
};
struct RowsCame {
  absl::StatusOr<std::vector<ClientRow>> rows;
  std::vector<ClientKey> asked;
};
struct AnswerCame {
  uint64_t id;
  PortalAnswer answer;
};
// 1C is asked again after a pause.
struct SourceAway {
  absl::Status status;
};
struct HeldBack {
  uint64_t id;
};
using Event = std::variant<PageCame, RowsCame, AnswerCame, SourceAway, HeldBack>;

// Where the workers put what they found.
class EventQueue {
 public:
  void Push(Event event) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      events_.push_back(std::move(event));
    }
    changed_.notify_one();
  }
  // At most `longest`; may come back empty.
  std::deque<Event> Take(absl::Duration longest) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(longest),
                      [this] { return !events_.empty(); });
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
};

// Lets a pause of the source's worker end early.
class Interrupt {
 public:
  void Set() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  // True when it was interrupted.
  bool Pause(absl::Duration duration) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(duration),
                             [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

// One execution: the machine in the calling thread, its actions on workers.
class Execution {
 public:
  Execution(const Executor::Parts& parts, const RunSettings& settings,
            const ReadRequest& read, const Executor::LeaseEnd& lease_end)
      : parts_(parts),
        settings_(settings),
        read_(read),
        lease_end_(lease_end),
        machine_(settings, parts.ledger, parts.pacer, parts.doubts, parts.random),
        source_worker_(1),
        portal_workers_(settings.max_requests_in_flight) {}

  ExecutionResult Run(const Executor::OnProgress& on_progress,
                      const std::atomic<bool>& cancel, const std::atomic<bool>& stop) {
    machine_.Start(Now());
    absl::Duration reported = -absl::InfiniteDuration();
    absl::Duration lease = -absl::InfiniteDuration();
    while (true) {
      if (const absl::Duration end = lease_end_(); end != lease) {
        lease = end;
        machine_.OnLease(lease, Now());
      }
      for (ActionToDo& action : machine_.TakeActions()) {
        std::visit([this](auto& todo) { Do(todo); }, action);
      }
      if (end_.has_value()) break;
      const absl::Duration now = parts_.clock.Steady();
      if (now - reported >= kReportEvery) {
        reported = now;
        on_progress(Progress());
      }
      const absl::Duration wait =
          std::clamp(wake_at_ - now, absl::ZeroDuration(), kReportEvery);
      for (Event& event : events_.Take(wait)) {
        std::visit([this](auto& came) { Handle(came); }, event);
      }
      if ((cancel || stop) && !interrupted_) {
        interrupted_ = true;
        interrupt_.Set();
        machine_.OnCancel(Now());
      } else if (parts_.clock.Steady() >= wake_at_) {
        wake_at_ = absl::InfiniteDuration();
        machine_.OnWake(Now());
      }
    }
    interrupt_.Set();
    ExecutionResult result;
    result.progress = machine_.progress();
    switch (end_->end) {
      case RunEnd::kSucceeded:
        result.end = ExecutionEnd::kSucceeded;
        break;
      case RunEnd::kFailed:
        result.end = ExecutionEnd::kFailed;
        result.error = end_->error;
        break;
      case RunEnd::kCancelled:
        result.end = cancel ? ExecutionEnd::kCancelled : ExecutionEnd::kStopped;
        break;
      case RunEnd::kPlanFirst:
        result.end = ExecutionEnd::kPlanFirst;
        break;
    }
    return result;
  }

 private:
  Instant Now() const { return {parts_.clock.Now(), parts_.clock.Steady()}; }

  // While 1C is away the run says what it waits for.
  RunProgress Progress() const {
    RunProgress progress = machine_.progress();
    if (!away_.ok()) {
      progress.notices.push_back({ReasonOf(away_), ParametersOf(away_)});
    }
    return progress;
  }

  // Asks 1C again while it is away. Called by the source's worker.
  template <typename Call>
  auto WithPatience(Call call) -> decltype(call()) {
    SourcePatience patience(settings_.source_waits, settings_.unattended,
                            parts_.random);
    while (true) {
      auto result = call();
      if (result.ok()) return result;
      const std::optional<absl::Duration> pause =
          patience.AfterFailure(result.status(), parts_.clock.Steady());
      if (!pause.has_value()) return result;
      events_.Push(SourceAway{result.status()});
      if (interrupt_.Pause(*pause)) return result;
    }
  }

  void Do(const ReadPage&) {
    source_worker_.Run([this] {
      events_.Push(PageCame{WithPatience([this]() -> absl::StatusOr<ClientPage> {
        if (stream_ == nullptr) {
          auto opened = parts_.source.OpenStream(read_);
          if (!opened.ok()) return opened.status();
          stream_ = *std::move(opened);
        }
        return stream_->Next();
      })});
    });
  }

  void Do(const FetchRows& fetch) {
    source_worker_.Run([this, keys = fetch.keys] {
      auto rows = WithPatience(
          [&] { return parts_.source.FetchClients(keys, read_.attributes); });
      events_.Push(RowsCame{std::move(rows), keys});
    });
  }

  void Do(SendRequest& todo) {
    portal_workers_.Run(
        [this, shared = std::make_shared<SendRequest>(std::move(todo))] {
          SendRequest& send = *shared;
          // Whatever delayed this thread, a client gets a contact inside the lease or
          // not at all.
          if (send.claims) {
            const absl::Duration end = lease_end_();
            if (parts_.clock.Steady() + kLeaseMargin >= end) {
              events_.Push(HeldBack{send.id});
              return;
            }
            // This process may be stopped here for long, and another agent be the
            // writer when it wakes up.
            send.request.leave_by = end;
            CrashPoint("agent.creation.leaves");
          }
          CrashPoint("agent.request.leaves");
          PortalAnswer answer = parts_.portal.Send(send.request);
          CrashPoint("agent.request.answered");
          if (answer.fate == RequestFate::kNotSent &&
              parts_.clock.Steady() >= send.request.leave_by) {
            events_.Push(HeldBack{send.id});
            return;
          }
          events_.Push(AnswerCame{send.id, std::move(answer)});
        });
  }

  void Do(const WakeAt& wake) { wake_at_ = std::min(wake_at_, wake.steady); }
  void Do(const EndRun& end) { end_ = end; }

  void Handle(PageCame& came) {
    away_ = absl::OkStatus();
    if (came.page.ok()) {
      machine_.OnPage(*came.page, Now());
    } else {
      machine_.OnSourceError(came.page.status(), Now());
    }
  }
  void Handle(RowsCame& came) {
    away_ = absl::OkStatus();
    if (came.rows.ok()) {
      machine_.OnRows(*came.rows, came.asked, Now());
    } else {
      machine_.OnSourceError(came.rows.status(), Now());
    }
  }
  void Handle(SourceAway& came) { away_ = came.status; }
  void Handle(HeldBack& held) { machine_.OnHeldBack(held.id, Now()); }
  void Handle(AnswerCame& came) { machine_.OnAnswer(came.id, came.answer, Now()); }

  const Executor::Parts& parts_;
  const RunSettings& settings_;
  const ReadRequest& read_;
  const Executor::LeaseEnd& lease_end_;
  ExportMachine machine_;
  EventQueue events_;
  Interrupt interrupt_;
  bool interrupted_ = false;
  absl::Status away_;  // not OK: 1C gives no usable answer
  absl::Duration wake_at_ = absl::InfiniteDuration();
  std::optional<EndRun> end_;
  std::unique_ptr<ClientStream> stream_;  // Touched by the source's worker only.
  // Last: their threads use everything above and are joined first.
  WorkerPool source_worker_;
  WorkerPool portal_workers_;
};

}  // namespace

ExecutionResult Executor::Execute(const RunSettings& settings, const ReadRequest& read,
                                  const LeaseEnd& lease_end,
                                  const OnProgress& on_progress) {
  cancel_ = false;
  Execution execution(parts_, settings, read, lease_end);
  ExecutionResult result = execution.Run(on_progress, cancel_, stop_);
  on_progress(result.progress);
  return result;
}

}  // namespace guestbridge::agent
