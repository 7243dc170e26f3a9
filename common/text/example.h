#pragma once

#include "common/text/catalogue.h"

namespace guestbridge {

// Invented values for every placeholder of a reason's texts, as they might stand there
// in a hotel: RenderMessage with them is an example of the reason. No value is a real
// portal's, guest's or machine's.
Parameters ExampleOf(const ReasonText& reason, Language language);

}  // namespace guestbridge
