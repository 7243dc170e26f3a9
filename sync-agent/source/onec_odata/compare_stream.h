#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync-agent/source/onec_odata/compared_rows.h"
#include "sync-agent/source/onec_odata/full_stream.h"
#include "sync-agent/source/onec_odata/watermark.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Every client whose version is not the known one: keys and versions of all in narrow
// pages, whole rows of those that differ. Reads everything where the base publishes no
// versions. The watermark is taken first, as FullStream does. Memory: one page.
class CompareStream : public ClientStream {
 public:
  // `table` outlives the stream.
  CompareStream(std::vector<std::string> attributes, KnownRows known,
                ClientTable& table);
  absl::StatusOr<ClientPage> Next() override;

 private:
  const std::vector<std::string> attributes_;
  ClientTable& table_;
  std::unique_ptr<ComparedRows> rows_;
  std::optional<Marks> marks_;
  std::unique_ptr<FullStream> full_;  // set: reads everything
};

}  // namespace guestbridge::agent
