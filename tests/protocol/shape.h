#pragma once

#include <set>
#include <string>

#include "google/protobuf/descriptor.pb.h"

namespace guestbridge::protocol {

// What somebody of another version relies on, a line each: every field with its number,
// type, name in JSON and oneof, every value of an enum, every call with what it takes
// and gives. Of the package guestbridge alone. A line that goes breaks them; one that
// comes does not.
std::set<std::string> ShapeOf(const google::protobuf::FileDescriptorSet& files);

}  // namespace guestbridge::protocol
