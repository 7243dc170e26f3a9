#include "sync-agent/portal/bitrix24/command_encoder.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

// PHP's parse_str(), written from its manual and on its own: `+` is a space, one level
// of %XX, brackets nest. Everything it yields is text.
std::string PhpUrlDecode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() + 0 &&
               isxdigit(static_cast<unsigned char>(text[i + 1])) &&
               isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Json PhpParseStr(const std::string& query) {
  Json root = Json::object();
  for (const absl::string_view part : absl::StrSplit(query, '&')) {
    const std::string pair(part);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string key = PhpUrlDecode(pair.substr(0, equals));
    const std::string value =
        equals == std::string::npos ? "" : PhpUrlDecode(pair.substr(equals + 1));
    std::vector<std::string> path = {key.substr(0, key.find('['))};
    size_t open = key.find('[');
    while (open != std::string::npos) {
      const size_t close = key.find(']', open);
      if (close == std::string::npos) break;
      path.push_back(key.substr(open + 1, close - open - 1));
      open = close + 1 < key.size() && key[close + 1] == '[' ? close + 1
                                                             : std::string::npos;
    }
    Json* at = &root;
    for (const std::string& step : path) at = &(*at)[step];
    *at = value;
  }
  return root;
}

// The parameters as a batch delivers them: all texts, arrays as maps from "0".
Json AsPhpSees(const Json& json) {
  if (json.is_object()) {
    Json out = Json::object();
    for (const auto& [key, value] : json.items()) out[key] = AsPhpSees(value);
    return out;
  }
  if (json.is_array()) {
    Json out = Json::object();
    for (size_t i = 0; i < json.size(); ++i)
      out[std::to_string(i)] = AsPhpSees(json[i]);
    return out;
  }
  return json.is_string() ? json : Json(json.dump());
}

Json ThroughBatch(const Command& command) {
  const Json batch = EncodeBatch({command});
  const std::string text = batch["cmd"]["c0"].get<std::string>();
  const size_t mark = text.find('?');
  EXPECT_EQ(text.substr(0, mark), MethodOf(command));
  return mark == std::string::npos ? Json::object()
                                   : PhpParseStr(text.substr(mark + 1));
}

AddContact AddOf(const std::string& text) {
  AddContact add;
  add.content.fields["NAME"] = text;
  add.content.fields["COMMENTS"] = "x" + text + "y";
  add.content.multifields["PHONE"] = {{text, "MOBILE"}, {"+79990000000", "WORK"}};
  add.stamp = {"guestbridge:b", "e43ce3ea-f385-4df5-ad79-99716515d314", "1|a|1|b|"};
  return add;
}

TEST(CommandEncoder, AnAddHoldsFieldsMultifieldsAndStamp) {
  EXPECT_EQ(DumpJson(EncodeParams(AddOf("Anna"))),
            R"({"fields":{"COMMENTS":"xAnnay","NAME":"Anna","PHONE":[{"VALUE":"Anna",)"
            R"("VALUE_TYPE":"MOBILE"},{"VALUE":"+79990000000","VALUE_TYPE":"WORK"}],)"
            R"("ORIGINATOR_ID":"guestbridge:b","ORIGIN_ID":)"
            R"("e43ce3ea-f385-4df5-ad79-99716515d314","ORIGIN_VERSION":"1|a|1|b|"},)"
            R"("params":{"REGISTER_SONET_EVENT":"N"}})");
}

TEST(CommandEncoder, ImportIsNamedOnlyWhenItIsMeantBecauseEvenNoIsTrueThere) {
  AddContact add = AddOf("Anna");
  EXPECT_FALSE(EncodeParams(add)["params"].contains("IMPORT"));
  add.import = true;
  EXPECT_EQ(EncodeParams(add)["params"]["IMPORT"], "Y");
}

ImportContacts ImportOf(const std::string& text) {
  ImportContacts import;
  for (const AddContact& add : {AddOf(text), AddOf(text + "2")}) {
    import.items.push_back({add.content, add.stamp});
  }
  import.items[1].content.fields["UF_CRM_GUEST_NO"] = text;
  return import;
}

TEST(CommandEncoder, AnImportSpeaksTheItemMethodsNamesButKeepsMultifieldsAsTheyWere) {
  EXPECT_EQ(DumpJson(EncodeParams(ImportOf("Anna"))),
            R"({"entityTypeId":3,"useOriginalUfNames":"Y","data":[)"
            R"({"comments":"xAnnay","name":"Anna","PHONE":[{"VALUE":"Anna",)"
            R"("VALUE_TYPE":"MOBILE"},{"VALUE":"+79990000000","VALUE_TYPE":"WORK"}],)"
            R"("originatorId":"guestbridge:b","originId":)"
            R"("e43ce3ea-f385-4df5-ad79-99716515d314","originVersion":"1|a|1|b|"},)"
            R"({"comments":"xAnna2y","name":"Anna2","UF_CRM_GUEST_NO":"Anna",)"
            R"("PHONE":[{"VALUE":"Anna2","VALUE_TYPE":"MOBILE"},)"
            R"({"VALUE":"+79990000000","VALUE_TYPE":"WORK"}],)"
            R"("originatorId":"guestbridge:b","originId":)"
            R"("e43ce3ea-f385-4df5-ad79-99716515d314","originVersion":"1|a|1|b|"}]})");
}

TEST(CommandEncoder, TheStampStandsOnceAndIsOursWhateverAMappingPutsThere) {
  ImportContacts import = ImportOf("Anna");
  import.items[0].content.fields["ORIGIN_ID"] = "somebody else's";
  const Json params = EncodeParams(import);
  EXPECT_EQ(params["data"][0]["originId"], "e43ce3ea-f385-4df5-ad79-99716515d314");
  EXPECT_EQ(DumpJson(params).find("somebody"), std::string::npos);
  EXPECT_EQ(EncodeQuery(params).find("somebody"), std::string::npos);
}

TEST(CommandEncoder, AFieldThatHoldsSeveralValuesGetsItsOneAsAList) {
  const ListFields lists = {"UF_CRM_GUEST_NO"};
  AddContact add;
  add.content.fields = {{"NAME", "Anna"}, {"UF_CRM_GUEST_NO", "A-77"}};
  EXPECT_EQ(EncodeParams(add, lists)["fields"]["UF_CRM_GUEST_NO"],
            Json::array({"A-77"}));
  EXPECT_EQ(EncodeParams(add, lists)["fields"]["NAME"], "Anna");
  EXPECT_EQ(EncodeParams(add)["fields"]["UF_CRM_GUEST_NO"], "A-77");
  UpdateContact update;
  update.fields = {{"UF_CRM_GUEST_NO", "A-77"}};
  EXPECT_EQ(EncodeParams(update, lists)["fields"]["UF_CRM_GUEST_NO"],
            Json::array({"A-77"}));
  const Json batch = EncodeBatch({update, update}, lists);
  EXPECT_NE(batch["cmd"]["c1"].get<std::string>().find(
                "fields%5BUF_CRM_GUEST_NO%5D%5B0%5D=A-77"),
            std::string::npos);
  ImportContacts import;
  import.items.push_back({add.content, {}});
  EXPECT_EQ(EncodeParams(import, lists)["data"][0]["UF_CRM_GUEST_NO"],
            Json::array({"A-77"}));
  import.single = true;
  EXPECT_EQ(EncodeParams(import, lists)["fields"]["UF_CRM_GUEST_NO"],
            Json::array({"A-77"}));
  update.fields["UF_CRM_GUEST_NO"] = "";
  EXPECT_EQ(EncodeParams(update, lists)["fields"]["UF_CRM_GUEST_NO"], "");
}

TEST(CommandEncoder, AnUpdateChangesAddsAndDeletesRowsOfAMultifield) {
  UpdateContact update;
  update.id = ContactId(4711);
  update.fields["BIRTHDATE"] = "";
  update.multifields = {{"PHONE", 9001, "+7999", "WORK"},
                        {"PHONE", 9002, "", "WORK"},
                        {"PHONE", 0, "+7888", "MOBILE"}};
  EXPECT_EQ(DumpJson(EncodeParams(update)),
            R"({"id":4711,"fields":{"BIRTHDATE":"","PHONE":[)"
            R"({"ID":9001,"VALUE":"+7999","VALUE_TYPE":"WORK"},)"
            R"({"ID":9002,"VALUE":"","DELETE":"Y"},)"
            R"({"VALUE":"+7888","VALUE_TYPE":"MOBILE"}]},)"
            R"("params":{"REGISTER_SONET_EVENT":"N"}})");
}

TEST(CommandEncoder, AListAlwaysAsksForIdAndStampInOrderOfIdsWithoutCount) {
  ListContacts list;
  list.ids = {ContactId(1), ContactId(2)};
  list.select = {"PHONE", "ID"};
  EXPECT_EQ(DumpJson(EncodeParams(list)),
            R"({"order":{"ID":"ASC"},"filter":{"@ID":[1,2]},"select":["ID",)"
            R"("ORIGINATOR_ID","ORIGIN_ID","ORIGIN_VERSION","PHONE"],"start":-1})");
  ListContacts window;
  window.after = ContactId(5);
  window.upto = ContactId(9);
  EXPECT_EQ(EncodeParams(window)["filter"], Json::parse(R"({">ID":5,"<=ID":9})"));
  ListContacts origin;
  origin.origin = Stamp{"guestbridge:b", "k", ""};
  EXPECT_EQ(EncodeParams(origin)["filter"],
            Json::parse(R"({"ORIGINATOR_ID":"guestbridge:b","ORIGIN_ID":"k"})"));
  EXPECT_FALSE(EncodeParams(ListContacts{}).contains("filter"));
  EXPECT_EQ(EncodeParams(ListNewest{})["order"]["ID"], "DESC");
  EXPECT_EQ(EncodeParams(GetContact{ContactId(7)}), Json::parse(R"({"id":7})"));
  EXPECT_EQ(EncodeParams(DeleteContact{ContactId(7)}), Json::parse(R"({"id":7})"));
}

TEST(CommandEncoder, ABatchKeepsTheOrderOfItsCommandsAndNamesThemByLetter) {
  std::vector<Command> commands(12, GetContact{ContactId(7)});
  commands[11] = GetProfile{};
  const Json batch = EncodeBatch(commands);
  EXPECT_EQ(batch["halt"], 0);
  size_t index = 0;
  for (const auto& [key, value] : batch["cmd"].items()) {
    EXPECT_EQ(key, BatchKey(index));
    EXPECT_EQ(value, index < 11 ? "crm.contact.get?id=7" : "profile");
    ++index;
  }
  EXPECT_EQ(index, 12u);
}

TEST(CommandEncoder, NoByteOfAValueEscapesItsPlaceInABatch) {
  for (const std::string& text :
       {std::string("a&b=c"), std::string("1+1"), std::string("50% %41 %2541"),
        std::string("#cut"), std::string("x]y[z"), std::string("a?b"),
        std::string("Д'Артаньян & Ко"), std::string("Юля 😊"), std::string("\"q\" \\ /"),
        std::string("$result[c0]"), std::string("строка 1\nстрока 2\t."),
        std::string("e\xCC\x81 \xE2\x80\x8B"), std::string("a\0b", 3), std::string(),
        std::string(" lead and tail ")}) {
    SCOPED_TRACE(text);
    const AddContact add = AddOf(text);
    EXPECT_EQ(ThroughBatch(add), AsPhpSees(EncodeParams(add)));
    const ImportContacts import = ImportOf(text);
    EXPECT_EQ(ThroughBatch(import), AsPhpSees(EncodeParams(import)));
  }
}

TEST(CommandEncoder, AnyBytesComeBackAsTheyWere) {
  testing::SeededRandom random(20260101);
  static constexpr char kNasty[] = "%+&#=[]?$;'\"\\ .";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const size_t length = random.Next64() % 24;
    for (size_t i = 0; i < length; ++i) {
      const uint64_t bits = random.Next64();
      text += bits % 3 == 0 ? kNasty[(bits >> 8) % (sizeof(kNasty) - 1)]
                            : static_cast<char>(bits >> 16);
    }
    const Json params = {{"fields", {{"NAME", text}, {"PHONE", Json::array({text})}}}};
    const Json back = PhpParseStr(EncodeQuery(params));
    ASSERT_EQ(back["fields"]["NAME"].get<std::string>(), text) << "round " << round;
    ASSERT_EQ(back["fields"]["PHONE"]["0"].get<std::string>(), text);
  }
}

TEST(CommandEncoder, EveryByteButTheUnreservedIsEncodedExactlyOnce) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string encoded = PercentEncode(all);
  EXPECT_EQ(PhpUrlDecode(encoded), all);
  for (const char c : encoded) {
    EXPECT_TRUE(absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                absl::StrContains("-._~%", absl::string_view(&c, 1)));
  }
}

TEST(EncodeParams, AsksForContactsByPhoneOrEmail) {
  const Json params =
      EncodeParams(FindContacts{FindContacts::By::kEmail, {"a@b.example"}});
  EXPECT_EQ(params["entity_type"], "CONTACT");
  EXPECT_EQ(params["type"], "EMAIL");
  EXPECT_EQ(params["values"], Json::array({"a@b.example"}));
}

}  // namespace
}  // namespace guestbridge::agent
