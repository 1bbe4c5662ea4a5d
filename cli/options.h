// Options that several commands have, bound to structs, and what their values may be. The one
// include of CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/carry.h"
#include "cli/common.h"

namespace cli {

inline constexpr int64_t kDatabasesMax = 2147483647;  // of the servers' option "databases"

// Checks of values; the words are what they report.
CLI::Validator one_of(const std::vector<std::string>& known);
CLI::Validator integer(int64_t from, int64_t to);
// `256M` becomes 268435456.
CLI::Validator size(uint64_t from, uint64_t to, const char* words = "from 1M to 1T, such as 256M");

// A target, or a release of one.
CLI::Validator target_name();
template <typename Names>
std::string joined(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// A flag is given or not; CLI11 would also take --flag=false.
CLI::Option* add_flag(CLI::App& command, const char* name, bool& to, const char* about);

// An option that may be given several times, with one value each; CLI11 would else take [a,b]
// apart.
template <typename T>
CLI::Option* add_list(CLI::App& command, const char* name, const char* type, std::vector<T>& to,
                      const char* about) {
  return command.add_option(name, to, about)->type_name(type)->allow_extra_args(false);
}

void add_common(CLI::App& command, CommonOptions& options);
CLI::Option* add_json(CLI::App& command, CommonOptions& options);
void add_now(CLI::App& command, CommonOptions& options);
void add_max_memory(CLI::App& command, uint64_t& bytes);
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
