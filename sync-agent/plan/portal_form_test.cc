#include "sync-agent/plan/portal_form.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

TEST(PortalForm, AUserFieldHoldsWhatItTellsInAnotherForm) {
  struct Case {
    const char* held;
    const char* value;
    bool same;
  };
  for (const Case& one : {
           Case{"1", "Y", true},
           {"0", "N", true},
           {"0", "Y", false},
           {"1", "N", false},
           {"", "N", false},
           {"1980-05-17T03:00:00+03:00", "1980-05-17", true},
           {"1980-05-17T03:00:00+03:00", "1980-05-17T00:00:00", true},
           {"1980-05-16T19:00:00-05:00", "1980-05-17", true},
           {"1980-05-18T03:00:00+03:00", "1980-05-17", false},
           {"2026-01-05T12:30:00+03:00", "2026-01-05T12:30:00", true},
           {"2026-01-05T15:30:00+03:00", "2026-01-05T12:30:00", true},
           {"2026-01-05T16:30:00+03:00", "2026-01-05T12:30:00", false},
           {"2026-01-02T21:00:00+03:00", "2026-01-02T00:00:00", false},
           {"2026-01-02T21:00:00+03:00", "2026-01-02", false},
           {"gold", "silver", false},
           {"", "silver", false},
       }) {
    EXPECT_EQ(IsSameField("UF_CRM_1", one.held, one.value), one.same)
        << one.held << " " << one.value;
  }
}

TEST(PortalForm, AnotherFieldHoldsItsText) {
  EXPECT_TRUE(IsSameField("COMMENTS", "1", "1"));
  EXPECT_FALSE(IsSameField("COMMENTS", "1", "Y"));
  EXPECT_FALSE(IsSameField("COMMENTS", "1980-05-17T03:00:00+03:00", "1980-05-17"));
}

}  // namespace
}  // namespace guestbridge::agent
