#pragma once

#include "common/text/catalogue.h"

namespace guestbridge {

// Of the user's locale (LC_ALL, LC_MESSAGES, LANG: the first that says something).
Language LocaleLanguage();

}  // namespace guestbridge
