#include "common/text/locale.h"

#include <cstdlib>

namespace guestbridge {

Language LocaleLanguage() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return ParseLanguage(value);
  }
  return Language::kEnglish;
}

}  // namespace guestbridge
