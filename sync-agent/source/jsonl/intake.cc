#include "sync-agent/source/jsonl/intake.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"
#include "sync-agent/source/jsonl/line_reader.h"

namespace guestbridge::agent {
namespace {

constexpr int kLinesPerStep = 2000;
constexpr int64_t kBytesPerStep = 4 << 20;
// A file of another kind is told of, not copied.
constexpr int64_t kMostRejectedKept = 10'000;
constexpr size_t kRejectedTextBytes = 64 << 10;
constexpr size_t kLongTextBytes = 1 << 10;
// Of a line of the side file: each byte of the text may be escaped.
constexpr size_t kLongestRejected = 8 * kRejectedTextBytes;
// Stands last in such a line, for its members are sorted.
constexpr absl::string_view kRejectedText = R"("text":")";

constexpr char kDealtNote[] = "dealt";        // the seq up to which runs are through
constexpr char kRestoredNote[] = "restored";  // done/ was read into this store
constexpr char kWholeNote[] = "whole";        // a .full.jsonl was read to its end

bool IsWhole(const std::string& name) { return absl::EndsWith(name, ".full.jsonl"); }

// A line of the side file.
std::string DescribeRejected(int64_t number, const absl::Status& why,
                             absl::string_view line, bool too_long) {
  nlohmann::json entry = {{"line", number},
                          {"reason", ReasonOf(why)},
                          {"en", Explain(why, Language::kEnglish).message},
                          {"ru", Explain(why, Language::kRussian).message}};
  const size_t most = too_long ? kLongTextBytes : kRejectedTextBytes;
  const std::string text = ToValidUtf8(line.substr(0, most));
  entry["text"] = text;
  return entry.dump() + "\n";
}

absl::StatusOr<ClientLine> DecodeLine(const LineReader& reader) {
  if (reader.too_long()) return MakeError("LINE_TOO_LONG");
  return DecodeClientLine(reader.line());
}

bool IsBlank(absl::string_view line) {
  return absl::StripAsciiWhitespace(line).empty();
}

}  // namespace

absl::Status Intake::Look() {
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder_.ListFiles(kInbox));
  GB_ASSIGN_OR_RETURN(const std::string restored, store_.Note(kRestoredNote));
  if (restored.empty()) {
    GB_ASSIGN_OR_RETURN(const std::vector<std::string> done, folder_.ListFiles(kDone));
    for (const std::string& name : done) waiting_.push_back({kDone, name});
  }
  GB_ASSIGN_OR_RETURN(const std::vector<FileRecord> known, store_.ListFiles(kInbox));
  for (const FileRecord& file : known) {
    if (std::binary_search(names.begin(), names.end(), file.name)) continue;
    if (!file.read) {
      log::Warning("source_file_vanished",
                   {{"file", ToValidUtf8(file.name)}, {"lines_read", file.lines}});
    }
    GB_RETURN_IF_ERROR(store_.ForgetFile(file.id));
  }
  for (const std::string& name : names) waiting_.push_back({kInbox, name});
  return absl::OkStatus();
}

absl::StatusOr<std::optional<FileRecord>> Intake::Begin(const Waiting& waiting,
                                                        const OpenFile& file) {
  GB_ASSIGN_OR_RETURN(std::optional<FileRecord> known,
                      store_.FindFile(waiting.place, waiting.name));
  if (known.has_value() && known->stamp == file.stamp) {
    if (known->read) return std::optional<FileRecord>();
    return known;
  }
  FileRecord fresh;
  fresh.place = waiting.place;
  fresh.name = waiting.name;
  fresh.stamp = file.stamp;
  if (known.has_value() && known->stamp.inode == file.stamp.inode) {
    // It is still being written, in its place: its lines are judged once more.
    fresh.rejected_from = known->rejected_from;
    GB_RETURN_IF_ERROR(folder_.CutFile(kRejected, waiting.name, fresh.rejected_from));
  } else if (const auto side = folder_.Open(kRejected, waiting.name); side.ok()) {
    // What an earlier file of this name left there stays.
    fresh.rejected_from = side->stamp.size;
  }
  fresh.rejected_bytes = fresh.rejected_from;
  GB_ASSIGN_OR_RETURN(fresh, store_.BeginFile(std::move(fresh)));
  return std::optional<FileRecord>(std::move(fresh));
}

absl::StatusOr<bool> Intake::Step() {
  if (waiting_.empty()) GB_RETURN_IF_ERROR(Look());
  while (!waiting_.empty()) {
    const Waiting waiting = waiting_.front();
    const absl::StatusOr<OpenFile> open = folder_.Open(waiting.place, waiting.name);
    if (absl::IsNotFound(open.status())) {
      waiting_.pop_front();
      continue;
    }
    GB_RETURN_IF_ERROR(open.status());
    std::optional<FileRecord> file;
    // Durable before its lines: what a step that is cut short leaves in rejected/ is
    // then known for what it is.
    GB_RETURN_IF_ERROR(store_.Transact([&]() -> absl::Status {
      GB_ASSIGN_OR_RETURN(file, Begin(waiting, *open));
      CrashPoint("agent.file.begin");
      return absl::OkStatus();
    }));
    CrashPoint("agent.file.begun");
    if (!file.has_value()) {
      waiting_.pop_front();
      continue;
    }
    GB_RETURN_IF_ERROR(
        store_.Transact([&]() -> absl::Status { return ReadPiece(*open, &*file); }));
    CrashPoint("agent.file.taken-in");
    if (!file->read) return true;
    waiting_.pop_front();
    log::Info("source_file_read", {{"file", ToValidUtf8(file->name)},
                                   {"lines", file->lines},
                                   {"rejected", file->rejected}});
    return true;
  }
  GB_ASSIGN_OR_RETURN(const std::string restored, store_.Note(kRestoredNote));
  if (!restored.empty()) return false;
  GB_RETURN_IF_ERROR(store_.Transact([&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(const std::vector<FileRecord> done, store_.ListFiles(kDone));
    for (const FileRecord& file : done) {
      GB_RETURN_IF_ERROR(store_.ForgetFile(file.id));
    }
    GB_RETURN_IF_ERROR(store_.SetNote(kRestoredNote, "1"));
    CrashPoint("agent.file.restore");
    return absl::OkStatus();
  }));
  CrashPoint("agent.file.restored");
  return false;
}

absl::Status Intake::ReadPiece(const OpenFile& open, FileRecord* file) {
  LineReader reader(open.descriptor.fd(), file->offset, kLongestLine);
  const int64_t begun = file->offset;
  const bool whole = IsWhole(file->name);
  std::string rejected;
  int count = 0;
  bool more = true;
  while (count < kLinesPerStep && reader.offset() - begun < kBytesPerStep) {
    more = reader.Next();
    if (!more) break;
    ++count;
    ++file->lines;
    if (!reader.too_long() && IsBlank(reader.line())) continue;
    const absl::StatusOr<ClientLine> client = DecodeLine(reader);
    if (client.ok()) {
      GB_RETURN_IF_ERROR(store_.PutClient(*client, file->id, whole).status());
      continue;
    }
    if (++file->rejected <= kMostRejectedKept) {
      rejected += DescribeRejected(file->lines, client.status(), reader.line(),
                                   reader.too_long());
    }
  }
  if (reader.error() != 0) return folder_.ErrorOf(reader.error(), file->place);
  file->offset = reader.offset();
  lines_ += count;
  // Whoever moved a file to done/ told of its lines before.
  if (!rejected.empty() && file->place != kDone) {
    GB_RETURN_IF_ERROR(WriteRejected(rejected, file));
  }
  if (!more) GB_RETURN_IF_ERROR(Finish(file));
  GB_RETURN_IF_ERROR(store_.PutFile(*file));
  CrashPoint("agent.file.take-in");
  return absl::OkStatus();
}

absl::Status Intake::Finish(FileRecord* file) {
  file->read = true;
  GB_ASSIGN_OR_RETURN(file->last_seq, store_.LastSeq());
  if (!IsWhole(file->name) || file->rejected > 0 || file->lines == 0) {
    return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const std::string note, store_.Note(kDealtNote));
  int64_t dealt = 0;
  if (!absl::SimpleAtoi(note, &dealt)) dealt = 0;
  GB_ASSIGN_OR_RETURN(const int64_t forgotten, store_.ForgetAbsent(file->id, dealt));
  if (forgotten > 0) {
    log::Info("source_clients_absent",
              {{"file", ToValidUtf8(file->name)}, {"clients", forgotten}});
  }
  return store_.SetNote(kWholeNote, "1");
}

absl::Status Intake::Overwrite(const Descriptor& side, absl::string_view text,
                               int64_t at) const {
  while (!text.empty()) {
    const ssize_t written = pwrite(side.fd(), text.data(), text.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return folder_.ErrorOf(written == 0 ? ENOSPC : errno, kRejected);
    text.remove_prefix(static_cast<size_t>(written));
    at += written;
  }
  return absl::OkStatus();
}

absl::Status Intake::WriteRejected(const std::string& text, FileRecord* file) {
  GB_ASSIGN_OR_RETURN(const Descriptor side,
                      folder_.OpenToWrite(kRejected, file->name, O_WRONLY | O_CREAT));
  // A step that was cut short may have left its lines; somebody may have taken the file
  // away.
  int64_t at = std::min(file->rejected_bytes, StampOf(side.fd()).size);
  file->rejected_from = std::min(file->rejected_from, at);
  if (ftruncate(side.fd(), at) != 0) return folder_.ErrorOf(errno, kRejected);
  CrashPoint("agent.file.half-rejected",
             [&] { (void)!pwrite(side.fd(), text.data(), text.size() / 2, at); });
  GB_RETURN_IF_ERROR(Overwrite(side, text, at));
  at += static_cast<int64_t>(text.size());
  if (fsync(side.fd()) != 0) return folder_.ErrorOf(errno, kRejected);
  CrashPoint("agent.file.rejected");
  file->rejected_bytes = at;
  return absl::OkStatus();
}

absl::Status Intake::Acknowledge(int64_t seq) {
  CrashPoint("agent.file.acknowledge");
  GB_RETURN_IF_ERROR(store_.SetNote(kDealtNote, absl::StrCat(seq)));
  CrashPoint("agent.file.dealt");
  GB_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, store_.ListFiles(kInbox));
  for (const FileRecord& file : files) {
    if (!file.read || file.last_seq > seq) continue;
    CrashPoint("agent.file.move");
    const absl::StatusOr<bool> moved = folder_.MoveToDone(file.name, file.stamp);
    if (!moved.ok()) {
      log::Warning("source_file_stays",
                   {{"file", ToValidUtf8(file.name)}, {"error", moved.status()}});
      continue;
    }
    if (!*moved) continue;
    CrashPoint("agent.file.moved");
    GB_RETURN_IF_ERROR(store_.ForgetFile(file.id));
    CrashPoint("agent.file.acknowledged");
  }
  return absl::OkStatus();
}

absl::Status Intake::ForgetRejected(const ClientKey& client) {
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                      folder_.ListFiles(kRejected));
  for (const std::string& name : names) {
    const absl::StatusOr<Descriptor> side =
        folder_.OpenToWrite(kRejected, name, O_RDWR);
    if (absl::IsNotFound(side.status())) continue;
    GB_RETURN_IF_ERROR(side.status());
    LineReader reader(side->fd(), 0, kLongestRejected);
    bool changed = false;
    for (int64_t begin = 0; reader.Next(); begin = reader.offset()) {
      const absl::string_view line = reader.line();
      const size_t text = line.find(kRejectedText);
      if (text == absl::string_view::npos ||
          !absl::StrContains(absl::AsciiStrToLower(line), client.guid())) {
        continue;
      }
      // In its place: how long the file is tells which lines are whose.
      const size_t from = text + kRejectedText.size();
      const size_t upto = line.rfind('"');
      if (upto == absl::string_view::npos || upto <= from) continue;
      GB_RETURN_IF_ERROR(Overwrite(*side, std::string(upto - from, ' '),
                                   begin + static_cast<int64_t>(from)));
      changed = true;
    }
    if (reader.error() != 0) return folder_.ErrorOf(reader.error(), kRejected);
    if (changed && fsync(side->fd()) != 0) return folder_.ErrorOf(errno, kRejected);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Intake::KnowsEveryClient() {
  GB_ASSIGN_OR_RETURN(const std::string note, store_.Note(kWholeNote));
  return !note.empty();
}

absl::StatusOr<FileSample> SampleFile(const ExchangeFolder& folder,
                                      const std::string& name, int most) {
  GB_ASSIGN_OR_RETURN(const OpenFile open, folder.Open(kInbox, name));
  LineReader reader(open.descriptor.fd(), 0, kLongestLine);
  FileSample sample;
  for (int i = 0; i < most && reader.Next(); ++i) {
    if (!reader.too_long() && IsBlank(reader.line())) continue;
    absl::StatusOr<ClientLine> client = DecodeLine(reader);
    if (client.ok()) {
      sample.clients.push_back(*std::move(client));
    } else if (sample.bad.ok()) {
      sample.bad = client.status();
    }
  }
  return sample;
}

}  // namespace guestbridge::agent
