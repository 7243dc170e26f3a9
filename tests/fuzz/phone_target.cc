#include "absl/strings/ascii.h"
#include "common/text/utf8.h"
#include "sync-agent/mapping/phone.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

bool IsE164(const std::string& text) {
  if (text.size() < 2 || text.size() > 16 || text[0] != '+') return false;
  for (const char c : text.substr(1)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

// Each value is sound text; a number that was told is told alike again, or the next
// export would change it back and forth.
void RunPhone(absl::string_view bytes) {
  static constexpr const char* kRegions[] = {"RU", "DE", "US", "", "ZZ"};
  Dealer dealer(bytes);
  const std::string region = kRegions[dealer.Below(std::size(kRegions))];
  const std::string text = ToValidUtf8(dealer.Rest());
  const agent::PhoneList list = agent::ParsePhones(text, region);
  for (const agent::MultiValue& value : list.values) {
    GB_PROMISE(!value.value.empty());
    GB_PROMISE(ToValidUtf8(value.value) == value.value);
    GB_PROMISE(value.type == "MOBILE" || value.type == "WORK");
    if (!IsE164(value.value)) continue;
    const agent::PhoneList again = agent::ParsePhones(value.value, region);
    GB_PROMISE(again.values.size() == 1);
    GB_PROMISE(again.values[0] == value);
  }
}

}  // namespace guestbridge::fuzz
