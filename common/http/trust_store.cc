#include "common/http/trust_store.h"

#include <sys/stat.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"

namespace guestbridge {
namespace {

// Another text once the file is another one or has other content.
std::string VersionOf(const char* file) {
  struct stat now = {};
  if (file == nullptr || stat(file, &now) != 0) return "none";
  return absl::StrCat(now.st_dev, " ", now.st_ino, " ", now.st_size, " ",
                      now.st_mtim.tv_sec, ".", now.st_mtim.tv_nsec, " ",
                      now.st_ctim.tv_sec, ".", now.st_ctim.tv_nsec);
}

// A store also keeps whatever it has looked up in the system's folders.
std::string VersionOfSystem() {
  const char* file = std::getenv(X509_get_default_cert_file_env());
  std::string version =
      VersionOf(file != nullptr ? file : X509_get_default_cert_file());
  const char* named = std::getenv(X509_get_default_cert_dir_env());
  const std::string folders = named != nullptr ? named : X509_get_default_cert_dir();
  for (const absl::string_view folder : absl::StrSplit(folders, ':')) {
    absl::StrAppend(&version, "; ", VersionOf(std::string(folder).c_str()));
  }
  return version;
}

absl::StatusOr<TrustStore> Read(const std::string& extra_ca_file) {
  TrustStore store(X509_STORE_new());
  if (store == nullptr) return MakeError("INTERNAL_ERROR");
  // A host may have none.
  X509_STORE_set_default_paths(store.get());
  if (extra_ca_file.empty()) return store;
  if (X509_STORE_load_file(store.get(), extra_ca_file.c_str()) != 1) {
    return MakeError("EXTRA_CA_UNREADABLE", {{"file", extra_ca_file}});
  }
  // An operator may trust an intermediate authority alone.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

struct Kept {
  std::string version;
  TrustStore store;
};

}  // namespace

absl::StatusOr<TrustStore> SharedTrustStore(const std::string& extra_ca_file) {
  static std::mutex mutex;
  static auto& kept = *new std::map<std::string, Kept>();  // By file; guarded by mutex.
  const std::lock_guard<std::mutex> lock(mutex);
  // Asked for first: what changes meanwhile is read again next time.
  const std::string version =
      absl::StrCat(VersionOfSystem(), "; ", VersionOf(extra_ca_file.c_str()));
  Kept& here = kept[extra_ca_file];
  if (here.store == nullptr || here.version != version) {
    absl::StatusOr<TrustStore> read = Read(extra_ca_file);
    if (!read.ok()) return std::move(read).status();
    here = {version, *std::move(read)};
  }
  X509_STORE_up_ref(here.store.get());
  return TrustStore(here.store.get());
}

}  // namespace guestbridge
