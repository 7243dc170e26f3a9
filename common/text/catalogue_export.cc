#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kInternal = absl::StatusCode::kInternal;

constexpr char kNothingEn[] = "There is nothing to do.";
constexpr char kNothingRu[] = "Ничего делать не нужно.";

// Texts about one client name no parameter but the client: lists show them without.
constexpr ReasonText kTexts[] = {
    // What is to be done about a client.
    {"NEVER_EXPORTED", kOk, "The guest is not on the portal yet.",
     "Гостя ещё нет на портале.",
     "The next export creates the contact: start one, or wait for the schedule.",
     "Контакт создаст ближайшая выгрузка: запустите её или дождитесь расписания."},
    {"CLIENT_DROPPED", kOk,
     "The portal refused this guest, and a person dropped it: it is not tried again "
     "until its data in 1C or the field mapping changes.",
     "Портал отказал этому гостю, и человек исключил его: повторов не будет, пока не "
     "изменятся его данные в 1С или соответствие полей.",
     "To try it again: guestbridge clients retry {integration} {client}.",
     "Чтобы повторить: guestbridge clients retry {integration} {client}."},
    {"NEXT_IS_ADD", kOk, "The next run adds the contact.",
     "Следующий запуск создаст контакт.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_RECREATE", kOk,
     "The next run looks whether the contact {contact} is really gone, and if so makes "
     "a new one.",
     "Следующий запуск проверит, действительно ли контакта {contact} нет, и тогда "
     "создаст новый.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_RELINK", kOk,
     "The next run links the guest to the contact {contact}, which took over the data "
     "of the one that is gone; it makes no new one.",
     "Следующий запуск свяжет гостя с контактом {contact}, к которому перешли данные "
     "исчезнувшего; новый не создаётся.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_LOOK", kOk,
     "The next run looks once more what became of the contact {contact}; the portal "
     "does not say it now.",
     "Следующий запуск ещё раз проверит, что стало с контактом {contact}: сейчас "
     "портал "
     "этого не говорит.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_DELETE", kOk,
     "The next run moves the contact {contact} to the portal's recycle bin.",
     "Следующий запуск переместит контакт {contact} в корзину портала.",
     "Not wanted? Take the deletion mark off in 1C, or: guestbridge integration update "
     "{integration} --on-deletion-mark ignore.",
     "Не нужно? Снимите пометку удаления в 1С или выполните: guestbridge integration "
     "update {integration} --on-deletion-mark ignore."},
    {"NEXT_IS_UPDATE", kOk, "The next run updates the contact {contact}.",
     "Следующий запуск обновит контакт {contact}.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_ADOPT", kOk,
     "The next run looks at the contact {contact} and takes it over when it is this "
     "guest; if not, it adds another.",
     "Следующий запуск проверит контакт {contact} и свяжет его, если это тот же гость; "
     "если нет — создаст другой.",
     "Not to wait: guestbridge export run {integration} --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --wait."},
    {"NEXT_IS_INACTIVE", kOk,
     "Nothing: the integration is switched off, and no run takes place.",
     "Ничего: интеграция отключена, и запусков нет.",
     "Switch it on: guestbridge integration activate {integration}.",
     "Включите её: guestbridge integration activate {integration}."},
    {"NEXT_IS_WRITE_BACK", kOk,
     "The agent writes the contact's ID {contact} to 1C, in the background.",
     "Агент запишет ID контакта {contact} в 1С в фоне.", kNothingEn, kNothingRu},
    {"NEXT_IS_PARKED", kOk,
     "Nothing by itself: 1C did not take the contact's ID {contact}.",
     "Само — ничего: 1С не приняла ID контакта {contact}.",
     "Mend the cause, then: guestbridge clients retry {integration} {client}.",
     "Устраните причину, затем: guestbridge clients retry {integration} {client}."},
    {"NEXT_IS_NOTHING", kOk, "Nothing, until the guest's data in 1C changes.",
     "Ничего, пока данные гостя в 1С не изменятся.", kNothingEn, kNothingRu},
    {"NEXT_IS_NEVER", kOk, "Nothing, ever: the guest was erased.",
     "Ничего и никогда: гость стёрт.", kNothingEn, kNothingRu},
    {"NEXT_IS_SKIP", kOk, "Nothing, until what stands in the way is changed.",
     "Ничего, пока не изменится то, что мешает.", "See above what it is.",
     "Что именно — сказано выше."},
    {"NEXT_IS_RETRY", kOk,
     "It is tried again when the guest's data in 1C, the field mapping or the portal's "
     "fields change; until then it stays refused.",
     "Повтор будет, когда изменятся данные гостя в 1С, соответствие полей или поля "
     "портала; "
     "до тех пор отказ остаётся.",
     "Mended on the portal? guestbridge clients retry {integration} {client}. Not "
     "wanted there? guestbridge clients drop {integration} {client}.",
     "Исправлено на портале? guestbridge clients retry {integration} {client}. Не "
     "нужен "
     "там? guestbridge clients drop {integration} {client}."},
    {"NEXT_IS_SETTLE", kOk,
     "The agent finds out in the background what became of the request; then the guest "
     "goes on.",
     "Агент в фоне выяснит, что стало с запросом; затем гость пойдёт дальше.",
     kNothingEn, kNothingRu},
    {"NEXT_IS_REVIEW", kOk,
     "It waits for a person to say whether the contact {contact} is this guest.",
     "Ждёт решения человека: контакт {contact} — этот гость или нет.",
     "It is: guestbridge clients link {integration} {client} {contact}. It is not: "
     "guestbridge clients unlink {integration} {client} --new.",
     "Да: guestbridge clients link {integration} {client} {contact}. Нет: guestbridge "
     "clients unlink {integration} {client} --new."},
    {"NEXT_IS_CHOICE", kOk, "It waits for a person to choose the contact.",
     "Ждёт, пока человек выберет контакт.",
     "Link one: guestbridge clients link {integration} {client} CONTACT. Or have a "
     "new one made: guestbridge clients unlink {integration} {client} --new.",
     "Свяжите с одним: guestbridge clients link {integration} {client} КОНТАКТ. Или "
     "пусть будет новый: guestbridge clients unlink {integration} {client} --new."},
    {"LIMIT_OPERATING", kOk,
     "The portal counts {seconds} of {limit} seconds for {method}: a run waits up to "
     "{minutes} min.",
     "Портал насчитал {seconds} из {limit} секунд для {method}: запуск подождёт до "
     "{minutes} мин.",
     kNothingEn, kNothingRu},
    {"LIMIT_REQUESTS", kOk,
     "The portal counts {requests} of {limit} requests: a run waits some seconds.",
     "Портал насчитал {requests} из {limit} запросов: запуск подождёт несколько "
     "секунд.",
     kNothingEn, kNothingRu},
    {"WAITS_FOR_EXPORT", kOk, "The guest waits for the next export.",
     "Гость ждёт ближайшей выгрузки.", "Start an export, or wait for the schedule.",
     "Запустите выгрузку или дождитесь расписания."},
    {"LINKED_TO_CONTACT", kOk, "The guest is contact {contact} on the portal.",
     "На портале гость — контакт {contact}.", kNothingEn, kNothingRu},
    {"CONTENT_UNCHANGED", kOk,
     "Everything that is mapped is on the portal as it is in 1C.",
     "Все сопоставленные данные на портале такие же, как в 1С.", kNothingEn,
     kNothingRu},
    {"CONTENT_CHANGED", kOk,
     "The guest's data in 1C differs from what was last exported (fields: {fields}); "
     "the next export updates the contact.",
     "Данные гостя в 1С отличаются от последней выгрузки (полей: {fields}); ближайшая "
     "выгрузка обновит контакт.",
     "Start an export, or wait for the schedule.",
     "Запустите выгрузку или дождитесь расписания."},
    {"MAPPING_NOT_RESENT", kOk,
     "Version {version} of the field mapping was saved with --resend none: what it "
     "changes about this guest waits until the guest changes in 1C, or for an export "
     "with --full.",
     "Версия {version} соответствия полей сохранена с --resend none: что она меняет "
     "для "
     "этого гостя, подождёт, пока гость не изменится в 1С, или выгрузки с --full.",
     "Not to wait: guestbridge export run {integration} --full --wait.",
     "Чтобы не ждать: guestbridge export run {integration} --full --wait."},
    {"CONTACT_STORED_IN_SOURCE", kOk,
     "1C holds the contact ID {contact}; the next export looks at that contact, and "
     "takes it over if it is this guest's.",
     "В 1С записан ID контакта {contact}; ближайшая выгрузка проверит этот контакт и "
     "примет его, если он принадлежит этому гостю.",
     "Start an export, or wait for the schedule.",
     "Запустите выгрузку или дождитесь расписания."},
    {"CONTACT_NOT_THIS_GUEST", kOk,
     "Contact {contact} is not this guest: it carries another mark, or neither name "
     "nor "
     "phone nor e-mail is the same.",
     "Контакт {contact} — не этот гость: он несёт другую отметку, или не совпадают ни "
     "имя, ни телефон, ни адрес почты.",
     "If it is this guest after all: guestbridge clients link {integration} CLIENT "
     "{contact}.",
     "Если это всё же этот гость: guestbridge clients link {integration} КЛИЕНТ "
     "{contact}."},
    {"LINKS_OF_EARLIER_PORTAL", kOk,
     "What is known of contacts is about the portal that the integration was connected "
     "to before; the next run forgets it and looks at this portal anew.",
     "Известные связи с контактами относятся к прежнему порталу; следующий запуск "
     "забудет их и заново просмотрит этот портал.",
     "See what it would do: guestbridge export run {integration} --dry-run.",
     "Посмотрите, что он сделает: guestbridge export run {integration} --dry-run."},
    {"CONTACT_GONE", kOk, "The contact {contact} is not on the portal any more.",
     "Контакта {contact} больше нет на портале.",
     "The next export makes a new one. If the contact was removed on purpose, mark the "
     "guest for deletion in 1C or switch the event contact-deleted off.",
     "Ближайшая выгрузка создаст новый. Если контакт удалён намеренно, пометьте гостя "
     "на удаление в 1С или отключите событие contact-deleted."},
    {"CONTACT_GONE_RELINK", kOk,
     "The guest's contact is not on the portal any more; only a contact that took its "
     "data over is linked, no new one is made.",
     "Контакта гостя больше нет на портале; гость будет связан только с контактом, к "
     "которому перешли его данные, новый не создаётся.",
     "To link the guest yourself: guestbridge clients link {integration} CLIENT "
     "CONTACT. To have new contacts made again: guestbridge integration update "
     "{integration} --on-gone-contact recreate.",
     "Связать гостя самому: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ. "
     "Чтобы контакты снова создавались: guestbridge integration update {integration} "
     "--on-gone-contact recreate."},
    {"CONTACT_GONE_ASK", kOk,
     "The guest's contact is not on the portal any more; you decide what follows.",
     "Контакта гостя больше нет на портале; что дальше — решаете вы.",
     "Link another one: guestbridge clients link {integration} CLIENT CONTACT; or "
     "have a new one made: guestbridge clients unlink {integration} CLIENT --new.",
     "Свяжите с другим: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ; или "
     "разрешите новый: guestbridge clients unlink {integration} КЛИЕНТ --new."},
    {"CONTACT_GONE_NEVER", kOk,
     "The guest's contact is not on the portal any more, and no new one is made.",
     "Контакта гостя больше нет на портале, и новый не создаётся.",
     "To link the guest yourself: guestbridge clients link {integration} CLIENT "
     "CONTACT. To have new contacts made again: guestbridge integration update "
     "{integration} --on-gone-contact recreate.",
     "Связать гостя самому: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ. "
     "Чтобы контакты снова создавались: guestbridge integration update {integration} "
     "--on-gone-contact recreate."},
    {"GUARD_STOPPED", kPrecondition,
     "The run would change or delete more than the {limit} contacts that the guard "
     "lets through; it was stopped. Changed before that: {changed}.",
     "Запуск изменил или удалил бы больше контактов, чем допускает ограничение "
     "({limit}); он остановлен. До остановки изменено: {changed}.",
     "See what it would change: guestbridge export run {integration} --dry-run, or "
     "guestbridge reconcile run {integration}. If that is right, carry out the "
     "export's "
     "plan with --plan, or add --beyond-guard; otherwise mend the mapping or 1C. The "
     "limit: guestbridge integration update {integration} --guard-contacts N.",
     "Посмотрите, что изменилось бы: guestbridge export run {integration} --dry-run "
     "или guestbridge reconcile run {integration}. Если всё верно, выполните план "
     "выгрузки с параметром --plan или добавьте --beyond-guard; иначе исправьте "
     "соответствие полей или 1С. Предел: guestbridge integration update {integration} "
     "--guard-contacts N."},
    {"GUARD_REFUSED", kPrecondition,
     "The run would change {updated} contacts, make {recreated} again and delete "
     "{deleted}, more than the {limit} that the guard lets through; none of them was "
     "touched.",
     "Запуск изменил бы контактов: {updated}, создал бы снова: {recreated}, удалил бы: "
     "{deleted}; это больше, чем допускает ограничение ({limit}). Ни один из них не "
     "тронут.",
     "See what it would change: guestbridge export run {integration} --dry-run, "
     "guestbridge reconcile run {integration}, or guestbridge clients match "
     "{integration}. If that is right, carry out the export's plan with --plan, or add "
     "--beyond-guard; for the pairs of a match: guestbridge clients match "
     "{integration} --apply --beyond-guard. Otherwise mend the mapping or 1C. The "
     "limit: guestbridge integration update {integration} --guard-contacts N.",
     "Посмотрите, что изменилось бы: guestbridge export run {integration} --dry-run, "
     "guestbridge reconcile run {integration} или guestbridge clients match "
     "{integration}. Если всё верно, выполните план выгрузки с параметром --plan или "
     "добавьте --beyond-guard; для пар сопоставления: guestbridge clients match "
     "{integration} --apply --beyond-guard. Иначе исправьте соответствие полей или "
     "1С. Предел: guestbridge integration update {integration} --guard-contacts N."},
    {"GUARD_WOULD_STOP", kOk,
     "That is more than the {limit} contacts that one run may change or delete by "
     "itself: the guard would stop it.",
     "Это больше, чем один запуск может изменить или удалить сам (контактов: {limit}): "
     "его остановит ограничение.",
     "If it is right, add --beyond-guard, or carry out the export's plan with --plan.",
     "Если всё верно, добавьте --beyond-guard или выполните план выгрузки с параметром "
     "--plan."},
    {"SOURCE_EMPTY", kPrecondition,
     "1C shows no guest at all, though {linked} of its guests are on the portal; "
     "nothing was changed.",
     "1С не показывает ни одного гостя, хотя на портале их {linked}; ничего не "
     "изменено.",
     "Check that it is the right base and that the exchange user may see the guests: "
     "guestbridge connection test {integration}. If the base is meant to be empty, add "
     "--beyond-guard.",
     "Проверьте, та ли это база и видит ли гостей пользователь обмена: guestbridge "
     "connection test {integration}. Если база и должна быть пустой, добавьте "
     "--beyond-guard."},
    {"LAST_GOOD_SETTINGS", kOk,
     "The newest settings can't be used; the run goes on with the last ones that "
     "worked.",
     "Последние настройки применить нельзя; выгрузка идёт с прежними, рабочими.",
     "Mend what is said beside this notice and save the settings again; \"guestbridge "
     "connection test {integration}\" checks them.",
     "Исправьте указанное рядом и сохраните настройки ещё раз; проверить их можно "
     "командой «guestbridge connection test {integration}»."},
    {"PORTAL_AWAY", kOk,
     "The portal does not answer ({reason}). The run waits and goes on by itself when "
     "it "
     "is back; after three hours it ends.",
     "Портал не отвечает ({reason}). Выгрузка ждёт и продолжится сама, когда он "
     "вернётся; "
     "через три часа она завершится.",
     "Nothing is lost. To stop waiting, cancel the run: the next one goes on from "
     "here.",
     "Ничего не потеряно. Чтобы не ждать, отмените выгрузку: следующая продолжит с "
     "этого "
     "места."},
    {"FOREIGN_CONTACT_ID", kOk,
     "Somebody else writes contact IDs in 1C: guest {client} held another one than was "
     "written back. It is written again.",
     "В 1С кто-то ещё записывает ID контактов: у гостя {client} оказался не тот, что "
     "был "
     "записан. Он записывается снова.",
     "Switch the scheduled job SyncBitrix24 off in 1C: two writers make doubles.",
     "Отключите в 1С регламентное задание SyncBitrix24: вдвоём они создают двойников."},
    {"BATCH_IMPORT_UNAVAILABLE", kOk,
     "The portal does not offer crm.item.batchImport ({code}); contacts are created "
     "one "
     "a command by crm.contact.add with IMPORT=Y. No robots start.",
     "Портал не предлагает crm.item.batchImport ({code}); контакты создаются по одному "
     "методом crm.contact.add с IMPORT=Y. Роботы не запускаются.",
     kNothingEn, kNothingRu},
    {"SPREADING_STOPPED", kOk,
     "The operating time of {method} is used up on the portal; this run imports by "
     "one method from here on, so that other programs keep theirs.",
     "На портале исчерпано время выполнения метода {method}; дальше эта выгрузка "
     "импортирует одним методом, чтобы не мешать другим программам.",
     kNothingEn, kNothingRu},
    {"SPREADING_UNAVAILABLE", kOk,
     "The portal does not offer {method} to this user; this run imports by one method "
     "from here on.",
     "Метод {method} недоступен этому пользователю портала; дальше эта выгрузка "
     "импортирует одним методом.",
     kNothingEn, kNothingRu},
    {"IMPORT_RIGHT_MISSING", kOk,
     "The portal user may not import contacts ({code}); they are created by "
     "crm.contact.add, and robots on new contacts start.",
     "У пользователя портала нет права импорта контактов ({code}); они создаются "
     "методом "
     "crm.contact.add, и роботы на новых контактах запускаются.",
     "Give the user of the webhook or application the right to import contacts; cancel "
     "the run first if robots must not start.",
     "Дайте пользователю вебхука или приложения право импорта контактов; если роботы "
     "запускаться не должны, сначала отмените выгрузку."},
    {"EVENT_OFF", kOk, "The event that would export this guest is switched off.",
     "Событие, по которому выгружается этот гость, отключено.",
     "See the events: guestbridge events list {integration}; switch one on: "
     "guestbridge "
     "events enable {integration} EVENT, then guestbridge events save {integration}.",
     "Посмотрите события: guestbridge events list {integration}; включите нужное: "
     "guestbridge events enable {integration} СОБЫТИЕ, затем guestbridge events "
     "save {integration}."},
    {"MARKED_FOR_DELETION", kOk, "The guest is marked for deletion in 1C.",
     "Гость помечен на удаление в 1С.",
     "If the guest should be exported, take the mark off in 1C.",
     "Если гостя нужно выгружать, снимите пометку в 1С."},
    {"MARKED_CONTACT_KEPT", kOk,
     "The guest is marked for deletion in 1C; the contact is kept up to date all the "
     "same.",
     "Гость помечен на удаление в 1С; контакт всё равно обновляется.",
     "Which field takes the mark: guestbridge fields list {integration}. To leave such "
     "contacts as they are: guestbridge integration update {integration} "
     "--on-deletion-mark ignore.",
     "В какое поле попадает пометка: guestbridge fields list {integration}. Чтобы "
     "такие "
     "контакты оставались как есть: guestbridge integration update {integration} "
     "--on-deletion-mark ignore."},
    {"MARKED_CONTACT_TO_DELETE", kOk,
     "The guest is marked for deletion in 1C; an export moves the contact to the "
     "portal's recycle bin.",
     "Гость помечен на удаление в 1С; выгрузка переместит его контакт в корзину "
     "портала.",
     "To keep the contact, take the mark off in 1C, or: guestbridge integration update "
     "{integration} --on-deletion-mark ignore.",
     "Чтобы контакт остался, снимите пометку в 1С или выполните: guestbridge "
     "integration update {integration} --on-deletion-mark ignore."},
    {"MARKED_CONTACT_GONE", kOk,
     "The guest is marked for deletion in 1C, and the contact is not on the portal any "
     "more.",
     "Гость помечен на удаление в 1С, и контакта на портале больше нет.",
     "If the guest should be exported, take the mark off in 1C: the next export makes "
     "a contact again, unless the setting --on-gone-contact says otherwise.",
     "Если гостя нужно выгружать, снимите пометку в 1С: ближайшая выгрузка снова "
     "создаст контакт, если настройка --on-gone-contact не велит иначе."},
    {"MARKED_CONTACT_NOT_OURS", kOk,
     "The guest is marked for deletion in 1C, but the contact does not carry the "
     "guest's mark any more and is left as it is.",
     "Гость помечен на удаление в 1С, но контакт больше не несёт отметку этого гостя, "
     "поэтому остаётся как есть.",
     "Look at the contact on the portal and change or delete it there if it is this "
     "guest's.",
     "Посмотрите контакт на портале и измените или удалите его там, если это контакт "
     "этого гостя."},
    {"MARKED_CONTACT_NOT_DELETED", kOk,
     "The guest is marked for deletion in 1C, but the portal does not delete the "
     "contact.",
     "Гость помечен на удаление в 1С, но портал не удаляет контакт.",
     "Check that the portal's user may delete contacts; then: guestbridge clients "
     "retry {integration}.",
     "Проверьте, что пользователь портала может удалять контакты; затем: guestbridge "
     "clients retry {integration}."},
    {"FILTERED_OUT", kOk,
     "The filter of the field mapping leaves this guest out; this does not hold: "
     "{condition}.",
     "Фильтр в соответствии полей не пропускает этого гостя; не выполнено: "
     "{condition}.",
     "If the guest should be exported, change the attribute in 1C or the filter: "
     "guestbridge fields filter {integration}. A contact that exists stays as it is.",
     "Если гостя нужно выгружать, измените реквизит в 1С или условие: guestbridge "
     "fields filter {integration}. Контакт, который уже есть, остаётся как есть."},
    {"NO_NAME_NO_PHONE_NO_EMAIL", kOk,
     "The guest has neither a name, nor a phone, nor an e-mail to send.",
     "У гостя нет ни имени, ни телефона, ни адреса почты для выгрузки.",
     "Fill in the guest's card in 1C, or check the field mapping. To have such guests "
     "exported with what else is filled: guestbridge integration update {integration} "
     "--nameless export.",
     "Заполните карточку гостя в 1С или проверьте соответствие полей. Чтобы такие "
     "гости выгружались с тем, что заполнено: guestbridge integration update "
     "{integration} --nameless export."},
    {"NAMELESS_EXPORTED", kOk,
     "The guest has neither a name, nor a phone, nor an e-mail, and is exported all "
     "the same, as it is set.",
     "У гостя нет ни имени, ни телефона, ни почты, но по настройке он всё равно "
     "выгружается.",
     "To leave such guests out: guestbridge integration update {integration} "
     "--nameless skip.",
     "Чтобы не выгружать таких гостей: guestbridge integration update {integration} "
     "--nameless skip."},
    {"ROBOTS_NEVER", kOk, "No robots start for a new contact, as it is set.",
     "По настройке роботы на новый контакт не запускаются.",
     "To change that: guestbridge integration update {integration} --robots "
     "new-guests.",
     "Изменить: guestbridge integration update {integration} --robots new-guests."},
    {"ROBOTS_ALWAYS", kOk, "Robots start for each new contact, as it is set.",
     "По настройке роботы запускаются на каждый новый контакт.",
     "To change that: guestbridge integration update {integration} --robots "
     "new-guests.",
     "Изменить: guestbridge integration update {integration} --robots new-guests."},
    {"CLIENT_IS_FOLDER", kOk, "This is a folder of the catalogue, not a guest.",
     "Это группа справочника, а не гость.", kNothingEn, kNothingRu},
    {"CLIENT_ERASED", kOk,
     "The guest was erased on purpose and is never exported again.",
     "Гость намеренно стёрт и больше не выгружается.", kNothingEn, kNothingRu},
    {"UPDATE_UNCERTAIN", kOk,
     "The change was sent, but no answer came; the contact is read before its next "
     "change.",
     "Изменение отправлено, но ответа не было; перед следующим изменением контакт "
     "читается.",
     kNothingEn, kNothingRu},
    {"DELETION_UNCERTAIN", kOk,
     "The deletion was sent, but no clear answer came; a look at the contact tells "
     "what follows.",
     "Команда удаления отправлена, но ясного ответа не было; что дальше, решает взгляд "
     "на контакт.",
     kNothingEn, kNothingRu},
    {"CONTACT_FOLLOWED", kOk,
     "The contact before was gone; this one took over its data.",
     "Прежнего контакта не стало; его данные перешли к этому.", kNothingEn, kNothingRu},
    {"CONTACT_TOOK_OVER", kOk,
     "The contact {contact} bears the guest's name and a phone or an e-mail of the "
     "contact that is gone.",
     "У контакта {contact} имя гостя и телефон или e-mail исчезнувшего контакта.",
     kNothingEn, kNothingRu},
    {"CLIENT_NOT_IN_SOURCE", kOk,
     "1C does not show this guest any more; the contact stays as it is.",
     "1С больше не показывает этого гостя; контакт остаётся без изменений.",
     "If the guest was not removed, check the rights of the 1C user.",
     "Если гость не удалён, проверьте права пользователя 1С."},
    {"IN_DOUBT", kOk,
     "A request about this guest left, and what became of it is not known yet.",
     "Запрос по этому гостю отправлен, но его результат пока неизвестен.",
     "Wait: the agent finds it out by itself, usually within minutes.",
     "Подождите: агент выяснит это сам, обычно за несколько минут."},
    {"AWAITING_MATCH_REVIEW", kOk,
     "A contact on the portal seems to be this guest; the pair waits for a decision.",
     "Похоже, на портале уже есть контакт этого гостя; пара ждёт решения.",
     "Accept the pairs: guestbridge clients match {integration} --apply.",
     "Примите пары: guestbridge clients match {integration} --apply."},
    {"AMBIGUOUS_MATCH", kOk,
     "Contacts on the portal may be this guest, but it is not certain which, if any.",
     "На портале есть контакты, которые могут быть этим гостем, но неясно, какой из "
     "них и он ли это.",
     "Choose one: guestbridge clients link {integration} CLIENT CONTACT. If it is "
     "none of them: guestbridge clients unlink {integration} CLIENT --new.",
     "Выберите: guestbridge clients link {integration} КЛИЕНТ КОНТАКТ. Если это "
     "никто из них: guestbridge clients unlink {integration} КЛИЕНТ --new."},
    {"CONTACT_UNREADABLE", kOk,
     "The portal did not show the contact {contact} in a form that can be read, nor "
     "did it confirm that the contact is gone.",
     "Портал не показал контакт {contact} в читаемом виде, но и не подтвердил, что его "
     "нет.",
     "Wait for the next run. If it repeats, open the contact on the portal and save "
     "its phones and e-mails anew, and check that the user of the webhook or the "
     "application may see all contacts.",
     "Дождитесь следующего запуска. Если повторится, откройте контакт на портале и "
     "сохраните его телефоны и e-mail заново, а также проверьте, что пользователь "
     "вебхука или приложения видит все контакты."},
    {"CONTACT_READ_INCOMPLETE", kOk,
     "The portal showed the contact only in part; it was not changed.",
     "Портал показал контакт не полностью; он не изменён.",
     "Wait for the next run: it reads the contact again.",
     "Дождитесь следующего запуска: контакт будет прочитан снова."},

    // Why a run reads the whole base.
    {"FAILURES_REMOVED", kOk,
     "The list of the guests that failed ({count}) was kept as long as was asked for, "
     "and is removed.",
     "Список гостей с ошибками ({count}) хранился, сколько было задано, и удалён.",
     "Who fails now: guestbridge clients list {integration} --state FAILED.",
     "У кого ошибки сейчас: guestbridge clients list {integration} --state FAILED."},
    {"FULL_REQUESTED", kOk, "The whole base is read because that was asked for.",
     "Вся база читается по запросу.", kNothingEn, kNothingRu},
    {"NEVER_READ", kOk, "The whole base is read: it was never read to its end before.",
     "Читается вся база: раньше она не была прочитана до конца.", kNothingEn,
     kNothingRu},
    {"MAPPING_CHANGED", kOk,
     "The whole base is read because the field mapping has changed.",
     "Читается вся база, потому что изменилось соответствие полей.", kNothingEn,
     kNothingRu},
    {"CONTENT_BASIS_CHANGED", kOk,
     "The whole base is read because a rule has changed by which values are made, or "
     "the name of an item that guests refer to, such as a country.",
     "Читается вся база: изменилось правило, по которому готовятся значения, или "
     "название элемента, на который ссылаются гости, например страны.",
     kNothingEn, kNothingRu},
    {"COMPARISON_DUE", kOk,
     "The versions of all guests are compared, as once a week: what 1C's change "
     "history "
     "does not tell is found so.",
     "Сверяются версии всех гостей, как раз в неделю: так находится то, о чём история "
     "изменений 1С не сообщает.",
     kNothingEn, kNothingRu},

    // Runs.
    {"LEASE_ENDED", kUnavailable,
     "The permission to create contacts ended before the request could leave.",
     "Разрешение на создание контактов закончилось раньше, чем запрос был отправлен.",
     "Wait: the agent takes it again by itself. If it repeats, check the network "
     "between agent and server.",
     "Подождите: агент получит его снова сам. Если повторяется, проверьте сеть между "
     "агентом и сервером."},
    {"LOOKUP_INCOMPLETE", kUnavailable,
     "The portal's contacts could not be looked through to the end.",
     "Не удалось просмотреть контакты портала до конца.",
     "It is tried again. If it repeats, check that the user of the webhook or the "
     "application may see all contacts.",
     "Попытка повторится. Если повторяется и ошибка, проверьте, что пользователь "
     "вебхука или приложения видит все контакты."},
    {"TWO_CONTACTS_OF_ONE_CLIENT", kOk,
     "The portal holds two contacts of the guest {client}; the one that is linked is "
     "kept.",
     "На портале два контакта гостя {client}; связь с одним из них сохраняется.",
     "Merge the two on the portal.", "Объедините их на портале."},
    {"CONTACT_OF_ERASED_CLIENT", kOk,
     "The portal made the contact {contact} late; its guest has been erased.",
     "Портал создал контакт {contact} с опозданием; его гость стёрт.",
     "Delete it on the portal, or repeat: guestbridge clients forget {integration} "
     "CLIENT --delete-contact.",
     "Удалите его на портале или повторите: guestbridge clients forget {integration} "
     "КЛИЕНТ --delete-contact."},
    {"ORIGIN_VERSION_UNKNOWN", kPrecondition,
     "A contact carries a mark that this version of the agent can't read.",
     "На контакте отметка, которую эта версия агента не может прочитать.",
     "Update the agent.", "Обновите агент."},

    // The ledger and the agent's own files.
    {"LEDGER_CORRUPT", kDataLoss, "The ledger {file} is damaged.",
     "Реестр агента {file} повреждён.",
     "Stop the agent, move the file aside, start the agent and run \"guestbridge "
     "ledger "
     "rebuild {integration}\": the ledger is built anew from the portal and 1C.",
     "Остановите агент, уберите файл в сторону, запустите агент и выполните "
     "«guestbridge "
     "ledger rebuild {integration}»: реестр будет построен заново по порталу и 1С."},
    {"LEDGER_IN_USE", kPrecondition,
     "The data directory {directory} is in use by another agent.",
     "Каталог данных {directory} использует другой агент.",
     "Stop that one, or give this one a directory of its own with --data-dir.",
     "Остановите его или укажите этому агенту другой каталог параметром --data-dir."},
    {"ATTEMPT_OUTSTANDING", kPrecondition,
     "An earlier request about the client {client} is not settled yet.",
     "Предыдущий запрос по клиенту {client} ещё не завершён.",
     "Wait: the agent settles it by itself.", "Подождите: агент завершит его сам."},
    {"CONTACT_LINKED_ELSEWHERE", kExists,
     "The contact {contact} belongs to the client {client} already.",
     "Контакт {contact} уже связан с клиентом {client}.",
     "Check both guests in 1C: they may be one person entered twice.",
     "Проверьте обоих гостей в 1С: возможно, это один человек, введённый дважды."},
    {"CONFIGURATION_NOT_KEPT", kInternal,
     "The configuration can't be written to {file}.",
     "Не удалось записать настройки в {file}.",
     "Check the free space and the rights of the agent's data directory.",
     "Проверьте свободное место и права на каталог данных агента."},
    {"CONFIGURATION_UNREADABLE", kDataLoss,
     "The kept configuration {file} can't be read.",
     "Сохранённые настройки {file} не читаются.",
     "There is nothing to do: the server sends them again.",
     "Ничего делать не нужно: сервер пришлёт их снова."},
    {"TASK_UNKNOWN", absl::StatusCode::kUnimplemented,
     "The agent does not know this kind of task.", "Агент не знает такого задания.",
     "Bring server and agent to the same version.",
     "Обновите сервер и агент до одной версии."},
    {"SOURCE_VALUE_REFUSED", kPrecondition,
     "1C does not accept the contact's ID for this client.",
     "1С не принимает ID контакта для этого клиента.",
     "Look at the client in 1C: open and save the card there, correct what it asks "
     "for, "
     "then: guestbridge clients retry {integration}.",
     "Откройте карточку клиента в 1С и сохраните её, исправив то, о чём она сообщит, "
     "затем: guestbridge clients retry {integration}."},
};

}  // namespace

absl::Span<const ReasonText> Export() { return kTexts; }

}  // namespace guestbridge::text_areas
