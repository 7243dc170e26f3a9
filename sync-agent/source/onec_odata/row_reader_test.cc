#include "sync-agent/source/onec_odata/row_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

using Json = nlohmann::json;
using Row = std::map<std::string, std::pair<std::string, bool>>;

// What a document of the whole answer says of its rows.
std::vector<Row> RowsOfDocument(const std::string& text) {
  std::vector<Row> rows;
  const Json root = Json::parse(text);
  for (const Json& item : root.at("value")) {
    Row row;
    for (const auto& [name, value] : item.items()) {
      if (value.is_string()) row[name] = {value.get<std::string>(), false};
      if (value.is_boolean() || value.is_number()) row[name] = {value.dump(), true};
    }
    rows.push_back(row);
  }
  return rows;
}

std::vector<Row> Told(const RowsOfText& read) {
  std::vector<Row> rows;
  for (const ODataRow& one : read.rows) {
    Row row;
    EXPECT_EQ(one.values.size(), one.bare.size());
    for (size_t i = 0; i < one.values.size(); ++i) {
      row[one.values[i].first] = {one.values[i].second, one.bare[i]};
    }
    EXPECT_EQ(row.size(), one.values.size()) << "a name twice";
    rows.push_back(row);
  }
  return rows;
}

TEST(RowReaderTest, PlainRowsAreThoseOfTheDocument) {
  for (
      const std::string body : {
          R"({"value":[]})",
          R"( {"odata.metadata":"http://h/$metadata#C","value":[{"A":"x","B":null}]} )",
          R"({"value":[{"A":1,"B":-1,"C":-0,"D":1.50,"E":1e3,"F":true,"G":false}]})",
          R"({"value":[{"A":9223372036854775807,"B":18446744073709551615,
               "C":98765432109876543210}]})",
          R"({"value":[{"A":"Ёлка \"\u0451\" \ud83d\ude00\n","B":""}]})",
          R"({"value":[{"A":[{"A":"deep","A":"er"}],"B":{"A":[1,[2]]},"C":"c"}]})",
          R"({"value":[{},{"A":"1"},{"B":"2","A":"3"},{"A":"4"}],"odata.count":"4"})",
          R"({"value":[{"A":null,"B":"1"},{"A":"x","B":null}]})",
      }) {
    const auto read = ReadRows(body);
    ASSERT_TRUE(read.has_value()) << body;
    EXPECT_EQ(Told(*read), RowsOfDocument(body)) << body;
  }
  EXPECT_EQ(ReadRows(R"({"odata.metadata":"m#C","value":[]})")->context, "m#C");
  EXPECT_TRUE(ReadRows(R"({"value":[],"odata.nextLink":"n"})")->more);
  EXPECT_FALSE(ReadRows(R"({"value":[]})")->more);
}

TEST(RowReaderTest, WhateverIsNotPlainIsLeftToTheDocument) {
  for (const char* body : {
           "",
           "[]",
           "1",
           "<html>",
           R"({"value":[)",
           R"({"value":[{"A":"x"}]}x)",
           R"({"value":[1]})",
           R"({"value":["a"]})",
           R"({"value":[null]})",
           R"({"value":[[]]})",
           R"({"value":null})",
           R"({"value":"x"})",
           R"({"value":{}})",
           R"({"A":"x"})",
           R"({"value":[],"value":[]})",
           R"({"value":[],"value":1})",
           R"({"value":[],"other":[]})",
           R"({"value":[],"other":{}})",
           R"({"odata.error":{}})",
           R"({"value":[],"odata.error":"x"})",
           R"({"value":[{"A":"x","B":"y","A":"z"}]})",
           R"({"value":[{"A":"x","B":"y"},{"A":"x","B":"y","A":null}]})",
           R"({"value":[{"A":"x","B":"y"},{"B":"x","A":"y","B":"z"}]})",
           "{\"value\":[{\"A\":\"\xff\"}]}",
       }) {
    EXPECT_FALSE(ReadRows(body).has_value()) << body;
  }
}

TEST(RowReaderTest, NothingIsReadOtherwiseThanInADocument) {
  constexpr unsigned kSeed = 20261128;
  std::mt19937 random(kSeed);
  const auto any = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  int plain = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string body = R"({"value":[)";
    const int rows = any(4);
    for (int row = 0; row < rows; ++row) {
      absl::StrAppend(&body, row == 0 ? "{" : ",{");
      const int fields = any(5);
      for (int field = 0; field < fields; ++field) {
        static constexpr const char* kValues[] = {"\"x\"", "null", "1.25",      "-7",
                                                  "true",  "[{}]", "{\"A\":1}", "\"\""};
        absl::StrAppend(&body, field == 0 ? "" : ",", "\"",
                        std::string(1, static_cast<char>('A' + any(6))),
                        "\":", kValues[any(8)]);
      }
      body += "}";
    }
    body += "]}";
    const auto read = ReadRows(body);
    if (!read.has_value()) continue;
    ++plain;
    EXPECT_EQ(Told(*read), RowsOfDocument(body)) << "seed " << kSeed << ": " << body;
  }
  EXPECT_GT(plain, 500);
}

}  // namespace
}  // namespace guestbridge::agent
