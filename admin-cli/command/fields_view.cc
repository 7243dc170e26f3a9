#include "admin-cli/command/fields_view.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/values.h"

namespace guestbridge::cli {
namespace {

using v1::FieldMapping;

std::string OriginOf(const Session& session, const v1::FieldMappingEntry& entry) {
  if (!entry.suggested()) return session.Text("BY_HAND");
  const std::string why =
      entry.reason().empty()
          ? session.Text("SUGGESTED")
          : RenderMessage(entry.reason(),
                          {{"source", entry.source()}, {"target", entry.target()}},
                          session.options().language);
  if (entry.certainty() == v1::FieldMappingEntry::CERTAINTY_UNSPECIFIED) return why;
  return absl::StrCat(why, " (",
                      session.Name("CERTAINTY", v1::FieldMappingEntry::Certainty_Name(
                                                    entry.certainty())),
                      ")");
}

// "Edm.String", 50 -> "String(50)".
std::string TypeText(const v1::SourceField& field) {
  const absl::string_view type = absl::StripPrefix(field.type(), "Edm.");
  return field.max_length() > 0 ? absl::StrCat(type, "(", field.max_length(), ")")
                                : std::string(type);
}

}  // namespace

std::string PolicyOf(const Session& session, const v1::FieldMappingEntry& entry) {
  std::vector<std::string> words;
  if (entry.policy() == v1::FieldMappingEntry::FILL_EMPTY) {
    words.push_back(session.Text("POLICY_FILL_EMPTY"));
  } else if (entry.policy() == v1::FieldMappingEntry::CREATE_ONLY) {
    words.push_back(session.Text("POLICY_CREATE_ONLY"));
  }
  if (entry.when_empty() == v1::FieldMappingEntry::KEEP) {
    words.push_back(session.Text("POLICY_KEEP"));
  }
  return absl::StrJoin(words, ", ");
}

void PrintFieldMapping(Session& session, const FieldMapping& mapping) {
  if (!mapping.filter().empty()) {
    session.Say("FILTER_IS", {{"filter", mapping.filter()}});
  }
  if (mapping.entries().empty()) return;
  const bool policies =
      std::any_of(mapping.entries().begin(), mapping.entries().end(),
                  [&](const auto& entry) { return !PolicyOf(session, entry).empty(); });
  std::vector<std::string> head = {session.Text("HEAD_SOURCE_FIELD"),
                                   session.Text("HEAD_TARGET_FIELD"),
                                   session.Text("HEAD_TRANSFORMS")};
  if (policies) head.push_back(session.Text("HEAD_POLICY"));
  head.push_back(session.Text("HEAD_ORIGIN"));
  Table table(std::move(head));
  table.Keep(1);
  for (const v1::FieldMappingEntry& entry : mapping.entries()) {
    std::vector<Cell> row = {entry.source(), entry.target(),
                             absl::StrJoin(entry.transforms(), ", ")};
    if (policies) row.emplace_back(PolicyOf(session, entry));
    row.emplace_back(OriginOf(session, entry));
    table.Add(std::move(row));
  }
  table.Print(session.style(), session.out());
  for (const v1::Explanation& notice : mapping.notices()) {
    PrintWrapped(absl::StrCat(session.Text("WARNING"), ": ", TextOf(notice)), 0,
                 session.style(), session.out());
  }
}

void PrintBothSides(Session& session, const FieldMapping& mapping) {
  std::map<std::string, std::vector<std::string>> targets;
  for (const v1::FieldMappingEntry& entry : mapping.entries()) {
    targets[entry.source()].push_back(entry.target());
  }
  if (!mapping.source_fields().empty()) {
    Table table({session.Text("HEAD_SOURCE_FIELD"), session.Text("HEAD_TYPE"),
                 session.Text("HEAD_MAPPED_TO")});
    for (const v1::SourceField& field : mapping.source_fields()) {
      table.Add(
          {field.name(), TypeText(field), absl::StrJoin(targets[field.name()], ", ")});
    }
    session.Say("SOURCE_FIELDS_TITLE",
                {{"source_fields", std::to_string(mapping.source_fields_size())}});
    table.Print(session.style(), session.out());
  }
  int writable = 0;
  Table table({session.Text("HEAD_TARGET_FIELD"), session.Text("HEAD_TYPE"),
               session.Text("HEAD_TITLE")});
  for (const v1::ContactField& field : mapping.contact_fields()) {
    if (field.read_only()) continue;
    ++writable;
    table.Add({field.name(), field.type(), field.title()});
  }
  if (table.empty()) return;
  session.Say("CONTACT_FIELDS_TITLE", {{"writable", std::to_string(writable)}});
  table.Print(session.style(), session.out());
}

}  // namespace guestbridge::cli
