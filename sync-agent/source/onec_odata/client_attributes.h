#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "sync-agent/source/onec_odata/odata_session.h"
#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// What a full reading may be ordered by.
enum class CodeOrder {
  kUsable,
  kManyAlike,  // usable; a whole page of clients shares one code
  kUnusable,   // refused, or pages that don't join
};

// Reads two small pages of keys by code, as a full reading does. The data may move
// between them, so a verdict against the code is given twice. Errors: ODataSession's,
// but those that say that 1C can't.
absl::StatusOr<CodeOrder> ProbeCodeOrder(const ClientNames& names,
                                         ODataSession& session);

// Attributes of `names` that a base may lack: version, code, is_folder, deleted,
// created, as far as they are named.
std::vector<std::string> OptionalAttributes(const ClientNames& names);

// Which of the profile's standard attributes this base has. The optional ones are tried
// before the first use, for a refusal in the midst of a reading would not tell what to
// do, and some builds answer a filter by an unknown attribute with an empty list. What
// was found is kept with the connection; what was missing is looked for again after an
// hour. Thread-safe.
class ClientAttributes {
 public:
  // All outlive the object.
  ClientAttributes(const ClientNames& names, ODataSession& session, const Clock& clock);

  // Reaches 1C when nothing is known yet: one request, and one for each optional
  // attribute when one is missing. Errors: ODataSession's; SOURCE_ATTRIBUTE_MISSING:
  // the key or the contact's attribute.
  absl::Status Learn();
  // Learn, and then whether a full reading can go by code: two requests more.
  absl::Status LearnOrder();
  // An attribute was refused: Learn and LearnOrder ask again.
  void Doubt();

  // The profile's names without those that the base lacks.
  std::shared_ptr<const ClientNames> names() const;
  // A full reading goes by code.
  bool by_code() const;

 private:
  absl::Status Try(const std::vector<std::string>& select) const;

  const ClientNames profile_names_;
  ODataSession& session_;
  const Clock& clock_;
  std::mutex learning_;  // one thread learns
  mutable std::mutex mutex_;
  // Guarded by mutex_, as all below.
  std::shared_ptr<const ClientNames> names_;
  bool learned_ = false;
  bool some_missing_ = false;
  absl::Duration learned_at_;
  std::optional<bool> by_code_;
};

}  // namespace guestbridge::agent
