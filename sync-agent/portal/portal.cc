#include "sync-agent/portal/portal.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace guestbridge::agent {
namespace {

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// Batch replaces `$root[key]…` wherever it stands in a value; it knows five roots. A
// root without bracket is no reference by the portal's documents, yet it is not worth
// the risk.
bool LooksLikeReference(absl::string_view text) {
  static constexpr absl::string_view kRoots[] = {"result", "next", "total", "time",
                                                 "error"};
  for (size_t at = text.find('$'); at != absl::string_view::npos;
       at = text.find('$', at + 1)) {
    const absl::string_view rest = text.substr(at + 1);
    for (const absl::string_view root : kRoots) {
      if (absl::StartsWithIgnoreCase(rest, root)) return true;
    }
    size_t word = 0;
    while (word < rest.size() && IsWordByte(rest[word])) ++word;
    if (word > 0 && word < rest.size() && rest[word] == '[') return true;
  }
  return false;
}

bool LooksLikeReference(const Stamp& stamp) {
  return LooksLikeReference(stamp.originator) || LooksLikeReference(stamp.origin) ||
         LooksLikeReference(stamp.version);
}

bool LooksLikeReference(const std::map<std::string, std::string>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return LooksLikeReference(field.first) || LooksLikeReference(field.second);
  });
}

struct NameOf {
  const char* operator()(const AddContact&) const { return "crm.contact.add"; }
  const char* operator()(const UpdateContact&) const { return "crm.contact.update"; }
  const char* operator()(const GetContact&) const { return "crm.contact.get"; }
  const char* operator()(const ListContacts&) const { return "crm.contact.list"; }
  const char* operator()(const ListNewest&) const { return "crm.contact.list"; }
  const char* operator()(const GetProfile&) const { return "profile"; }
};

struct HoldsReference {
  bool operator()(const AddContact& add) const {
    if (LooksLikeReference(add.stamp) || LooksLikeReference(add.content.fields)) {
      return true;
    }
    for (const auto& [field, values] : add.content.multifields) {
      for (const MultiValue& value : values) {
        if (LooksLikeReference(value.value) || LooksLikeReference(value.type)) {
          return true;
        }
      }
    }
    return false;
  }
  bool operator()(const UpdateContact& update) const {
    if (update.stamp.has_value() && LooksLikeReference(*update.stamp)) return true;
    if (LooksLikeReference(update.fields)) return true;
    return std::any_of(update.multifields.begin(), update.multifields.end(),
                       [](const UpdateContact::MultiChange& change) {
                         return LooksLikeReference(change.value) ||
                                LooksLikeReference(change.type);
                       });
  }
  bool operator()(const GetContact&) const { return false; }
  bool operator()(const ListContacts& list) const {
    return list.origin.has_value() && LooksLikeReference(*list.origin);
  }
  bool operator()(const ListNewest&) const { return false; }
  bool operator()(const GetProfile&) const { return false; }
};

}  // namespace

const char* MethodOf(const Command& command) { return std::visit(NameOf(), command); }

bool MustTravelAlone(const Command& command) {
  return std::visit(HoldsReference(), command);
}

}  // namespace guestbridge::agent
