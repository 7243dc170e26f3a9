// script/simulate: lives worlds and says what went wrong.

#include <cstdio>
#include <ctime>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/simulation/mutants.h"
#include "tests/simulation/shrink.h"
#include "tests/simulation/world.h"

namespace guestbridge::simulation {
namespace {

struct Arguments {
  Options options;
  bool check_mutants = false;
  int seeds = 1;
  bool shrink = true;
};

bool Parse(int argc, char** argv, Arguments* arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--log") {
      arguments->options.log = true;
      continue;
    }
    if (flag == "--check-mutants") {
      arguments->check_mutants = true;
      continue;
    }
    if (flag == "--sync-late") {
      arguments->options.sync_late = true;
      continue;
    }
    if (flag == "--no-shrink") {
      arguments->shrink = false;
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    if (flag == "--seed") {
      if (!absl::SimpleAtoi(value, &arguments->options.seed)) return false;
    } else if (flag == "--nights") {
      if (!absl::SimpleAtoi(value, &arguments->options.nights)) return false;
    } else if (flag == "--seeds") {
      if (!absl::SimpleAtoi(value, &arguments->seeds)) return false;
    } else if (flag == "--too-late") {
      if (!absl::SimpleAtod(value, &arguments->options.too_late)) return false;
      arguments->shrink = false;
    } else if (flag == "--mutant") {
      if (!SwitchOn(value)) return false;
    } else if (flag == "--kinds") {
      const auto kinds = DecodeKinds(value);
      if (!kinds.ok()) return false;
      arguments->options.kinds = *kinds;
    } else if (flag == "--faults") {
      const auto sites = DecodeFaults(value);
      if (!sites.ok()) return false;
      arguments->options.only = *sites;
    } else {
      return false;
    }
  }
  return true;
}

// Each mutant is caught by its seed, and without it the same seed finds nothing.
int CheckMutants() {
  int failures = 0;
  for (const KnownMutant& known : kKnownMutants) {
    Options options;
    options.seed = known.seed;
    options.nights = known.nights;
    const Result sound = Simulate(options);
    if (!SwitchOn(known.name)) return 2;
    const Result mutated = Simulate(options);
    SwitchOff();
    const bool good = !sound.failed && mutated.failed;
    if (!good) ++failures;
    absl::PrintF("%s %-26s seed %d, %d nights: %s\n", good ? "ok  " : "FAIL",
                 known.name, known.seed, known.nights,
                 sound.failed ? sound.what : mutated.what);
  }
  return failures > 0 ? 1 : 0;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) {
    absl::FPrintF(stderr,
                  "usage: simulate --seed N --nights M [--seeds K] [--kinds LIST]"
                  " [--faults LIST] [--sync-late] [--log] [--no-shrink]"
                  " [--too-late RATE]\n"
                  "--kinds: only these kinds of faults, e.g. late,crash;"
                  " --faults: only these faults,\n"
                  "each as night:kind:number, e.g. 2:late:1; kinds:\n");
    for (size_t kind = 0; kind < kFaultKinds; ++kind) {
      absl::FPrintF(stderr, "  %s\n", NameOf(static_cast<FaultKind>(kind)));
    }
    absl::FPrintF(stderr,
                  "built with mutants also: --mutant NAME, --check-mutants; names:\n");
    for (const KnownMutant& known : kKnownMutants) {
      absl::FPrintF(stderr, "  %s\n", known.name);
    }
    return 2;
  }
  if (arguments.check_mutants) return CheckMutants();
  const std::clock_t begun = std::clock();
  std::map<std::string, int64_t> counts;
  std::map<std::string, int64_t> faults;
  int64_t nights = 0;
  int failures = 0;
  Options options = arguments.options;
  for (int i = 0; i < arguments.seeds; ++i, ++options.seed) {
    const Result result = Simulate(options);
    nights += result.nights;
    for (const auto& [name, count] : result.counts) counts[name] += count;
    for (const FaultSite& site : result.struck) ++faults[NameOf(site.kind)];
    if (arguments.seeds == 1) absl::PrintF("trace %016x\n", result.trace);
    if (!result.failed) continue;
    ++failures;
    absl::PrintF("seed %d, night %d: %s\n", options.seed, result.night, result.what);
    if (arguments.shrink) {
      const Replay replay = Shrink(options, result);
      absl::PrintF("  %s\n  %d faults left: %s\n", CommandOf(replay),
                   replay.faults.size(), replay.what);
    }
    std::fflush(stdout);
  }
  absl::PrintF("%d seeds, %d nights, %d failed, %.1f s of CPU\n", arguments.seeds,
               nights, failures,
               static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
  for (const auto& [name, count] : counts) absl::PrintF("  %-28s %d\n", name, count);
  absl::PrintF("faults:\n");
  for (const auto& [name, count] : faults) absl::PrintF("  %-28s %d\n", name, count);
  return failures > 0 ? 1 : 0;
}

}  // namespace
}  // namespace guestbridge::simulation

int main(int argc, char** argv) { return guestbridge::simulation::Main(argc, argv); }
