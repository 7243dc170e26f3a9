#include "server/store/postgresql/target.h"

#include <libpq-fe.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace guestbridge::server {

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
  return target;
}

}  // namespace guestbridge::server
