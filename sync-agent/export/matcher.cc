#include "sync-agent/export/matcher.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr int kPage = 500;
// Of one name that are looked at for a shared value.
constexpr int kMostNamesakes = 500;
constexpr size_t kMostCandidates = 10;  // that are kept for a person to choose
// Ranks of what claims no contact: only doubtful ones were found, or several good ones.
constexpr int kDoubtful = 1;
constexpr int kDoubles = 2;

std::vector<std::string> KeysOf(const std::vector<MatchValue>& values) {
  std::vector<std::string> keys;
  for (const MatchValue& value : values) keys.push_back(value.key);
  return keys;
}

bool Contains(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

struct Matcher::Seeker {
  ClientKey key;
  ContactId stored;  // what 1C holds
  MatchTraits traits;
  std::vector<MatchValue> sought;

  ContactId contact;  // claimed
  PairVerdict verdict;
  std::string found_by;               // of the verdict
  std::vector<ContactId> candidates;  // for a person to choose between
  std::vector<ContactId> refused;     // by a person

  std::string EncodeEvidence() const {
    std::string text = absl::StrCat(stored.value(), "\n", EncodeTraits(traits));
    for (const MatchValue& value : sought) {
      absl::StrAppend(&text, "\n", value.phone ? "p" : "e",
                      static_cast<int>(value.strength), value.key);
    }
    return text;
  }
  void DecodeEvidence(absl::string_view text) {
    const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
    int64_t id = 0;
    if (lines.size() < 2 || !absl::SimpleAtoi(lines[0], &id)) return;
    stored = ContactId(id);
    traits = DecodeTraits(lines[1]);
    for (size_t i = 2; i < lines.size(); ++i) {
      if (lines[i].size() < 3) continue;
      sought.push_back({std::string(lines[i].substr(2)), lines[i][0] == 'p',
                        static_cast<Strength>(lines[i][1] - '0')});
    }
  }
  std::string EncodeVerdict() const {
    std::string text = absl::StrCat(static_cast<int>(verdict.certainty), " ", found_by);
    for (const ContactId id : candidates) absl::StrAppend(&text, " ", id.value());
    return text;
  }
  void DecodeVerdict(absl::string_view text) {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
    int certainty = 0;
    if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &certainty)) return;
    verdict.certainty = static_cast<Certainty>(certainty);
    found_by = std::string(parts[1]);
    for (size_t i = 2; i < parts.size(); ++i) {
      int64_t id = 0;
      if (absl::SimpleAtoi(parts[i], &id)) candidates.emplace_back(id);
    }
  }
};

Matcher::Matcher(RunContext& context, Updater& updater)
    : context_(context),
      updater_(updater),
      digests_("", ""),
      broken_(context, MatchDigests::FieldsRead(),
              [this](const ContactRow& row, const std::set<std::string>& unread) {
                Take(row, unread);
              }) {}

std::optional<PortalLane::Job> Matcher::Next() {
  if (scan_ == nullptr) {
    if (!context_.Check(context_.ledger.ClearIndex())) return std::nullopt;
    digests_ = MatchDigests(MakeNonce(context_.random) + MakeNonce(context_.random),
                            context_.settings.mapping == nullptr
                                ? ""
                                : context_.settings.mapping->default_region());
    scan_ = std::make_unique<WindowScan>(
        context_, ContactId(0), WindowScan::Witness::kAny, ContactId(),
        MatchDigests::FieldsRead(), [this](const ContactRow& row) { Take(row); });
    scan_->PassBy([this](ContactId id, const ContactRow* row) {
      context_.tally.AddNoticeOf(id, "CONTACT_UNREADABLE");
      if (row == nullptr) return;
      if (digests_.Of(*row).traits.taken) {
        Take(*row);
      } else {
        broken_.Read(*row);
      }
    });
  }
  if (auto job = scan_->Next(); job.has_value()) return job;
  return scan_->finished() && scan_->complete() ? broken_.Next() : std::nullopt;
}

void Matcher::Take(const ContactRow& row, const std::set<std::string>& unread) {
  MatchPerson person = digests_.Of(row);
  person.traits.partly = !unread.empty() || !row.unread.empty();
  if (!row.unread.empty()) context_.tally.AddNoticeOf(row.id, "CONTACT_UNREADABLE");
  std::vector<std::string> keys = KeysOf(person.held);
  if (row.stamp.originator == context_.settings.originator &&
      !row.stamp.origin.empty()) {
    keys.push_back(OriginKey(ClientKey(row.stamp.origin).guid()));
  }
  if (std::string names = NamesKey(person.traits); !names.empty()) {
    if (unread.count("PHONE") + unread.count("EMAIL") > 0) {
      keys.push_back(UnreadValuesKey(person.traits));
    }
    keys.push_back(std::move(names));
  }
  context_.Check(context_.ledger.AddToIndex(row.id, EncodeTraits(person.traits), keys));
}

bool Matcher::indexed() {
  if (scan_ == nullptr || !scan_->finished()) return false;
  if (!scan_->complete()) context_.Fail(MakeError("LOOKUP_INCOMPLETE"));
  return !scan_->complete() || broken_.idle();
}

void Matcher::Consider(const ClientRow& row, const std::optional<ClientRecord>& record,
                       Decision decision) {
  const bool review = record.has_value() && record->link == LinkState::kReview;
  const bool open = decision.action == PlannedAction::kAdd ||
                    decision.action == PlannedAction::kCheckStored ||
                    (decision.action == PlannedAction::kDefer && review &&
                     decision.reason != kInDoubt) ||
                    (decision.reason == "EVENT_OFF" &&
                     (!record.has_value() || record->link == LinkState::kNew));
  const MatchPerson person = digests_.Of(decision.content);
  Seeker seeker;
  seeker.key = row.key;
  seeker.stored = row.contact;
  seeker.traits = person.traits;
  seeker.sought = person.sought;
  const auto added = context_.ledger.AddMatchClient(
      row.key, open ? seeker.EncodeEvidence() : "", KeysOf(person.held));
  if (!context_.Check(added.status()) || !*added || open) return;
  if (record.has_value() && record->link == LinkState::kLive) {
    ++context_.tally.progress().match.linked;
    context_.tally.Count(Outcome::kUnchanged);
    return;
  }
  context_.tally.Count(decision.action == PlannedAction::kSkip    ? Outcome::kSkipped
                       : decision.action == PlannedAction::kDefer ? Outcome::kDeferred
                       : decision.action == PlannedAction::kFail  ? Outcome::kSkipped
                                                                 : Outcome::kUnchanged);
}

void Matcher::ForEach(absl::FunctionRef<void(Seeker&)> body) {
  ClientKey after;
  while (context_.failure.ok()) {
    const auto page = context_.ledger.MatchClients(after, kPage);
    if (!context_.Check(page.status()) || page->empty()) return;
    after = page->back().key;
    for (const Ledger::MatchedClient& one : *page) {
      Seeker seeker;
      seeker.key = one.key;
      seeker.contact = one.contact;
      seeker.verdict.rank = one.rank;
      seeker.DecodeEvidence(one.evidence);
      seeker.DecodeVerdict(one.verdict);
      const auto pair = context_.ledger.Pair(one.key);
      if (!context_.Check(pair.status())) return;
      if (pair->has_value()) seeker.refused = (*pair)->refused;
      body(seeker);
      if (!context_.failure.ok()) return;
    }
  }
}

void Matcher::Keep(const Seeker& seeker) {
  context_.Check(context_.ledger.SetMatchVerdict(
      {seeker.key, "", seeker.contact, seeker.verdict.rank, seeker.EncodeVerdict()}));
}

bool Matcher::IsFree(ContactId contact, const Seeker& seeker) {
  if (Contains(seeker.refused, contact)) return false;
  const auto owner = context_.ledger.ClientOf(contact);
  if (!context_.Check(owner.status())) return false;
  return !owner->has_value() || **owner == seeker.key;
}

SharedValues Matcher::ValuesSharedWith(ContactId contact, const Seeker& seeker) {
  SharedValues values;
  for (const MatchValue& value : seeker.sought) {
    const auto held = context_.ledger.IsIndexed(value.key, contact);
    if (!context_.Check(held.status())) return values;
    if (*held) values.Add(value.phone, value.strength);
  }
  return values;
}

void Matcher::ClaimCertain(Seeker& seeker) {
  auto by_origin = context_.ledger.Lookup(OriginKey(seeker.key.guid()),
                                          static_cast<int>(kMostCandidates));
  if (!context_.Check(by_origin.status())) return;
  std::erase_if(*by_origin, [&](ContactId id) { return !IsFree(id, seeker); });
  if (!context_.failure.ok()) return;
  if (!by_origin->empty()) {
    seeker.verdict = FoundByOrigin();
    seeker.found_by = seeker.verdict.found_by;
    if (by_origin->size() == 1) {
      seeker.contact = by_origin->front();
    } else {
      seeker.verdict.certainty = Certainty::kReview;
      seeker.candidates = *std::move(by_origin);
    }
    Keep(seeker);
    return;
  }
  if (!seeker.stored.exists() || !IsFree(seeker.stored, seeker)) return;
  // The same number on two portals is chance; what the two share still pairs them.
  const auto earlier = context_.ledger.IsOfEarlierPortal(seeker.key, seeker.stored);
  if (!context_.Check(earlier.status()) || *earlier) return;
  const auto traits = context_.ledger.IndexedTraits(seeker.stored);
  if (!context_.Check(traits.status()) || !traits->has_value()) return;
  const MatchTraits held = DecodeTraits(**traits);
  if (held.taken) return;
  const PairVerdict verdict =
      JudgeStored(seeker.traits, held, ValuesSharedWith(seeker.stored, seeker));
  if (verdict.certainty == Certainty::kNone) return;
  seeker.verdict = verdict;
  seeker.found_by = verdict.found_by;
  seeker.contact = seeker.stored;
  Keep(seeker);
}

void Matcher::ClaimByValues(Seeker& seeker) {
  Ledger& ledger = context_.ledger;
  if (seeker.verdict.certainty == Certainty::kReview) return;
  if (seeker.contact.exists()) {
    const auto rival = ledger.RivalRank(seeker.contact, seeker.key);
    if (!context_.Check(rival.status()) || *rival <= seeker.verdict.rank) return;
    // Another client has the better claim to that contact.
    seeker.contact = ContactId();
    seeker.verdict = PairVerdict();
    seeker.found_by.clear();
  }

  std::map<ContactId, SharedValues> found;
  std::vector<ContactId> namesakes;
  bool namesakes_known = false;
  for (const MatchValue& value : seeker.sought) {
    const auto contacts = ledger.Lookup(value.key, kMostCarriers + 1);
    const auto carriers = ledger.CountCarriers(value.key);
    if (!context_.Check(contacts.status()) || !context_.Check(carriers.status())) {
      return;
    }
    if (value.strength != Strength::kShared &&
        contacts->size() <= static_cast<size_t>(kMostCarriers) &&
        *carriers <= kMostCarriers) {
      for (const ContactId id : *contacts) found[id].Add(value.phone, value.strength);
      continue;
    }
    // Nobody's value: only a namesake's says anything.
    if (contacts->empty() || seeker.traits.names.empty()) continue;
    if (!namesakes_known) {
      auto same = ledger.Lookup(NamesKey(seeker.traits), kMostNamesakes);
      if (!context_.Check(same.status())) return;
      namesakes = *std::move(same);
      namesakes_known = true;
    }
    for (const ContactId id : namesakes) {
      const auto held = ledger.IsIndexed(value.key, id);
      if (!context_.Check(held.status())) return;
      if (*held) found[id].Add(value.phone, Strength::kShared);
    }
  }
  // The client's phone or e-mail may be what could not be read of them.
  if (!seeker.traits.names.empty()) {
    const auto unread = ledger.Lookup(UnreadValuesKey(seeker.traits), kMostNamesakes);
    if (!context_.Check(unread.status())) return;
    for (const ContactId id : *unread) found.try_emplace(id);
  }

  std::vector<std::pair<ContactId, PairVerdict>> judged;
  Certainty best = Certainty::kNone;
  bool unsure = false;
  for (const auto& [id, values] : found) {
    const auto traits = ledger.IndexedTraits(id);
    const auto rival = ledger.RivalRank(id, seeker.key);
    if (!context_.Check(traits.status()) || !context_.Check(rival.status())) return;
    if (!traits->has_value() || *rival >= kAdopted || !IsFree(id, seeker)) continue;
    const MatchTraits held = DecodeTraits(**traits);
    if (held.taken) continue;
    const PairVerdict verdict = JudgePair(seeker.traits, held, values);
    if (verdict.certainty == Certainty::kNone) continue;
    judged.emplace_back(id, verdict);
    best = std::max(best, verdict.certainty);
    unsure = unsure || (held.partly && values.any());
  }
  // Read whole, one of them may be the better one, or as good.
  if (unsure) best = std::min(best, Certainty::kReview);
  for (const auto& [id, verdict] : judged) {
    if (verdict.certainty != best && best != Certainty::kReview) continue;
    if (seeker.candidates.size() < kMostCandidates) seeker.candidates.push_back(id);
    seeker.verdict = verdict;
    seeker.found_by = verdict.found_by;
  }
  if (best >= Certainty::kLikely && seeker.candidates.size() == 1) {
    seeker.contact = seeker.candidates.front();
    seeker.candidates.clear();
  } else if (!seeker.candidates.empty()) {
    seeker.verdict.certainty = Certainty::kReview;
    seeker.verdict.rank = best == Certainty::kReview ? kDoubtful : kDoubles;
  }
  Keep(seeker);
}

void Matcher::DropOthers(Seeker* seeker) {
  if (seeker->verdict.rank != kDoubtful) return;
  auto& candidates = seeker->candidates;
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [&](ContactId id) {
                                    const auto rival =
                                        context_.ledger.RivalRank(id, seeker->key);
                                    return context_.Check(rival.status()) && *rival > 0;
                                  }),
                   candidates.end());
  if (!candidates.empty()) return;
  seeker->found_by.clear();
  seeker->verdict = PairVerdict();
}

bool Matcher::IsUnlinked(const ClientRecord& record) {
  return record.link == LinkState::kReview &&
         (record.reason == kClientUnlinked || record.reason == kContactGoneAsk);
}

bool Matcher::IsCertain(const Seeker& seeker, const ClientRecord& record) {
  if (!seeker.contact.exists() || IsUnlinked(record) ||
      seeker.verdict.certainty == Certainty::kReview) {
    return false;
  }
  const auto rival = context_.ledger.RivalRank(seeker.contact, seeker.key);
  return context_.Check(rival.status()) && *rival < seeker.verdict.rank;
}

void Matcher::AskGuard() {
  const std::optional<int>& most = context_.settings.most_changed;
  if (!context_.settings.apply || !most.has_value()) return;
  int applied = 0;
  ForEach([&](Seeker& seeker) {
    const auto record = context_.ledger.Get(seeker.key);
    if (!context_.Check(record.status())) return;
    applied += IsCertain(seeker, record->value_or(ClientRecord{})) ? 1 : 0;
  });
  if (applied <= *most) return;
  context_.Fail(MakeError("GUARD_REFUSED", {{"limit", absl::StrCat(*most)},
                                            {"updated", absl::StrCat(applied)},
                                            {"recreated", "0"},
                                            {"deleted", "0"}}));
}

void Matcher::Conclude(Seeker seeker) {
  DropOthers(&seeker);
  MatchCounts& counts = context_.tally.progress().match;
  Ledger& ledger = context_.ledger;
  const auto record = ledger.Get(seeker.key);
  if (!context_.Check(record.status())) return;
  ClientRecord known = record->value_or(ClientRecord{});
  known.key = seeker.key;
  const bool unlinked = IsUnlinked(known);
  if (known.reason != kContactGoneAsk) known.parameters.clear();

  PairNote note;
  note.refused = seeker.refused;
  note.found_by = seeker.found_by;
  note.certainty = static_cast<int>(seeker.verdict.certainty);
  note.candidates = seeker.candidates;
  if (seeker.contact.exists()) {
    note.candidates = {seeker.contact};
    if (!IsCertain(seeker, known)) {
      note.certainty = static_cast<int>(Certainty::kReview);
    }
  }
  using Result = Ledger::MatchResult;
  const bool doubtful = note.certainty == static_cast<int>(Certainty::kReview);
  const Result result = unlinked || doubtful    ? Result::kAmbiguous
                        : note.found_by.empty() ? Result::kNew
                                                : Result::kMatched;
  if (!context_.Check(ledger.SetPair(seeker.key, note)) ||
      !context_.Check(ledger.SetMatchResult(seeker.key, result))) {
    return;
  }

  if (unlinked) {
    ++counts.ambiguous;
    context_.tally.Mark(&known, Outcome::kDeferred);
    context_.Check(ledger.Put({known}));
    return;
  }
  if (result == Result::kNew) {
    ++counts.unmatched;
    context_.tally.Count(Outcome::kSkipped);
    if (known.link == LinkState::kReview) {
      LeaveToExport(std::move(known), ContactId());
    }
    return;
  }
  known.problem = Outcome::kDeferred;
  known.dirty = false;
  known.parameters = {{"found_by", note.found_by}};
  if (result == Result::kAmbiguous) {
    ++counts.ambiguous;
    known.link = LinkState::kReview;
    known.reason = "AMBIGUOUS_MATCH";
    known.proposed = ContactId();
    known.parameters["candidates"] = absl::StrJoin(
        note.candidates, " ",
        [](std::string* out, ContactId id) { absl::StrAppend(out, id.value()); });
    context_.tally.Mark(&known, Outcome::kDeferred);
    context_.Check(ledger.Put({known}));
    return;
  }
  ++counts.matched;
  const bool adopted = seeker.verdict.rank >= kAdopted;
  if (!adopted) ++counts.proposed;
  if (adopted && !context_.settings.apply) {
    // The next export adopts it by itself: what 1C does not tell it, the ledger must.
    context_.tally.Count(Outcome::kUnchanged);
    const bool told = seeker.contact == seeker.stored;
    if (!told || known.link == LinkState::kReview) {
      LeaveToExport(std::move(known), told ? ContactId() : seeker.contact);
    }
    return;
  }
  known.link = LinkState::kReview;
  known.reason = "AWAITING_MATCH_REVIEW";
  known.proposed = seeker.contact;
  known.parameters["contact"] = absl::StrCat(seeker.contact.value());
  known.parameters["certainty"] =
      seeker.verdict.certainty == Certainty::kCertain ? "CERTAIN" : "LIKELY";
  context_.tally.Mark(&known, Outcome::kDeferred);
  if (!context_.Check(ledger.Put({known}))) return;
  if (context_.settings.apply) Link(std::move(known));
}

void Matcher::Link(ClientRecord known) {
  const std::string found_by = known.parameters["found_by"];
  known.link = LinkState::kLive;
  known.contact = known.proposed;
  known.proposed = ContactId();
  known.reason.clear();
  known.parameters.clear();
  known.problem = Outcome::kNone;
  known.dirty = true;
  known.exported = ContentDigest{};
  known.exported.fields_known = false;
  CrashPoint("agent.match.link");
  const absl::Status status = context_.ledger.Link(
      known, ContactId(), context_.Tell(HistoryKind::kAdopted, found_by));
  if (ReasonOf(status) == "CONTACT_LINKED_ELSEWHERE") return;
  if (!context_.Check(status)) return;
  ++context_.tally.progress().match.applied;
  CrashPoint("agent.match.linked");
  updater_.StampOnly(known.key, known.contact);
}

void Matcher::LeaveToExport(ClientRecord known, ContactId contact) {
  known.link = LinkState::kNew;
  known.proposed = contact;
  known.reason.clear();
  known.parameters.clear();
  known.problem = Outcome::kNone;
  known.dirty = true;
  context_.Check(context_.ledger.Put({known}));
}

void Matcher::Finish() {
  ForEach([this](Seeker& seeker) { ClaimCertain(seeker); });
  ForEach([this](Seeker& seeker) { ClaimByValues(seeker); });
  AskGuard();
  ForEach([this](Seeker& seeker) { Conclude(std::move(seeker)); });
  context_.Check(context_.failure.ok() ? context_.ledger.EndMatch()
                                       : context_.ledger.ClearIndex());
}

}  // namespace guestbridge::agent
