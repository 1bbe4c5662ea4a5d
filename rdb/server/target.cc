#include "rdb/server/target.h"

#include <algorithm>

namespace rdb {
namespace {

constexpr Target kTargets[] = {
    {"valkey-7.2", 11, false, false, 16, Scrutiny::shallow, HintTable::dict},
    {"valkey-8.0", 11, false, true, 16, Scrutiny::shallow, HintTable::late_dict},
    {"valkey-8.1", 11, false, true, 16, Scrutiny::shallow, HintTable::hashtable},
    {"valkey-9.0", 11, true, true, 16, Scrutiny::shallow, HintTable::hashtable},
    {"valkey-9.1", 11, true, true, 16, Scrutiny::always, HintTable::hashtable},
    {"redis-7.2", 11, false, false, 16, Scrutiny::shallow, HintTable::dict},
    {"redis-7.0", 10, false, false, 16, Scrutiny::shallow, HintTable::dict},
    {"redis-6.2", 9, false, false, 16, Scrutiny::shallow, HintTable::dict},
    {"redis-6.0", 9, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-5.0", 9, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-4.0", 8, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-3.2", 7, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-3.0", 6, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-2.8", 6, false, false, 16, Scrutiny::none, HintTable::dict},
    {"redis-2.6", 6, false, false, 16, Scrutiny::none, HintTable::dict},
};

bool is_valkey(const Target& target, const Header& header) {
  return target.reads_valkey && header.dialect == Dialect::valkey;
}

// A number, and what a distribution adds.
bool is_release(const Target& target, std::string_view name) {
  constexpr size_t kNameBytesMax = 80;
  if (!name.starts_with(target.name) || name.size() > kNameBytesMax) return false;
  const std::string_view patch = name.substr(target.name.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_known = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '+' || c == '-' || c == '~';
  };
  return patch.size() > 1 && patch[0] == '.' && is_digit(patch[1]) &&
         std::all_of(patch.begin(), patch.end(), is_known);
}

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name || is_release(target, name)) return &target;
  }
  return nullptr;
}

std::string_view release_in(std::string_view name) {
  const Target* const target = find_target(name);
  return target == nullptr || target->name == name ? "" : name.substr(name.find('-') + 1);
}

std::string header_for(const Target& target, const Header& header) {
  if (is_valkey(target, header)) return "VALKEY080";
  return (target.version < 10 ? "REDIS000" : "REDIS00") + std::to_string(target.version);
}

bool holds(const Target& target, const Header& header, const Type& type) {
  if (type.decode == nullptr) return false;
  if (type.dialect == Dialect::redis) return type.since <= target.version;
  return type.dialect == Dialect::valkey && is_valkey(target, header);
}

bool can_hold(const Target& target, std::string_view loss) {
  if (loss == "damaged_values" || loss == "commands") return true;
  if (loss == "field_expiries") return target.reads_valkey;
  if (loss == "streams") return target.version >= 9;
  if (loss == "modules") return target.version >= kHasModuleAux;
  if (loss == "stream_activity") return target.version >= kHasStreamActivity;
  return target.version >= kHasFunctions;
}

EncodeOptions encoding_for(const Target& target, const Header& header) {
  return {.version = target.version,
          .has_field_expiries = is_valkey(target, header),
          .has_big_plain_nodes = target.has_big_plain_nodes};
}

}  // namespace rdb
