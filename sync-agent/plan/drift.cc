#include "sync-agent/plan/drift.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "sync-agent/plan/address.h"
#include "sync-agent/plan/portal_form.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

bool IsMultifield(absl::string_view name) {
  return name == "PHONE" || name == "EMAIL" || name == "WEB" || name == "IM" ||
         name == "LINK";
}

std::string TypeOf(const std::string& target, const FieldTypes& types) {
  const auto type = types.find(target);
  if (type != types.end()) return type->second;
  if (absl::StartsWith(target, "UF_")) return "";
  return target == "BIRTHDATE" ? "date" : "string";
}

// The portal keeps these as they are sent, or in a form that is known for certain. Of
// others a difference counts only when somebody has changed the contact since.
bool IsKeptAsSent(const std::string& target, const FieldTypes& types) {
  if (IsMultifield(target)) return true;
  if (target == "COMMENTS" || IsAddressPart(target)) return false;
  const std::string type = TypeOf(target, types);
  return type == "string" || type == "date";
}

// Of other kinds the portal's form depends on what is not known here: of a moment on
// the time zone of its user.
bool IsComparable(const std::string& target, const FieldTypes& types) {
  if (IsMultifield(target)) return true;
  const std::string type = TypeOf(target, types);
  for (const char* known : {"string", "date", "char", "boolean", "integer", "double",
                            "money", "enumeration", "crm_status", "user", "employee"}) {
    if (type == known) return true;
  }
  return false;
}

// Spaces and line breaks as one space, markup left out: the portal turns HTML into
// BB-code when it saves a comment.
std::string PlainText(absl::string_view text) {
  std::string plain;
  char closing = 0;
  for (const char c : text) {
    if (closing != 0) {
      if (c == closing) closing = 0;
    } else if (c == '<' || c == '[') {
      closing = c == '<' ? '>' : ']';
      plain.push_back(' ');
    } else {
      plain.push_back(c);
    }
  }
  plain = absl::StrReplaceAll(plain, {{"&nbsp;", " "},
                                      {"&quot;", "\""},
                                      {"&#39;", "'"},
                                      {"&#039;", "'"},
                                      {"&lt;", ""},
                                      {"&gt;", ""},
                                      {"&amp;", "&"}});
  return absl::StrJoin(
      absl::StrSplit(plain, absl::ByAnyChar(" \t\r\n\f\v"), absl::SkipEmpty()), " ");
}

std::string NumberForm(absl::string_view text) {
  std::string plain = absl::StrReplaceAll(text, {{",", "."}, {" ", ""}});
  double number = 0;
  if (!absl::SimpleAtod(plain, &number)) return std::string(text);
  return absl::StrFormat("%.15g", number);
}

std::string FieldOf(const ContactRow& row, const std::string& name) {
  const auto field = row.fields.find(name);
  return field == row.fields.end() ? "" : field->second;
}

// As ContentDigest::fields has them.
Fields DigestsOf(const ClientKey& client, Fields values) {
  ContactContent content;
  content.fields = std::move(values);
  return DigestContent(client, content).fields;
}

// Whether the list is the one that was sent, values of others left out.
bool IsListAsSent(const ClientKey& client, const std::string& target,
                  const std::vector<MultiRow>& rows, const ContentDigest& exported) {
  ContactContent ours;
  std::vector<MultiValue>& values = ours.multifields[target];
  for (const MultiRow& row : rows) {
    if (exported.values.count(DigestValue(client, target, row.value)) > 0) {
      values.push_back({row.value, row.type});
    }
  }
  const auto sent = exported.fields.find(target);
  return sent == exported.fields.end() ||
         sent->second == DigestContent(client, ours).fields[target];
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsYesOrNo(const std::string& target, const FieldTypes& types) {
  const std::string type = TypeOf(target, types);
  return type == "boolean" || type == "char";
}

// What the portal makes of other words nobody can say.
bool IsYesOrNoWord(absl::string_view value) {
  return value == "1" || value == "0" || value == "Y" || value == "N";
}

bool HasFourByteLetter(absl::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0xf0; });
}

bool MayOverwrite(const Decision& decision, const std::string& target) {
  return decision.policies == nullptr ||
         (decision.policies->create_only.count(target) == 0 &&
          decision.policies->fill_empty.count(target) == 0);
}

// Some portals keep addresses elsewhere and show none of what is sent.
bool KeepsNoAddress(const Decision& decision, const HeldContact& held) {
  return std::all_of(held.fields.begin(), held.fields.end(), [&](const auto& field) {
    return !IsAddressPart(field.first) ||
           field.second == DigestsOf(decision.key, {{field.first, ""}})[field.first];
  });
}

}  // namespace

std::string PortalForm(const std::string& target, const FieldTypes& types,
                       absl::string_view value) {
  value = absl::StripAsciiWhitespace(value);
  if (target == "PHONE") {
    std::string digits = NormalizePhone(value);
    return digits.empty() ? std::string(value) : digits;
  }
  if (IsMultifield(target)) return NormalizeText(value);
  if (target == "COMMENTS") return PlainText(value);
  const std::string type = TypeOf(target, types);
  // No value and "no" are one to a yes-or-no field.
  if (type == "boolean" || type == "char") return YesNoForm(value);
  if (value.empty()) return "";
  if (type == "date") return DayForm(value);
  if (type == "integer" || type == "double" || type == "enumeration" ||
      type == "user" || type == "employee") {
    return NumberForm(value);
  }
  if (type == "money") {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(value, absl::MaxSplits('|', 1));
    return absl::StrCat(NumberForm(parts.first), "|", parts.second);
  }
  return absl::StrReplaceAll(value, {{"\r\n", "\n"}});
}

HeldContact Remember(const ClientKey& client, const ContactRow& row,
                     const ContentDigest& exported,
                     const std::set<std::string>& targets, const FieldTypes& types) {
  HeldContact held;
  Fields raw;
  Fields forms;
  bool as_sent = exported.fields_known;
  for (const std::string& target : targets) {
    if (IsMultifield(target)) {
      static const std::vector<MultiRow> kNone;
      const auto found = row.multifields.find(target);
      const auto& rows = found == row.multifields.end() ? kNone : found->second;
      for (const MultiRow& one : rows) {
        held.values.insert(
            DigestValue(client, target, PortalForm(target, types, one.value)));
      }
      as_sent = as_sent && IsListAsSent(client, target, rows, exported);
      continue;
    }
    const auto field = row.fields.find(target);
    // What is no text to us, a file say, is not among them.
    if (field == row.fields.end() || !IsComparable(target, types)) continue;
    raw[target] = field->second;
    forms[target] = PortalForm(target, types, field->second);
  }
  for (const auto& [target, digest] : DigestsOf(client, raw)) {
    const auto sent = exported.fields.find(target);
    if (!exported.fields_known) {
      if (exported.values.count(DigestValue(client, target, raw[target])) == 0) {
        held.strays.insert(target);
      }
    } else if (sent != exported.fields.end() && sent->second != digest) {
      // Nothing was said about a field that was sent empty.
      if (sent->second != DigestsOf(client, {{target, ""}})[target]) {
        held.strays.insert(target);
      }
    }
  }
  if (as_sent && held.strays.empty()) {
    held = HeldContact();
    held.as_sent = true;
    return held;
  }
  held.fields = DigestsOf(client, std::move(forms));
  if (!absl::SimpleAtoi(FieldOf(row, kModifiedBy), &held.modified_by)) {
    held.modified_by = 0;
  }
  if (!absl::SimpleAtoi(MomentForm(FieldOf(row, kModifyTime)), &held.modify_unix)) {
    held.modify_unix = 0;
  }
  return held;
}

std::string EncodeHeld(const HeldContact& held) {
  if (held.as_sent) return "";
  ContentDigest digest;
  digest.fields = held.fields;
  digest.values = held.values;
  return absl::StrCat(held.modified_by, " ", held.modify_unix, " ",
                      absl::StrJoin(held.strays, ","), " ", EncodeDigest(digest));
}

HeldContact DecodeHeld(absl::string_view text) {
  HeldContact held;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 3));
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &held.modified_by) ||
      !absl::SimpleAtoi(parts[1], &held.modify_unix)) {
    held.as_sent = true;
    return held;
  }
  held.strays = absl::StrSplit(parts[2], ',', absl::SkipEmpty());
  ContentDigest digest = DecodeDigest(parts[3]);
  held.fields = std::move(digest.fields);
  held.values = std::move(digest.values);
  return held;
}

Drift FindDrift(const Decision& decision, const ContentDigest& exported,
                int64_t exported_unix, const HeldContact& held,
                const FieldTypes& types) {
  Drift drift;
  const bool updates = decision.action == PlannedAction::kUpdate;
  if (!updates && decision.action != PlannedAction::kUnchanged) return drift;
  // What was sent is known field by field: so is what 1C has changed since.
  const bool known = exported.fields_known;
  if (updates && known) drift.in_source = decision.changed;
  if (held.as_sent) return drift;

  const ClientKey& client = decision.key;
  const auto may_differ = [&](const std::string& target) {
    return IsKeptAsSent(target, types) || held.modify_unix > exported_unix;
  };
  const bool no_address = KeepsNoAddress(decision, held);
  const bool same_content =
      !exported.hash.empty() && exported.hash == decision.digest.hash;
  const auto in_source = [&](const std::string& target) {
    if (updates && !known) drift.in_source.push_back(target);
  };
  for (const auto& [target, value] : decision.content.fields) {
    const auto there = held.fields.find(target);
    if (there == held.fields.end() || !MayOverwrite(decision, target)) continue;
    if (no_address && IsAddressPart(target)) continue;
    const std::string form = PortalForm(target, types, value);
    if (DigestsOf(client, {{target, form}})[target] == there->second) continue;
    // An empty value says nothing about what others have written; and a portal may be
    // unable to keep an emoji.
    if (value.empty() || HasFourByteLetter(value)) continue;
    if (IsYesOrNo(target, types) && !IsYesOrNoWord(value)) continue;
    if (known) {
      if (held.strays.count(target) > 0 && may_differ(target)) {
        drift.on_portal.push_back(target);
      }
      continue;
    }
    const bool was_sent =
        same_content || exported.values.count(DigestValue(client, target, value)) > 0;
    // Both values are ours, of an update whose end nobody knows.
    const bool ours = !same_content && held.strays.count(target) == 0;
    if (!was_sent || ours) {
      in_source(target);
    } else if (may_differ(target)) {
      drift.on_portal.push_back(target);
    }
  }
  for (const auto& [target, wanted] : decision.content.multifields) {
    if (!MayOverwrite(decision, target)) continue;
    for (const MultiValue& value : wanted) {
      const std::string form = PortalForm(target, types, value.value);
      if (held.values.count(DigestValue(client, target, form)) > 0) continue;
      const bool was_sent = same_content || exported.values.count(DigestValue(
                                                client, target, value.value)) > 0;
      if (!was_sent) {
        in_source(target);
      } else if (!Has(drift.on_portal, target)) {
        drift.on_portal.push_back(target);
      }
    }
  }
  std::sort(drift.in_source.begin(), drift.in_source.end());
  drift.in_source.erase(std::unique(drift.in_source.begin(), drift.in_source.end()),
                        drift.in_source.end());
  std::sort(drift.on_portal.begin(), drift.on_portal.end());
  return drift;
}

}  // namespace guestbridge::agent
