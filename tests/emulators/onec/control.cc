#include "tests/emulators/onec/control.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <string>
#include <utility>

#include "tests/emulators/onec/exchange_plan.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

void Answer(int status, const json& body, httplib::Response& response) {
  response.status = status;
  response.set_content(body.dump() + "\n", "application/json;charset=utf-8");
}

// A handler of a JSON body; answers {"ok":true} for an empty result.
using Act = std::function<Result<json>(const json&)>;

httplib::Server::Handler Acting(Act act) {
  return [act = std::move(act)](const httplib::Request& request,
                                httplib::Response& response) {
    const json body = request.body.empty() ? json::object()
                                           : json::parse(request.body, nullptr, false);
    if (body.is_discarded()) {
      return Answer(400, {{"error", "the body is not JSON"}}, response);
    }
    const auto result = act(body);
    if (!result.ok()) {
      return Answer(std::max(400, result.fault().http_status),
                    {{"error", result.fault().text}, {"code", result.fault().code}},
                    response);
    }
    Answer(200, result->is_null() ? json{{"ok", true}} : *result, response);
  };
}

Result<json> AsJson(const Result<Done>& done) {
  if (!done.ok()) return done.fault();
  return json();
}

std::string Text(const json& body, const char* name) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : "";
}

bool Flag(const json& body, const char* name, bool otherwise) {
  const auto it = body.find(name);
  return it != body.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

Fault Bad(const std::string& what) { return {400, "2", "bad value: " + what, ""}; }

json ValueJson(const Property& property, const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* d = std::get_if<double>(&value)) return *d;
  const auto* i = std::get_if<std::int64_t>(&value);
  if (i && property.type != Type::kInt64) return *i;
  return PlainText(value);
}

json RowJson(const EntityDef& def, const Record& record) {
  json row = json::object();
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    const Property& p = def.properties[i];
    if (p.type_of >= 0) continue;
    row[p.id] = ValueJson(p, Field(def, record, static_cast<int>(i)));
  }
  for (std::size_t i = 0; i < def.sections.size(); ++i) {
    json lines = json::array();
    const auto& columns = def.sections[i].columns;
    for (const SectionRow& line : SectionRows(record, i)) {
      json object = json::object();
      for (std::size_t c = 0; c < columns.size(); ++c) {
        object[columns[c].id] = ValueJson(columns[c], line[c]);
      }
      lines.push_back(std::move(object));
    }
    row[def.sections[i].name] = std::move(lines);
  }
  return row;
}

}  // namespace

json Control::Dump(const char* set) const {
  const std::shared_lock lock(base_.store().mutex());
  const EntityDef& def = *base_.store().FindSet(set);
  json rows = json::array();
  for (const RecordPtr& record : base_.store().table(set).Rows()) {
    rows.push_back(RowJson(def, *record));
  }
  return rows;
}

void Control::Install(httplib::Server& server) {
  InstallReading(server);
  InstallDesk(server);
  InstallSettings(server);
}

void Control::InstallReading(httplib::Server& server) {
  const auto dump = [&](const char* path, const char* set) {
    server.Get(path, [this, set](const httplib::Request&, httplib::Response& response) {
      Answer(200, Dump(set), response);
    });
  };
  dump("/clients", kClients);
  dump("/history", kHistory);
  dump("/messages", kMessages);
  dump("/mappings", kMappings);
  server.Get(R"(/clients/([0-9a-fA-F-]{36}))", [this](const httplib::Request& request,
                                                      httplib::Response& response) {
    const auto guid = Guid::Parse(request.matches[1].str());
    const std::shared_lock lock(base_.store().mutex());
    const EntityDef& def = *base_.store().FindSet(kClients);
    const RecordPtr record = guid ? base_.store().Get(def, guid->Text()) : nullptr;
    if (!record) return Answer(404, {{"error", "no such client"}}, response);
    Answer(200, RowJson(def, *record), response);
  });
  server.Get("/changes", [this](const httplib::Request&, httplib::Response& response) {
    const std::shared_lock lock(base_.store().mutex());
    Answer(200, RegisteredChanges(base_.store()), response);
  });
  server.Get("/counters", [this](const httplib::Request&, httplib::Response& response) {
    Answer(200, journal_.Counters(), response);
  });
  server.Get(
      "/journal", [this](const httplib::Request& request, httplib::Response& response) {
        const std::string since = request.get_param_value("since");
        const std::int64_t from = std::strtoll(since.c_str(), nullptr, 10);
        Answer(200, journal_.Entries(from, request.get_param_value("url")), response);
      });
  server.Delete("/journal",
                [this](const httplib::Request&, httplib::Response& response) {
                  journal_.Clear();
                  Answer(200, {{"ok", true}}, response);
                });
  server.Get("/health", [this](const httplib::Request&, httplib::Response& response) {
    const std::shared_lock lock(base_.store().mutex());
    Answer(200,
           {{"ok", true},
            {"now", base_.clock().Now().Text()},
            {"clients", base_.store().table(kClients).size()},
            {"history", base_.store().table(kHistory).size()}},
           response);
  });
}

void Control::InstallDesk(httplib::Server& server) {
  server.Post("/clients/add", Acting([this](const json& body) -> Result<json> {
                auto guid = desk_.Add(body);
                if (!guid.ok()) return guid.fault();
                return json{{"guid", *guid}};
              }));
  server.Post("/clients/edit", Acting([this](const json& body) -> Result<json> {
                const std::string guid = Text(body, "guid");
                std::vector<json> changes;
                if (body.contains("set")) changes.push_back(body["set"]);
                if (body.contains("edits") && body["edits"].is_array()) {
                  for (const json& edit : body["edits"]) changes.push_back(edit);
                }
                if (changes.empty()) return Bad("set or edits");
                const std::string late = Text(body, "late");
                if (late.empty()) return AsJson(desk_.Edit(guid, changes));
                for (const json& change : changes) {
                  auto done = desk_.EditLate(late, guid, change);
                  if (!done.ok()) return done.fault();
                }
                return json();
              }));
  server.Post("/clients/commit", Acting([this](const json& body) {
                return AsJson(desk_.Commit(Text(body, "late")));
              }));
  server.Post(
      "/clients/mark", Acting([this](const json& body) {
        return AsJson(desk_.Mark(Text(body, "guid"), Flag(body, "deleted", true)));
      }));
  server.Post("/items/add", Acting([this](const json& body) -> Result<json> {
                auto guid = desk_.AddItem(Text(body, "set"), Text(body, "description"));
                if (!guid.ok()) return guid.fault();
                return json{{"guid", *guid}};
              }));
  server.Post("/items/rename", Acting([this](const json& body) {
                return AsJson(desk_.Rename(Text(body, "set"), Text(body, "guid"),
                                           Text(body, "description")));
              }));
  server.Post("/clients/delete", Acting([this](const json& body) {
                return AsJson(desk_.Remove(Text(body, "guid")));
              }));
  server.Post("/clients/merge", Acting([this](const json& body) {
                return AsJson(desk_.Merge(Text(body, "winner"), Text(body, "loser"),
                                          Flag(body, "history", false)));
              }));
  server.Post("/clients/load", Acting([this](const json& body) -> Result<json> {
                if (!body.is_object()) return Bad("an object is wanted");
                for (const auto& [guid, change] : body.items()) {
                  auto done = desk_.Load(guid, change);
                  if (!done.ok()) return done.fault();
                }
                return json{{"loaded", body.size()}};
              }));
  server.Post("/clients/import", Acting([this](const json& body) {
                return ImportRows(body.contains("clients") ? body["clients"] : body);
              }));
}

Result<json> Control::ImportRows(const json& rows) {
  if (!rows.is_array()) return Bad("clients: an array is wanted");
  const std::unique_lock lock(base_.store().mutex());
  const EntityDef& clients = *base_.store().FindSet(kClients);
  json guids = json::array();
  for (const json& row : rows) {
    auto stored = Import(base_.store(), row);
    if (!stored.ok()) return stored.fault();
    const std::string guid = PlainText(Field(clients, **stored, 0));
    RegisterChange(base_.store(), *base_.settings(), clients, guid,
                   /*load_mode=*/true);
    guids.push_back(guid);
  }
  return json{{"imported", guids.size()}, {"guids", guids}};
}

Result<json> Control::SetClock(const json& body) {
  ServerClock& clock = base_.clock();
  for (const auto& [name, value] : body.items()) {
    if (name == "now") {
      if (!value.is_string()) return Bad(name);
      const auto time = DateTime::Parse(value.get<std::string>(), false);
      if (!time) return Bad(name);
      clock.Stop(time);
    } else if (name == "stopped" && value.is_boolean()) {
      if (value.get<bool>()) {
        clock.Stop(std::nullopt);
      } else {
        clock.Resume();
      }
    } else if (value.is_number_integer() && name == "offset_s") {
      clock.SetOffset(value.get<std::int64_t>());
    } else if (value.is_number_integer() && name == "advance_s") {
      clock.Advance(value.get<std::int64_t>());
    } else if (value.is_number_integer() && name == "zone_minutes") {
      clock.SetZone(value.get<int>());
    } else {
      return Bad(name);
    }
  }
  return json{{"now", clock.Now().Text()}};
}

void Control::InstallSettings(httplib::Server& server) {
  server.Get("/config", [this](const httplib::Request&, httplib::Response& response) {
    Answer(200, ToJson(*base_.settings()), response);
  });
  server.Post("/config", Acting([this](const json& body) -> Result<json> {
                const std::string bad = base_.Configure(body);
                if (!bad.empty()) return Bad(bad);
                return ToJson(*base_.settings());
              }));
  server.Get("/faults", [this](const httplib::Request&, httplib::Response& response) {
    Answer(200, faults_.List(), response);
  });
  server.Post("/faults", Acting([this](const json& body) -> Result<json> {
                int id = 0;
                const std::string bad = faults_.Add(body, id);
                if (!bad.empty()) return Bad(bad);
                return json{{"id", id}};
              }));
  server.Delete("/faults",
                [this](const httplib::Request&, httplib::Response& response) {
                  faults_.Clear();
                  Answer(200, {{"ok", true}}, response);
                });
  server.Delete("/sessions",
                [this](const httplib::Request&, httplib::Response& response) {
                  sessions_.KillAll();
                  Answer(200, {{"ok", true}}, response);
                });
  server.Post("/clock", Acting([this](const json& body) { return SetClock(body); }));
  server.Post("/backup", Acting([this](const json&) -> Result<json> {
                const std::lock_guard lock(backup_mutex_);
                const std::shared_lock store_lock(base_.store().mutex());
                backup_ = base_.store().MakeBackup();
                return json();
              }));
  server.Post("/restore", Acting([this](const json&) -> Result<json> {
                const std::lock_guard lock(backup_mutex_);
                if (backup_.empty()) return Fault{409, "9", "no backup was made", ""};
                const std::unique_lock store_lock(base_.store().mutex());
                base_.store().Restore(backup_);
                return json();
              }));
}

}  // namespace guestbridge::testing::onec
