#include "sync-agent/source/onec_odata/source_profile.h"

namespace guestbridge::agent {

// Names of 1C:Hotel 9.2 (facts, default source profile).
const char kHotelProfileText[] = R"yaml(
profile: 1c-hotel
# The base's own times carry no zone; this one is used when a date is written into 1C.
timezone: Europe/Moscow
page: {rows: 200, target_bytes: 2097152}
client:
  set: Catalog_Clients
  key: Ref_Key
  version: DataVersion
  code: Code
  code_type: string        # string or number
  is_folder: IsFolder
  deleted: DeletionMark
  created: CreateDate
  fields:                  # each may be left out
    last_name: LastName
    first_name: FirstName
    second_name: SecondName
    full_name: FullName
    birth_date: DateOfBirth
    phone: Phone
    email: EMail
    email2: EMailAdditional
    sex: {field: Sex, map: {Male: M, Female: F}}
    citizenship: Citizenship_Key
    language: Language_Key
    city: City
    region: Region
    address: Address
    remarks: Remarks
    no_mailing: NoSMSDelivery
    black_list: IsInBlackList
  # Identity documents and health: never read, never offered to a mapping.
  never_export:
    - IdentityDocumentType_Key
    - IdentityDocumentSeries
    - IdentityDocumentNumber
    - IdentityDocumentIssueDate
    - IdentityDocumentValidToDate
    - IdentityDocumentUnitCode
    - IdentityDocumentIssuedBy
    - IdentityDocumentPresentation
    - SocialSecurityNumber
    - PolicyOfMedicalInsurance
    - AmbulatoryCard
    - Disablement
    - Photo
    - Signature
  contact_id: {field: B24ContactID, empty: "0"}
lookups:                   # references that are read as text
  Citizenship_Key: {set: Catalog_Countries, take: Description}
  Language_Key: {set: Catalog_Languages, take: Code}
hotels: {set: Catalog_Hotels, code: Code, name: Description}
identity: {set: Constant_InfoBaseUUID, field: Value}
# No entity that publishes the configuration's version is known. Where a site has one:
# version: {set: Constant_…, field: Value}
history:
  set: InformationRegister_ClientChangeHistory
  period: Period
  client: Client_Key
  user: User_Key
  overlap_s: 120
# Changes exactly as 1C registers them, where the base has a plan for guestbridge alone:
# made in a configuration extension, with the clients as its content and registration by
# itself, one node, and the set in the composition of the OData interface. Never one of
# 1C:Hotel's own plans. The history stays as what is read when the plan cannot be.
# exchange_plan: {set: ExchangePlan_…, node: "<code of the node>"}
messages: {mode: none}     # none, register, mapping
# ib_session: auto (1C sessions where the base knows them) or off; concurrency: 1 or 2.
session: {ib_session: auto, concurrency: 1}
# quiet_hours: in which nothing is written, in the base's own time: ["08:00-11:00"].
# Reading goes on: when an export reads is the schedule's.
write: {data_load_mode: false, if_match: true, reread_before_patch: true}
)yaml";

}  // namespace guestbridge::agent
