#include "common/http/answer_parser.h"

#include <zlib.h>

#include "common/http/decompress.h"
#include "gtest/gtest.h"

namespace guestbridge {
namespace {

using State = AnswerParser::State;

constexpr int64_t kCap = 100;

struct Case {
  const char* name;
  std::string bytes;
  State fed;    // after all bytes
  State ended;  // after an orderly end
  std::string body;
  bool reusable;
};

const Case kCases[] = {
    {"counted", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", State::kWhole,
     State::kWhole, "ok", true},
    {"counted, cut", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", State::kMore,
     State::kMore, "ok", false},
    {"no body", "HTTP/1.1 204 No Content\r\n\r\n", State::kWhole, State::kWhole, "",
     true},
    {"length 0", "HTTP/1.1 500 X\r\ncontent-length:0\r\n\r\n", State::kWhole,
     State::kWhole, "", true},
    {"close", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
     State::kWhole, State::kWhole, "", false},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", State::kWhole,
     State::kWhole, "x", false},
    {"until close", "HTTP/1.1 200 OK\r\n\r\nall of it", State::kMore, State::kWhole,
     "all of it", false},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2;x=y\r\nab\r\nA\r\n0123456789"
     "\r\n0\r\nTrailer: x\r\n\r\n",
     State::kWhole, State::kWhole, "ab0123456789", true},
    {"chunked without final chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", State::kMore,
     State::kMore, "ab", false},
    {"chunked without final line",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
     State::kMore, State::kMore, "ab", false},
    {"bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     State::kMalformed, State::kMore, "", false},
    {"chunk longer than said",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
     State::kMalformed, State::kMore, "a", false},
    {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", State::kWhole,
     State::kWhole, "x", true},
    {"interim first",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
     State::kWhole, State::kWhole, "x", true},
    {"same length twice",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\nx",
     State::kWhole, State::kWhole, "x", true},
    {"two lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
     State::kMalformed, State::kMore, "", false},
    {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
     State::kMalformed, State::kMore, "", false},
    {"more than said", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz", State::kWhole,
     State::kWhole, "x", false},
    {"too long by its head", "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
     State::kTooLarge, State::kMore, "", false},
    {"not HTTP", "\x15\x03\x01", State::kMalformed, State::kMore, "", false},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", State::kWhole,
     State::kWhole, "", true},
    {"empty", "", State::kMore, State::kMore, "", false},
};

TEST(AnswerParserTest, TellsWholeFromCutHoweverTheBytesCome) {
  for (const Case& c : kCases) {
    for (const size_t step : {c.bytes.size(), size_t{1}, size_t{7}}) {
      SCOPED_TRACE(std::string(c.name) + " by " + std::to_string(step));
      AnswerParser parser(kCap);
      State state = parser.Feed("");
      for (size_t at = 0; at < c.bytes.size() && state == State::kMore; at += step) {
        state = parser.Feed(absl::string_view(c.bytes).substr(at, step));
      }
      EXPECT_EQ(state, c.fed);
      if (c.fed == State::kMore) {
        EXPECT_EQ(parser.End(), c.ended);
      }
      if (c.fed == State::kMalformed) continue;
      EXPECT_EQ(parser.body(), c.body);
      if (step == c.bytes.size()) {
        EXPECT_EQ(parser.reusable(), c.reusable);
      }
    }
  }
}

TEST(AnswerParserTest, LowersHeaderNamesAndKeepsRepeatedOnes) {
  AnswerParser parser(kCap);
  parser.Feed(
      "HTTP/1.1 302 Found\r\nLocation:  https://a.example/ \r\nSet-Cookie: a\r\n"
      "SET-COOKIE: b\r\nX-Folded: one\r\n two\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(parser.status(), 302);
  EXPECT_EQ(parser.headers().find("location")->second, "https://a.example/");
  EXPECT_EQ(parser.headers().count("set-cookie"), 2);
  EXPECT_EQ(parser.headers().find("x-folded")->second, "one two");
}

TEST(AnswerParserTest, StopsAtTheCapWithoutALength) {
  AnswerParser parser(kCap);
  parser.Feed("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(parser.Feed(std::string(100, 'x')), State::kMore);
  EXPECT_EQ(parser.Feed("x"), State::kTooLarge);
}

TEST(AnswerParserTest, AnEndlessHeadIsMalformed) {
  AnswerParser parser(kCap);
  State state = parser.Feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 100 && state == State::kMore; ++i) {
    state = parser.Feed("X: " + std::string(8000, 'y') + "\r\n");
  }
  EXPECT_EQ(state, State::kMalformed);
}

TEST(AnswerParserTest, AHeadAnswerHasNoBody) {
  AnswerParser parser(kCap, /*head_only=*/true);
  EXPECT_EQ(parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), State::kWhole);
}

std::string Gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(DecompressTest, UnpacksWholeBodiesOnlyAndUpToTheCap) {
  const std::string plain(200000, 'a');
  const std::string packed = Gzip(plain);
  std::string out;
  EXPECT_EQ(Decompress(packed, 1 << 20, &out), DecompressResult::kDone);
  EXPECT_EQ(out, plain);
  EXPECT_EQ(Decompress(packed.substr(0, packed.size() / 2), 1 << 20, &out),
            DecompressResult::kCut);
  EXPECT_EQ(Decompress(packed, 1000, &out), DecompressResult::kTooLarge);
  EXPECT_EQ(Decompress("not gzip", 1000, &out), DecompressResult::kCut);
}

}  // namespace
}  // namespace guestbridge
