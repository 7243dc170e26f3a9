#include <initializer_list>
#include <utility>

#include "tests/emulators/onec/schema.h"

namespace guestbridge::testing::onec {
namespace {

Property Make(std::string id, Type type) {
  Property p;
  p.name = id;
  p.id = std::move(id);
  p.type = type;
  return p;
}

Property Text(std::string id, int length) {
  Property p = Make(std::move(id), Type::kString);
  p.length = length;
  return p;
}

Property Unlimited(std::string id) { return Text(std::move(id), 0); }
Property Flag(std::string id) { return Make(std::move(id), Type::kBool); }
Property Date(std::string id) { return Make(std::move(id), Type::kDateTime); }

Property Ref(std::string id, std::string target = "") {
  Property p = Make(std::move(id), Type::kGuid);
  p.target = std::move(target);
  return p;
}

Property Enum(std::string id, std::string enum_name) {
  Property p = Make(std::move(id), Type::kString);
  p.enum_name = std::move(enum_name);
  return p;
}

Property Whole(std::string id, Type type, int digits) {
  Property p = Make(std::move(id), type);
  p.digits = digits;
  return p;
}

Property ReadOnly(Property p) {
  p.read_only = true;
  return p;
}

void AddComposite(EntityDef& def, const std::string& id) {
  Property value = Text(id, 100);
  value.composite_value = true;
  value.type_at = static_cast<int>(def.properties.size()) + 1;
  Property type = Text(id + "_Type", 100);
  type.composite_type = true;
  def.properties.push_back(value);
  def.properties.push_back(type);
}

void AddStorage(EntityDef& def, const std::string& id) {
  Property type = Unlimited(id + "_Type");
  type.value_storage = true;
  Property data = Unlimited(id + "_Base64Data");
  data.value_storage = true;
  def.properties.push_back(type);
  def.properties.push_back(data);
}

void Add(EntityDef& def, std::initializer_list<Property> properties) {
  def.properties.insert(def.properties.end(), properties);
}

void AddIndex(EntityDef& def, std::initializer_list<const char*> ids) {
  std::vector<int> properties;
  for (const char* id : ids) properties.push_back(def.FindId(id));
  def.indexes.push_back(std::move(properties));
}

EntityDef Catalog(std::string name, bool hierarchical, int code_length,
                  int description_length) {
  EntityDef def;
  def.name = std::move(name);
  def.kind = SetKind::kCatalog;
  def.hierarchical = hierarchical;
  Add(def, {ReadOnly(Make("Ref_Key", Type::kGuid)), ReadOnly(Text("DataVersion", 12)),
            Flag("DeletionMark")});
  if (hierarchical) Add(def, {Ref("Parent_Key", def.name), Flag("IsFolder")});
  Property code = Text("Code", code_length);
  code.fixed_length = true;
  Add(def, {code, Text("Description", description_length)});
  def.key = {0};
  return def;
}

void EndCatalog(EntityDef& def) {
  Add(def, {ReadOnly(Flag("Predefined")), ReadOnly(Text("PredefinedDataName", 256))});
}

void AddSection(EntityDef& def, std::string name,
                std::initializer_list<Property> columns) {
  Section section;
  section.name = std::move(name);
  section.columns = {ReadOnly(Make("Ref_Key", Type::kGuid)),
                     Whole("LineNumber", Type::kInt64, 5)};
  section.columns.insert(section.columns.end(), columns);
  def.sections.push_back(std::move(section));
}

// The client's own attributes, in the groups of fact sheet 6.2.
void AddClientAttributes(EntityDef& def) {
  Add(def, {Text("LastName", 50), Text("FirstName", 50), Text("SecondName", 50),
            Text("FullName", 170), Text("Title", 25), Ref("Salutation_Key")});
  Add(def,
      {Text("Phone", 50), Text("Fax", 50), Text("EMail", 50),
       Text("EMailAdditional", 50), Unlimited("Address"), Unlimited("PostalAddress"),
       Text("Region", 50), Text("City", 50), Text("StreetFiasId", 36)});
  Add(def, {Enum("Sex", "Sex"), Date("DateOfBirth"), Unlimited("PlaceOfBirth"),
            Whole("Age", Type::kInt16, 3), Ref("AgeRange_Key"),
            Ref("Citizenship_Key", "Catalog_Countries"),
            Ref("Language_Key", "Catalog_Languages"), Text("PlaceOfEmployment", 100),
            Text("Position", 100), Text("TIN", 12)});
  Add(def,
      {Ref("IdentityDocumentType_Key"), Text("IdentityDocumentSeries", 10),
       Text("IdentityDocumentNumber", 20), Date("IdentityDocumentIssueDate"),
       Date("IdentityDocumentValidToDate"), Text("IdentityDocumentUnitCode", 10),
       Text("IdentityDocumentIssuedBy", 255), Text("IdentityDocumentPresentation", 255),
       Text("SocialSecurityNumber", 14), Text("PolicyOfMedicalInsurance", 36),
       Text("AmbulatoryCard", 36), Text("Disablement", 100)});
  Add(def,
      {Ref("ClientType_Key"), Ref("MarketingCode_Key"), Ref("SourceOfBusiness_Key"),
       Ref("DiscountType_Key"), Ref("DiscountCard_Key"), Ref("ExtraCategory_Key"),
       Unlimited("TagsPresentation")});
  Add(def, {Flag("NoSMSDelivery"), Flag("RefusedToParticipateInLoyaltyProgram"),
            Flag("IsInWhiteList"), Flag("IsInBlackList"), Flag("DoNotCheckIn")});
  Add(def, {Date("CreateDate"), Ref("Author_Key", kEmployees), Text("ExternalCode", 36),
            Whole("B24ContactID", Type::kInt64, 10), Unlimited("Remarks")});
}

EntityDef Clients() {
  EntityDef def = Catalog(kClients, /*hierarchical=*/true, 12, 150);
  AddClientAttributes(def);
  AddStorage(def, "Photo");
  AddStorage(def, "Signature");
  EndCatalog(def);
  AddSection(def, "ChargingRules",
             {Ref("ChargingRule_Key"), Text("RuleValue", 100), Date("ValidFrom")});
  AddSection(def, "RoomProperties", {Ref("RoomProperty_Key")});
  AddIndex(def, {"Code"});
  AddIndex(def, {"CreateDate"});
  AddIndex(def, {"B24ContactID", "Code"});
  return def;
}

EntityDef Register(std::string name, bool periodic) {
  EntityDef def;
  def.name = std::move(name);
  def.kind = SetKind::kRegister;
  def.periodic = periodic;
  return def;
}

EntityDef History(const EntityDef& clients) {
  EntityDef def = Register(kHistory, /*periodic=*/true);
  Add(def, {Date("Period"), Ref("Client_Key", kClients), Ref("User_Key", kEmployees),
            Unlimited("Changes")});
  def.key = {0, 1};
  EntityDef attributes;
  Add(attributes, {Text("Code", 12), Text("Description", 150), Flag("DeletionMark")});
  attributes.properties[0].fixed_length = true;
  AddClientAttributes(attributes);
  for (Property p : attributes.properties) {
    p.from_client = clients.FindId(p.id);
    def.properties.push_back(p);
  }
  AddStorage(def, "ChargingRules");
  AddStorage(def, "RoomProperties");
  AddIndex(def, {"Period"});
  return def;
}

EntityDef Mappings() {
  EntityDef def = Register(kMappings, /*periodic=*/false);
  Add(def, {Ref("Hotel_Key", "Catalog_Hotels"), Text("ExternalSystemCode", 38),
            Text("ObjectTypeName", 36), Text("ObjectExternalCode", 77)});
  AddComposite(def, "ObjectRef");
  Add(def,
      {Text("ObjectDescription", 256), Text("ObjectDataPath", 256), Text("Type", 128)});
  def.key = {0, 1, 2, 3};
  return def;
}

EntityDef Messages() {
  EntityDef def = Register(kMessages, /*periodic=*/false);
  Add(def, {Ref("ExternalSystem_Key", "Catalog_ExternalSystemInteractions")});
  AddComposite(def, "Object");
  Add(def, {Date("Date"), Text("ExternalID", 50), Text("Status", 50),
            Text("Direction", 50)});
  def.key = {0, 1, 2};
  return def;
}

EntityDef ExchangeNodes() {
  EntityDef def = Catalog(kExchangePlan, /*hierarchical=*/false, 9, 100);
  Add(def, {ReadOnly(Flag("ThisNode")), Whole("SentNo", Type::kInt64, 10),
            Whole("ReceivedNo", Type::kInt64, 10)});
  return def;
}

EntityDef InfoBaseId() {
  EntityDef def;
  def.name = "Constant_InfoBaseUUID";
  def.kind = SetKind::kConstant;
  Add(def, {ReadOnly(Make("SurrogateKey", Type::kInt16)), Make("Value", Type::kGuid)});
  def.key = {0};
  return def;
}

void AddPlainCatalog(Schema& schema, const std::string& name,
                     std::initializer_list<Property> attributes) {
  EntityDef def = Catalog(name, /*hierarchical=*/false, 9, 100);
  Add(def, attributes);
  EndCatalog(def);
  schema[name] = std::move(def);
}

// Tables of rows that the owner holds: read-only sets of their own (fact sheet 1.5).
void AddDerived(Schema& schema) {
  Schema derived;
  for (const auto& [name, def] : schema) {
    if (def.kind == SetKind::kRegister) {
      EntityDef records = def;
      records.name = name + "_RecordType";
      records.kind = SetKind::kRecordType;
      records.owner = name;
      derived[records.name] = records;
    }
    for (std::size_t i = 0; i < def.sections.size(); ++i) {
      EntityDef rows;
      rows.name = name + "_" + def.sections[i].name;
      rows.kind = SetKind::kSectionRows;
      rows.owner = name;
      rows.section = static_cast<int>(i);
      rows.properties = def.sections[i].columns;
      rows.key = {0, 1};
      derived[rows.name] = rows;
    }
  }
  schema.merge(derived);
}

}  // namespace

Schema HotelSchema() {
  Schema schema;
  schema[kClients] = Clients();
  AddPlainCatalog(schema, "Catalog_Hotels", {Text("FullName", 255), Text("City", 50)});
  AddPlainCatalog(schema, "Catalog_Countries", {Text("ISOCode", 3)});
  AddPlainCatalog(schema, "Catalog_Languages", {});
  AddPlainCatalog(schema, kEmployees, {});
  AddPlainCatalog(schema, "Catalog_ExternalSystemInteractions", {});
  schema["Constant_InfoBaseUUID"] = InfoBaseId();
  schema[kHistory] = History(schema[kClients]);
  schema[kMappings] = Mappings();
  schema[kMessages] = Messages();
  schema[kExchangePlan] = ExchangeNodes();
  AddDerived(schema);
  return schema;
}

std::map<std::string, std::vector<std::string>> HotelEnums() {
  return {{"Sex", {"Male", "Female"}},
          {"IntegrationDirections", {"Incoming", "Outgoing"}},
          {"IntegrationStatuses", {"New", "Success", "Error"}}};
}

}  // namespace guestbridge::testing::onec
