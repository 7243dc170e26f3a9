#include "server/store/postgresql/target.h"

#include <libpq-fe.h>

#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

// One by one, as each gets its own time. libpq is left to judge what does not fit.
std::vector<PostgresqlHost> Hosts(const std::string& host, const std::string& port,
                                  bool addressed) {
  const std::vector<std::string> names = absl::StrSplit(host, ',');
  const std::vector<std::string> ports = absl::StrSplit(port, ',');
  if (addressed || (ports.size() != 1 && ports.size() != names.size())) {
    return {PostgresqlHost()};
  }
  std::vector<PostgresqlHost> hosts;
  for (size_t i = 0; i < names.size(); ++i) {
    hosts.push_back({names[i], ports.size() == 1 ? port : ports[i]});
  }
  return hosts;
}

}  // namespace

absl::StatusOr<PostgresqlTarget> ParsePostgresqlUrl(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &problem), &PQconninfoFree);
  PQfreemem(problem);  // It repeats the URL.
  if (options == nullptr) return MakeError("DATABASE_URL_MALFORMED");
  const auto value = [&](absl::string_view keyword) {
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr;
         ++option) {
      if (option->keyword == keyword && option->val != nullptr) {
        return std::string(option->val);
      }
    }
    return std::string();
  };
  PostgresqlTarget target;
  target.url = SecretString(url);
  const std::string host = value("host");
  const std::string port = value("port");
  const std::string database = value("dbname");
  // A password with an unescaped "/" or "@" lands in one of these, which are shown.
  if (absl::StrContains(absl::StrCat(host, database), "@") ||
      port.find_first_not_of("0123456789,") != std::string::npos) {
    return MakeError("DATABASE_URL_MALFORMED");
  }
  target.name = absl::StrCat(host.empty() ? "localhost" : host,
                             port.empty() ? "" : absl::StrCat(":", port), "/",
                             database.empty() ? value("user") : database);
  target.hosts = Hosts(host, port, !value("hostaddr").empty());
  return target;
}

}  // namespace guestbridge::server
