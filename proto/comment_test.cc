#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

// Reads the comments of the whole API from the descriptor set that protoc wrote.
namespace guestbridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;
using google::protobuf::SourceLocation;

class CommentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(GUESTBRIDGE_DESCRIPTOR_SET, std::ios::binary);
    ASSERT_TRUE(set_.ParseFromIstream(&in));
    for (const auto& file : set_.file()) {
      ASSERT_NE(pool_.BuildFile(file), nullptr) << file.name();
    }
  }

  template <typename Visit>
  void ForEachFile(const Visit& visit) {
    for (const auto& file : set_.file()) {
      if (file.package() == "guestbridge.v1") {
        visit(*pool_.FindFileByName(file.name()));
      }
    }
  }

  template <typename T>
  static std::string CommentOf(const T& descriptor) {
    SourceLocation location;
    if (!descriptor.GetSourceLocation(&location)) return "";
    return std::string(absl::StripLeadingAsciiWhitespace(location.leading_comments));
  }

  static void CheckMessage(const Descriptor& message) {
    if (message.options().map_entry()) return;
    EXPECT_FALSE(CommentOf(message).empty()) << message.full_name();
    for (int i = 0; i < message.field_count(); ++i) {
      const std::string comment = CommentOf(*message.field(i));
      bool fine = false;
      for (const char* first : {"Identifier.", "Required", "Optional.", "Output only.",
                                "Input only.", "Immutable."}) {
        fine = fine || absl::StartsWith(comment, first);
      }
      // An arm of a oneof may be described by its message.
      fine = fine ||
             (message.field(i)->real_containing_oneof() != nullptr && !comment.empty());
      EXPECT_TRUE(fine) << message.field(i)->full_name() << ": " << comment;
    }
    for (int i = 0; i < message.enum_type_count(); ++i)
      CheckEnum(*message.enum_type(i));
    for (int i = 0; i < message.nested_type_count(); ++i) {
      CheckMessage(*message.nested_type(i));
    }
  }

  static void CheckEnum(const EnumDescriptor& type) {
    EXPECT_FALSE(CommentOf(type).empty()) << type.full_name();
    EXPECT_TRUE(absl::EndsWith(type.value(0)->name(), "_UNSPECIFIED"))
        << type.full_name();
    for (int i = 0; i < type.value_count(); ++i) {
      EXPECT_FALSE(CommentOf(*type.value(i)).empty()) << type.value(i)->full_name();
    }
  }

  FileDescriptorSet set_;
  DescriptorPool pool_;
};

TEST_F(CommentTest, EveryFieldSaysFirstWhoSetsIt) {
  int messages = 0;
  ForEachFile([&](const FileDescriptor& file) {
    for (int i = 0; i < file.message_type_count(); ++i, ++messages) {
      CheckMessage(*file.message_type(i));
    }
    for (int i = 0; i < file.enum_type_count(); ++i) CheckEnum(*file.enum_type(i));
  });
  EXPECT_GT(messages, 50);
}

TEST_F(CommentTest, EveryRpcNamesItsErrors) {
  int methods = 0;
  ForEachFile([&](const FileDescriptor& file) {
    for (int s = 0; s < file.service_count(); ++s) {
      EXPECT_FALSE(CommentOf(*file.service(s)).empty()) << file.service(s)->full_name();
      for (int m = 0; m < file.service(s)->method_count(); ++m, ++methods) {
        const auto& method = *file.service(s)->method(m);
        EXPECT_TRUE(absl::StrContains(CommentOf(method), "Errors:"))
            << method.full_name();
      }
    }
  });
  EXPECT_GT(methods, 40);
}

}  // namespace
}  // namespace guestbridge
