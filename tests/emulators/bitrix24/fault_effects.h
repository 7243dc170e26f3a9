#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULT_EFFECTS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULT_EFFECTS_H_

#include <string>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/contact_store.h"
#include "tests/emulators/bitrix24/faults.h"
#include "tests/emulators/bitrix24/http_message.h"

namespace guestbridge::testing::bitrix24 {

// What the kinds of faults do, one function for each place where they act. README.md
// lists the kinds.

// Concerns the answer's way or its text, not the command's outcome.
bool IsDelivery(const std::string& kind);

// A delivery that lets the rest of a batch run when it fires for a command.
bool SparesTheBatch(const std::string& kind);

// Changes what the command gives back: SpoilResult.
bool IsResultFault(const std::string& kind);

// Whether the work is done before the answer: because the rule says so, or because the
// kind spoils a real answer.
bool Commits(const FaultRule& rule);

// Whether the rule, made for a batch, is carried out among its commands.
bool ActsWithinBatch(const FaultRule& rule);

// The error that an error kind answers.
RestError FaultError(const FaultRule& rule);

// repeat_page: the list is asked for its first page, whatever the client asks.
Json SpoilParams(const FaultRule& rule, Json params);

// wrong_types, missing_keys, wrong_ids, next_ids, repeat_page. `contacts` gives ids of
// others.
void SpoilResult(const FaultRule& rule, const ContactStore& contacts,
                 MethodResult* result);

// What is left to do to the whole answer.
void SpoilReply(const FaultRule& rule, HttpReply* reply);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULT_EFFECTS_H_
