#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/source/jsonl/jsonl_source.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

// A folder as 1C fills it, and the source that reads it.
namespace guestbridge::agent {

inline std::string Guid(int number) {
  return absl::StrFormat("00000000-0000-4000-8000-%012d", number);
}

inline std::string Client(int number, const std::string& last_name, int contact = 0) {
  return nlohmann::json({{"Ref_Key", Guid(number)},
                         {"Code", absl::StrFormat("%09d   ", number)},
                         {"LastName", last_name},
                         {"B24ContactID", absl::StrCat(contact)}})
             .dump() +
         "\n";
}

struct Pass {
  std::map<std::string, std::string> names;  // last name by key
  std::vector<ClientRow> rows;
  Watermark watermark;
  absl::Status status;
};

class JsonlFolderTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) { return dir_.File(name); }
  // As 1C does it.
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name) + ".tmp", std::ios::binary) << text;
    std::filesystem::rename(Path(name) + ".tmp", Path(name));
  }
  std::string Read(const std::string& name) {
    std::ifstream file(Path(name), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> List(const std::string& place) {
    std::vector<std::string> names;
    if (!std::filesystem::exists(Path(place))) return names;
    for (const auto& entry : std::filesystem::directory_iterator(Path(place))) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // Of a side file, in its order.
  std::vector<int> RejectedLines(const std::string& name) {
    std::vector<int> lines;
    for (const auto line :
         absl::StrSplit(Read("rejected/" + name), '\n', absl::SkipEmpty())) {
      const auto entry =
          nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
      lines.push_back(entry.is_object() ? entry["line"].get<int>() : -1);
    }
    return lines;
  }
  Source Connect() {
    auto source = ConnectJsonl("file://" + dir_.path(), clock_);
    EXPECT_THAT(source, testing::IsOk());
    return *std::move(source);
  }
  Pass ReadAll(Source& source, ReadRequest::Kind kind, const Watermark& since = {}) {
    Pass pass;
    auto stream = source.reader->OpenStream(
        {.kind = kind, .since = since, .attributes = {"LastName"}});
    pass.status = stream.status();
    for (int i = 0; pass.status.ok() && i < 10'000; ++i) {
      auto page = (*stream)->Next();
      pass.status = page.status();
      if (!page.ok()) break;
      for (const ClientRow& row : page->rows) {
        EXPECT_TRUE(pass.names.emplace(row.key.guid(), Name(row)).second)
            << "twice in one stream";
        pass.rows.push_back(row);
      }
      if (!page->last) continue;
      pass.watermark = page->watermark;
      return pass;
    }
    return pass;
  }
  static std::string Name(const ClientRow& row) {
    const auto found = row.attributes.find("LastName");
    return found == row.attributes.end() ? "-" : found->second;
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
};

}  // namespace guestbridge::agent
