#include "server/secrets/seal_index.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/sealed_fields.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// By `tokens#refresh_token`. A number of 0: the form without one.
using Numbers = std::map<std::string, uint64_t>;

std::string IndexKey(absl::string_view integration) {
  return absl::StrCat(kSealIndexes, integration);
}

std::string EntryOf(absl::string_view key, absl::string_view field) {
  return absl::StrCat(KindOfKey(key), "#", field);
}

// An index of one integration is none of another.
std::string MessageOf(absl::string_view index_key, const std::string& entries) {
  return absl::StrCat("seal index\n", index_key, "\n", entries);
}

absl::Status RolledBack(const std::string& place) {
  return MakeError("SECRET_ROLLED_BACK", {{"place", place}});
}

absl::StatusOr<Numbers> ReadIndex(Transaction& transaction, Sealer& sealer,
                                  const std::string& index_key) {
  Numbers numbers;
  GB_ASSIGN_OR_RETURN(const auto stored,
                      GetRecord<store::SealIndexRecord>(transaction, index_key));
  if (!stored.has_value()) return numbers;
  const absl::Status authentic = sealer.CheckProof(
      MessageOf(index_key, stored->value.seals()), stored->value.proof(), index_key);
  if (ReasonOf(authentic) == "SECRET_CORRUPT") return RolledBack(index_key);
  GB_RETURN_IF_ERROR(authentic);
  store::SealIndexRecord::Seals seals;
  if (!seals.ParseFromString(stored->value.seals())) return RolledBack(index_key);
  for (const auto& [entry, number] : seals.numbers()) numbers[entry] = number;
  return numbers;
}

absl::Status WriteIndex(Transaction& transaction, Sealer& sealer,
                        const std::string& index_key, const Numbers& numbers) {
  if (numbers.empty()) return transaction.Delete(index_key);
  store::SealIndexRecord::Seals seals;
  for (const auto& [entry, number] : numbers)
    (*seals.mutable_numbers())[entry] = number;
  store::SealIndexRecord record;
  record.set_seals(seals.SerializeAsString());
  record.set_proof(sealer.Prove(MessageOf(index_key, record.seals())));
  return PutRecord(transaction, index_key, record);
}

std::unique_ptr<google::protobuf::Message> Copy(
    const google::protobuf::Message& record) {
  std::unique_ptr<google::protobuf::Message> copy(record.New());
  copy->CopyFrom(record);
  return copy;
}

// Calls `visit` with each record that has sealed fields; one that is damaged is passed
// over.
absl::Status EachSealed(Transaction& transaction,
                        absl::FunctionRef<absl::Status(
                            const std::string& key, google::protobuf::Message* record)>
                            visit) {
  constexpr int kAtOnce = 200;
  for (const absl::string_view prefix : kSealedRecords) {
    std::string after;
    while (true) {
      GB_ASSIGN_OR_RETURN(const std::vector<Document> page,
                          transaction.List(prefix, after, kAtOnce));
      for (const Document& document : page) {
        const auto record = NewSealedRecord(document.key);
        if (!record->ParseFromString(document.body)) continue;
        GB_RETURN_IF_ERROR(visit(document.key, record.get()));
      }
      if (page.size() < kAtOnce) break;
      after = page.back().key;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NoteSeals(Transaction& transaction, Sealer& sealer, absl::string_view key,
                       const google::protobuf::Message& record) {
  const std::string index_key = IndexKey(IntegrationOfKey(key));
  absl::StatusOr<Numbers> known = ReadIndex(transaction, sealer, index_key);
  if (!known.ok() && ReasonOf(known.status()) != "SECRET_ROLLED_BACK") {
    return known.status();
  }
  Numbers numbers = known.ok() ? *known : Numbers();
  const Numbers before = numbers;
  const std::string of_key = EntryOf(key, "");
  for (auto it = numbers.begin(); it != numbers.end();) {
    it = absl::StartsWith(it->first, of_key) ? numbers.erase(it) : std::next(it);
  }
  GB_RETURN_IF_ERROR(VisitSealedFields(
      Copy(record).get(), [&](absl::string_view field, std::string* value) {
        const std::optional<SealHead> head = ReadSealHead(*value);
        numbers[EntryOf(key, field)] = head.has_value() ? head->number : 0;
        return absl::OkStatus();
      }));
  if (known.ok() && numbers == before) return absl::OkStatus();
  return WriteIndex(transaction, sealer, index_key, numbers);
}

absl::Status CheckSeals(Transaction& transaction, Sealer& sealer, absl::string_view key,
                        const google::protobuf::Message& record) {
  const absl::string_view integration = IntegrationOfKey(key);
  absl::StatusOr<Numbers> numbers;
  bool read = false;
  return VisitSealedFields(
      Copy(record).get(),
      [&](absl::string_view field, std::string* value) -> absl::Status {
        const std::optional<SealHead> head = ReadSealHead(*value);
        // Damage is told by whoever opens it.
        if (!head.has_value()) return absl::OkStatus();
        if (!read) {
          numbers = ReadIndex(transaction, sealer, IndexKey(integration));
          read = true;
        }
        GB_RETURN_IF_ERROR(numbers.status());
        const auto known = numbers->find(EntryOf(key, field));
        const bool in_force = known == numbers->end()
                                  ? !head->numbered && !sealer.numbers()
                                  : known->second == head->number;
        return in_force ? absl::OkStatus() : RolledBack(PlaceOf(integration, field));
      });
}

absl::StatusOr<bool> HasNumberedSeals(Transaction& transaction) {
  bool has = false;
  GB_RETURN_IF_ERROR(EachSealed(
      transaction, [&](const std::string&, google::protobuf::Message* record) {
        return VisitSealedFields(record, [&](absl::string_view, std::string* value) {
          const std::optional<SealHead> head = ReadSealHead(*value);
          has = has || (head.has_value() && head->numbered);
          return absl::OkStatus();
        });
      }));
  return has;
}

absl::Status IndexUnnumbered(Transaction& transaction, Sealer& sealer) {
  return EachSealed(
      transaction,
      [&](const std::string& key, google::protobuf::Message* record) -> absl::Status {
        const std::string index_key = IndexKey(IntegrationOfKey(key));
        absl::StatusOr<Numbers> numbers = ReadIndex(transaction, sealer, index_key);
        if (ReasonOf(numbers.status()) == "SECRET_ROLLED_BACK") return absl::OkStatus();
        GB_RETURN_IF_ERROR(numbers.status());
        const size_t before = numbers->size();
        GB_RETURN_IF_ERROR(
            VisitSealedFields(record, [&](absl::string_view field, std::string* value) {
              const std::optional<SealHead> head = ReadSealHead(*value);
              if (head.has_value() && !head->numbered) {
                numbers->emplace(EntryOf(key, field), uint64_t{0});
              }
              return absl::OkStatus();
            }));
        if (numbers->size() == before) return absl::OkStatus();
        return WriteIndex(transaction, sealer, index_key, *numbers);
      });
}

absl::StatusOr<bool> ProveAnew(Transaction& transaction, Sealer& sealer,
                               absl::string_view key) {
  const std::string index_key(key);
  GB_ASSIGN_OR_RETURN(const auto stored,
                      GetRecord<store::SealIndexRecord>(transaction, index_key));
  if (!stored.has_value() || KeyIdOfProof(stored->value.proof()) == sealer.KeyId()) {
    return false;
  }
  GB_ASSIGN_OR_RETURN(const Numbers numbers, ReadIndex(transaction, sealer, index_key));
  GB_RETURN_IF_ERROR(WriteIndex(transaction, sealer, index_key, numbers));
  return true;
}

}  // namespace guestbridge::server
