#include "tests/contract/onec_emulator.h"

namespace guestbridge::testing {
namespace {

constexpr char kUser[] = "Интеграция";
constexpr char kPassword[] = "пароль 1";

std::vector<std::string> WithLogin(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"--user", kUser, "--password", kPassword};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

OnecEmulator::OnecEmulator(const std::vector<std::string>& arguments)
    : process_(EMULATOR_ONEC, WithLogin(arguments), "emulator-onec ready"),
      url_(process_.WordAfter("source ")) {}

std::string OnecEmulator::Add(const nlohmann::json& client) {
  const nlohmann::json answer = Post("/clients/add", client);
  for (const char* name : {"guid", "Ref_Key"}) {
    if (answer.contains(name)) return answer[name];
  }
  EmulatorProcess::Abort("no guid in " + answer.dump());
}

int OnecEmulator::CountRequests() {
  return static_cast<int>(Get("/journal?since=0").size());
}

agent::SourceSettings OnecEmulator::Settings(const std::string& profile_text) const {
  agent::SourceSettings settings;
  settings.type = "onec-odata";
  settings.url = url_;
  settings.user = kUser;
  settings.password = SecretString(kPassword);
  settings.profile_text = profile_text;
  return settings;
}

agent::Source OnecEmulator::Connect(const std::string& profile_text) const {
  auto source = agent::ConnectSource(Settings(profile_text), SystemClock());
  if (!source.ok()) EmulatorProcess::Abort(source.status().ToString());
  return *std::move(source);
}

}  // namespace guestbridge::testing
