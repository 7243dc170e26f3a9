#pragma once

#include "common/text/catalogue.h"

// What clients that are counted by their reason have in common.
namespace guestbridge::agent {

// Of a reason's parameters, those that are part of the why: clients that differ in one
// of them are counted apart. They take few values, whatever the number of clients.
Parameters KindOf(const Parameters& parameters);

// Leaves in `shared` what `other` has too: a text shows the rest as `…`.
void KeepShared(const Parameters& other, Parameters* shared);

}  // namespace guestbridge::agent
