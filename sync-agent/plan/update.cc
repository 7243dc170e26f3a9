#include "sync-agent/plan/update.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "sync-agent/model/mutant.h"
#include "sync-agent/model/origin.h"
#include "sync-agent/plan/address.h"
#include "sync-agent/plan/portal_form.h"
#include "sync-agent/plan/shared_values.h"

namespace guestbridge::agent {
namespace {

std::string FieldOf(const ContactRow& row, const std::string& name) {
  const auto field = row.fields.find(name);
  return field == row.fields.end() ? "" : field->second;
}

bool IsOf(const Decision& decision, FieldPolicies::Targets FieldPolicies::*targets,
          const std::string& target) {
  return decision.policies != nullptr &&
         ((*decision.policies).*targets).count(target) > 0;
}

// The two-byte letters that names here are written in: Latin-1 and Cyrillic.
int LowerTwoByte(int letter) {
  if (letter >= 0xc0 && letter <= 0xde && letter != 0xd7) return letter + 0x20;
  if (letter >= 0x400 && letter <= 0x40f) return letter + 0x50;
  if (letter >= 0x410 && letter <= 0x42f) return letter + 0x20;
  return letter;
}

// Whether it is the same number or address in another spelling: what follows the
// number, an extension, too.
bool IsSpelledOtherwise(const std::string& field, const std::string& held,
                        const std::string& value) {
  if (field == "EMAIL") return IsSameValue(field, held, value);
  if (field != "PHONE" || NormalizePhone(value).empty()) return false;
  const auto extension = [](const std::string& phone) {
    const size_t at = phone.find_first_of(";#");
    return at == std::string::npos ? "" : phone.substr(at);
  };
  return IsSameValue(field, held, value) && extension(held) == extension(value);
}

// Brings one multifield of the contact to `wanted`.
void DiffMultifield(const ClientKey& client, const std::string& field,
                    const std::vector<MultiValue>& wanted,
                    const std::vector<MultiRow>& rows, const ValueDigests& ours,
                    ContactUpdate* update) {
  std::vector<const MultiValue*> missing;
  std::set<int64_t> kept;
  const auto keep = [&](auto holds) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const MultiRow& one) {
      return kept.count(one.id) == 0 && holds(one);
    });
    if (row != rows.end()) kept.insert(row->id);
    return row != rows.end();
  };
  for (const MultiValue& value : wanted) {
    if (!keep([&](const MultiRow& row) { return row.value == value.value; })) {
      missing.push_back(&value);
    }
  }
  const auto is_ours = [&](const MultiRow& row) {
    return ours.count(DigestValue(client, field, row.value)) > 0;
  };
  // What somebody else spelled otherwise is held too, and stays as they spelled it.
  std::erase_if(missing, [&](const MultiValue* value) {
    return keep([&](const MultiRow& row) {
      return !is_ours(row) && IsSpelledOtherwise(field, row.value, value->value);
    });
  });
  std::vector<const MultiRow*> stale;
  for (const MultiRow& row : rows) {
    if (kept.count(row.id) == 0 && is_ours(row)) stale.push_back(&row);
  }
  size_t next = 0;
  for (const MultiRow* row : stale) {
    if (next < missing.size()) {
      const MultiValue& value = *missing[next++];
      const int64_t id = MutantActive(Mutant::kMultifieldWithoutId) ? 0 : row->id;
      update->values.push_back({field, id, value.value, value.type});
    } else {
      update->values.push_back({field, row->id, "", row->type});
    }
  }
  for (; next < missing.size(); ++next) {
    update->values.push_back({field, 0, missing[next]->value, missing[next]->type});
  }
}

Fields ChangedFields(const Decision& decision) {
  if (MutantActive(Mutant::kAllFieldsSent)) return decision.content.fields;
  Fields fields;
  for (const std::string& target : decision.changed) {
    const auto field = decision.content.fields.find(target);
    if (field != decision.content.fields.end()) fields.insert(*field);
  }
  return fields;
}

// `row` may be null when no part has to be held.
void CompleteAddress(const Decision& decision, const ContactRow* row,
                     ContactUpdate* update) {
  const bool touched =
      std::any_of(update->fields.begin(), update->fields.end(),
                  [](const auto& field) { return IsAddressPart(field.first); });
  if (!touched) return;
  for (const auto& [name, value] : decision.content.fields) {
    if (IsAddressPart(name)) update->fields.emplace(name, value);
  }
  if (row == nullptr) return;
  for (const std::string& name : AddressPartsToHold(decision)) {
    std::string held = FieldOf(*row, name);
    if (!held.empty()) {
      update->fields[name] = std::move(held);
    } else if (IsOf(decision, &FieldPolicies::create_only, name)) {
      update->fields.erase(name);
    }
  }
}

// Whether the policy of the field lets an update write it.
bool MayWrite(const Decision& decision, const ContactRow& row,
              const std::string& target) {
  if (IsOf(decision, &FieldPolicies::create_only, target)) return false;
  if (!IsOf(decision, &FieldPolicies::fill_empty, target)) return true;
  const auto values = row.multifields.find(target);
  return FieldOf(row, target).empty() &&
         (values == row.multifields.end() || values->second.empty());
}

}  // namespace

ContactUpdate MakeUpdate(const Decision& decision) {
  ContactUpdate update;
  update.fields = ChangedFields(decision);
  CompleteAddress(decision, nullptr, &update);
  return update;
}

ContactUpdate MakeUpdate(const Decision& decision, const ContactRow& row,
                         const ValueDigests& ours, bool compare_fields) {
  ContactUpdate update;
  if (compare_fields) {
    for (const auto& [target, value] : decision.content.fields) {
      const std::string held = FieldOf(row, target);
      if (IsSameField(target, held, value) || !MayWrite(decision, row, target)) {
        continue;
      }
      // An empty value clears only what we are known to have written.
      const bool ours_to_clear =
          ours.count(DigestValue(decision.key, target, held)) > 0 &&
          !MutantActive(Mutant::kClearedFieldStays);
      if (!value.empty() || ours_to_clear) update.fields[target] = value;
    }
  } else {
    for (const auto& field : ChangedFields(decision)) {
      if (MayWrite(decision, row, field.first)) update.fields.insert(field);
    }
  }
  CompleteAddress(decision, &row, &update);
  const std::set<std::string> changed(decision.changed.begin(), decision.changed.end());
  for (const auto& [field, wanted] : decision.content.multifields) {
    if (!compare_fields && changed.count(field) == 0) continue;
    if (!MayWrite(decision, row, field)) continue;
    const auto rows = row.multifields.find(field);
    static const std::vector<MultiRow> kNone;
    DiffMultifield(decision.key, field, wanted,
                   rows == row.multifields.end() ? kNone : rows->second, ours, &update);
  }
  return update;
}

std::vector<std::string> FieldsToRead(const Decision& decision, bool compare_fields) {
  std::vector<std::string> names;
  if (compare_fields) {
    for (const auto& [name, value] : decision.content.fields) names.push_back(name);
  }
  for (const auto& [name, values] : decision.content.multifields) names.push_back(name);
  // What policies ask about.
  for (const std::string& name : decision.changed) {
    if (IsOf(decision, &FieldPolicies::fill_empty, name)) names.push_back(name);
  }
  for (std::string& name : AddressPartsToHold(decision))
    names.push_back(std::move(name));
  return names;
}

std::string NormalizePhone(absl::string_view phone) {
  std::string digits;
  for (const char c : phone) {
    if (c == ';' || c == '#') break;  // an extension
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  // As the portal's own duplicate index does it (docs/design/portal-calls.md).
  if (digits.size() >= 10 && digits[0] == '8') digits[0] = '7';
  return digits;
}

std::string NormalizeText(absl::string_view text) {
  std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  for (size_t i = 0; i + 1 < lower.size(); ++i) {
    const auto lead = static_cast<unsigned char>(lower[i]);
    if (lead < 0xc2 || lead > 0xdf) continue;
    const auto second = static_cast<unsigned char>(lower[i + 1]);
    const int letter = LowerTwoByte((lead & 0x1f) << 6 | (second & 0x3f));
    lower[i] = static_cast<char>(0xc0 | letter >> 6);
    lower[++i] = static_cast<char>(0x80 | (letter & 0x3f));
  }
  return lower;
}

bool HasSameName(const ContactContent& content, const ContactRow& row) {
  const auto ours = [&](const char* name) {
    const auto field = content.fields.find(name);
    return field == content.fields.end() ? "" : NormalizeText(field->second);
  };
  const std::string family = ours("LAST_NAME");
  const std::string first = ours("NAME");
  const std::string held_first = NormalizeText(FieldOf(row, "NAME"));
  if (family != NormalizeText(FieldOf(row, "LAST_NAME"))) return false;
  if (family.empty()) return !first.empty() && first == held_first;
  return first.empty() || held_first.empty() || first == held_first;
}

bool IsSameValue(absl::string_view field, absl::string_view held,
                 absl::string_view value) {
  return field == "PHONE" ? NormalizePhone(held) == NormalizePhone(value)
                          : NormalizeText(held) == NormalizeText(value);
}

namespace {

// A phone or e-mail that both hold and that is no role's or relay's.
bool ShareAValue(const ContactContent& content, const ContactRow& row) {
  for (const auto& [name, rows] : row.multifields) {
    const auto values = content.multifields.find(name);
    if (values == content.multifields.end()) continue;
    for (const MultiRow& held : rows) {
      if (name == "EMAIL" && IsSharedEmail(NormalizeText(held.value))) continue;
      for (const MultiValue& value : values->second) {
        if (IsSameValue(name, held.value, value.value)) return true;
      }
    }
  }
  return false;
}

}  // namespace

bool IsSamePerson(const ContactContent& content, const ContactRow& row) {
  return HasSameName(content, row) && ShareAValue(content, row);
}

}  // namespace guestbridge::agent
