#include "common/text/file_url.h"

#include "gtest/gtest.h"

namespace guestbridge {
namespace {

TEST(FileUrlTest, GivesThePathOfThisMachine) {
  EXPECT_EQ(PathOfFileUrl("file:///var/lib/обмен"), "/var/lib/обмен");
  EXPECT_EQ(PathOfFileUrl("FILE://localhost//var///lib/a%20b/"), "/var/lib/a b");
  EXPECT_EQ(PathOfFileUrl("file:///a%25b"), "/a%b");
}

TEST(FileUrlTest, RefusesWhatIsNoAbsolutePathOfThisMachine) {
  for (const char* url : {"",
                          "/var/lib",
                          "file:",
                          "file://",
                          "file:///",
                          "file:////",
                          "file://./x",
                          "file:var",
                          "file://server/share",
                          "file://localhost.example/x",
                          "file:///var/../etc",
                          "file:///var/%2e%2e/etc",
                          "file:///var/./x",
                          "file:///var/%2",
                          "file:///var/%zz",
                          "file:///a?b",
                          "file:///a#b",
                          "file:///a%00b",
                          "file:///a%0Ab",
                          "file:///\xff",
                          "http://1c/hotel"}) {
    EXPECT_EQ(PathOfFileUrl(url), std::nullopt) << url;
  }
  EXPECT_EQ(PathOfFileUrl("file:///" + std::string(2000, 'a')), std::nullopt);
}

TEST(FileUrlTest, AUrlThatWasMadeOfAPathGivesItBack) {
  for (const char* path : {"/var/lib", "/a b/c%d/e?f/g#h", "/обмен/Ж"}) {
    EXPECT_EQ(PathOfFileUrl(FileUrlOf(path)), path);
  }
}

}  // namespace
}  // namespace guestbridge
