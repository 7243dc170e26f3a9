#include "tests/emulators/bitrix24/http_front.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxBody = 256u << 20;
constexpr time_t kKeepAliveSeconds = 75;  // nginx's default
constexpr int kLookMs = 20;
constexpr size_t kChunk = 1000;

// The socket of that peer; -1 when there is none. The server library doesn't give its
// handlers the socket, so it is found by its peer.
int FindConnection(const std::string& remote_ip, int remote_port) {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return -1;
  int found = -1;
  while (const dirent* entry = readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    sockaddr_in peer{};
    socklen_t length = sizeof(peer);
    if (entry->d_name[0] == '.' || fd < 3 ||
        getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0 ||
        peer.sin_family != AF_INET || ntohs(peer.sin_port) != remote_port) {
      continue;
    }
    char ip[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &peer.sin_addr, ip, sizeof(ip));
    if (remote_ip != ip) continue;
    found = fd;
    break;
  }
  closedir(directory);
  return found;
}

HttpCall StartCall(const httplib::Request& request, bool secure) {
  HttpCall call{
      .verb = request.method, .remote_ip = request.remote_addr, .secure = secure};
  const size_t question = request.target.find('?');
  call.path = request.target.substr(0, question);
  if (question != std::string::npos) call.query = request.target.substr(question + 1);
  call.authorization = request.get_header_value("Authorization");
  call.host = request.get_header_value("Host");
  return call;
}

// Reads the body's parameters. False when the client went away in the middle.
bool ReadBody(const httplib::Request& request, const httplib::ContentReader& reader,
              bool raw_json, HttpCall* call) {
  if (request.is_multipart_form_data()) {
    // Parts arrive in order, which is the order of a batch's commands.
    std::string name;
    std::string value;
    const auto flush = [&] {
      if (!name.empty()) AssignParam(name, value, &call->body);
    };
    const bool whole = reader(
        [&](const httplib::MultipartFormData& part) {
          flush();
          name = part.name;
          value.clear();
          return true;
        },
        [&](const char* data, size_t size) {
          value.append(data, size);
          return true;
        });
    flush();
    return whole;
  }
  std::string body;
  const bool whole = reader([&](const char* data, size_t size) {
    body.append(data, size);
    return true;
  });
  if (!whole) return false;
  call->body = ParseBody(
      raw_json ? "application/json" : request.get_header_value("Content-Type"), body);
  return true;
}

class Listener final : public HttpListener {
 public:
  Listener(const ListenerOptions& options, const PortalClock& clock,
           HttpHandler handler)
      : options_(options), clock_(clock), handler_(std::move(handler)) {
    if (options.tls_cert.empty()) {
      server_ = std::make_unique<httplib::Server>();
    } else {
      server_ = std::make_unique<httplib::SSLServer>(options.tls_cert.c_str(),
                                                     options.tls_key.c_str());
    }
  }

  ~Listener() override {
    Stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen() {
    if (!server_->is_valid()) {
      return absl::UnavailableError("certificate or key can't be read");
    }
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_max_count(1000000);
    server_->set_keep_alive_timeout(kKeepAliveSeconds);
    server_->set_read_timeout(60);
    server_->set_write_timeout(60);
    server_->set_payload_max_length(kMaxBody);
    server_->new_task_queue = [threads = options_.threads] {
      return new httplib::ThreadPool(threads);
    };
    const auto with_body = [this](const httplib::Request& request,
                                  httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      HttpCall call = StartCall(request, !options_.tls_cert.empty());
      if (!ReadBody(request, reader, options_.raw_json_body, &call)) {
        response.status = 400;
        return;
      }
      Answer(request, handler_(call), &response);
    };
    const auto without_body = [this](const httplib::Request& request,
                                     httplib::Response& response) {
      Answer(request, handler_(StartCall(request, !options_.tls_cert.empty())),
             &response);
    };
    server_->Get(R"(/.*)", without_body);
    server_->Post(R"(/.*)", with_body);
    server_->Delete(R"(/.*)", without_body);
    port_ = options_.port;
    if (port_ == 0) {
      port_ = server_->bind_to_any_port(options_.host.c_str());
      if (port_ <= 0) return absl::UnavailableError("no free port");
    } else if (!server_->bind_to_port(options_.host.c_str(), port_)) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", options_.host, ":", port_));
    }
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  void Stop() override { server_->stop(); }

 private:
  void Answer(const httplib::Request& request, HttpReply reply,
              httplib::Response* response) {
    if (reply.delivery == HttpReply::Delivery::kReset) {
      ResetConnection(request.remote_addr, request.remote_port);
      response->status = 500;
      return;
    }
    if (reply.delivery == HttpReply::Delivery::kSilent) {
      HoldSilent(request, absl::Milliseconds(reply.hold_ms));
      ResetConnection(request.remote_addr, request.remote_port);
      response->status = 500;
      return;
    }
    response->status = reply.status;
    for (const auto& [name, value] : reply.headers) response->set_header(name, value);
    if (SetWhole(request, reply, response)) return;
    const size_t size = reply.body.size();
    const bool cut = reply.delivery == HttpReply::Delivery::kCut;
    const std::string type = reply.content_type;
    response->set_content_provider(
        size, type,
        [this, reply = std::move(reply), cut, ip = request.remote_addr,
         port = request.remote_port](size_t offset, size_t, httplib::DataSink& sink) {
          const size_t end = cut ? reply.bytes : reply.body.size();
          if (offset >= end) {
            ResetConnection(ip, port);
            return false;
          }
          const size_t piece = cut ? end - offset : std::min(reply.bytes, end - offset);
          if (!sink.write(reply.body.data() + offset, piece)) return false;
          clock_.Wait(absl::Milliseconds(cut ? 50 : reply.drip_ms));
          return true;
        });
  }

  // Until `time` is over or the client has left.
  void HoldSilent(const httplib::Request& request, absl::Duration time) {
    const PortalClock::Mark start = clock_.Start();
    const int fd = FindConnection(request.remote_addr, request.remote_port);
    while (!clock_.stopped() && !clock_.HasPassed(start, time)) {
      pollfd peer{.fd = fd, .events = POLLRDHUP, .revents = 0};
      if (poll(&peer, fd < 0 ? 0 : 1, kLookMs) > 0) return;
    }
  }

  // The deliveries that send the whole body. False for another one.
  bool SetWhole(const httplib::Request& request, const HttpReply& reply,
                httplib::Response* response) {
    const char* type = reply.content_type.c_str();
    switch (reply.delivery) {
      case HttpReply::Delivery::kWhole:
        response->set_content(reply.body, type);
        return true;
      case HttpReply::Delivery::kGzip: {
        if (request.get_header_value("Accept-Encoding").find("gzip") ==
            std::string::npos) {
          response->set_content(reply.body, type);
          return true;
        }
        std::string packed;
        httplib::detail::gzip_compressor compressor;
        compressor.compress(reply.body.data(), reply.body.size(), /*last=*/true,
                            [&](const char* data, size_t size) {
                              packed.append(data, size);
                              return true;
                            });
        response->set_content(packed, type);
        response->set_header("Content-Encoding", "gzip");
        return true;
      }
      case HttpReply::Delivery::kHeaderCase:
        response->set_content(reply.body, type);
        response->set_header("content-type", type);
        response->set_header("x-CONTENT-type-OPTIONS", "nosniff");
        return true;
      case HttpReply::Delivery::kClose:
        response->set_header("Connection", "close");
        // Runs once the body is on its way.
        response->set_content_provider(
            reply.body.size(), type,
            [body = reply.body](size_t offset, size_t length, httplib::DataSink& sink) {
              return sink.write(body.data() + offset, length);
            },
            [ip = request.remote_addr, port = request.remote_port](bool) {
              const int fd = FindConnection(ip, port);
              if (fd >= 0) shutdown(fd, SHUT_RDWR);
            });
        return true;
      case HttpReply::Delivery::kChunked:
        response->set_chunked_content_provider(
            type, [body = reply.body](size_t offset, httplib::DataSink& sink) {
              if (offset >= body.size()) {
                sink.done();
                return true;
              }
              return sink.write(body.data() + offset,
                                std::min(kChunk, body.size() - offset));
            });
        return true;
      default:
        return false;
    }
  }

  const ListenerOptions options_;
  const PortalClock& clock_;
  const HttpHandler handler_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(
    const ListenerOptions& options, const PortalClock& clock, HttpHandler handler) {
  auto listener = std::make_unique<Listener>(options, clock, std::move(handler));
  if (absl::Status status = listener->Listen(); !status.ok()) return status;
  return listener;
}

bool ResetConnection(const std::string& remote_ip, int remote_port) {
  const int fd = FindConnection(remote_ip, remote_port);
  if (fd < 0) return false;
  // Closing will discard what is queued, should the next line not do it.
  const linger discard{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &discard, sizeof(discard));
  // Connecting to nothing dissolves the association at once, with a reset to the peer.
  sockaddr nothing{};
  nothing.sa_family = AF_UNSPEC;
  return connect(fd, &nothing, sizeof(nothing)) == 0 || shutdown(fd, SHUT_RDWR) == 0;
}

}  // namespace guestbridge::testing::bitrix24
