#include "server/secrets/key_source.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/secret/key_file.h"
#include "common/secret/key_ring.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/secrets/key_command.h"

namespace guestbridge::server {
namespace {

constexpr char kVariable[] = "GUESTBRIDGE_SERVER_KEY";
constexpr absl::Duration kCommandLimit = absl::Seconds(30);

std::vector<SecretString> WithoutDoubles(std::vector<SecretString> keys) {
  std::vector<SecretString> once;
  std::set<std::string> ids;
  for (SecretString& key : keys) {
    if (ids.insert(KeyIdOf(key)).second) once.push_back(std::move(key));
  }
  return once;
}

// None when one of them is no key, or there is none.
std::optional<std::vector<SecretString>> ParseKeys(absl::string_view text) {
  std::vector<SecretString> keys;
  for (const absl::string_view word :
       absl::StrSplit(text, absl::ByAnyChar(", \t\r\n"), absl::SkipEmpty())) {
    std::optional<SecretString> key = ParseKey(word);
    if (!key.has_value()) return std::nullopt;
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return std::nullopt;
  return WithoutDoubles(std::move(keys));
}

// The server's own, in its data directory.
class OwnFiles final : public KeySource {
 public:
  OwnFiles(std::string folder, Random& random)
      : folder_(std::move(folder)), random_(random) {}

  absl::StatusOr<std::vector<SecretString>> Read() override {
    std::vector<int> numbers;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
      if (const int number = NumberOf(entry.path().filename().string()); number > 0) {
        numbers.push_back(number);
      }
    }
    std::sort(numbers.begin(), numbers.end());
    // An error that names the file which ought to be there.
    if (numbers.empty()) numbers.push_back(1);
    std::vector<SecretString> keys;
    for (const int number : numbers) {
      GB_ASSIGN_OR_RETURN(SecretString key, ReadKeyFile(FileOf(number)));
      keys.push_back(std::move(key));
    }
    return WithoutDoubles(std::move(keys));
  }

  bool can_make() const override { return true; }

  absl::Status Make(int number) override {
    return WriteKeyFile(FileOf(number), MakeKey(random_));
  }

 private:
  std::string FileOf(int number) const {
    return number == 1 ? absl::StrCat(folder_, "/secret.key")
                       : absl::StrCat(folder_, "/secret-", number, ".key");
  }

  // 0: the name of no key file.
  static int NumberOf(absl::string_view name) {
    if (name == "secret.key") return 1;
    int number = 0;
    if (!absl::ConsumePrefix(&name, "secret-") || !absl::ConsumeSuffix(&name, ".key") ||
        !absl::SimpleAtoi(name, &number)) {
      return 0;
    }
    return number > 1 ? number : 0;
  }

  const std::string folder_;
  Random& random_;
};

class GivenFiles final : public KeySource {
 public:
  explicit GivenFiles(std::vector<std::string> files) : files_(std::move(files)) {}

  absl::StatusOr<std::vector<SecretString>> Read() override {
    std::vector<SecretString> keys;
    for (const std::string& given : files_) {
      GB_ASSIGN_OR_RETURN(const std::vector<std::string> files, Within(given));
      for (const std::string& file : files) {
        GB_ASSIGN_OR_RETURN(SecretString key, ReadKeyFile(file));
        keys.push_back(std::move(key));
      }
    }
    return WithoutDoubles(std::move(keys));
  }

 private:
  static absl::StatusOr<std::vector<std::string>> Within(const std::string& given) {
    std::error_code error;
    if (!std::filesystem::is_directory(given, error)) return std::vector{given};
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(given, error)) {
      if (entry.path().extension() == ".key") files.push_back(entry.path().string());
    }
    if (error) return MakeError("KEY_FILE_UNREADABLE", {{"file", given}});
    if (files.empty()) return MakeError("KEY_FILE_MISSING", {{"file", given}});
    std::sort(files.begin(), files.end());
    return files;
  }

  const std::vector<std::string> files_;
};

class GivenKeys final : public KeySource {
 public:
  explicit GivenKeys(SecretString text) : text_(std::move(text)) {}

  absl::StatusOr<std::vector<SecretString>> Read() override {
    std::optional<std::vector<SecretString>> keys = ParseKeys(text_.Reveal());
    if (keys.has_value()) return *std::move(keys);
    return MakeError("KEY_VARIABLE_MALFORMED", {{"variable", kVariable}});
  }

 private:
  const SecretString text_;
};

class KeysOfCommand final : public KeySource {
 public:
  KeysOfCommand(std::string file, const Clock& clock)
      : file_(std::move(file)), clock_(clock) {}

  absl::StatusOr<std::vector<SecretString>> Read() override {
    GB_ASSIGN_OR_RETURN(const SecretString printed,
                        RunKeyCommand(file_, kCommandLimit, clock_));
    std::optional<std::vector<SecretString>> keys = ParseKeys(printed.Reveal());
    if (keys.has_value()) return *std::move(keys);
    return MakeError("KEY_COMMAND_ANSWER_MALFORMED", {{"file", file_}});
  }

 private:
  const std::string file_;
  const Clock& clock_;
};

}  // namespace

absl::Status KeySource::Make(int) {
  return absl::FailedPreconditionError("the keys are the operator's");
}

SecretString TakeKeyVariable() {
  char* const value = std::getenv(kVariable);
  if (value == nullptr) return SecretString();
  SecretString taken{std::string(value)};
  OPENSSL_cleanse(value, std::strlen(value));
  unsetenv(kVariable);
  return taken;
}

absl::StatusOr<std::unique_ptr<KeySource>> MakeKeySource(KeyOptions options,
                                                         const std::string& folder,
                                                         Random& random,
                                                         const Clock& clock) {
  const int sources = (options.files.empty() ? 0 : 1) +
                      (options.command.empty() ? 0 : 1) +
                      (options.variable.empty() ? 0 : 1);
  if (sources > 1) return MakeError("KEY_SOURCE_AMBIGUOUS", {{"variable", kVariable}});
  if (!options.files.empty()) {
    return std::make_unique<GivenFiles>(std::move(options.files));
  }
  if (!options.command.empty()) {
    return std::make_unique<KeysOfCommand>(std::move(options.command), clock);
  }
  if (!options.variable.empty()) {
    return std::make_unique<GivenKeys>(std::move(options.variable));
  }
  return std::make_unique<OwnFiles>(folder, random);
}

}  // namespace guestbridge::server
