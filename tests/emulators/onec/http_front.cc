#include "tests/emulators/onec/http_front.h"

#include <strings.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/emulators/onec/connection_reset.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {
namespace {

using std::chrono::steady_clock;

constexpr char kNotFound[] =
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>"
    "<h1>Not Found</h1><p>The requested URL was not found on this server.</p>"
    "</body></html>";
constexpr char kUnauthorized[] =
    "<!DOCTYPE html><html><head><title>401 Unauthorized</title></head><body>"
    "<h1>Unauthorized</h1></body></html>";
constexpr char kGateway[] =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n";
constexpr char kGatewayTimeout[] =
    "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>\r\n"
    "<center><h1>504 Gateway Time-out</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n";
constexpr char kMaintenance[] =
    "Начало сеанса с информационной базой запрещено.\n"
    "Выполняется регламентное обслуживание. Код разрешения обязателен.";
constexpr char kLocked[] =
    "Конфликт блокировок при выполнении транзакции:\n"
    "Превышено максимальное время ожидания предоставления блокировки";
constexpr char kNoLicence[] = "Не найдено свободной лицензии для клиентского сеанса";

constexpr char kHtml[] = "text/html;charset=utf-8";

std::string Page(std::string_view text) {
  return "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>1C:Enterprise"
         "</title></head><body><p>" +
         std::string(text) + "</p></body></html>";
}

void Sleep(std::chrono::microseconds time) {
  if (time.count() > 0) std::this_thread::sleep_for(time);
}

std::pair<std::string, std::string> SplitTarget(const std::string& target) {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return {target, ""};
  return {target.substr(0, question), target.substr(question + 1)};
}

void Html(int status, std::string_view body, httplib::Response& response) {
  response.status = status;
  response.set_content(std::string(body), kHtml);
}

}  // namespace

void HttpFront::Install(httplib::Server& server) {
  const auto handler = [this](const httplib::Request& request,
                              httplib::Response& response) {
    Handle(request, response);
  };
  const std::string any = R"([\s\S]*)";
  server.Get(any, handler);
  server.Post(any, handler);
  server.Put(any, handler);
  server.Patch(any, handler);
  server.Delete(any, handler);
  server.Options(any, handler);
}

bool HttpFront::IsAuthorized(const httplib::Request& request) const {
  const std::string header = request.get_header_value("Authorization");
  static constexpr std::string_view kBasic = "Basic ";
  if (!header.starts_with(kBasic)) return false;
  const auto pair = Base64Decode(std::string_view(header).substr(kBasic.size()));
  return pair && *pair == publication_.user + ":" + publication_.password;
}

void HttpFront::Enter(const Settings& settings) {
  std::unique_lock lock(gate_mutex_);
  gate_.wait(lock, [&] {
    return settings.max_concurrent == 0 || inside_ < settings.max_concurrent;
  });
  ++inside_;
  const auto now = steady_clock::now();
  const bool cold =
      !last_request_ || now - *last_request_ > std::chrono::seconds(settings.idle_s);
  last_request_ = now;
  lock.unlock();
  if (cold) Sleep(std::chrono::milliseconds(settings.cold_start_ms));
}

void HttpFront::Leave() {
  const std::lock_guard lock(gate_mutex_);
  --inside_;
  gate_.notify_one();
}

void HttpFront::Pay(const Settings& settings, const OdataAnswer& answer) {
  const bool write = answer.kind == "post" || answer.kind == "patch" ||
                     answer.kind == "put" || answer.kind == "delete";
  std::chrono::microseconds time = std::chrono::milliseconds(settings.request_ms);
  if (write) time += std::chrono::milliseconds(settings.write_ms);
  if (answer.kind == "metadata") {
    time += std::chrono::milliseconds(settings.metadata_ms);
  }
  if (answer.kind == "slice") time += std::chrono::milliseconds(settings.slice_ms);
  time += std::chrono::microseconds(settings.row_us) * answer.rows;
  time += std::chrono::microseconds(settings.skipped_row_us) * answer.skipped;
  Sleep(time);
}

OdataAnswer HttpFront::Serve(const httplib::Request& request, const std::string& path,
                             const std::string& query, bool lose_write) {
  OdataRequest odata;
  odata.method = request.method;
  odata.path = path;
  odata.query = query;
  const std::string scheme = publication_.tls ? "https://" : "http://";
  odata.root = scheme + request.get_header_value("Host") + "/" + publication_.base +
               "/odata/standard.odata";
  odata.accept = request.get_header_value("Accept");
  odata.if_match = request.get_header_value("If-Match");
  odata.content_type = request.get_header_value("Content-Type");
  odata.load_mode = request.get_header_value("1C_OData-DataLoadMode") == "true";
  odata.lose_write = lose_write;
  odata.body = request.body;
  return service_.Handle(odata);
}

bool HttpFront::AnswerFault(const FaultRule& rule, const httplib::Request& request,
                            httplib::Response& response) {
  const auto status = [&](int usual) { return rule.status ? rule.status : usual; };
  const std::string& kind = rule.kind;
  const auto odata_error = [&](int usual, const std::string& text) {
    auto format = ChooseFormat(SplitQuery(SplitTarget(request.target).second),
                               request.get_header_value("Accept"));
    const Format chosen = format.ok() ? *format : Format::kAtom;
    const Fault fault{status(usual), rule.code, rule.text.empty() ? text : rule.text,
                      ""};
    response.status = fault.http_status;
    response.set_content(RenderError(chosen, fault, base_.settings()->language),
                         ContentType(chosen));
  };
  if (kind == "maintenance_html") {
    Html(status(503), Page(rule.text.empty() ? kMaintenance : rule.text), response);
  } else if (kind == "maintenance_text") {
    response.status = status(500);
    response.set_content(rule.text.empty() ? kMaintenance : rule.text,
                         "text/plain;charset=utf-8");
  } else if (kind == "gateway") {
    Html(status(502), rule.status == 504 ? kGatewayTimeout : kGateway, response);
  } else if (kind == "html_ok") {
    Html(status(200), Page(rule.text.empty() ? kMaintenance : rule.text), response);
  } else if (kind == "unauthorized") {
    response.set_header("WWW-Authenticate", "Basic realm=\"1C:Enterprise 8\"");
    Html(status(401), kUnauthorized, response);
  } else if (kind == "no_licence") {
    response.status = status(500);
    response.set_content(rule.text.empty() ? kNoLicence : rule.text,
                         "text/plain;charset=utf-8");
  } else if (kind == "lock") {
    odata_error(500, kLocked);
  } else if (kind == "error") {
    odata_error(500, "Внутренняя ошибка");
  } else if (kind == "reset") {
    ResetConnection(request.remote_addr, request.remote_port);
    // The socket is gone; a body that cannot be written ends the connection.
    response.status = 200;
    response.set_chunked_content_provider(
        "text/plain", [](std::size_t, httplib::DataSink&) { return false; });
  } else {
    return false;
  }
  return true;
}

void HttpFront::Send(const OdataAnswer& answer, const std::optional<FaultRule>& fault,
                     httplib::Response& response) {
  response.status = answer.status;
  response.set_header("DataServiceVersion", "3.0");
  for (const auto& [name, value] : answer.headers)
    response.headers.emplace(name, value);
  if (answer.status == 204) return;
  const std::string kind = fault ? fault->kind : "";
  if (kind == "truncated") {
    const std::size_t whole = answer.body.size();
    const std::size_t sent =
        fault->bytes > 0 ? std::min(whole, static_cast<std::size_t>(fault->bytes))
                         : whole / 2;
    response.set_chunked_content_provider(
        answer.content_type, [part = answer.body.substr(0, sent)](
                                 std::size_t offset, httplib::DataSink& sink) {
          if (offset > 0 || part.empty()) return false;
          sink.write(part.data(), part.size());
          return true;
        });
  } else if (kind == "slow_drip") {
    const auto piece = static_cast<std::size_t>(std::max(1, fault->bytes));
    const int delay = fault->delay_ms;
    response.set_content_provider(
        answer.body.size(), answer.content_type,
        [body = answer.body, piece, delay](std::size_t offset, std::size_t length,
                                           httplib::DataSink& sink) {
          Sleep(std::chrono::milliseconds(delay));
          return sink.write(body.data() + offset, std::min(piece, length));
        });
  } else if (kind == "bom") {
    response.set_content("\xEF\xBB\xBF" + answer.body, answer.content_type);
  } else {
    response.set_content(answer.body, answer.content_type);
  }
}

bool HttpFront::BeginSession(const Settings& settings, const httplib::Request& request,
                             Sessions::Ticket& ticket, httplib::Response& response) {
  ticket = sessions_.Begin(settings, request.get_header_value("IBSession"),
                           request.get_header_value("Cookie"));
  const auto refuse = [&](int status, const char* text) {
    response.status = status;
    response.set_content(text, "text/plain;charset=utf-8");
    return false;
  };
  switch (ticket.outcome) {
    case Sessions::Outcome::kOwn:
      Sleep(std::chrono::milliseconds(settings.session_ms));
      return true;
    case Sessions::Outcome::kStarted:
      Sleep(std::chrono::milliseconds(settings.session_ms));
      response.set_header("Set-Cookie",
                          "ibsession=" + ticket.id + "; path=/" + publication_.base);
      return true;
    case Sessions::Outcome::kReused:
      return true;
    case Sessions::Outcome::kNoLicence:
      return refuse(500, kNoLicence);
    case Sessions::Outcome::kCannotStart:
      return refuse(406, kNoLicence);
    case Sessions::Outcome::kDead:
      return refuse(settings.dead_session_status, "Сеанс отсутствует или удален");
  }
  return true;
}

void HttpFront::ServeInSession(const Settings& settings,
                               const httplib::Request& request,
                               const std::string& below, const std::string& query,
                               const std::optional<FaultRule>& fault,
                               JournalEntry& entry, httplib::Response& response) {
  Sessions::Ticket ticket;
  if (!BeginSession(settings, request, ticket, response)) {
    entry.kind = "no_session";
    return;
  }
  const bool lose = fault && fault->kind == "silent_loss";
  const OdataAnswer answer = Serve(request, below, query, lose);
  Pay(settings, answer);
  sessions_.End(ticket);
  entry.kind = answer.kind;
  entry.set = answer.set;
  entry.rows = answer.rows;
  entry.stored = answer.stored;
  entry.bytes = answer.body.size();
  const bool lost = fault && fault->after && AnswerFault(*fault, request, response);
  if (!lost) Send(answer, fault, response);
}

void HttpFront::Handle(const httplib::Request& request, httplib::Response& response) {
  const auto started = steady_clock::now();
  const auto settings = base_.settings();
  journal_.Arrived();
  JournalEntry entry;
  entry.time = base_.clock().Now().Text();
  entry.method = request.method;
  entry.target = request.target;
  entry.decoded = PercentDecode(request.target);
  entry.body = request.body;
  for (const auto& [name, value] : request.headers) {
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT") {
      continue;  // the HTTP library's own
    }
    const bool secret = strcasecmp(name.c_str(), "Authorization") == 0;
    entry.headers.emplace_back(name, secret ? value.substr(0, value.find(' ')) : value);
  }

  Enter(*settings);
  const auto [raw_path, query] = SplitTarget(request.target);
  const std::string path = PercentDecode(raw_path);
  const std::string root = "/" + publication_.base + "/odata/standard.odata";
  const bool ours = path == root || path.starts_with(root + "/");
  const auto fault = faults_.Strike(request.method, entry.decoded);
  if (fault) entry.fault = fault->kind;
  if (fault && fault->kind != "slow_drip") {
    Sleep(std::chrono::milliseconds(fault->delay_ms));
  }
  const bool spoiled = fault && !fault->after && AnswerFault(*fault, request, response);
  if (!spoiled && !ours) {
    entry.kind = "outside";
    Html(404, kNotFound, response);
  } else if (!spoiled && !IsAuthorized(request)) {
    entry.kind = "unauthorized";
    response.set_header("WWW-Authenticate", "Basic realm=\"1C:Enterprise 8\"");
    Html(401, kUnauthorized, response);
  } else if (!spoiled) {
    std::string below = path.substr(root.size());
    if (below.starts_with("/")) below.erase(0, 1);
    ServeInSession(*settings, request, below, query, fault, entry, response);
  } else {
    entry.kind = "fault";
  }
  Leave();
  entry.status = fault && fault->kind == "reset" ? 0 : response.status;
  entry.latency_us = std::chrono::duration_cast<std::chrono::microseconds>(
                         steady_clock::now() - started)
                         .count();
  journal_.Add(std::move(entry));
}

}  // namespace guestbridge::testing::onec
