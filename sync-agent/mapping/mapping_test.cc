#include "sync-agent/mapping/mapping.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/mapping/field_rules.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::CivilDay kToday(2026, 1, 5);

MappedContact MapOne(const std::string& value, const std::string& target,
                     std::vector<std::string> transforms = {}) {
  auto mapping =
      CompiledMapping::Compile({{"A", target, std::move(transforms)}}, {"RU", 1});
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  ClientRow row;
  row.attributes["A"] = value;
  MappedContact mapped = mapping->Map(row, kToday);
  // What a run sends is what an explanation shows.
  EXPECT_EQ(mapping->MapContent(row, kToday).content, mapped.content);
  return mapped;
}

std::string Sent(const std::string& value, const std::string& target,
                 std::vector<std::string> transforms = {}) {
  return MapOne(value, target, std::move(transforms)).content.fields[target];
}

std::vector<std::string> Values(const MappedContact& mapped,
                                const std::string& target) {
  std::vector<std::string> texts;
  for (const MultiValue& value : mapped.content.multifields.at(target)) {
    texts.push_back(value.value);
  }
  return texts;
}

std::vector<std::string> Reasons(const MappedContact& mapped) {
  std::vector<std::string> reasons;
  for (const Note& note : mapped.fields.at(0).notes) {
    reasons.push_back(note.reason);
    EXPECT_NE(FindReason(note.reason), nullptr) << note.reason;
  }
  return reasons;
}

TEST(Mapping, EveryCharacterArrivesAsItWas) {
  for (const char* text :
       {"O'Neil", "Д'Артаньян & Ко", "a+b#c%d\"e\"", "$result[c0]", "Юля 😊",
        "e\xCC\x81", "x\xE2\x80\x8By", "علي", "明", "<b>", "back\\slash", "%41",
        "&amp;", "\xE2\x80\x8Bzero-width ends stay\xE2\x80\x8B"}) {
    EXPECT_EQ(Sent(text, "LAST_NAME"), text);
    EXPECT_EQ(Sent(text, "COMMENTS"), text);
    EXPECT_THAT(Reasons(MapOne(text, "LAST_NAME")), IsEmpty());
  }
}

TEST(Mapping, EndsAreTrimmedOfEverySpaceThereIs) {
  EXPECT_EQ(Sent(" \t\xC2\xA0\xE3\x80\x80 Анна Орлова \xE2\x80\x83\r\n", "NAME"),
            "Анна Орлова");
  EXPECT_EQ(Sent("\n a\n", "COMMENTS"), "a");
  EXPECT_EQ(Sent("  \xC2\xA0 ", "NAME"), "");
}

TEST(Mapping, ControlCharactersGoButLinesStayInMultiLineFields) {
  const std::string text = std::string(
                               "a\x01"
                               "b\tc\nd\r\ne\x7f"
                               "f\xC2\x85g") +
                           std::string("\0h", 2);
  EXPECT_EQ(Sent(text, "NAME"), "abcdefgh");
  EXPECT_EQ(Sent(text, "COMMENTS"), "ab\tc\nd\r\nefgh");
  EXPECT_EQ(Sent(text, "ADDRESS"), "ab\tc\nd\r\nefgh");
  EXPECT_EQ(Sent(text, "ADDRESS_CITY"), "ab\tc\nd\r\nefgh");
  EXPECT_THAT(Reasons(MapOne(text, "NAME")), ElementsAre("CONTROL_CHARACTERS_REMOVED"));
  EXPECT_THAT(Reasons(MapOne("a\nb", "COMMENTS")), IsEmpty());
}

TEST(Mapping, BrokenUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(Sent("a\xff"
                 "b",
                 "NAME"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_THAT(Reasons(MapOne("a\xff", "NAME")), ElementsAre("INVALID_TEXT_REPLACED"));
}

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Mapping, LongValuesAreCutToWhatThePortalKeeps) {
  struct Case {
    const char* target;
    const char* unit;
    size_t given;
    size_t kept;
  };
  for (const Case& c :
       {Case{"NAME", "я", 51, 50}, Case{"SECOND_NAME", "😊", 60, 50},
        Case{"LAST_NAME", "x", 50, 50}, Case{"POST", "я", 300, 255},
        Case{"ADDRESS", "я", 256, 255}, Case{"ADDRESS_CITY", "x", 256, 255},
        Case{"COMMENTS", "x", 70000, 65535}, Case{"COMMENTS", "я", 40000, 32767},
        Case{"UF_CRM_NOTE", "я", 300, 300}, Case{"HONORIFIC", "x", 200, 128}}) {
    SCOPED_TRACE(c.target);
    const MappedContact mapped = MapOne(Repeat(c.unit, c.given), c.target);
    EXPECT_EQ(mapped.content.fields.at(c.target), Repeat(c.unit, c.kept));
    EXPECT_EQ(mapped.fields.at(0).sent_value, Repeat(c.unit, c.kept));
    if (c.kept < c.given) {
      EXPECT_THAT(Reasons(mapped), ElementsAre("VALUE_CUT"));
      EXPECT_EQ(mapped.fields[0].notes[0].parameters.at("kept"), absl::StrCat(c.kept));
      EXPECT_EQ(mapped.fields[0].notes[0].parameters.at("field"), c.target);
    } else {
      EXPECT_THAT(Reasons(mapped), IsEmpty());
    }
  }
}

TEST(Mapping, ASpaceWhereItWasCutGoesToo) {
  EXPECT_EQ(Sent(Repeat("x", 49) + " " + "yyy", "NAME"), Repeat("x", 49));
}

TEST(Mapping, ABirthDateIsADayFromNineteenHundredToToday) {
  struct Case {
    const char* source;
    const char* sent;
    bool noted;
  };
  for (const Case& c :
       {Case{"1990-05-01T00:00:00", "1990-05-01", false},
        Case{"1990-05-01", "1990-05-01", false},
        Case{"1900-01-01T00:00:00", "1900-01-01", false},
        Case{"1899-12-31T00:00:00", "", true},
        Case{"2026-01-05T00:00:00", "2026-01-05", false},
        Case{"2026-01-06T00:00:00", "", true}, Case{"0001-01-01T00:00:00", "", false},
        Case{"", "", false}, Case{"1990-02-30T00:00:00", "", true},
        Case{"01.05.1990", "", true}, Case{"abc", "", true},
        Case{"2024-02-29T12:30:00", "2024-02-29", false}}) {
    SCOPED_TRACE(c.source);
    const MappedContact mapped = MapOne(c.source, "BIRTHDATE");
    EXPECT_EQ(mapped.content.fields.at("BIRTHDATE"), c.sent);
    EXPECT_EQ(!Reasons(mapped).empty(), c.noted);
    if (c.noted) {
      EXPECT_THAT(Reasons(mapped), ElementsAre("BIRTHDATE_NOT_SENT"));
    }
  }
  // Whatever the mapping says about transforms.
  EXPECT_EQ(Sent("1990-05-01T00:00:00", "BIRTHDATE", {"trim"}), "1990-05-01");
  // Other dates may lie anywhere.
  EXPECT_EQ(Sent("2030-01-01T00:00:00", "UF_CRM_UNTIL", {"date"}), "2030-01-01");
  EXPECT_THAT(Reasons(MapOne("soon", "UF_CRM_UNTIL", {"date"})),
              ElementsAre("DATE_NOT_SENT"));
}

TEST(Mapping, EMailsAreCheckedAndSplitAndOnlyTheyAreSent) {
  struct Case {
    const char* source;
    std::vector<std::string> sent;
    bool noted;
  };
  const Case cases[] = {
      {"", {}, false},
      {"anna@example.com", {"anna@example.com"}, false},
      {" Anna.K@Example.COM ", {"Anna.K@Example.COM"}, false},
      {"anna@example.com; anna.work@example.com",
       {"anna@example.com", "anna.work@example.com"},
       false},
      {"a@example.com,b@example.com c@example.com\nd@example.com",
       {"a@example.com", "b@example.com", "c@example.com", "d@example.com"},
       false},
      {"нет", {}, true},
      {"a@example.com нет", {"a@example.com"}, true},
      {"<anna@example.com>", {"anna@example.com"}, false},
      {"mailto:anna@example.com", {"anna@example.com"}, false},
      {"o'neil+x@sub.example.co.uk", {"o'neil+x@sub.example.co.uk"}, false},
      {"anna@@example.com", {}, true},
      {"anna@example", {}, true},
      {"@example.com", {}, true},
      {"anna@", {}, true},
      {"anna@.com", {}, true},
      {"anna@example..com", {}, true},
      {".anna@example.com", {}, true},
      {"an..na@example.com", {}, true},
      {"anna@-example.com", {}, true},
      {"anna@example.c", {}, true},
      {"anna@127.0.0.1", {}, true},
      {"анна@example.com", {}, true},
      {"anna@пример.рф", {}, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.source);
    const MappedContact mapped = MapOne(c.source, "EMAIL");
    EXPECT_EQ(Values(mapped, "EMAIL"), c.sent);
    EXPECT_EQ(Reasons(mapped), c.noted ? std::vector<std::string>{"EMAIL_NOT_SENT"}
                                       : std::vector<std::string>{});
  }
  EXPECT_THAT(Values(MapOne("нет", "EMAIL", {"trim"}), "EMAIL"), IsEmpty());
  EXPECT_THAT(Values(MapOne("A@example.com a@EXAMPLE.com", "EMAIL"), "EMAIL"),
              ElementsAre("A@example.com"));
}

TEST(Mapping, OnePhoneInTwoSpellingsIsSentOnce) {
  const MappedContact mapped = MapOne("+7 916 555-01-23, 8 (916) 555 01 23", "PHONE");
  EXPECT_THAT(Values(mapped, "PHONE"), ElementsAre("+79165550123"));
  EXPECT_THAT(Reasons(mapped), ElementsAre("DUPLICATE_VALUE_DROPPED"));
}

TEST(Mapping, ABirthDateToComeIsAnotherOneOnALaterDay) {
  EXPECT_FALSE(MapOne("2026-01-06T00:00:00", "BIRTHDATE").lasting);
  EXPECT_TRUE(MapOne("2026-01-05T00:00:00", "BIRTHDATE").lasting);
  EXPECT_TRUE(MapOne("0200-01-06T00:00:00", "BIRTHDATE").lasting);
  EXPECT_TRUE(MapOne("2026-01-06T00:00:00", "UF_CRM_ARRIVAL", {"date"}).lasting);
}

TEST(Mapping, TwoAttributesShareAMultifield) {
  auto mapping = CompiledMapping::Compile(
      {{"Phone", "PHONE", {}}, {"Fax", "PHONE", {}}, {"Name", "NAME", {}}}, {"RU", 3});
  ASSERT_TRUE(mapping.ok());
  EXPECT_THAT(mapping->attributes(), ElementsAre("Phone", "Fax", "Name"));
  EXPECT_EQ(mapping->version(), 3);
  ClientRow row;
  row.attributes = {{"Phone", "89165550123"}, {"Fax", "84955554567, 89165550123"}};
  const MappedContact mapped = mapping->Map(row, kToday);
  EXPECT_THAT(Values(mapped, "PHONE"), ElementsAre("+79165550123", "+74955554567"));
  EXPECT_EQ(mapped.content.multifields.at("PHONE")[0].type, "MOBILE");
  EXPECT_EQ(mapped.content.multifields.at("PHONE")[1].type, "WORK");
  EXPECT_EQ(mapped.fields.at(1).sent_value, "+74955554567");
  // Mapped, and missing in the row: cleared.
  EXPECT_EQ(mapped.content.fields.at("NAME"), "");
}

TEST(Mapping, MoreValuesThanTheOriginRecordHoldsAreLeftOut) {
  std::vector<std::string> phones;
  for (int i = 10; i < 30; ++i) phones.push_back(absl::StrCat("+791655501", i));
  const MappedContact mapped = MapOne(absl::StrJoin(phones, ";"), "PHONE");
  EXPECT_EQ(Values(mapped, "PHONE").size(), kMostValues);
  EXPECT_THAT(Reasons(mapped), ElementsAre("VALUES_TOO_MANY"));
}

TEST(Mapping, AttributesThatTransformsNameAreReadToo) {
  auto mapping = CompiledMapping::Compile(
      {{"LastName", "LAST_NAME", {"template:{LastName} ({MaidenName})"}},
       {"Phone", "PHONE", {"all-of:Phone,Mobile"}},
       {"City", "ADDRESS", {"all-of:Region,City", "join:, "}}},
      {"RU", 3});
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_THAT(mapping->attributes(), ElementsAre("LastName", "MaidenName", "Phone",
                                                 "Mobile", "City", "Region"));
  ClientRow row;
  row.attributes = {{"LastName", " Орлова\x01 "},
                    {"MaidenName", "Ким\n"},
                    {"Phone", "89165550123"},
                    {"Mobile", "84955554567"},
                    {"City", "Тверь"}};
  const MappedContact mapped = mapping->Map(row, kToday);
  EXPECT_EQ(mapped.content.fields.at("LAST_NAME"), "Орлова (Ким)");
  EXPECT_THAT(Values(mapped, "PHONE"), ElementsAre("+79165550123", "+74955554567"));
  EXPECT_EQ(mapped.content.fields.at("ADDRESS"), "Тверь");
  EXPECT_EQ(mapping->MapContent(row, kToday).content, mapped.content);
}

TEST(Mapping, SplitValuesBecomeValuesOfAMultifieldAndAListElsewhere) {
  EXPECT_THAT(Values(MapOne("a.example.com\nb.example.com; a.example.com", "WEB",
                            {"split:\\n", "split:;"}),
                     "WEB"),
              ElementsAre("a.example.com", "b.example.com"));
  EXPECT_EQ(Sent("a / b /  / c", "POST", {"split:/"}), "a, b, c");
  EXPECT_EQ(Sent("a / b / c", "POST", {"split:/", "upper", "join:\\s-\\s"}),
            "A - B - C");
  EXPECT_EQ(Sent("1990-05-01T00:00:00|", "UF_CRM_DAY", {"split:|", "date"}),
            "1990-05-01");
}

TEST(Mapping, WhatFollowsPhonesAndEMailsInATextFieldIsAboutWhatTheyFound) {
  EXPECT_EQ(Sent("8 916 555-01-23", "UF_CRM_1", {"phone", "digits"}), "79165550123");
  EXPECT_EQ(Sent("8 916 555-01-23", "UF_CRM_1", {"digits", "phone"}), "+79165550123");
  EXPECT_EQ(
      Sent("8 916 555-01-23\n8 916 555-01-24", "UF_CRM_1", {"phone", "join:\\s/\\s"}),
      "+79165550123 / +79165550124");
  EXPECT_EQ(Sent("8 916 555-01-23\n8 916 555-01-24", "UF_CRM_1", {"phone"}),
            "+79165550123, +79165550124");
  EXPECT_EQ(Sent("a@hotel.example; b@hotel.example", "UF_CRM_1", {"email", "upper"}),
            "A@HOTEL.EXAMPLE, B@HOTEL.EXAMPLE");
  EXPECT_EQ(Sent("none", "UF_CRM_1", {"phone", "constant:-"}), "-");
}

TEST(Mapping, NoValueIsAnEmptyTextToTheTableThatFollows) {
  EXPECT_EQ(Sent("", "UF_CRM_1", {"first-of:B,C", "enum:=7;x=8"}), "7");
  EXPECT_EQ(Sent("", "UF_CRM_1", {"all-of:B,C", "enum:=7;x=8"}), "7");
  EXPECT_EQ(Sent(";", "UF_CRM_1", {"split:;", "enum:=7;x=8"}), "7");
  EXPECT_EQ(Sent("no phone", "UF_CRM_1", {"phone", "enum:=7;*=*"}), "7");
  EXPECT_EQ(Sent("", "UF_CRM_1", {"first-of:B,C", "enum:x=8;*=9"}), "");
  EXPECT_THAT(Values(MapOne("", "WEB", {"split:;", "trim"}), "WEB"), IsEmpty());
}

TEST(Mapping, WhatATransformDoesNotKnowIsNoted) {
  EXPECT_THAT(Reasons(MapOne("Other", "HONORIFIC", {"enum:Male=HNR_RU_1"})),
              ElementsAre("VALUE_NOT_IN_TABLE"));
  EXPECT_THAT(Reasons(MapOne("", "HONORIFIC", {"enum:Male=HNR_RU_1"})), IsEmpty());
  EXPECT_THAT(Reasons(MapOne("Лимония", "ADDRESS_COUNTRY", {"country"})),
              ElementsAre("COUNTRY_UNKNOWN"));
}

TEST(Mapping, WhatIsToBeKeptIsLeftOutWhenItIsEmpty) {
  using Policy = MappingEntry::Policy;
  const std::vector<MappingEntry> entries = {
      {"A", "POST", {}, Policy::kOverwrite, /*keep_when_empty=*/true},
      {"B", "PHONE", {}, Policy::kOverwrite, /*keep_when_empty=*/true},
      {"C", "NAME", {}, Policy::kFillEmpty},
      {"D", "LAST_NAME", {}}};
  auto mapping = CompiledMapping::Compile(entries, {});
  ASSERT_TRUE(mapping.ok());
  const MappedContact empty = mapping->Map(ClientRow(), kToday);
  EXPECT_EQ(empty.content, (ContactContent{{{"LAST_NAME", ""}}, {}}));
  EXPECT_THAT(empty.kept, ElementsAre("NAME", "PHONE", "POST"));
  EXPECT_THAT(Reasons(empty), ElementsAre("EMPTY_KEPT"));
  EXPECT_EQ(mapping->MapContent(ClientRow(), kToday).content, empty.content);
  ClientRow row;
  row.attributes = {{"A", "x"}, {"B", "89165550123"}, {"C", "y"}};
  const MappedContact filled = mapping->Map(row, kToday);
  EXPECT_THAT(filled.kept, IsEmpty());
  EXPECT_EQ(filled.content.fields.at("POST"), "x");
  EXPECT_EQ(filled.policies->fill_empty.count("NAME"), 1u);
}

TEST(Mapping, TheFilterReadsItsAttributesAndNamesWhatIsNotMet) {
  using Test = ClientCondition::Test;
  MappingOptions options;
  options.filter = ClientFilter({{"Type", Test::kOneOf, {"VIP", " Постоянный "}, "one"},
                                 {"Type", Test::kNoneOf, {"agent"}, "none"},
                                 {"Ban", Test::kEmpty, {}, "empty"},
                                 {"Birth", Test::kNotEmpty, {}, "full"}});
  auto mapping = CompiledMapping::Compile({{"A", "NAME", {}}}, options);
  ASSERT_TRUE(mapping.ok());
  EXPECT_THAT(mapping->attributes(), ElementsAre("A", "Type", "Ban", "Birth"));
  struct Case {
    Fields attributes;
    const char* unmet;
  };
  const Case cases[] = {
      {{{"Type", "ПОСТОЯННЫЙ"}, {"Birth", "1990-05-01T00:00:00"}}, ""},
      {{{"Type", " vip"}, {"Birth", "x"}, {"Ban", " "}}, ""},
      {{{"Birth", "x"}}, "one"},
      {{{"Type", "agent"}, {"Birth", "x"}}, "one"},
      {{{"Type", "vip"}, {"Birth", "x"}, {"Ban", "true"}}, "empty"},
      {{{"Type", "vip"},
        {"Birth", "x"},
        {"Ban", "00000000-0000-0000-0000-000000000000"}},
       ""},
      {{{"Type", "vip"}, {"Birth", "0001-01-01T00:00:00"}}, "full"},
  };
  for (const Case& c : cases) {
    ClientRow row;
    row.attributes = c.attributes;
    EXPECT_EQ(mapping->MapContent(row, kToday).unmet, c.unmet);
    EXPECT_EQ(mapping->Map(row, kToday).unmet, c.unmet);
  }
}

TEST(Mapping, TwoSourcesIntoOneSingleFieldAreRefused) {
  const auto mapping =
      CompiledMapping::Compile({{"A", "NAME", {}}, {"B", "NAME", {}}}, {});
  EXPECT_EQ(ReasonOf(mapping.status()), "FIELD_TAKEN");
  EXPECT_EQ(ReasonOf(CompiledMapping::Compile({{"A", "NAME", {"nope"}}}, {}).status()),
            "TRANSFORM_UNKNOWN");
}

TEST(Mapping, NoNoteHoldsAValue) {
  const std::string secret = "Сидорова";
  for (const char* target : {"NAME", "PHONE", "EMAIL", "BIRTHDATE", "COMMENTS"}) {
    const MappedContact mapped =
        MapOne(secret + "\x01\xff" + Repeat(secret, 10000), target);
    for (const Note& note : mapped.fields.at(0).notes) {
      for (const auto& [key, value] : note.parameters) {
        EXPECT_EQ(value.find(secret), std::string::npos) << note.reason << " " << key;
      }
    }
  }
}

}  // namespace
}  // namespace guestbridge::agent
