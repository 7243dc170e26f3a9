#include "admin-cli/command/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin-cli/command/values.h"
#include "admin-cli/link/secret_file.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "admin-cli/output/json.h"
#include "admin-cli/output/table.h"
#include "admin-cli/output/yaml.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"

namespace guestbridge::cli {

Session::Session(Environment& environment, SessionOptions options,
                 std::shared_ptr<grpc::Channel> channel)
    : environment_(environment),
      options_(std::move(options)),
      channel_(std::move(channel)) {}

void Session::PrepareCall(grpc::ClientContext* context, absl::Duration timeout) const {
  context->AddMetadata("accept-language",
                       options_.language == Language::kRussian ? "ru" : "en");
  if (!options_.token.empty()) {
    context->AddMetadata("authorization",
                         absl::StrCat("Bearer ", options_.token.Reveal()));
  }
  context->set_deadline(absl::ToChronoTime(environment_.clock.Now() + timeout));
}

absl::Status Session::Read(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  if (environment_.interrupt.triggered()) return MakeError("INTERRUPTED");
  // Nobody here has cancelled: a server that goes down does so with calls that reach it
  // then.
  absl::Status error =
      FromGrpcStatus(status.error_code() == grpc::StatusCode::CANCELLED
                         ? grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                        status.error_message(), status.error_details())
                         : status);
  const std::string reason = ReasonOf(error);
  // The server's own errors have parameters of their own.
  if (reason != "SERVER_UNREACHABLE" && reason != "DEADLINE_PASSED" &&
      reason != "CALL_FAILED" && reason != "REQUEST_TOO_LARGE") {
    return error;
  }
  error = WithParameter(std::move(error), "server", options_.server);
  return WithParameter(std::move(error), "timeout",
                       DurationText(options_.language, options_.timeout));
}

absl::StatusOr<SecretString> Session::ReadSecret(const std::string& path) {
  if (path == "-") {
    if (stdin_was_read_) return MakeError("USAGE_STDIN_TWICE");
    stdin_was_read_ = true;
  }
  GB_ASSIGN_OR_RETURN(SecretFile file,
                      ReadSecretFile(path, environment_.in, "SECRET_FILE"));
  if (file.readable_by_others) {
    const Parameters parameters = {{"file", path}};
    err() << Text("WARNING") << ": "
          << Printable(RenderMessage("SECRET_FILE_READABLE_BY_OTHERS", parameters,
                                     options_.language))
          << ' '
          << Printable(RenderRemedy("SECRET_FILE_READABLE_BY_OTHERS", parameters,
                                    options_.language))
          << '\n';
  }
  return std::move(file.secret);
}

bool Session::PrintDocument(const google::protobuf::Message& resource) {
  if (options_.form == OutputForm::kTable) return false;
  return PrintMade(ToJson(resource));
}

bool Session::PrintDocument(const std::string& json) {
  if (options_.form == OutputForm::kTable) return false;
  return PrintIndented(ToIndentedJson(json));
}

bool Session::PrintArray(
    const std::vector<const google::protobuf::Message*>& resources) {
  if (options_.form == OutputForm::kTable) return false;
  return PrintMade(ToJson(resources));
}

bool Session::PrintMade(const absl::StatusOr<std::string>& json) {
  if (json.ok()) return PrintIndented(*json);
  if (unprinted_.ok()) unprinted_ = json.status();
  return true;
}

bool Session::PrintIndented(const std::string& json) {
  out() << (options_.form == OutputForm::kJson ? json : JsonToYaml(json));
  return true;
}

std::string Session::Text(absl::string_view key, const Parameters& parameters) const {
  return Label(options_.language, key, parameters);
}

void Session::Say(absl::string_view key, const Parameters& parameters) {
  Parameters printable = parameters;
  for (auto& [name, value] : printable) value = Printable(value);
  const std::string text = Text(key, printable);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t indent = line.find_first_not_of(' ');
    PrintWrapped(line, indent == absl::string_view::npos ? 0 : static_cast<int>(indent),
                 style(), out());
  }
}

std::string Session::Name(absl::string_view family, absl::string_view value) const {
  const std::string key = absl::StrCat(family, "_", value);
  return HasLabel(key) ? Text(key) : std::string(value);
}

std::string Session::TimeToTheMinute(absl::Time time) const {
  return absl::FormatTime("%Y-%m-%d %H:%M", time, environment_.zone);
}

std::string Session::Time(absl::Time time) const {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, environment_.zone);
}

}  // namespace guestbridge::cli
