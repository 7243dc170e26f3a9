// Values of 1C attributes and their texts on the OData wire.
//
// 1C has empty values, not nulls: 0001-01-01T00:00:00, the zero guid, 0, "" and false
// (fact sheet 8.1, 8.2). A DateTime has no zone and no fractions.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_VALUE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_VALUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace guestbridge::testing::onec {

struct Guid {
  std::array<std::uint8_t, 16> bytes{};

  bool IsEmpty() const { return *this == Guid{}; }
  std::string Text() const;  // lower case, with dashes
  // Takes 8-4-4-4-12 hexadecimal digits in either case.
  static std::optional<Guid> Parse(std::string_view text);
  bool operator==(const Guid&) const = default;
  auto operator<=>(const Guid&) const = default;
};

struct GuidHash {
  std::size_t operator()(const Guid& guid) const {
    return std::hash<std::string_view>()(std::string_view(
        reinterpret_cast<const char*>(guid.bytes.data()), guid.bytes.size()));
  }
};

struct CivilTime {
  int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

// Seconds since 0001-01-01T00:00:00, which is the empty date.
struct DateTime {
  std::int64_t seconds = 0;

  std::string Text() const;  // yyyy-mm-ddThh:mm:ss
  CivilTime Civil() const;
  static DateTime FromCivil(const CivilTime& civil);
  // Takes yyyy-mm-ddThh:mm:ss; with `fractions` also .fff, which are dropped.
  static std::optional<DateTime> Parse(std::string_view text, bool fractions);
  bool operator==(const DateTime&) const = default;
  auto operator<=>(const DateTime&) const = default;
};

// Seconds from 0001-01-01 to 1970-01-01 in the proleptic Gregorian calendar.
inline constexpr std::int64_t kUnixEpochSeconds = 62135596800;

using Value = std::variant<bool, std::int64_t, double, std::string, Guid, DateTime>;

enum class Type { kBool, kInt16, kInt32, kInt64, kDouble, kString, kGuid, kDateTime };

Value EmptyValue(Type type);
std::string EdmName(Type type);
// Text as it stands in Atom, in keys of links, and in presentations.
std::string PlainText(const Value& value);
std::string DoubleText(double value);

std::string Base64Encode(std::string_view bytes);
std::optional<std::string> Base64Decode(std::string_view text);
// DataVersion: a big-endian 8-byte counter in base64 (fact sheet 1.6).
std::string DataVersionText(std::uint64_t counter);
std::uint64_t DataVersionCounter(std::string_view text);

// Code points of UTF-8; broken bytes become U+FFFD.
std::vector<char32_t> CodePoints(std::string_view utf8);
std::string Utf8(const std::vector<char32_t>& points);
// Cuts to `length` UTF-16 units, as 1C stores strings, never inside a character.
std::string CutToLength(std::string_view utf8, int length);
int LengthInUnits(std::string_view utf8);

std::string PercentDecode(std::string_view text);  // '+' stays a plus

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_VALUE_H_
