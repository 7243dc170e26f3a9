#include <openssl/ssl.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crash_point/crash_point.h"
#include "common/http/answer_parser.h"
#include "common/http/connection.h"
#include "common/http/decompress.h"
#include "common/http/http_client.h"
#include "common/http/trust_store.h"
#include "common/status/error.h"
#include "common/time/clock.h"

namespace guestbridge {
namespace {

constexpr absl::Duration kMaxIdle = absl::Seconds(10);
// For a server that does not say how long it waits: many close after 5 s.
constexpr absl::Duration kDefaultIdle = absl::Seconds(4);
constexpr size_t kMaxIdleConnections = 16;
constexpr char kLeftTooLate[] = "LEFT_TOO_LATE";

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Tls = std::unique_ptr<SSL_CTX, FreeTls>;

bool HasControlOr(absl::string_view text, char forbidden) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f || c == forbidden;
  });
}

// A line break in a target or a header would be a second request.
bool IsWellFormed(const HttpRequest& request) {
  if (request.method.empty() || HasControlOr(request.method, ' ')) return false;
  if (request.target.empty() || request.target[0] != '/' ||
      HasControlOr(request.target, ' ') || absl::StrContains(request.target, "\t")) {
    return false;
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || HasControlOr(name, ':') || HasControlOr(value, '\n')) {
      return false;
    }
  }
  return !HasControlOr(request.content_type, '\n');
}

std::string Serialize(const HttpRequest& request, const HttpClientOptions& options) {
  std::string out = absl::StrCat(request.method, " ", request.target, " HTTP/1.1\r\n");
  const auto given = [&](absl::string_view name) {
    return std::any_of(
        request.headers.begin(), request.headers.end(),
        [&](const auto& header) { return absl::EqualsIgnoreCase(header.first, name); });
  };
  if (!given("host")) {
    const bool bare_ipv6 =
        absl::StrContains(options.host, ":") && options.host.front() != '[';
    absl::StrAppend(&out, "Host: ", bare_ipv6 ? "[" : "", options.host,
                    bare_ipv6 ? "]" : "");
    if (options.port != (options.tls ? 443 : 80)) {
      absl::StrAppend(&out, ":", options.port);
    }
    absl::StrAppend(&out, "\r\n");
  }
  if (!given("user-agent")) absl::StrAppend(&out, "User-Agent: guestbridge\r\n");
  if (!given("accept")) absl::StrAppend(&out, "Accept: */*\r\n");
  const bool has_body =
      !request.body.empty() || (request.method != "GET" && request.method != "HEAD");
  if (has_body) {
    if (!given("content-type") && !request.content_type.empty()) {
      absl::StrAppend(&out, "Content-Type: ", request.content_type, "\r\n");
    }
    absl::StrAppend(&out, "Content-Length: ", request.body.size(), "\r\n");
  }
  for (const auto& [name, value] : request.headers) {
    if (absl::EqualsIgnoreCase(name, "content-length")) continue;
    absl::StrAppend(&out, name, ": ", value, "\r\n");
  }
  // One buffer: head and body leave in one packet where they fit.
  out.reserve(out.size() + 2 + request.body.size());
  out.append("\r\n").append(request.body);
  return out;
}

std::string ReasonOfIo(Connection::Io io) {
  return io == Connection::Io::kTimedOut ? "TIMED_OUT" : "CONNECTION_LOST";
}

// How long the server keeps an idle connection, less a second for the way.
absl::Duration IdleTime(const std::multimap<std::string, std::string>& headers) {
  const auto it = headers.find("keep-alive");
  if (it == headers.end()) return kDefaultIdle;
  for (const absl::string_view part : absl::StrSplit(it->second, ',')) {
    const std::pair<absl::string_view, absl::string_view> setting =
        absl::StrSplit(absl::StripAsciiWhitespace(part), absl::MaxSplits('=', 1));
    int seconds = 0;
    if (absl::EqualsIgnoreCase(setting.first, "timeout") &&
        absl::SimpleAtoi(setting.second, &seconds)) {
      return std::clamp(absl::Seconds(seconds - 1), absl::ZeroDuration(), kMaxIdle);
    }
  }
  return kDefaultIdle;
}

bool IsSuccess(int status) { return status >= 200 && status < 300; }

bool IsPacked(const AnswerParser& parser) {
  const auto encoding = parser.headers().find("content-encoding");
  return encoding != parser.headers().end() &&
         (absl::EqualsIgnoreCase(encoding->second, "gzip") ||
          absl::EqualsIgnoreCase(encoding->second, "x-gzip") ||
          absl::EqualsIgnoreCase(encoding->second, "deflate"));
}

class PooledClient final : public HttpClient {
 public:
  PooledClient(HttpClientOptions options, Tls tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  ~PooledClient() override {
    for (Idle& idle : idle_) idle.connection->Close();
  }

  HttpResult Send(const HttpRequest& request) override {
    const absl::Duration until = SystemClock().Steady() + request.deadline;
    HttpResult result;
    if (!IsWellFormed(request)) {
      result.reason = "INTERNAL_ERROR";
      return result;
    }
    const std::string bytes = Serialize(request, options_);
    std::unique_ptr<Connection> connection = TakeIdle();
    const bool reused = connection != nullptr;
    if (!reused) {
      connection = Connection::Dial(options_, tls_.get(), until, &result.reason);
      if (connection == nullptr) return result;
    }
    result = Exchange(*connection, bytes, request, until);
    if (reused && result.outcome == HttpOutcome::kNotSent &&
        result.reason != kLeftTooLate) {
      // The kept connection was dead and took nothing: this is still the first sending.
      connection = Connection::Dial(options_, tls_.get(), until, &result.reason);
      if (connection == nullptr) return result;
      result = Exchange(*connection, bytes, request, until);
    }
    if (result.outcome == HttpOutcome::kAnswered) Keep(std::move(connection), result);
    return result;
  }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    absl::Duration until;
  };

  // On anything but a reusable whole answer the connection is closed or aborted.
  HttpResult Exchange(Connection& connection, absl::string_view bytes,
                      const HttpRequest& request, absl::Duration until) {
    HttpResult result;
    const int64_t before = connection.bytes_handed_over();
    CrashPoint("http.request.half-written",
               [&] { connection.Write(bytes.substr(0, bytes.size() / 2), until); });
    const Connection::Io written =
        connection.Write(bytes, std::min(until, request.leave_by));
    CrashPoint("http.request.written");
    if (written != Connection::Io::kDone && connection.bytes_handed_over() == before) {
      const bool late = SystemClock().Steady() >= request.leave_by;
      result.reason = late ? kLeftTooLate : ReasonOfIo(written);
      connection.Abort();
      return result;
    }
    result.outcome = HttpOutcome::kSentNoAnswer;
    if (written == Connection::Io::kTimedOut) {
      result.reason = ReasonOfIo(written);
      connection.Abort();
      return result;
    }
    // After a lost write the answer may still lie there: a server that refuses a
    // request early answers without reading all of it.
    Receive(connection, request, until, &result);
    if (written != Connection::Io::kDone) connection.Abort();
    return result;
  }

  void Receive(Connection& connection, const HttpRequest& request, absl::Duration until,
               HttpResult* result) {
    const bool handed_over = request.on_body != nullptr;
    AnswerParser parser(
        handed_over ? std::numeric_limits<int64_t>::max() : options_.max_body_bytes,
        request.method == "HEAD");
    AnswerParser::State state = AnswerParser::State::kMore;
    std::string buffer(64 << 10, '\0');
    while (state == AnswerParser::State::kMore) {
      size_t count = 0;
      const Connection::Io io =
          connection.Read(buffer.data(), buffer.size(), &count, until);
      if (io == Connection::Io::kDone) {
        state = parser.Feed(absl::string_view(buffer.data(), count));
        if (!handed_over || HandOver(request, parser, &state)) continue;
        // The rest is not wanted.
        result->outcome = HttpOutcome::kAnswered;
        result->status = parser.status();
        result->headers = parser.headers();
        connection.Abort();
        return;
      }
      if (io == Connection::Io::kClosed) state = parser.End();
      if (state != AnswerParser::State::kWhole) {
        result->reason = ReasonOfIo(io);
        connection.Abort();
        return;
      }
    }
    if (state == AnswerParser::State::kWhole && !Unpack(parser, &state)) {
      result->reason = state == AnswerParser::State::kTooLarge ? "ANSWER_TOO_LARGE"
                                                               : "CONNECTION_LOST";
      connection.Abort();
      return;
    }
    if (state != AnswerParser::State::kWhole) {
      result->reason = state == AnswerParser::State::kTooLarge ? "ANSWER_TOO_LARGE"
                                                               : "ANSWER_MALFORMED";
      connection.Abort();
      return;
    }
    CrashPoint("http.request.answered");
    result->outcome = HttpOutcome::kAnswered;
    result->status = parser.status();
    result->headers = parser.headers();
    result->body = std::move(parser.body());
    if (handed_over && IsSuccess(result->status)) {
      if (!result->body.empty()) request.on_body(result->body);
      result->body.clear();
    }
    if (!parser.reusable()) connection.Close();
  }

  // Hands over what the parser holds of a body. False: its taker has enough.
  bool HandOver(const HttpRequest& request, AnswerParser& parser,
                AnswerParser::State* state) const {
    std::string& body = parser.body();
    if (!IsSuccess(parser.status()) || IsPacked(parser)) {
      if (static_cast<int64_t>(body.size()) > options_.max_body_bytes) {
        *state = AnswerParser::State::kTooLarge;
      }
      return true;
    }
    const bool go_on = body.empty() || request.on_body(body);
    body.clear();
    return go_on;
  }

  // We ask for no compression, yet proxies do it.
  bool Unpack(AnswerParser& parser, AnswerParser::State* state) const {
    if (!IsPacked(parser) || parser.body().empty()) return true;
    std::string plain;
    const DecompressResult unpacked =
        Decompress(parser.body(), options_.max_body_bytes, &plain);
    if (unpacked == DecompressResult::kTooLarge) {
      *state = AnswerParser::State::kTooLarge;
    }
    parser.body() = std::move(plain);
    return unpacked == DecompressResult::kDone;
  }

  std::unique_ptr<Connection> TakeIdle() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Duration now = SystemClock().Steady();
    // The youngest first: it is the likeliest to be alive.
    while (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      if (now < idle.until && idle.connection->IsQuiet()) {
        return std::move(idle.connection);
      }
      idle.connection->Close();
    }
    return nullptr;
  }

  void Keep(std::unique_ptr<Connection> connection, const HttpResult& result) {
    if (!connection->is_open()) return;
    const absl::Duration until = SystemClock().Steady() + IdleTime(result.headers);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.size() >= kMaxIdleConnections) {
      connection->Close();
      return;
    }
    idle_.push_back({std::move(connection), until});
  }

  const HttpClientOptions options_;
  const Tls tls_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  // Guarded by mutex_; the youngest last.
};

absl::StatusOr<Tls> MakeTls(const HttpClientOptions& options) {
  Tls tls(SSL_CTX_new(TLS_client_method()));
  if (tls == nullptr) return MakeError("INTERNAL_ERROR");
  SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(tls.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_AUTO_RETRY);
  absl::StatusOr<TrustStore> trusted = SharedTrustStore(options.extra_ca_file);
  if (!trusted.ok()) return std::move(trusted).status();
  SSL_CTX_set_cert_store(tls.get(), trusted->release());
  return tls;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpClient>> MakeHttpClient(HttpClientOptions options) {
  Tls tls;
  if (options.tls) {
    absl::StatusOr<Tls> made = MakeTls(options);
    if (!made.ok()) return std::move(made).status();
    tls = *std::move(made);
  }
  return std::make_unique<PooledClient>(std::move(options), std::move(tls));
}

}  // namespace guestbridge
