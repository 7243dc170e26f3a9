#include "sync-agent/source/onec_odata/row_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

using Json = nlohmann::json;

// Stops at whatever is not plain. Depth 1 is the answer, 2 its list, 3 a row; what lies
// deeper, tabular sections, is passed over.
class RowsHandler {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  explicit RowsHandler(RowsOfText* out) : out_(*out) {}
  bool has_list() const { return listed_; }

  bool null() { return depth_ != 2; }
  bool boolean(bool value) { return Scalar(value ? "true" : "false", true); }
  bool number_integer(number_integer_t value) {
    return Scalar(absl::StrCat(value), true);
  }
  bool number_unsigned(number_unsigned_t value) {
    return Scalar(absl::StrCat(value), true);
  }
  bool number_float(number_float_t value, const string_t&) {
    return Scalar(depth_ == 3 ? Json(value).dump() : "", true);
  }
  bool string(string_t& value) { return Scalar(std::move(value), false); }
  bool binary(binary_t&) { return false; }

  bool start_object(size_t) {
    ++depth_;
    // The answer itself may hold no object but in its list.
    if (depth_ == 2) return false;
    if (depth_ == 3) {
      out_.rows.emplace_back();
      const size_t like_the_last =
          out_.rows.size() > 1 ? out_.rows[out_.rows.size() - 2].values.size() : 16;
      out_.rows.back().values.reserve(like_the_last);
      out_.rows.back().bare.reserve(like_the_last);
      names_.swap(before_);
      names_.clear();
      same_names_ = true;
    }
    return true;
  }
  bool end_object() {
    --depth_;
    return true;
  }
  bool start_array(size_t) {
    ++depth_;
    if (depth_ == 1) return false;
    if (depth_ == 2) {
      if (listed_ || name_ != "value") return false;
      listed_ = true;
    }
    return depth_ != 3;
  }
  bool end_array() {
    --depth_;
    return true;
  }
  bool key(string_t& name) {
    if (depth_ == 1) {
      if (name == "odata.error") return false;
      out_.more |= name == "odata.nextLink";
      name_ = std::move(name);
    } else if (depth_ == 3) {
      if (IsTwice(name)) return false;
      names_.push_back(name);
      name_ = std::move(name);
    }
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) {
    return false;
  }

 private:
  // Rows of one list have the same names in the same order, and then none is compared.
  bool IsTwice(const std::string& name) {
    const size_t at = names_.size();
    same_names_ = same_names_ && at < before_.size() && before_[at] == name;
    return !same_names_ &&
           std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  bool Scalar(std::string value, bool bare) {
    if (depth_ == 3) {
      out_.rows.back().values.emplace_back(std::move(name_), std::move(value));
      out_.rows.back().bare.push_back(bare);
    } else if (depth_ == 1) {
      if (name_ == "value") return false;
      if (name_ == "odata.metadata" && !bare) out_.context = std::move(value);
    }
    return depth_ == 1 || depth_ > 2;
  }

  RowsOfText& out_;
  int depth_ = 0;
  bool listed_ = false;
  std::string name_;
  std::vector<std::string> names_;   // of this row, also of what is left out
  std::vector<std::string> before_;  // of the row before
  bool same_names_ = false;          // so far
};

}  // namespace

std::optional<RowsOfText> ReadRows(absl::string_view json) {
  RowsOfText read;
  RowsHandler handler(&read);
  const bool plain = Json::sax_parse(json.begin(), json.end(), &handler);
  if (!plain || !handler.has_list()) return std::nullopt;
  return read;
}

}  // namespace guestbridge::agent
