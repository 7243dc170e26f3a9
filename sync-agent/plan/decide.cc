#include "sync-agent/plan/decide.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync-agent/model/mutant.h"
#include "sync-agent/plan/address.h"

namespace guestbridge::agent {
namespace {

using Verdict = RuleTrace::Verdict;

// Collects the rules' words; the first stop ends the questions.
class Ruling {
 public:
  Ruling(Decision& decision, Trace trace)
      : decision_(decision), traces_(trace == Trace::kWhole) {}

  void Pass(const char* rule) {
    if (traces_) decision_.rules.push_back({rule, Verdict::kPass, "", {}});
  }
  void Note(const char* rule, const char* reason, Parameters parameters = {}) {
    if (!traces_) return;
    decision_.rules.push_back({rule, Verdict::kNote, reason, std::move(parameters)});
  }
  void Stop(const char* rule, PlannedAction action, std::string reason,
            Parameters parameters = {}) {
    if (traces_) {
      decision_.rules.push_back({rule, Verdict::kStop, reason, parameters});
    }
    decision_.action = action;
    decision_.reason = std::move(reason);
    decision_.parameters = std::move(parameters);
  }

 private:
  Decision& decision_;
  const bool traces_;
};

bool IsNameless(const ContactContent& content) {
  for (const char* name : {"NAME", "LAST_NAME", "SECOND_NAME"}) {
    const auto field = content.fields.find(name);
    if (field != content.fields.end() && !field->second.empty()) return false;
  }
  for (const char* name : {"PHONE", "EMAIL"}) {
    const auto field = content.multifields.find(name);
    if (field != content.multifields.end() && !field->second.empty()) return false;
  }
  return true;
}

bool IsBlank(const ContactContent& content) {
  return std::all_of(content.fields.begin(), content.fields.end(),
                     [](const auto& field) { return field.second.empty(); }) &&
         std::all_of(content.multifields.begin(), content.multifields.end(),
                     [](const auto& field) { return field.second.empty(); });
}

bool IsEmpty(const ContactContent& content, const std::string& target) {
  const auto field = content.fields.find(target);
  if (field != content.fields.end()) return field->second.empty();
  const auto multifield = content.multifields.find(target);
  return multifield == content.multifields.end() || multifield->second.empty();
}

// Targets whose value differs from what was last exported. A target that is mapped
// since the last export and empty has nothing to say: it must not clear what others
// wrote.
std::vector<std::string> ChangedTargets(const Decision& decision,
                                        const ContentDigest& exported) {
  std::vector<std::string> changed;
  for (const auto& [target, digest] : decision.digest.fields) {
    const auto before = exported.fields.find(target);
    const bool differs = before == exported.fields.end()
                             ? !IsEmpty(decision.content, target)
                             : before->second != digest;
    if (differs) changed.push_back(target);
  }
  return changed;
}

bool Has(const FieldPolicies::Targets& targets, const std::string& target) {
  return targets.count(target) > 0;
}

// Of what an export of `decision` may send to a contact that exists.
ContentDigest DigestForUpdate(const Decision& decision) {
  if (decision.policies == nullptr || decision.policies->create_only.empty()) {
    return DigestContent(decision.key, decision.content);
  }
  ContactContent content = decision.content;
  for (const std::string& target : decision.policies->create_only) {
    content.fields.erase(target);
    content.multifields.erase(target);
  }
  return DigestContent(decision.key, content);
}

// What stays on the portal stays known as ours: when the client has a value again, it
// takes the place of the old one.
void KeepKnown(const ContentDigest& exported, Decision* decision) {
  if (decision->kept.empty()) return;
  for (const std::string& target : decision->kept) {
    const auto before = exported.fields.find(target);
    if (before != exported.fields.end()) decision->digest.fields.insert(*before);
  }
  decision->digest.values.insert(exported.values.begin(), exported.values.end());
}

// Whether the contact must be read for the sake of a policy.
bool PolicyAsks(const Decision& decision) {
  if (decision.policies == nullptr && decision.kept.empty()) return false;
  bool address = false;
  for (const std::string& target : decision.changed) {
    if (decision.policies != nullptr && Has(decision.policies->fill_empty, target)) {
      return true;
    }
    address = address || IsAddressPart(target);
  }
  return address && !AddressPartsToHold(decision).empty();
}

void DecideLive(const LinkView& view, Ruling& ruling, Decision& decision,
                const EventSwitches& events) {
  decision.contact = view.contact;
  if (decision.digest.hash == view.exported.hash &&
      !MutantActive(Mutant::kEchoExported)) {
    ruling.Note("content", "CONTENT_UNCHANGED");
    decision.action = PlannedAction::kUnchanged;
    return;
  }
  if (view.exported.fields_known) {
    decision.changed = ChangedTargets(decision, view.exported);
    if (MutantActive(Mutant::kEchoExported)) {
      for (const auto& [target, value] : decision.content.fields) {
        decision.changed.push_back(target);
      }
    }
    if (decision.changed.empty()) {
      ruling.Note("content", "CONTENT_UNCHANGED");
      decision.action = PlannedAction::kUnchanged;
      decision.refresh_digest = true;
      KeepKnown(view.exported, &decision);
      return;
    }
  }
  KeepKnown(view.exported, &decision);
  if (!events.client_changed) {
    ruling.Stop("events", PlannedAction::kSkip, "EVENT_OFF",
                {{"event", "client-changed"}});
    return;
  }
  ruling.Pass("events");
  ruling.Note("content", "CONTENT_CHANGED",
              {{"fields", absl::StrCat(decision.changed.size())}});
  decision.action = PlannedAction::kUpdate;
  decision.read_first =
      !view.exported.fields_known ||
      std::any_of(decision.changed.begin(), decision.changed.end(),
                  [&](const std::string& target) {
                    return decision.content.multifields.count(target) > 0;
                  }) ||
      PolicyAsks(decision);
}

// Marked in 1C, and what is marked is to go from the portal, too.
void DecideDeletion(const LinkView& view, Ruling& ruling, Decision& decision) {
  decision.digest = ContentDigest{};
  decision.digest.hash = kDeletionHash;
  const Parameters contact = {{"contact", absl::StrCat(view.contact.value())}};
  if (view.in_doubt) {
    // Also what may have made a contact just now.
    ruling.Stop("doubt", PlannedAction::kDefer, "IN_DOUBT");
    return;
  }
  switch (view.link) {
    case LinkView::Link::kLive:
      if (view.refused_hash == kDeletionHash && !view.refused_reason.empty()) {
        ruling.Stop("refused",
                    view.dropped ? PlannedAction::kSkip : PlannedAction::kFail,
                    view.refused_reason, view.refused_parameters);
        return;
      }
      ruling.Note("deletion-mark", "MARKED_CONTACT_TO_DELETE", contact);
      decision.contact = view.contact;
      decision.action = PlannedAction::kDelete;
      return;
    case LinkView::Link::kLost:
    case LinkView::Link::kAsked:
      ruling.Stop("deletion-mark", PlannedAction::kSkip, "MARKED_CONTACT_GONE",
                  contact);
      return;
    case LinkView::Link::kNone:
    case LinkView::Link::kReview:
    case LinkView::Link::kErased:
      ruling.Stop("deletion-mark", PlannedAction::kSkip, "MARKED_FOR_DELETION",
                  {{"policy", "delete"}});
      return;
  }
}

// Marked in 1C, which a contact is told and nobody gets one for. True: decided.
bool DecideMarked(const LinkView& view, Ruling& ruling, Decision& decision) {
  decision.marked = true;
  if (view.link == LinkView::Link::kLive) {
    ruling.Note("deletion-mark", "MARKED_CONTACT_KEPT");
    return false;
  }
  if (view.in_doubt) {
    // Also what may have made a contact just now.
    ruling.Stop("doubt", PlannedAction::kDefer, "IN_DOUBT");
  } else if (view.link == LinkView::Link::kLost ||
             view.link == LinkView::Link::kAsked) {
    ruling.Stop("deletion-mark", PlannedAction::kSkip, "MARKED_CONTACT_GONE",
                {{"contact", absl::StrCat(view.contact.value())}});
  } else {
    ruling.Stop("deletion-mark", PlannedAction::kSkip, "MARKED_FOR_DELETION",
                {{"policy", "mark"}});
  }
  return true;
}

void NoteRobots(const Policies& policies, Ruling& ruling) {
  if (policies.robots == RobotsPolicy::kNever) ruling.Note("robots", "ROBOTS_NEVER");
  if (policies.robots == RobotsPolicy::kAlways) ruling.Note("robots", "ROBOTS_ALWAYS");
}

void DecideGone(const LinkView& view, const EventSwitches& events,
                const Policies& policies, Ruling& ruling, Decision& decision) {
  const Parameters contact = {{"contact", absl::StrCat(view.contact.value())}};
  const GoneContactPolicy policy = policies.gone_contact;
  if (policy == GoneContactPolicy::kRecreate) {
    NoteRobots(policies, ruling);
    ruling.Note("ledger", "CONTACT_GONE", contact);
  }
  if (!events.contact_deleted) {
    ruling.Stop("events", PlannedAction::kSkip, "EVENT_OFF",
                {{"event", "contact-deleted"}});
    return;
  }
  ruling.Pass("events");
  decision.contact = view.contact;
  decision.contact_gone = true;
  switch (policy) {
    case GoneContactPolicy::kRecreate:
      decision.action = PlannedAction::kRecreate;
      return;
    case GoneContactPolicy::kRelink:
      ruling.Note("gone-contact", GoneContactReason(policy), contact);
      decision.action = PlannedAction::kRelink;
      return;
    case GoneContactPolicy::kAsk:
      // Asked once; what is looked for before that is no longer.
      decision.contact_gone = view.link != LinkView::Link::kAsked;
      ruling.Stop("gone-contact", PlannedAction::kDefer, GoneContactReason(policy),
                  contact);
      return;
    case GoneContactPolicy::kNever:
      ruling.Stop("gone-contact", PlannedAction::kSkip, GoneContactReason(policy),
                  contact);
      return;
  }
}

}  // namespace

const char* NameOf(PlannedAction action) {
  switch (action) {
    case PlannedAction::kAdd:
      return "ADD";
    case PlannedAction::kRecreate:
      return "RECREATE";
    case PlannedAction::kRelink:
      return "RELINK";
    case PlannedAction::kDelete:
      return "DELETE";
    case PlannedAction::kUpdate:
      return "UPDATE";
    case PlannedAction::kUnchanged:
      return "UNCHANGED";
    case PlannedAction::kCheckStored:
      return "ADOPT";
    case PlannedAction::kSkip:
      return "SKIP";
    case PlannedAction::kFail:
      return "FAIL";
    case PlannedAction::kDefer:
      return "DEFER";
  }
  return "";
}

Decision Decide(const ClientRow& row, MappedContact mapped, const LinkView& view,
                const EventSwitches& events, const Policies& policies, Trace trace) {
  Decision decision;
  decision.key = row.key;
  // Of content that won't last no version is known: the row is looked at again.
  if (mapped.lasting) decision.version = row.data_version;
  decision.stored = row.contact;
  decision.revision = view.revision + 1;
  decision.content = std::move(mapped.content);
  decision.policies = std::move(mapped.policies);
  decision.kept = std::move(mapped.kept);
  decision.digest = view.link == LinkView::Link::kLive
                        ? DigestForUpdate(decision)
                        : DigestContent(row.key, decision.content);
  decision.alone = view.answered_refusals > 0;
  Ruling ruling(decision, trace);

  const auto finish = [&]() -> Decision {
    if (trace == Trace::kNone) return std::move(decision);
    const std::set<std::string> changed(decision.changed.begin(),
                                        decision.changed.end());
    const bool all = decision.action == PlannedAction::kAdd ||
                     decision.action == PlannedAction::kRecreate;
    for (MappedField& field : mapped.fields) {
      if (view.link == LinkView::Link::kLive && decision.policies != nullptr &&
          Has(decision.policies->create_only, field.target)) {
        field.notes.push_back({"FIELD_CREATE_ONLY", {{"field", field.target}}});
      }
      decision.fields.push_back(
          {field, all ? !field.sent_value.empty() : changed.count(field.target) > 0});
    }
    return std::move(decision);
  };

  if (row.is_folder) {
    ruling.Stop("folder", PlannedAction::kSkip, "CLIENT_IS_FOLDER");
    return finish();
  }
  ruling.Pass("folder");

  if (view.link == LinkView::Link::kErased) {
    ruling.Stop("erased", PlannedAction::kSkip, "CLIENT_ERASED");
    return finish();
  }

  if (row.marked_for_deletion) {
    if (!events.client_marked_for_deletion) {
      ruling.Stop("deletion-mark", PlannedAction::kSkip, "EVENT_OFF",
                  {{"event", "client-marked-for-deletion"}});
      return finish();
    }
    switch (policies.deletion_mark) {
      case DeletionMarkPolicy::kIgnore:
        // Neither created nor changed, and its contact stays as it is.
        ruling.Stop("deletion-mark", PlannedAction::kSkip, "MARKED_FOR_DELETION",
                    {{"policy", "ignore"}});
        return finish();
      case DeletionMarkPolicy::kDelete:
        DecideDeletion(view, ruling, decision);
        return finish();
      case DeletionMarkPolicy::kMark:
        if (DecideMarked(view, ruling, decision)) return finish();
        break;
    }
  } else {
    ruling.Pass("deletion-mark");
  }

  if (!mapped.unmet.empty()) {
    ruling.Stop("filter", PlannedAction::kSkip, "FILTERED_OUT",
                {{"condition", mapped.unmet}});
    return finish();
  }
  ruling.Pass("filter");

  if (!view.refused_hash.empty() && view.refused_hash == decision.digest.hash &&
      !view.refused_reason.empty()) {
    ruling.Stop("refused", view.dropped ? PlannedAction::kSkip : PlannedAction::kFail,
                view.refused_reason, view.refused_parameters);
    return finish();
  }
  if (view.in_doubt) {
    ruling.Stop("doubt", PlannedAction::kDefer, "IN_DOUBT");
    return finish();
  }

  if (!IsNameless(decision.content)) {
    ruling.Pass("name");
  } else if (policies.export_nameless && !IsBlank(decision.content)) {
    ruling.Note("name", "NAMELESS_EXPORTED");
  } else {
    ruling.Stop("name", PlannedAction::kSkip, "NO_NAME_NO_PHONE_NO_EMAIL");
    return finish();
  }

  switch (view.link) {
    case LinkView::Link::kLive:
      ruling.Note("ledger", "LINKED_TO_CONTACT",
                  {{"contact", absl::StrCat(view.contact.value())}});
      DecideLive(view, ruling, decision, events);
      break;
    case LinkView::Link::kLost:
    case LinkView::Link::kAsked:
      DecideGone(view, events, policies, ruling, decision);
      break;
    case LinkView::Link::kReview:
      if (!view.contact.exists() && !view.review_reason.empty()) {
        ruling.Stop("match", PlannedAction::kDefer, view.review_reason,
                    view.review_parameters);
        break;
      }
      decision.parameters = view.review_parameters;
      decision.parameters["contact"] = absl::StrCat(view.contact.value());
      ruling.Stop("match", PlannedAction::kDefer, "AWAITING_MATCH_REVIEW",
                  decision.parameters);
      break;
    case LinkView::Link::kNone:
    case LinkView::Link::kErased:
      if (view.contact.exists()) {
        ruling.Note("ledger", "MATCHED_BY_ORIGIN");
        decision.contact = view.contact;
        decision.action = PlannedAction::kCheckStored;
        break;
      }
      if (row.contact.exists()) {
        ruling.Note("ledger", "CONTACT_STORED_IN_SOURCE",
                    {{"contact", absl::StrCat(row.contact.value())}});
        decision.contact = row.contact;
        decision.action = PlannedAction::kCheckStored;
        break;
      }
      NoteRobots(policies, ruling);
      ruling.Note("ledger", "NEVER_EXPORTED");
      if (!events.client_created) {
        ruling.Stop("events", PlannedAction::kSkip, "EVENT_OFF",
                    {{"event", "client-created"}});
        break;
      }
      ruling.Pass("events");
      decision.action = PlannedAction::kAdd;
      break;
  }
  return finish();
}

}  // namespace guestbridge::agent
