#include <map>
#include <string>

#include "gtest/gtest.h"
#include "server/mapping/transform_names.h"
#include "sync-agent/mapping/transform.h"

// The server accepts exactly the transforms that the agent has code for.
namespace guestbridge {
namespace {

TEST(TransformNames, AreTheSameOnServerAndAgent) {
  using AgentArgument = agent::TransformName::Argument;
  using ServerArgument = server::TransformName::Argument;
  std::map<std::string, std::string> agent_names;
  for (const agent::TransformName& known : agent::TransformNames()) {
    agent_names[known.name] = known.argument == AgentArgument::kNone     ? ""
                              : known.argument == AgentArgument::kNumber ? "count"
                                                                         : "text";
  }
  std::map<std::string, std::string> server_names;
  for (const server::TransformName& known : server::TransformNames()) {
    server_names[std::string(known.name)] = known.argument == ServerArgument::kNone ? ""
                                            : known.argument == ServerArgument::kCount
                                                ? "count"
                                                : "text";
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
                                  std::string("yes-no"),
                                  std::string("nope")}) {
    EXPECT_EQ(agent::ParseTransform(text).ok(), server::FindTransform(text) != nullptr)
        << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace guestbridge
