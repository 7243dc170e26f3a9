#include "sync-agent/client_search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/plan/match_values.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

using Found = v1::ClientExplanation;

constexpr size_t kMostTold = 10;  // of several clients that fit
constexpr int kMostRows = 1000;   // that 1C is asked for
constexpr size_t kLeastPhoneDigits = 7;
constexpr size_t kTailDigits = 4;

bool IsNumber(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

// Letters are those of a name or a code.
bool LooksLikePhone(absl::string_view text) {
  size_t digits = 0;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      ++digits;
    } else if (!absl::StrContains(" +()-./", c)) {
      return false;
    }
  }
  return digits >= kLeastPhoneDigits;
}

// One way of naming a guest by what it can be reached by.
struct Reach {
  const char* target;  // contact field
  FindContacts::By by;
  Found::FoundBy in_source;
  Found::FoundBy on_portal;
  const char* not_found;
};
constexpr Reach kPhone = {"PHONE", FindContacts::By::kPhone, Found::PHONE,
                          Found::PHONE_ON_PORTAL, "PHONE_NOT_FOUND"};
constexpr Reach kEmail = {"EMAIL", FindContacts::By::kEmail, Found::EMAIL,
                          Found::EMAIL_ON_PORTAL, "EMAIL_NOT_FOUND"};

// The texts of which 1C holds one when it holds the phone in a usual spelling: it
// compares letter by letter, and the end of a number is written in few ways.
std::vector<std::string> TailsOf(absl::string_view number) {
  const absl::string_view tail = number.substr(number.size() - kTailDigits);
  std::vector<std::string> texts = {std::string(tail)};
  for (const char* between : {"-", " ", "."}) {
    texts.push_back(absl::StrCat(tail.substr(0, 2), between, tail.substr(2)));
  }
  return texts;
}

class Search {
 public:
  Search(const CompiledMapping& mapping, const TaskParts& parts)
      : mapping_(mapping), parts_(parts) {}

  absl::StatusOr<FoundClient> ByKey(const ClientKey& key) {
    GB_ASSIGN_OR_RETURN(std::optional<ClientRow> row, RowOf(key.guid()));
    if (!row.has_value()) {
      GB_ASSIGN_OR_RETURN(const auto record, parts_.ledger.Get(key));
      if (!record.has_value()) {
        return MakeError("CLIENT_NOT_FOUND", {{"client", key.guid()}});
      }
    }
    return FoundClient{key, std::move(row), Found::KEY};
  }

  absl::StatusOr<std::optional<FoundClient>> ByCode(const std::string& code) {
    GB_ASSIGN_OR_RETURN(std::optional<ClientRow> row, RowOf(code));
    if (!row.has_value()) return std::nullopt;
    const ClientKey key = row->key;
    return FoundClient{key, std::move(row), Found::CODE};
  }

  absl::StatusOr<FoundClient> ByContact(absl::string_view text) {
    int64_t id = 0;
    if (!IsNumber(text) || !absl::SimpleAtoi(text, &id) || id <= 0) {
      return MakeError("CONTACT_ID_INVALID", {{"value", std::string(text)}});
    }
    GB_ASSIGN_OR_RETURN(std::optional<ClientKey> key,
                        parts_.ledger.ClientOf(ContactId(id)));
    if (!key.has_value()) {
      // One that the ledger does not know may carry a client's mark.
      GB_ASSIGN_OR_RETURN(const std::optional<ContactRow> contact,
                          ReadContact(ContactId(id), parts_));
      if (contact.has_value()) {
        GB_ASSIGN_OR_RETURN(key, MarkedOn(*contact));
      }
    }
    if (!key.has_value()) {
      return MakeError("CONTACT_OF_NO_CLIENT", {{"integration", parts_.integration},
                                                {"contact", absl::StrCat(id)}});
    }
    return Whole(*key, Found::CONTACT);
  }

  // Of a contact that the ledger knows.
  absl::StatusOr<std::optional<FoundClient>> ByKnownContact(absl::string_view text) {
    int64_t id = 0;
    if (!absl::SimpleAtoi(text, &id) || id <= 0) return std::nullopt;
    GB_ASSIGN_OR_RETURN(const auto key, parts_.ledger.ClientOf(ContactId(id)));
    if (!key.has_value()) return std::nullopt;
    return Whole(*key, Found::CONTACT);
  }

  absl::StatusOr<FoundClient> ByPhone(const std::string& text) {
    const std::string& region = mapping_.default_region();
    const std::vector<MatchPhone> phones = MatchPhones(text, region);
    if (phones.size() != 1 || phones[0].number.size() < kLeastPhoneDigits) {
      return MakeError("CLIENT_PHONE_INVALID");
    }
    const std::string& number = phones[0].number;
    return ByReach(kPhone, TailsOf(number), number, [&](const std::string& held) {
      const std::vector<MatchPhone> some = MatchPhones(held, region);
      return std::any_of(some.begin(), some.end(), [&](const MatchPhone& phone) {
        return phone.number == number;
      });
    });
  }

  absl::StatusOr<FoundClient> ByEmail(const std::string& text) {
    const std::vector<std::string> emails = MatchEmails(text);
    if (emails.size() != 1) return MakeError("CLIENT_EMAIL_INVALID");
    return ByReach(kEmail, {text}, text, [&](const std::string& held) {
      return MatchEmails(held) == emails;
    });
  }

 private:
  absl::StatusOr<std::optional<ClientRow>> RowOf(const std::string& key_or_code) {
    return parts_.sides.source.reader->FindClient(key_or_code, mapping_.attributes());
  }

  absl::StatusOr<FoundClient> Whole(const ClientKey& key, Found::FoundBy by) {
    GB_ASSIGN_OR_RETURN(FoundClient found, ByKey(key));
    found.found_by = by;
    return found;
  }

  absl::StatusOr<std::optional<ClientKey>> MarkedOn(const ContactRow& contact) {
    const std::string& origin = contact.stamp.origin;
    if (!IsGuid(origin)) return std::nullopt;
    const ClientKey key(origin);
    GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts_));
    if (!CarriesMark(contact, mark)) return std::nullopt;
    return key;
  }

  MappedContact Map(const ClientRow& row) const {
    return mapping_.Map(row, absl::ToCivilDay(parts_.clock.Now(), absl::UTCTimeZone()));
  }

  // 1C knows guests that are not on the portal, so it is asked first.
  absl::StatusOr<FoundClient> ByReach(
      const Reach& reach, std::vector<std::string> texts, const std::string& value,
      absl::FunctionRef<bool(const std::string&)> is_it) {
    ClientSearch search;
    for (const MappedField& field : Map(ClientRow()).fields) {
      if (field.target == reach.target) search.in.push_back(field.source);
    }
    search.texts = std::move(texts);
    search.limit = kMostRows;
    std::vector<ClientRow> fit;
    if (!search.in.empty()) {
      GB_ASSIGN_OR_RETURN(fit, InSource(search));
    }
    fit.erase(std::remove_if(fit.begin(), fit.end(),
                             [&](const ClientRow& row) {
                               return row.is_folder || !Holds(reach, row, is_it);
                             }),
              fit.end());
    if (fit.size() == 1) {
      const ClientKey key = fit[0].key;
      return FoundClient{key, std::move(fit[0]), reach.in_source};
    }
    if (fit.size() > 1) return Several(fit);
    return OnPortal(reach, value);
  }

  // Nobody where the source, or an attribute, can't be searched.
  absl::StatusOr<std::vector<ClientRow>> InSource(const ClientSearch& search) {
    auto rows =
        parts_.sides.source.reader->SearchClients(search, mapping_.attributes());
    if (rows.ok() || absl::IsUnavailable(rows.status())) return rows;
    return std::vector<ClientRow>();
  }

  bool Holds(const Reach& reach, const ClientRow& row,
             absl::FunctionRef<bool(const std::string&)> is_it) const {
    const MappedContact mapped = Map(row);
    const auto values = mapped.content.multifields.find(reach.target);
    if (values == mapped.content.multifields.end()) return false;
    return std::any_of(values->second.begin(), values->second.end(),
                       [&](const MultiValue& value) { return is_it(value.value); });
  }

  absl::StatusOr<FoundClient> OnPortal(const Reach& reach, const std::string& value) {
    // A portal that is away, or has no such right, knows nobody: 1C was asked.
    FindContacts find;
    find.by = reach.by;
    find.values = {value};
    const auto found = AskPortal(std::move(find), parts_);
    ListContacts list;
    if (found.ok()) {
      for (const ContactRow& row : found->rows) list.ids.push_back(row.id);
    }
    if (list.ids.empty()) return NotFound(reach);
    const auto listed = AskPortal(std::move(list), parts_);
    if (!listed.ok()) return NotFound(reach);
    std::vector<ClientKey> keys;
    for (const ContactRow& contact : listed->rows) {
      GB_ASSIGN_OR_RETURN(std::optional<ClientKey> key,
                          parts_.ledger.ClientOf(contact.id));
      if (!key.has_value()) {
        GB_ASSIGN_OR_RETURN(key, MarkedOn(contact));
      }
      if (key.has_value() && std::find(keys.begin(), keys.end(), *key) == keys.end()) {
        keys.push_back(*std::move(key));
      }
    }
    if (keys.empty()) return NotFound(reach);
    if (keys.size() == 1) return Whole(keys[0], reach.on_portal);
    std::vector<ClientRow> rows;
    for (const ClientKey& key : keys) {
      GB_ASSIGN_OR_RETURN(std::optional<ClientRow> row, RowOf(key.guid()));
      if (!row.has_value()) row.emplace().key = key;
      rows.push_back(*std::move(row));
    }
    return Several(rows);
  }

  absl::Status NotFound(const Reach& reach) const {
    return MakeError(reach.not_found, {{"integration", parts_.integration}});
  }

  absl::Status Several(const std::vector<ClientRow>& rows) const {
    std::vector<std::string> told;
    for (const ClientRow& row : rows) {
      if (told.size() == kMostTold) {
        told.push_back("…");
        break;
      }
      const absl::string_view code = absl::StripAsciiWhitespace(row.code);
      told.push_back(code.empty() ? row.key.guid()
                                  : absl::StrCat(row.key.guid(), " (", code, ")"));
    }
    return MakeError("SEVERAL_CLIENTS_FIT", {{"integration", parts_.integration},
                                             {"count", absl::StrCat(rows.size())},
                                             {"clients", absl::StrJoin(told, ", ")}});
  }

  const CompiledMapping& mapping_;
  const TaskParts& parts_;
};

}  // namespace

absl::StatusOr<FoundClient> SearchClient(const std::string& named,
                                         const CompiledMapping& mapping,
                                         const TaskParts& parts) {
  Search search(mapping, parts);
  const std::string text(absl::StripAsciiWhitespace(named));
  const auto after = [&](absl::string_view prefix) -> std::optional<std::string> {
    if (!absl::StartsWithIgnoreCase(text, prefix)) return std::nullopt;
    return std::string(
        absl::StripAsciiWhitespace(absl::string_view(text).substr(prefix.size())));
  };
  if (const auto id = after("contact:")) return search.ByContact(*id);
  if (const auto phone = after("phone:")) return search.ByPhone(*phone);
  if (const auto email = after("email:")) return search.ByEmail(*email);
  const std::optional<std::string> code = after("code:");
  if (!code.has_value() && IsGuid(text)) return search.ByKey(ClientKey(text));
  GB_ASSIGN_OR_RETURN(std::optional<FoundClient> found,
                      search.ByCode(code.value_or(text)));
  if (found.has_value()) return *std::move(found);
  if (!code.has_value()) {
    if (absl::StrContains(text, '@')) return search.ByEmail(text);
    if (IsNumber(text)) {
      GB_ASSIGN_OR_RETURN(found, search.ByKnownContact(text));
      if (found.has_value()) return *std::move(found);
    }
    if (LooksLikePhone(text)) return search.ByPhone(text);
  }
  return MakeError("CLIENT_NOT_FOUND", {{"client", named}});
}

}  // namespace guestbridge::agent
