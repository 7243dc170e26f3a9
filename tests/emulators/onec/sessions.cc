#include "tests/emulators/onec/sessions.h"

#include <cstddef>
#include <string_view>

#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

std::string CookieValue(const std::string& cookie) {
  static constexpr std::string_view kName = "ibsession=";
  const std::size_t at = cookie.find(kName);
  if (at == std::string::npos) return "";
  const std::size_t from = at + kName.size();
  return cookie.substr(from, cookie.find(';', from) - from);
}

}  // namespace

void Sessions::DropIdle(const Settings& settings) {
  const auto oldest = Clock::now() - std::chrono::seconds(settings.session_idle_s);
  std::erase_if(sessions_, [&](const auto& entry) {
    return !entry.second.busy && entry.second.last_used < oldest;
  });
}

bool Sessions::HasLicence(const Settings& settings) const {
  return settings.licences == 0 ||
         static_cast<int>(sessions_.size()) + own_ < settings.licences;
}

Sessions::Ticket Sessions::Begin(const Settings& settings, const std::string& header,
                                 const std::string& cookie) {
  std::unique_lock lock(mutex_);
  DropIdle(settings);
  Ticket ticket;
  if (settings.ib_session && header == "start") {
    if (!HasLicence(settings)) return {Outcome::kCannotStart, "", false};
    ticket = {Outcome::kStarted, NewGuid().Text(), false};
    sessions_[ticket.id] = {true, Clock::now()};
    return ticket;
  }
  const std::string id = settings.ib_session ? CookieValue(cookie) : "";
  if (id.empty()) {
    if (!HasLicence(settings)) return {Outcome::kNoLicence, "", false};
    ++own_;
    return ticket;
  }
  freed_.wait(lock, [&] {
    const auto it = sessions_.find(id);
    return it == sessions_.end() || !it->second.busy;
  });
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return {Outcome::kDead, "", false};
  it->second.busy = true;
  return {Outcome::kReused, id, header == "finish"};
}

void Sessions::End(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  if (ticket.outcome == Outcome::kOwn) --own_;
  if (const auto it = sessions_.find(ticket.id); it != sessions_.end()) {
    it->second.busy = false;
    it->second.last_used = Clock::now();
    if (ticket.finish) sessions_.erase(it);
  }
  freed_.notify_all();
}

void Sessions::KillAll() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
  freed_.notify_all();
}

}  // namespace guestbridge::testing::onec
