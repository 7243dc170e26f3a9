#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/nearest.h"
#include "admin-cli/command/session.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "common/status/error.h"
#include "common/text/catalogue.h"
#include "common/text/example.h"
#include "common/text/reason_area.h"
#include "common/text/reason_place.h"
#include "nlohmann/json.hpp"

// `help error`: the catalogue, read by a person who has a code in hand.
namespace guestbridge::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kNearest = 3;

struct Entry {
  const ReasonText* text;
  const ReasonArea* area;
  std::vector<ReasonPlace> places;

  bool has_code() const { return text->code != absl::StatusCode::kOk; }
  bool is_of_call() const {
    return std::find(places.begin(), places.end(), ReasonPlace::kCall) != places.end();
  }
};

Entry MakeEntry(const ReasonText& text, const ReasonArea& area) {
  return {&text, &area, PlacesOf(text, area.name)};
}

std::string Message(const Entry& entry, Language language) {
  return std::string(language == Language::kRussian ? entry.text->message_ru
                                                    : entry.text->message_en);
}

std::string Remedy(const Entry& entry, Language language) {
  return std::string(language == Language::kRussian ? entry.text->remedy_ru
                                                    : entry.text->remedy_en);
}

std::string Example(const Entry& entry, Language language) {
  return RenderMessage(entry.text->reason, ExampleOf(*entry.text, language), language);
}

std::string ExampleRemedy(const Entry& entry, Language language) {
  return RenderRemedy(entry.text->reason, ExampleOf(*entry.text, language), language);
}

int ExitCodeOf(const Entry& entry) {
  return cli::ExitCodeOf(MakeError(entry.text->reason));
}

Json ToDocument(const Entry& entry, Language language) {
  Json places = Json::array();
  for (const ReasonPlace place : entry.places) places.push_back(NameOf(place));
  Json document = {{"code", entry.text->reason},
                   {"area", entry.area->name},
                   {"message", Message(entry, language)},
                   {"remedy", Remedy(entry, language)},
                   {"example", Example(entry, language)},
                   {"exampleRemedy", ExampleRemedy(entry, language)},
                   {"occurs", std::move(places)}};
  if (entry.has_code()) {
    document["grpcCode"] = absl::StatusCodeToString(entry.text->code);
  }
  if (entry.is_of_call()) document["exitCode"] = ExitCodeOf(entry);
  return document;
}

std::string PlacesText(const Session& session, const Entry& entry) {
  std::vector<std::string> words;
  for (const ReasonPlace place : entry.places) {
    words.push_back(session.Text(
        absl::StrCat("PLACE_", NameOf(place)),
        place == ReasonPlace::kCall
            ? Parameters{{"exit", std::to_string(ExitCodeOf(entry))},
                         {"grpc", absl::StatusCodeToString(entry.text->code)}}
            : Parameters{}));
  }
  return absl::StrJoin(words, "; ");
}

void PrintEntry(Session& session, const Entry& entry) {
  const Language language = session.options().language;
  session.out() << entry.text->reason << ": "
                << session.Text(absl::StrCat("AREA_", entry.area->name)) << '\n';
  // What is filled in is three dots here, and a value in the example.
  const std::string meaning = RenderMessage(entry.text->reason, {}, language);
  const std::string example = Example(entry, language);
  Facts facts;
  facts.Add(session.Text("MEANING"), meaning);
  if (example != meaning) facts.Add(session.Text("EXAMPLE"), example);
  facts.Add(session.Text("REMEDY"), ExampleRemedy(entry, language));
  facts.Add(session.Text("OCCURS"), PlacesText(session, entry));
  facts.Print(session.style(), session.out());
  session.Say("NEXT_HELP_ERROR");
}

std::vector<std::string> EveryCode() {
  std::vector<std::string> codes;
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) codes.emplace_back(text->reason);
  }
  return codes;
}

absl::StatusOr<int> PrintOne(Session& session, const std::string& typed) {
  const std::string code = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(typed));
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      if (text->reason != code) continue;
      const Entry entry = MakeEntry(*text, area);
      if (!session.PrintDocument(
              ToDocument(entry, session.options().language).dump())) {
        PrintEntry(session, entry);
      }
      return 0;
    }
  }
  const std::vector<std::string> nearest = Nearest(code, EveryCode(), kNearest);
  if (nearest.empty()) return MakeError("ERROR_CODE_STRANGE", {{"code", typed}});
  return MakeError("ERROR_CODE_UNKNOWN",
                   {{"code", typed}, {"known", absl::StrJoin(nearest, ", ")}});
}

int PrintAll(Session& session) {
  const Language language = session.options().language;
  Json documents = Json::array();
  for (const ReasonArea& area : ReasonAreas()) {
    for (const ReasonText* text : area.reasons) {
      documents.push_back(ToDocument(MakeEntry(*text, area), language));
    }
  }
  if (session.PrintDocument(documents.dump())) return 0;
  session.Say("ERROR_CODES", {{"count", std::to_string(documents.size())}});
  constexpr int kGap = 2;
  for (const ReasonArea& area : ReasonAreas()) {
    session.out() << '\n' << session.Text(absl::StrCat("AREA_", area.name)) << '\n';
    int width = 0;
    for (const ReasonText* text : area.reasons) {
      width = std::max(width, DisplayWidth(text->reason));
    }
    const int room = session.style().width - width - 2 * kGap;
    for (const ReasonText* text : area.reasons) {
      session.out() << "  " << PadToWidth(text->reason, width + kGap)
                    << CutToWidth(Example(MakeEntry(*text, area), language), room)
                    << '\n';
    }
  }
  session.out() << '\n';
  session.Say("NEXT_HELP_ERROR_CODE");
  return 0;
}

absl::StatusOr<int> HelpError(Session& session, const Arguments& arguments) {
  if (arguments.Has("CODE")) return PrintOne(session, arguments.Get("CODE"));
  return PrintAll(session);
}

}  // namespace

std::vector<Command> HelpCommands() {
  Command help_error = {"help",
                        "error",
                        "HELP_HELP_ERROR",
                        {{"CODE", "CODE", "ARGUMENT_ERROR_CODE"}},
                        {},
                        {"guestbridge help error SOURCE_RIGHT_MISSING",
                         "guestbridge help error --output json"},
                        HelpError};
  help_error.local = true;
  return {help_error};
}

}  // namespace guestbridge::cli
