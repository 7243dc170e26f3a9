#include "tests/emulators/onec/query_options.h"

#include <cstdlib>
#include <utility>

#include "tests/emulators/onec/odata_lexer.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {
namespace {

std::vector<std::string> Split(std::string_view text, char sign) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t at = text.find(sign, from);
    parts.emplace_back(text.substr(from, at - from));
    if (at == std::string_view::npos) return parts;
    from = at + 1;
  }
}

std::string Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

bool ReadCount(const std::string& text, std::int64_t& out) {
  if (text.empty() || text.size() > 9) return false;
  if (text.find_first_not_of("0123456789") != std::string::npos) return false;
  out = std::strtoll(text.c_str(), nullptr, 10);
  return true;
}

// Comma-separated paths; false when one is empty.
bool ReadPaths(const std::string& text, std::vector<NamePath>& out) {
  for (const std::string& item : Split(text, ',')) {
    const NamePath path = Split(Trimmed(item), '/');
    for (const std::string& name : path) {
      if (name.empty()) return false;
    }
    out.push_back(path);
  }
  return true;
}

bool ReadOrder(const std::string& text, std::vector<OrderItem>& out) {
  for (const std::string& item : Split(text, ',')) {
    const std::string trimmed = Trimmed(item);
    const std::size_t space = trimmed.find(' ');
    const std::string way =
        space == std::string::npos ? "asc" : Trimmed(trimmed.substr(space));
    if (way != "asc" && way != "desc") return false;
    OrderItem order{Split(trimmed.substr(0, space), '/'), way == "desc"};
    for (const std::string& name : order.path) {
      if (name.empty()) return false;
    }
    out.push_back(std::move(order));
  }
  return true;
}

// One option; false when its value is bad.
bool ReadOption(const std::string& name, const std::string& value, QueryOptions& out) {
  if (name == "$filter") {
    out.filter = value;
    return true;
  }
  if (name == "$select") return ReadPaths(value, out.select);
  if (name == "$expand") return ReadPaths(value, out.expand);
  if (name == "$orderby") return ReadOrder(value, out.orderby);
  if (name == "$skip") return ReadCount(value, out.skip);
  if (name == "$top") {
    std::int64_t top = 0;
    const bool good = ReadCount(value, top);
    out.top = top;
    return good;
  }
  if (name == "$inlinecount") {
    out.inline_count = value == "allpages";
    return value == "allpages" || value == "none";
  }
  out.allowed_only = value == "true";
  return value == "true" || value == "false";
}

bool IsKnown(const std::string& name) {
  return name == "$filter" || name == "$select" || name == "$expand" ||
         name == "$orderby" || name == "$skip" || name == "$top" ||
         name == "$inlinecount" || name == "$allowedOnly" || name == "allowedOnly";
}

}  // namespace

std::map<std::string, std::string> SplitQuery(std::string_view raw) {
  std::map<std::string, std::string> query;
  if (raw.empty()) return query;
  for (const std::string& pair : Split(raw, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string value =
        equals == std::string::npos ? "" : PercentDecode(pair.substr(equals + 1));
    query[PercentDecode(pair.substr(0, equals))] = value;
  }
  return query;
}

Result<Format> ChooseFormat(const std::map<std::string, std::string>& query,
                            std::string_view accept) {
  std::string wanted(accept);
  const auto it = query.find("$format");
  if (it != query.end()) {
    wanted = it->second;
    if (wanted == "json") return Format::kJsonMinimal;
    if (wanted == "atom") return Format::kAtom;
  }
  // The short name takes parameters too: $format=json;odata=nometadata.
  const bool short_name = it != query.end() && wanted.starts_with("json;");
  if (short_name || wanted.find("application/json") != std::string::npos) {
    if (wanted.find("odata=nometadata") != std::string::npos) return Format::kJsonNone;
    if (wanted.find("odata=fullmetadata") != std::string::npos)
      return Format::kJsonFull;
    return Format::kJsonMinimal;
  }
  if (it != query.end() && !wanted.starts_with("application/atom+xml") &&
      !wanted.starts_with("application/xml")) {
    return Fault{406, "3", "Тип представления " + wanted + " не поддерживается",
                 "Representation type " + wanted + " is not supported"};
  }
  return Format::kAtom;
}

Result<QueryOptions> ParseOptions(const std::map<std::string, std::string>& query) {
  QueryOptions options;
  for (const auto& [name, value] : query) {
    if (name == "$format") continue;
    if (IsKnown(name)) {
      if (!ReadOption(name, value, options)) return SyntaxError(name);
    } else if (name.starts_with("$")) {
      return Fault{501, "0", "Параметр " + name + " не поддерживается",
                   "The " + name + " parameter is not supported"};
    } else {
      options.others[name] = value;
    }
  }
  return options;
}

}  // namespace guestbridge::testing::onec
