#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/store.h"

// Documents as messages of record.proto. `T` is the message that record.proto names
// beside the key.
namespace guestbridge::server {

template <typename T>
struct Record {
  std::string key;
  T value;
  int64_t version = 0;  // The etag.
};

// Errors: DATABASE_CORRUPT (DATA_LOSS) when the document is no `T`.
template <typename T>
absl::StatusOr<Record<T>> DecodeRecord(Document document) {
  Record<T> record{std::move(document.key), T(), document.version};
  if (!record.value.ParseFromString(document.body)) {
    return MakeError("DATABASE_CORRUPT",
                     {{"file", absl::StrCat("record ", record.key)}});
  }
  return record;
}

// Absence is not an error.
template <typename T>
absl::StatusOr<std::optional<Record<T>>> GetRecord(Transaction& transaction,
                                                   absl::string_view key) {
  GB_ASSIGN_OR_RETURN(std::optional<Document> document, transaction.Get(key));
  if (!document.has_value()) return std::optional<Record<T>>();
  GB_ASSIGN_OR_RETURN(Record<T> record, DecodeRecord<T>(*std::move(document)));
  return std::optional<Record<T>>(std::move(record));
}

// Order and limits as Transaction::List.
template <typename T>
absl::StatusOr<std::vector<Record<T>>> ListRecords(Transaction& transaction,
                                                   absl::string_view prefix,
                                                   absl::string_view after, int limit,
                                                   bool descending = false) {
  GB_ASSIGN_OR_RETURN(std::vector<Document> documents,
                      transaction.List(prefix, after, limit, descending));
  std::vector<Record<T>> records;
  records.reserve(documents.size());
  for (Document& document : documents) {
    GB_ASSIGN_OR_RETURN(Record<T> record, DecodeRecord<T>(std::move(document)));
    records.push_back(std::move(record));
  }
  return records;
}

template <typename T>
absl::Status PutRecord(Transaction& transaction, absl::string_view key,
                       const T& value) {
  return transaction.Put(key, value.SerializeAsString());
}

}  // namespace guestbridge::server
