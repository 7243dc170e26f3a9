// What the emulated base publishes: entity sets, their properties, keys and tables.
//
// Names and types are those of fact sheet 1.5-1.6 and 6.2-6.5. A property keeps its
// configuration name in `id`; `name` is what OData shows, which a rename (checklist 41)
// changes. Indices into `properties` are stable for the life of the program.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SCHEMA_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SCHEMA_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

struct Property {
  std::string id;
  std::string name;
  Type type = Type::kString;
  int length = 0;             // strings: UTF-16 units, 0 = unlimited
  bool fixed_length = false;  // padded with spaces
  int digits = 0;             // Number(digits, 0), 0 = no limit of its own
  std::string enum_name;      // empty: not an enumeration
  std::string target;         // references: the set it points to, if published at all
  bool read_only = false;     // ignored in bodies: Ref_Key, DataVersion, Predefined
  bool composite_value = false;  // X of the pair X, X_Type
  bool composite_type = false;
  int type_at = -1;     // composite_value: index of X_Type
  int type_of = -1;     // X_Type that tells only the target of a reference: index of X
  bool hidden = false;  // not published now
  bool value_storage = false;  // X_Base64Data, after X_Type
  int from_client = -1;        // history rows: index of the same client property

  bool IsReference() const { return type == Type::kGuid && id != "SurrogateKey"; }
  bool IsUnlimitedString() const {
    return type == Type::kString && length == 0 && enum_name.empty() &&
           !composite_value && !composite_type && !value_storage;
  }
  // A composite value is shown as text, whatever it is.
  Type ShownType() const { return composite_value ? Type::kString : type; }
  // Citizenship for Citizenship_Key; empty when there is nothing to navigate to.
  std::string Navigation() const;
};

struct Section {
  std::string name;
  std::vector<Property> columns;  // first Ref_Key and LineNumber
};

enum class SetKind { kCatalog, kConstant, kRegister, kRecordType, kSectionRows };

struct EntityDef {
  std::string name;
  SetKind kind = SetKind::kCatalog;
  std::vector<Property> properties;
  std::vector<Section> sections;
  std::vector<int> key;
  // Attributes that the database keeps rows in the order of (OrderedIndex).
  std::vector<std::vector<int>> indexes;
  bool hierarchical = false;
  bool periodic = false;
  std::string owner;  // kRecordType, kSectionRows: the set that holds the data
  int section = -1;   // kSectionRows: index in the owner's sections

  int Find(std::string_view visible_name) const;  // -1 when absent
  int FindId(std::string_view id) const;
  int FindNavigation(std::string_view navigation) const;  // index of X_Key
  int FindSection(std::string_view section_name) const;
  // Whether a composite value has an X_Type that MakeComposite added.
  bool HasDerivedType(const Property& value) const;
  // Publishes a reference X_Key as X and X_Type, or as X_Key again. Its X_Type is added
  // behind all properties when it is first wanted.
  void MakeComposite(std::size_t property, bool composite);
};

using Schema = std::map<std::string, EntityDef>;

// The sets of a 1C:Hotel base that an integration meets.
Schema HotelSchema();

// EnumType name -> values.
std::map<std::string, std::vector<std::string>> HotelEnums();

// Names used by more than one file.
inline constexpr char kClients[] = "Catalog_Clients";
inline constexpr char kEmployees[] = "Catalog_Employees";
inline constexpr char kHistory[] = "InformationRegister_ClientChangeHistory";
inline constexpr char kMappings[] =
    "InformationRegister_ExternalSystemsObjectCodesMappings";
inline constexpr char kMessages[] = "InformationRegister_IntegrationMessages";
inline constexpr char kExchangePlan[] = "ExchangePlan_GuestBridge";

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SCHEMA_H_
