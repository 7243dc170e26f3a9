#include "common/status/grpc_status.h"

#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "guestbridge/v1/error.pb.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

TEST(GrpcStatusTest, CarriesAnErrorThereAndBack) {
  const absl::Status error = MakeFieldError("name", "NAME_MALFORMED",
                                            {{"name", "X"}, {"pattern", "agents/…"}});
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(error, Language::kEnglish));
  EXPECT_THAT(back, StatusIs(absl::StatusCode::kInvalidArgument, "NAME_MALFORMED"));
  EXPECT_EQ(back.message(), error.message());
  EXPECT_EQ(ParametersOf(back), ParametersOf(error));
  ASSERT_EQ(ViolationsOf(back).size(), 1);
  EXPECT_EQ(ViolationsOf(back)[0].description, ViolationsOf(error)[0].description);
  EXPECT_THAT(FromGrpcStatus(ToGrpcStatus(absl::OkStatus(), Language::kRussian)),
              IsOk());
}

TEST(GrpcStatusTest, PacksUnderGoogleTypeUrls) {
  const grpc::Status sent = ToGrpcStatus(
      MakeFieldError("name", "NAME_MALFORMED", {{"name", "X"}, {"pattern", "p"}}),
      Language::kRussian);
  v1::ErrorStatus details;
  ASSERT_TRUE(details.ParseFromString(sent.error_details()));
  EXPECT_EQ(details.code(), 3);
  EXPECT_EQ(details.message(), "Имя «X» не соответствует виду p.");
  EXPECT_EQ(sent.error_message(), details.message());
  ASSERT_EQ(details.details_size(), 2);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(details.details(1).type_url(), "type.googleapis.com/google.rpc.BadRequest");
  v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.reason(), "NAME_MALFORMED");
  EXPECT_EQ(info.domain(), "guestbridge");
  EXPECT_EQ(info.metadata().at("name"), "X");
  EXPECT_THAT(info.metadata().at("remedy"), HasSubstr("Проверьте имя"));
  v1::BadRequest bad_request;
  ASSERT_TRUE(bad_request.ParseFromString(details.details(1).value()));
  EXPECT_EQ(bad_request.field_violations(0).description(), details.message());
}

TEST(GrpcStatusTest, TellsANewerPeersReasonAsThePeerDid) {
  v1::ErrorInfo info;
  info.set_reason("FROM_THE_FUTURE");
  info.set_domain("guestbridge");
  (*info.mutable_metadata())["remedy"] = "Do this.";
  (*info.mutable_metadata())["what"] = "that";
  v1::ErrorStatus details;
  google::protobuf::Any* packed = details.add_details();
  packed->set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  packed->set_value(info.SerializeAsString());
  const absl::Status read = FromGrpcStatus(grpc::Status(
      grpc::StatusCode::ABORTED, "Something new.", details.SerializeAsString()));
  EXPECT_THAT(read, StatusIs(absl::StatusCode::kAborted, "FROM_THE_FUTURE"));
  EXPECT_EQ(ParametersOf(read), (Parameters{{"what", "that"}}));
  const Explanation why = Explain(read, Language::kEnglish);
  EXPECT_EQ(why.message, "Something new.");
  EXPECT_EQ(why.remedy, "Do this.");
}

TEST(GrpcStatusTest, GivesTransportErrorsAReason) {
  const absl::Status gone =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect"));
  EXPECT_THAT(gone, StatusIs(absl::StatusCode::kUnavailable, "SERVER_UNREACHABLE"));
  EXPECT_EQ(ParametersOf(gone).at("detail"), "failed to connect");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(
                grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "late"))),
            "DEADLINE_PASSED");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(
                grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "big"))),
            "REQUEST_TOO_LARGE");
  const absl::Status other = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "what?", "\x01junk"));
  EXPECT_THAT(other, StatusIs(absl::StatusCode::kUnimplemented, "CALL_FAILED"));
  EXPECT_EQ(ParametersOf(other).at("code"), "UNIMPLEMENTED");
}

TEST(GrpcStatusTest, KeepsTheWordsOfAnErrorWithoutReasonInside) {
  const grpc::Status sent =
      ToGrpcStatus(absl::InternalError("SELECT secret FROM t"), Language::kEnglish);
  EXPECT_THAT(sent.error_message(), Not(HasSubstr("SELECT")));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(sent)), "INTERNAL_ERROR");
  EXPECT_EQ(ReasonOf(FromGrpcStatus(
                ToGrpcStatus(absl::CancelledError("stopped"), Language::kEnglish))),
            "CANCELLED");
}

TEST(GrpcStatusTest, StaysUnderTheLimitOfTrailers) {
  std::string cyrillic;
  for (int i = 0; i < 5000; ++i) cyrillic += "Ы";
  const grpc::Status sent =
      ToGrpcStatus(MakeFieldError("name", "NAME_MALFORMED",
                                  {{"name", cyrillic}, {"pattern", cyrillic}}),
                   Language::kRussian);
  EXPECT_LT(3 * sent.error_message().size() + sent.error_details().size() * 4 / 3,
            7500);
  EXPECT_EQ(ReasonOf(FromGrpcStatus(sent)), "NAME_MALFORMED");
}

}  // namespace
}  // namespace guestbridge
