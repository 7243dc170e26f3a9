#include "tests/emulators/bitrix24/http_message.h"

#include "absl/strings/str_cat.h"

namespace guestbridge::testing::bitrix24 {
namespace {

const char* StatusTitle(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Temporarily Unavailable";
    default:
      return "Gateway Time-out";
  }
}

}  // namespace

HttpReply HtmlReply(int status) {
  HttpReply reply{.status = status, .content_type = "text/html"};
  reply.body = absl::StrCat("<html>\r\n<head><title>", status, " ", StatusTitle(status),
                            "</title></head>\r\n<body>\r\n<center><h1>", status, " ",
                            StatusTitle(status),
                            "</h1></center>\r\n<hr><center>nginx</center>\r\n"
                            "</body>\r\n</html>\r\n");
  return reply;
}

const char* DeliveryName(HttpReply::Delivery delivery) {
  switch (delivery) {
    case HttpReply::Delivery::kReset:
      return "reset";
    case HttpReply::Delivery::kCut:
      return "cut";
    case HttpReply::Delivery::kDrip:
      return "drip";
    case HttpReply::Delivery::kSilent:
      return "silence";
    default:
      return "sent";
  }
}

}  // namespace guestbridge::testing::bitrix24
