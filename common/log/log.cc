#include "common/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log/line.h"
#include "common/status/error.h"

namespace guestbridge::log {
namespace {

spdlog::logger& Logger() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("guestbridge",
                                    std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::trace);
    // A full or closed stderr must not stop the program, nor talk to itself.
    made->set_error_handler([](const std::string&) {});
    return made;
  }();
  return *logger;
}

void Write(spdlog::level::level_enum level, absl::string_view level_name,
           absl::string_view event, Fields fields) {
  spdlog::logger& logger = Logger();
  if (!logger.should_log(level)) return;
  logger.log(level, FormatLine(absl::Now(), level_name, event, fields));
}

}  // namespace

Value::Value(const absl::Status& status) {
  const Explanation why = Explain(status, Language::kEnglish);
  value_ =
      status.ok() ? std::string("OK") : absl::StrCat(why.reason, ": ", why.message);
}

std::string FormatLine(absl::Time time, absl::string_view level,
                       absl::string_view event, Fields fields) {
  nlohmann::ordered_json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  line["level"] = std::string(level);
  line["event"] = std::string(event);
  for (const auto& [key, value] : fields) {
    auto& field = line[std::string(key)];
    std::visit([&field](const auto& plain) { field = plain; }, value.get());
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Debug(absl::string_view event, Fields fields) {
  Write(spdlog::level::debug, "debug", event, fields);
}
void Info(absl::string_view event, Fields fields) {
  Write(spdlog::level::info, "info", event, fields);
}
void Warning(absl::string_view event, Fields fields) {
  Write(spdlog::level::warn, "warning", event, fields);
}
void Error(absl::string_view event, Fields fields) {
  Write(spdlog::level::err, "error", event, fields);
}

void EnableDebug(bool on) {
  Logger().set_level(on ? spdlog::level::debug : spdlog::level::info);
}

}  // namespace guestbridge::log
