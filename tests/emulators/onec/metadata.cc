#include "tests/emulators/onec/metadata.h"

#include <algorithm>
#include <string_view>

namespace guestbridge::testing::onec {
namespace {

constexpr char kHead[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<edmx:Edmx Version=\"1.0\" "
    "xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\">"
    "<edmx:DataServices m:DataServiceVersion=\"3.0\" m:MaxDataServiceVersion=\"3.0\" "
    "xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">"
    "<Schema Namespace=\"StandardODATA\" "
    "xmlns=\"http://schemas.microsoft.com/ado/2009/11/edm\">\n";

bool Published(const std::vector<std::string>& sets, const std::string& name) {
  return std::find(sets.begin(), sets.end(), name) != sets.end();
}

std::string PropertyElement(const Property& p, bool key) {
  std::string out = "<Property Name=\"" + p.name + "\" Type=\"" +
                    EdmName(p.ShownType()) + "\" Nullable=\"" +
                    (key ? "false" : "true") + "\"";
  if (p.type == Type::kString && p.length > 0) {
    out += " MaxLength=\"" + std::to_string(p.length) + "\"";
  }
  return out + "/>";
}

std::string EntityType(const EntityDef& def, const std::vector<std::string>& sets) {
  std::string out = "<EntityType Name=\"" + def.name + "\"><Key>";
  for (int i : def.key) {
    const Property& p = def.properties[static_cast<std::size_t>(i)];
    out += "<PropertyRef Name=\"" + p.name + "\"/>";
    if (def.HasDerivedType(p)) out += "<PropertyRef Name=\"" + p.name + "_Type\"/>";
  }
  out += "</Key>";
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    const bool key =
        std::find(def.key.begin(), def.key.end(), static_cast<int>(i)) != def.key.end();
    if (!def.properties[i].hidden) out += PropertyElement(def.properties[i], key);
  }
  for (const Section& section : def.sections) {
    out += "<Property Name=\"" + section.name + "\" Type=\"Collection(StandardODATA." +
           def.name + "_" + section.name + "_RowType)\" Nullable=\"true\"/>";
  }
  for (const Property& p : def.properties) {
    const std::string navigation = p.Navigation();
    if (navigation.empty() || !Published(sets, p.target)) continue;
    out += "<NavigationProperty Name=\"" + navigation +
           "\" Relationship=\"StandardODATA." + def.name + "_" + navigation +
           "\" FromRole=\"Begin\" ToRole=\"End\"/>";
  }
  out += "</EntityType>\n";
  for (const Section& section : def.sections) {
    out += "<ComplexType Name=\"" + def.name + "_" + section.name + "_RowType\">";
    for (const Property& p : section.columns) out += PropertyElement(p, false);
    out += "</ComplexType>\n";
  }
  return out;
}

std::string Associations(const EntityDef& def, const std::vector<std::string>& sets) {
  std::string out;
  for (const Property& p : def.properties) {
    const std::string navigation = p.Navigation();
    if (navigation.empty() || !Published(sets, p.target)) continue;
    out += "<Association Name=\"" + def.name + "_" + navigation +
           "\"><End Type=\"StandardODATA." + def.name +
           "\" Multiplicity=\"*\" Role=\"Begin\"/><End Type=\"StandardODATA." +
           p.target + "\" Multiplicity=\"0..1\" Role=\"End\"/></Association>\n";
  }
  return out;
}

std::string AssociationSets(const EntityDef& def,
                            const std::vector<std::string>& sets) {
  std::string out;
  for (const Property& p : def.properties) {
    const std::string navigation = p.Navigation();
    if (navigation.empty() || !Published(sets, p.target)) continue;
    const std::string name = def.name + "_" + navigation;
    out += "<AssociationSet Name=\"" + name + "\" Association=\"StandardODATA." + name +
           "\"><End Role=\"Begin\" EntitySet=\"" + def.name +
           "\"/><End Role=\"End\" EntitySet=\"" + p.target + "\"/></AssociationSet>\n";
  }
  return out;
}

// Bound by the type of bindingParameter; there is no EntitySet attribute.
std::string Slice(const EntityDef& def, std::string_view function) {
  const std::string type = "Collection(StandardODATA." + def.name + ")";
  return "<FunctionImport Name=\"" + std::string(function) +
         "\" IsBindable=\"true\" IsSideEffecting=\"false\" ReturnType=\"" + type +
         "\"><Parameter Name=\"bindingParameter\" Type=\"" + type +
         "\"/><Parameter Name=\"Period\" Type=\"Edm.DateTime\"/>"
         "<Parameter Name=\"Condition\" Type=\"Edm.String\"/></FunctionImport>\n";
}

}  // namespace

std::string RenderMetadata(const Store& store, const std::vector<std::string>& sets,
                           int megabytes) {
  std::string out = kHead;
  // A configuration has thousands of objects that are no affair of a hotel's guests.
  const std::size_t wanted = static_cast<std::size_t>(megabytes) << 20;
  for (int number = 1; out.size() < wanted; ++number) {
    out += "<EntityType Name=\"Catalog_Other" + std::to_string(number) + "\">";
    for (int i = 1; i <= 40; ++i) {
      out += "<Property Name=\"Attribute" + std::to_string(i) +
             "\" Type=\"Edm.String\" Nullable=\"true\"/>";
    }
    out += "</EntityType>\n";
  }
  std::string associations;
  std::string container;
  for (const std::string& name : sets) {
    const EntityDef& def = *store.FindSet(name);
    out += EntityType(def, sets);
    associations += Associations(def, sets);
    container += "<EntitySet Name=\"" + name + "\" EntityType=\"StandardODATA." + name +
                 "\"/>\n" + AssociationSets(def, sets);
    if (def.kind == SetKind::kRegister && def.periodic) {
      container += Slice(def, "SliceLast") + Slice(def, "SliceFirst");
    }
  }
  out += associations;
  for (const auto& [name, values] : HotelEnums()) {
    out += "<EnumType Name=\"" + name + "\">";
    for (const std::string& value : values) out += "<Member Name=\"" + value + "\"/>";
    out += "</EnumType>\n";
  }
  return out +
         "<EntityContainer Name=\"StandardODATA\" "
         "m:IsDefaultEntityContainer=\"true\">" +
         container + "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>";
}

}  // namespace guestbridge::testing::onec
