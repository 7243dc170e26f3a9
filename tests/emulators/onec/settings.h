// The switches of the emulated base: where the fact sheet says "UNCERTAIN", "by
// version" or "switch", the choice is a setting, and its default is what was seen live.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SETTINGS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SETTINGS_H_

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

namespace guestbridge::testing::onec {

struct Settings {
  // Access
  std::string language = "ru";        // of error texts: ru or en
  std::set<std::string> unpublished;  // sets taken out of the composition
  std::set<std::string> denied_read;  // sets the user has no right to read
  std::set<std::string> denied_write;
  std::set<std::string> rls_hidden;  // guids of clients hidden from the user
  // set -> configuration name -> name shown by OData
  std::map<std::string, std::map<std::string, std::string>> renamed;
  // set -> references X_Key that are published as X and X_Type: the list of their types
  // was made longer
  std::map<std::string, std::set<std::string>> composite;

  // Queries
  bool unknown_filter_field_empty = false;  // instead of 400
  bool datetime_fractions = false;          // dropped instead of rejected
  bool case_sensitive_collation = false;
  bool unstable_order = false;              // storage order changes between requests
  bool inlinecount_ignores_paging = false;  // vendor's text instead of live reports

  // Writes
  bool if_match_honoured = false;       // 412 on a stale version
  bool load_mode_supported = true;      // otherwise code 17
  bool contact_id_adds_history = true;  // a write of B24ContactID alone
  bool history_on_create = true;
  bool history_before_values = false;  // rows hold the values before the change
  bool honour_ref_key_on_create = false;
  bool null_version_on_create = false;  // the vendor's example
  bool silent_write_loss = false;       // 200 and a whole object, nothing stored
  std::set<std::string>
      silent_loss_fields;  // 200, but these attributes keep their value
  std::map<std::string, std::string> refused;  // client guid -> text of the handler
  // Attribute -> text that the handler of a normal write by OData sets in every client
  // that is changed.
  std::map<std::string, std::string> handler_sets;
  // How DataVersion counts: "object" (the last bytes, for each object), "object-high"
  // and "object-high-little" (the same in the first four bytes, big and little endian),
  // "database" (one counter for all writes of the base).
  std::string version_shape = "object";

  // Exchange plan
  bool load_mode_registers = true;    // a write in load mode is registered too
  bool select_overlap_locks = false;  // SelectChanges while another one runs

  // Load, milliseconds unless named otherwise
  int request_ms = 0;
  int write_ms = 0;
  int metadata_ms = 0;
  int metadata_mb = 0;  // types of other objects beside those that are published
  int slice_ms = 0;
  int select_ms = 0;       // SelectChanges
  int row_us = 0;          // a served row
  int skipped_row_us = 0;  // a row dropped by $skip
  int cold_start_ms = 0;   // first request, and first after idle_s
  int idle_s = 30;
  int max_concurrent = 0;         // further requests wait; 0 = no limit
  bool ib_session = false;        // the header IBSession has an effect
  int session_ms = 0;             // a request that is a session of its own
  int session_idle_s = 20;        // a started session dies after it
  int dead_session_status = 400;  // by version: 400, 404 or 500
  int licences = 0;               // sessions at once; 0 = no limit
  std::int64_t byte_budget = 0;   // a larger answer fails with 500; 0 = no limit
};

// Changes only what `change` names. Sets and maps are merged: in "composition",
// "denied_read", "denied_write", "rls_hidden", "silent_loss_fields" and each set of
// "composite" an entry is {"name": bool}; in "refused", "handler_sets" and "renamed" a
// null removes the entry.
// Returns the first unknown or ill-typed name; empty when all was taken.
std::string ApplyChange(const nlohmann::json& change, Settings& settings);
nlohmann::json ToJson(const Settings& settings);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SETTINGS_H_
