#include "common/text/utf8.h"
#include "sync-agent/mapping/email.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {

// Each value is an address that the portal takes, and is found again in itself.
void RunEmail(absl::string_view bytes) {
  agent::IsEmail(bytes);
  const std::string text = ToValidUtf8(bytes);
  const agent::EmailList list = agent::ParseEmails(text);
  GB_PROMISE(list.left_out >= 0);
  for (const std::string& value : list.values) {
    GB_PROMISE(agent::IsEmail(value));
    GB_PROMISE(value.size() <= 250);
    const agent::EmailList again = agent::ParseEmails(value);
    GB_PROMISE(again.values.size() == 1 && again.values[0] == value);
    GB_PROMISE(again.left_out == 0);
  }
}

}  // namespace guestbridge::fuzz
