#include "sync-agent/portal/bitrix24/command_encoder.h"

#include <array>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/portal/bitrix24/event_decoder.h"
#include "sync-agent/portal/item_fields.h"

namespace guestbridge::agent {
namespace {

constexpr int kContactEntityType = 3;

// The library copies all members when it needs room for one more.
Json ObjectFor(size_t members) {
  Json object = Json::object();
  object.get_ref<Json::object_t&>().reserve(members);
  return object;
}

// `name` is not in `object`: it is not looked for.
void Put(const std::string& name, Json value, Json* object) {
  object->get_ref<Json::object_t&>().emplace_back(name, std::move(value));
}

void PutStamp(const Stamp& stamp, Json* fields) {
  (*fields)["ORIGINATOR_ID"] = stamp.originator;
  (*fields)["ORIGIN_ID"] = stamp.origin;
  (*fields)["ORIGIN_VERSION"] = stamp.version;
}

// ID and the stamp are what every decision about a row rests on.
Json SelectWith(const std::vector<std::string>& asked) {
  Json select = {"ID", "ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION"};
  std::set<std::string> known(select.begin(), select.end());
  for (const std::string& name : asked) {
    if (known.insert(name).second) select.push_back(name);
  }
  return select;
}

void PutMultifields(const ContactContent& content, Json* fields) {
  for (const auto& [name, values] : content.multifields) {
    if (values.empty()) continue;
    Json rows = Json::array();
    rows.get_ref<Json::array_t&>().reserve(values.size());
    for (const MultiValue& value : values) {
      Json row = ObjectFor(2);
      Put("VALUE", value.value, &row);
      if (!value.type.empty()) Put("VALUE_TYPE", value.type, &row);
      rows.push_back(std::move(row));
    }
    Put(name, std::move(rows), fields);
  }
}

// An empty text clears a list, too.
Json EncodeValue(const std::string& name, const std::string& value,
                 const ListFields& lists) {
  if (value.empty() || lists.count(name) == 0) return value;
  return Json::array({value});
}

// One contact of an import: names as the item methods have them, multifields as the
// legacy ones do.
Json EncodeItem(const ImportContacts::Item& item, const ListFields& lists) {
  Json fields =
      ObjectFor(item.content.fields.size() + item.content.multifields.size() + 3);
  for (const auto& [name, value] : item.content.fields) {
    Put(ItemFieldName(name).value_or(name), EncodeValue(name, value, lists), &fields);
  }
  PutMultifields(item.content, &fields);
  // Whatever a mapping says, the stamp is ours.
  fields["originatorId"] = item.stamp.originator;
  fields["originId"] = item.stamp.origin;
  fields["originVersion"] = item.stamp.version;
  return fields;
}

struct ParamsOf {
  const ListFields& lists;

  Json operator()(const AddContact& add) const {
    Json fields = Json::object();
    for (const auto& [name, value] : add.content.fields) {
      fields[name] = EncodeValue(name, value, lists);
    }
    PutMultifields(add.content, &fields);
    PutStamp(add.stamp, &fields);
    Json params = {{"REGISTER_SONET_EVENT", "N"}};
    // Any non-empty text but "0" is true here, "N" as well: absent is the only "no".
    if (add.import) params["IMPORT"] = "Y";
    return {{"fields", std::move(fields)}, {"params", std::move(params)}};
  }

  Json operator()(const UpdateContact& update) const {
    Json fields = Json::object();
    for (const auto& [name, value] : update.fields) {
      fields[name] = EncodeValue(name, value, lists);
    }
    for (const UpdateContact::MultiChange& change : update.multifields) {
      Json row = Json::object();
      if (change.id > 0) row["ID"] = change.id;
      row["VALUE"] = change.value;
      if (change.id > 0 && change.value.empty()) {
        row["DELETE"] = "Y";
      } else if (!change.type.empty()) {
        row["VALUE_TYPE"] = change.type;
      }
      Json& rows = fields[change.field];
      if (!rows.is_array()) rows = Json::array();
      rows.push_back(std::move(row));
    }
    if (update.stamp.has_value()) PutStamp(*update.stamp, &fields);
    return {{"id", update.id.value()},
            {"fields", std::move(fields)},
            {"params", {{"REGISTER_SONET_EVENT", "N"}}}};
  }

  Json operator()(const GetContact& get) const { return {{"id", get.id.value()}}; }

  Json operator()(const DeleteContact& remove) const {
    return {{"id", remove.id.value()}};
  }

  Json operator()(const ListContacts& list) const {
    Json filter = Json::object();
    if (!list.ids.empty()) {
      Json ids = Json::array();
      for (const ContactId id : list.ids) ids.push_back(id.value());
      filter["@ID"] = std::move(ids);
    }
    if (list.after.has_value()) filter[">ID"] = list.after->value();
    if (list.upto.has_value()) filter["<=ID"] = list.upto->value();
    if (list.origin.has_value()) {
      filter["ORIGINATOR_ID"] = list.origin->originator;
      filter["ORIGIN_ID"] = list.origin->origin;
    }
    Json params = {{"order", {{"ID", "ASC"}}}};
    if (!filter.empty()) params["filter"] = std::move(filter);
    params["select"] = SelectWith(list.select);
    params["start"] = -1;
    return params;
  }

  Json operator()(const ListNewest& newest) const {
    return {
        {"order", {{"ID", "DESC"}}},
        {"select", newest.versions ? SelectWith({})
                                   : Json::array({"ID", "ORIGINATOR_ID", "ORIGIN_ID"})},
        {"start", -1}};
  }

  Json operator()(const GetProfile&) const { return Json::object(); }
  Json operator()(const GetContactFields& get) const {
    if (get.statuses_of.empty()) return Json::object();
    return {{"filter", {{"ENTITY_ID", get.dictionary}}}};
  }

  Json operator()(const FindContacts& find) const {
    return {{"entity_type", "CONTACT"},
            {"type", find.by == FindContacts::By::kPhone ? "PHONE" : "EMAIL"},
            {"values", find.values}};
  }

  Json operator()(const ImportContacts& import) const {
    if (import.single) {
      return {{"entityTypeId", kContactEntityType},
              {"useOriginalUfNames", "Y"},
              {"fields", EncodeItem(import.items.at(0), lists)}};
    }
    Json data = Json::array();
    data.get_ref<Json::array_t&>().reserve(import.items.size());
    for (const ImportContacts::Item& item : import.items) {
      data.push_back(EncodeItem(item, lists));
    }
    return {{"entityTypeId", kContactEntityType},
            {"useOriginalUfNames", "Y"},
            {"data", std::move(data)}};
  }

  Json operator()(const BindEvent& bind) const {
    return {{"event", NameOfEvent(bind.event)}, {"event_type", "offline"}};
  }
  Json operator()(const GetBoundEvents&) const { return Json::object(); }
  Json operator()(const PollEvents& poll) const {
    return {{"clear", 1}, {"limit", poll.limit}};
  }
};

// In blocks: a text that is made longer first and filled afterwards is written twice.
void AppendEncoded(absl::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::array<char, 192> block;
  while (!text.empty()) {
    const absl::string_view part = text.substr(0, block.size() / 3);
    text.remove_prefix(part.size());
    char* end = block.data();
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
        *end++ = c;
      } else {
        *end++ = '%';
        *end++ = kHex[byte >> 4];
        *end++ = kHex[byte & 15];
      }
    }
    out->append(block.data(), static_cast<size_t>(end - block.data()));
  }
}

// `before` is what stands before the first pair; `key` is encoded, and the same again
// when this returns.
void AppendPairs(const Json& value, absl::string_view* before, std::string* key,
                 std::string* query) {
  const size_t length = key->size();
  const auto append_inner = [&](absl::string_view name, const Json& inner) {
    if (length > 0) key->append("%5B");
    AppendEncoded(name, key);
    if (length > 0) key->append("%5D");
    AppendPairs(inner, before, key, query);
    key->resize(length);
  };
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) append_inner(name, inner);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) append_inner(absl::StrCat(i), value[i]);
  } else {
    absl::StrAppend(query, std::exchange(*before, "&"));
    query->append(*key).push_back('=');
    if (value.is_string()) {
      AppendEncoded(value.get_ref<const std::string&>(), query);
    } else {
      AppendEncoded(DumpJson(value), query);
    }
  }
}

}  // namespace

Json EncodeParams(const Command& command, const ListFields& lists) {
  return std::visit(ParamsOf{lists}, command);
}

std::string BatchKey(size_t index) { return absl::StrCat("c", index); }

std::string EncodeQuery(const Json& params) {
  std::string query;
  std::string key;
  absl::string_view before;
  AppendPairs(params, &before, &key, &query);
  return query;
}

Json EncodeBatch(const std::vector<Command>& commands, const ListFields& lists) {
  Json cmd = Json::object();
  cmd.get_ref<Json::object_t&>().reserve(commands.size());
  size_t length = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    std::string call;
    call.reserve(length + length / 8);  // They are much alike.
    call.append(MethodOf(commands[i]));
    std::string key;
    absl::string_view before = "?";
    AppendPairs(EncodeParams(commands[i], lists), &before, &key, &call);
    length = call.size();
    cmd[BatchKey(i)] = std::move(call);
  }
  return {{"halt", 0}, {"cmd", std::move(cmd)}};
}

std::string PercentEncode(absl::string_view text) {
  std::string out;
  AppendEncoded(text, &out);
  return out;
}

}  // namespace guestbridge::agent
