#include "sync-agent/policed_portal.h"

#include <utility>
#include <variant>

#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

class PolicedPortal final : public Portal {
 public:
  PolicedPortal(std::unique_ptr<Portal> portal, LocalPolicy policy)
      : portal_(std::move(portal)), policy_(std::move(policy)) {}

  PortalAnswer Send(const PortalRequest& request) override {
    for (const Command& command : request.commands) {
      const absl::Status allowed =
          std::visit([this](const auto& one) { return Check(one); }, command);
      if (!allowed.ok()) return Refused(request, allowed);
    }
    return portal_->Send(request);
  }

 private:
  template <typename NamedFields>
  absl::Status CheckNames(const NamedFields& fields) const {
    for (const auto& field : fields) {
      GB_RETURN_IF_ERROR(policy_.CheckField(field.first));
    }
    return absl::OkStatus();
  }
  absl::Status Check(const ContactContent& content) const {
    GB_RETURN_IF_ERROR(CheckNames(content.fields));
    return CheckNames(content.multifields);
  }
  absl::Status Check(const AddContact& add) const { return Check(add.content); }
  absl::Status Check(const UpdateContact& update) const {
    GB_RETURN_IF_ERROR(CheckNames(update.fields));
    for (const UpdateContact::MultiChange& change : update.multifields) {
      GB_RETURN_IF_ERROR(policy_.CheckField(change.field));
    }
    return absl::OkStatus();
  }
  absl::Status Check(const ImportContacts& import) const {
    for (const ImportContacts::Item& item : import.items) {
      GB_RETURN_IF_ERROR(Check(item.content));
    }
    return absl::OkStatus();
  }
  // These write no field.
  absl::Status Check(const DeleteContact&) const { return absl::OkStatus(); }
  absl::Status Check(const GetContact&) const { return absl::OkStatus(); }
  absl::Status Check(const ListContacts&) const { return absl::OkStatus(); }
  absl::Status Check(const ListNewest&) const { return absl::OkStatus(); }
  absl::Status Check(const GetProfile&) const { return absl::OkStatus(); }
  absl::Status Check(const FindContacts&) const { return absl::OkStatus(); }
  absl::Status Check(const BindEvent&) const { return absl::OkStatus(); }
  absl::Status Check(const GetBoundEvents&) const { return absl::OkStatus(); }
  absl::Status Check(const PollEvents&) const { return absl::OkStatus(); }
  absl::Status Check(const GetContactFields&) const { return absl::OkStatus(); }

  static PortalAnswer Refused(const PortalRequest& request, const absl::Status& why) {
    PortalAnswer answer;
    answer.fate = RequestFate::kRefused;
    answer.reason = ReasonOf(why);
    answer.parameters = ParametersOf(why);
    answer.results.resize(request.commands.size());
    for (size_t i = 0; i < answer.results.size(); ++i) {
      answer.results[i].fate = Fate::kNotExecuted;
      answer.results[i].reason = answer.reason;
      SpreadToItems(request.commands[i], &answer.results[i]);
    }
    return answer;
  }

  const std::unique_ptr<Portal> portal_;
  const LocalPolicy policy_;
};

}  // namespace

std::unique_ptr<Portal> PolicePortal(std::unique_ptr<Portal> portal,
                                     const LocalPolicy& policy) {
  return std::make_unique<PolicedPortal>(std::move(portal), policy);
}

}  // namespace guestbridge::agent
