#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "sync-agent/mapping/client_filter.h"
#include "sync-agent/mapping/field_rules.h"
#include "sync-agent/mapping/transform.h"
#include "sync-agent/model/client.h"
#include "sync-agent/model/mapped_contact.h"

// What a client's attributes become on the portal. Pure: no clock, no I/O; the same row
// on the same day gives the same contact.
// Source: docs/design/mapping.md.
namespace guestbridge::agent {

// One line of a field mapping.
struct MappingEntry {
  std::string source;  // the source's attribute, e.g. LastName
  std::string target;  // the contact's field, upper case, e.g. LAST_NAME
  // Names with arguments, e.g. "trim", "truncate:20"; empty: DefaultTransforms.
  std::vector<std::string> transforms = {};
  // Of the target: the same in each of its entries, else the strictest counts.
  enum class Policy { kOverwrite, kFillEmpty, kCreateOnly };
  Policy policy = Policy::kOverwrite;
  bool keep_when_empty = false;
};

struct MappingOptions {
  // Of phones without country code; two letters, upper case. Empty: such phones are
  // sent as written.
  std::string default_region;
  int version = 0;
  // Who has read the whole base with it, or a later version, need not read it again;
  // 0: `version`.
  int compare_version = 0;
  // Clients that were exported with an earlier one are compared with their contacts.
  int resend_version = 0;
  // Of contact fields when the version was saved, by name; may lack some.
  std::map<std::string, std::string> types = {};
  ClientFilter filter = {};
};

// What an entry without transforms gets: "date" for BIRTHDATE, "phone" for PHONE,
// "email" for EMAIL, else "trim".
std::vector<std::string> DefaultTransforms(const std::string& target);

// A mapping, checked once. Immutable, hence thread-safe.
class CompiledMapping {
 public:
  using Options = MappingOptions;

  // Errors (INVALID_ARGUMENT): as ParseTransform; FIELD_TAKEN, two sources into one
  // single-valued field.
  static absl::StatusOr<CompiledMapping> Compile(
      const std::vector<MappingEntry>& entries, MappingOptions options);

  // `today`: the last day that a birth date may be. Every mapped single-valued field is
  // in the content, empty when there is nothing to send: an update then clears it. A
  // multifield is always in the content too, with as many values as were found. What is
  // to be kept when it is empty is not in the content, but in `kept`.
  //
  // Whatever the transforms: well-formed UTF-8, no control characters (tab and line
  // breaks stay in COMMENTS and ADDRESS*), ends trimmed, no longer than the portal
  // keeps; phones in E.164 where it can be told, only e-mails in EMAIL, a birth date
  // from 1900-01-01 to `today`. What was changed or left out is a note of its field.
  MappedContact Map(const ClientRow& row, absl::CivilDay today) const;
  // The same without `fields`: what a run needs of a client, for nobody reads its
  // notes.
  MappedContact MapContent(const ClientRow& row, absl::CivilDay today) const;

  // The source attributes that Map reads, those that transforms and the filter name
  // among them; each once, in the mapping's order.
  const std::vector<std::string>& attributes() const { return attributes_; }
  // The contact fields that it feeds, each once, by name.
  std::set<std::string> targets() const;
  // What the last transform of an entry names as its results, where it does: the values
  // of a table, a constant. All that the target can be sent then; else empty.
  std::set<std::string> NamedValues(const std::string& target) const;
  // Whether an entry may leave several values, which a single-valued field is then sent
  // as one text.
  bool LeavesSeveral(const std::string& target) const;
  int version() const { return options_.version; }
  int compare_version() const {
    return options_.compare_version > 0 ? options_.compare_version : options_.version;
  }
  int resend_version() const { return options_.resend_version; }
  // The portal's type of the field when this version was saved; empty: not known.
  std::string TypeWhenSaved(const std::string& target) const;
  const std::string& default_region() const { return options_.default_region; }

 private:
  struct Entry {
    std::string source;
    std::string target;
    Capacity capacity;  // of the target
    std::vector<Transform> transforms;
  };
  void ReadAttribute(const std::string& name);
  // `field` may be null.
  void MapEntry(const Entry& entry, const ClientRow& row, absl::CivilDay today,
                MappedContact* mapped, MappedField* field) const;
  void Finish(const ClientRow& row, MappedContact* mapped) const;

  std::vector<Entry> entries_;
  std::vector<std::string> attributes_;
  std::shared_ptr<const FieldPolicies> policies_;
  MappingOptions options_;
};

}  // namespace guestbridge::agent
