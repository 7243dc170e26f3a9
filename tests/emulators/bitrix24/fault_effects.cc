#include "tests/emulators/bitrix24/fault_effects.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kHugeBytes = 10u << 20;
constexpr size_t kDeepLevels = 100'000;
constexpr int64_t kHoldMs = 120'000;
constexpr int64_t kEndlessTotal = 1'000'000;

bool IsOneOf(const std::string& kind, std::initializer_list<std::string_view> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool IsError(const std::string& kind) {
  return IsOneOf(kind, {"error", "core_error", "ok_error", "throttle", "operating",
                        "expired_token"});
}

// Every value becomes one of another type; names stay.
void SpoilTypes(Json* node) {
  if (node->is_structured()) {
    for (Json& item : *node) SpoilTypes(&item);
  } else if (node->is_string()) {
    *node = {{"value", *node}};
  } else if (node->is_boolean()) {
    *node = node->get<bool>() ? "yes" : "no";
  } else if (!node->is_null()) {
    *node = Json::array({*node});
  }
}

void RemoveKey(const std::string& key, Json* node) {
  if (node->is_object()) node->erase(key);
  if (!node->is_structured()) return;
  for (Json& item : *node) RemoveKey(key, &item);
}

// What takes the place of an id.
using Other = absl::FunctionRef<int64_t(int64_t)>;

// The next contact after `id`, the first after the last, `id` + 1 on an empty portal.
int64_t OtherId(const ContactStore& contacts, int64_t id) {
  auto it = contacts.all().upper_bound(id);
  if (it == contacts.all().end()) it = contacts.all().begin();
  return it == contacts.all().end() || it->first == id ? id + 1 : it->first;
}

Json Replace(Other other, const Json& id) {
  if (id.is_number_integer()) return other(id.get<int64_t>());
  if (id.is_string() && ToInt(id) > 0) return std::to_string(other(ToInt(id)));
  return id;
}

// Multifields have ids of their own, which stay.
void SpoilIds(Other other, Json* node) {
  if (node->is_object() && !node->contains("VALUE_TYPE") &&
      !node->contains("valueType")) {
    for (const char* name : {"ID", "id"}) {
      const auto it = node->find(name);
      if (it != node->end()) *it = Replace(other, *it);
    }
  }
  if (!node->is_structured()) return;
  for (Json& item : *node) {
    if (item.is_structured()) SpoilIds(other, &item);
  }
}

void SpoilAllIds(Other other, Json* result) {
  if (!result->is_structured()) {
    *result = Replace(other, *result);
    return;
  }
  SpoilIds(other, result);
  // What an add in a batch gives is a bare id.
  const auto commands = result->find("result");
  if (commands == result->end()) return;
  for (Json& item : *commands) {
    if (item.is_number_integer()) item = Replace(other, item);
  }
}

// Adds `member` in front of the object's first one, as text.
void PutInFront(const std::string& member, std::string* body) {
  if (body->starts_with("{")) body->insert(1, member + ",");
}

void BreakText(std::string* body) {
  // Into the first text that is a value; into the first name when there is none.
  size_t at = body->find(":\"");
  at = at == std::string::npos ? body->find('"') + 1 : at + 2;
  if (at <= body->size()) body->insert(at, "\xC3\x28\xFF");
}

}  // namespace

bool IsDelivery(const std::string& kind) {
  return IsOneOf(kind,
                 {"reset", "cut", "truncate", "drip", "html", "redirect", "late_commit",
                  "silence", "away", "huge", "deep", "duplicate_keys", "invalid_utf8",
                  "chunked", "close", "header_case", "gzip"});
}

bool SparesTheBatch(const std::string& kind) {
  return IsOneOf(kind, {"drip", "huge", "deep", "duplicate_keys", "invalid_utf8",
                        "chunked", "close", "header_case", "gzip"});
}

bool IsResultFault(const std::string& kind) {
  return IsOneOf(
      kind, {"wrong_types", "missing_keys", "wrong_ids", "next_ids", "repeat_page"});
}

bool Commits(const FaultRule& rule) {
  return rule.commit || IsResultFault(rule.kind) || SparesTheBatch(rule.kind) ||
         IsOneOf(rule.kind, {"cut", "truncate", "core_error"});
}

bool ActsWithinBatch(const FaultRule& rule) {
  return rule.kind == "drop" ||
         (rule.method == "batch" && rule.after > 0 && IsError(rule.kind));
}

RestError FaultError(const FaultRule& rule) {
  RestError error{
      .status = 400, .code = "ERROR_CORE", .description = "Internal error!"};
  if (rule.kind == "error")
    error = {.status = 500,
             .code = "INTERNAL_SERVER_ERROR",
             .description = "Internal server error"};
  if (rule.kind == "ok_error") error.status = 200;
  if (rule.kind == "throttle")
    error = {.status = 503,
             .code = "QUERY_LIMIT_EXCEEDED",
             .description = "Too many requests"};
  if (rule.kind == "operating") {
    error = {.status = 429,
             .code = "OPERATION_TIME_LIMIT",
             .description = "Method is blocked due to operation time limit."};
  }
  if (rule.kind == "expired_token") {
    error = {.status = 401,
             .code = "expired_token",
             .description = "The access token provided has expired."};
  }
  if (rule.status != 0) error.status = rule.status;
  if (!rule.error.empty()) error.code = rule.error;
  if (!rule.description.empty()) error.description = rule.description;
  return error;
}

Json SpoilParams(const FaultRule& rule, Json params) {
  if (rule.kind != "repeat_page" || !params.is_object()) return params;
  params["start"] = 0;
  for (const char* name : {"filter", "FILTER"}) {
    const auto filter = params.find(name);
    if (filter == params.end() || !filter->is_object()) continue;
    for (const char* key : {">ID", ">id", ">=ID", ">=id"}) filter->erase(key);
  }
  return params;
}

void SpoilResult(const FaultRule& rule, const ContactStore& contacts,
                 MethodResult* result) {
  if (rule.kind == "wrong_types") {
    SpoilTypes(&result->result);
  } else if (rule.kind == "missing_keys") {
    if (!rule.field.empty()) RemoveKey(rule.field, &result->result);
  } else if (rule.kind == "repeat_page") {
    result->next = 50;
    result->total = kEndlessTotal;
  } else if (rule.kind == "wrong_ids") {
    SpoilAllIds([&](int64_t id) { return OtherId(contacts, id); }, &result->result);
  } else if (rule.kind == "next_ids") {
    SpoilAllIds([](int64_t id) { return id + 1; }, &result->result);
  }
}

void SpoilReply(const FaultRule& rule, HttpReply* reply) {
  const auto half = reply->body.size() / 2;
  const size_t bytes = rule.bytes > 0 ? static_cast<size_t>(rule.bytes) : half;
  const bool can_fall_silent = IsOneOf(rule.kind, {"late_commit", "away", "drop"});
  if (rule.kind == "reset" || (can_fall_silent && rule.body == "reset") ||
      (rule.kind == "drop" && rule.body.empty() && rule.status == 0)) {
    reply->delivery = HttpReply::Delivery::kReset;
  } else if (rule.kind == "silence" || (can_fall_silent && rule.body == "silence")) {
    reply->delivery = HttpReply::Delivery::kSilent;
    reply->hold_ms = rule.hold_ms > 0 ? rule.hold_ms : kHoldMs;
  } else if (rule.kind == "cut") {
    reply->delivery = HttpReply::Delivery::kCut;
    reply->bytes = std::min(bytes, reply->body.size());
  } else if (rule.kind == "truncate") {
    reply->body.resize(std::min(bytes, reply->body.size()));
  } else if (rule.kind == "drip") {
    reply->delivery = HttpReply::Delivery::kDrip;
    reply->bytes = rule.bytes > 0 ? static_cast<size_t>(rule.bytes) : 16;
    reply->drip_ms = rule.ms > 0 ? rule.ms : 20;
  } else if (rule.kind == "chunked") {
    reply->delivery = HttpReply::Delivery::kChunked;
  } else if (rule.kind == "close") {
    reply->delivery = HttpReply::Delivery::kClose;
  } else if (rule.kind == "gzip") {
    reply->delivery = HttpReply::Delivery::kGzip;
  } else if (rule.kind == "header_case") {
    reply->delivery = HttpReply::Delivery::kHeaderCase;
  } else if (rule.kind == "redirect") {
    *reply = HtmlReply(302);
    reply->headers["Location"] = rule.body;
  } else if (rule.kind == "huge") {
    const size_t size = rule.bytes > 0 ? static_cast<size_t>(rule.bytes) : kHugeBytes;
    PutInFront("\"padding\":\"" + std::string(size, 'x') + "\"", &reply->body);
  } else if (rule.kind == "deep") {
    const size_t levels =
        rule.count > 0 ? static_cast<size_t>(rule.count) : kDeepLevels;
    PutInFront("\"nested\":" + std::string(levels, '[') + std::string(levels, ']'),
               &reply->body);
  } else if (rule.kind == "duplicate_keys") {
    PutInFront(R"("result":{"result":[],"result_error":[]})", &reply->body);
  } else if (rule.kind == "invalid_utf8") {
    BreakText(&reply->body);
  } else {
    const int otherwise = rule.kind == "html" ? 502 : rule.kind == "away" ? 503 : 504;
    *reply = HtmlReply(rule.status != 0 ? rule.status : otherwise);
    if (!rule.body.empty()) reply->body = rule.body;
  }
}

}  // namespace guestbridge::testing::bitrix24
