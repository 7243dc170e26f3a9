#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

// What is fuzzed: each target takes any bytes and aborts when a promise of the code
// under test does not hold.
namespace guestbridge::fuzz {

struct Target {
  const char* name;  // of its folder in corpus/ and regressions/
  void (*run)(absl::string_view bytes);
};

void RunBatchCommand(absl::string_view bytes);
void RunBoundedJson(absl::string_view bytes);
void RunClientLine(absl::string_view bytes);
void RunChangeFeed(absl::string_view bytes);
void RunHttpAnswer(absl::string_view bytes);
void RunLineReader(absl::string_view bytes);
void RunMetadata(absl::string_view bytes);
void RunODataAnswer(absl::string_view bytes);
void RunOriginVersion(absl::string_view bytes);
void RunPortalAnswer(absl::string_view bytes);
void RunRedirect(absl::string_view bytes);
void RunServiceDocument(absl::string_view bytes);
void RunSourceProfile(absl::string_view bytes);
void RunWatermark(absl::string_view bytes);
void RunContactText(absl::string_view bytes);
void RunPhone(absl::string_view bytes);
void RunEmail(absl::string_view bytes);

inline constexpr Target kTargets[] = {
    {"batch_command", RunBatchCommand},
    {"bounded_json", RunBoundedJson},
    {"client_line", RunClientLine},
    {"change_feed", RunChangeFeed},
    {"http_answer", RunHttpAnswer},
    {"line_reader", RunLineReader},
    {"metadata", RunMetadata},
    {"odata_answer", RunODataAnswer},
    {"origin_version", RunOriginVersion},
    {"portal_answer", RunPortalAnswer},
    {"redirect", RunRedirect},
    {"service_document", RunServiceDocument},
    {"source_profile", RunSourceProfile},
    {"watermark", RunWatermark},
    {"contact_text", RunContactText},
    {"phone", RunPhone},
    {"email", RunEmail},
};

}  // namespace guestbridge::fuzz
