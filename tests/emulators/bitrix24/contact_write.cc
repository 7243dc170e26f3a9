#include "tests/emulators/bitrix24/contact_write.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/collation.h"
#include "tests/emulators/bitrix24/event_delivery.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

std::string NowText(const Portal& portal) {
  return absl::StrCat(absl::ToUnixSeconds(portal.clock.Now()));
}

// Text as a 3-byte utf8 column would keep it. False when the database refuses it.
bool StoreText(const Settings& settings, std::string* text) {
  if (settings.four_byte == "keep") return true;
  std::string out;
  for (size_t i = 0; i < text->size();) {
    const auto byte = static_cast<unsigned char>((*text)[i]);
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length == 4) {
      if (settings.four_byte == "reject") return false;
      if (settings.four_byte == "truncate") break;
      out += '?';
    } else {
      out += text->substr(i, length);
    }
    i += length;
  }
  *text = out;
  return true;
}

std::optional<RestError> StoreTexts(const Settings& settings, ContactChange* change) {
  const RestError refused{
      .status = 500, .code = "ERROR_CORE", .description = "SQL query error!"};
  for (auto& [name, value] : change->fields) {
    if (!value.is_string()) continue;
    std::string text = value.get<std::string>();
    if (!StoreText(settings, &text)) return refused;
    value = text;
  }
  for (MultifieldEdit& edit : change->multifields) {
    if (edit.value.has_value() && !StoreText(settings, &*edit.value)) return refused;
  }
  return std::nullopt;
}

// Writes the change and the fields that follow from it.
std::optional<RestError> Apply(const Settings& settings, ContactChange change,
                               Contact* contact) {
  if (auto error = StoreTexts(settings, &change)) return error;
  if (auto error =
          ApplyMultifieldEdits(change.multifields, settings, &contact->multifields)) {
    return error;
  }
  for (auto& [name, value] : change.fields) {
    if (value.is_null()) {
      contact->fields.erase(name);
    } else {
      contact->fields[name] = std::move(value);
    }
  }
  const auto has = [&](const char* type) {
    return std::any_of(contact->multifields.begin(), contact->multifields.end(),
                       [&](const Multifield& row) { return row.type_id == type; })
               ? "Y"
               : "N";
  };
  contact->fields["HAS_PHONE"] = has("PHONE");
  contact->fields["HAS_EMAIL"] = has("EMAIL");
  contact->fields["HAS_IMOL"] = "N";
  return std::nullopt;
}

void Default(Contact* contact, const char* name, const std::string& value) {
  if (contact->fields.count(name) == 0) contact->fields[name] = value;
}

void CountDuplicateOrigin(Portal& portal, const Contact& added) {
  const std::string origin = FieldText(added, "ORIGIN_ID");
  if (origin.empty()) return;
  const std::set<int64_t>* like = portal.contacts.WithOrigin(FoldText(origin));
  for (const int64_t id : like == nullptr ? std::set<int64_t>() : *like) {
    const Contact& contact = *portal.contacts.Find(id);
    if (FieldText(contact, "ORIGIN_ID") == origin &&
        FieldText(contact, "ORIGINATOR_ID") == FieldText(added, "ORIGINATOR_ID")) {
      ++portal.journal.counters.duplicate_origins;
      return;
    }
  }
}

// The latest creation among the contacts; imports may not go behind it.
std::optional<RestError> CheckImportDates(const Portal& portal, const Caller& caller,
                                          ContactChange* change) {
  if (!caller.admin) {
    for (const char* name :
         {"DATE_CREATE", "DATE_MODIFY", "CREATED_BY_ID", "MODIFY_BY_ID"}) {
      change->fields.erase(name);
    }
    return std::nullopt;
  }
  const auto at = [&](const char* name) {
    const auto it = change->fields.find(name);
    return it == change->fields.end() ? int64_t{0} : ToInt(it->second);
  };
  const int64_t created = at("DATE_CREATE");
  const int64_t modified = at("DATE_MODIFY");
  if (created == 0 && modified == 0) return std::nullopt;
  int64_t latest = 0;
  for (const auto& [id, contact] : portal.contacts.all()) {
    latest = std::max(latest, ToInt(FieldText(contact, "DATE_CREATE")));
  }
  const int64_t now = absl::ToUnixSeconds(portal.clock.Now());
  const bool bad_create = created != 0 && (created < latest || created > now);
  const bool bad_modify = modified != 0 && modified < (created != 0 ? created : now);
  if (!bad_create && !bad_modify) return std::nullopt;
  return RestError{
      .code = "CRM_FIELD_ERROR_VALUE_NOT_VALID",
      .description = PortalText(portal.settings.language, TextId::kCreatedTooEarly)};
}

// Mandatory user fields are checked only where the portal is set to.
std::optional<RestError> CheckMandatory(const Portal& portal, const Contact& contact) {
  if (!portal.settings.require_userfields) return std::nullopt;
  for (const auto& [id, field] : portal.userfields.all()) {
    if (!field.mandatory || contact.fields.count(field.name) > 0) continue;
    return RestError{
        .code = "CRM_FIELD_ERROR_REQUIRED",
        .description = PortalText(portal.settings.language, TextId::kFieldRequired)};
  }
  return std::nullopt;
}

// A robot that changes a new contact in the background.
void StartRobots(Portal& portal, int64_t id) {
  portal.late.Start([&portal, id, fields = portal.settings.automation,
                     delay = portal.settings.automation_delay_ms] {
    portal.clock.Wait(absl::Milliseconds(delay));
    std::lock_guard<std::mutex> lock(portal.mutex);
    const Contact* contact = portal.contacts.Find(id);
    if (contact == nullptr) return;
    Contact changed = *contact;
    for (const auto& [name, value] : fields) changed.fields[name] = value;
    changed.fields["DATE_MODIFY"] = NowText(portal);
    portal.contacts.Replace(std::move(changed));
    RaiseEvent(portal, "ONCRMCONTACTUPDATE", id, "");
  });
}

}  // namespace

std::optional<FieldKind> KindOfField(const Portal& portal, const std::string& name) {
  if (const FieldSpec* field = FindLegacyField(name)) return field->kind;
  if (const Userfield* field = portal.userfields.FindByName(name)) {
    return UserfieldKind(*field);
  }
  return std::nullopt;
}

bool MayRead(const Caller& caller, const Contact& contact) {
  return caller.reads_all ||
         ToInt(FieldText(contact, "ASSIGNED_BY_ID")) == caller.user_id;
}

std::variant<int64_t, RestError> AddContact(Portal& portal, const Caller& caller,
                                            ContactChange change,
                                            const WriteOptions& options,
                                            Effects* effects) {
  if (options.import) {
    if (auto error = CheckImportDates(portal, caller, &change)) return *error;
  }
  Contact contact;
  for (MultifieldEdit& edit : change.multifields) edit.id = 0;
  if (auto error = Apply(portal.settings, std::move(change), &contact)) return *error;
  if (auto error = CheckMandatory(portal, contact)) return *error;
  const std::string user = std::to_string(caller.user_id);
  const std::string now = NowText(portal);
  const auto author = contact.fields.find("ASSIGNED_BY_ID");
  if (author == contact.fields.end() || ToInt(author->second) <= 0) {
    contact.fields["ASSIGNED_BY_ID"] = user;
  }
  Default(&contact, "TYPE_ID", portal.settings.contact_type);
  Default(&contact, "SOURCE_ID", portal.settings.default_source);
  Default(&contact, "OPENED", "Y");
  Default(&contact, "EXPORT", "Y");
  Default(&contact, "CREATED_BY_ID", user);
  Default(&contact, "MODIFY_BY_ID", user);
  Default(&contact, "DATE_CREATE", now);
  Default(&contact, "DATE_MODIFY", now);
  Default(&contact, "LAST_ACTIVITY_TIME", now);
  Default(&contact, "LAST_ACTIVITY_BY", user);
  if (Trim(FieldText(contact, "NAME")).empty() &&
      Trim(FieldText(contact, "LAST_NAME")).empty()) {
    contact.fields["LAST_NAME"] =
        PortalText(portal.settings.language, TextId::kDefaultLastName,
                   std::to_string(portal.contacts.next_id()));
  }
  const bool robots = !options.import && !portal.settings.automation.empty();
  const bool robots_later = portal.settings.automation_delay_ms > 0;
  if (robots && !robots_later) {
    for (const auto& [name, value] : portal.settings.automation) {
      contact.fields[name] = value;
    }
  }
  contact.born = portal.clock.Now();
  CountDuplicateOrigin(portal, contact);
  const int64_t id = portal.contacts.Add(std::move(contact));
  ++portal.journal.counters.contacts_created;
  effects->push_back({"created", id});
  RaiseEvent(portal, "ONCRMCONTACTADD", id, options.connector);
  if (robots && robots_later) StartRobots(portal, id);
  return id;
}

std::optional<RestError> UpdateContact(Portal& portal, const Caller& caller, int64_t id,
                                       ContactChange change,
                                       const WriteOptions& options, Effects* effects) {
  Contact contact = *portal.contacts.Find(id);
  if (const auto it = change.fields.find("ASSIGNED_BY_ID");
      it != change.fields.end() && ToInt(it->second) <= 0) {
    change.fields.erase(it);
  }
  const Contact before = contact;
  if (auto error = Apply(portal.settings, std::move(change), &contact)) return error;
  const auto same_rows = [&] {
    return std::equal(before.multifields.begin(), before.multifields.end(),
                      contact.multifields.begin(), contact.multifields.end(),
                      [](const Multifield& a, const Multifield& b) {
                        return a.id == b.id && a.value == b.value &&
                               a.value_type == b.value_type;
                      });
  };
  const bool changed = before.fields != contact.fields || !same_rows();
  if (changed || portal.settings.noop_touches) {
    contact.fields["DATE_MODIFY"] = NowText(portal);
    contact.fields["MODIFY_BY_ID"] = std::to_string(caller.user_id);
  }
  portal.contacts.Replace(std::move(contact));
  ++portal.journal.counters.contacts_updated;
  effects->push_back({"updated", id});
  RaiseEvent(portal, "ONCRMCONTACTUPDATE", id, options.connector);
  return std::nullopt;
}

bool DeleteContact(Portal& portal, int64_t id, const WriteOptions& options,
                   Effects* effects) {
  if (!portal.contacts.Delete(id)) return false;
  ++portal.journal.counters.contacts_deleted;
  effects->push_back({"deleted", id});
  RaiseEvent(portal, "ONCRMCONTACTDELETE", id, options.connector);
  return true;
}

void MergeContacts(Portal& portal, int64_t main, const std::vector<int64_t>& losers,
                   Effects* effects) {
  Contact contact = *portal.contacts.Find(main);
  for (const int64_t id : losers) {
    const Contact* loser = portal.contacts.Find(id);
    if (loser == nullptr || id == main) continue;
    for (const auto& [name, value] : loser->fields) {
      if (FieldText(contact, name).empty()) contact.fields[name] = value;
    }
    for (const Multifield& row : loser->multifields) {
      const bool known =
          std::any_of(contact.multifields.begin(), contact.multifields.end(),
                      [&](const Multifield& own) {
                        return own.type_id == row.type_id && own.value == row.value;
                      });
      if (known) continue;
      contact.multifields.push_back(row);
      contact.multifields.back().id = 0;
    }
    portal.contacts.Purge(id);
    effects->push_back({"merged", id});
    RaiseEvent(portal, "ONCRMCONTACTDELETE", id, "");
  }
  contact.fields["DATE_MODIFY"] = NowText(portal);
  const auto has = [&](const char* type) {
    return std::any_of(contact.multifields.begin(), contact.multifields.end(),
                       [&](const Multifield& row) { return row.type_id == type; });
  };
  contact.fields["HAS_PHONE"] = has("PHONE") ? "Y" : "N";
  contact.fields["HAS_EMAIL"] = has("EMAIL") ? "Y" : "N";
  portal.contacts.Replace(std::move(contact));
  effects->push_back({"updated", main});
  RaiseEvent(portal, "ONCRMCONTACTUPDATE", main, "");
}

std::optional<int64_t> RestoreContact(Portal& portal, int64_t id, Effects* effects) {
  std::optional<Contact> contact = portal.contacts.TakeFromBin(id);
  if (!contact.has_value()) return std::nullopt;
  contact->fields["DATE_MODIFY"] = NowText(portal);
  const int64_t restored = portal.contacts.Add(std::move(*contact));
  effects->push_back({"created", restored});
  RaiseEvent(portal, "ONCRMCONTACTADD", restored, "");
  return restored;
}

}  // namespace guestbridge::testing::bitrix24
