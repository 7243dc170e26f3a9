#include "sync-agent/export/portal_lane.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

constexpr char kAdd[] = "crm.contact.add";
constexpr char kList[] = "crm.contact.list";

class PortalLaneTest : public ::testing::Test {
 protected:
  Instant Now() const { return {absl::FromUnixSeconds(1800000000) + now_, now_}; }

  PortalLane::Job Job(Command command, bool read) {
    PortalLane::Job job;
    job.commands.push_back(std::move(command));
    job.read = read;
    job.creates = !read;
    job.done = [this](const PortalAnswer& answer) { answers_.push_back(answer); };
    return job;
  }
  PortalLane::Job Read() { return Job(ListContacts{}, true); }
  PortalLane::Job Write() { return Job(AddContact{}, false); }

  // Methods of the requests that leave now.
  std::vector<std::string> Pump() {
    std::vector<ActionToDo> actions;
    wake_ = absl::InfiniteDuration();
    lane_.Pump(Now(), /*may_claim=*/true, &actions);
    std::vector<std::string> sent;
    for (const ActionToDo& action : actions) {
      if (const auto* send = std::get_if<SendRequest>(&action); send != nullptr) {
        sent.emplace_back(MethodOf(send->request.commands.front()));
        id_ = send->id;
      } else if (const auto* wake = std::get_if<WakeAt>(&action); wake != nullptr) {
        wake_ = wake->steady;
      }
    }
    return sent;
  }
  // Of the request that left last.
  void Answer(const CommandResult& result, bool reports_operating = false) {
    PortalAnswer answer;
    answer.fate = RequestFate::kAnswered;
    answer.http_requests = 1;
    answer.reports_operating = reports_operating;
    answer.parameters = {{"host", "hotel.bitrix24.ru"}};
    answer.results = {result};
    lane_.OnAnswer(id_, answer, Now());
  }
  // The request as a whole.
  void Answer(RequestFate fate, const std::string& reason) {
    PortalAnswer answer;
    answer.fate = fate;
    answer.reason = reason;
    answer.http_requests = 1;
    answer.parameters = {{"host", "hotel.bitrix24.ru"}};
    answer.results.resize(1);
    lane_.OnAnswer(id_, answer, Now());
  }
  static CommandResult Done() {
    CommandResult result;
    result.fate = Fate::kDone;
    return result;
  }
  static CommandResult PutOff() {
    CommandResult result;
    result.fate = Fate::kNotExecuted;
    result.answered = true;
    result.reason = "TOKEN_CHECK_UNAVAILABLE";
    result.portal_code = "CONNECTION_ERROR";
    return result;
  }
  // The operating time of the method is used up; for a minute, as nobody says how long.
  void UseUp(PortalLane::Job job) {
    CommandResult blocked;
    blocked.fate = Fate::kNotExecuted;
    blocked.operating_limit = true;
    lane_.Submit(std::move(job));
    ASSERT_EQ(Pump().size(), 1u);
    Answer(blocked, /*reports_operating=*/true);
  }

  testing::SeededRandom random_{1};
  Pacer pacer_{PaceSettings{}, random_};
  Tally tally_{1};
  RunSettings settings_;
  PortalLane lane_{pacer_, tally_, settings_};
  absl::Duration now_ = absl::Hours(1);
  absl::Duration wake_;
  uint64_t id_ = 0;
  std::vector<PortalAnswer> answers_;
};

TEST_F(PortalLaneTest, WhatWaitsForItsMethodsOperatingTimeHoldsUpNoOtherMethod) {
  UseUp(Write());
  const absl::Duration free = now_ + absl::Minutes(1);
  ASSERT_TRUE(lane_.HasRoom());
  lane_.Submit(Write());
  EXPECT_EQ(Pump(), std::vector<std::string>{});
  EXPECT_EQ(wake_, free);
  EXPECT_TRUE(lane_.Waits(kAdd));
  EXPECT_FALSE(lane_.Waits(kList));

  ASSERT_TRUE(lane_.HasRoom());
  lane_.Submit(Read());
  EXPECT_EQ(Pump(), std::vector<std::string>{kList});
  EXPECT_EQ(wake_, free);
  Answer(Done());
  EXPECT_TRUE(lane_.Waits(kAdd));

  now_ = free;
  EXPECT_EQ(Pump(), std::vector<std::string>{kAdd});
  EXPECT_FALSE(lane_.Waits(kAdd));
}

TEST_F(PortalLaneTest, TheEarliestOfThoseThatWaitIsWhatItComesBackFor) {
  UseUp(Write());
  const absl::Duration first = now_ + absl::Minutes(1);
  now_ += absl::Seconds(20);
  // A read comes back by itself.
  UseUp(Read());
  lane_.Submit(Write());
  EXPECT_EQ(Pump(), std::vector<std::string>{});
  EXPECT_EQ(wake_, first);
  EXPECT_TRUE(lane_.Waits(kAdd));
  EXPECT_TRUE(lane_.Waits(kList));
  now_ = first;
  EXPECT_EQ(Pump(), std::vector<std::string>{kAdd});
  EXPECT_EQ(wake_, first + absl::Seconds(20));
  // Time in which two waited counts once.
  EXPECT_NEAR(tally_.progress().portal.wait_seconds, 40, 1e-6);
}

TEST_F(PortalLaneTest, AReadThatIsPutOffPausesLongerAndEndsWithThePortalsReason) {
  settings_.away_patience = absl::Minutes(10);
  lane_.Submit(Read());
  const absl::Duration begun = now_;
  int requests = 0;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    ++requests;
    now_ += absl::Milliseconds(100);
    Answer(PutOff());
  }
  EXPECT_LT(requests, 60);
  EXPECT_LT(now_, begun + absl::Minutes(11));
  EXPECT_EQ(ReasonOf(lane_.failure()), "TOKEN_CHECK_UNAVAILABLE");
  EXPECT_EQ(ParametersOf(lane_.failure()).at("host"), "hotel.bitrix24.ru");
  EXPECT_TRUE(answers_.empty());
}

TEST_F(PortalLaneTest, AWriteThatIsNotAllowedEndsSoonThoughAReadBesideItIsAnswered) {
  CommandResult shut = PutOff();
  shut.reason = "METHOD_NOT_CONFIRMED";
  shut.portal_code = "METHOD_CONFIRM_DENIED";
  shut.not_allowed = true;
  const absl::Duration begun = now_;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    if (lane_.idle()) {
      PortalLane::Job job = Write();
      job.commands.push_back(ListNewest{});
      lane_.Submit(std::move(job));
    }
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    PortalAnswer answer;
    answer.fate = RequestFate::kAnswered;
    answer.http_requests = 1;
    answer.results = {shut, Done()};
    lane_.OnAnswer(id_, answer, Now());
  }
  EXPECT_LT(now_, begun + absl::Minutes(2));
  EXPECT_EQ(ReasonOf(lane_.failure()), "METHOD_NOT_CONFIRMED");
  EXPECT_EQ(ParametersOf(lane_.failure()).at("code"), "METHOD_CONFIRM_DENIED");
}

TEST_F(PortalLaneTest, AWriteThatIsPutOffForEverEndsThoughEachReadBetweenIsAnswered) {
  settings_.away_patience = absl::Minutes(10);
  const absl::Duration begun = now_;
  bool write = true;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    if (lane_.idle()) lane_.Submit(std::exchange(write, !write) ? Write() : Read());
    const std::vector<std::string> sent = Pump();
    if (sent.empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Seconds(1);
    Answer(sent.front() == kAdd ? PutOff() : Done());
  }
  EXPECT_GE(now_, begun + absl::Minutes(10));
  EXPECT_LT(now_, begun + absl::Minutes(12));
  EXPECT_EQ(ReasonOf(lane_.failure()), "TOKEN_CHECK_UNAVAILABLE");
  EXPECT_EQ(ParametersOf(lane_.failure()).at("code"), "CONNECTION_ERROR");
}

TEST_F(PortalLaneTest, AMethodWhoseOperatingTimeIsNeverFreeEndsTheRun) {
  settings_.away_patience = absl::Hours(1);
  const absl::Duration begun = now_;
  CommandResult blocked;
  blocked.fate = Fate::kNotExecuted;
  blocked.operating_limit = true;
  blocked.reason = "OPERATING_TIME_USED_UP";
  while (lane_.failure().ok() && now_ < begun + absl::Hours(5)) {
    if (lane_.idle()) lane_.Submit(Write());
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    Answer(blocked, /*reports_operating=*/true);
  }
  EXPECT_GE(now_, begun + absl::Hours(1));
  EXPECT_LT(now_, begun + absl::Hours(2));
  EXPECT_EQ(ReasonOf(lane_.failure()), "OPERATING_TIME_USED_UP");
}

TEST_F(PortalLaneTest, AMethodThatWorksNowAndThenEndsNothing) {
  settings_.away_patience = absl::Minutes(10);
  const absl::Duration begun = now_;
  int writes = 0;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(2)) {
    if (lane_.idle()) lane_.Submit(Write());
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Seconds(1);
    Answer(++writes % 7 == 0 ? Done() : PutOff());
  }
  EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
}

TEST_F(PortalLaneTest, OneWordForAPersonAfterAnHourAwayEndsNothing) {
  lane_.Submit(Read());
  ASSERT_EQ(Pump().size(), 1u);
  Answer(Done());
  // Until then nothing is heard, and HTML that is no gateway's from then on.
  const absl::Duration back = now_ + absl::Hours(1);
  lane_.Submit(Read());
  int pages = 0;
  while (lane_.failure().ok() && now_ < back + absl::Hours(1)) {
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    if (now_ < back) {
      Answer(RequestFate::kNotSent, "CONNECTION_LOST");
      continue;
    }
    Answer(RequestFate::kUnknown, "PORTAL_ANSWERED_HTML");
    if (++pages == 1) {
      EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
    }
  }
  EXPECT_GT(now_, back + absl::Seconds(40));
  EXPECT_LT(now_, back + absl::Minutes(5));
  EXPECT_EQ(ReasonOf(lane_.failure()), "PORTAL_ANSWERED_HTML");
}

TEST_F(PortalLaneTest, AWordForAPersonEndsTheRunSoonWhateverComesBetween) {
  settings_.unattended = true;
  for (const int others : {1, 2}) {
    PortalLane lane(pacer_, tally_, settings_);
    lane.Submit(Read());
    const absl::Duration begun = now_;
    int answers = 0;
    while (lane.failure().ok() && now_ < begun + absl::Hours(4)) {
      std::vector<ActionToDo> actions;
      lane.Pump(Now(), /*may_claim=*/true, &actions);
      for (const ActionToDo& action : actions) {
        if (const auto* wake = std::get_if<WakeAt>(&action); wake != nullptr) {
          now_ = wake->steady;
        } else if (const auto* send = std::get_if<SendRequest>(&action);
                   send != nullptr) {
          now_ += absl::Milliseconds(100);
          PortalAnswer answer;
          answer.fate = RequestFate::kUnknown;
          answer.reason = answers++ % (others + 1) == 0 ? "PORTAL_ANSWERED_HTML"
                                                        : "CONNECTION_LOST";
          answer.http_requests = 1;
          answer.results.resize(1);
          lane.OnAnswer(send->id, answer, Now());
        }
      }
    }
    EXPECT_GT(now_, begun + absl::Seconds(40));
    EXPECT_LT(now_, begun + absl::Minutes(10)) << others;
    EXPECT_EQ(ReasonOf(lane.failure()), "PORTAL_ANSWERED_HTML");
  }
}

TEST_F(PortalLaneTest, AWordForAPersonNowAndThenWhileThePortalIsAwayEndsNothing) {
  lane_.Submit(Read());
  ASSERT_EQ(Pump().size(), 1u);
  Answer(Done());
  const absl::Duration begun = now_;
  lane_.Submit(Read());
  int answers = 0;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    Answer(RequestFate::kUnknown,
           ++answers % 5 == 0 ? "PORTAL_ANSWERED_HTML" : "CONNECTION_LOST");
  }
  EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
  EXPECT_GT(answers, 40);
}

TEST_F(PortalLaneTest, AWriteThatIsNotAllowedEndsSoonThoughEverySecondOneIsLost) {
  settings_.unattended = true;
  CommandResult shut = PutOff();
  shut.reason = "METHOD_NOT_CONFIRMED";
  shut.portal_code = "METHOD_CONFIRM_DENIED";
  shut.not_allowed = true;
  const absl::Duration begun = now_;
  int writes = 0;
  while (lane_.failure().ok() && now_ < begun + absl::Hours(4)) {
    if (lane_.idle()) lane_.Submit(Write());
    const std::vector<std::string> sent = Pump();
    if (sent.empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    if (sent.front() != kAdd) {
      Answer(Done());
    } else if (++writes % 2 == 0) {
      Answer(RequestFate::kUnknown, "CONNECTION_LOST");
    } else {
      Answer(shut);
    }
  }
  EXPECT_LT(now_, begun + absl::Minutes(10));
  EXPECT_EQ(ReasonOf(lane_.failure()), "METHOD_NOT_CONFIRMED");
}

TEST_F(PortalLaneTest, AMethodThatWasAskedBeforeTheHourAwayIsNotShutAtItsFirstWord) {
  PortalLane::Job job = Write();
  job.commands.push_back(ListNewest{});
  for (int i = 0; i < 3; ++i) {
    lane_.Submit(Write());
    while (Pump().empty()) now_ = wake_;
    Answer(RequestFate::kUnknown, "CONNECTION_LOST");
  }
  now_ += absl::Minutes(20);
  lane_.Submit(std::move(job));
  std::vector<std::string> sent;
  while (sent.empty() || sent.front() != kAdd) {
    sent = Pump();
    if (sent.empty()) {
      now_ = wake_;
    } else if (sent.front() != kAdd) {
      Answer(Done());
    }
  }
  CommandResult expired = PutOff();
  expired.reason = "TOKEN_REFUSED";
  expired.not_allowed = true;
  PortalAnswer answer;
  answer.fate = RequestFate::kAnswered;
  answer.http_requests = 1;
  answer.results = {expired, Done()};
  lane_.OnAnswer(id_, answer, Now());
  EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
}

TEST_F(PortalLaneTest, AMethodThatNobodyAskedForIsNotCountedOnThatDay) {
  settings_.unattended = true;
  for (int i = 0; i < 3; ++i) {
    lane_.Submit(Write());
    while (Pump().empty()) now_ = wake_;
    Answer(RequestFate::kUnknown, "CONNECTION_LOST");
  }
  now_ += absl::Hours(4);
  lane_.Submit(Write());
  std::vector<std::string> sent;
  while (sent.empty() || sent.front() != kAdd) {
    sent = Pump();
    if (sent.empty()) {
      now_ = wake_;
    } else if (sent.front() != kAdd) {
      Answer(Done());
    }
  }
  Answer(RequestFate::kUnknown, "CONNECTION_LOST");
  EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
}

TEST_F(PortalLaneTest, AReadThatNeverGetsAnAnswerEndsThoughEachProbeIsAnswered) {
  settings_.away_patience = absl::Minutes(10);
  const absl::Duration begun = now_;
  lane_.Submit(Read());
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    const std::vector<std::string> sent = Pump();
    if (sent.empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    sent.front() == kList ? Answer(RequestFate::kUnknown, "PORTAL_INTERNAL_ERROR")
                          : Answer(Done());
  }
  EXPECT_GE(now_, begun + absl::Minutes(10));
  EXPECT_LT(now_, begun + absl::Minutes(12));
  EXPECT_EQ(ReasonOf(lane_.failure()), "PORTAL_INTERNAL_ERROR");
}

TEST_F(PortalLaneTest, ARequestIsNotTooFastForEver) {
  settings_.away_patience = absl::Minutes(10);
  const absl::Duration begun = now_;
  lane_.Submit(Read());
  while (lane_.failure().ok() && now_ < begun + absl::Hours(1)) {
    if (Pump().empty()) {
      now_ = wake_;
      continue;
    }
    now_ += absl::Milliseconds(100);
    Answer(RequestFate::kTooFast, "PORTAL_TOO_FAST");
  }
  EXPECT_GE(now_, begun + absl::Minutes(10));
  EXPECT_LT(now_, begun + absl::Minutes(12));
  EXPECT_EQ(ReasonOf(lane_.failure()), "PORTAL_TOO_FAST");
}

TEST_F(PortalLaneTest, AWriteThatIsPutOffComesBackAndTheNextOneLeavesAfterAPause) {
  lane_.Submit(Write());
  ASSERT_EQ(Pump().size(), 1u);
  Answer(PutOff());
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].results[0].fate, Fate::kNotExecuted);
  lane_.Submit(Write());
  EXPECT_EQ(Pump(), std::vector<std::string>{});
  EXPECT_GE(wake_, now_ + absl::Seconds(1));
  now_ = wake_;
  EXPECT_EQ(Pump(), std::vector<std::string>{kAdd});
  Answer(Done());
  EXPECT_TRUE(lane_.failure().ok());
}

TEST_F(PortalLaneTest, WhatTheLeaseHeldBackSaysNothingAboutThePortal) {
  ImportContacts import;
  import.items.resize(2);
  lane_.Submit(Job(std::move(import), false));
  ASSERT_EQ(Pump().size(), 1u);
  const int places = pacer_.Concurrency();
  lane_.OnHeldBack(id_);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].fate, RequestFate::kNotSent);
  ASSERT_EQ(answers_[0].results.at(0).items.size(), 2u);
  for (const ItemResult& item : answers_[0].results[0].items) {
    EXPECT_EQ(item.fate, Fate::kNotExecuted);
  }
  EXPECT_EQ(pacer_.failures_in_row(), 0);
  EXPECT_EQ(pacer_.Concurrency(), places);
  EXPECT_EQ(tally_.progress().portal.http_requests, 0);
  EXPECT_TRUE(lane_.nothing_in_flight());
  lane_.Submit(Read());
  EXPECT_EQ(Pump(), std::vector<std::string>{kList});
}

TEST_F(PortalLaneTest, ALookBehindThatWouldHaveToWaitIsLeftOut) {
  UseUp(Read());  // by others: it comes back by itself, later
  PortalLane::Job job = Write();
  job.commands.emplace_back(ListNewest{});
  job.looks_behind = true;
  lane_.Submit(std::move(job));
  std::vector<ActionToDo> actions;
  lane_.Pump(Now(), /*may_claim=*/true, &actions);
  const auto* send = std::get_if<SendRequest>(&actions.front());
  ASSERT_NE(send, nullptr);
  EXPECT_EQ(send->request.commands.size(), 1u);
  id_ = send->id;
  Answer(Done());
  EXPECT_EQ(answers_.back().results.size(), 1u);
}

TEST_F(PortalLaneTest, ALookBehindThatFailsForHoursIsNobodysTrouble) {
  CommandResult blocked;
  blocked.fate = Fate::kNotExecuted;
  blocked.operating_limit = true;
  for (const CommandResult& look : {blocked, PutOff(), CommandResult()}) {
    for (int i = 0; i < 20; ++i) {
      PortalLane::Job job = Write();
      job.commands.emplace_back(ListNewest{});
      job.looks_behind = true;
      lane_.Submit(std::move(job));
      ASSERT_EQ(Pump(), std::vector<std::string>{kAdd});
      PortalAnswer answer;
      answer.fate = RequestFate::kAnswered;
      answer.results = {Done(), look};
      lane_.OnAnswer(id_, answer, Now());
      now_ += absl::Minutes(30);
    }
    EXPECT_TRUE(lane_.failure().ok()) << lane_.failure();
    EXPECT_EQ(lane_.refused_method(), "");
  }
}

TEST_F(PortalLaneTest, CountsWhatThePortalChargedAndNothingOfABox) {
  CommandResult result = Done();
  for (const auto& [seconds, reports] :
       {std::pair(2.5, true), std::pair(0.05, true), std::pair(4.0, false)}) {
    result.time.duration_seconds = seconds;
    lane_.Submit(Read());
    now_ += absl::Seconds(1);
    ASSERT_EQ(Pump().size(), 1u);
    Answer(result, reports);
  }
  EXPECT_DOUBLE_EQ(tally_.progress().portal.operating_seconds, 2.5);
}

}  // namespace
}  // namespace guestbridge::agent
