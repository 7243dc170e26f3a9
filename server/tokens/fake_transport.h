#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/tokens/http_factory.h"

// A transport for the tests of this folder: answers by a function, remembers who was
// asked.
namespace guestbridge::server {

class FakeTransport {
 public:
  using Handler =
      std::function<HttpResult(const HttpClientOptions&, const HttpRequest&)>;

  Handler handler;

  HttpClientFactory Factory() {
    return [this](HttpClientOptions options) {
      return absl::StatusOr<std::unique_ptr<HttpClient>>(
          std::make_unique<Client>(*this, std::move(options)));
    };
  }

  // "https://host:port/path" of each request, in order.
  std::vector<std::string> Asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }
  // Options of the last client that was asked.
  HttpClientOptions last_options;

  static HttpResult Answer(int status, std::string body) {
    HttpResult result;
    result.outcome = HttpOutcome::kAnswered;
    result.status = status;
    result.body = std::move(body);
    return result;
  }
  static HttpResult NotSent(std::string reason) {
    HttpResult result;
    result.outcome = HttpOutcome::kNotSent;
    result.reason = std::move(reason);
    return result;
  }
  static HttpResult Lost() {
    HttpResult result;
    result.outcome = HttpOutcome::kSentNoAnswer;
    result.reason = "CONNECTION_LOST";
    return result;
  }

 private:
  class Client final : public HttpClient {
   public:
    Client(FakeTransport& transport, HttpClientOptions options)
        : transport_(transport), options_(std::move(options)) {}
    HttpResult Send(const HttpRequest& request) override {
      {
        const std::lock_guard<std::mutex> lock(transport_.mutex_);
        const std::vector<std::string> parts = absl::StrSplit(request.target, '?');
        transport_.asked_.push_back(absl::StrCat(options_.tls ? "https" : "http", "://",
                                                 options_.host, ":", options_.port,
                                                 parts[0]));
        transport_.last_options = options_;
      }
      return transport_.handler(options_, request);
    }

   private:
    FakeTransport& transport_;
    const HttpClientOptions options_;
  };

  std::mutex mutex_;
  std::vector<std::string> asked_;
};

}  // namespace guestbridge::server
