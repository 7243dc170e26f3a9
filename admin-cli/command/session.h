#pragma once

#include <algorithm>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin-cli/link/interrupt.h"
#include "admin-cli/link/keyboard.h"
#include "admin-cli/output/table.h"
#include "common/secret/secret_string.h"
#include "common/text/catalogue.h"
#include "common/time/clock.h"
#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace guestbridge::cli {

// The world around the program, passed in so that a test can be one.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::function<std::string(absl::string_view)> variable;  // "" when it is not set.
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int terminal_width = 80;  // in columns
  absl::TimeZone zone;      // Times for people.
  const Clock& clock;
  Interrupt& interrupt;
  const Keyboard* keyboard = nullptr;  // The terminal that `in` is, if it is one.
};

// How wide to write for people: as the terminal is, within what can be read; 80 columns
// where there is none.
inline int ReadableWidth(const Environment& environment, bool is_terminal) {
  return is_terminal ? std::clamp(environment.terminal_width, 40, 160) : 80;
}

enum class OutputForm { kTable, kJson, kYaml };

struct SessionOptions {
  std::string server;
  OutputForm form = OutputForm::kTable;
  Language language = Language::kEnglish;
  bool color = false;
  absl::Duration timeout;
  SecretString token;  // Empty: none is sent.
};

// One execution of a command: how it calls, and how it prints. One thread at a time.
class Session {
 public:
  // `channel` is null for a command that needs no server: it makes no calls.
  Session(Environment& environment, SessionOptions options,
          std::shared_ptr<grpc::Channel> channel);

  // Makes one RPC: `Call<Run>(&RunService::Stub::GetRun, request)`. The error says what
  // the server said; SERVER_UNREACHABLE and the like when it said nothing.
  template <typename Answer, typename Stub, typename Request>
  absl::StatusOr<Answer> Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&, Answer*),
                              const Request& request) {
    return Call<Answer>(method, request, options_.timeout);
  }
  template <typename Answer, typename Stub, typename Request>
  absl::StatusOr<Answer> Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&, Answer*),
                              const Request& request, absl::Duration timeout) {
    Stub stub(channel_);
    grpc::ClientContext context;
    PrepareCall(&context, timeout);
    const Interrupt::Call interruptible(environment_.interrupt, context);
    Answer answer;
    const absl::Status status = Read((stub.*method)(&context, request, &answer));
    if (!status.ok()) return status;
    return answer;
  }

  // Calls `list` until the last page; `take` gets each answer.
  template <typename Answer, typename Stub, typename Request, typename Take>
  absl::Status CallPages(grpc::Status (Stub::*list)(grpc::ClientContext*,
                                                    const Request&, Answer*),
                         Request request, Take take) {
    do {
      auto answer = Call<Answer>(list, request);
      if (!answer.ok()) return answer.status();
      request.set_page_token(answer->next_page_token());
      take(*answer);
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  // For calls that are no simple RPC: metadata and deadline, and how they ended.
  void PrepareCall(grpc::ClientContext* context, absl::Duration timeout) const;
  absl::Status Read(const grpc::Status& status) const;
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  Interrupt& interrupt() { return environment_.interrupt; }

  // Reads a secret; warns on stderr when others can read the file. Standard input can
  // be read once.
  absl::StatusOr<SecretString> ReadSecret(const std::string& path);

  // In JSON or YAML prints the resource and returns true; one that has no such form is
  // not printed, see unprinted(). For a table returns false: the caller prints it to
  // out().
  bool PrintDocument(const google::protobuf::Message& resource);
  template <typename Resources>
  bool PrintDocuments(const Resources& resources) {
    std::vector<const google::protobuf::Message*> all;
    for (const auto& resource : resources) all.push_back(&resource);
    return PrintArray(all);
  }

  // The same for what is no resource of the API: `json` is valid JSON on one line.
  bool PrintDocument(const std::string& json);

  // Why something could not be printed; the command ends with it.
  const absl::Status& unprinted() const { return unprinted_; }

  // A label of the catalogue (without LABEL_) in the caller's language.
  std::string Text(absl::string_view key, const Parameters& parameters = {}) const;
  // The same on out(): whole lines, wrapped, a command in one piece.
  void Say(absl::string_view key, const Parameters& parameters = {});
  // The label <family>_<value>, or the value itself when a newer server sent it.
  std::string Name(absl::string_view family, absl::string_view value) const;
  std::string Time(absl::Time time) const;
  std::string TimeToTheMinute(absl::Time time) const;  // For narrow columns.

  std::ostream& out() { return environment_.out; }
  std::ostream& err() { return environment_.err; }
  Environment& environment() { return environment_; }
  Style style() const {
    return {.width = ReadableWidth(environment_, environment_.out_is_terminal),
            .color = options_.color};
  }
  const SessionOptions& options() const { return options_; }

 private:
  bool PrintArray(const std::vector<const google::protobuf::Message*>& resources);
  bool PrintMade(const absl::StatusOr<std::string>& json);
  bool PrintIndented(const std::string& json);

  Environment& environment_;
  SessionOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
  absl::Status unprinted_;
  bool stdin_was_read_ = false;
};

}  // namespace guestbridge::cli
