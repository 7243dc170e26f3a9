#include "tests/protocol/shape.h"

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace guestbridge::protocol {
namespace {

google::protobuf::FileDescriptorSet Present() {
  std::ifstream in(GUESTBRIDGE_DESCRIPTOR_SET, std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromIstream(&in)) << GUESTBRIDGE_DESCRIPTOR_SET;
  return files;
}

std::set<std::string> Previous() {
  std::ifstream in(GUESTBRIDGE_PROTOCOL "/previous.shape.txt");
  std::set<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

TEST(ShapeTest, NothingOfThePreviousVersionIsGoneOrAnother) {
  const std::set<std::string> present = ShapeOf(Present());
  const std::set<std::string> previous = Previous();
  ASSERT_GT(previous.size(), 500U);
  for (const std::string& line : previous) {
    EXPECT_TRUE(present.count(line) > 0) << "gone or changed: " << line;
  }
}

TEST(ShapeTest, CoversTheApiAndWhatTheServersKeep) {
  bool api = false;
  bool stored = false;
  for (const std::string& line : Previous()) {
    api =
        api || absl::StrContains(line, "call guestbridge.v1.AgentControlService.Hello");
    stored = stored || absl::StrContains(line, "guestbridge.server.store.TokenRecord");
  }
  EXPECT_TRUE(api);
  EXPECT_TRUE(stored);
}

TEST(ShapeTest, ARetypedRenumberedOrRenamedFieldIsAnother) {
  const auto of = [](int number, google::protobuf::FieldDescriptorProto::Type type,
                     const std::string& name) {
    google::protobuf::FileDescriptorSet files;
    auto* const file = files.add_file();
    file->set_package("guestbridge.v1");
    auto* const message = file->add_message_type();
    message->set_name("M");
    auto* const field = message->add_field();
    field->set_name(name);
    field->set_number(number);
    field->set_type(type);
    return ShapeOf(files);
  };
  using Field = google::protobuf::FieldDescriptorProto;
  const auto before = of(1, Field::TYPE_INT64, "a");
  EXPECT_EQ(before, of(1, Field::TYPE_INT64, "a"));
  EXPECT_NE(before, of(2, Field::TYPE_INT64, "a"));
  EXPECT_NE(before, of(1, Field::TYPE_INT32, "a"));
  EXPECT_NE(before, of(1, Field::TYPE_INT64, "b"));
}

}  // namespace
}  // namespace guestbridge::protocol
