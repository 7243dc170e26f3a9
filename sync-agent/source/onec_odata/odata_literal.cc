#include "sync-agent/source/onec_odata/odata_literal.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace guestbridge::agent {
namespace {

// `shape`: 'x' stands for a hexadecimal digit, 'd' for a decimal one.
bool HasShape(absl::string_view text, absl::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool fits = shape[i] == 'x'   ? absl::ascii_isxdigit(byte)
                      : shape[i] == 'd' ? absl::ascii_isdigit(byte)
                                        : text[i] == shape[i];
    if (!fits) return false;
  }
  return true;
}

bool IsInteger(absl::string_view text) {
  if (absl::StartsWith(text, "-")) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

std::string PercentEncode(absl::string_view text, absl::string_view kept) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || absl::StrContains(kept, c)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0xf]);
    }
  }
  return out;
}

}  // namespace

bool IsGuid(absl::string_view text) {
  return HasShape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

bool IsDateTime(absl::string_view text) {
  return text.size() == 19 && text[10] == 'T' &&
         HasShape(text.substr(0, 10), "dddd-dd-dd") &&
         HasShape(text.substr(11), "dd:dd:dd");
}

std::string GuidLiteral(absl::string_view guid) {
  return absl::StrCat("guid'", guid, "'");
}

std::string DateTimeLiteral(absl::string_view time) {
  return absl::StrCat("datetime'", time, "'");
}

std::string TextLiteral(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

std::string Literal(LiteralKind kind, absl::string_view value) {
  if (kind == LiteralKind::kNumber && IsInteger(value)) return std::string(value);
  if (kind == LiteralKind::kDateTime && IsDateTime(value)) {
    return DateTimeLiteral(value);
  }
  return TextLiteral(value);
}

std::string AndFilter(absl::string_view a, absl::string_view b) {
  if (a.empty()) return std::string(b);
  if (b.empty()) return std::string(a);
  return absl::StrCat(a, " and ", b);
}

std::string AnyGuidFilter(absl::string_view attribute,
                          const std::vector<std::string>& guids) {
  std::string filter;
  for (const std::string& guid : guids) {
    absl::StrAppend(&filter, filter.empty() ? "" : " or ", attribute, " eq ",
                    GuidLiteral(guid));
  }
  return filter;
}

std::string EncodeQueryValue(absl::string_view text) {
  return PercentEncode(text, "-._~'(),:$/*");
}

std::string EncodeSegment(absl::string_view text) {
  return PercentEncode(text, "-._~'(),:=");
}

}  // namespace guestbridge::agent
