// Answers on the wire: JSON in its three metadata levels, and Atom (fact sheet 1.4).
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_RENDER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_RENDER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/query_options.h"
#include "tests/emulators/onec/shape.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

struct RenderContext {
  const Store* store = nullptr;
  std::string root;  // http://host/base/odata/standard.odata
  Format format = Format::kJsonMinimal;
};

std::string ContentType(Format format);

// `total` adds odata.count / m:count.
// Errors: 500 when Atom cannot carry a control character of a value.
Result<std::string> RenderCollection(const RenderContext& context, const EntityDef& def,
                                     const Shape& shape,
                                     const std::vector<RecordPtr>& rows,
                                     std::optional<std::size_t> total);
Result<std::string> RenderEntity(const RenderContext& context, const EntityDef& def,
                                 const Shape& shape, const Record& record);
// One property reached by a path.
std::string RenderProperty(const RenderContext& context, const Property& property,
                           const Value& value);
// What an exchange plan's node has not yet received.
struct Changes {
  std::vector<std::pair<const EntityDef*, RecordPtr>> changed;
  std::vector<std::string> removed;  // Catalog_X(guid'...')
};
// Always Atom. Errors: as RenderCollection.
Result<std::string> RenderChanges(const RenderContext& context, const Changes& changes);
std::string RenderError(Format format, const Fault& fault, const std::string& language);
std::string RenderService(const RenderContext& context,
                          const std::vector<std::string>& sets);

// Catalog_X(guid'...') or Register(Period=datetime'...',...), relative to the root.
std::string EntityLink(const EntityDef& def, const Record& record);

// The empty reference of a composite attribute has no guid.
inline std::string ShownText(const Property& property, const Value& value) {
  const bool nothing = property.composite_value && value == Value(Guid{});
  return nothing ? "" : PlainText(value);
}

std::string JsonText(std::string_view text);  // with its quotes
std::string XmlText(std::string_view text);   // escaped
// U+0001-U+001F except tab and line ends: XML 1.0 has no way to write them.
bool FitsXml(std::string_view text);

namespace internal {
void AppendJsonEntity(const RenderContext& context, const EntityDef& def,
                      const Shape& shape, const Record& record, std::string& out);
void AppendAtomEntry(const RenderContext& context, const EntityDef& def,
                     const Shape& shape, const Record& record, bool root,
                     std::string& out);
std::string JsonCollection(const RenderContext& context, const EntityDef& def,
                           const Shape& shape, const std::vector<RecordPtr>& rows,
                           std::optional<std::size_t> total);
std::string JsonEntity(const RenderContext& context, const EntityDef& def,
                       const Shape& shape, const Record& record);
std::string JsonProperty(const RenderContext& context, const Property& property,
                         const Value& value);
std::string JsonError(const Fault& fault, const std::string& language);
std::string JsonService(const RenderContext& context,
                        const std::vector<std::string>& sets);
}  // namespace internal

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_RENDER_H_
