// Options that several commands have, bound to structs, and what their values may be. The one
// include of CLI11.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/carry.h"
#include "cli/common.h"
#include "rdb/base/number.h"

namespace cli {

inline constexpr int64_t kDatabasesMax = 2147483647;  // of the servers' option "databases"

// Checks of values, as they were typed; the words are what they report.
CLI::Validator one_of(const std::vector<std::string>& known);
CLI::Validator integer(int64_t from, int64_t to);
// `256M` becomes 268435456.
CLI::Validator size(uint64_t from, uint64_t to, const char* words = "from 1M to 1T, such as 256M");
CLI::Validator not_empty();
// Checks each part between commas.
CLI::Validator each(const CLI::Validator& check);

// "a,b" is two, "" is one that is empty.
std::vector<std::string> split_at_commas(const std::string& text);

// A target, or a release of one.
CLI::Validator target_name();
template <typename Names>
std::string joined(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// Puts what was typed, of which the checks have been made, into `to`. False: it is no number.
bool take(const std::string& value, std::string& to);
template <std::integral T>
bool take(const std::string& value, T& to) {
  int64_t number = 0;
  if (!rdb::parse_int64(value, number) || !std::in_range<T>(number)) return false;
  to = static_cast<T>(number);
  return true;
}
template <typename T>
bool take(const std::string& value, std::optional<T>& to) {
  return take(value, to.emplace());
}

template <typename T>
bool take_all(const std::vector<std::string>& values, std::vector<T>& to) {
  const auto add = [&to](const std::string& value) { return take(value, to.emplace_back()); };
  return std::all_of(values.begin(), values.end(), add);
}

// The functions below are the one way to an option: CLI11's own rewrite values (arguments.h).

// A flag is given or not; CLI11 would also take --flag=false.
CLI::Option* add_flag(CLI::App& command, const char* name, bool& to, const std::string& about);

// An option or an argument (`IN`) with one value. An empty text is no value of an option: it would
// be taken for one that is not given.
template <typename T>
CLI::Option* add_option(CLI::App& command, const char* name, T& to, const std::string& about) {
  const auto put = [&to](const CLI::results_t& values) {
    return take(unprotect(values.back()), to);
  };
  CLI::Option* const option = command.add_option(name, CLI::callback_t(put), about);
  const bool is_plain_text = std::is_same_v<T, std::string> && !option->get_positional();
  return is_plain_text ? option->check(not_empty()) : option;
}

// An option that may be given several times, or the last argument, of which there may be several.
template <typename T>
CLI::Option* add_list(CLI::App& command, const char* name, const char* type, std::vector<T>& to,
                      const std::string& about) {
  const auto put = [&to](const CLI::results_t& values) {
    std::vector<std::string> typed;
    for (const std::string& value : values) typed.push_back(unprotect(value));
    return take_all(typed, to);
  };
  CLI::Option* const option = command.add_option(name, CLI::callback_t(put), about);
  return option->type_name(type)->expected(1, -1)->allow_extra_args(option->get_positional());
}

// An option that may be given several times, with values between commas, each of them checked.
template <typename T>
CLI::Option* add_comma_list(CLI::App& command, const char* name, const char* type,
                            std::vector<T>& to, const std::string& about,
                            const CLI::Validator& check = not_empty()) {
  const auto put = [&to](const CLI::results_t& values) {
    const auto add = [&to](const std::string& value) {
      return take_all(split_at_commas(unprotect(value)), to);
    };
    return std::all_of(values.begin(), values.end(), add);
  };
  CLI::Option* const option = command.add_option(name, CLI::callback_t(put), about);
  return option->type_name(type)->expected(1, -1)->check(each(check));
}

void add_common(CLI::App& command, CommonOptions& options);
// The loss that a command may be allowed which reads the RDB part of a file alone.
void add_allow_commands(CLI::App& command, std::vector<std::string>& allowed);
CLI::Option* add_json(CLI::App& command, CommonOptions& options);
void add_now(CLI::App& command, CommonOptions& options);
void add_library_time(CLI::App& command, uint64_t& seconds);
// The file that a command writes: -o, for one that writes to standard output otherwise or takes the
// last of several arguments; and OUT, which may also be given by -o.
CLI::Option* add_output(CLI::App& command, std::string& to, const char* about);
void add_out(CLI::App& command, std::string& to, const char* about);
void add_wrap(CLI::App& command, std::optional<std::string>& wrap);

void add_select(CLI::App& command, rdb::SelectOptions& select, std::string& expired);
void add_change(CLI::App& command, rdb::ChangeOptions& change);
// The server to write for, and its databases.
void add_server(CLI::App& command, CarryOptions& carry);
void add_databases(CLI::App& command, CarryOptions& carry);
// How data are carried, whatever is selected.
void add_target(CLI::App& command, CarryOptions& carry);
// `outputs`: what --force replaces.
void add_rest(CLI::App& command, CarryOptions& carry, const char* outputs);
// All of these but the wrapper.
void add_carry(CLI::App& command, CarryOptions& carry, const char* outputs);

}  // namespace cli
