#include "rdb/stage/target.h"

namespace rdb {
namespace {

constexpr Target kTargets[] = {
    {"valkey-7.2", 11, false, 16}, {"valkey-8.0", 11, false, 16}, {"valkey-8.1", 11, false, 16},
    {"valkey-9.0", 11, true, 16},  {"redis-7.0", 10, false, 16},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

std::string_view header_for(const Target& target, const Header& header) {
  if (target.reads_valkey && header.dialect == Dialect::valkey) return "VALKEY080";
  return target.version == 10 ? "REDIS0010" : "REDIS0011";
}

bool holds(const Target& target, const Type& type) {
  if (type.dialect == Dialect::redis) return type.since <= target.version && type.decode != nullptr;
  return type.dialect == Dialect::valkey && target.reads_valkey && type.decode != nullptr;
}

}  // namespace rdb
