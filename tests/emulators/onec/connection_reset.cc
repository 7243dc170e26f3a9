#include "tests/emulators/onec/connection_reset.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>

namespace guestbridge::testing::onec {
namespace {

bool IsPeer(int fd, const std::string& address, int port) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&peer);
    inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    return ntohs(in->sin_port) == port && address == text;
  }
  if (peer.ss_family != AF_INET6) return false;
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&peer);
  inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
  return ntohs(in6->sin6_port) == port && address == text;
}

}  // namespace

void ResetConnection(const std::string& peer_address, int peer_port) {
  DIR* const directory = opendir("/proc/self/fd");
  if (!directory) return;
  while (const dirent* entry = readdir(directory)) {
    const int fd = std::atoi(entry->d_name);
    if (fd <= 2 || !IsPeer(fd, peer_address, peer_port)) continue;
    // On Linux, connecting a TCP socket to AF_UNSPEC dissolves its connection with RST.
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    connect(fd, &nowhere, sizeof nowhere);
    break;
  }
  closedir(directory);
}

}  // namespace guestbridge::testing::onec
