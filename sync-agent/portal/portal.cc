#include "sync-agent/portal/portal.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "sync-agent/portal/item_fields.h"

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

bool LooksLikeReference(const Fields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return LooksLikeReference(field.first) || LooksLikeReference(field.second);
  });
}

bool LooksLikeReference(const ContactContent& content) {
  if (LooksLikeReference(content.fields)) return true;
  for (const auto& [field, values] : content.multifields) {
    for (const MultiValue& value : values) {
      if (LooksLikeReference(value.value) || LooksLikeReference(value.type)) {
        return true;
      }
    }
  }
  return false;
}

struct NameOf {
  const char* operator()(const AddContact&) const { return "crm.contact.add"; }
  const char* operator()(const UpdateContact&) const { return "crm.contact.update"; }
  const char* operator()(const GetContact&) const { return "crm.contact.get"; }
  const char* operator()(const DeleteContact&) const { return "crm.contact.delete"; }
  const char* operator()(const ListContacts&) const { return "crm.contact.list"; }
  const char* operator()(const ListNewest&) const { return "crm.contact.list"; }
  const char* operator()(const GetProfile&) const { return "profile"; }
  const char* operator()(const FindContacts&) const {
    return "crm.duplicate.findbycomm";
  }
  const char* operator()(const ImportContacts& import) const {
    return import.single ? "crm.item.import" : "crm.item.batchImport";
  }
  const char* operator()(const BindEvent&) const { return "event.bind"; }
  const char* operator()(const GetBoundEvents&) const { return "event.get"; }
  const char* operator()(const PollEvents&) const { return "event.offline.get"; }
  const char* operator()(const GetContactFields& get) const {
    return get.statuses_of.empty() ? "crm.contact.fields" : "crm.status.list";
  }
};

struct HoldsReference {
  bool operator()(const AddContact& add) const {
    return LooksLikeReference(add.stamp) || LooksLikeReference(add.content);
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
  bool operator()(const DeleteContact&) const { return false; }
  bool operator()(const ListContacts& list) const {
    return list.origin.has_value() && LooksLikeReference(*list.origin);
  }
  bool operator()(const ListNewest&) const { return false; }
  bool operator()(const GetProfile&) const { return false; }
  bool operator()(const FindContacts& find) const {
    return std::any_of(
        find.values.begin(), find.values.end(),
        [](const std::string& value) { return LooksLikeReference(value); });
  }
  bool operator()(const BindEvent&) const { return false; }
  bool operator()(const GetBoundEvents&) const { return false; }
  bool operator()(const PollEvents&) const { return false; }
  bool operator()(const GetContactFields&) const { return false; }
  bool operator()(const ImportContacts& import) const {
    return std::any_of(
        import.items.begin(), import.items.end(), [](const ImportContacts::Item& item) {
          return LooksLikeReference(item.stamp) || LooksLikeReference(item.content);
        });
  }
};

}  // namespace

const char* MethodOf(const Command& command) { return std::visit(NameOf(), command); }

bool MustTravelAlone(const Command& command) {
  return std::visit(HoldsReference(), command);
}

bool MustTravelAlone(const ContactContent& content) {
  return LooksLikeReference(content);
}

bool CanBeImported(const ContactContent& content) {
  return std::all_of(content.fields.begin(), content.fields.end(),
                     [](const auto& field) {
                       return field.second.empty() ||
                              ItemFieldName(field.first).has_value();
                     }) &&
         std::all_of(content.multifields.begin(), content.multifields.end(),
                     [](const auto& field) {
                       return field.second.empty() || IsItemMultifield(field.first);
                     });
}

void SpreadToItems(const Command& command, CommandResult* result) {
  result->items.clear();
  const auto* import = std::get_if<ImportContacts>(&command);
  if (import == nullptr) return;
  ItemResult item;
  item.fate = result->fate;
  item.answered = result->answered;
  item.reason = result->reason;
  item.portal_code = result->portal_code;
  result->items.assign(import->items.size(), item);
}

}  // namespace guestbridge::agent
