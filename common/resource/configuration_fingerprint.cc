#include "common/resource/configuration_fingerprint.h"

#include "common/secret/keyed_hash.h"
#include "common/secret/secret_string.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace guestbridge {

std::string ConfigurationFingerprint(const v1::AgentConfiguration& configuration) {
  if (configuration.fingerprint_key().empty()) return "";
  v1::AgentConfiguration content = configuration;
  content.clear_fingerprint_key();
  // Others' commits move these.
  content.clear_revision();
  content.clear_database_revision();
  content.clear_database_tag();
  // Nobody configures them, and an agent of the version before knows neither.
  content.clear_erasures();
  content.clear_has_standby();
  content.DiscardUnknownFields();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&out);
  }
  return HmacSha256Hex(SecretString(configuration.fingerprint_key()), bytes);
}

}  // namespace guestbridge
