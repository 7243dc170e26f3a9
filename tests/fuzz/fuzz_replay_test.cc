#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/fuzz/targets.h"

// Every input of the corpus, and every one that once broke a promise, through its
// target.
namespace guestbridge::fuzz {
namespace {

std::string ReadWhole(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

int Replay(const Target& target, const std::string& folder) {
  const std::filesystem::path path =
      std::filesystem::path(FUZZ_FOLDER) / folder / target.name;
  int count = 0;
  if (!std::filesystem::exists(path)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    // A broken promise aborts: this line is then the last.
    std::fprintf(stderr, "%s\n", entry.path().c_str());
    target.run(ReadWhole(entry.path()));
    ++count;
  }
  return count;
}

TEST(FuzzReplay, EachCorpusKeepsItsPromises) {
  for (const Target& target : kTargets) {
    EXPECT_GT(Replay(target, "corpus"), 0) << target.name << " has no corpus";
  }
}

TEST(FuzzReplay, WhatOnceBrokeAPromiseKeepsIt) {
  for (const Target& target : kTargets) Replay(target, "regressions");
}

}  // namespace
}  // namespace guestbridge::fuzz
