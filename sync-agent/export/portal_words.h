#pragma once

#include <optional>

#include "absl/time/time.h"
#include "sync-agent/portal/portal.h"

// What an answer of the portal says beyond its results: whether it is one, whether
// waiting helps, and for how long.
namespace guestbridge::agent {

// The portal was not reached, or what became of the request is not known.
bool IsTransportFailure(const PortalAnswer& answer);

// Something between us answers in the portal's place, its certificate is wrong, or it
// doesn't allow what is asked: waiting mends nothing of that kind.
bool NeedsAPerson(const PortalAnswer& answer);

// It came, and is none: bytes that are no text, say, which stand in one of the
// contacts.
bool IsUnreadable(const PortalAnswer& answer);

// A command that was let through to the portal, which put it off: too fast, no word
// from the authorisation server, more than it takes. Operating time has rules of its
// own.
bool IsPutOff(const CommandResult& result);

// No word of the portal about what was asked: not carried out, or nobody can tell.
bool IsUnheard(const CommandResult& result);

// What gets no usable answer, since when, and until when that is borne. Not
// thread-safe.
class Failing {
 public:
  explicit Failing(absl::Duration now) : since_(now), last_(now) {}

  absl::Duration since() const { return since_; }
  absl::Duration last() const { return last_; }
  int tries() const { return tries_; }

  // Another answer that is of no use. `person`: of a kind that a person must mend;
  // what is said again and again, with little else in between, is borne for
  // `person_patience`. False: it is time to give up.
  bool MayGoOn(bool person, absl::Duration patience, absl::Duration person_patience,
               absl::Duration now);

 private:
  absl::Duration since_;
  absl::Duration last_;
  int tries_ = 0;
  // Since when answers keep coming of a kind that a person must mend, whatever comes
  // between them; absent: none does.
  std::optional<absl::Duration> person_since_;
  int person_words_ = 0;         // of that kind, since then
  int others_since_person_ = 0;  // of other kinds, since the last of that one
};

}  // namespace guestbridge::agent
