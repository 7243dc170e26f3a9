#include "sync-agent/source/jsonl/jsonl_base.h"

#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr char kStoreFile[] = "clients.db";
// A caller that may be stopped waits for that long at most.
constexpr absl::Duration kPatience = absl::Seconds(10);

}  // namespace

absl::Status JsonlBase::Ready() {
  GB_RETURN_IF_ERROR(folder.OpenPlace(kState).status());
  const std::string file = folder.PathOf(kState, kStoreFile);
  if (store != nullptr && store->SameAs(file)) return absl::OkStatus();
  intake.reset();
  store.reset();
  // SQLite would follow a link.
  const auto there = folder.Open(kState, kStoreFile);
  if (!there.ok() && !absl::IsNotFound(there.status())) return there.status();
  auto opened = ClientStore::Open(file);
  if (!opened.ok()) {
    const std::string reason = ReasonOf(opened.status());
    if (reason == "DATABASE_CORRUPT" || reason == "NOT_OUR_DATABASE") {
      return MakeError("SOURCE_STORE_BROKEN", {{"path", folder.PathOf(kState, "")}});
    }
    return opened.status();
  }
  store = *std::move(opened);
  intake = std::make_unique<Intake>(folder, *store);
  return absl::OkStatus();
}

absl::StatusOr<bool> JsonlBase::TakeIn() {
  const int64_t before = intake->lines();
  const absl::StatusOr<bool> more = intake->Step();
  rows += static_cast<int>(intake->lines() - before);
  if (more.ok() && *more) ++requests;
  if (ReasonOf(more.status()) == "DATABASE_CORRUPT") {
    return MakeError("SOURCE_STORE_BROKEN", {{"path", folder.PathOf(kState, "")}});
  }
  return more;
}

absl::Status JsonlBase::CatchUp() {
  const absl::Duration begun = clock.Steady();
  while (true) {
    GB_ASSIGN_OR_RETURN(const bool more, TakeIn());
    if (!more) return absl::OkStatus();
    if (clock.Steady() - begun > kPatience) {
      return MakeError("SOURCE_FILES_PENDING", {{"path", folder.path()}});
    }
  }
}

}  // namespace guestbridge::agent
