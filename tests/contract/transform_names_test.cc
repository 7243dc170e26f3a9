#include <map>
#include <string>

#include "gtest/gtest.h"
#include "server/mapping/transform_names.h"
#include "sync-agent/mapping/transform.h"

// The server accepts exactly the transforms that the agent has code for.
namespace guestbridge {
namespace {

TEST(TransformNames, AreTheSameOnServerAndAgent) {
  std::map<std::string, ArgumentKind> agent_names;
  for (const agent::TransformName& known : agent::TransformNames()) {
    agent_names[known.name] = known.argument;
  }
  std::map<std::string, ArgumentKind> server_names;
  for (const server::TransformName& known : server::TransformNames()) {
    server_names[std::string(known.name)] = known.argument;
  }
  EXPECT_EQ(agent_names, server_names);
}

TEST(TransformNames, AreWellFormedOnServerAndAgentAlike) {
  const std::string longest(1000, 'x');
  for (const std::string& text : {std::string(),
                                  std::string("trim"),
                                  std::string("Trim"),
                                  std::string("trim:"),
                                  std::string("trim:1"),
                                  std::string("truncate"),
                                  std::string("truncate:0"),
                                  std::string("truncate:1"),
                                  std::string("truncate:65535"),
                                  std::string("truncate:65536"),
                                  std::string("truncate:-1"),
                                  std::string("truncate:99999999999999999999"),
                                  std::string("truncate:x"),
                                  std::string("constant"),
                                  std::string("constant:"),
                                  std::string("constant:a:b"),
                                  "constant:" + longest,
                                  "constant:x" + longest,
                                  std::string("template:{A} {B}"),
                                  std::string("template:A"),
                                  std::string("first-of:A,B"),
                                  std::string("first-of:A,"),
                                  std::string("enum:a=b;*=c"),
                                  std::string("enum:a"),
                                  std::string("split:\\;"),
                                  std::string("split:\\q"),
                                  std::string("join:"),
                                  std::string("country"),
                                  std::string("country:de"),
                                  std::string("yes-no"),
                                  std::string("nope")}) {
    EXPECT_EQ(agent::ParseTransform(text).ok(), server::HasRightArgument(text))
        << text.substr(0, 40);
  }
}

TEST(TransformNames, NameTheSameAttributesOnServerAndAgent) {
  for (const char* text : {"template:{A}, {B\\,C}{A}", "first-of:A, B,A",
                           "all-of:A\\,B,C", "constant:{A}", "trim"}) {
    const auto transform = agent::ParseTransform(text);
    ASSERT_TRUE(transform.ok()) << text;
    EXPECT_EQ(transform->attributes, server::AttributesOf(text)) << text;
  }
}

}  // namespace
}  // namespace guestbridge
