#include "tests/emulators/bitrix24/contact_fields.h"

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using K = FieldKind;

constexpr size_t kTextBytes = 65535;

// name, item, kind, length, read only, dictionary, ru, en
constexpr FieldSpec kFields[] = {
    {"ID", "id", K::kInteger, 0, true, "", "ID", "ID"},
    {"HONORIFIC", "honorific", K::kStatus, 128, false, "HONORIFIC", "Обращение",
     "Salutation"},
    {"NAME", "name", K::kString, 50, false, "", "Имя", "First name"},
    {"SECOND_NAME", "secondName", K::kString, 50, false, "", "Отчество", "Second name"},
    {"LAST_NAME", "lastName", K::kString, 50, false, "", "Фамилия", "Last name"},
    {"PHOTO", "photo", K::kFile, 0, false, "", "Фотография", "Photo"},
    {"BIRTHDATE", "birthdate", K::kDate, 0, false, "", "Дата рождения",
     "Date of birth"},
    {"TYPE_ID", "typeId", K::kStatus, 50, false, "CONTACT_TYPE", "Тип контакта",
     "Contact type"},
    {"SOURCE_ID", "sourceId", K::kStatus, 50, false, "SOURCE", "Источник", "Source"},
    {"SOURCE_DESCRIPTION", "sourceDescription", K::kText, kTextBytes, false, "",
     "Дополнительно об источнике", "Source information"},
    {"POST", "post", K::kString, 255, false, "", "Должность", "Position"},
    {"ADDRESS", "address", K::kString, 0, false, "", "Адрес", "Address"},
    {"ADDRESS_2", "", K::kString, 0, false, "", "Адрес (стр. 2)", "Address (line 2)"},
    {"ADDRESS_CITY", "", K::kString, 128, false, "", "Город", "City"},
    {"ADDRESS_POSTAL_CODE", "", K::kString, 16, false, "", "Почтовый индекс", "Zip"},
    {"ADDRESS_REGION", "", K::kString, 128, false, "", "Район", "Region"},
    {"ADDRESS_PROVINCE", "", K::kString, 128, false, "", "Область", "State"},
    {"ADDRESS_COUNTRY", "", K::kString, 128, false, "", "Страна", "Country"},
    {"ADDRESS_COUNTRY_CODE", "", K::kString, 100, false, "", "Код страны",
     "Country code"},
    {"ADDRESS_LOC_ADDR_ID", "", K::kInteger, 0, false, "", "Код адреса",
     "Location address ID"},
    {"COMMENTS", "comments", K::kText, kTextBytes, false, "", "Комментарий", "Comment"},
    {"OPENED", "opened", K::kFlag, 1, false, "", "Доступен для всех",
     "Available to everyone"},
    {"EXPORT", "export", K::kFlag, 1, false, "", "Участвует в экспорте",
     "Included in export"},
    {"HAS_PHONE", "hasPhone", K::kFlag, 1, true, "", "Задан телефон", "Has phone"},
    {"HAS_EMAIL", "hasEmail", K::kFlag, 1, true, "", "Задан e-mail", "Has e-mail"},
    {"HAS_IMOL", "hasImol", K::kFlag, 1, true, "", "Задана открытая линия",
     "Has Open Channel"},
    {"ASSIGNED_BY_ID", "assignedById", K::kUser, 0, false, "", "Ответственный",
     "Responsible person"},
    {"CREATED_BY_ID", "createdBy", K::kUser, 0, true, "", "Кем создан", "Created by"},
    {"MODIFY_BY_ID", "updatedBy", K::kUser, 0, true, "", "Кем изменён", "Modified by"},
    {"DATE_CREATE", "createdTime", K::kDateTime, 0, true, "", "Дата создания",
     "Created on"},
    {"DATE_MODIFY", "updatedTime", K::kDateTime, 0, true, "", "Дата изменения",
     "Modified on"},
    {"COMPANY_ID", "companyId", K::kCompany, 0, false, "", "Компания", "Company"},
    {"LEAD_ID", "leadId", K::kLead, 0, true, "", "Лид", "Lead"},
    {"ORIGINATOR_ID", "originatorId", K::kString, 255, false, "", "Внешний источник",
     "External source"},
    {"ORIGIN_ID", "originId", K::kString, 255, false, "",
     "Идентификатор элемента во внешнем источнике", "Item ID in data source"},
    {"ORIGIN_VERSION", "originVersion", K::kString, 255, false, "", "Версия оригинала",
     "Original version"},
    {"FACE_ID", "faceId", K::kInteger, 0, false, "", "Привязка к лицам", "Face ID"},
    {"UTM_SOURCE", "utmSource", K::kString, 0, false, "", "Рекламная система",
     "Ad system"},
    {"UTM_MEDIUM", "utmMedium", K::kString, 0, false, "", "Тип трафика", "Medium"},
    {"UTM_CAMPAIGN", "utmCampaign", K::kString, 0, false, "", "Рекламная кампания",
     "Campaign"},
    {"UTM_CONTENT", "utmContent", K::kString, 0, false, "", "Содержание кампании",
     "Campaign content"},
    {"UTM_TERM", "utmTerm", K::kString, 0, false, "", "Условие поиска",
     "Campaign search term"},
    {"LAST_ACTIVITY_BY", "lastActivityBy", K::kUser, 0, true, "",
     "Кем добавлено последнее дело", "Last activity by"},
    {"LAST_ACTIVITY_TIME", "lastActivityTime", K::kDateTime, 0, true, "",
     "Последняя активность", "Last activity"},
    {"PHONE", "", K::kMultifield, 250, false, "", "Телефон", "Phone"},
    {"EMAIL", "", K::kMultifield, 250, false, "", "E-mail", "E-mail"},
    {"WEB", "", K::kMultifield, 250, false, "", "Сайт", "Website"},
    {"IM", "", K::kMultifield, 250, false, "", "Мессенджер", "Messenger"},
    {"LINK", "", K::kMultifield, 250, false, "", "Ссылка", "Link"},
};

}  // namespace

std::span<const FieldSpec> ContactFields() { return kFields; }

const FieldSpec* FindLegacyField(std::string_view name) {
  for (const FieldSpec& field : kFields) {
    if (name == field.name) return &field;
  }
  return nullptr;
}

const FieldSpec* FindItemField(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const FieldSpec& field : kFields) {
    if (name == field.item) return &field;
  }
  return nullptr;
}

std::string KindName(FieldKind kind) {
  switch (kind) {
    case K::kInteger:
      return "integer";
    case K::kString:
    case K::kText:
      return "string";
    case K::kFlag:
      return "char";
    case K::kDate:
      return "date";
    case K::kDateTime:
      return "datetime";
    case K::kStatus:
      return "crm_status";
    case K::kUser:
      return "user";
    case K::kCompany:
      return "crm_company";
    case K::kLead:
      return "crm_lead";
    case K::kFile:
      return "file";
    case K::kMultifield:
      return "crm_multifield";
  }
  return "string";
}

std::string FieldTitle(const FieldSpec& field, const std::string& language) {
  return language == "ru" ? field.ru : field.en;
}

std::string ItemUserfieldName(std::string_view name) {
  std::string out;
  bool upper = false;
  for (const char c : ToLower(name)) {
    if (c == '_') {
      upper = true;
      continue;
    }
    if (upper && c >= '0' && c <= '9') out += '_';
    out += upper ? ToUpper(std::string_view(&c, 1))[0] : c;
    upper = false;
  }
  return out;
}

}  // namespace guestbridge::testing::bitrix24
