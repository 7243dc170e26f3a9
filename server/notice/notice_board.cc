#include "server/notice/notice_board.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "common/text/catalogue.h"
#include "nlohmann/json.hpp"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::Duration kLasting = absl::Minutes(1);
// Another server, or this one once more, tells what was claimed but not told by then.
constexpr absl::Duration kClaim = absl::Minutes(5);

std::string KeyOf(const std::string& id) { return absl::StrCat("notices/", id); }

// Whoever sets an integration up knows that it is not.
bool IsNews(const v1::Explanation& item) {
  return item.reason() != "CONNECTION_NOT_SET" && item.reason() != "MAPPING_NOT_SAVED";
}

Json InBothLanguages(const v1::Explanation& item, bool remedy) {
  const Parameters parameters(item.parameters().begin(), item.parameters().end());
  const auto text = [&](Language language) {
    return remedy ? RenderRemedy(item.reason(), parameters, language)
                  : RenderMessage(item.reason(), parameters, language);
  };
  return {{"en", text(Language::kEnglish)}, {"ru", text(Language::kRussian)}};
}

}  // namespace

std::string NoticeJson(const v1::IntegrationStatus& status) {
  Json attention = Json::array();
  for (const v1::Explanation& item : status.attention()) {
    if (!IsNews(item)) continue;
    attention.push_back({{"reason", item.reason()},
                         {"message", InBothLanguages(item, /*remedy=*/false)},
                         {"remedy", InBothLanguages(item, /*remedy=*/true)}});
  }
  const Json notice = {{"integration", status.integration()},
                       {"displayName", status.display_name()},
                       {"state", attention.empty() ? "RECOVERED" : "ATTENTION"},
                       {"attention", attention}};
  return notice.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<NoticeBoard::Reasons> NoticeBoard::LastTold(const std::string& id) {
  Reasons told;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto stored,
                        GetRecord<store::NoticeRecord>(transaction, KeyOf(id)));
    told.clear();
    if (stored.has_value()) {
      told.insert(stored->value.told().begin(), stored->value.told().end());
    }
    return absl::OkStatus();
  }));
  return told;
}

NoticeBoard::Reasons NoticeBoard::Lasting(const std::string& id, const Reasons& reasons,
                                          const Reasons& told) {
  const absl::Duration now = clock_.Steady();
  Sights& sights = seen_[id];
  for (const Reasons* const some : {&reasons, &told}) {
    for (const std::string& reason : *some) {
      sights.try_emplace(reason, Sight{reasons.count(reason) > 0, now});
    }
  }
  Reasons lasting = told;
  for (auto& [reason, sight] : sights) {
    const bool there = reasons.count(reason) > 0;
    if (sight.there != there) sight = {there, now};
    if (now - sight.since < kLasting) continue;
    if (there) {
      lasting.insert(reason);
    } else {
      lasting.erase(reason);
    }
  }
  return lasting;
}

absl::StatusOr<bool> NoticeBoard::Claim(const std::string& id, const Reasons& reasons) {
  const absl::Time now = clock_.Now();
  bool claimed = false;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            claimed = false;
            GB_ASSIGN_OR_RETURN(auto stored,
                                GetRecord<store::NoticeRecord>(transaction, KeyOf(id)));
            store::NoticeRecord record =
                stored.has_value() ? stored->value : store::NoticeRecord();
            const Reasons told(record.told().begin(), record.told().end());
            const absl::Time until =
                absl::FromUnixSeconds(record.claimed_until_unix_seconds());
            // A clock that was set back must not keep it for ever.
            const bool by_another = until > now && until <= now + kClaim;
            if (told == reasons || by_another) return absl::OkStatus();
            record.set_claimed_until_unix_seconds(absl::ToUnixSeconds(now + kClaim));
            claimed = true;
            return PutRecord(transaction, KeyOf(id), record);
          })
          .status());
  return claimed;
}

absl::Status NoticeBoard::Told(const std::string& id, const Reasons& reasons) {
  return store_
      .Write([&](Transaction& transaction) {
        store::NoticeRecord record;
        record.mutable_told()->Assign(reasons.begin(), reasons.end());
        return PutRecord(transaction, KeyOf(id), record);
      })
      .status();
}

absl::Status NoticeBoard::Consider(const std::string& id,
                                   const v1::IntegrationStatus& status) {
  Reasons reasons;
  for (const v1::Explanation& item : status.attention()) {
    if (IsNews(item)) reasons.insert(item.reason());
  }
  GB_ASSIGN_OR_RETURN(const Reasons told, LastTold(id));
  const Reasons lasting = Lasting(id, reasons, told);
  // Nearly always: without a write, for which others would wait.
  if (lasting == told) return absl::OkStatus();
  // One that is not there at the moment can't be told of; it is looked at again.
  if (!std::includes(reasons.begin(), reasons.end(), lasting.begin(), lasting.end())) {
    return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const bool claimed, Claim(id, lasting));
  if (!claimed) return absl::OkStatus();
  v1::IntegrationStatus news = status;
  auto& attention = *news.mutable_attention();
  attention.erase(std::remove_if(attention.begin(), attention.end(),
                                 [&](const v1::Explanation& item) {
                                   return lasting.count(item.reason()) == 0;
                                 }),
                  attention.end());
  GB_RETURN_IF_ERROR(tell_(NoticeJson(news)));
  log::Info("notice_told", {{"integration", id}, {"reasons", lasting.size()}});
  return Told(id, lasting);
}

void NoticeBoard::Tick() {
  const absl::StatusOr<v1::Status> status = look_();
  if (!status.ok()) {
    log::Warning("notice_look_failed", {{"error", status.status()}});
    return;
  }
  for (const v1::IntegrationStatus& one : status->integrations()) {
    const std::string id(absl::StripPrefix(one.integration(), "integrations/"));
    // Whoever switched it off knows; what was wrong with it is not mended by that.
    if (!one.active()) {
      seen_.erase(id);
      continue;
    }
    const absl::Status told = Consider(id, one);
    if (!told.ok()) {
      log::Warning("notice_failed", {{"integration", id}, {"error", told}});
    }
  }
}

}  // namespace guestbridge::server
