#include "tests/emulators/onec/ordered_index.h"

#include <algorithm>
#include <numeric>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/table.h"

namespace guestbridge::testing::onec {
namespace {

constexpr std::size_t kMostInChunk = 1024;

// Sorting by a time needs no look at the table for each comparison.
std::vector<OrderedIndex::Place> SortedByTime(const Table& table, std::size_t count,
                                              int property) {
  std::vector<std::pair<std::int64_t, OrderedIndex::Place>> keyed(count);
  for (std::size_t i = 0; i < count; ++i) {
    keyed[i] = {std::get<DateTime>(table.Cell(i, property)).seconds,
                static_cast<OrderedIndex::Place>(i)};
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<OrderedIndex::Place> places(count);
  for (std::size_t i = 0; i < count; ++i) places[i] = keyed[i].second;
  return places;
}

}  // namespace

bool OrderedIndex::Before(const Table& table, Place a, Place b) const {
  for (const int property : properties_) {
    const int order = CompareValues(table.Cell(a, property), table.Cell(b, property),
                                    /*fold_case=*/true);
    if (order != 0) return order < 0;
  }
  return a < b;
}

int OrderedIndex::CompareToKey(const Table& table, Place place,
                               const std::vector<Value>& key) const {
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int order =
        CompareValues(table.Cell(place, properties_[i]), key[i], /*fold_case=*/true);
    if (order != 0) return order;
  }
  return 0;
}

template <typename Predicate>
OrderedIndex::Position OrderedIndex::Partition(const Predicate& stands_before) const {
  const auto chunk = std::partition_point(
      chunks_.begin(), chunks_.end(),
      [&](const std::vector<Place>& c) { return stands_before(c.back()); });
  if (chunk == chunks_.end()) return end();
  const auto at = std::partition_point(chunk->begin(), chunk->end(), stands_before);
  return {static_cast<std::size_t>(chunk - chunks_.begin()),
          static_cast<std::size_t>(at - chunk->begin())};
}

void OrderedIndex::Build(const Table& table, std::size_t count) {
  if (count == 0) return;
  std::vector<Place> places;
  const bool by_time = properties_.size() == 1 &&
                       std::holds_alternative<DateTime>(table.Cell(0, properties_[0]));
  if (by_time) {
    places = SortedByTime(table, count, properties_[0]);
  } else {
    places.resize(count);
    std::iota(places.begin(), places.end(), Place{0});
    const auto before = [&](Place a, Place b) { return Before(table, a, b); };
    // Codes are usually given in the order of storage.
    if (!std::is_sorted(places.begin(), places.end(), before)) {
      std::sort(places.begin(), places.end(), before);
    }
  }
  // Half full: rows are added everywhere.
  constexpr std::size_t kPiece = kMostInChunk / 2;
  for (std::size_t i = 0; i < count; i += kPiece) {
    const auto first = places.begin() + static_cast<std::ptrdiff_t>(i);
    const auto size = static_cast<std::ptrdiff_t>(std::min(kPiece, count - i));
    chunks_.emplace_back(first, first + size);
  }
}

void OrderedIndex::Insert(const Table& table, Place place) {
  const auto before = [&](Place other) { return Before(table, other, place); };
  const Position position = Partition(before);
  if (position == end()) {
    if (chunks_.empty() || chunks_.back().size() >= kMostInChunk) {
      chunks_.push_back({place});
    } else {
      chunks_.back().push_back(place);
    }
    return;
  }
  std::vector<Place>& chunk = chunks_[position.chunk];
  chunk.insert(chunk.begin() + static_cast<std::ptrdiff_t>(position.at), place);
  if (chunk.size() <= kMostInChunk) return;
  const auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
  std::vector<Place> second(middle, chunk.end());
  chunk.erase(middle, chunk.end());
  chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(position.chunk) + 1,
                 std::move(second));
}

void OrderedIndex::Erase(const Table& table, Place place) {
  const auto before = [&](Place other) { return Before(table, other, place); };
  const Position position = Partition(before);
  std::vector<Place>& chunk = chunks_[position.chunk];
  chunk.erase(chunk.begin() + static_cast<std::ptrdiff_t>(position.at));
  if (chunk.empty()) {
    chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(position.chunk));
  }
}

OrderedIndex::Position OrderedIndex::Bound(const Table& table,
                                           const std::vector<Value>& key,
                                           bool behind) const {
  return Partition([&](Place place) {
    const int order = CompareToKey(table, place, key);
    return behind ? order <= 0 : order < 0;
  });
}

void OrderedIndex::Walk(const Table& table, Position from, Position to, bool descending,
                        const std::function<bool(Place)>& visit) const {
  const auto ascend = [&](Position at, Position stop) {
    while (at < stop) {
      if (!visit(chunks_[at.chunk][at.at])) return false;
      if (++at.at == chunks_[at.chunk].size()) at = {at.chunk + 1, 0};
    }
    return true;
  };
  if (!descending) {
    ascend(from, to);
    return;
  }
  while (from < to) {
    const Position last =
        to.at > 0 ? Position{to.chunk, to.at - 1}
                  : Position{to.chunk - 1, chunks_[to.chunk - 1].size() - 1};
    std::vector<Value> key;
    for (const int property : properties_) {
      key.push_back(table.Cell(chunks_[last.chunk][last.at], property));
    }
    const Position group = std::max(from, Bound(table, key, /*behind=*/false));
    if (!ascend(group, to)) return;
    to = group;
  }
}

}  // namespace guestbridge::testing::onec
