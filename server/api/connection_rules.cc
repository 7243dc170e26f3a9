#include "server/api/connection_rules.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/file_url.h"
#include "server/api/portal_address.h"
#include "server/api/proto_time.h"
#include "server/api/source_profile.h"

namespace guestbridge::server {
namespace {

constexpr size_t kSecretLimit = 4096;
constexpr size_t kTextLimit = 200;
constexpr double kMaxWriteBackRate = 1000;

// ISO 3166-1 alpha-2, each followed by a blank.
constexpr absl::string_view kRegions =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM "
    "BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX "
    "CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG "
    "GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV "
    "LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE "
    "NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO "
    "RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF "
    "WS YE YT ZA ZM ZW ";

absl::Status Missing(absl::string_view field) {
  return MakeFieldError(field, "FIELD_REQUIRED");
}

absl::Status Invalid(absl::string_view field) {
  return MakeFieldError(field, "FIELD_INVALID");
}

// Something that travels in a URL or a header: visible ASCII only.
bool IsVisibleAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 127; });
}

// `flag` is what the command line calls it.
absl::Status CheckSecret(const std::string& secret, absl::string_view field,
                         absl::string_view flag) {
  if (secret.size() <= kSecretLimit) return absl::OkStatus();
  return MakeFieldError(field, "SECRET_INVALID", {{"secret", std::string(flag)}});
}

absl::Status CheckWebhook(const v1::WebhookAuth& given, CheckedConnection* checked) {
  if (given.user_id() <= 0) {
    return Invalid("connection.webhook.user_id");
  }
  checked->settings.mutable_webhook()->set_user_id(given.user_id());
  if (given.secret().empty()) return absl::OkStatus();
  GB_RETURN_IF_ERROR(
      CheckSecret(given.secret(), "connection.webhook.secret", "webhook-secret"));
  const bool plain =
      std::all_of(given.secret().begin(), given.secret().end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
               c == '_';
      });
  if (!plain) {
    return MakeFieldError("connection.webhook.secret", "SECRET_INVALID",
                          {{"secret", "webhook-secret"}});
  }
  checked->webhook_secret = SecretString(given.secret());
  return absl::OkStatus();
}

absl::Status CheckOAuth(const v1::OAuthAuth& given, CheckedConnection* checked) {
  if (given.client_id().empty()) return Missing("connection.oauth.client_id");
  if (given.client_id().size() > kTextLimit || !IsVisibleAscii(given.client_id())) {
    return Invalid("connection.oauth.client_id");
  }
  GB_RETURN_IF_ERROR(CheckSecret(given.client_secret(),
                                 "connection.oauth.client_secret", "client-secret"));
  GB_RETURN_IF_ERROR(CheckSecret(given.refresh_token(),
                                 "connection.oauth.refresh_token", "refresh-token"));
  checked->settings.mutable_oauth()->set_client_id(given.client_id());
  if (!given.client_secret().empty()) {
    checked->client_secret = SecretString(given.client_secret());
  }
  if (!given.refresh_token().empty()) {
    checked->refresh_token = SecretString(given.refresh_token());
  }
  return absl::OkStatus();
}

// Files in a folder of the agent's machine: nothing but the path can be judged here.
// User, password and profile have no meaning there; given ones would be a mistake.
absl::Status CheckFolder(const v1::SourceSettings& given, CheckedConnection* checked) {
  v1::SourceSettings& source = *checked->settings.mutable_source();
  source.set_type(given.type());
  const std::optional<std::string> path = PathOfFileUrl(given.url());
  if (!path.has_value()) {
    // What stands before an @ may be a password.
    const bool at = absl::StrContains(given.url(), "@");
    return MakeFieldError("connection.source.url", "SOURCE_FOLDER_INVALID",
                          {{"url", at ? "…@…" : given.url()}});
  }
  source.set_url(FileUrlOf(*path));
  checked->source_key = absl::StrCat("file:", *path);
  if (!given.user().empty()) return Invalid("connection.source.user");
  if (!given.password().empty()) return Invalid("connection.source.password");
  if (!given.profile().empty() || !given.profile_text().empty()) {
    return Invalid("connection.source.profile");
  }
  checked->source_password = SecretString();
  return absl::OkStatus();
}

absl::Status CheckSource(const v1::SourceSettings& given, CheckedConnection* checked) {
  v1::SourceSettings& source = *checked->settings.mutable_source();
  if (given.type() == "jsonl") return CheckFolder(given, checked);
  if (given.type() != "onec-odata") {
    return MakeFieldError("connection.source.type", "SOURCE_TYPE_UNKNOWN",
                          {{"type", given.type()}});
  }
  source.set_type(given.type());
  GB_ASSIGN_OR_RETURN(const SourceAddress address, NormalizeSourceUrl(given.url()));
  source.set_url(address.url);
  checked->source_key = address.key;
  if (given.user().empty()) return Missing("connection.source.user");
  // RFC 7617: the first colon ends the user of Basic authentication.
  if (given.user().size() > kTextLimit || absl::StrContains(given.user(), ":")) {
    return Invalid("connection.source.user");
  }
  source.set_user(given.user());
  GB_RETURN_IF_ERROR(
      CheckSecret(given.password(), "connection.source.password", "source-password"));
  if (!given.password().empty() || given.password_set()) {
    checked->source_password = SecretString(given.password());
  }
  if (!given.profile_text().empty()) {
    GB_RETURN_IF_ERROR(CheckProfileText(given.profile_text()));
    source.set_profile_text(given.profile_text());
    source.set_profile(given.profile());
  } else {
    if (!given.profile().empty() && given.profile() != "1c-hotel") {
      return MakeFieldError("connection.source.profile", "SOURCE_PROFILE_UNKNOWN",
                            {{"profile", given.profile()}});
    }
    source.set_profile("1c-hotel");
  }
  return absl::OkStatus();
}

absl::Status CheckPortal(const v1::Connection& given, const ConnectionPolicy& policy,
                         v1::Connection* settings) {
  GB_ASSIGN_OR_RETURN(const std::string host, NormalizeApiServer(given.api_server()));
  if (!policy.allow_private_portals && IsPrivateHost(host)) {
    return MakeFieldError("connection.api_server", "PORTAL_ADDRESS_REFUSED",
                          {{"host", host}});
  }
  settings->set_api_server(host);
  if (given.port() < 0 || given.port() > 65535) {
    return MakeFieldError("connection.port", "PORT_INVALID",
                          {{"port", absl::StrCat(given.port())}});
  }
  settings->set_port(given.port() == 0 ? 443 : given.port());
  if (!given.ssl()) return MakeFieldError("connection.ssl", "SSL_REQUIRED");
  settings->set_ssl(true);
  return absl::OkStatus();
}

absl::Status CheckHotel(const v1::Connection& given, v1::Connection* settings) {
  const std::string hotel(absl::StripAsciiWhitespace(given.hotel()));
  if (hotel.empty()) return MakeFieldError("connection.hotel", "HOTEL_REQUIRED");
  if (hotel.size() > 2 * kTextLimit) return Invalid("connection.hotel");
  settings->set_hotel(hotel);
  return absl::OkStatus();
}

absl::Status CheckAuth(const v1::Connection& given, CheckedConnection* checked) {
  switch (given.auth_case()) {
    case v1::Connection::kWebhook:
      return CheckWebhook(given.webhook(), checked);
    case v1::Connection::kOauth:
      return CheckOAuth(given.oauth(), checked);
    default:
      return MakeFieldError("connection.webhook", "AUTH_REQUIRED");
  }
}

absl::Status CheckTuning(const v1::Connection& given, v1::Connection* settings) {
  if (!given.agent().empty() && !IsAgentId(given.agent())) {
    return MakeFieldError("connection.agent", "AGENT_NAME_INVALID",
                          {{"agent", given.agent()}});
  }
  settings->set_agent(given.agent());
  switch (given.tariff()) {
    case v1::Connection::TARIFF_UNSPECIFIED:
    case v1::Connection::STANDARD:
      settings->set_tariff(v1::Connection::STANDARD);
      break;
    case v1::Connection::ENTERPRISE:
      settings->set_tariff(v1::Connection::ENTERPRISE);
      break;
    default:
      return MakeFieldError("connection.tariff", "TARIFF_UNKNOWN",
                            {{"given", absl::StrCat(given.tariff())}});
  }
  if (given.has_settle_time()) {
    const absl::Duration time = FromProtoDuration(given.settle_time());
    if (time < absl::Seconds(2) || time > absl::Hours(1)) {
      return MakeFieldError("connection.settle_time", "SETTLE_TIME_INVALID",
                            {{"given", absl::FormatDuration(time)}});
    }
    *settings->mutable_settle_time() = given.settle_time();
  }
  if (!std::isfinite(given.write_back_rate()) || given.write_back_rate() < 0 ||
      given.write_back_rate() > kMaxWriteBackRate) {
    return MakeFieldError("connection.write_back_rate", "WRITE_BACK_RATE_INVALID",
                          {{"given", absl::StrCat(given.write_back_rate())}});
  }
  settings->set_write_back_rate(given.write_back_rate());
  settings->set_spread_imports(given.spread_imports());
  const std::string region = given.default_region().empty()
                                 ? "RU"
                                 : absl::AsciiStrToUpper(given.default_region());
  if (region.size() != 2 || !absl::StrContains(kRegions, absl::StrCat(region, " "))) {
    return MakeFieldError("connection.default_region", "REGION_INVALID",
                          {{"given", given.default_region()}});
  }
  settings->set_default_region(region);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckedConnection> CheckConnection(const v1::Connection& given,
                                                  const ConnectionPolicy& policy) {
  CheckedConnection checked;
  v1::Connection& settings = checked.settings;
  settings.set_name(given.name());
  GB_RETURN_IF_ERROR(JoinFieldErrors(
      {CheckHotel(given, &settings), CheckPortal(given, policy, &settings),
       CheckAuth(given, &checked), CheckSource(given.source(), &checked),
       CheckTuning(given, &settings)}));
  return checked;
}

absl::Status MovePortal(const std::string& address, const ConnectionPolicy& policy,
                        v1::Connection* settings) {
  v1::Connection moved = *settings;
  moved.set_api_server(address);
  moved.set_port(443);
  if (std::count(address.begin(), address.end(), ':') == 1) {
    const size_t colon = address.find(':');
    int32_t port = 0;
    moved.set_api_server(address.substr(0, colon));
    moved.set_port(absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 ? port
                                                                                  : -1);
  }
  return CheckPortal(moved, policy, settings);
}

}  // namespace guestbridge::server
