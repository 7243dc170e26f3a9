#include "sync-agent/source/onec_odata/onec_checks.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

constexpr size_t kHotelsShown = 10;
constexpr size_t kLongestVersion = 40;

// What an attribute may be, as $metadata says it; alternatives as an error names them.
constexpr char kReference[] = "Edm.Guid";
constexpr char kMark[] = "Edm.Boolean";
constexpr char kText[] = "Edm.String";
constexpr char kTime[] = "Edm.DateTime/Edm.DateTimeOffset";
constexpr char kNumber[] = "Edm.Int16/Edm.Int32/Edm.Int64/Edm.Double/Edm.Decimal";
constexpr char kPlain[] =
    "Edm.String/Edm.Int16/Edm.Int32/Edm.Int64/Edm.Double/Edm.Decimal";
constexpr char kIdentity[] = "Edm.Guid/Edm.String";
constexpr char kVersion[] = "Edm.String/Edm.Binary";

// Empty when `name` is of one of the types, or is not there, or says none.
std::string UnfitType(const Metadata& metadata, const std::string& set,
                      const std::string& name, absl::string_view types) {
  const auto entity = metadata.entities.find(set);
  if (entity == metadata.entities.end()) return "";
  const auto property = entity->second.find(name);
  if (property == entity->second.end()) return "";
  const std::string& type = property->second.type;
  for (const absl::string_view each : absl::StrSplit(types, '/')) {
    if (type == each) return "";
  }
  return type;
}

// Looks names up and collects what is missing.
class NameChecker {
 public:
  NameChecker(const Metadata& metadata, std::vector<SourceCheck>* findings)
      : metadata_(metadata), findings_(findings) {}

  // Null, and a finding, when the set is not there.
  const MetadataEntity* Entity(const std::string& set, State state,
                               const std::string& reason,
                               const std::string& attribute = "") {
    const auto it = metadata_.entities.find(set);
    if (it != metadata_.entities.end()) return &it->second;
    Add(state, reason, set, attribute);
    return nullptr;
  }
  void Attribute(const std::string& set, const std::string& name, State state,
                 const std::string& reason) {
    const auto it = metadata_.entities.find(set);
    if (name.empty() || it == metadata_.entities.end() || it->second.count(name) > 0)
      return;
    Add(state, reason, set, name);
  }
  void Add(State state, const std::string& reason, const std::string& set,
           const std::string& attribute) {
    findings_->push_back(MakeCheck("entities", state, reason,
                                   {{"entity", set}, {"attribute", attribute}}));
  }

 private:
  const Metadata& metadata_;
  std::vector<SourceCheck>* findings_;
};

void CheckClients(const SourceProfile& profile, const Metadata& metadata,
                  absl::Span<const std::string> mapped,
                  std::vector<SourceCheck>* findings) {
  const ClientNames& names = profile.client;
  NameChecker check(metadata, findings);
  const MetadataEntity* entity =
      check.Entity(names.set, State::kFailed, "SOURCE_ENTITY_MISSING");
  if (entity == nullptr) return;
  std::set<std::string> attributes = {names.key, names.contact};
  attributes.insert(mapped.begin(), mapped.end());
  for (const std::string& attribute : attributes) {
    check.Attribute(names.set, attribute, State::kFailed, "SOURCE_ATTRIBUTE_MISSING");
  }
  // Each costs something else when it is not there.
  const std::pair<const std::string&, const char*> optional[] = {
      {names.version, "CLIENT_VERSION_MISSING"},
      {names.code, "CLIENT_CODE_MISSING"},
      {names.is_folder, "CLIENT_FOLDER_MARK_MISSING"},
      {names.deleted, "CLIENT_DELETION_MARK_MISSING"},
      {names.created, "CLIENT_CREATION_MISSING"}};
  for (const auto& [attribute, reason] : optional) {
    if (attributes.insert(attribute).second) {
      check.Attribute(names.set, attribute, State::kWarning, reason);
    }
  }
  const auto lacks = [entity](const std::string& name) {
    return name.empty() || entity->count(name) == 0;
  };
  if (lacks(names.code) && lacks(names.created)) {
    check.Add(State::kWarning, "CLIENT_ORDER_MISSING", names.set, "-");
  }
  // What is not mapped is not read.
  for (const auto& [role, attribute] : names.fields) {
    if (attributes.insert(attribute).second) {
      check.Attribute(names.set, attribute, State::kWarning,
                      "SOURCE_ATTRIBUTE_MISSING");
    }
  }
  const auto contact = entity->find(names.contact);
  if (contact == entity->end()) return;
  if (!UnfitType(metadata, names.set, names.contact, kPlain).empty()) {
    findings->push_back(MakeCheck("entities", State::kFailed, "CONTACT_ATTRIBUTE_UNFIT",
                                  {{"entity", names.set},
                                   {"attribute", names.contact},
                                   {"type", contact->second.type}}));
  }
}

void CheckTypes(const SourceProfile& profile, const Metadata& metadata,
                absl::Span<const std::string> mapped,
                std::vector<SourceCheck>* findings) {
  const auto add = [findings](State state, const std::string& set,
                              const std::string& name, const std::string& type,
                              const char* types) {
    findings->push_back(MakeCheck(
        "entities", state, "SOURCE_ATTRIBUTE_UNFIT",
        {{"entity", set}, {"attribute", name}, {"type", type}, {"needed", types}}));
  };
  const auto check = [&](State state, const std::string& set, const std::string& name,
                         const char* types) {
    const std::string type = UnfitType(metadata, set, name, types);
    if (!type.empty()) add(state, set, name, type, types);
  };
  const ClientNames& client = profile.client;
  // Each page is asked for by these.
  check(State::kFailed, client.set, client.key, kReference);
  check(State::kFailed, client.set, client.is_folder, kMark);
  check(State::kWarning, client.set, client.version, kVersion);
  check(State::kWarning, client.set, client.code,
        client.code_kind == LiteralKind::kNumber ? kNumber : kText);
  check(State::kWarning, client.set, client.deleted, kMark);
  check(State::kWarning, client.set, client.created, kTime);
  for (const auto& [attribute, lookup] : profile.lookups) {
    check(State::kWarning, client.set, attribute, kReference);
    check(State::kWarning, lookup.set, lookup.key, kReference);
    check(State::kWarning, lookup.set, lookup.take, kPlain);
  }
  if (profile.hotels.has_value()) {
    check(State::kWarning, profile.hotels->set, profile.hotels->code, kPlain);
    check(State::kWarning, profile.hotels->set, profile.hotels->name, kPlain);
  }
  if (profile.identity.has_value()) {
    check(State::kWarning, profile.identity->set, profile.identity->field, kIdentity);
  }
  if (profile.version.has_value()) {
    check(State::kWarning, profile.version->set, profile.version->field, kText);
  }
  if (profile.history.has_value()) {
    check(State::kWarning, profile.history->set, profile.history->period, kTime);
    check(State::kWarning, profile.history->set, profile.history->client, kReference);
  }
  // What a contact takes is text, number, date or mark: no table, no file.
  std::set<std::string> exported(mapped.begin(), mapped.end());
  for (const auto& [role, attribute] : client.fields) exported.insert(attribute);
  for (const std::string& attribute : exported) {
    const std::string type = UnfitType(metadata, client.set, attribute, "Edm.Guid");
    const bool simple = type.empty() || (absl::StartsWith(type, "Edm.") &&
                                         type != "Edm.Stream" && type != "Edm.Binary");
    if (!simple) add(State::kWarning, client.set, attribute, type, kPlain);
  }
}

void CheckMessages(const SourceProfile& profile, const Metadata& metadata,
                   std::vector<SourceCheck>* findings) {
  const MessageNames& names = profile.messages;
  const std::string kName = "messages-register";
  if (names.mode == MessageNames::Mode::kNone) return;
  const auto entity = metadata.entities.find(names.set);
  std::vector<std::string> wrong;
  if (entity == metadata.entities.end()) {
    wrong.push_back("-");
  } else {
    std::map<std::string, const char*> wanted;
    for (const std::string& name : names.key) {
      wanted[name] = absl::EndsWith(name, "_Key") ? kReference : kPlain;
    }
    wanted[names.object] = names.object_type.empty() ? kReference : kText;
    wanted[names.object_type] = kText;
    wanted[names.date] = kTime;
    for (const std::string& name : {names.external_id, names.status, names.direction}) {
      wanted[name] = kPlain;
    }
    wanted.erase("");
    for (const auto& [name, types] : wanted) {
      const std::string type = UnfitType(metadata, names.set, name, types);
      if (entity->second.count(name) == 0) {
        wrong.push_back(name);
      } else if (!type.empty()) {
        wrong.push_back(absl::StrCat(name, " (", type, ")"));
      }
    }
  }
  findings->push_back(
      wrong.empty()
          ? MakeCheck(kName, State::kOk, "CHECK_MESSAGES_REGISTER_OK",
                      {{"entity", names.set}})
          : MakeCheck(
                kName, State::kWarning, "MESSAGES_REGISTER_NOT_PUBLISHED",
                {{"entity", names.set}, {"attribute", absl::StrJoin(wrong, ", ")}}));
}

bool IsTechnical(const ClientNames& names, const std::string& name,
                 const MetadataEntity& entity) {
  // A hotel may want the mark on the portal.
  if (name == names.deleted) return false;
  static const auto* const kTechnical = new std::set<std::string>{
      "Ref_Key",  "DataVersion", "DeletionMark", "Parent_Key",
      "IsFolder", "Owner_Key",   "Predefined",   "PredefinedDataName"};
  return kTechnical->count(name) > 0 || name == names.key || name == names.version ||
         name == names.is_folder || name == names.contact ||
         absl::EndsWith(name, "_Base64Data") || absl::EndsWith(name, "_Type") ||
         entity.count(absl::StrCat(name, "_Type")) > 0;
}

// Empty: there is none.
std::string DottedNumberIn(absl::string_view text) {
  std::string figures(text);
  for (char& c : figures) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '.') c = ' ';
  }
  std::string first;
  for (const absl::string_view word : absl::StrSplit(figures, ' ')) {
    // What is too long for a number, or for a message, is none.
    if (word.size() > kLongestVersion) continue;
    const std::vector<std::string> parts = absl::StrSplit(word, '.', absl::SkipEmpty());
    const std::string number = absl::StrJoin(parts, ".");
    if (parts.size() == 4) return number;
    if (parts.size() > 1 && first.empty()) first = number;
  }
  return first;
}

bool IsProtected(const ClientNames& names, const std::string& name) {
  if (names.never_export.count(name) > 0) return true;
  const absl::string_view stem =
      absl::EndsWith(name, "_Key") ? absl::string_view(name).substr(0, name.size() - 4)
                                   : absl::string_view(name);
  return names.never_export.count(std::string(stem)) > 0;
}

}  // namespace

SourceCheck MakeCheck(std::string name, SourceCheck::State state, std::string reason,
                      Parameters parameters) {
  SourceCheck check;
  check.name = std::move(name);
  check.state = state;
  check.reason = std::move(reason);
  for (auto& [key, value] : parameters) check.parameters.emplace_back(key, value);
  return check;
}

SourceCheck FailedCheck(std::string name, const absl::Status& status) {
  return MakeCheck(std::move(name), State::kFailed, ReasonOf(status),
                   ParametersOf(status));
}

std::set<std::string> NamedSets(const SourceProfile& profile) {
  std::set<std::string> sets = {profile.client.set, profile.messages.set};
  for (const auto& [attribute, lookup] : profile.lookups) sets.insert(lookup.set);
  if (profile.hotels.has_value()) sets.insert(profile.hotels->set);
  if (profile.identity.has_value()) sets.insert(profile.identity->set);
  if (profile.version.has_value()) sets.insert(profile.version->set);
  if (profile.history.has_value()) sets.insert(profile.history->set);
  sets.erase("");
  return sets;
}

std::vector<SourceCheck> CheckNames(const SourceProfile& profile,
                                    const Metadata& metadata,
                                    absl::Span<const std::string> mapped) {
  std::vector<SourceCheck> findings;
  CheckClients(profile, metadata, mapped, &findings);
  NameChecker check(metadata, &findings);
  for (const auto& [attribute, lookup] : profile.lookups) {
    if (check.Entity(lookup.set, State::kWarning, "LOOKUP_NOT_PUBLISHED", attribute) !=
        nullptr) {
      check.Attribute(lookup.set, lookup.key, State::kWarning, "LOOKUP_NOT_PUBLISHED");
      check.Attribute(lookup.set, lookup.take, State::kWarning, "LOOKUP_NOT_PUBLISHED");
    }
  }
  // Without these the checks that read them tell no more than that.
  const auto optional = [&check](const std::string& set,
                                 std::initializer_list<std::string> attributes) {
    if (check.Entity(set, State::kWarning, "SOURCE_ENTITY_MISSING") == nullptr) return;
    for (const std::string& attribute : attributes) {
      check.Attribute(set, attribute, State::kWarning, "SOURCE_ATTRIBUTE_MISSING");
    }
  };
  if (const auto& names = profile.hotels; names.has_value()) {
    optional(names->set, {names->code, names->name});
  }
  for (const auto& names : {profile.identity, profile.version}) {
    if (names.has_value()) optional(names->set, {names->field});
  }
  // Set and attributes of the history are judged by reading it.
  CheckTypes(profile, metadata, mapped, &findings);
  if (findings.empty()) {
    findings.push_back(MakeCheck("entities", State::kOk, "CHECK_ENTITIES_OK",
                                 {{"profile", profile.name}}));
  }
  CheckMessages(profile, metadata, &findings);
  return findings;
}

int CompareVersions(absl::string_view a, absl::string_view b) {
  const std::vector<std::string> left = absl::StrSplit(a, '.');
  const std::vector<std::string> right = absl::StrSplit(b, '.');
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    int l = 0;
    int r = 0;
    if (i < left.size() && !absl::SimpleAtoi(left[i], &l)) l = 0;
    if (i < right.size() && !absl::SimpleAtoi(right[i], &r)) r = 0;
    if (l != r) return l < r ? -1 : 1;
  }
  return 0;
}

SourceCheck CheckVersion(absl::string_view published) {
  const std::string version = DottedNumberIn(published);
  if (version.empty()) {
    return MakeCheck("version", State::kWarning, "VERSION_NOT_PUBLISHED",
                     {{"least", kLeastVersion}});
  }
  const bool old = CompareVersions(version, kLeastVersion) < 0;
  return MakeCheck("version", old ? State::kFailed : State::kOk,
                   old ? "VERSION_TOO_OLD" : "CHECK_VERSION_OK",
                   {{"version", version}, {"least", kLeastVersion}});
}

SourceCheck JudgeIfMatch(const WriteRules& rules, ContactWriter::Honoured seen) {
  const char* const reason = !rules.if_match ? "IF_MATCH_SWITCHED_OFF"
                             : seen == ContactWriter::Honoured::kYes
                                 ? "CHECK_IF_MATCH_OK"
                                 : "IF_MATCH_UNKNOWN";
  return MakeCheck("if-match", State::kOk, reason);
}

SourceCheck JudgeLoadMode(const WriteRules& rules, ContactWriter::Honoured seen) {
  const std::string kName = "load-mode";
  if (!rules.data_load_mode) {
    return MakeCheck(kName, State::kOk, "LOAD_MODE_SWITCHED_OFF");
  }
  switch (seen) {
    case ContactWriter::Honoured::kYes:
      return MakeCheck(kName, State::kOk, "CHECK_LOAD_MODE_OK");
    case ContactWriter::Honoured::kNo:
      return MakeCheck(kName, State::kWarning, "LOAD_MODE_REFUSED");
    case ContactWriter::Honoured::kUnknown:
      break;
  }
  return MakeCheck(kName, State::kOk, "LOAD_MODE_UNKNOWN");
}

SourceCheck CheckHotel(const HotelNames& names, const std::vector<ODataRow>& hotels,
                       absl::string_view hotel) {
  const std::string wanted = FoldCase(TrimText(hotel));
  std::vector<std::string> known;
  for (const ODataRow& row : hotels) {
    const std::string code = TrimText(row.Get(names.code));
    const std::string name = TrimText(row.Get(names.name));
    if (!wanted.empty() && (FoldCase(code) == wanted || FoldCase(name) == wanted)) {
      return MakeCheck("hotel", State::kOk, "CHECK_HOTEL_OK",
                       {{"hotel", absl::StrCat(name, " (", code, ")")}});
    }
    if (known.size() == kHotelsShown) known.push_back("…");
    if (known.size() < kHotelsShown)
      known.push_back(absl::StrCat(name, " (", code, ")"));
  }
  return MakeCheck(
      "hotel", State::kFailed, "HOTEL_NOT_FOUND",
      {{"hotel", TrimText(hotel)},
       {"hotels", known.empty() ? std::string("-") : absl::StrJoin(known, ", ")}});
}

std::vector<SourceField> MappableFields(const SourceProfile& profile,
                                        const MetadataEntity& clients) {
  std::vector<SourceField> fields;
  for (const auto& [name, property] : clients) {
    if (IsTechnical(profile.client, name, clients)) continue;
    if (IsProtected(profile.client, name)) continue;
    SourceField field{name, property.type, property.max_length};
    if (profile.lookups.count(name) > 0) {
      field.type = "Edm.String";
      field.max_length = 0;
    } else if (field.type == "Edm.Guid" || !absl::StartsWith(field.type, "Edm.") ||
               field.type == "Edm.Stream") {
      continue;
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace guestbridge::agent
