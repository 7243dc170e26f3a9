#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_MULTIFIELDS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_MULTIFIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/contact.h"
#include "tests/emulators/bitrix24/settings.h"

namespace guestbridge::testing::bitrix24 {

// One element that a client sent.
struct MultifieldEdit {
  std::string type_id;
  int64_t id = 0;  // 0: none given
  std::optional<std::string> value = std::nullopt;
  std::optional<std::string> value_type = std::nullopt;
  bool remove = false;
};

// PHONE:[{ID,VALUE,VALUE_TYPE,DELETE}]. What is no array of arrays is not understood.
std::vector<MultifieldEdit> DecodeLegacyMultifield(const std::string& type_id,
                                                   const Json& value);

// crm.item's fm: keys n0, n1 … add, a row's id changes it; elements without typeId are
// ignored. A list's keys 0, 1 … are looked up as ids, so nearly always add.
std::vector<MultifieldEdit> DecodeItemMultifields(const Json& fm);

// Applies `edits` to `rows` (new rows have id 0). An error leaves `rows` undefined: one
// bad e-mail or a value above 250 characters fails the whole call. Source: facts 5.4.
std::optional<RestError> ApplyMultifieldEdits(const std::vector<MultifieldEdit>& edits,
                                              const Settings& settings,
                                              std::vector<Multifield>* rows);

// Whether the portal takes `text` for an e-mail address.
bool IsEmail(std::string_view text);

// The form in which the duplicate index keeps a value. Source: facts 5.6.
std::string NormalPhone(std::string_view value);
std::string NormalEmail(std::string_view value);

// UTF-8 code points; the first `count` of them.
size_t CountCharacters(std::string_view text);
std::string CutCharacters(std::string_view text, size_t count);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_MULTIFIELDS_H_
