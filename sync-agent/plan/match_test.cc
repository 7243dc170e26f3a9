#include "sync-agent/plan/match.h"

#include <gtest/gtest.h>

#include "common/text/catalogue.h"

namespace guestbridge::agent {
namespace {

constexpr char kPhone[] = "+79161234567";
constexpr char kEmail[] = "ivan@mail.ru";

struct Said {
  std::string family;
  std::string first;
  std::string second;
  std::string birth;
  std::string phone;
  std::string email;
};

MatchPerson Client(const Said& said) {
  ContactContent content;
  content.fields = {{"LAST_NAME", said.family},
                    {"NAME", said.first},
                    {"SECOND_NAME", said.second},
                    {"BIRTHDATE", said.birth}};
  content.multifields["PHONE"] = {{said.phone, "MOBILE"}};
  content.multifields["EMAIL"] = {{said.email, "WORK"}};
  return MatchDigests("salt", "RU").Of(content);
}

MatchPerson Contact(const Said& said) {
  ContactRow row;
  row.fields = {{"LAST_NAME", said.family},
                {"NAME", said.first},
                {"SECOND_NAME", said.second},
                {"BIRTHDATE", said.birth}};
  row.multifields["PHONE"] = {{1, said.phone, "WORK"}};
  row.multifields["EMAIL"] = {{2, said.email, "WORK"}};
  return MatchDigests("salt", "RU").Of(row);
}

SharedValues ValuesOf(const MatchPerson& client, const MatchPerson& contact) {
  SharedValues values;
  for (const MatchValue& sought : client.sought) {
    for (const MatchValue& held : contact.held) {
      if (held.key == sought.key) values.Add(sought.phone, sought.strength);
    }
  }
  return values;
}

PairVerdict Judge(const Said& client, const Said& contact) {
  const MatchPerson one = Client(client);
  const MatchPerson other = Contact(contact);
  return JudgePair(one.traits, other.traits, ValuesOf(one, other));
}

struct PairCase {
  const char* why;
  Said client;
  Said contact;
  Certainty certainty;
  const char* found_by;
};

TEST(JudgePair, IsAsCertainAsWhatSpeaksForIt) {
  const std::string born = "1980-05-17";
  const PairCase cases[] = {
      {"all of it",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Иванов", "Иван", "", born, "8 916 123-45-67", ""},
       Certainty::kCertain,
       "MATCHED_BY_PHONE_NAME_BIRTHDATE"},
      {"no birth date there",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"ИВАНОВ", "иван", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"phone and e-mail",
       {"Иванов", "Иван", "", "", kPhone, kEmail},
       {"Иванов", "Иван", "", "", kPhone, "Ivan@Mail.ru"},
       Certainty::kCertain,
       "MATCHED_BY_PHONE_EMAIL_NAME"},
      {"e-mail",
       {"Ёлкин", "Семён", "", "", "", kEmail},
       {"Елкин", "Семен", "", "", "", kEmail},
       Certainty::kLikely,
       "MATCHED_BY_EMAIL_NAME"},
      {"family name alone",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Иванов", "", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"an initial",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Иванов", "И.", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"another initial",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Иванов", "П.", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"a call that became a contact",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"", "+7 916 123-45-67", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE"},
      {"swapped names",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Иван", "Иванов", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"all in one field",
       {"Иванов", "Иван", "Петрович", "", kPhone, ""},
       {"", "Иванов Иван Петрович", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"a son with the father's first name, all in one field",
       {"Иванов", "Сергей", "Иванович", "", kPhone, ""},
       {"", "Иванов Сергей Сергеевич", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE"},
      {"patronymic in the first name",
       {"Иванов", "Иван", "Петрович", "", kPhone, ""},
       {"Иванов", "Иван Петрович", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"hyphen",
       {"Римский-Корсаков", "Иван", "", "", kPhone, ""},
       {"римский корсаков", "Иван", "", "", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"a relative",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Иванов", "Пётр", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"a relative with another birth date",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Иванов", "Пётр", "", "1955-02-03", kPhone, ""},
       Certainty::kNone,
       ""},
      {"father and son of one name",
       {"Иванов", "Иван", "Иванович", "", kPhone, ""},
       {"Иванов", "Иван", "Петрович", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"one date is wrong, or two people of one name",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Иванов", "Иван", "", "1955-02-03", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"1 January is no birth date",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Иванов", "Иван", "", "1980-01-01", kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"married",
       {"Петрова", "Анна", "", born, kPhone, ""},
       {"Иванова", "Анна", "", born, kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME_BIRTHDATE"},
      {"another family name, who knows",
       {"Петрова", "Анна", "", born, kPhone, ""},
       {"Иванова", "Анна", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"other letters",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Ivanov", "Ivan", "", born, kPhone, ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_BIRTHDATE"},
      {"other letters, who knows",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Ivanov", "Ivan", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE"},
      {"somebody else on that phone",
       {"Иванов", "Иван", "", "", kPhone, ""},
       {"Орлова", "Анна", "", "", kPhone, ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE"},
      {"nothing in common but the name",
       {"Иванов", "Иван", "", born, kPhone, ""},
       {"Иванов", "Иван", "", born, "+79160000001", ""},
       Certainty::kNone,
       ""},
      {"the switchboard and the name",
       {"Иванов", "Иван", "", "", "8 495 123-45-67 доб. 12", ""},
       {"Иванов", "Иван", "", "", "+7 495 123-45-67", ""},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
      {"the switchboard alone",
       {"Иванов", "Иван", "", "", "8 495 123-45-67 доб. 12", ""},
       {"Орлова", "Анна", "", "", "+7 495 123-45-67", ""},
       Certainty::kNone,
       ""},
      {"another extension",
       {"Иванов", "Иван", "", "", "8 495 123-45-67 доб. 12", ""},
       {"Иванов", "Иван", "", "", "8 495 123-45-67 доб. 13", ""},
       Certainty::kReview,
       "MATCHED_BY_PHONE_NAME"},
      {"a role's mailbox alone",
       {"Иванов", "Иван", "", "", "", "info@hotel.ru"},
       {"Орлова", "Анна", "", "", "", "info@hotel.ru"},
       Certainty::kNone,
       ""},
      {"a role's mailbox without any name",
       {"Иванов", "Иван", "", "", "", "info@hotel.ru"},
       {"", "", "", "", "", "info@hotel.ru"},
       Certainty::kNone,
       ""},
      {"a role's mailbox and the full name",
       {"Иванов", "Иван", "", "", "", "info@hotel.ru"},
       {"Иванов", "Иван", "", "", "", "info@hotel.ru"},
       Certainty::kReview,
       "MATCHED_BY_EMAIL_NAME"},
      {"a role's mailbox, the full name and the birth date",
       {"Иванов", "Иван", "", born, "", "info@hotel.ru"},
       {"Иванов", "Иван", "", born, "", "info@hotel.ru"},
       Certainty::kLikely,
       "MATCHED_BY_EMAIL_NAME_BIRTHDATE"},
      {"a relay is no second value",
       {"Иванов", "Иван", "", "", kPhone, "x@guest.booking.com"},
       {"Иванов", "Иван", "", "", kPhone, "x@guest.booking.com"},
       Certainty::kLikely,
       "MATCHED_BY_PHONE_NAME"},
  };
  for (const PairCase& one : cases) {
    const PairVerdict verdict = Judge(one.client, one.contact);
    EXPECT_EQ(verdict.certainty, one.certainty) << one.why;
    if (verdict.certainty == Certainty::kNone) continue;
    EXPECT_STREQ(verdict.found_by, one.found_by) << one.why;
    EXPECT_NE(FindReason(verdict.found_by), nullptr) << verdict.found_by;
  }
}

TEST(JudgePair, AContactThatWasReadInPartIsForAPersonToDecideAbout) {
  const Said guest = {"Иванов", "Иван", "", "1980-05-17", kPhone, kEmail};
  const MatchPerson client = Client(guest);
  const auto judge = [&](const Said& said) {
    MatchPerson contact = Contact(said);
    contact.traits.partly = true;
    return JudgePair(client.traits, contact.traits, ValuesOf(client, contact));
  };
  EXPECT_EQ(judge(guest).certainty, Certainty::kReview);
  EXPECT_EQ(judge({"", "", "", "", kPhone, ""}).certainty, Certainty::kReview);
  const PairVerdict namesake = judge({"Иванов", "Иван", "", "", "", ""});
  EXPECT_EQ(namesake.certainty, Certainty::kReview);
  EXPECT_STREQ(namesake.found_by, "MATCHED_BY_NAME");
  EXPECT_NE(FindReason(namesake.found_by), nullptr);
  EXPECT_EQ(judge({"Иванов", "Иван", "", "1990-01-02", "", ""}).certainty,
            Certainty::kNone);
  EXPECT_EQ(judge({"Иванов", "", "", "", "", ""}).certainty, Certainty::kNone);
  EXPECT_EQ(judge({"", "", "", "", "", ""}).certainty, Certainty::kNone);
}

TEST(JudgeStored, AnIdNeedsSomethingThatSpeaksForIt) {
  const MatchPerson client = Client({"Иванов", "Иван", "", "", kPhone, "info@a.ru"});
  const auto judge = [&](const Said& said) {
    const MatchPerson contact = Contact(said);
    return JudgeStored(client.traits, contact.traits, ValuesOf(client, contact))
        .certainty;
  };
  EXPECT_EQ(judge({"Иванов", "Пётр", "", "", "", ""}), Certainty::kCertain);
  EXPECT_EQ(judge({"Орлов", "Пётр", "", "", kPhone, ""}), Certainty::kCertain);
  EXPECT_EQ(judge({"", "Иван", "", "", "", ""}), Certainty::kCertain);
  EXPECT_EQ(judge({"Орлов", "Иван", "", "", "", ""}), Certainty::kNone);
  EXPECT_EQ(judge({"Орлов", "Пётр", "", "", "", "info@a.ru"}), Certainty::kNone);
  EXPECT_EQ(judge({"", "", "", "", "", ""}), Certainty::kNone);
}

TEST(MatchTraits, AreReadBackAsTheyWereWritten) {
  MatchTraits traits =
      Client({"Иванов", "И.", "Петрович", "1980-05-17", kPhone, kEmail}).traits;
  EXPECT_EQ(DecodeTraits(EncodeTraits(traits)), traits);
  traits.partly = true;
  EXPECT_EQ(DecodeTraits(EncodeTraits(traits)), traits);
  EXPECT_EQ(DecodeTraits("broken"), MatchTraits());
  EXPECT_EQ(DecodeTraits(""), MatchTraits());
}

TEST(MatchDigests, SaySomethingOnlyWithTheirSalt) {
  ContactContent content;
  content.fields["LAST_NAME"] = "Иванов";
  content.multifields["PHONE"] = {{kPhone, "MOBILE"}};
  const MatchPerson one = MatchDigests("a", "RU").Of(content);
  const MatchPerson other = MatchDigests("b", "RU").Of(content);
  EXPECT_NE(one.traits.family, other.traits.family);
  EXPECT_NE(one.held[0].key, other.held[0].key);
  EXPECT_EQ(EncodeTraits(one.traits).find("ванов"), std::string::npos);
}

TEST(MatchDigests, AContactOfAnyClientIsTaken) {
  ContactRow row;
  EXPECT_FALSE(MatchDigests("", "RU").Of(row).traits.taken);
  row.stamp.originator = "guestbridge:another-base";
  EXPECT_TRUE(MatchDigests("", "RU").Of(row).traits.taken);
}

}  // namespace
}  // namespace guestbridge::agent
