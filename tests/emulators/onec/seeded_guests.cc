#include "tests/emulators/onec/seeded_guests.h"

#include <cstdio>
#include <iterator>
#include <utility>

namespace guestbridge::testing::onec {
namespace {

struct Name {
  const char* last;
  const char* first;
  const char* second;
  const char* latin;
  bool male;
};

constexpr Name kNames[] = {
    {"Беляев", "Артём", "Олегович", "belyaev", true},
    {"Гончарова", "Вера", "Павловна", "goncharova", false},
    {"Ёлкин", "Пётр", "Ильич", "elkin", true},
    {"Журавлёва", "Анна", "Сергеевна", "zhuravleva", false},
    {"O'Neil", "Sean", "", "oneil", true},
    {"Müller", "Jürgen", "", "mueller", true},
    {"Соловьёв-Седой", "Глеб", "Андреевич", "solovyov", true},
    {"Ким", "Ирина", "", "kim", false},
    {"ivanova", "OLGA", "petrovna", "ivanova", false},
    {"Тихонов", "Матвей", "Егорович", "tikhonov", true},
    {"Хасанова", "Гульнара", "Ринатовна", "khasanova", false},
    {"de la Cruz", "María", "", "cruz", false},
};

std::uint64_t Hashed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// A permutation of 32-bit numbers and its inverse: a key gives its row back.
std::uint32_t Scramble(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352Du;
  x = (x ^ (x >> 15)) * 0x846CA68Bu;
  return x ^ (x >> 16);
}

std::uint32_t Unscramble(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x43021123u;
  x = (x ^ (x >> 15) ^ (x >> 30)) * 0x1D69E2A5u;
  return x ^ (x >> 16);
}

std::string PhoneText(std::uint64_t draw) {
  static constexpr const char* kForms[] = {
      "+7900%07d",           "8900%07d", "8 (900) %07d",         "7-900-%07d",
      "+7 900 %07d доб. 12", "900%07d",  "+7900%07d,89005550101"};
  if (draw % 8 == 0) return "";
  draw /= 8;
  if (draw % 50 == 0) return "+7 (495) 555-01-02";  // an agency's, shared
  draw /= 50;
  char text[64];
  std::snprintf(text, sizeof text, kForms[draw % std::size(kForms)],
                static_cast<int>(draw / std::size(kForms) % 10'000'000));
  return text;
}

}  // namespace

enum class SeededClients::Role {
  kNone,
  kKey,
  kVersion,
  kCode,
  kCreated,
  kFolder,
  kDescription,
  kLastName,
  kFirstName,
  kSecondName,
  kFullName,
  kSex,
  kPhone,
  kEmail,
  kBorn,
  kCity,
  kNoMailing,
  kDeleted,
  kRemarks,
  kPhotoType,
  kPhoto,
  kName,  // which of kNames
  kControl,
};

SeededClients::SeededClients(const EntityDef& clients, std::size_t count,
                             std::uint64_t seed, DateTime now)
    : count_(count), seed_(seed), now_(now) {
  static constexpr std::pair<const char*, Role> kRoles[] = {
      {"Ref_Key", Role::kKey},
      {"DataVersion", Role::kVersion},
      {"Code", Role::kCode},
      {"CreateDate", Role::kCreated},
      {"IsFolder", Role::kFolder},
      {"Description", Role::kDescription},
      {"LastName", Role::kLastName},
      {"FirstName", Role::kFirstName},
      {"SecondName", Role::kSecondName},
      {"FullName", Role::kFullName},
      {"Sex", Role::kSex},
      {"Phone", Role::kPhone},
      {"EMail", Role::kEmail},
      {"DateOfBirth", Role::kBorn},
      {"City", Role::kCity},
      {"NoSMSDelivery", Role::kNoMailing},
      {"DeletionMark", Role::kDeleted},
      {"Remarks", Role::kRemarks},
      {"Photo_Type", Role::kPhotoType},
      {"Photo_Base64Data", Role::kPhoto},
  };
  for (const Property& p : clients.properties) {
    types_.push_back(p.type);
    roles_.push_back(Role::kNone);
    for (const auto& [id, role] : kRoles) {
      if (p.id == id) roles_.back() = role;
    }
  }
}

std::uint64_t SeededClients::Draw(std::size_t row, std::uint64_t what) const {
  return Hashed(Hashed(seed_ ^ what << 48) ^ row);
}

bool SeededClients::OneIn(std::uint64_t n, std::size_t row, Role role) const {
  return Draw(row, static_cast<std::uint64_t>(role)) % n == 0;
}

Guid SeededClients::KeyOf(std::size_t row) const {
  const auto number =
      static_cast<std::uint32_t>(row) ^ static_cast<std::uint32_t>(Hashed(seed_));
  const std::uint32_t head = Scramble(number);
  const std::uint64_t draws[] = {Draw(row, static_cast<std::uint64_t>(Role::kKey)),
                                 Draw(row, 0)};
  Guid guid;
  for (std::size_t i = 0; i < guid.bytes.size(); ++i) {
    guid.bytes[i] = static_cast<std::uint8_t>(i < 4 ? head >> (24 - 8 * i)
                                                    : draws[i / 8] >> (8 * (i % 8)));
  }
  guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0F) | 0x40);
  guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3F) | 0x80);
  return guid;
}

std::optional<std::size_t> SeededClients::Find(std::string_view key_text) const {
  const auto guid = Guid::Parse(key_text);
  if (!guid) return std::nullopt;
  std::uint32_t head = 0;
  for (std::size_t i = 0; i < 4; ++i) head = head << 8 | guid->bytes[i];
  const std::size_t row = Unscramble(head) ^ static_cast<std::uint32_t>(Hashed(seed_));
  if (row >= count_ || KeyOf(row) != *guid) return std::nullopt;
  return row;
}

DateTime SeededClients::CreatedAt(std::size_t row) const {
  constexpr std::uint64_t kSpan = 6ULL * 365 * 86400;
  const std::uint64_t ago =
      Draw(row, static_cast<std::uint64_t>(Role::kCreated)) / 200 % kSpan;
  return DateTime{now_.seconds - 86400 - static_cast<std::int64_t>(ago)};
}

Value SeededClients::Cell(std::size_t row, int property) const {
  const Role role = roles_[static_cast<std::size_t>(property)];
  const bool folder = OneIn(500, row, Role::kFolder);
  switch (role) {
    case Role::kNone:
      break;
    case Role::kKey:
      return KeyOf(row);
    case Role::kVersion:
      return DataVersionText(SeededHistory::kVersions - 1);
    case Role::kCode: {
      char code[32];
      std::snprintf(code, sizeof code, "%09zu   ", row + 1);
      return std::string(code);
    }
    case Role::kCreated:
      if (!OneIn(200, row, role)) return CreatedAt(row);
      break;
    case Role::kFolder:
      return folder;
    case Role::kDescription:
      if (folder) return "Группа " + std::to_string(row + 1);
      return Person(row, role);
    default:
      if (!folder) return Person(row, role);
  }
  return EmptyValue(types_[static_cast<std::size_t>(property)]);
}

Value SeededClients::Person(std::size_t row, Role role) const {
  const auto draw = [&](Role what) {
    return Draw(row, static_cast<std::uint64_t>(what));
  };
  const Name& name = kNames[draw(Role::kName) % std::size(kNames)];
  const std::string short_name = std::string(name.last) + " " + name.first;
  switch (role) {
    case Role::kDescription:
      return OneIn(100, row, role) ? "Гость" : short_name;
    case Role::kLastName:
      return std::string(name.last);
    case Role::kFirstName:
      return std::string(name.first);
    case Role::kSecondName:
      return std::string(name.second);
    case Role::kFullName:
      return short_name + (*name.second ? " " : "") + name.second;
    case Role::kSex:
      return std::string(name.male ? "Male" : "Female");
    case Role::kPhone:
      return PhoneText(draw(role));
    case Role::kEmail:
      if (OneIn(3, row, role)) return std::string();
      return name.latin + std::to_string(row + 1) + "@example.org";
    case Role::kBorn: {
      if (OneIn(10, row, role)) return DateTime{};
      const std::uint64_t days = draw(role) / 10;
      const bool absurd = days / 65 % 500 == 0;
      return DateTime::FromCivil({absurd ? 200 : static_cast<int>(1940 + days % 65),
                                  static_cast<int>(1 + days / 32'500 % 12),
                                  static_cast<int>(1 + days / 390'000 % 28)});
    }
    case Role::kCity:
      return std::string(OneIn(4, row, role) ? "Казань" : "");
    case Role::kNoMailing:
      return OneIn(20, row, role);
    case Role::kDeleted:
      return OneIn(100, row, role);
    case Role::kRemarks:
      if (OneIn(300, row, Role::kControl)) return "служебный\x0Bсимвол\x1F";
      if (!OneIn(50, row, role)) return std::string();
      return "скидка 10% & «люкс» \"VIP\" #1\nвторая";
    case Role::kPhotoType:
      return std::string(OneIn(40, row, Role::kPhoto) ? "image/jpeg" : "");
    default:  // kPhoto
      if (!OneIn(40, row, Role::kPhoto)) return std::string();
      return Base64Encode(std::string(1500, 'p'));
  }
}

SeededHistory::SeededHistory(const EntityDef& history,
                             std::shared_ptr<const SeededClients> clients, Guid user)
    : history_(history), clients_(std::move(clients)), user_(user) {}

DateTime SeededHistory::PeriodOf(std::size_t row) const {
  const std::size_t client = row / kVersions;
  const auto version = static_cast<std::int64_t>(row % kVersions);
  const std::int64_t created = clients_->CreatedAt(client).seconds;
  const std::int64_t part =
      (clients_->now().seconds - created) / std::int64_t{kVersions};
  // Whats of a client's own attributes are smaller.
  const std::uint64_t draw = clients_->Draw(client, 1000 + row % kVersions);
  return DateTime{created + version * part +
                  static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(part))};
}

Value SeededHistory::Cell(std::size_t row, int property) const {
  const std::size_t client = row / kVersions;
  if (property == 0) return PeriodOf(row);
  if (property == 1) return clients_->KeyOf(client);
  if (property == 2) return user_;
  if (property == 3) return std::string("Phone");
  const Property& p = history_.properties[static_cast<std::size_t>(property)];
  return p.from_client >= 0 ? clients_->Cell(client, p.from_client)
                            : EmptyValue(p.type);
}

std::optional<std::size_t> SeededHistory::Find(std::string_view key_text) const {
  const std::size_t at = key_text.find('\x1f');
  if (at == std::string_view::npos) return std::nullopt;
  const auto client = clients_->Find(key_text.substr(at + 1));
  const auto period = DateTime::Parse(key_text.substr(0, at), /*fractions=*/false);
  if (!client || !period) return std::nullopt;
  for (std::size_t version = 0; version < kVersions; ++version) {
    const std::size_t row = *client * kVersions + version;
    if (PeriodOf(row) == *period) return row;
  }
  return std::nullopt;
}

}  // namespace guestbridge::testing::onec
