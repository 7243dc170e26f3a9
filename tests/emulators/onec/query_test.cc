#include "tests/emulators/onec/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/sample_data.h"
#include "tests/emulators/onec/seeded_guests.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr char kNow[] = "2024-05-01T00:00:00";

DateTime Time(const char* text) { return *DateTime::Parse(text, false); }

// A generated base that people have worked in: rows of every kind of storage.
class Worked {
 public:
  explicit Worked(std::uint64_t seed) : bits_(seed), base_(0, "i") {
    base_.clock().Stop(Time(kNow));
    GenerateClients(base_, 60, seed);
    for (int i = 0; i < 120; ++i) Act();
  }

  InfoBase& base() { return base_; }
  const EntityDef& Set(const char* name) { return *base_.store().FindSet(name); }
  std::size_t Below(std::size_t n) { return bits_() % n; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

  // Of a row that exists.
  std::string AnyKey() {
    const Table& table = base_.store().table(kClients);
    for (std::size_t place = Below(table.places());; ++place) {
      const RecordPtr row = table.At(place % table.places());
      if (row) return KeyText(Set(kClients), *row);
    }
  }
  std::string AnyCode() {
    static constexpr const char* kCodes[] = {"ab", "AB", "_1", "Ёж", "еж", "zz", ""};
    if (OneIn(2)) return kCodes[Below(std::size(kCodes))];
    return "0000000" + std::to_string(10 + Below(70));
  }
  std::string AnyTime() {
    if (OneIn(8)) return "0001-01-01T00:00:00";
    return DateTime{Time(kNow).seconds -
                    static_cast<std::int64_t>(Below(6) * 31'000'000)}
        .Text();
  }

 private:
  // One act of the desk, of an import or of an integration.
  void Act() {
    Store& store = base_.store();
    const EntityDef& clients = Set(kClients);
    Settings settings;
    settings.history_before_values = OneIn(2);
    const WriteContext context{store, settings, Time(kNow), base_.desk_user()};
    json body = {{"B24ContactID", std::to_string(Below(3))}};
    if (OneIn(2)) body["CreateDate"] = AnyTime();
    if (OneIn(2)) body["Code"] = AnyCode();
    if (OneIn(2)) body["LastName"] = OneIn(2) ? "Ким" : "КИМ";
    if (OneIn(3)) body["IsFolder"] = OneIn(4);
    if (OneIn(5)) {
      store.table(kClients).Remove(AnyKey());
    } else if (OneIn(3)) {
      ASSERT_TRUE(Import(store, body).ok());
    } else if (OneIn(6)) {
      const std::string key = AnyKey();
      const RecordPtr row = store.Get(clients, key);
      store.table(kClients).Remove(key);
      store.table(kClients).Put(clients, row);
    } else {
      ASSERT_TRUE(Update(context, clients, AnyKey(), body, BodyRule::kPatch, "").ok());
    }
  }

  std::mt19937_64 bits_;
  InfoBase base_;
};

std::string AnyOperator(Worked& base, bool order) {
  static constexpr const char* kOperators[] = {"eq", "ne", "gt", "ge", "lt", "le"};
  return kOperators[base.Below(order ? 6 : 2)];
}

std::string AnyComparison(Worked& base, bool history) {
  std::string left;
  std::string right;
  bool order = true;
  switch (base.Below(history ? 2 : 7)) {
    case 0:
      left = history ? "Period" : "CreateDate";
      right = "datetime'" + base.AnyTime() + "'";
      break;
    case 1:
      left = history ? "Client_Key" : "Ref_Key";
      right = "guid'" + base.AnyKey() + "'";
      order = false;
      break;
    case 2:
      left = "B24ContactID";
      right = base.OneIn(4) ? "0.5" : std::to_string(base.Below(3));
      break;
    case 3:
      left = "IsFolder";
      right = "false";
      order = false;
      break;
    case 4:
      left = "LastName";
      right = "'ким'";
      break;
    default:
      left = "Code";
      right = "'" + base.AnyCode() + "'";
  }
  if (base.OneIn(5)) std::swap(left, right);
  return left + " " + AnyOperator(base, order) + " " + right;
}

std::string AnyFilter(Worked& base, bool history) {
  std::string filter = AnyComparison(base, history);
  for (int i = 0; i < 3 && !base.OneIn(3); ++i) {
    const std::string more = AnyComparison(base, history);
    if (base.OneIn(4)) {
      filter = "not (" + filter + ") or (" + more + ")";
    } else {
      filter = "(" + filter + ")" + (base.OneIn(3) ? " or " : " and ") + more;
    }
  }
  return filter;
}

QueryOptions AnyQuery(Worked& base, bool history) {
  QueryOptions options;
  if (!base.OneIn(4)) options.filter = AnyFilter(base, history);
  const std::vector<std::string> orders =
      history ? std::vector<std::string>{"Period", "Client_Key", "Code"}
              : std::vector<std::string>{"Code", "CreateDate", "B24ContactID",
                                         "LastName", "Ref_Key"};
  for (int i = 0; i < 2 && !base.OneIn(3); ++i) {
    options.orderby.push_back({{orders[base.Below(orders.size())]}, base.OneIn(2)});
  }
  if (!base.OneIn(4)) options.top = static_cast<std::int64_t>(base.Below(12));
  if (base.OneIn(4)) options.skip = static_cast<std::int64_t>(base.Below(12));
  options.inline_count = base.OneIn(6);
  options.allowed_only = base.OneIn(2);
  return options;
}

std::string Described(const QueryOptions& options) {
  std::string text = options.filter.value_or("(no filter)");
  for (const OrderItem& item : options.orderby) {
    text += " | " + item.path[0] + (item.descending ? " desc" : "");
  }
  if (options.top) text += " | top " + std::to_string(*options.top);
  return text + " | skip " + std::to_string(options.skip);
}

std::vector<std::string> Keys(const EntityDef& def, const Selection& selection) {
  std::vector<std::string> keys;
  for (const RecordPtr& row : selection.rows) keys.push_back(KeyText(def, *row));
  return keys;
}

TEST(Query, IndexesNeverChangeAnAnswer) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    Worked base(seed);
    for (int i = 0; i < 400; ++i) {
      const bool history = base.OneIn(3);
      const EntityDef& def = base.Set(history ? kHistory : kClients);
      Settings settings;
      settings.case_sensitive_collation = base.OneIn(4);
      settings.unstable_order = base.OneIn(6);
      settings.inlinecount_ignores_paging = base.OneIn(2);
      if (base.OneIn(4)) settings.rls_hidden.insert(base.AnyKey());
      const QueryOptions options = AnyQuery(base, history);
      SCOPED_TRACE("seed " + std::to_string(seed) + ": " + Described(options));
      const Store& store = base.base().store();
      const auto plain = RunQueryPlainly(store, settings, def, options, 7);
      const auto indexed = RunQuery(store, settings, def, options, 7);
      ASSERT_EQ(plain.ok(), indexed.ok());
      if (!plain.ok()) {
        EXPECT_EQ(plain.fault().code, indexed.fault().code);
        continue;
      }
      ASSERT_EQ(Keys(def, *plain), Keys(def, *indexed));
      EXPECT_EQ(plain->skipped, indexed->skipped);
      if (options.inline_count) {
        EXPECT_EQ(plain->total, indexed->total);
      }
      const auto count = CountRows(store, settings, def, options);
      ASSERT_TRUE(count.ok());
      EXPECT_EQ(plain->total, *count);
    }
  }
}

// Tells how many values were looked at.
class Counting : public RowSource {
 public:
  explicit Counting(std::shared_ptr<const RowSource> rows) : rows_(std::move(rows)) {}
  std::size_t size() const override { return rows_->size(); }
  Value Cell(std::size_t row, int property) const override {
    ++looks_;
    return rows_->Cell(row, property);
  }
  std::optional<std::size_t> Find(std::string_view key_text) const override {
    return rows_->Find(key_text);
  }
  std::size_t Looks() const { return std::exchange(looks_, 0); }

 private:
  std::shared_ptr<const RowSource> rows_;
  mutable std::size_t looks_ = 0;
};

class ManyGuests : public ::testing::Test {
 protected:
  static constexpr std::size_t kCount = 20'000;

  ManyGuests() : base_(0, "i") {
    Store& store = base_.store();
    seeded_ = std::make_shared<SeededClients>(*store.FindSet(kClients), kCount, 7,
                                              Time(kNow));
    clients_ = std::make_shared<Counting>(seeded_);
    history_ = std::make_shared<Counting>(std::make_shared<SeededHistory>(
        *store.FindSet(kHistory), seeded_, base_.desk_user()));
    store.table(kClients).Attach(*store.FindSet(kClients), clients_);
    store.table(kHistory).Attach(*store.FindSet(kHistory), history_);
    clients_->Looks();
    history_->Looks();
  }

  // Values looked at for a page of 100.
  std::size_t Cost(const char* set, const std::string& filter, const char* order,
                   bool descending = false) {
    QueryOptions options;
    if (!filter.empty()) options.filter = filter;
    if (*order) options.orderby = {{{order}, descending}};
    options.top = 100;
    const auto found =
        RunQuery(base_.store(), Settings(), *base_.store().FindSet(set), options, 1);
    EXPECT_TRUE(found.ok() && !found->rows.empty()) << filter;
    return clients_->Looks() + history_->Looks();
  }

  InfoBase base_;
  std::shared_ptr<SeededClients> seeded_;
  std::shared_ptr<Counting> clients_;
  std::shared_ptr<Counting> history_;
};

TEST_F(ManyGuests, PagesOfAnIntegrationLookAtFewRows) {
  constexpr std::size_t kFew = 2000;
  EXPECT_LT(Cost(kClients, "IsFolder eq false and Code ge '000010000'", "Code"), kFew);
  EXPECT_LT(
      Cost(kClients, "IsFolder eq false and B24ContactID eq 0 and Code ge '000010000'",
           "Code"),
      kFew);
  EXPECT_LT(Cost(kClients,
                 "IsFolder eq false and CreateDate ge datetime'2022-01-01T00:00:00'",
                 "CreateDate"),
            kFew);
  EXPECT_LT(Cost(kClients, "", "CreateDate", /*descending=*/true), kFew);
  EXPECT_LT(Cost(kClients, "", ""), kFew);
  EXPECT_LT(Cost(kHistory, "Period ge datetime'2022-01-01T00:00:00'", "Period"), kFew);
  EXPECT_LT(Cost(kHistory, "", "Period", /*descending=*/true), kFew);
  std::string keys;
  for (std::size_t row = 0; row < 20; ++row) {
    keys +=
        (row ? " or " : "") + ("Ref_Key eq guid'" + seeded_->KeyOf(row).Text()) + "'";
  }
  EXPECT_LT(Cost(kClients, keys, ""), kFew);
  EXPECT_GT(Cost(kClients, "LastName eq 'nobody' or Code ge '000019999'", "Code"),
            kCount);  // as no index can help
}

TEST_F(ManyGuests, CountOfEverythingLooksAtNothing) {
  const Store& store = base_.store();
  const auto count = CountRows(store, Settings(), *store.FindSet(kHistory), {});
  EXPECT_EQ(*count, kCount * SeededHistory::kVersions);
  EXPECT_EQ(history_->Looks(), 0u);
}

class SeededBase : public ::testing::Test {
 protected:
  SeededBase() : base_(0, "i"), clients_(*base_.store().FindSet(kClients)) {
    base_.clock().Stop(Time(kNow));
    GenerateClients(base_, 50, 3);
  }

  std::string Text(const RecordPtr& row, const char* id) {
    return PlainText(Field(clients_, *row, clients_.FindId(id)));
  }
  RecordPtr Row(std::size_t place) { return base_.store().table(kClients).At(place); }
  RecordPtr Write(const std::string& key, const json& body, const Settings& settings) {
    const WriteContext context{base_.store(), settings, Time(kNow), base_.desk_user()};
    return *Update(context, clients_, key, body, BodyRule::kPatch, "");
  }

  InfoBase base_;
  const EntityDef& clients_;
};

TEST_F(SeededBase, EveryRowIsFoundByItsKey) {
  for (const char* set : {kClients, kHistory}) {
    const EntityDef& def = *base_.store().FindSet(set);
    const Table& table = base_.store().table(set);
    for (std::size_t place = 0; place < table.places(); ++place) {
      EXPECT_EQ(table.Find(KeyText(def, *table.At(place))), place) << set;
    }
    EXPECT_EQ(table.Find("f0000000-0000-4000-8000-000000000000"), table.places());
  }
}

TEST_F(SeededBase, AnEditChangesOnlyWhatItNames) {
  const RecordPtr before = Row(7);
  const std::string key = KeyText(clients_, *before);
  const RecordPtr after = Write(key, {{"City", "Омск"}, {"Phone", "1"}}, {});
  EXPECT_EQ(Text(after, "City"), "Омск");
  EXPECT_EQ(Text(after, "Code"), Text(before, "Code"));
  EXPECT_EQ(Text(after, "LastName"), Text(before, "LastName"));
  EXPECT_NE(Text(after, "DataVersion"), Text(before, "DataVersion"));
  EXPECT_EQ(Text(base_.store().Get(clients_, key), "City"), "Омск");
}

TEST_F(SeededBase, HistoryShowsTheClientAsItWas) {
  const EntityDef& history = *base_.store().FindSet(kHistory);
  const std::string key = KeyText(clients_, *Row(7));
  const std::string old_city = Text(Row(7), "City");
  Settings settings;
  Write(key, {{"City", "Омск"}}, settings);
  const Table& table = base_.store().table(kHistory);
  const auto city = [&](std::size_t place) {
    return PlainText(Field(history, *table.At(place), history.FindId("City")));
  };
  EXPECT_EQ(city(table.places() - 1), "Омск");
  EXPECT_EQ(city(7 * SeededHistory::kVersions), old_city);
}

TEST_F(SeededBase, ARemovedGuestIsGoneAndMayComeBack) {
  Table& table = base_.store().table(kClients);
  const RecordPtr row = Row(7);
  const std::string key = KeyText(clients_, *row);
  table.Remove(key);
  EXPECT_EQ(table.Get(key), nullptr);
  EXPECT_EQ(table.size(), 49u);
  table.Remove(key);
  EXPECT_EQ(table.size(), 49u);
  table.Put(clients_, row);
  EXPECT_EQ(table.size(), 50u);
  EXPECT_EQ(Text(table.Get(key), "Code"), Text(row, "Code"));
}

TEST_F(SeededBase, ABackupBringsEditsAndIndexesBack) {
  Store& store = base_.store();
  const std::string key = KeyText(clients_, *Row(7));
  const Store::Backup backup = store.MakeBackup();
  Write(key, {{"Code", "zz"}}, {});
  store.table(kClients).Remove(KeyText(clients_, *Row(8)));
  store.Restore(backup);
  QueryOptions options;
  options.filter = "Code ge '000000007'";
  options.orderby = {{{"Code"}, false}};
  options.top = 3;
  const auto found = RunQuery(store, Settings(), clients_, options, 1);
  std::vector<std::string> codes;
  for (const RecordPtr& row : found->rows) codes.push_back(Text(row, "Code"));
  EXPECT_THAT(codes, ElementsAre("000000007   ", "000000008   ", "000000009   "));
}

}  // namespace
}  // namespace guestbridge::testing::onec
