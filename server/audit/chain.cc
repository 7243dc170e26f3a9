#include "server/audit/chain.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "server/audit/keys.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

using Answer = v1::VerifyAuditResponse;

constexpr int kPart = 500;

void AddLine(std::string* text, absl::string_view field, absl::string_view value) {
  if (value.empty()) return;
  absl::StrAppend(text, field, " ", value.size(), " ", value, "\n");
}

void AddLine(std::string* text, absl::string_view field, int64_t value) {
  if (value != 0) AddLine(text, field, absl::StrCat(value));
}

std::string SealedText(const store::AuditHeadRecord& head) {
  return absl::StrCat(head.number(), "\n", head.hash());
}

// What comes before the next record.
struct Link {
  int64_t number = 0;
  std::string hash;
};

// What is wrong with a record that was found where one that follows `before` belongs.
Answer::Defect DefectOf(const Document& document, const v1::AuditRecord& record,
                        const Link& before) {
  if (document.key != AuditRecordDocument(record.number())) return Answer::REORDERED;
  if (HashOf(record) != record.hash()) return Answer::CHANGED;
  if (record.previous_number() > before.number) return Answer::REMOVED;
  // One that says to follow an earlier one, or the right one with other content.
  if (record.previous_number() < before.number) return Answer::ADDED;
  return record.previous_hash() == before.hash ? Answer::DEFECT_UNSPECIFIED
                                               : Answer::CHANGED;
}

// A server of a later version has written something that this one does not hash.
bool HasUnknownFields(const v1::AuditRecord& record) {
  const auto has = [](const google::protobuf::Message& message) {
    return !message.GetReflection()->GetUnknownFields(message).empty();
  };
  return has(record) ||
         std::any_of(record.changes().begin(), record.changes().end(), has);
}

// The number of a record that can't be read is in its key.
int64_t NumberOf(const Document& document) {
  int64_t number = 0;
  return absl::SimpleAtoi(absl::string_view(document.key).substr(kAuditRecords.size()),
                          &number)
             ? number
             : 0;
}

// Goes on from `before`; stops at the first defect. Errors: AUDIT_RECORD_NEWER.
absl::Status Follow(const std::vector<Document>& documents, Link* before,
                    Answer* answer) {
  for (const Document& document : documents) {
    v1::AuditRecord record;
    const bool readable = record.ParseFromString(document.body);
    const Answer::Defect defect =
        readable ? DefectOf(document, record, *before) : Answer::CHANGED;
    if (defect == Answer::CHANGED && readable && HashOf(record) != record.hash() &&
        HasUnknownFields(record)) {
      return MakeError("AUDIT_RECORD_NEWER",
                       {{"record", absl::StrCat(NumberOf(document))}});
    }
    if (defect != Answer::DEFECT_UNSPECIFIED) {
      answer->set_defect(defect);
      // Numbers grow by one but where a database lost commits.
      answer->set_defect_number(defect == Answer::REMOVED ? before->number + 1
                                                          : NumberOf(document));
      return absl::OkStatus();
    }
    answer->set_records(answer->records() + 1);
    *before = {.number = record.number(), .hash = record.hash()};
  }
  return absl::OkStatus();
}

void CheckEnd(const std::optional<Record<store::AuditHeadRecord>>& head,
              const AuditKey& key, const Link& last, Answer* answer) {
  if (!head.has_value()) {
    if (last.number == 0) return;
    answer->set_defect(Answer::END_CHANGED);
    answer->set_defect_number(last.number);
    return;
  }
  if (key.Seal(SealedText(head->value)) != head->value.seal()) {
    answer->set_defect(Answer::END_CHANGED);
    answer->set_defect_number(head->value.number());
  } else if (head->value.number() > last.number) {
    answer->set_defect(Answer::REMOVED);
    answer->set_defect_number(last.number + 1);
  } else if (head->value.number() < last.number) {
    answer->set_defect(Answer::ADDED);
    answer->set_defect_number(head->value.number() + 1);
  } else if (head->value.hash() != last.hash) {
    answer->set_defect(Answer::CHANGED);
    answer->set_defect_number(last.number);
  }
}

}  // namespace

std::string CanonicalText(const v1::AuditRecord& record) {
  std::string text = "guestbridge audit record\n";
  AddLine(&text, "number", record.number());
  AddLine(&text, "time.seconds", record.time().seconds());
  AddLine(&text, "time.nanos", record.time().nanos());
  AddLine(&text, "principal", record.principal());
  AddLine(&text, "principal_name", record.principal_name());
  AddLine(&text, "peer", record.peer());
  AddLine(&text, "request_id", record.request_id());
  AddLine(&text, "method", record.method());
  AddLine(&text, "resource", record.resource());
  AddLine(&text, "outcome", static_cast<int64_t>(record.outcome()));
  AddLine(&text, "reason", record.reason());
  for (const v1::AuditChange& change : record.changes()) {
    text += "change\n";
    AddLine(&text, "resource", change.resource());
    AddLine(&text, "field", change.field());
    AddLine(&text, "before", change.before());
    AddLine(&text, "after", change.after());
  }
  AddLine(&text, "omitted_changes", record.omitted_changes());
  AddLine(&text, "count", record.count());
  AddLine(&text, "previous_number", record.previous_number());
  AddLine(&text, "previous_hash", record.previous_hash());
  return text;
}

std::string HashOf(const v1::AuditRecord& record) {
  return Sha256Hex(CanonicalText(record));
}

absl::Status AppendToChain(Transaction& transaction, const AuditKey& key,
                           v1::AuditRecord* record) {
  GB_ASSIGN_OR_RETURN(
      auto head, GetRecord<store::AuditHeadRecord>(transaction, kAuditHeadDocument));
  if (head.has_value()) {
    record->set_previous_number(head->value.number());
    record->set_previous_hash(head->value.hash());
  }
  GB_ASSIGN_OR_RETURN(const int64_t number, transaction.NextNumber(kAuditSequence));
  record->set_number(number);
  record->clear_name();
  record->set_hash(HashOf(*record));
  GB_RETURN_IF_ERROR(PutRecord(transaction, AuditRecordDocument(number), *record));
  store::AuditHeadRecord end;
  end.set_number(number);
  end.set_hash(record->hash());
  end.set_seal(key.Seal(SealedText(end)));
  return PutRecord(transaction, kAuditHeadDocument, end);
}

absl::StatusOr<Answer> VerifyChain(Store& store, const AuditKey& key) {
  Answer whole;
  Link last;
  std::string after;
  bool ended = false;
  while (!ended && whole.defect() == Answer::DEFECT_UNSPECIFIED) {
    Answer part;
    Link link;
    std::string read;
    GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
      part = whole;
      link = last;
      GB_ASSIGN_OR_RETURN(const std::vector<Document> documents,
                          transaction.List(kAuditRecords, after, kPart));
      GB_RETURN_IF_ERROR(Follow(documents, &link, &part));
      ended = documents.empty();
      read = ended ? after : documents.back().key;
      if (!ended) return absl::OkStatus();
      // Of the same moment as the last look at the records.
      GB_ASSIGN_OR_RETURN(const auto head, GetRecord<store::AuditHeadRecord>(
                                               transaction, kAuditHeadDocument));
      CheckEnd(head, key, link, &part);
      return absl::OkStatus();
    }));
    whole = std::move(part);
    last = std::move(link);
    after = std::move(read);
  }
  whole.set_last_number(last.number);
  whole.set_last_hash(last.hash);
  return whole;
}

}  // namespace guestbridge::server
