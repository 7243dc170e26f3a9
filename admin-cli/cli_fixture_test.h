#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin-cli/cli.h"
#include "admin-cli/fake_server_test.h"
#include "gtest/gtest.h"

namespace guestbridge::cli {

// Without the breaks of lines.
inline std::string OneLine(absl::string_view text) {
  return absl::StrJoin(absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty()),
                       " ");
}

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Lines as typed, with a directory for files, variables and an interrupt of its own.
class CliFixture : public ::testing::Test {
 protected:
  CliFixture() {
    std::string pattern = testing::TempDir() + "guestbridge-cli-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~CliFixture() override { std::filesystem::remove_all(directory_); }

  Result RunBare(const std::vector<std::string>& line, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Environment environment = {
        .in = in,
        .out = out,
        .err = err,
        .variable =
            [this](absl::string_view name) { return variables_[std::string(name)]; },
        .zone = absl::UTCTimeZone(),
        .clock = SystemClock(),
        .interrupt = interrupt_};
    environment.out_is_terminal = environment.err_is_terminal = terminal_width_ > 0;
    if (terminal_width_ > 0) environment.terminal_width = terminal_width_;
    Result result;
    result.exit_code = RunCli(line, "1.2.3", environment);
    result.out = out.str();
    result.err = err.str();
    return result;
  }

  std::string File(const std::string& name, const std::string& text,
                   mode_t mode = 0600) {
    const std::string path = absl::StrCat(directory_, "/", name);
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }

  Interrupt interrupt_;
  int terminal_width_ = 0;  // 0: no terminal
  std::map<std::string, std::string> variables_;
  std::string directory_;
};

// Beside a server that holds the integration `main`.
class CliTest : public CliFixture {
 protected:
  CliTest() { Run({"integration", "create", "main", "--type", "bitrix24"}); }

  Result Run(std::vector<std::string> line, const std::string& input = "") {
    line.insert(line.end(), {"--server", server_.address(), "--plaintext"});
    return RunBare(line, input);
  }

  FakeServer server_;
};

}  // namespace guestbridge::cli
