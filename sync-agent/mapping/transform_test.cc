#include "sync-agent/mapping/transform.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sync-agent/mapping/country_names.h"
#include "sync-agent/mapping/name_case.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::map<std::string, std::string>& Row() {
  static const auto& row = *new std::map<std::string, std::string>{
      {"LastName", "Орлова"}, {"FirstName", "Анна"},       {"SecondName", ""},
      {"Phone", ""},          {"PhoneMobile", "+7 916 1"}, {"Fax", "+7 495 2"}};
  return row;
}

std::vector<std::string> Apply(const std::string& source,
                               const std::vector<std::string>& transforms) {
  std::vector<std::string> values = {source};
  for (const std::string& text : transforms) {
    const auto transform = ParseTransform(text);
    EXPECT_TRUE(transform.ok()) << transform.status();
    if (!transform.ok()) return {};
    ApplyTransform(
        *transform,
        [](const std::string& name) {
          const auto found = Row().find(name);
          return found == Row().end() ? std::string() : found->second;
        },
        &values);
  }
  return values;
}

TEST(Transform, EachDoesWhatItsExampleSays) {
  struct Case {
    const char* source;
    std::vector<std::string> transforms;
    const char* sent;
  };
  const Case cases[] = {
      {"  a  ", {"trim"}, "a"},
      {"иВАН пЕТРОВИЧ", {"title"}, "Иван Петрович"},
      {"ЖАН-ЛЮК о'нил", {"title"}, "Жан-Люк О'нил"},
      {"Nguyễn éß", {"upper"}, "NGUYỄN Éß"},
      {"ЁЖ ŠÉ ΑΩ Ż", {"lower"}, "ёж šé αω ż"},
      {"İı", {"lower"}, "İı"},
      {"abcdef", {"truncate:3", "upper"}, "ABC"},
      {"юля😊x", {"truncate:4"}, "юля😊"},
      {"№ 12-34", {"digits"}, "1234"},
      {"x", {"constant:Guest: a,b\\n"}, "Guest: a,b\\n"},
      {"", {"constant:G"}, "G"},
      {"true", {"yes-no"}, "Y"},
      {"false", {"yes-no"}, "N"},
      {"Да", {"yes-no"}, "Y"},
      {"maybe", {"yes-no"}, ""},
      {"ИВАНОВ-ПЕТРОВ", {"name", "truncate:6"}, "Иванов"},
      {"x", {"template:{LastName} {FirstName}"}, "Орлова Анна"},
      {"x", {"template:{LastName} {SecondName} {FirstName}!"}, "Орлова Анна!"},
      {"x", {"template:Гость {Phone}{SecondName}"}, ""},
      {"x", {"template:\\{{FirstName}\\}\\\\ { LastName }"}, "{Анна}\\ Орлова"},
      {"x", {"first-of:Phone,PhoneMobile,Fax"}, "+7 916 1"},
      {"Male", {"enum:Male=HNR_RU_1;Female=HNR_RU_2"}, "HNR_RU_1"},
      {" female ", {"enum:Male=HNR_RU_1;Female=HNR_RU_2"}, "HNR_RU_2"},
      {"ЖЕН", {"enum:Муж=M;Жен=F;"}, "F"},
      {"x", {"enum:Male=M;*=U"}, "U"},
      {"x", {"enum:Male=M;*=*"}, "x"},
      {"x", {"enum:Male=M;*=\\*"}, "*"},
      {"*", {"enum:\\*=star;*=other"}, "star"},
      {"x", {"enum:Male=M"}, ""},
      {"", {"enum:Male=M;*=U"}, ""},
      {"", {"enum:=none;Male=M;*=U"}, "none"},
      {"a=b;c", {"enum:a\\=b\\;c=d\\;e"}, "d;e"},
      {"РОССИЙСКАЯ ФЕДЕРАЦИЯ", {"country"}, "Россия"},
      {"КОРЕЯ, РЕСПУБЛИКА", {"country"}, "Южная Корея"},
      {"Объединённые Арабские Эмираты", {"country:code"}, "AE"},
      {"rus", {"country"}, "Россия"},
      {"643", {"country:en"}, "Russia"},
      {"United States of America", {"country:ru"}, "США"},
      {"Côte d'Ivoire", {"country:code"}, "CI"},
      {"Лимония", {"country"}, "Лимония"},
      {"Лимония", {"country:code"}, ""},
      {" ", {"country"}, ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.source, " | ", absl::StrJoin(c.transforms, " ")));
    EXPECT_EQ(JoinValues(Apply(c.source, c.transforms), "|"), c.sent);
  }
}

TEST(Transform, OneValueBecomesSeveralAndSeveralBecomeOne) {
  EXPECT_THAT(Apply("a; b;;c ", {"split:;"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Apply("a; b;;c ", {"split:;", "upper"}), ElementsAre("A", "B", "C"));
  EXPECT_THAT(Apply("a\tb", {"split:\\t"}), ElementsAre("a", "b"));
  EXPECT_THAT(Apply(" ; ", {"split:;"}), IsEmpty());
  EXPECT_THAT(Apply("a;b", {"split:;", "join:, "}), ElementsAre("a, b"));
  EXPECT_THAT(Apply("", {"all-of:Phone,PhoneMobile,Fax"}),
              ElementsAre("+7 916 1", "+7 495 2"));
  EXPECT_THAT(Apply("", {"all-of:Phone,PhoneMobile,Fax", "digits", "join:\\s\\|\\s"}),
              ElementsAre("79161 | 74952"));
  EXPECT_THAT(Apply("x", {"first-of:Phone,SecondName"}), IsEmpty());
}

TEST(Transform, NamesGetTheirCaseAndWhatSomeoneWroteWithCareStays) {
  const std::pair<const char*, const char*> cases[] = {
      {"ИВАНОВ-ПЕТРОВ", "Иванов-Петров"},
      {"иванов - петров", "Иванов - Петров"},
      {"О'КОННОР", "О'Коннор"},
      {"о’коннор", "О’Коннор"},
      {"O'NEIL", "O'Neil"},
      {"Д'АРТАНЬЯН", "Д'Артаньян"},
      {"В'ЯЧЕСЛАВ", "В'ячеслав"},
      {"ЛУК'ЯНОВ", "Лук'янов"},
      {"МАК'АРТУР", "Мак'артур"},
      {"ДЕ ГОЛЛЬ", "де Голль"},
      {"ДЕ", "Де"},
      {"ФОН НЕЙМАН", "фон Нейман"},
      {"Фон Нейман", "Фон Нейман"},
      {"ван дер ваальс", "ван дер Ваальс"},
      {"ВАН ЛИ", "Ван Ли"},
      {"МАМЕДОВ АЛИ ОГЛЫ", "Мамедов Али оглы"},
      {"АЛИЕВА лейла кызы", "Алиева Лейла кызы"},
      {"ОГЛЫ", "Оглы"},
      {"АЛЬ-АСАД", "аль-Асад"},
      {"АЛЬ АСАД", "Аль Асад"},
      {"ДиКаприо", "ДиКаприо"},
      {"McDonald", "McDonald"},
      {"MCDONALD", "McDonald"},
      {"ИВАНОВ и.и.", "Иванов И.И."},
      {"JOHN SMITH III", "John Smith III"},
      {"ЁЛКИНА", "Ёлкина"},
      {"'х'", "'Х'"},
      {"", ""},
      {"-", "-"},
      {"علي", "علي"},
  };
  for (const auto& [given, wanted] : cases) {
    EXPECT_EQ(ToNameCase(given), wanted) << given;
    EXPECT_EQ(ToNameCase(wanted), wanted) << "again: " << wanted;
  }
}

TEST(Transform, EveryCountryIsFoundByEachOfItsNamesAndByNoOtherOnes) {
  std::set<std::string> codes;
  for (const CountryNames& country : AllCountries()) {
    EXPECT_TRUE(codes.insert(std::string(country.alpha2)).second) << country.alpha2;
    for (const absl::string_view name :
         {country.alpha2, country.alpha3, country.numeric, country.russian,
          country.english}) {
      EXPECT_EQ(CountryOf(name, CountryForm::kCode), country.alpha2) << name;
    }
    for (const absl::string_view name : absl::StrSplit(country.also, '|')) {
      if (name.empty()) continue;
      EXPECT_EQ(CountryOf(name, CountryForm::kCode), country.alpha2) << name;
    }
  }
  EXPECT_EQ(codes.size(), 249u);
}

TEST(Transform, EveryNameParsesAndNothingElseDoes) {
  const std::map<ArgumentKind, std::string> good = {
      {ArgumentKind::kNone, ""},         {ArgumentKind::kCount, ":7"},
      {ArgumentKind::kText, ":x"},       {ArgumentKind::kTemplate, ":{A}"},
      {ArgumentKind::kAttributes, ":A"}, {ArgumentKind::kTable, ":a=b"},
      {ArgumentKind::kSeparator, ":, "}, {ArgumentKind::kCountry, ":en"}};
  for (const TransformName& known : TransformNames()) {
    const std::string text = absl::StrCat(known.name, good.at(known.argument));
    const auto transform = ParseTransform(text);
    ASSERT_TRUE(transform.ok()) << text;
    EXPECT_EQ(transform->kind, known.kind) << text;
  }
  for (const char* bad : {"", "Trim", "sha1", ":", "trim :"}) {
    EXPECT_EQ(ReasonOf(ParseTransform(bad).status()), "TRANSFORM_UNKNOWN") << bad;
  }
  for (const char* bad : {"trim:1",           "truncate",
                          "truncate:",        "truncate:0",
                          "truncate:-1",      "truncate:65536",
                          "truncate:x",       "constant",
                          "constant:",        "template",
                          "template:",        "template:x",
                          "template:{}",      "template:{A",
                          "template:A}",      "template:{A}\\",
                          "template:{A}\\q",  "first-of:",
                          "first-of:A,,B",    "first-of",
                          "all-of:,",         "enum:",
                          "enum:a",           "enum:a=b=c",
                          "enum:a=1;a=2",     "enum:*=x",
                          "enum:a=b;*=c;*=d", "enum:\\я=b",
                          "split:",           "split",
                          "join:\\",          "split:a separator of more than twenty",
                          "country:",         "country:de",
                          "yes-no:1"}) {
    EXPECT_EQ(ReasonOf(ParseTransform(bad).status()), "TRANSFORM_ARGUMENT_INVALID")
        << bad;
  }
}

}  // namespace
}  // namespace guestbridge::agent
