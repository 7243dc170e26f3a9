#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "sync-agent/source/source.h"

namespace guestbridge::testing {

// A base of one kind of source, as its users see it: what source.h promises must hold
// on each. Names of attributes are 1C:Hotel's.
class AnyBase {
 public:
  virtual ~AnyBase() = default;
  // A client of these attributes; answers its Ref_Key.
  virtual std::string Add(nlohmann::json client) = 0;
  virtual void Edit(const std::string& key, const nlohmann::json& attributes) = 0;
  // Time goes on, by more than any overlap of readings.
  virtual void Wait() = 0;
  virtual agent::Source Connect() = 0;
  // The contact's ID that the base was given last; "0": none.
  virtual std::string ContactOf(const std::string& key) = 0;
};

std::unique_ptr<AnyBase> MakeOnecBase();   // OData, emulated
std::unique_ptr<AnyBase> MakeJsonlBase();  // files in a folder

}  // namespace guestbridge::testing
