#include "admin-cli/command/wait.h"

#include <algorithm>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/run_view.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/support/sync_stream.h"
#include "guestbridge/v1/run.grpc.pb.h"

namespace guestbridge::cli {
namespace {

// A watch is opened anew this often, so that a connection that died without a word is
// noticed.
constexpr absl::Duration kWatchLength = absl::Minutes(2);
constexpr double kFirstPauseSeconds = 0.25;
constexpr double kLongestPauseSeconds = 5;

// Progress on stderr: one line that is drawn again on a terminal, else one a change.
class Progress {
 public:
  explicit Progress(Session& session) : session_(session) {}
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const v1::Run& run) {
    for (const v1::Explanation& notice : run.notices()) {
      const std::string text = TextOf(notice);
      if (said_.insert(text).second) Say(text);
    }
    const std::string line = Printable(ProgressText(session_, run));
    if (line == last_) return;
    last_ = line;
    if (!session_.environment().err_is_terminal) {
      PrintWrapped(line, 0, session_.style(), session_.err());
      session_.err().flush();
      return;
    }
    // One column stays free: a full line would wrap, and only half be drawn again.
    const int width = std::max(10, session_.environment().terminal_width - 1);
    session_.err() << "\r\033[K" << CutToWidth(line, width) << std::flush;
    drawn_ = true;
  }

  void Say(absl::string_view text) {
    Clear();
    PrintWrapped(text, 0, session_.style(), session_.err());
    session_.err().flush();
  }

 private:
  void Clear() {
    if (!drawn_) return;
    session_.err() << "\r\033[K" << std::flush;
    drawn_ = false;
    last_.clear();
  }

  Session& session_;
  std::set<std::string> said_;
  std::string last_;
  bool drawn_ = false;
};

class Watch {
 public:
  Watch(Session& session, const std::string& name, v1::WatchRunRequest::Until until)
      : session_(session), stub_(session.channel()), progress_(session) {
    request_.set_name(name);
    request_.set_until(until);
  }

  absl::StatusOr<v1::Run> Wait() {
    double pause = kFirstPauseSeconds;
    while (true) {
      const bool heard = ReadStream();
      if (heard) {
        pause = kFirstPauseSeconds;
        if (away_said_ && status_.ok()) away_said_ = false;
      }
      if (status_.ok() && HasEnded(run_)) return run_;
      GB_RETURN_IF_ERROR(Judge(heard));
      if (session_.interrupt().Sleep(pause)) return Interrupted();
      pause = std::min(2 * pause, kLongestPauseSeconds);
    }
  }

 private:
  // True when at least one message came.
  bool ReadStream() {
    grpc::ClientContext context;
    session_.PrepareCall(&context, kWatchLength);
    const Interrupt::Call interruptible(session_.interrupt(), context);
    const std::unique_ptr<grpc::ClientReader<v1::Run>> reader =
        stub_.WatchRun(&context, request_);
    bool heard = false;
    while (reader->Read(&run_)) {
      if (away_said_) progress_.Say(session_.Text("SERVER_IS_BACK"));
      away_said_ = false;
      heard = true;
      progress_.Show(run_);
    }
    status_ = session_.Read(reader->Finish());
    return heard;
  }

  // OK when the watch is worth another try.
  absl::Status Judge(bool heard) {
    if (session_.interrupt().triggered()) return Interrupted();
    if (status_.ok()) return absl::OkStatus();  // The server goes down politely.
    if (absl::IsDeadlineExceeded(status_) && heard) return absl::OkStatus();
    if (!absl::IsUnavailable(status_) && !absl::IsDeadlineExceeded(status_)) {
      return status_;
    }
    if (!away_said_) {
      progress_.Say(
          session_.Text("SERVER_IS_AWAY", {{"server", session_.options().server}}));
    }
    away_said_ = true;
    return absl::OkStatus();
  }

  absl::Status Interrupted() {
    progress_.Say(session_.Text("STILL_RUNNING", {{"name", request_.name()}}));
    return MakeError("INTERRUPTED");
  }

  Session& session_;
  v1::RunService::Stub stub_;
  v1::WatchRunRequest request_;
  Progress progress_;
  v1::Run run_;
  absl::Status status_;
  bool away_said_ = false;
};

}  // namespace

absl::StatusOr<v1::Run> WaitForRun(Session& session, const std::string& name,
                                   v1::WatchRunRequest::Until until) {
  return Watch(session, name, until).Wait();
}

absl::StatusOr<int> FinishRun(Session& session, const v1::Run& started, bool wait,
                              v1::WatchRunRequest::Until until) {
  v1::Run run = started;
  if (wait) {
    GB_ASSIGN_OR_RETURN(run, WaitForRun(session, started.name(), until));
  }
  if (!session.PrintDocument(run)) PrintRun(session, run, {.values = wait});
  return wait ? ExitCodeOf(run) : 0;
}

}  // namespace guestbridge::cli
