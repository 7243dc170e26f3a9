// Reads a 1C base through the agent's connector and nothing else; source.py starts it.
//
//   guestbridge-bench-source-reading URL USER PASSWORD full
//   guestbridge-bench-source-reading URL USER PASSWORD changes WATERMARK
//   guestbridge-bench-source-reading URL USER PASSWORD compare VERSION
//
// `compare` knows every client by one and the same DataVersion: a base of which nothing
// else is remembered, so that the figures are the reading's alone.
//
// Prints one JSON object: rows, requests, CPU, memory, watermark. A program of its own,
// because a whole agent's memory and CPU also hold the portal's side, the ledger and
// the mapping: a connector that kept what it read would not be seen beside them, and a
// portal of a million contacts would take longer than everything measured here.
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "sync-agent/source/source_registry.h"

namespace {

using guestbridge::SecretString;
using guestbridge::agent::ClientKey;
using guestbridge::agent::KnownRow;
using guestbridge::agent::ReadRequest;
using guestbridge::agent::Source;

// What the default mapping reads.
const std::vector<std::string>& Attributes() {
  static const auto* const kAttributes = new std::vector<std::string>{
      "LastName",     "FirstName", "SecondName",      "FullName", "DateOfBirth",
      "Phone",        "EMail",     "EMailAdditional", "Sex",      "Address",
      "City",         "Region",    "Citizenship_Key", "Remarks",  "Description",
      "NoSMSDelivery"};
  return *kAttributes;
}

// Resident now and at most, KiB.
long Memory(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stol(line.substr(line.find(':') + 1));
  }
  return 0;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int Fail(const std::string& what) {
  std::fprintf(stderr, "guestbridge-bench-source-reading: %s\n", what.c_str());
  return 1;
}

int Read(Source& source, const ReadRequest& request) {
  const long idle = Memory("VmRSS");
  const double cpu = CpuSeconds();
  auto stream = source.reader->OpenStream(request);
  if (!stream.ok()) return Fail(stream.status().ToString());
  std::size_t clients = 0;
  while (true) {
    const auto page = (*stream)->Next();
    if (!page.ok()) return Fail(page.status().ToString());
    clients += page->rows.size();
    if (!page->last) continue;
    const auto usage = source.reader->usage();
    const nlohmann::json figures = {{"clients", clients},
                                    {"rows", usage.rows},
                                    {"requests", usage.requests},
                                    {"cpu_seconds", CpuSeconds() - cpu},
                                    {"idle_kib", idle},
                                    {"peak_kib", Memory("VmHWM")},
                                    {"watermark", page->watermark.value}};
    std::printf("%s\n", figures.dump().c_str());
    return 0;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool whole = arguments.size() == 4 && arguments[3] == "full";
  if (!whole && arguments.size() != 5) {
    return Fail("URL USER PASSWORD full | changes WATERMARK | compare VERSION");
  }
  guestbridge::agent::SourceSettings settings;
  settings.type = "onec-odata";
  settings.url = arguments[0];
  settings.user = arguments[1];
  settings.password = SecretString(arguments[2]);
  auto source = guestbridge::agent::ConnectSource(settings, guestbridge::SystemClock());
  if (!source.ok()) return Fail(source.status().ToString());
  ReadRequest request;
  request.attributes = Attributes();
  if (arguments[3] == "changes") {
    request.kind = ReadRequest::Kind::kChanges;
    request.since.value = arguments[4];
  } else if (arguments[3] == "compare") {
    request.kind = ReadRequest::Kind::kCompare;
    const KnownRow known{arguments[4], /*echo=*/false};
    request.known = [known](absl::Span<const ClientKey> keys) {
      return std::vector<KnownRow>(keys.size(), known);
    };
  } else if (!whole) {
    return Fail("what is " + arguments[3] + "?");
  }
  return Read(*source, request);
}
