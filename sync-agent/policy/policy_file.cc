#include "sync-agent/policy/policy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/file/descriptor.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kMostBytes = 64 << 10;
constexpr int kMostOfACeiling = 1'000'000'000;
constexpr char kKeys[] =
    "portal_hosts, source_hosts, source_folders, fields_never_sent, ceilings";
constexpr char kHostForm[] =
    "must list names of hosts without scheme, port and path, such as "
    "portal.example.com or \"*.example.com\"";
constexpr char kFieldForm[] =
    "must list contact fields in upper case, such as COMMENTS or UF_CRM_1700000001";

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= 63 &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                  c == '_';
         });
}

bool IsHostEntry(absl::string_view entry) {
  const bool below = absl::ConsumePrefix(&entry, "*.");
  if (!below && absl::StrContains(entry, ":")) {
    return std::all_of(entry.begin(), entry.end(), [](char c) {
      return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == ':' ||
             c == '.';
    });
  }
  const std::vector<absl::string_view> labels = absl::StrSplit(entry, '.');
  return entry.size() <= 253 && std::all_of(labels.begin(), labels.end(), IsLabel);
}

bool IsFolderEntry(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "/")) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  return std::all_of(parts.begin(), parts.end(), [](absl::string_view part) {
    return !part.empty() && part != "." && part != "..";
  });
}

bool IsFieldEntry(absl::string_view field) {
  return !field.empty() && absl::ascii_isupper(static_cast<unsigned char>(field[0])) &&
         std::all_of(field.begin(), field.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_isupper(byte) || absl::ascii_isdigit(byte) || c == '_';
         });
}

// Remembers the first thing that is wrong.
class PolicyReader {
 public:
  explicit PolicyReader(const std::string& file) : file_(file) {}

  absl::StatusOr<LocalPolicy> Read(const YAML::Node& root) {
    if (!root.IsMap() || root.size() == 0) {
      return Wrong(root.Mark().line, "",
                   absl::StrCat("must hold at least one of ", kKeys));
    }
    LocalPolicy policy;
    std::set<std::string> seen;
    for (const auto& entry : root) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      line_ = entry.first.Mark().line;
      if (!seen.insert(key).second) return Wrong(line_, key, "stands twice");
      if (key == "portal_hosts") {
        policy.portal_hosts = Hosts(key, entry.second);
      } else if (key == "source_hosts") {
        policy.source_hosts = Hosts(key, entry.second);
      } else if (key == "source_folders") {
        policy.source_folders =
            Texts(key, entry.second, IsFolderEntry,
                  "must list absolute paths of folders, such as /srv/exchange");
      } else if (key == "fields_never_sent") {
        ReadFields(key, entry.second, &policy);
      } else if (key == "ceilings") {
        ReadCeilings(key, entry.second, &policy.ceilings);
      } else {
        return Wrong(line_, key, absl::StrCat("is not known; allowed are ", kKeys));
      }
      GB_RETURN_IF_ERROR(status_);
    }
    return policy;
  }

  // `line`: counted from 0; below it: of the key.
  absl::Status Wrong(int line, const std::string& key, absl::string_view problem) {
    return MakeError("POLICY_FILE_INVALID",
                     {{"file", file_},
                      {"line", absl::StrCat(std::max(line, 0) + 1)},
                      {"key", key.empty() ? "the file" : key},
                      {"problem", std::string(problem)}});
  }

 private:
  void Fail(const YAML::Node& node, const std::string& key, absl::string_view problem) {
    if (!status_.ok()) return;
    // What is missing stands, for the parser, where the next thing begins.
    const bool missing = node.IsNull() || node.Mark().line < 0;
    status_ = Wrong(missing ? line_ : node.Mark().line, key, problem);
  }

  std::vector<std::string> Texts(const std::string& key, const YAML::Node& list,
                                 bool (*is_entry)(absl::string_view),
                                 const char* form) {
    std::vector<std::string> texts;
    // An empty list looks like "nothing is forbidden", and would forbid everything.
    if (!list.IsSequence() || list.size() == 0) {
      Fail(list, key, form);
      return texts;
    }
    for (const YAML::Node& item : list) {
      if (!item.IsScalar() || !is_entry(item.Scalar())) {
        Fail(item, key, form);
        return texts;
      }
      texts.push_back(item.Scalar());
    }
    return texts;
  }

  std::vector<std::string> Hosts(const std::string& key, const YAML::Node& list) {
    std::vector<std::string> hosts = Texts(key, list, IsHostEntry, kHostForm);
    for (std::string& host : hosts) absl::AsciiStrToLower(&host);
    return hosts;
  }

  void ReadFields(const std::string& key, const YAML::Node& list, LocalPolicy* policy) {
    const std::vector<std::string> fields = Texts(key, list, IsFieldEntry, kFieldForm);
    policy->fields_never_sent = {fields.begin(), fields.end()};
    // Without them a contact is nobody's, and is made again and again.
    for (const char* origin : {"ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION"}) {
      if (policy->CheckField(origin).ok()) continue;
      Fail(list, key,
           absl::StrCat("must not name ", origin, ": the mark of a contact is always ",
                        "sent, without it guests would be doubled"));
    }
  }

  std::optional<int> Ceiling(const std::string& key, const YAML::Node& node) {
    int most = 0;
    // "?" is the tag of what stands without quotes.
    if (!node.IsScalar() || node.Tag() != "?" || node.Scalar().empty() ||
        !std::all_of(node.Scalar().begin(), node.Scalar().end(),
                     [](char c) { return c >= '0' && c <= '9'; }) ||
        !absl::SimpleAtoi(node.Scalar(), &most) || most > kMostOfACeiling) {
      Fail(node, key, absl::StrCat("must be a number from 0 to ", kMostOfACeiling));
    }
    return most;
  }

  void ReadCeilings(const std::string& key, const YAML::Node& map,
                    RunCeilings* ceilings) {
    constexpr char kOf[] = "creations, updates, deletions";
    if (!map.IsMap() || map.size() == 0) {
      return Fail(map, key, absl::StrCat("must hold at least one of ", kOf));
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const std::string path = absl::StrCat(key, ".", name);
      line_ = entry.first.Mark().line;
      if (!seen.insert(name).second) return Fail(entry.first, path, "stands twice");
      if (name == "creations") {
        ceilings->creations = Ceiling(path, entry.second);
      } else if (name == "updates") {
        ceilings->updates = Ceiling(path, entry.second);
      } else if (name == "deletions") {
        ceilings->deletions = Ceiling(path, entry.second);
      } else {
        Fail(entry.first, path, absl::StrCat("is not known; allowed are ", kOf));
      }
    }
  }

  const std::string& file_;
  int line_ = 0;  // of the key that is read
  absl::Status status_;
};

absl::StatusOr<std::string> ReadProtected(const std::string& file) {
  const auto unreadable = [&](absl::string_view detail) {
    return MakeError("POLICY_FILE_UNREADABLE",
                     {{"file", file}, {"detail", std::string(detail)}});
  };
  // Not to wait for whoever may write to a pipe.
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (descriptor.fd() < 0 || fstat(descriptor.fd(), &facts) != 0) {
    return unreadable(std::strerror(errno));
  }
  if (!S_ISREG(facts.st_mode)) return unreadable("it is not a file");
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
      (facts.st_uid != 0 && facts.st_uid != geteuid())) {
    return MakeError("POLICY_FILE_UNPROTECTED", {{"file", file}});
  }
  std::string text(kMostBytes + 1, '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got =
        read(descriptor.fd(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  if (filled > kMostBytes) return unreadable("it is larger than 64 KiB");
  text.resize(filled);
  return text;
}

}  // namespace

absl::StatusOr<LocalPolicy> ReadPolicyFile(const std::string& file) {
  GB_ASSIGN_OR_RETURN(const std::string text, ReadProtected(file));
  PolicyReader reader(file);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      return reader.Wrong(documents[1].Mark().line, "", "must be one YAML document");
    }
    return reader.Read(documents.empty() ? YAML::Node() : documents[0]);
  } catch (const YAML::Exception& e) {
    return reader.Wrong(e.mark.line, "",
                        "is not YAML (what begins with * needs quotes)");
  }
}

absl::StatusOr<LocalPolicy> FindLocalPolicy(const std::string& given,
                                            const std::string& usual) {
  if (!given.empty()) return ReadPolicyFile(given);
  struct stat facts {};
  // A link that leads nowhere is a mistake to be told.
  if (lstat(usual.c_str(), &facts) != 0 && errno == ENOENT) return LocalPolicy();
  return ReadPolicyFile(usual);
}

}  // namespace guestbridge::agent
