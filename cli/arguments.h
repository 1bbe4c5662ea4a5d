// Keeps arguments as they were typed on their way through CLI11, which rewrites values by what is
// in them: it takes [a,b] apart, halves [[aa]], turns {} into nothing, drops ++ and reads another
// argument in place of an empty one.
// Source: CLI11 2.1.2 and 2.6.1, Option::_add_result, _reduce_results, App::_parse_arg, _recognize.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

// The arguments that follow the name of `command` for CLI11: every value begins with a byte that no
// rule of CLI11 knows, and the value of a long option follows it after "=". What follows an option
// that takes a value is that value, whatever it looks like; what follows "--" is no option.
[[nodiscard]] std::vector<std::string> protect(const CLI::App& command,
                                               const std::vector<std::string>& arguments);

// The value as it was typed.
[[nodiscard]] std::string unprotect(std::string_view value);

}  // namespace cli
