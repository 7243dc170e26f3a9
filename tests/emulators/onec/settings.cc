#include "tests/emulators/onec/settings.h"

#include <nlohmann/json.hpp>

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

struct Flag {
  const char* name;
  bool Settings::*field;
};
constexpr Flag kFlags[] = {
    {"unknown_filter_field_empty", &Settings::unknown_filter_field_empty},
    {"datetime_fractions", &Settings::datetime_fractions},
    {"case_sensitive_collation", &Settings::case_sensitive_collation},
    {"unstable_order", &Settings::unstable_order},
    {"inlinecount_ignores_paging", &Settings::inlinecount_ignores_paging},
    {"if_match_honoured", &Settings::if_match_honoured},
    {"load_mode_supported", &Settings::load_mode_supported},
    {"contact_id_adds_history", &Settings::contact_id_adds_history},
    {"history_on_create", &Settings::history_on_create},
    {"history_before_values", &Settings::history_before_values},
    {"honour_ref_key_on_create", &Settings::honour_ref_key_on_create},
    {"null_version_on_create", &Settings::null_version_on_create},
    {"silent_write_loss", &Settings::silent_write_loss},
    {"load_mode_registers", &Settings::load_mode_registers},
    {"select_overlap_locks", &Settings::select_overlap_locks},
    {"ib_session", &Settings::ib_session},
};

struct Number {
  const char* name;
  int Settings::*field;
};
constexpr Number kNumbers[] = {
    {"request_ms", &Settings::request_ms},
    {"write_ms", &Settings::write_ms},
    {"metadata_ms", &Settings::metadata_ms},
    {"metadata_mb", &Settings::metadata_mb},
    {"slice_ms", &Settings::slice_ms},
    {"select_ms", &Settings::select_ms},
    {"row_us", &Settings::row_us},
    {"skipped_row_us", &Settings::skipped_row_us},
    {"cold_start_ms", &Settings::cold_start_ms},
    {"idle_s", &Settings::idle_s},
    {"max_concurrent", &Settings::max_concurrent},
    {"session_ms", &Settings::session_ms},
    {"session_idle_s", &Settings::session_idle_s},
    {"dead_session_status", &Settings::dead_session_status},
    {"licences", &Settings::licences},
};

struct NameSet {
  const char* name;
  std::set<std::string> Settings::*field;
};
constexpr NameSet kSets[] = {
    {"denied_read", &Settings::denied_read},
    {"denied_write", &Settings::denied_write},
    {"rls_hidden", &Settings::rls_hidden},
    {"silent_loss_fields", &Settings::silent_loss_fields},
};

bool MergeSet(const json& change, bool present_means, std::set<std::string>& set) {
  if (!change.is_object()) return false;
  for (const auto& [name, value] : change.items()) {
    if (!value.is_boolean()) return false;
    if (value.get<bool>() == present_means) {
      set.insert(name);
    } else {
      set.erase(name);
    }
  }
  return true;
}

bool MergeTexts(const json& change, std::map<std::string, std::string>& map) {
  if (!change.is_object()) return false;
  for (const auto& [name, value] : change.items()) {
    if (value.is_string()) {
      map[name] = value.get<std::string>();
    } else if (value.is_null()) {
      map.erase(name);
    } else {
      return false;
    }
  }
  return true;
}

bool ApplyOne(const std::string& name, const json& value, Settings& settings) {
  for (const Flag& flag : kFlags) {
    if (name != flag.name) continue;
    if (value.is_boolean()) settings.*flag.field = value.get<bool>();
    return value.is_boolean();
  }
  for (const Number& number : kNumbers) {
    if (name != number.name) continue;
    const bool good = value.is_number_integer() && value.get<std::int64_t>() >= 0 &&
                      value.get<std::int64_t>() <= 3'600'000;
    if (good) settings.*number.field = value.get<int>();
    return good;
  }
  for (const NameSet& set : kSets) {
    if (name == set.name) return MergeSet(value, true, settings.*set.field);
  }
  if (name == "composition") return MergeSet(value, false, settings.unpublished);
  if (name == "refused") return MergeTexts(value, settings.refused);
  if (name == "handler_sets") return MergeTexts(value, settings.handler_sets);
  if (name == "version_shape") {
    const bool known = value == "object" || value == "object-high" ||
                       value == "object-high-little" || value == "database";
    if (known) settings.version_shape = value.get<std::string>();
    return known;
  }
  if (name == "byte_budget") {
    if (value.is_number_integer()) settings.byte_budget = value.get<std::int64_t>();
    return value.is_number_integer();
  }
  if (name == "language") {
    if (value != "ru" && value != "en") return false;
    settings.language = value.get<std::string>();
    return true;
  }
  if (name == "composite" && value.is_object()) {
    for (const auto& [set, names] : value.items()) {
      if (!MergeSet(names, true, settings.composite[set])) return false;
    }
    return true;
  }
  if (name == "renamed" && value.is_object()) {
    for (const auto& [set, names] : value.items()) {
      if (!MergeTexts(names, settings.renamed[set])) return false;
    }
    return true;
  }
  return false;
}

}  // namespace

std::string ApplyChange(const json& change, Settings& settings) {
  if (!change.is_object()) return "(not an object)";
  Settings next = settings;
  for (const auto& [name, value] : change.items()) {
    if (!ApplyOne(name, value, next)) return name;
  }
  settings = next;
  return "";
}

json ToJson(const Settings& settings) {
  json out;
  for (const Flag& flag : kFlags) out[flag.name] = settings.*flag.field;
  for (const Number& number : kNumbers) out[number.name] = settings.*number.field;
  for (const NameSet& set : kSets) out[set.name] = settings.*set.field;
  out["unpublished"] = settings.unpublished;
  out["refused"] = settings.refused;
  out["handler_sets"] = settings.handler_sets;
  out["version_shape"] = settings.version_shape;
  out["renamed"] = settings.renamed;
  out["composite"] = settings.composite;
  out["byte_budget"] = settings.byte_budget;
  out["language"] = settings.language;
  return out;
}

}  // namespace guestbridge::testing::onec
