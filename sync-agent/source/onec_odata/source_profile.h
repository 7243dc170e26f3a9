#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync-agent/source/onec_odata/odata_literal.h"
#include "sync-agent/source/onec_odata/quiet_hours.h"

// How a 1C configuration names what we need: each entity and attribute is data.
//
// A profile is YAML (JSON is taken too). The built-in one, `1c-hotel`, is at the same
// time the description of the format: profile_1c_hotel.cc. An own profile stands alone,
// and what it leaves out is not used; with `extends: 1c-hotel` it changes only what it
// names (null takes a part away).
namespace guestbridge::agent {

struct ClientNames {
  std::string set;
  std::string key = "Ref_Key";
  std::string version;  // empty: none, as for each of the following
  std::string code;
  LiteralKind code_kind = LiteralKind::kText;
  std::string is_folder;
  std::string deleted;
  std::string created;
  std::map<std::string, std::string> fields;  // role -> attribute
  std::set<std::string> never_export;
  std::string contact;        // the attribute that holds the contact's ID
  std::string contact_empty;  // its value when there is none: "0" or ""
};

struct LookupNames {
  std::string set;
  std::string key = "Ref_Key";
  std::string take;
};

struct HotelNames {
  std::string set;
  std::string code;
  std::string name;
};

// An entity whose single row holds one value: a constant.
struct ConstantNames {
  std::string set;
  std::string field;
};

struct HistoryNames {
  std::string set;
  std::string period;
  std::string client;
  int overlap_seconds = 120;  // late commits: rows with an older Period appear later
};

// A private exchange plan, and the node in it that stands for guestbridge alone: two
// readers of one node lose each other's changes.
struct ExchangePlanNames {
  std::string set;   // ExchangePlan_…
  std::string node;  // its code, without padding
};

struct MessageNames {
  enum class Mode { kNone, kRegister, kMapping };
  Mode mode = Mode::kNone;
  std::string set;
  std::vector<std::string> key;  // in the order of $metadata
  std::string object;            // the client; of the key in mode kRegister
  std::string object_type;       // its type when the attribute is composite
  std::string system;            // of the key: the interaction; empty: none
  std::string system_ref;        // its GUID
  std::string date;
  std::string external_id;
  std::string status;
  std::string status_value;
  std::string direction;
  std::string direction_value;
  // Mode kMapping: what stands in the key's other attributes.
  std::string system_code;
  std::string object_type_name;
};

struct SessionRules {
  bool ib_session = true;  // use 1C sessions (IBSession) where the base knows them
  int concurrency = 1;     // requests at once, 1 or 2; two are all that a base gets
};

struct WriteRules {
  std::vector<QuietHours> quiet_hours;  // of the base's own day: writes rest, not reads
  bool data_load_mode = false;
  bool if_match = true;
  bool reread_before_patch = true;
};

struct SourceProfile {
  std::string name;
  std::string time_zone = "Europe/Moscow";  // of the base's own times
  int page_rows = 200;                      // whole rows
  int narrow_page_rows = 5000;              // rows of key and version
  int page_bytes = 2 << 20;
  ClientNames client;
  std::map<std::string, LookupNames> lookups;  // by attribute
  std::optional<HotelNames> hotels;
  std::optional<ConstantNames> identity;
  std::optional<ConstantNames> version;
  std::optional<HistoryNames> history;
  std::optional<ExchangePlanNames> exchange_plan;  // preferred to the history
  MessageNames messages;
  SessionRules session;
  WriteRules write;
};

// `text` wins over `name` when it is not empty. Errors (INVALID_ARGUMENT):
// SOURCE_PROFILE_UNKNOWN {profile}; SOURCE_PROFILE_INVALID {key, problem}.
absl::StatusOr<SourceProfile> LoadSourceProfile(absl::string_view name,
                                                absl::string_view text);

// The text of the built-in profile.
extern const char kHotelProfileText[];

}  // namespace guestbridge::agent
