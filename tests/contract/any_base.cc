#include "tests/contract/any_base.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/time/clock.h"
#include "sync-agent/source/source_registry.h"
#include "tests/contract/onec_emulator.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class OnecBase : public AnyBase {
 public:
  std::string Add(json client) override { return emulator_.Add(client); }
  void Edit(const std::string& key, const json& attributes) override {
    emulator_.Post("/clients/edit", {{"guid", key}, {"set", attributes}});
  }
  void Wait() override { emulator_.Post("/clock", {{"advance_s", 3600}}); }
  agent::Source Connect() override { return emulator_.Connect(); }
  std::string ContactOf(const std::string& key) override {
    return emulator_.Get("/clients/" + key)["B24ContactID"];
  }

 private:
  OnecEmulator emulator_;
};

class JsonlBase : public AnyBase {
 public:
  // A first file that names every client there is.
  JsonlBase() { Write(".full", Fresh({{"LastName", "Первый"}})); }

  std::string Add(json client) override {
    client = Fresh(std::move(client));
    Write("", client);
    return client["Ref_Key"];
  }
  void Edit(const std::string& key, const json& attributes) override {
    rows_[key].update(attributes);
    Write("", rows_[key]);
  }
  void Wait() override {}
  agent::Source Connect() override {
    agent::SourceSettings settings;
    settings.type = "jsonl";
    settings.url = "file://" + folder_.path();
    return *agent::ConnectSource(settings, SystemClock());
  }
  std::string ContactOf(const std::string& key) override {
    std::string contact = "0";
    const fs::path ids = folder_.File("contact-ids");
    if (!fs::exists(ids)) return contact;
    // What is still being written comes last.
    std::set<std::pair<bool, std::string>> files;
    for (const auto& entry : fs::directory_iterator(ids)) {
      files.emplace(entry.path().extension() == ".tmp", entry.path().string());
    }
    for (const auto& [open, name] : files) {
      std::ifstream file(name);
      for (std::string line; std::getline(file, line);) {
        const json entry = json::parse(line);
        if (entry["Ref_Key"] == key) contact = entry["B24ContactID"].dump();
      }
    }
    return contact;
  }

 private:
  json Fresh(json client) {
    ++last_;
    const std::string key = absl::StrFormat("00000000-0000-4000-8000-%012d", last_);
    client["Ref_Key"] = key;
    client["Code"] = absl::StrFormat("%09d   ", last_);
    rows_[key] = client;
    return client;
  }
  void Write(const std::string& mark, const json& row) {
    const std::string name =
        folder_.File(absl::StrFormat("%06d%s.jsonl", ++files_, mark));
    std::ofstream(name + ".tmp") << row.dump() << "\n";
    fs::rename(name + ".tmp", name);
  }

  TempDir folder_;
  std::map<std::string, json> rows_;
  int last_ = 0;
  int files_ = 0;
};

}  // namespace

std::unique_ptr<AnyBase> MakeOnecBase() { return std::make_unique<OnecBase>(); }
std::unique_ptr<AnyBase> MakeJsonlBase() { return std::make_unique<JsonlBase>(); }

}  // namespace guestbridge::testing
