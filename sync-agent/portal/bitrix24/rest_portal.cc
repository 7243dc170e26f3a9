#include "sync-agent/portal/bitrix24/rest_portal.h"

#include <mutex>

#include "sync-agent/portal/bitrix24/answer_decoder.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"
#include "sync-agent/portal/bitrix24/rest_caller.h"

namespace guestbridge::agent {
namespace {

constexpr char kMultifieldType[] = "crm_multifield";

class RestPortal final : public Portal {
 public:
  RestPortal(RestPortalSettings settings, HttpClient& http, const Clock& clock)
      : host_(settings.host),
        caller_(std::move(settings), http, clock),
        clock_(clock) {}

  PortalAnswer Send(const PortalRequest& request) override {
    const std::vector<Command>& commands = request.commands;
    const absl::Duration begun = clock_.Steady();
    PortalAnswer answer;
    if (commands.empty()) {
      answer.fate = RequestFate::kAnswered;
      return answer;
    }
    const bool single = commands.size() == 1;
    int http_requests = 0;
    const ListFields lists = Lists();
    answer = caller_.Call(
        single ? MethodOf(commands.front()) : "batch",
        single ? EncodeParams(commands.front(), lists) : EncodeBatch(commands, lists),
        {request.deadline, request.counted, request.leave_by},
        [&](const HttpResult& http) { return DecodeAnswer(http, commands); },
        &http_requests);
    // The request's reason is each command's, unless it has a word of its own.
    for (size_t i = 0; i < answer.results.size(); ++i) {
      if (answer.fate == RequestFate::kAnswered) break;
      CommandResult& result = answer.results[i];
      result.reason = answer.reason;
      if (answer.fate == RequestFate::kRefused ||
          answer.fate == RequestFate::kNotSent) {
        result.fate = Fate::kNotExecuted;
      }
      SpreadToItems(commands[i], &result);
    }
    for (const CommandResult& result : answer.results) LearnLists(result);
    answer.parameters.emplace("host", host_);
    answer.http_requests = http_requests;
    answer.took = clock_.Steady() - begun;
    return answer;
  }

 private:
  ListFields Lists() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lists_;
  }

  // What the portal last said of its fields.
  void LearnLists(const CommandResult& result) {
    ListFields lists;
    bool told = false;
    for (const auto& [name, field] : result.fields) {
      // Of statuses alone no type is told.
      told = told || !field.type.empty();
      if (field.multiple && field.type != kMultifieldType) lists.insert(name);
    }
    if (!told) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    lists_ = std::move(lists);
  }

  const std::string host_;
  RestCaller caller_;
  const Clock& clock_;
  std::mutex mutex_;
  ListFields lists_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<Portal> MakeRestPortal(RestPortalSettings settings, HttpClient& http,
                                       const Clock& clock) {
  return std::make_unique<RestPortal>(std::move(settings), http, clock);
}

}  // namespace guestbridge::agent
