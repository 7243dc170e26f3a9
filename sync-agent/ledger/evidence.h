#pragma once

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/text/catalogue.h"
#include "sync-agent/model/ids.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {

// Why an attempt counts as settled. There is no other way to settle one, and no
// evidence without one of these facts (docs/design/exactly-once.md, invariant I3).
class Evidence {
 public:
  enum class Kind {
    kDone,          // the command's own slot held its success (for an ADD: the ID)
    kNotExecuted,   // a listed answer that precedes execution; the same may be sent
                    // again
    kRefused,       // a listed answer that precedes execution; the content is at fault
    kFound,         // the portal holds it: exact origin, read after the attempt
    kNone,          // a look-up that began too early: proves nothing
    kCompleteMiss,  // a whole look-up that began at least the settle time after the
                    // last byte could have left did not find it
  };

  static Evidence Done(ContactId id) { return Evidence(Kind::kDone, id); }
  static Evidence NotExecuted() { return Evidence(Kind::kNotExecuted, ContactId()); }
  static Evidence Refused(std::string reason, Parameters parameters) {
    Evidence evidence(Kind::kRefused, ContactId());
    evidence.reason_ = std::move(reason);
    evidence.parameters_ = std::move(parameters);
    return evidence;
  }
  static Evidence Found(ContactId id) { return Evidence(Kind::kFound, id); }
  // It bears the client's origin, but another attempt wrote it last: what it holds is
  // not this attempt's content. `values`: what its stamp names as ours.
  static Evidence FoundOther(ContactId id, ValueDigests values) {
    Evidence evidence(Kind::kFound, id);
    evidence.other_ = true;
    evidence.values_ = std::move(values);
    return evidence;
  }
  // Both on the steady clock of this process: the look-up's first request left at
  // `begun`; `due` is the settle time after the last byte could have left. A look-up
  // that began earlier proves nothing, and says so by staying unsettled.
  static Evidence CompleteMiss(absl::Duration begun, absl::Duration due) {
    return Evidence(begun >= due ? Kind::kCompleteMiss : Kind::kNone, ContactId());
  }

  Kind kind() const { return kind_; }
  bool proves_something() const { return kind_ != Kind::kNone; }
  ContactId id() const { return id_; }
  const std::string& reason() const { return reason_; }
  const Parameters& parameters() const { return parameters_; }
  bool other() const { return other_; }
  const ValueDigests& values() const { return values_; }

 private:
  Evidence(Kind kind, ContactId id) : kind_(kind), id_(id) {}
  Kind kind_;
  ContactId id_;
  std::string reason_;
  Parameters parameters_;
  bool other_ = false;
  ValueDigests values_;
};

}  // namespace guestbridge::agent
