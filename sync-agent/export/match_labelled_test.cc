// A labelled set: 2,000 clients of whom it is known which contact is theirs, if any,
// with the noise that desks and managers make. Precision is a promise; recall is told.

#include <gtest/gtest.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::FakeContact;
using testing::World;

constexpr int kClients = 2000;
constexpr uint64_t kSeeds[] = {20261126, 7};
constexpr double kPrecision = 0.999;
constexpr double kRecall = 0.82;  // of those who have a contact

struct Person {
  std::string family;
  std::string first;
  std::string second;
  std::string birth;
  std::string phone;  // ten digits
  std::string email;
};

class Set {
 public:
  explicit Set(uint64_t seed) : world(seed), dice_(seed) { Make(); }

  World world;
  std::map<ClientKey, int64_t> truth;  // 0: has no contact
  std::map<ClientKey, std::string> kinds;

 private:
  bool Chance(int percent) { return Draw(100) < percent; }
  int Draw(int below) {
    return static_cast<int>(dice_.Next64() % static_cast<uint64_t>(below));
  }
  template <size_t N>
  const char* One(const char* const (&of)[N]) {
    return of[Draw(static_cast<int>(N))];
  }

  Person NewPerson() {
    static constexpr const char* kFamilies[] = {
        "Иванов",        "Смирнов",    "Кузнецов",
        "Попов",         "Соловьёв",   "Фёдоров",
        "Ёлкин",         "Королёв",    "Семёнов",
        "Ким",           "Ли",         "Цой",
        "Шевчук",        "Бондаренко", "Римский-Корсаков",
        "Петров-Водкин", "Гросс",      "Ковальчук",
        "Дюма",          "Черных",     "Белых",
        "Савченко",      "Мельник"};
    static constexpr const char* kFirsts[] = {"Иван",    "Пётр",  "Сергей", "Артём",
                                              "Анна",    "Мария", "Алёна",  "Ольга",
                                              "Дмитрий", "Семён", "Юлия",   "Игорь"};
    static constexpr const char* kSeconds[] = {"Иванович", "Петрович", "Сергеевич",
                                               "",         "",         "Артёмович"};
    Person person;
    person.family = One(kFamilies);
    // Few families of two hundred have one name.
    if (!Chance(30)) absl::StrAppend(&person.family, kSyllables[Draw(40)]);
    person.first = One(kFirsts);
    person.second = One(kSeconds);
    person.birth =
        absl::StrFormat("%d-%02d-%02d", 1940 + Draw(65), 1 + Draw(12), 1 + Draw(28));
    person.phone = absl::StrFormat("9%09d", serial_ * 7919 % 1000000000);
    person.email = absl::StrFormat("guest.%d@mail.ru", serial_);
    ++serial_;
    return person;
  }

  std::string Spelt(std::string name) {
    if (Chance(25)) name = Replaced(name, "ё", "е");
    if (Chance(10)) name = Replaced(name, "-", " ");
    if (Chance(10)) name = absl::StrCat(" ", name, " ");
    if (Chance(15)) name = NormalizeText(name);
    return name;
  }
  static std::string Replaced(std::string text, const std::string& what,
                              const std::string& by) {
    for (size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size())) {
      text.replace(at, what.size(), by);
    }
    return text;
  }
  // Another letter somewhere: a slip that no form folds away.
  std::string Misspelt(std::string name) {
    const size_t letters = name.size() / 2;
    if (letters < 3) return name + "а";
    const auto at = 2 * static_cast<size_t>(1 + Draw(static_cast<int>(letters) - 2));
    return name.replace(at, 2, name.compare(at, 2, "о") == 0 ? "а" : "о");
  }

  std::string Dialled(const std::string& d) {
    const std::string a = d.substr(0, 3), b = d.substr(3, 3), c = d.substr(6, 2),
                      e = d.substr(8, 2);
    switch (Draw(9)) {
      case 0:
        return absl::StrCat("+7", d);
      case 1:
        return absl::StrCat("8", d);
      case 2:
        return absl::StrCat("8 (", a, ") ", b, "-", c, "-", e);
      case 3:
        return absl::StrCat("+7 ", a, " ", b, " ", c, " ", e);
      case 4:
        return absl::StrCat("8-", a, "-", b, "-", c, "-", e);
      case 5:
        return absl::StrCat("моб. 8", d, " (звонить после 18)");
      case 6:
        return absl::StrCat("7", d);
      case 7:
        return absl::StrCat("+7(", a, ")", b, "-", c, "-", e);
      default:
        return d;
    }
  }
  std::string Mailed(std::string email) {
    if (email.empty()) return email;
    if (Chance(20)) email = absl::StrCat("Guest", email.substr(5));
    if (Chance(5)) email = absl::StrCat("<", email, ">");
    return email;
  }

  int64_t AddContact(const Person& person) {
    FakeContact contact;
    std::string family = Spelt(person.family);
    std::string first = Spelt(person.first);
    if (Chance(3)) family = Misspelt(family);
    if (Chance(5)) first = first.substr(0, 2) + ".";
    if (Chance(3)) first.clear();
    if (Chance(3)) std::swap(first, family);
    contact.fields["LAST_NAME"] = family;
    contact.fields["NAME"] = first;
    if (Chance(40)) contact.fields["SECOND_NAME"] = Spelt(person.second);
    if (Chance(40)) contact.fields["BIRTHDATE"] = person.birth;
    if (Chance(3)) contact.fields["BIRTHDATE"] = "1980-01-01";
    if (!person.phone.empty() && Chance(90)) {
      contact.multifields["PHONE"] = {{row_++, Dialled(person.phone), "WORK"}};
    }
    if (!person.email.empty() && Chance(60)) {
      contact.multifields["EMAIL"] = {{row_++, Mailed(person.email), "WORK"}};
    }
    world.portal.contacts[next_contact_] = std::move(contact);
    return next_contact_++;
  }

  void AddClient(const Person& person, int64_t contact, const std::string& kind) {
    ClientRow row;
    row.key = ClientKey(absl::StrFormat("00000000-0000-4000-8000-%012d", ++clients_));
    row.code = absl::StrCat(clients_);
    row.attributes = {{"LastName", Spelt(person.family)},
                      {"FirstName", Spelt(person.first)},
                      {"SecondName", Chance(70) ? Spelt(person.second) : ""},
                      {"Phone", person.phone.empty() ? "" : Dialled(person.phone)},
                      {"EMail", Mailed(person.email)}};
    if (Chance(80)) row.attributes["DateOfBirth"] = person.birth + "T00:00:00";
    truth[row.key] = contact;
    kinds[row.key] = kind;
    world.base.clients.push_back(std::move(row));
  }

  void Make() {
    auto compiled = CompiledMapping::Compile({{"LastName", "LAST_NAME", {}},
                                              {"FirstName", "NAME", {}},
                                              {"SecondName", "SECOND_NAME", {}},
                                              {"DateOfBirth", "BIRTHDATE", {}},
                                              {"Phone", "PHONE", {}},
                                              {"EMail", "EMAIL", {}}},
                                             {.default_region = "RU", .version = 1});
    world.mapping = std::make_unique<CompiledMapping>(*std::move(compiled));
    const std::string agency = "4951112233";
    while (clients_ < kClients) {
      Person person = NewPerson();
      const int kind = Draw(100);
      if (kind < 55) {
        AddClient(person, AddContact(person), "the same person");
      } else if (kind < 70) {
        AddClient(person, 0, "nobody there");
      } else if (kind < 78) {
        // A relative has the contact, on the family's phone.
        Person relative = person;
        relative.first = person.first == "Анна" ? "Игорь" : "Анна";
        relative.birth = "1950-03-04";
        if (Chance(50)) absl::StrAppend(&relative.family, "а");
        const int64_t contact = AddContact(relative);
        AddClient(person, 0, "a relative's contact");
        // Most contacts of a hotel are its guests.
        if (Chance(50)) AddClient(relative, contact, "the relative");
      } else if (kind < 83) {
        // Both of a couple are guests, one is on the portal.
        Person wife = person;
        absl::StrAppend(&wife.family, "а");
        wife.first = person.first == "Ольга" ? "Юлия" : "Ольга";
        wife.birth = "1985-06-07";
        wife.email.clear();
        AddClient(person, AddContact(person), "a husband on the portal");
        AddClient(wife, 0, "a wife who is not");
      } else if (kind < 90) {
        // An agency's phone and a role's mailbox.
        person.phone = agency;
        person.email = "info@agency.ru";
        const bool has = Chance(50);
        AddClient(person, has ? AddContact(person) : 0, "by an agency");
      } else if (kind < 95) {
        // Namesakes: same name, nothing else.
        Person namesake = NewPerson();
        namesake.family = person.family;
        namesake.first = person.first;
        AddContact(namesake);
        AddClient(person, 0, "a namesake's contact");
      } else {
        // Through a channel.
        person.phone.clear();
        person.email = absl::StrCat("x", serial_, "@guest.booking.com");
        AddClient(person, AddContact(person), "through a channel");
      }
    }
  }

  static constexpr const char* kSyllables[] = {
      "ин",  "ов",   "ев",  "ский", "енко", "ук", "юк", "ян", "дзе", "швили",
      "ец",  "ик",   "ак",  "ич",   "ун",   "ар", "ер", "ыч", "ой",  "ых",
      "ман", "берг", "сон", "ко",   "ло",   "ра", "ба", "га", "да",  "ма",
      "на",  "та",   "са",  "жа",   "за",   "ла", "ва", "ша", "ча",  "ца"};

  ::guestbridge::testing::SeededRandom dice_;
  int64_t next_contact_ = 1;
  int64_t row_ = 1;
  int serial_ = 1;
  int clients_ = 0;
};

TEST(MatchLabelled, TheAutomaticLevelIsRight) {
  for (const uint64_t seed : kSeeds) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Set set(seed);
    auto settings = set.world.Settings();
    settings.kind = RunKind::kMatch;
    const auto result = set.world.Run(settings);
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    int right = 0, wrong = 0, review = 0, with_contact = 0;
    std::map<std::string, int> missed;
    for (const auto& [key, contact] : set.truth) {
      const auto record = set.world.ledger->Get(key);
      ASSERT_TRUE(record.ok());
      const ContactId proposed =
          record->has_value() ? (*record)->proposed : ContactId();
      if (contact > 0) ++with_contact;
      if (proposed.exists()) {
        if (proposed.value() == contact) {
          ++right;
        } else {
          ++wrong;
          const auto pair = set.world.ledger->Pair(key);
          std::cout << "  wrong: " << set.kinds[key] << " " << key.guid() << " "
                    << (*pair)->found_by << '\n';
        }
        continue;
      }
      if (record->has_value() && (*record)->link == LinkState::kReview) ++review;
      if (contact > 0) ++missed[set.kinds[key]];
    }
    const double precision = static_cast<double>(right) / (right + wrong);
    const double recall = static_cast<double>(right) / with_contact;
    std::cout << "seed " << seed << ": " << kClients << " clients, " << with_contact
              << " with a contact; automatic " << right + wrong << ", wrong " << wrong
              << ", review " << review << "; precision " << precision << ", recall "
              << recall << '\n';
    for (const auto& [kind, count] : missed) {
      std::cout << "  left to a person or new: " << kind << " " << count << '\n';
    }
    EXPECT_GE(precision, kPrecision);
    EXPECT_GE(recall, kRecall);
  }
}

}  // namespace
}  // namespace guestbridge::agent
