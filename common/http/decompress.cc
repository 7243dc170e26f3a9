#include "common/http/decompress.h"

#include <zlib.h>

namespace guestbridge {

DecompressResult Decompress(absl::string_view packed, int64_t max_bytes,
                            std::string* plain) {
  plain->clear();
  z_stream stream{};
  // 32: gzip or zlib, by the header.
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return DecompressResult::kCut;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  char buffer[64 << 10];
  DecompressResult result = DecompressResult::kCut;
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    const int code = inflate(&stream, Z_NO_FLUSH);
    const size_t made = sizeof(buffer) - stream.avail_out;
    if (static_cast<int64_t>(plain->size() + made) > max_bytes) {
      result = DecompressResult::kTooLarge;
      break;
    }
    plain->append(buffer, made);
    if (code == Z_STREAM_END) {
      result = DecompressResult::kDone;
      break;
    }
    if (code != Z_OK || (stream.avail_in == 0 && made == 0)) break;
  }
  inflateEnd(&stream);
  return result;
}

}  // namespace guestbridge
