#include "tests/emulators/onec/service.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <utility>

#include "tests/emulators/onec/metadata.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {

struct Service::Call {
  const OdataRequest& request;
  OdataAnswer& answer;
  std::shared_ptr<const Settings> settings;
  std::map<std::string, std::string> query;
  Format format = Format::kAtom;
  QueryOptions options;
  std::vector<Segment> segments;
  const EntityDef* def = nullptr;
  std::vector<std::string> published;

  RenderContext Rendering(const Store& store) const {
    return {&store, request.root, format};
  }
  Result<Done> Answer(std::string body) {
    answer.body = std::move(body);
    answer.content_type = ContentType(format);
    return Done{};
  }
};

namespace {

Fault NoSuchSet(const std::string& name) {
  return {404, "8", "Тип сущности \"" + name + "\" не найден!",
          "Entity type \"" + name + "\" is not found!"};
}

Fault NoSuchSegment(const std::string& name) {
  return {400, "6", "Сегмент пути " + name + " не найден!",
          "Path segment " + name + " is not found!"};
}

Fault NoSuchMethod(const std::string& name) {
  return {400, "6", "Метод не найден: " + name, "Method not found: " + name};
}

Fault NotAllowed() {
  return {405, "19", "Метод HTTP не поддерживается для этого ресурса",
          "The HTTP method is not allowed for this resource"};
}

// The vendor's POST example shows a null DataVersion.
void ForgetVersion(std::string& json) {
  const std::string shown = "\"DataVersion\":" + JsonText(DataVersionText(0));
  const std::size_t at = json.find(shown);
  if (at != std::string::npos) json.replace(at, shown.size(), "\"DataVersion\":null");
}

}  // namespace

OdataAnswer Service::Handle(const OdataRequest& request) {
  OdataAnswer answer;
  Call call{request,
            answer,
            base_.settings(),
            SplitQuery(request.query),
            Format::kAtom,
            {},
            {},
            nullptr,
            {}};
  auto format = ChooseFormat(call.query, request.accept);
  Result<Done> done = Done{};
  if (format.ok()) {
    call.format = *format;
    done = Dispatch(call);
  } else {
    done = format.fault();
  }
  const std::int64_t budget = call.settings->byte_budget;
  if (done.ok() && budget > 0 &&
      answer.body.size() > static_cast<std::size_t>(budget)) {
    done = Fault{500, "-1", "Недостаточно памяти для формирования ответа",
                 "Not enough memory to build the answer"};
  }
  if (!done.ok()) {
    answer.status = done.fault().http_status;
    answer.rows = 0;
    answer.headers.clear();
    answer.content_type = IsJson(call.format) ? ContentType(call.format)
                                              : "application/xml;charset=utf-8";
    answer.body = RenderError(call.format, done.fault(), call.settings->language);
  }
  return answer;
}

Result<Done> Service::Dispatch(Call& call) {
  const std::string& method = call.request.method;
  const bool read = method == "GET" || method == "HEAD";
  auto options = ParseOptions(call.query);
  if (!options.ok()) return options.fault();
  call.options = std::move(*options);
  auto segments = ParsePath(call.request.path);
  if (!segments.ok()) return segments.fault();
  call.segments = std::move(*segments);
  if (call.segments.size() == 1 && ExchangeFunctions::IsOne(call.segments[0].name)) {
    return Exchange(call);
  }
  if (read) {
    const std::shared_lock lock(base_.store().mutex());
    call.published = base_.PublishedSets(*call.settings);
    return Read(call);
  }
  call.answer.kind = method == "POST"     ? "post"
                     : method == "PATCH"  ? "patch"
                     : method == "PUT"    ? "put"
                     : method == "DELETE" ? "delete"
                                          : "other";
  const std::unique_lock lock(base_.store().mutex());
  call.published = base_.PublishedSets(*call.settings);
  return Write(call);
}

Result<Done> Service::CheckSet(Call& call, const std::string& name, bool write) {
  const auto& sets = call.published;
  if (std::find(sets.begin(), sets.end(), name) == sets.end()) return NoSuchSet(name);
  const Settings& settings = *call.settings;
  call.def = base_.store().FindSet(name);
  call.answer.set = name;
  const std::string& right = call.def->owner.empty() ? name : call.def->owner;
  const bool denied =
      settings.denied_read.contains(right) || settings.denied_read.contains("*") ||
      (write &&
       (settings.denied_write.contains(right) || settings.denied_write.contains("*")));
  if (denied) return AccessFault();
  return Done{};
}

Result<Done> Service::Read(Call& call) {
  OdataAnswer& answer = call.answer;
  if (call.segments.empty()) {
    answer.kind = "service";
    auto done =
        call.Answer(RenderService(call.Rendering(base_.store()), call.published));
    if (!IsJson(call.format)) {
      answer.content_type = "application/atomsvc+xml;charset=utf-8";
    }
    return done;
  }
  const std::string& first = call.segments[0].name;
  if (first == "$metadata") {
    answer.kind = "metadata";
    if (IsJson(call.format)) {
      return Fault{406, "3", "Тип представления JSON не поддерживается для $metadata",
                   "JSON is not supported for $metadata"};
    }
    answer.body =
        RenderMetadata(base_.store(), call.published, call.settings->metadata_mb);
    answer.content_type = "application/xml;charset=utf-8";
    return Done{};
  }
  answer.kind = "list";
  if (auto done = CheckSet(call, first, /*write=*/false); !done.ok()) return done;
  if (call.segments[0].arguments) return ReadEntity(call);
  if (call.segments.size() == 1) return ReadSet(call);
  const std::string& second = call.segments[1].name;
  if (second == "$count") return ReadCount(call, 2);
  if (second == "SliceLast" || second == "SliceFirst") return ReadSlice(call);
  if (call.segments[1].arguments) return NoSuchMethod(second);
  return NoSuchSegment(second);
}

Result<Done> Service::ReadSet(Call& call) {
  auto shape =
      MakeShape(base_.store(), *call.def, call.options.select, call.options.expand);
  if (!shape.ok()) return shape.fault();
  auto selection = RunQuery(base_.store(), *call.settings, *call.def, call.options,
                            base_.NextRequest());
  if (!selection.ok()) return selection.fault();
  call.answer.rows = selection->rows.size();
  call.answer.skipped = selection->skipped;
  std::optional<std::size_t> total;
  if (call.options.inline_count) total = selection->total;
  auto body = RenderCollection(call.Rendering(base_.store()), *call.def, *shape,
                               selection->rows, total);
  if (!body.ok()) return body.fault();
  return call.Answer(std::move(*body));
}

Result<Done> Service::ReadCount(Call& call, std::size_t segments) {
  if (call.segments.size() != segments) return NoSuchSegment(call.segments.back().name);
  call.answer.kind = "count";
  call.options.orderby.clear();
  auto count = CountRows(base_.store(), *call.settings, *call.def, call.options);
  if (!count.ok()) return count.fault();
  call.answer.body = std::to_string(*count);
  call.answer.content_type = "text/plain;charset=utf-8";
  return Done{};
}

Result<Done> Service::ReadSlice(Call& call) {
  call.answer.kind = "slice";
  const Segment& function = call.segments[1];
  const EntityDef& def = *call.def;
  if (def.kind != SetKind::kRegister || !def.periodic) {
    return NoSuchMethod(function.name);
  }
  if (call.segments.size() > 2) return NoSuchSegment(call.segments[2].name);
  auto slice = ParseSlice(function.name == "SliceLast", function.arguments.value_or(""),
                          call.options.others);
  if (!slice.ok()) return slice.fault();
  auto shape = MakeShape(base_.store(), def, call.options.select, call.options.expand);
  if (!shape.ok()) return shape.fault();
  auto rows = RunSlice(base_.store(), *call.settings, def, *slice);
  if (!rows.ok()) return rows.fault();
  auto selection = RunQueryOver(base_.store(), *call.settings, def, call.options,
                                *std::move(rows), base_.NextRequest());
  if (!selection.ok()) return selection.fault();
  call.answer.rows = selection->rows.size();
  std::optional<std::size_t> total;
  if (call.options.inline_count) total = selection->total;
  auto body = RenderCollection(call.Rendering(base_.store()), def, *shape,
                               selection->rows, total);
  if (!body.ok()) return body.fault();
  return call.Answer(std::move(*body));
}

Result<Done> Service::ReadEntity(Call& call) {
  call.answer.kind = "get";
  auto key = ParseKey(*call.def, *call.segments[0].arguments);
  if (!key.ok()) return key.fault();
  const RecordPtr record = base_.store().Get(*call.def, *key);
  if (!record) return NotFound(*call.def, *key);
  if (IsHidden(*call.settings, *call.def, *record)) return AccessFault();
  return ReadBelow(call, *call.def, record, 1);
}

// "Through the dot": Catalog_Clients(guid'...')/Citizenship/Description.
Result<Done> Service::ReadBelow(Call& call, const EntityDef& def, RecordPtr record,
                                std::size_t segment) {
  if (segment == call.segments.size()) return AnswerEntity(call, def, *record);
  const std::string& name = call.segments[segment].name;
  const bool last = segment + 1 == call.segments.size();
  if (const int at = def.Find(name); at >= 0) {
    const Property& p = def.properties[static_cast<std::size_t>(at)];
    const Value& value = Field(def, *record, at);
    if (last)
      return call.Answer(RenderProperty(call.Rendering(base_.store()), p, value));
    if (call.segments[segment + 1].name != "$value" ||
        segment + 2 != call.segments.size()) {
      return NoSuchSegment(call.segments[segment + 1].name);
    }
    call.answer.body = PlainText(value);
    call.answer.content_type = "text/plain;charset=utf-8";
    return Done{};
  }
  const int navigation = def.FindNavigation(name);
  if (navigation < 0) {
    return Fault{404, "10", "Свойство \"" + name + "\" не найдено",
                 "Property \"" + name + "\" is not found"};
  }
  const auto& property = def.properties[static_cast<std::size_t>(navigation)];
  const EntityDef& target = *base_.store().FindSet(property.target);
  const Guid guid = std::get<Guid>(Field(def, *record, navigation));
  const RecordPtr next = base_.store().Referenced(target.name, guid);
  if (!next) return NotFound(target, guid.Text());
  return ReadBelow(call, target, next, segment + 1);
}

// $expand is for sets only: here it is checked and then has no effect.
Result<Done> Service::AnswerEntity(Call& call, const EntityDef& def,
                                   const Record& record) {
  auto shape = MakeShape(base_.store(), def, call.options.select, call.options.expand);
  if (!shape.ok()) return shape.fault();
  shape->expanded.clear();
  call.answer.rows = 1;
  auto body = RenderEntity(call.Rendering(base_.store()), def, *shape, record);
  if (!body.ok()) return body.fault();
  return call.Answer(std::move(*body));
}

Result<Done> Service::Exchange(Call& call) {
  const std::string& name = call.segments[0].name;
  call.answer.kind = name;
  call.answer.set = kExchangePlan;
  if (call.request.method != "POST" || call.segments[0].arguments) return NotAllowed();
  auto answer = exchange_.Call(base_.store(), *call.settings, name,
                               call.Rendering(base_.store()), call.query);
  if (!answer.ok()) return answer.fault();
  call.answer.rows = answer->objects;
  call.answer.body = std::move(answer->feed);
  // Atom, whatever was asked for.
  call.answer.content_type = ContentType(Format::kAtom);
  return Done{};
}

Result<Done> Service::Write(Call& call) {
  const OdataRequest& request = call.request;
  if (call.segments.empty()) return NotAllowed();
  auto checked = CheckSet(call, call.segments[0].name, /*write=*/true);
  if (!checked.ok()) return checked;
  const EntityDef& def = *call.def;
  if (def.kind == SetKind::kSectionRows) {
    return Fault{405, "13", "Прямое создание строк табличной части не поддерживается",
                 "Direct creation of tabular rows is not supported"};
  }
  const std::string& method = request.method;
  const bool known =
      method == "POST" || method == "PATCH" || method == "PUT" || method == "DELETE";
  const bool keyed = call.segments[0].arguments.has_value();
  const bool fits = known && def.kind != SetKind::kRecordType &&
                    call.segments.size() == 1 && (method == "POST") != keyed &&
                    (def.kind != SetKind::kConstant || method == "PATCH");
  if (!fits) return NotAllowed();
  if (request.load_mode && !call.settings->load_mode_supported) {
    return Fault{400, "17", "Объект не поддерживает запись в режиме загрузки данных",
                 "The object does not support the data load mode"};
  }
  Settings settings = *call.settings;
  settings.silent_write_loss = settings.silent_write_loss || request.lose_write;
  const WriteContext context{base_.store(), settings, base_.clock().Now(),
                             base_.integration_user(), request.load_mode};
  std::string key;
  if (keyed) {
    auto parsed = ParseKey(def, *call.segments[0].arguments);
    if (!parsed.ok()) return parsed.fault();
    key = std::move(*parsed);
    const RecordPtr target = base_.store().Get(def, key);
    if (target && IsHidden(settings, def, *target)) return AccessFault();
  }
  if (method == "DELETE") {
    auto done = Delete(context, def, key, request.if_match);
    if (!done.ok()) return done;
    call.answer.status = 204;
    call.answer.stored = true;
    return done;
  }
  if (request.content_type.find("xml") != std::string::npos) {
    return Fault{415, "3", "Тип представления не поддерживается",
                 "The representation type is not supported"};
  }
  const auto body = nlohmann::json::parse(request.body, nullptr,
                                          /*allow_exceptions=*/false);
  if (body.is_discarded()) {
    return Fault{500, "-1", "Ошибка при разборе JSON", "JSON parse error"};
  }
  const bool create = method == "POST";
  const BodyRule rule = method == "PUT" ? BodyRule::kPut : BodyRule::kPatch;
  auto written = create ? Create(context, def, body)
                        : Update(context, def, key, body, rule, request.if_match);
  if (!written.ok()) return written.fault();
  call.answer.stored = true;
  call.options.select.clear();  // a write answers with the whole object
  auto answered = AnswerEntity(call, def, **written);
  if (!answered.ok()) return answered;
  if (create && def.kind == SetKind::kCatalog) {
    call.answer.status = 201;
    if (settings.null_version_on_create) ForgetVersion(call.answer.body);
    // Raw UTF-8: 1C does not percent-encode this header.
    call.answer.headers.emplace_back("Location",
                                     request.root + "/" + EntityLink(def, **written));
  }
  return answered;
}

}  // namespace guestbridge::testing::onec
