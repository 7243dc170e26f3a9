#include "tests/protocol/conversation.h"

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace guestbridge::protocol {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void Compare(const std::string& path, const Message& recorded, const Message& answer,
             std::vector<std::string>* missing) {
  std::vector<const FieldDescriptor*> fields;
  recorded.GetReflection()->ListFields(recorded, &fields);
  const auto& in_answer = *answer.GetReflection();
  for (const FieldDescriptor* const field : fields) {
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    const bool there = field->is_repeated() ? in_answer.FieldSize(answer, field) > 0
                                            : in_answer.HasField(answer, field);
    if (!there) {
      missing->push_back(name);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto& in_recorded = *recorded.GetReflection();
      if (field->is_repeated()) {
        Compare(name, in_recorded.GetRepeatedMessage(recorded, field, 0),
                in_answer.GetRepeatedMessage(answer, field, 0), missing);
      } else {
        Compare(name, in_recorded.GetMessage(recorded, field),
                in_answer.GetMessage(answer, field), missing);
      }
    }
  }
}

}  // namespace

std::vector<Said> ReadConversation(const std::string& file) {
  std::vector<Said> conversation;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (absl::StartsWith(line, "@ ")) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      conversation.push_back({parts.at(1), parts.at(2) == "request", ""});
    } else if (!conversation.empty()) {
      absl::StrAppend(&conversation.back().text, line, "\n");
    }
  }
  return conversation;
}

std::vector<std::string> AllOf(const std::vector<Said>& conversation,
                               const std::string& method, bool by_agent) {
  std::vector<std::string> texts;
  for (const Said& said : conversation) {
    // How a stream ended is no message.
    const bool ended = absl::StartsWith(said.text, "# status");
    if (said.method == method && said.by_agent == by_agent && !ended) {
      texts.push_back(said.text);
    }
  }
  return texts;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  return absl::StrReplaceAll(text, {{from, to}});
}

std::vector<std::string> MissingIn(const Message& recorded, const Message& answer) {
  std::vector<std::string> missing;
  Compare("", recorded, answer, &missing);
  return missing;
}

}  // namespace guestbridge::protocol
