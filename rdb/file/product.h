// THE table of products that write RDB files of their own kind: what tells their files, and the
// value types and opcodes that nothing else reads. Redis and Valkey themselves are not in it.
//
// A product is told by an AUX field that no other server writes, or by a version in the AUX field
// redis-ver that Redis never had. Modules write no AUX fields, and a type of module may be loaded
// anywhere, so neither module data nor any other part of a name tells a product.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rdb {

enum class Product : uint8_t { none, redict, keydb, dragonfly, xredis, enterprise };

// A value type or an opcode that only one product has.
struct ForeignItem {
  uint8_t id;
  bool is_opcode;
  std::string_view name;
  // What follows the opcode, or the key of the type, as skip_layout (foreign.h) reads it; empty:
  // not known, so that nothing behind it can be read.
  std::string_view layout;
};

// "KeyDB"; "" for none.
[[nodiscard]] std::string_view name(Product product);

// The product that an AUX field of a file of that RDB version tells, or none.
[[nodiscard]] Product product_of_aux(std::string_view name, std::string_view value,
                                     unsigned version);

// What the byte means to the product alone; nullptr: what it means to Redis, or nothing.
[[nodiscard]] const ForeignItem* find_item(Product product, uint8_t id);

// The product to which the byte means something in a file of that RDB version that has no AUX field
// to tell it by; none: there is no such product.
[[nodiscard]] Product product_of_item(uint8_t id, unsigned version);

// Whether KeyDB can have written a file with that AUX field redis-ver.
[[nodiscard]] bool may_be_keydb(std::string_view redis_ver);

// Whether a type of module is one that Tair, the cloud service, has and no server can load.
[[nodiscard]] bool is_tair_module(std::string_view type_name);

}  // namespace rdb
