#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"
#include "tests/fuzz/php_query.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace guestbridge::fuzz {
namespace {

using agent::Command;
using agent::Json;

constexpr const char* kFields[] = {"NAME", "LAST_NAME", "COMMENTS", "UF_CRM_GUEST_NO"};
constexpr const char* kMultifields[] = {"PHONE", "EMAIL"};

agent::ContactContent Content(Dealer* dealer) {
  agent::ContactContent content;
  for (size_t i = dealer->Below(4); i > 0; --i) {
    content.fields[kFields[dealer->Below(4)]] = dealer->Bytes(40);
  }
  for (size_t i = dealer->Below(3); i > 0; --i) {
    content.multifields[kMultifields[dealer->Below(2)]].push_back(
        {dealer->Bytes(30), dealer->Bytes(8)});
  }
  return content;
}

agent::Stamp StampOf(Dealer* dealer) {
  return {dealer->Bytes(20), dealer->Bytes(40), dealer->Bytes(60)};
}

Command CommandOf(Dealer* dealer) {
  switch (dealer->Below(6)) {
    case 0:
      return agent::AddContact{Content(dealer), StampOf(dealer), dealer->Below(2) == 1};
    case 1: {
      agent::UpdateContact update;
      update.id = agent::ContactId(static_cast<int64_t>(1 + dealer->Below(256)));
      update.fields = Content(dealer).fields;
      for (size_t i = dealer->Below(4); i > 0; --i) {
        update.multifields.push_back({kMultifields[dealer->Below(2)],
                                      static_cast<int64_t>(dealer->Below(3)),
                                      dealer->Bytes(30), dealer->Bytes(8)});
      }
      if (dealer->Below(2) == 1) update.stamp = StampOf(dealer);
      return update;
    }
    case 2: {
      agent::ListContacts list;
      list.origin = StampOf(dealer);
      list.select = {"PHONE"};
      return list;
    }
    default: {
      agent::ImportContacts import;
      for (size_t i = dealer->Below(4); i > 0; --i) {
        import.items.push_back({Content(dealer), StampOf(dealer)});
      }
      return import;
    }
  }
}

// The leaves of the parameters, as the portal should find them.
void Leaves(const Json& json, std::vector<std::string> path,
            std::vector<PhpPair>* pairs) {
  if (json.is_object()) {
    for (const auto& [name, inner] : json.items()) {
      std::vector<std::string> deeper = path;
      deeper.push_back(name);
      Leaves(inner, std::move(deeper), pairs);
    }
  } else if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i) {
      std::vector<std::string> deeper = path;
      deeper.push_back(std::to_string(i));
      Leaves(json[i], std::move(deeper), pairs);
    }
  } else {
    pairs->push_back(
        {std::move(path), json.is_string() ? json.get<std::string>() : json.dump()});
  }
}

}  // namespace

// Whatever bytes a guest's name holds: each command of a batch arrives as it was
// meant, in its place, and in characters that no transport touches.
void RunBatchCommand(absl::string_view bytes) {
  Dealer dealer(bytes);
  std::vector<Command> commands;
  for (size_t i = 1 + dealer.Below(4); i > 0; --i) {
    commands.push_back(CommandOf(&dealer));
  }
  const Json batch = agent::EncodeBatch(commands);
  GB_PROMISE(batch["cmd"].size() == commands.size());
  size_t index = 0;
  for (const auto& [key, value] : batch["cmd"].items()) {
    GB_PROMISE(key == agent::BatchKey(index));
    const std::string text = value.get<std::string>();
    for (const char c : text) {
      GB_PROMISE(absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                 absl::StrContains("-._~%?&=", absl::string_view(&c, 1)));
    }
    const size_t mark = text.find('?');
    GB_PROMISE(text.substr(0, mark) == agent::MethodOf(commands[index]));
    std::vector<PhpPair> meant;
    Leaves(agent::EncodeParams(commands[index]), {}, &meant);
    const std::vector<PhpPair> arrived =
        mark == std::string::npos
            ? std::vector<PhpPair>()
            : ParsePhpQuery(absl::string_view(text).substr(mark + 1));
    GB_PROMISE(arrived == meant);
    agent::MustTravelAlone(commands[index]);
    ++index;
  }
  // As JSON it is sound too, for the bytes that are UTF-8.
  GB_PROMISE(agent::ParseBoundedJson(agent::DumpJson(batch)).has_value());
}

}  // namespace guestbridge::fuzz
