#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync-agent/source/onec_odata/client_pager.h"
#include "sync-agent/source/onec_odata/watermark.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Every client that is not a folder. The watermark is taken before the first row is
// read, so that an edit during the pass belongs to the changes after it.
class FullStream : public ClientStream {
 public:
  // `table` outlives the stream.
  FullStream(std::vector<std::string> attributes, ClientTable& table);
  absl::StatusOr<ClientPage> Next() override;

 private:
  ClientTable& table_;
  ClientPager pager_;
  std::optional<Marks> marks_;
};

}  // namespace guestbridge::agent
