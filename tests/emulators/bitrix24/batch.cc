#include "tests/emulators/bitrix24/batch.h"

#include <utility>

#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxCommands = 50;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The end of the reference that starts at the "$" at `at`: its root name and the
// brackets that follow without a blank between.
size_t ReferenceEnd(const std::string& text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() &&
         ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')) {
    ++end;
  }
  while (end < text.size() && text[end] == '[') {
    size_t close = end;
    while (close < text.size() && text[close] != ']' && !IsBlank(text[close])) ++close;
    if (close >= text.size() || text[close] != ']') break;
    end = close + 1;
  }
  return end;
}

// What the reference leads to, or null when its root is none of ours.
const Json* Follow(const std::string& reference, const Json& roots) {
  const size_t bracket = reference.find('[');
  const std::string root = reference.substr(
      1, bracket == std::string::npos ? std::string::npos : bracket - 1);
  const Json* node = Find(roots, root);
  size_t at = bracket;
  while (node != nullptr && at != std::string::npos && at < reference.size()) {
    const size_t close = reference.find(']', at);
    const Json* next = Find(*node, reference.substr(at + 1, close - at - 1));
    if (next == nullptr) break;
    node = next;
    at = close + 1;
  }
  return node;
}

Json ResolveText(const std::string& text, const Json& roots) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t dollar = text.find('$', at);
    if (dollar == std::string::npos) break;
    out.append(text, at, dollar - at);
    const size_t end = ReferenceEnd(text, dollar);
    const std::string reference = text.substr(dollar, end - dollar);
    const Json* found = Follow(reference, roots);
    if (found != nullptr && reference == text) return *found;
    out += found == nullptr || IsArray(*found) ? reference : ToText(*found);
    at = end;
  }
  if (at < text.size()) out.append(text, at);
  return out;
}

struct Command {
  std::string method;
  Json params;
};

Command ParseCommand(const std::string& text) {
  const std::string url = text.substr(0, text.find('#'));
  const size_t question = url.find('?');
  Command command{.method = ToLower(Trim(url.substr(0, question))),
                  .params = Json::object()};
  while (command.method.starts_with("/")) command.method.erase(0, 1);
  if (question != std::string::npos) {
    command.params = ParseQuery(std::string_view(url).substr(question + 1));
  }
  return command;
}

RestError TooLong() {
  return {.status = 400,
          .code = "ERROR_BATCH_LENGTH_EXCEEDED",
          .description = "Max batch length exceeded"};
}

RestError NotForBatch() {
  return {.status = 405,
          .code = "ERROR_BATCH_METHOD_NOT_ALLOWED",
          .description = "Method is not allowed for batch usage"};
}

}  // namespace

Json ResolveReferences(const Json& value, const Json& roots) {
  if (value.is_string()) return ResolveText(value.get<std::string>(), roots);
  if (!IsArray(value)) return value;
  Json out = Json::object();
  ForEach(value, [&](const std::string& key, const Json& item) {
    const Json name = ResolveText(key, roots);
    out[IsArray(name) ? key : ToText(name)] = ResolveReferences(item, roots);
  });
  return out;
}

BatchAnswer RunBatch(const Json& params, const BatchOptions& options,
                     const RunCommand& run) {
  const Json* cmd = FindIgnoringCase(params, "cmd");
  const Json* halt_param = FindIgnoringCase(params, "halt");
  const bool halt = halt_param != nullptr && ToBool(*halt_param);
  Json roots = {{"result", Json::object()},
                {"error", Json::object()},
                {"total", Json::object()},
                {"next", Json::object()},
                {"time", Json::object()}};
  BatchAnswer answer;
  size_t taken = 0;
  int64_t done = 0;
  bool halted = false;
  std::string exception;

  ForEach(cmd == nullptr ? Json::array() : *cmd, [&](const std::string& key,
                                                     const Json& text) {
    if (halted || answer.stopped || !text.is_string()) return;
    if (options.drop_after.has_value() && done >= *options.drop_after) {
      answer.stopped = true;
      return;
    }
    CommandAnswer given;
    if (taken++ >= kMaxCommands) {
      given.outcome = TooLong();
    } else {
      Command command = ParseCommand(text.get<std::string>());
      const bool banned = command.method == "upload" || command.method == "download" ||
                          (command.method == "batch" && !options.nested_allowed);
      if (banned) {
        given.outcome = NotForBatch();
      } else {
        given = run(key, command.method, ResolveReferences(command.params, roots));
        ++done;
      }
    }
    if (given.stop) {
      answer.stopped = true;
      return;
    }
    if (auto* error = std::get_if<RestError>(&given.outcome)) {
      if (error->code == "insufficient_scope") error->description.clear();
      if (options.sticky_exception) {
        if (!exception.empty()) {
          error->code = "ERROR_CORE";
          error->description = exception;
        } else if (error->code == "ERROR_CORE") {
          exception = error->description;
        }
      }
      Json entry = {{"error", error->code}, {"error_description", error->description}};
      for (auto it = error->extra.begin(); it != error->extra.end(); ++it) {
        entry[it.key()] = it.value();
      }
      roots["error"][key] = std::move(entry);
      halted = halt;
      return;
    }
    auto& success = std::get<MethodResult>(given.outcome);
    roots["result"][key] = std::move(success.result);
    if (success.total.has_value()) roots["total"][key] = *success.total;
    if (success.next.has_value()) roots["next"][key] = *success.next;
    roots["time"][key] = std::move(given.time);
  });

  answer.result = {{"result", roots["result"]},
                   {"result_error", roots["error"]},
                   {"result_total", roots["total"]},
                   {"result_next", roots["next"]},
                   {"result_time", roots["time"]}};
  return answer;
}

}  // namespace guestbridge::testing::bitrix24
