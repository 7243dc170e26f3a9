// The OData service of a base, without HTTP: one request in, one answer out.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SERVICE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SERVICE_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/emulators/onec/exchange_plan.h"
#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/infobase.h"
#include "tests/emulators/onec/query_options.h"
#include "tests/emulators/onec/render.h"
#include "tests/emulators/onec/resource_path.h"

namespace guestbridge::testing::onec {

struct OdataRequest {
  std::string method;
  std::string path;   // decoded, behind .../standard.odata, without the first slash
  std::string query;  // raw
  std::string root;   // http://host/base/odata/standard.odata
  std::string accept;
  std::string if_match;
  std::string content_type;
  bool load_mode = false;
  bool lose_write = false;  // this write answers 200 and stores nothing
  std::string body;
};

struct OdataAnswer {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // For counters, journal and the cost model.
  std::string
      kind;  // service, metadata, list, get, count, slice, post, patch, put, ...
  std::string set;
  std::size_t rows = 0;
  std::size_t skipped = 0;
  bool stored = false;
};

// Thread-safe.
class Service {
 public:
  explicit Service(InfoBase& base) : base_(base) {}

  OdataAnswer Handle(const OdataRequest& request);

 private:
  struct Call;
  Result<Done> Dispatch(Call& call);
  Result<Done> Read(Call& call);
  Result<Done> Write(Call& call);
  Result<Done> Exchange(Call& call);
  Result<Done> ReadSet(Call& call);
  Result<Done> ReadCount(Call& call, std::size_t segments);
  Result<Done> ReadSlice(Call& call);
  Result<Done> ReadEntity(Call& call);
  Result<Done> ReadBelow(Call& call, const EntityDef& def, RecordPtr record,
                         std::size_t segment);
  Result<Done> AnswerEntity(Call& call, const EntityDef& def, const Record& record);
  Result<Done> CheckSet(Call& call, const std::string& name, bool write);

  InfoBase& base_;
  ExchangeFunctions exchange_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SERVICE_H_
