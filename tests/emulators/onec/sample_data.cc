#include "tests/emulators/onec/sample_data.h"

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

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

class Generator {
 public:
  Generator(InfoBase& base, std::uint64_t seed)
      : store_(base.store()),
        clients_(*store_.FindSet(kClients)),
        history_(*store_.FindSet(kHistory)),
        user_(base.desk_user()),
        now_(base.clock().Now()),
        bits_(seed) {}

  void Make(int number) {
    auto record = std::make_shared<Record>(MakeEmpty(clients_));
    values_ = &record->values;
    Set("Ref_Key", RandomGuid());
    char code[16];
    std::snprintf(code, sizeof code, "%09d   ", number);
    Set("Code", std::string(code));
    const int versions = 5;
    Set("DataVersion", DataVersionText(versions - 1));
    const std::int64_t span = 6LL * 365 * 86400;
    const std::int64_t created = now_.seconds - 86400 - Below(span);
    if (!OneIn(200)) Set("CreateDate", DateTime{created});
    if (OneIn(500)) {
      Set("IsFolder", true);
      Set("Description", std::string("Группа ") + std::to_string(number));
    } else {
      Person(number);
    }
    const RecordPtr stored = record;
    store_.table(kClients).Put(clients_, stored);
    for (int i = 0; i < versions; ++i) {
      auto row = std::make_shared<Record>();
      row->values = {DateTime{created + Below(now_.seconds - created)},
                     stored->values[0], user_, std::string("Phone")};
      row->snapshot = stored;
      store_.table(kHistory).Put(history_, std::move(row));
    }
  }

 private:
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(bits_() % static_cast<std::uint64_t>(n));
  }
  bool OneIn(std::int64_t n) { return Below(n) == 0; }

  void Set(const char* id, Value value) {
    (*values_)[static_cast<std::size_t>(clients_.FindId(id))] = std::move(value);
  }

  Guid RandomGuid() {
    Guid guid;
    for (auto& byte : guid.bytes) byte = static_cast<std::uint8_t>(bits_());
    guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0F) | 0x40);
    guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3F) | 0x80);
    return guid;
  }

  std::string Phone() {
    const int number = static_cast<int>(Below(10'000'000));
    char text[64];
    static constexpr const char* kForms[] = {
        "+7900%07d",           "8900%07d", "8 (900) %07d",         "7-900-%07d",
        "+7 900 %07d доб. 12", "900%07d",  "+7900%07d,89005550101"};
    if (OneIn(8)) return "";
    if (OneIn(50)) return "+7 (495) 555-01-02";  // an agency's, shared
    std::snprintf(text, sizeof text, kForms[bits_() % std::size(kForms)], number);
    return text;
  }

  void Person(int number) {
    const Name& name = kNames[bits_() % std::size(kNames)];
    const std::string last = name.last;
    const std::string first = name.first;
    Set("LastName", last);
    Set("FirstName", first);
    Set("SecondName", std::string(name.second));
    Set("Description", OneIn(100) ? std::string("Гость") : last + " " + first);
    Set("FullName", last + " " + first + (*name.second ? " " : "") + name.second);
    Set("Sex", std::string(name.male ? "Male" : "Female"));
    Set("Phone", Phone());
    if (!OneIn(3)) {
      Set("EMail", std::string(name.latin) + std::to_string(number) + "@example.org");
    }
    if (!OneIn(10)) {
      CivilTime born{static_cast<int>(1940 + Below(65)),
                     static_cast<int>(1 + Below(12)), static_cast<int>(1 + Below(28))};
      if (OneIn(500)) born.year = 200;
      Set("DateOfBirth", DateTime::FromCivil(born));
    }
    if (OneIn(4)) Set("City", std::string("Казань"));
    if (OneIn(20)) Set("NoSMSDelivery", true);
    if (OneIn(100)) Set("DeletionMark", true);
    if (OneIn(50))
      Set("Remarks", std::string("скидка 10% & «люкс» \"VIP\" #1\nвторая"));
    if (OneIn(300)) Set("Remarks", std::string("служебный\x0Bсимвол\x1F"));
    if (OneIn(40)) {
      Set("Photo_Type", std::string("image/jpeg"));
      Set("Photo_Base64Data", Base64Encode(std::string(1500, 'p')));
    }
  }

  Store& store_;
  const EntityDef& clients_;
  const EntityDef& history_;
  const Guid user_;
  const DateTime now_;
  std::mt19937_64 bits_;
  std::vector<Value>* values_ = nullptr;
};

}  // namespace

std::string LoadClients(InfoBase& base, const std::string& path) {
  std::ifstream file(path);
  if (!file) return "cannot read " + path;
  const std::unique_lock lock(base.store().mutex());
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const json row = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (row.is_discarded()) return path + ":" + std::to_string(number) + ": not JSON";
    auto stored = Import(base.store(), row);
    if (!stored.ok()) {
      return path + ":" + std::to_string(number) + ": " + stored.fault().text;
    }
  }
  return "";
}

void GenerateClients(InfoBase& base, int count, std::uint64_t seed) {
  const std::unique_lock lock(base.store().mutex());
  Generator generator(base, seed);
  for (int number = 1; number <= count; ++number) generator.Make(number);
}

}  // namespace guestbridge::testing::onec
