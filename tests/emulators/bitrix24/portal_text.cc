#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

struct Texts {
  const char* ru;
  const char* en;
};

Texts TextsOf(TextId id) {
  switch (id) {
    case TextId::kElementNotFound:
      return {"Элемент не найден", "Element not found"};
    case TextId::kItemNotFound:
      return {"Элемент не найден", "Item not found"};
    case TextId::kTypeNotFound:
      return {"Смарт-процесс не найден", "SPA not found"};
    case TextId::kItemAccessDenied:
      return {"Доступ запрещён", "Access denied"};
    case TextId::kBadEmail:
      return {"Поле «#» содержит некорректный адрес.",
              "Field \"#\" contains an invalid address."};
    case TextId::kValueTooLong:
      return {"Значение поля «#» длиннее 250 символов.",
              "Value of field \"#\" is longer than 250 characters."};
    case TextId::kDefaultLastName:
      return {"Контакт #", "Contact #"};
    case TextId::kFieldRequired:
      return {"Обязательное поле не заполнено", "Required field is empty"};
    case TextId::kFieldNotValid:
      return {"Значение поля «#» некорректно", "Value of field \"#\" is not valid"};
    case TextId::kUserfieldExists:
      return {"Поле # уже существует.", "The field # already exists."};
    case TextId::kUserfieldName:
      return {"Недопустимое имя поля #.", "Invalid field name #."};
    case TextId::kCreatedTooEarly:
      return {"Дата создания не может быть раньше даты создания последнего элемента",
              "Creation date may not precede that of the latest item"};
  }
  return {"", ""};
}

}  // namespace

std::string PortalText(const std::string& language, TextId id,
                       const std::string& argument) {
  const Texts texts = TextsOf(id);
  std::string text = language == "ru" ? texts.ru : texts.en;
  if (const size_t at = text.find('#'); at != std::string::npos) {
    text.replace(at, 1, (id == TextId::kDefaultLastName ? "#" : "") + argument);
  }
  return text;
}

}  // namespace guestbridge::testing::bitrix24
