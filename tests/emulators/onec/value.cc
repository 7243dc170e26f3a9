#include "tests/emulators/onec/value.h"

#include <cctype>
#include <cmath>
#include <cstdio>

namespace guestbridge::testing::onec {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Days since 0001-01-01.
std::int64_t DaysFromCivil(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 306;
}

int DaysInMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

void AppendUtf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string Guid::Text() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[bytes[i] >> 4];
    out += kHex[bytes[i] & 15];
  }
  return out;
}

std::optional<Guid> Guid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Guid guid;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash_place) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexDigit(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = guid.bytes[digit / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++digit;
  }
  return guid;
}

CivilTime DateTime::Civil() const {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const std::int64_t z = days + 306;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  civil.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  civil.year = static_cast<int>(yoe + era * 400 + (civil.month <= 2));
  civil.hour = static_cast<int>(rest / 3600);
  civil.minute = static_cast<int>(rest / 60 % 60);
  civil.second = static_cast<int>(rest % 60);
  return civil;
}

DateTime DateTime::FromCivil(const CivilTime& c) {
  return DateTime{DaysFromCivil(c.year, c.month, c.day) * 86400 + c.hour * 3600 +
                  c.minute * 60 + c.second};
}

std::string DateTime::Text() const {
  const CivilTime c = Civil();
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month,
                c.day, c.hour, c.minute, c.second);
  return text;
}

std::optional<DateTime> DateTime::Parse(std::string_view text, bool fractions) {
  static constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  std::string_view rest = text.substr(kForm.size());
  if (!rest.empty()) {
    if (!fractions || rest[0] != '.' || rest.size() < 2) return std::nullopt;
    for (char c : rest.substr(1)) {
      if (!std::isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    }
  }
  const auto number = [&](std::size_t from, std::size_t n) {
    int value = 0;
    for (std::size_t i = from; i < from + n; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const CivilTime c{number(0, 4),  number(5, 2),  number(8, 2),
                    number(11, 2), number(14, 2), number(17, 2)};
  if (c.year < 1 || c.month < 1 || c.month > 12 || c.day < 1 ||
      c.day > DaysInMonth(c.year, c.month) || c.hour > 23 || c.minute > 59 ||
      c.second > 59) {
    return std::nullopt;
  }
  return FromCivil(c);
}

Value EmptyValue(Type type) {
  switch (type) {
    case Type::kBool:
      return false;
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64:
      return std::int64_t{0};
    case Type::kDouble:
      return 0.0;
    case Type::kString:
      return std::string();
    case Type::kGuid:
      return Guid{};
    case Type::kDateTime:
      return DateTime{};
  }
  return false;
}

std::string EdmName(Type type) {
  switch (type) {
    case Type::kBool:
      return "Edm.Boolean";
    case Type::kInt16:
      return "Edm.Int16";
    case Type::kInt32:
      return "Edm.Int32";
    case Type::kInt64:
      return "Edm.Int64";
    case Type::kDouble:
      return "Edm.Double";
    case Type::kString:
      return "Edm.String";
    case Type::kGuid:
      return "Edm.Guid";
    case Type::kDateTime:
      return "Edm.DateTime";
  }
  return "";
}

std::string DoubleText(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

std::string PlainText(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&value)) return DoubleText(*d);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  if (const auto* g = std::get_if<Guid>(&value)) return g->Text();
  return std::get<DateTime>(value).Text();
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      block <<= 8;
      if (i + j < bytes.size()) block |= static_cast<unsigned char>(bytes[i + j]);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const bool pad = i + j > bytes.size();
      out += pad ? '=' : kBase64[block >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    if (c == '=' || c == '\r' || c == '\n') continue;
    const auto at = kBase64.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(at);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xFF);
    }
  }
  return out;
}

std::string DataVersionText(std::uint64_t counter) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(counter >> (56 - 8 * i) & 0xFF);
  }
  return Base64Encode(bytes);
}

std::uint64_t DataVersionCounter(std::string_view text) {
  const auto bytes = Base64Decode(text);
  std::uint64_t counter = 0;
  if (bytes) {
    for (char c : *bytes) counter = counter << 8 | static_cast<unsigned char>(c);
  }
  return counter;
}

std::vector<char32_t> CodePoints(std::string_view utf8) {
  std::vector<char32_t> points;
  points.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80             ? 1
                             : (lead & 0xE0) == 0xC0 ? 2
                             : (lead & 0xF0) == 0xE0 ? 3
                             : (lead & 0xF8) == 0xF0 ? 4
                                                     : 0;
    if (size == 0 || i + size > utf8.size()) {
      points.push_back(0xFFFD);
      ++i;
      continue;
    }
    char32_t point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    bool good = true;
    for (std::size_t j = 1; j < size; ++j) {
      const auto next = static_cast<unsigned char>(utf8[i + j]);
      good = good && (next & 0xC0) == 0x80;
      point = point << 6 | (next & 0x3F);
    }
    points.push_back(good ? point : 0xFFFD);
    i += good ? size : 1;
  }
  return points;
}

std::string Utf8(const std::vector<char32_t>& points) {
  std::string out;
  for (char32_t c : points) AppendUtf8(c, out);
  return out;
}

int LengthInUnits(std::string_view utf8) {
  int units = 0;
  for (char32_t c : CodePoints(utf8)) units += c >= 0x10000 ? 2 : 1;
  return units;
}

std::string CutToLength(std::string_view utf8, int length) {
  if (utf8.size() <= static_cast<std::size_t>(length)) return std::string(utf8);
  std::string out;
  int units = 0;
  for (char32_t c : CodePoints(utf8)) {
    units += c >= 0x10000 ? 2 : 1;
    if (units > length) break;
    AppendUtf8(c, out);
  }
  return out;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace guestbridge::testing::onec
