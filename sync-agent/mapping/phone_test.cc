#include "sync-agent/mapping/phone.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "phonenumbers/phonenumberutil.h"

namespace guestbridge::agent {
namespace {

struct Case {
  const char* text;
  std::vector<MultiValue> values;
  bool as_written = false;
  bool left_out = false;
};

void Check(const Case& c, const std::string& region) {
  SCOPED_TRACE(c.text);
  const PhoneList list = ParsePhones(c.text, region);
  std::vector<std::string> got;
  std::vector<std::string> want;
  for (const MultiValue& value : list.values)
    got.push_back(value.value + " " + value.type);
  for (const MultiValue& value : c.values)
    want.push_back(value.value + " " + value.type);
  EXPECT_EQ(got, want);
  EXPECT_EQ(list.as_written, c.as_written);
  EXPECT_EQ(list.left_out, c.left_out);
}

TEST(Phone, IsE164WhereItCanBeTold) {
  for (const Case& c : std::vector<Case>{
           {"89263732731", {{"+79263732731", "MOBILE"}}},
           {"8 (936) 903-86-42", {{"+79369038642", "MOBILE"}}},
           {"+79126946606", {{"+79126946606", "MOBILE"}}},
           {"+7 977 503 7497", {{"+79775037497", "MOBILE"}}},
           {"79883686354", {{"+79883686354", "MOBILE"}}},
           {"9081829857", {{"+79081829857", "MOBILE"}}},
           {"8 (495) 555-45-67", {{"+74955554567", "WORK"}}},
           {"+44 20 7946 0958", {{"+442079460958", "WORK"}}},
           {"+1 (212) 555-0123", {{"+12125550123", "MOBILE"}}},
           {"810 375 29 123-45-67", {{"+375291234567", "MOBILE"}}},
           {"+7\xC2\xA0"
            "916\xE2\x80\x91"
            "555\xE2\x80\x93"
            "01\xE2\x88\x92"
            "23",
            {{"+79165550123", "MOBILE"}}},
           {"+7 916 555-01-23 (мама)", {{"+79165550123", "MOBILE"}}},
           {"моб. 8-916-555-01-23", {{"+79165550123", "MOBILE"}}},
           {"тел: (495) 555-45-67.", {{"+74955554567", "WORK"}}},
       }) {
    Check(c, "RU");
  }
}

// The way around libphonenumber, held against it.
TEST(Phone, ARussianMobileNumberIsWhatLibphonenumberSays) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  const auto check = [&](const std::string& text) {
    SCOPED_TRACE(text);
    PhoneNumber number;
    std::string e164 = text;
    const bool told =
        library.Parse(text, "RU", &number) == PhoneNumberUtil::NO_PARSING_ERROR &&
        library.IsPossibleNumber(number);
    if (told) library.Format(number, PhoneNumberUtil::E164, &e164);
    const bool mobile =
        told && library.GetNumberType(number) == PhoneNumberUtil::MOBILE;
    const PhoneList list = ParsePhones(text, "RU");
    ASSERT_EQ(list.values.size(), 1u);
    EXPECT_EQ(list.values[0].value, e164);
    EXPECT_EQ(list.values[0].type, mobile ? "MOBILE" : "WORK");
    EXPECT_EQ(list.as_written, !told);
  };
  for (int code = 900; code < 1000; ++code) {
    for (const char* rest : {"0000000", "5550123", "9999999"}) {
      check(absl::StrCat("+7", code, rest));
    }
    check(absl::StrCat("+7 (", code, ") 555-01-23"));
    check(absl::StrCat("+7-", code, ".555 01.23"));
    check(absl::StrCat("+7 ", code, " 555 01 2"));
    check(absl::StrCat("+7 ", code, " 555 01 234"));
  }
}

TEST(Phone, SeveralInOneTextBecomeSeveral) {
  const std::vector<MultiValue> both = {{"+79165550123", "MOBILE"},
                                        {"+74955554567", "WORK"}};
  for (const char* text :
       {"+7 916 555-01-23, 8 (495) 555-45-67", "+79165550123;84955554567",
        "89165550123;84955554567", "8 916 555-01-23 / 8 495 555-45-67",
        "89165550123\n84955554567", "89165550123\r\n\r\n84955554567",
        "8 916 555 01 23 и 8 495 555 45 67", "89165550123 или 84955554567",
        "89165550123 or 84955554567", "+79165550123 +74955554567",
        "+7 916 555-01-23 (мама), 8 (495) 555-45-67 (офис)",
        ",89165550123,,84955554567;"}) {
    Check({text, both}, "RU");
  }
}

TEST(Phone, WhatCannotBeToldStaysAsWritten) {
  for (const Case& c : std::vector<Case>{
           {"8 (495) 555-45-67 доб. 12", {{"8 (495) 555-45-67 доб. 12", "WORK"}}, true},
           {"+7 495 555-45-67 ext. 12", {{"+7 495 555-45-67 ext. 12", "WORK"}}, true},
           {"555-01-23", {{"555-01-23", "WORK"}}, true},
           {"8 495 123-45-67/68", {{"8 495 123-45-67/68", "WORK"}}, true},
           {"123", {{"123", "WORK"}}, true},
           {" 8 916 555 ", {{"8 916 555", "WORK"}}, true},
           {"999999999999999999999", {{"999999999999999999999", "WORK"}}, true},
           {"+999 123456", {{"+999 123456", "WORK"}}, true},
           {"номер 8 916 (дом) 12", {{"номер 8 916 (дом) 12", "WORK"}}, true},
       }) {
    Check(c, "RU");
  }
  Check({"89263732731", {{"89263732731", "WORK"}}, true}, "");
  Check({"+79263732731", {{"+79263732731", "MOBILE"}}}, "");
}

TEST(Phone, ATextWithoutDigitsIsNone) {
  Check({"нет", {}, false, true}, "RU");
  Check({"-", {}, false, true}, "RU");
  Check({"", {}}, "RU");
  Check({" , ; ", {}}, "RU");
  Check({"нет, 89165550123", {{"+79165550123", "MOBILE"}}, false, true}, "RU");
}

TEST(Phone, ANumberThatIsReadOtherwiseTheNextTimeIsNotTold) {
  Check({"00048011091", {{"00048011091", "WORK"}}, /*as_written=*/true}, "DE");
  // Italian numbers do begin with a zero.
  Check({"06 6982 1234", {{"+390669821234", "WORK"}}}, "IT");
}

}  // namespace
}  // namespace guestbridge::agent
