#include "sync-agent/source/onec_odata/source_profile.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/source/onec_odata/text_fold.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kLongestProfile = 256 << 10;

// A row of key and version is 120 bytes, a whole one 3 KB: where a site wants fewer of
// these on a page, it gets fewer of those.
constexpr int kNarrowRowsOfOne = 25;
int NarrowRowsOf(int page_rows) { return std::min(page_rows * kNarrowRowsOfOne, 5000); }

absl::Status Invalid(absl::string_view key, absl::string_view problem) {
  return MakeFieldError("connection.source.profile", "SOURCE_PROFILE_INVALID",
                        {{"key", std::string(key)}, {"problem", std::string(problem)}});
}

// One mapping of the profile. Reads keys by name, remembers the first thing that is
// wrong, and in the end names a key that nobody asked for: a typing mistake.
class Section {
 public:
  Section(YAML::Node node, std::string path, absl::Status* status)
      : node_(std::move(node)), path_(std::move(path)), status_(status) {
    if (!node_.IsMap()) Fail("", "must be a mapping");
  }

  // Absent, null and wrong are all an undefined node; wrong is also remembered.
  YAML::Node Take(const std::string& key) {
    known_.insert(key);
    if (!node_.IsMap()) return {};
    const YAML::Node child = std::as_const(node_)[key];
    return child.IsDefined() && !child.IsNull() ? child : YAML::Node();
  }
  // Given, and not null.
  bool Has(const std::string& key) {
    known_.insert(key);
    if (!node_.IsMap()) return false;
    const YAML::Node child = std::as_const(node_)[key];
    return child.IsDefined() && !child.IsNull();
  }

  std::string Text(const std::string& key, const std::string& absent = "") {
    const bool given = Has(key);
    const YAML::Node child = Take(key);
    if (!given) return absent;
    if (!child.IsScalar()) {
      Fail(key, "must be text");
      return absent;
    }
    return child.Scalar();
  }
  // A name of an entity or of an attribute.
  std::string Name(const std::string& key, const std::string& absent = "") {
    const std::string name = Text(key, absent);
    CheckName(key, name);
    return name;
  }
  std::string RequiredName(const std::string& key) {
    const std::string name = Name(key);
    if (name.empty()) Fail(key, "is required");
    return name;
  }
  bool Flag(const std::string& key, bool absent) {
    const std::string text = Text(key, absent ? "true" : "false");
    bool flag = absent;
    if (!absl::SimpleAtob(text, &flag)) Fail(key, "must be true or false");
    return flag;
  }
  int Number(const std::string& key, int absent, int least, int most) {
    const std::string text = Text(key, absl::StrCat(absent));
    int number = absent;
    if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
      Fail(key, absl::StrCat("must be a number from ", least, " to ", most));
      return absent;
    }
    return number;
  }
  std::vector<std::string> Texts(const std::string& key) {
    std::vector<std::string> texts;
    const bool given = Has(key);
    const YAML::Node child = Take(key);
    if (!given) return texts;
    if (!child.IsSequence()) {
      Fail(key, "must be a list");
      return texts;
    }
    for (const YAML::Node& item : child) {
      if (item.IsScalar()) {
        texts.push_back(item.Scalar());
      } else {
        Fail(key, "must be a list of texts");
      }
    }
    return texts;
  }
  std::vector<std::string> Names(const std::string& key) {
    const std::vector<std::string> names = Texts(key);
    for (const std::string& name : names) CheckName(key, name);
    return names;
  }
  Section Child(const std::string& key) {
    return Section(Take(key), PathOf(key), status_);
  }
  // Names of the keys of a mapping whose keys are data.
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    if (!node_.IsMap()) return keys;
    for (const auto& entry : node_) {
      if (entry.first.IsScalar() && !entry.second.IsNull()) {
        keys.push_back(entry.first.Scalar());
      }
    }
    return keys;
  }
  void Ignore(std::initializer_list<const char*> keys) {
    for (const char* key : keys) known_.insert(key);
  }
  void Finish() {
    if (!node_.IsMap()) return;
    for (const auto& entry : node_) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (known_.count(key) == 0) Fail(key, "is not a key of a profile");
    }
  }
  void Fail(const std::string& key, absl::string_view problem) {
    if (status_->ok()) *status_ = Invalid(PathOf(key), problem);
  }

 private:
  std::string PathOf(const std::string& key) const {
    if (key.empty()) return path_.empty() ? "profile" : path_;
    return path_.empty() ? key : absl::StrCat(path_, ".", key);
  }
  // What could leave its place in a URL is no name.
  void CheckName(const std::string& key, const std::string& name) {
    for (const char c : name) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte <= 0x20 || byte == 0x7f || absl::StrContains("'\"(),;/?&=#%+*$<>", c)) {
        Fail(key, "is not a name of 1C");
        return;
      }
    }
  }

  YAML::Node node_;
  std::string path_;
  absl::Status* status_;
  std::set<std::string> known_;
};

void ReadFields(Section section, ClientNames* client) {
  for (const std::string& role : section.Keys()) {
    const YAML::Node node = section.Take(role);
    if (node.IsScalar()) {
      client->fields[role] = section.Name(role);
    } else {
      Section field = section.Child(role);
      client->fields[role] = field.RequiredName("field");
      field.Ignore({"map"});
      field.Finish();
    }
  }
}

ClientNames ReadClient(Section section) {
  ClientNames client;
  client.set = section.RequiredName("set");
  client.key = section.Name("key", client.key);
  client.version = section.Name("version");
  client.code = section.Name("code");
  const std::string kind = section.Text("code_type", "string");
  if (kind == "number") {
    client.code_kind = LiteralKind::kNumber;
  } else if (kind != "string") {
    section.Fail("code_type", "must be string or number");
  }
  client.is_folder = section.Name("is_folder");
  client.deleted = section.Name("deleted");
  client.created = section.Name("created");
  if (section.Has("fields")) ReadFields(section.Child("fields"), &client);
  for (const std::string& name : section.Names("never_export")) {
    client.never_export.insert(name);
  }
  if (section.Has("contact_id")) {
    Section contact = section.Child("contact_id");
    client.contact = contact.RequiredName("field");
    client.contact_empty = contact.Text("empty", "0");
    contact.Finish();
  } else {
    section.Fail("contact_id", "is required");
  }
  section.Finish();
  return client;
}

ConstantNames ReadConstant(Section section) {
  ConstantNames names;
  names.set = section.RequiredName("set");
  names.field = section.RequiredName("field");
  section.Finish();
  return names;
}

HistoryNames ReadHistory(Section section) {
  HistoryNames names;
  names.set = section.RequiredName("set");
  names.period = section.Name("period", "Period");
  names.client = section.Name("client", "Client_Key");
  names.overlap_seconds = section.Number("overlap_s", names.overlap_seconds, 0, 86400);
  section.Ignore({"user"});
  section.Finish();
  return names;
}

ExchangePlanNames ReadExchangePlan(Section section) {
  ExchangePlanNames names;
  names.set = section.RequiredName("set");
  names.node = TrimText(section.Text("node"));
  if (!names.set.empty() && !absl::StartsWith(names.set, "ExchangePlan_")) {
    section.Fail("set", "is not the name of an exchange plan: ExchangePlan_…");
  }
  // Everything in the base would pile up for a node of one of these.
  for (const char* own : {"ExchangePlan_ReplicationExchangePlan",
                          "ExchangePlan_CentralOfficeExchangePlan"}) {
    if (absl::EqualsIgnoreCase(names.set, own)) {
      section.Fail("set",
                   "is a plan of 1C:Hotel's own exchange, in which a new node makes "
                   "every change of the base pile up: use a plan of an own extension");
    }
  }
  if (names.node.empty()) section.Fail("node", "is required: the code of the node");
  section.Finish();
  return names;
}

// Which attribute of the key is what, unless the profile says so: a pair X and X_Type
// is the client; without a pair it is the last reference; another reference is the
// interaction.
void GuessKey(MessageNames* names) {
  const std::set<std::string> key(names->key.begin(), names->key.end());
  for (const std::string& name : names->key) {
    if (names->object.empty() && key.count(absl::StrCat(name, "_Type")) > 0) {
      names->object = name;
    }
  }
  if (names->object.empty()) {
    for (const std::string& name : names->key) {
      if (absl::EndsWith(name, "_Key")) names->object = name;
    }
  }
  const std::string type = absl::StrCat(names->object, "_Type");
  if (names->object_type.empty() && key.count(type) > 0) names->object_type = type;
  for (const std::string& name : names->key) {
    if (names->system.empty() && name != names->object &&
        absl::EndsWith(name, "_Key")) {
      names->system = name;
    }
  }
}

void CheckMessages(Section* section, const MessageNames& names) {
  if (names.set.empty()) section->Fail("set", "is required");
  if (names.key.empty()) section->Fail("key", "is required");
  if (names.object.empty()) section->Fail("object", "is required");
  if (!names.system.empty() && !IsGuid(names.system_ref)) {
    section->Fail("system_ref", "must be the GUID of the interaction");
  }
  for (const std::string& name : names.key) {
    if (name != names.object && name != names.object_type && name != names.system &&
        name != names.date && name != names.external_id && name != names.direction &&
        name != names.status) {
      section->Fail("key", absl::StrCat("nothing is known to fill ", name));
    }
  }
}

MessageNames ReadMessages(Section section) {
  using Mode = MessageNames::Mode;
  MessageNames names;
  const std::string mode = section.Text("mode", "none");
  names.set = section.Name("set");
  names.key = section.Names("key");
  names.object = section.Name("object");
  names.object_type = section.Name("object_type");
  names.system = section.Name("system");
  names.system_ref = section.Text("system_ref");
  names.date = section.Name("date");
  names.external_id = section.Name("external_id");
  names.status = section.Name("status");
  names.status_value = section.Text("status_value", "Success");
  names.direction = section.Name("direction");
  names.direction_value = section.Text("direction_value", "Outgoing");
  names.system_code = section.Text("system_code", "BITRIX24");
  names.object_type_name = section.Text("object_type_name", "Clients");
  if (mode == "register") {
    names.mode = Mode::kRegister;
    GuessKey(&names);
    CheckMessages(&section, names);
  } else if (mode == "mapping") {
    names.mode = Mode::kMapping;
    if (names.set.empty()) {
      names.set = "InformationRegister_ExternalSystemsObjectCodesMappings";
    }
    // Names of 1C:Hotel's own register of external codes.
    names.key = {"Hotel_Key", "ExternalSystemCode", "ObjectTypeName",
                 "ObjectExternalCode"};
    names.object = "ObjectRef";
    names.object_type = "ObjectRef_Type";
    names.external_id = "ObjectExternalCode";
  } else if (mode != "none") {
    section.Fail("mode", "must be none, register or mapping");
  }
  section.Finish();
  return names;
}

void ReadPage(Section section, SourceProfile* profile) {
  profile->page_rows = section.Number("rows", profile->page_rows, 5, 5000);
  profile->narrow_page_rows =
      section.Number("narrow_rows", NarrowRowsOf(profile->page_rows), 5, 20'000);
  profile->page_bytes =
      section.Number("target_bytes", profile->page_bytes, 16 << 10, 32 << 20);
  section.Finish();
}

SessionRules ReadSession(Section section) {
  SessionRules rules;
  const std::string mode = section.Text("ib_session", "auto");
  rules.ib_session = mode == "auto";
  // YAML reads a bare off as text here; "false" is what JSON has.
  if (!rules.ib_session && mode != "off" && mode != "false") {
    section.Fail("ib_session", "must be auto or off");
  }
  rules.concurrency = section.Number("concurrency", rules.concurrency, 1, 2);
  section.Finish();
  return rules;
}

WriteRules ReadWrite(Section section) {
  WriteRules rules;
  for (const std::string& text : section.Texts("quiet_hours")) {
    const std::optional<QuietHours> hours = ParseQuietHours(text);
    if (hours.has_value()) {
      rules.quiet_hours.push_back(*hours);
    } else {
      section.Fail("quiet_hours", "must be hours such as \"08:00-11:00\"");
    }
  }
  rules.data_load_mode = section.Flag("data_load_mode", rules.data_load_mode);
  rules.if_match = section.Flag("if_match", rules.if_match);
  rules.reread_before_patch =
      section.Flag("reread_before_patch", rules.reread_before_patch);
  // The pace of writes is the connection's, not the profile's.
  section.Ignore({"concurrency", "busy_share", "max_rps"});
  section.Finish();
  return rules;
}

void ReadLookups(Section section, SourceProfile* profile) {
  for (const std::string& attribute : section.Keys()) {
    Section lookup = section.Child(attribute);
    LookupNames names;
    names.set = lookup.RequiredName("set");
    names.key = lookup.Name("key", names.key);
    names.take = lookup.RequiredName("take");
    lookup.Finish();
    profile->lookups[attribute] = names;
  }
}

absl::StatusOr<SourceProfile> ReadProfile(const YAML::Node& root) {
  absl::Status status;
  SourceProfile profile;
  Section section(root, "", &status);
  section.Ignore({"extends"});
  profile.name = section.Text("profile", "custom");
  profile.time_zone = section.Text("timezone", profile.time_zone);
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(profile.time_zone, &zone)) {
    section.Fail("timezone", "is not a time zone of the IANA base");
  }
  if (section.Has("page")) ReadPage(section.Child("page"), &profile);
  if (section.Has("client")) {
    profile.client = ReadClient(section.Child("client"));
  } else {
    section.Fail("client", "is required");
  }
  if (section.Has("lookups")) ReadLookups(section.Child("lookups"), &profile);
  if (section.Has("hotels")) {
    Section hotels = section.Child("hotels");
    HotelNames names;
    names.set = hotels.RequiredName("set");
    names.code = hotels.Name("code", "Code");
    names.name = hotels.Name("name", "Description");
    hotels.Finish();
    profile.hotels = names;
  }
  if (section.Has("identity")) {
    profile.identity = ReadConstant(section.Child("identity"));
  }
  if (section.Has("version")) profile.version = ReadConstant(section.Child("version"));
  if (section.Has("history")) profile.history = ReadHistory(section.Child("history"));
  if (section.Has("exchange_plan")) {
    profile.exchange_plan = ReadExchangePlan(section.Child("exchange_plan"));
  }
  if (section.Has("messages")) {
    profile.messages = ReadMessages(section.Child("messages"));
  }
  if (section.Has("session")) profile.session = ReadSession(section.Child("session"));
  if (section.Has("write")) profile.write = ReadWrite(section.Child("write"));
  section.Finish();
  GB_RETURN_IF_ERROR(status);
  return profile;
}

// `over` on top of `base`, mapping by mapping; a null of `over` stays and takes the
// part away.
YAML::Node Merge(const YAML::Node& base, const YAML::Node& over) {
  if (!base.IsMap() || !over.IsMap()) return over;
  YAML::Node merged = YAML::Clone(base);
  for (const auto& entry : over) {
    const std::string key = entry.first.Scalar();
    merged[key] = base[key].IsDefined() ? Merge(base[key], entry.second) : entry.second;
  }
  return merged;
}

absl::StatusOr<YAML::Node> ParseText(const std::string& text) {
  if (text.size() > kLongestProfile) return Invalid("profile", "is too long");
  YAML::Node root = YAML::Load(text);
  if (!root.IsMap()) return Invalid("profile", "must be a mapping");
  if (!root["extends"].IsDefined()) return root;
  const YAML::Node base = root["extends"];
  if (!base.IsScalar() || base.Scalar() != "1c-hotel") {
    return Invalid("extends", "must be 1c-hotel");
  }
  return Merge(YAML::Load(kHotelProfileText), root);
}

}  // namespace

absl::StatusOr<SourceProfile> LoadSourceProfile(absl::string_view name,
                                                absl::string_view text) {
  if (text.empty() && !name.empty() && name != "1c-hotel") {
    return MakeFieldError("connection.source.profile", "SOURCE_PROFILE_UNKNOWN",
                          {{"profile", std::string(name)}});
  }
  try {
    GB_ASSIGN_OR_RETURN(
        const YAML::Node root,
        ParseText(text.empty() ? kHotelProfileText : std::string(text)));
    GB_ASSIGN_OR_RETURN(SourceProfile profile, ReadProfile(root));
    // Documents stay protected unless the profile says otherwise in so many words.
    if (!root["client"]["never_export"].IsDefined()) {
      GB_ASSIGN_OR_RETURN(const SourceProfile hotel,
                          ReadProfile(YAML::Load(kHotelProfileText)));
      profile.client.never_export = hotel.client.never_export;
    }
    return profile;
  } catch (const YAML::Exception& e) {
    return Invalid("profile", absl::StrCat("is not YAML at line ", e.mark.line + 1,
                                           ", column ", e.mark.column + 1));
  }
}

}  // namespace guestbridge::agent
