#include "sync-agent/source/onec_odata/change_feed.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/status/error.h"
#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

constexpr char kA[] = "3f0c1a52-0000-4000-8000-00000000000a";
constexpr char kB[] = "3f0c1a52-0000-4000-8000-00000000000b";

std::string Entry(const std::string& set, const std::string& guid) {
  return absl::StrCat(
      "<entry><id>http://h/b/odata/standard.odata/", set, "(guid'", guid,
      "')</id><category term=\"StandardODATA.", set,
      "\" scheme=\"s\"/><title type=\"text\"/><content type=\"application/xml\">"
      "<m:properties><d:Ref_Key m:type=\"Edm.Guid\">",
      guid, "</d:Ref_Key><d:LastName>Иванов &amp; сын</d:LastName></m:properties>",
      "</content></entry>");
}

std::string Feed(const std::string& inside) {
  return absl::StrCat(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
      "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:d=\"d\" xmlns:m=\"m\" "
      "xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><title/>",
      inside, "</feed>");
}

// "keys | others removed", "full", or "!REASON".
std::string Read(const std::string& feed, size_t most = 100, size_t piece = 7) {
  ChangeFeedReader reader("Catalog_Clients", "Ref_Key", most);
  for (size_t at = 0; at < feed.size(); at += piece) {
    if (!reader.Take(absl::string_view(feed).substr(at, piece))) break;
  }
  if (reader.full()) return "full";
  const auto read = reader.Finish();
  if (!read.ok()) return absl::StrCat("!", ReasonOf(read.status()));
  const auto last = [](std::string* out, const ClientKey& key) {
    out->push_back(key.guid().back());
  };
  return absl::StrCat(absl::StrJoin(read->clients, " ", last), " | ", read->others, " ",
                      read->removed);
}

TEST(ChangeFeedTest, KeepsTheKeysOfClientsAndCountsTheRest) {
  const std::string feed = Feed(absl::StrCat(
      Entry("Catalog_Clients", kA), Entry("Catalog_Countries", kB),
      "<at:deleted-entry ref=\"http://h/Catalog_Clients(guid'", kB, "')\" when=\"x\"/>",
      Entry("Catalog_Clients", "3F0C1A52-0000-4000-8000-00000000000C"),
      Entry("Catalog_ClientsArchive", kB)));
  EXPECT_EQ(Read(feed), "a c | 2 1");
  EXPECT_EQ(Read(feed, 100, 1), "a c | 2 1");
  EXPECT_EQ(Read(feed, 100, feed.size()), "a c | 2 1");
  EXPECT_EQ(Read(Feed("")), " | 0 0");
}

TEST(ChangeFeedTest, KeysOfSectionsAndOfExpandedObjectsAreNotTheClients) {
  const std::string section =
      absl::StrCat("<d:RoomProperties><d:element><d:Ref_Key>", kB,
                   "</d:Ref_Key></d:element>", "</d:RoomProperties></m:properties>");
  std::string entry =
      absl::StrReplaceAll(Entry("Catalog_Clients", kA), {{"</m:properties>", section}});
  EXPECT_EQ(Read(Feed(entry)), "a | 0 0");
  entry = absl::StrReplaceAll(
      Entry("Catalog_Clients", kA),
      {{"<content", absl::StrCat("<link><m:inline>", Entry("Catalog_Clients", kB),
                                 "</m:inline></link><content")}});
  EXPECT_EQ(Read(Feed(entry)), "a | 0 0");
}

TEST(ChangeFeedTest, AnEntrySaysWhatItIsByItsCategoryOrByItsId) {
  const std::string by_id =
      absl::StrReplaceAll(Entry("Catalog_Clients", kA),
                          {{"<category term=\"StandardODATA.Catalog_Clients\" "
                            "scheme=\"s\"/>",
                            ""},
                           {"<d:Ref_Key m:type=\"Edm.Guid\">", "<d:X>"},
                           {"</d:Ref_Key>", "</d:X>"}});
  EXPECT_EQ(Read(Feed(by_id)), "a | 0 0");
  // Nothing that was changed is passed over because it cannot be told.
  EXPECT_EQ(Read(Feed("<entry><id>urn:x</id></entry>")), "!SOURCE_ANSWER_BROKEN");
  EXPECT_EQ(
      Read(Feed("<entry><category term=\"StandardODATA.Catalog_Clients\"/></entry>")),
      "!SOURCE_ANSWER_BROKEN");
  EXPECT_EQ(Read(Feed("<entry><category term=\"X.InformationRegister_Y\"/></entry>")),
            " | 1 0");
}

TEST(ChangeFeedTest, WhatIsCutOrNoFeedIsBroken) {
  const std::string feed = Feed(Entry("Catalog_Clients", kA));
  for (size_t size : {size_t{0}, size_t{3}, feed.size() / 2, feed.size() - 1}) {
    EXPECT_EQ(Read(feed.substr(0, size)), "!SOURCE_ANSWER_BROKEN") << size;
  }
  for (const std::string& other :
       {std::string("{}"), std::string("<html><body/></html>"),
        std::string("<m:error xmlns:m=\"m\"><m:code>8</m:code></m:error>"),
        std::string("<!DOCTYPE feed [<!ENTITY a \"b\">]><feed>&a;</feed>"), feed + feed,
        Feed("<entry>\x01</entry>")}) {
    EXPECT_EQ(Read(other), "!SOURCE_ANSWER_BROKEN") << other;
  }
}

TEST(ChangeFeedTest, IsBounded) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<x>";
  EXPECT_EQ(Read(Feed(deep)), "!SOURCE_ANSWER_BROKEN");
  const std::string tag =
      absl::StrCat("<entry a=\"", std::string(2 << 20, 'x'), "\"/>");
  EXPECT_EQ(Read(Feed(tag), 100, 4096), "!SOURCE_ANSWER_BROKEN");
  // A photo is text, however long.
  const std::string photo = absl::StrReplaceAll(
      Entry("Catalog_Clients", kA), {{"Иванов", std::string(3 << 20, 'x')}});
  EXPECT_EQ(Read(Feed(photo), 100, 4096), "a | 0 0");
  const std::string two =
      Feed(absl::StrCat(Entry("Catalog_Clients", kA), Entry("Catalog_Clients", kB)));
  EXPECT_EQ(Read(two, 2), "a b | 0 0");
  EXPECT_EQ(Read(two, 1), "full");
}

}  // namespace
}  // namespace guestbridge::agent
