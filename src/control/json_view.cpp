#include "pacedns/control/json_view.hpp"

#include <cmath>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/printable.hpp"

namespace pacedns::control {

JsonView JsonView::operator[](std::string_view key) const {
  const auto* const object = value_ == nullptr ? nullptr : value_->if_object();
  const auto* const member = object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
  return member == nullptr ? JsonView() : JsonView(*member);
}

std::vector<JsonView> JsonView::items() const {
  const auto* const array = value_ == nullptr ? nullptr : value_->if_array();
  std::vector<JsonView> items;
  if (array == nullptr) return items;
  for (const auto& item : *array)
    items.emplace_back(item);
  return items;
}

std::optional<double> JsonView::number() const {
  if (value_ == nullptr || !value_->is_number()) return std::nullopt;
  const auto number = value_->to_number<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::string> JsonView::text() const {
  const auto* const text = value_ == nullptr ? nullptr : value_->if_string();
  return text == nullptr ? std::nullopt : std::optional(printable({text->data(), text->size()}));
}

std::optional<bool> JsonView::boolean() const {
  const bool* const truth = value_ == nullptr ? nullptr : value_->if_bool();
  return truth == nullptr ? std::nullopt : std::optional(*truth);
}

bool JsonView::is_true() const {
  return boolean().value_or(false);
}

std::string JsonView::shown() const {
  if (auto words = text()) return *words;
  if (const auto truth = boolean()) return *truth ? "true" : "false";
  const auto amount = number();
  return decimal_text(amount, amount && *amount == std::floor(*amount) ? 0 : 1);
}

}  // namespace pacedns::control
