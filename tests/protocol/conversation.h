#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

// What an agent and a server of the version before said to each other (record.py).
namespace guestbridge::protocol {

// One message.
struct Said {
  std::string method;  // E.g. `Hello`.
  bool by_agent = false;
  std::string text;  // In protobuf's text format.
};

// In the order in which it was said. Empty: `file` is not there.
std::vector<Said> ReadConversation(const std::string& file);

// All that one side said in this call, in order.
std::vector<std::string> AllOf(const std::vector<Said>& conversation,
                               const std::string& method, bool by_agent);

// With every `from` in it as `to`.
std::string Replaced(std::string text, const std::string& from, const std::string& to);

// Fields that are set in `recorded` and not in `answer`, as paths. Of a list the first
// element counts.
std::vector<std::string> MissingIn(const google::protobuf::Message& recorded,
                                   const google::protobuf::Message& answer);

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace guestbridge::protocol
