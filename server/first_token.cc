#include "server/first_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/identity/api_tokens.h"

namespace guestbridge::server {
namespace {

absl::StatusOr<bool> HasToken(Transaction& transaction) {
  GB_ASSIGN_OR_RETURN(const auto some, transaction.List(kApiTokenKeys, "", 1));
  return !some.empty();
}

absl::Status WriteFile(const std::string& file, const SecretString& token) {
  const int out =
      open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  const std::string line = token.Reveal() + "\n";
  const bool written =
      fchmod(out, S_IRUSR | S_IWUSR) == 0 &&
      write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(out) == 0;
  if (close(out) == 0 && written) return absl::OkStatus();
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
}

}  // namespace

absl::StatusOr<std::string> MakeFirstToken(Store& store, const DataDirectory& directory,
                                           Random& random, const Clock& clock) {
  bool any = false;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(any, HasToken(transaction));
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
    GB_ASSIGN_OR_RETURN(any, HasToken(transaction));
    if (any) return absl::OkStatus();
    return PutApiToken(
               transaction, id, token,
               {.name = "first start", .grants = {{Role::kAdmin, ""}}, .agent = ""},
               clock.Now())
        .status();
  });
  if (written.ok() && !any) return file;
  unlink(file.c_str());
  GB_RETURN_IF_ERROR(written.status());
  return std::string();
}

}  // namespace guestbridge::server
