#include "server/identity/api_tokens.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kTokenPrefix = "gbt_";
constexpr int kTokenCharacters = 52;  // 36^52 is above 2^268.
constexpr size_t kLongestName = 200;

// The digest is looked up whole, so timing tells nothing about stored tokens.
std::string TokenKey(const SecretString& token) {
  return absl::StrCat("api-tokens/", Sha256Hex(token.Reveal()));
}

}  // namespace

absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock, Role role,
                                            absl::string_view name) {
  if (name.size() > kLongestName ||
      std::any_of(name.begin(), name.end(),
                  [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
    return MakeError("TOKEN_NAME_INVALID");
  }
  SecretString token(absl::StrCat(kTokenPrefix, RandomToken(random, kTokenCharacters)));
  store::ApiTokenRecord record;
  record.set_name(std::string(name));
  record.set_role(std::string(RoleName(role)));
  record.set_create_unix_seconds(absl::ToUnixSeconds(clock.Now()));
  const auto written = store.Write([&](Transaction& transaction) {
    return PutRecord(transaction, TokenKey(token), record);
  });
  if (!written.ok()) return written.status();
  return token;
}

absl::StatusOr<std::optional<Caller>> FindCaller(Store& store,
                                                 const SecretString& token) {
  std::optional<Caller> caller;
  if (!absl::StartsWith(token.Reveal(), kTokenPrefix)) return caller;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto record,
                        GetRecord<store::ApiTokenRecord>(transaction, TokenKey(token)));
    if (!record.has_value()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const Role role, ParseRole(record->value.role()));
    caller = Caller{record->value.name(), role};
    return absl::OkStatus();
  }));
  return caller;
}

}  // namespace guestbridge::server
