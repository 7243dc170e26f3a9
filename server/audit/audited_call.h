#pragma once

#include <string>

namespace guestbridge::server {

// The call that a thread is serving, for the records of what it does.
struct AuditedCall {
  std::string principal;            // Empty: nobody is known.
  std::string principal_name = {};  // Caller::name.
  std::string peer;                 // "10.0.0.7:51724".
  std::string request_id;
  std::string method;  // "guestbridge.v1.ScheduleService/SetSchedule".

  // A person or a service asked for it, not an agent that does its work.
  bool asked() const;
};

// For as long as it lives, what this thread does is done by `call`; they nest.
class AuditScope {
 public:
  explicit AuditScope(const AuditedCall& call);
  ~AuditScope();
  AuditScope(const AuditScope&) = delete;
  AuditScope& operator=(const AuditScope&) = delete;

  // Of this thread; null: the server does something by itself.
  static const AuditedCall* Current();

 private:
  const AuditedCall* const outer_;
};

}  // namespace guestbridge::server
