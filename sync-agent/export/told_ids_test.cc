#include "sync-agent/export/told_ids.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

constexpr char kOurs[] = "guestbridge:base";
constexpr size_t kPage = 50;

ClientKey Guest(int64_t number) {
  return ClientKey(absl::StrFormat("00000000-0000-4000-8000-%012d", number));
}

NewestShown::Addition AdditionOf(int64_t number) {
  return {Guest(number), absl::StrFormat("%08d", number)};
}

// The contact of the guest with that number.
ContactRow Row(int64_t id, int64_t number) {
  OriginVersion version;
  version.nonce = AdditionOf(number).nonce;
  version.content_hash = std::string(22, 'a');
  ContactRow row;
  row.id = ContactId(id);
  row.stamp = {kOurs, Guest(number).guid(), EncodeOriginVersion(version)};
  return row;
}

// 100 was the highest; since then each guest's contact has his number.
class NewestShownTest : public ::testing::Test {
 protected:
  NewestShownTest() {
    look_.fate = Fate::kDone;
    look_.complete_page = true;
  }
  void Show(int64_t newest, size_t rows) {
    for (size_t i = 0; i < rows; ++i) {
      const int64_t id = newest - static_cast<int64_t>(i);
      look_.rows.push_back(Row(id, id));
    }
  }
  ContactRow& RowOf(int64_t id) {
    return look_.rows.at(static_cast<size_t>(look_.rows.front().id.value() - id));
  }
  bool Contradicts(int64_t number, int64_t told) const {
    return NewestShown(look_, kOurs, ContactId(100))
        .Contradicts(AdditionOf(number), ContactId(told));
  }
  int64_t MadeBy(int64_t number) const {
    return NewestShown(look_, kOurs, ContactId(100)).MadeBy(AdditionOf(number)).value();
  }

  CommandResult look_;
};

TEST_F(NewestShownTest, AnotherIdThanTheOneThatIsShownIsFalse) {
  Show(110, 10);
  EXPECT_FALSE(Contradicts(105, 105));
  EXPECT_TRUE(Contradicts(105, 106));  // another guest's
  EXPECT_TRUE(Contradicts(110, 111));  // nobody's
  EXPECT_EQ(MadeBy(105), 105);
}

TEST_F(NewestShownTest, WhomThePageDoesNotShowItSpeaksNotAgainst) {
  Show(200, kPage);
  EXPECT_FALSE(Contradicts(120, 120));
  EXPECT_FALSE(Contradicts(120, 121));
  EXPECT_TRUE(Contradicts(180, 181));
  // Of a contact below the page a copy on it.
  look_.rows.insert(look_.rows.begin(), Row(201, 120));
  look_.rows.pop_back();
  EXPECT_FALSE(Contradicts(120, 120));
  EXPECT_EQ(MadeBy(120), 0);
}

TEST_F(NewestShownTest, WhatItMadeHasALowerIdAlsoWhereARowIsMissing) {
  Show(110, 10);
  look_.complete_page = false;
  EXPECT_TRUE(Contradicts(105, 111));
  EXPECT_FALSE(Contradicts(105, 105));
  EXPECT_FALSE(Contradicts(105, 104 - 20)) << "it may be a copy of that";
}

TEST_F(NewestShownTest, APageThatShowsAllThereAreShowsWhatIsBelowIt) {
  Show(110, 10);
  EXPECT_TRUE(Contradicts(105, 100));
}

TEST_F(NewestShownTest, ACopyBesideItsOriginalIsNotTheOneThatWasMade) {
  Show(110, 10);
  look_.rows.insert(look_.rows.begin(), Row(111, 105));
  EXPECT_FALSE(Contradicts(105, 105));
  EXPECT_EQ(MadeBy(105), 105);
  // Where a row may be missing it may be the original.
  look_.complete_page = false;
  EXPECT_EQ(MadeBy(105), 0);
}

TEST_F(NewestShownTest, WhatStoodThereBeforeWasNotMadeAndContradictsNothing) {
  Show(110, 20);
  EXPECT_EQ(MadeBy(95), 0);
  EXPECT_FALSE(Contradicts(95, 111));
}

TEST_F(NewestShownTest, ARobotsNumberInPlaceOfTheOriginIsNobodysMark) {
  Show(110, 10);
  for (const char* origin : {"EXT-77", ""}) {
    RowOf(105).stamp.origin = origin;
    EXPECT_FALSE(Contradicts(105, 105));
  }
  // Also where it looks like a guest's: what this attempt wrote stands beside it.
  RowOf(105).stamp.origin = Guest(7).guid();
  EXPECT_FALSE(Contradicts(105, 105));
  EXPECT_EQ(MadeBy(105), 0);
  RowOf(106).stamp.originator = "another system";
  EXPECT_FALSE(Contradicts(106, 106));
  // Nor does a copy speak against it.
  look_.rows.insert(look_.rows.begin(), Row(111, 106));
  EXPECT_FALSE(Contradicts(106, 106));
  EXPECT_TRUE(Contradicts(106, 112));
  // As it comes after the original, that one is none that comes after it.
  look_.complete_page = false;
  EXPECT_TRUE(Contradicts(106, 112));
}

TEST_F(NewestShownTest, AMarkIsReadWithoutRegardToCase) {
  Show(110, 10);
  RowOf(105).stamp.origin = "00000000-0000-4000-8000-00000000010A";
  const NewestShown::Addition addition = {
      ClientKey("00000000-0000-4000-8000-00000000010a"), AdditionOf(105).nonce};
  const NewestShown newest(look_, kOurs, ContactId(100));
  EXPECT_EQ(newest.MadeBy(addition), ContactId(105));
  EXPECT_EQ(newest.Of(addition.client), ContactId(105));
}

TEST_F(NewestShownTest, NothingShownSaysNothing) {
  EXPECT_FALSE(Contradicts(105, 105));
  EXPECT_EQ(MadeBy(105), 0);
}

}  // namespace
}  // namespace guestbridge::agent
