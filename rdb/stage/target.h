// THE table of targets: what a server version reads, and so what a file for it may hold.
// Source: valkey 7.2.7, 8.0.1, 8.1.1, 9.1.2 and redis 7.0.15, each seen to load or refuse.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rdb/file/reader.h"
#include "rdb/file/record.h"

namespace rdb {

struct Target {
  std::string_view name;
  unsigned version;    // the RDB version written, and the newest types and opcodes it reads
  bool reads_valkey;   // VALKEY080 as well
  unsigned databases;  // by default: SELECTDB of this number or above stops the server
  // The VKCS envelope (rdb/io/wrap.h) as well: from valkey 9.2 on, which is not released.
  bool reads_vkcs = false;
};

// nullptr: no such target.
[[nodiscard]] const Target* find_target(std::string_view name);
[[nodiscard]] std::span<const Target> targets();

// The header of the file written for a target from a source with `header`.
[[nodiscard]] std::string_view header_for(const Target& target, const Header& header);

// True when the target reads values of this type.
[[nodiscard]] bool holds(const Target& target, const Type& type);

}  // namespace rdb
