#include "server/first_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/identity/api_tokens.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kAtOnce = 500;

// Revoked and expired ones count too: who took the last one away meant it.
absl::StatusOr<bool> HasAdminToken(Transaction& transaction) {
  std::string after;
  while (true) {
    GB_ASSIGN_OR_RETURN(
        const auto tokens,
        ListRecords<store::ApiTokenRecord>(transaction, kApiTokenKeys, after, kAtOnce));
    for (const auto& token : tokens) {
      const std::vector<Grant> grants = GrantsOf(token.value);
      if (std::find(grants.begin(), grants.end(), Grant{Role::kAdmin, ""}) !=
          grants.end()) {
        return true;
      }
    }
    if (tokens.size() < kAtOnce) return false;
    after = tokens.back().key;
  }
}

// Whole or not at all.
absl::Status WriteFile(const std::string& file, const SecretString& token) {
  const std::string fresh = file + ".new";
  unlink(fresh.c_str());  // Of a start that was killed.
  const int out =
      open(fresh.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  const std::string line = token.Reveal() + "\n";
  const bool written =
      fchmod(out, S_IRUSR | S_IWUSR) == 0 &&
      write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(out) == 0;
  if (close(out) == 0 && written && rename(fresh.c_str(), file.c_str()) == 0) {
    return absl::OkStatus();
  }
  unlink(fresh.c_str());
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
}

}  // namespace

absl::StatusOr<std::string> MakeFirstToken(Store& store, const DataDirectory& directory,
                                           Random& random, const Clock& clock) {
  bool any = false;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(any, HasAdminToken(transaction));
    return absl::OkStatus();
  }));
  if (any) return std::string();
  const SecretString token = MintApiToken(random);
  const std::string id = MintApiTokenId(random);
  const std::string file = directory.File("admin.token");
  // Before the store knows it: a token that nobody holds must not be the only one.
  GB_RETURN_IF_ERROR(WriteFile(file, token));
  const auto written = store.Write([&](Transaction& transaction) -> absl::Status {
    // Another server may have been quicker.
    GB_ASSIGN_OR_RETURN(any, HasAdminToken(transaction));
    if (any) return absl::OkStatus();
    return PutApiToken(
               transaction, id, token,
               {.name = "first start", .grants = {{Role::kAdmin, ""}}, .agent = ""},
               clock.Now())
        .status();
  });
  // Whether the database took it may be unknown: then the file may be all that opens
  // the door at the next start. If it did not, that start writes another.
  GB_RETURN_IF_ERROR(written.status());
  if (!any) return file;
  unlink(file.c_str());
  return std::string();
}

}  // namespace guestbridge::server
