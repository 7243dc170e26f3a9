#include "server/watch/session.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

namespace v1 = guestbridge::v1;
using ::testing::ElementsAre;

v1::WatchResponse Configuration(const std::string& integration, int64_t revision) {
  v1::WatchResponse message;
  message.mutable_configuration()->set_integration(integration);
  message.mutable_configuration()->set_revision(revision);
  return message;
}

v1::WatchResponse StillRejected(const std::string& integration) {
  v1::WatchResponse message;
  message.mutable_still_rejected()->set_integration(integration);
  return message;
}

v1::WatchResponse Removed(const std::string& integration) {
  v1::WatchResponse message;
  message.mutable_removed()->set_integration(integration);
  return message;
}

v1::WatchResponse RunTask(const std::string& integration) {
  v1::WatchResponse message;
  message.mutable_task()->set_integration(integration);
  message.mutable_task()->mutable_run();
  return message;
}

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    stream_ = session_.Attach(std::make_shared<Waker>([] {}));
  }

  // What a reader that was slow gets now.
  std::vector<std::string> Read() {
    std::vector<std::string> read;
    while (true) {
      const Session::Step step = session_.Next(stream_);
      if (!step.message.has_value()) return read;
      const v1::WatchResponse& message = *step.message;
      if (message.has_configuration()) {
        read.push_back(absl::StrCat(message.configuration().integration(), " ",
                                    message.configuration().revision()));
      } else if (message.has_removed()) {
        read.push_back(absl::StrCat(message.removed().integration(), " removed"));
      } else if (message.has_cancel_run()) {
        read.push_back(absl::StrCat(message.cancel_run(), " cancelled"));
      } else if (message.has_still_rejected()) {
        read.push_back(
            absl::StrCat(message.still_rejected().integration(), " rejected"));
      } else {
        read.push_back(absl::StrCat(message.task().integration(),
                                    message.task().has_run() ? " run" : " task"));
      }
    }
  }

  Session session_{Session::Identity()};
  int stream_ = 0;
};

TEST_F(SessionTest, ANewerConfigurationTakesThePlaceOfOneThatWaits) {
  session_.Push(Configuration("a", 1));
  session_.Push(Configuration("b", 2));
  session_.Push(RunTask("a"));
  session_.Push(Configuration("a", 3));
  EXPECT_THAT(Read(), ElementsAre("a 3", "b 2", "a run"));
}

TEST_F(SessionTest, WhatIsTakenBackAndGivenAgainIsConfiguredInTheEnd) {
  session_.Push(Configuration("a", 1));
  session_.Push(RunTask("a"));
  session_.Push(Removed("a"));
  session_.Push(Configuration("a", 3));
  session_.Push(RunTask("a"));
  EXPECT_THAT(Read(), ElementsAre("a removed", "a 3", "a run"));
}

TEST_F(SessionTest, WhatGoesToAndFroDoesNotFillTheQueueOfASlowReader) {
  session_.Push(Configuration("b", 1));
  v1::WatchResponse question;
  question.mutable_task()->set_integration("a");
  session_.Push(question);
  for (int i = 0; i < 50; ++i) {
    session_.Push(Configuration("a", i));
    session_.Push(RunTask("a"));
    session_.Push(Removed("a"));
  }
  EXPECT_THAT(Read(), ElementsAre("b 1", "a task", "a removed"))
      << "who asked waits for an answer";
}

TEST_F(SessionTest, ACancelledRunThatGoesToAndFroIsCancelledOnce) {
  v1::WatchResponse cancel;
  cancel.set_cancel_run("integrations/a/runs/1");
  for (int i = 0; i < 50; ++i) {
    session_.Push(Configuration("a", i));
    session_.Push(RunTask("a"));
    session_.Push(cancel);
    session_.Push(Removed("a"));
  }
  session_.Push(RunTask("a"));
  session_.Push(cancel);
  EXPECT_THAT(Read(),
              ElementsAre("a removed", "a run", "integrations/a/runs/1 cancelled"));
}

TEST_F(SessionTest, AnOlderRejectionDoesNotComeAfterANewerConfiguration) {
  session_.Push(Configuration("a", 1));
  session_.Push(StillRejected("a"));
  session_.Push(Configuration("a", 3));
  EXPECT_THAT(Read(), ElementsAre("a 3"));
}

}  // namespace
}  // namespace guestbridge::server
