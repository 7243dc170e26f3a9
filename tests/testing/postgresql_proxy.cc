#include "tests/testing/postgresql_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::testing {
namespace {

constexpr char kSocket[] = "/.s.PGSQL.5432";
constexpr int kLookMs = 20;

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) std::abort();
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool SendAll(int to, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now =
        send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<size_t>(now);
  }
  return true;
}

// Whole messages of the server at the front of `pending`, notifications left out.
// Before anything else comes one byte, the answer about TLS, which a Unix socket is not
// asked.
std::string WithoutNotifications(std::string& pending, std::atomic<int>& left_out) {
  std::string out;
  while (pending.size() >= 5) {
    uint32_t length = 0;
    for (int i = 1; i <= 4; ++i) {
      length = length << 8 | static_cast<uint8_t>(pending[static_cast<size_t>(i)]);
    }
    const size_t whole = size_t{length} + 1;
    if (pending.size() < whole) break;
    if (pending[0] == 'A') {
      ++left_out;
    } else {
      out.append(pending, 0, whole);
    }
    pending.erase(0, whole);
  }
  return out;
}

}  // namespace

PostgresqlProxy::PostgresqlProxy(const std::string& folder)
    : server_(folder + kSocket) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(dir_.path() + kSocket);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0 ||
      listen(listener_, 64) != 0) {
    std::abort();
  }
  acceptor_ = std::thread([this] { Accept(); });
}

PostgresqlProxy::~PostgresqlProxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string PostgresqlProxy::Url(const std::string& database) const {
  return absl::StrCat("postgresql://owner@/", database, "?host=", dir_.path());
}

void PostgresqlProxy::Accept() {
  while (!stopping_) {
    pollfd ready = {listener_, POLLIN, 0};
    if (poll(&ready, 1, kLookMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (refuse_) {
      close(client);
      continue;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void PostgresqlProxy::Serve(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = Address(server_);
  bool open =
      connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int silences = silences_;
  bool answer_is_lost = false;
  std::string from_server;
  char buffer[65536];
  while (open && !stopping_) {
    if (silences_ > silences) {
      usleep(kLookMs * 1000);
      continue;
    }
    pollfd ready[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(ready, 2, kLookMs) <= 0) continue;
    if (ready[0].revents != 0) {
      const ssize_t size = recv(client, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      const std::string bytes(buffer, static_cast<size_t>(size));
      if (absl::StrContains(bytes, absl::string_view("COMMIT\0", 7))) {
        const Commit what = commit_.exchange(Commit::kPass);
        if (what == Commit::kLose) break;
        if (what == Commit::kLoseUnheard) {
          shutdown(client, SHUT_RDWR);
          lost_unheard_ = true;
          while (!stopping_) usleep(kLookMs * 1000);
          break;
        }
        answer_is_lost = what == Commit::kLoseAnswer;
      }
      open = SendAll(server, bytes);
    }
    if (ready[1].revents != 0) {
      const ssize_t size = recv(server, buffer, sizeof buffer, 0);
      if (size <= 0 || answer_is_lost) break;
      if (!suppress_ && from_server.empty()) {
        open = SendAll(client, std::string(buffer, static_cast<size_t>(size)));
        continue;
      }
      from_server.append(buffer, static_cast<size_t>(size));
      open = SendAll(client, WithoutNotifications(from_server, suppressed_));
    }
  }
  close(client);
  close(server);
}

}  // namespace guestbridge::testing
