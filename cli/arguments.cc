#include "cli/arguments.h"

#include <optional>

#include "cli/options.h"

namespace cli {
namespace {

constexpr char kMark = '\x01';

std::string marked(std::string_view value) { return kMark + std::string(value); }

// CLI11's own look-up ends the program where memory is short.
bool takes_value(const CLI::App& command, const std::string& option) {
  for (const CLI::Option* known : command.get_options()) {
    if (known->check_name(option)) return known->get_items_expected_max() > 0;
  }
  return false;
}

// An option as it was typed: its name with the dashes, or several letters of which the last may
// take a value; and what is behind these in the same argument.
struct Typed {
  std::string name;
  std::optional<std::string> value;

  [[nodiscard]] bool is_long() const { return name.starts_with("--"); }
  [[nodiscard]] std::string last() const {
    return is_long() ? name : std::string{'-', name.back()};
  }
};

Typed split_option(const CLI::App& command, const std::string& argument) {
  size_t size = argument.find('=');
  size_t behind = size + 1;
  if (!argument.starts_with("--")) {
    for (size = 2; size < argument.size(); ++size) {
      if (takes_value(command, {'-', argument[size - 1]})) break;
    }
    behind = size;
  }
  if (size >= argument.size()) return {.name = argument, .value = {}};
  return {.name = argument.substr(0, size), .value = argument.substr(behind)};
}

}  // namespace

std::vector<std::string> protect(const CLI::App& command,
                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  bool are_options = true;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    const bool is_option = are_options && at->size() > 1 && at->front() == '-';
    if (!is_option) {
      out.push_back(marked(*at));
    } else if (*at == "--") {
      are_options = false;
    } else {
      Typed typed = split_option(command, *at);
      const bool wants_value = !typed.value && takes_value(command, typed.last());
      if (wants_value && at + 1 != arguments.end()) typed.value = *++at;
      const std::string assigned = typed.is_long() ? "=" : "";
      out.push_back(typed.name + (typed.value ? assigned + marked(*typed.value) : ""));
    }
  }
  return out;
}

std::string unprotect(std::string_view value) {
  if (value.starts_with(kMark)) value.remove_prefix(1);
  return std::string(value);
}

}  // namespace cli
