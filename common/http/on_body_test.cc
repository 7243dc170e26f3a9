#include <httplib.h>
#include <zlib.h>

#include <memory>
#include <string>
#include <thread>

#include "common/http/http_client.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

// HttpRequest::on_body: a body that is taken as it comes.
namespace guestbridge {
namespace {

constexpr size_t kPiece = 10'000;
constexpr int kPieces = 50;
constexpr int64_t kCap = 20'000;  // of a body that is kept

std::string Packed(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(plain.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class OnBodyTest : public ::testing::Test {
 protected:
  OnBodyTest() {
    const auto pieces = [](size_t, httplib::DataSink& sink, bool whole) {
      const std::string piece(kPiece, 'x');
      for (int i = 0; i < kPieces; ++i) {
        if (!sink.write(piece.data(), piece.size())) return false;
      }
      if (whole) sink.done();
      return whole;
    };
    server_.Get("/whole", [=](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider(
          "a/b", [=](size_t at, httplib::DataSink& s) { return pieces(at, s, true); });
    });
    server_.Get("/cut", [=](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider(
          "a/b", [=](size_t at, httplib::DataSink& s) { return pieces(at, s, false); });
    });
    server_.Get("/counted", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(kPiece * kPieces, 'x'), "a/b");
    });
    server_.Get("/error", [](const httplib::Request&, httplib::Response& response) {
      response.status = 500;
      response.set_content("why", "a/b");
    });
    server_.Get("/large-error",
                [](const httplib::Request&, httplib::Response& response) {
                  response.status = 500;
                  response.set_content(std::string(2 * kCap, 'x'), "a/b");
                });
    server_.Get("/packed", [](const httplib::Request&, httplib::Response& response) {
      response.set_header("Content-Encoding", "gzip");
      response.set_content(Packed("plain"), "a/b");
    });
    const int port = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    HttpClientOptions options;
    options.tls = false;
    options.host = "127.0.0.1";
    options.port = port;
    options.address_policy = HttpClientOptions::AddressPolicy::kAny;
    options.max_body_bytes = kCap;
    auto made = MakeHttpClient(options);
    EXPECT_THAT(made, testing::IsOk());
    client_ = *std::move(made);
  }
  ~OnBodyTest() override {
    client_.reset();
    server_.stop();
    thread_.join();
  }

  // Takes `most` bytes.
  HttpResult Take(const std::string& target, size_t most = SIZE_MAX) {
    taken_.clear();
    HttpRequest request;
    request.target = target;
    request.on_body = [this, most](absl::string_view piece) {
      taken_.append(piece.data(), piece.size());
      return taken_.size() < most;
    };
    return client_->Send(request);
  }

  httplib::Server server_;
  std::thread thread_;
  std::unique_ptr<HttpClient> client_;
  std::string taken_;
};

TEST_F(OnBodyTest, TakesABodyAboveTheCapAndKeepsNone) {
  for (const char* target : {"/whole", "/counted"}) {
    const HttpResult result = Take(target);
    EXPECT_EQ(result.outcome, HttpOutcome::kAnswered) << target;
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.body, "");
    EXPECT_TRUE(taken_ == std::string(kPiece * kPieces, 'x')) << taken_.size();
  }
}

TEST_F(OnBodyTest, ACutBodyIsNoAnswerThoughPiecesCame) {
  const HttpResult result = Take("/cut");
  EXPECT_EQ(result.outcome, HttpOutcome::kSentNoAnswer);
  EXPECT_EQ(result.reason, "CONNECTION_LOST");
  EXPECT_EQ(taken_.size(), kPiece * kPieces);
}

TEST_F(OnBodyTest, ATakerThatHasEnoughEndsTheAnswer) {
  const HttpResult result = Take("/whole", 1);
  EXPECT_EQ(result.outcome, HttpOutcome::kAnswered);
  EXPECT_EQ(result.status, 200);
  EXPECT_LT(taken_.size(), kPiece * kPieces);
  // The next request is not answered by the rest of this body.
  EXPECT_EQ(Take("/error").body, "why");
}

TEST_F(OnBodyTest, TheBodyOfAnErrorIsKeptAndCapped) {
  const HttpResult result = Take("/error");
  EXPECT_EQ(result.status, 500);
  EXPECT_EQ(result.body, "why");
  EXPECT_EQ(taken_, "");
  EXPECT_EQ(Take("/large-error").reason, "ANSWER_TOO_LARGE");
}

TEST_F(OnBodyTest, APackedBodyIsUnpackedAndComesWhole) {
  const HttpResult result = Take("/packed");
  EXPECT_EQ(result.outcome, HttpOutcome::kAnswered);
  EXPECT_EQ(taken_, "plain");
  EXPECT_EQ(result.body, "");
}

}  // namespace
}  // namespace guestbridge
