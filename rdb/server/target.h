// THE table of targets: what a server version reads, and so what a file for it may hold and what it
// would itself write.
// Source: redis 2.6.17, 2.8.24, 3.2.13, 4.0.14, 5.0.14, 6.0.16, 6.2.16, 7.0.15, 7.2.6 and valkey
// 7.2.7, 8.0.1, 8.1.1, 9.1.2, each seen to load or refuse.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rdb/file/reader.h"
#include "rdb/server/defect.h"
#include "rdb/value/encode.h"

namespace rdb {

// The table of keys that a server makes at once for as many keys as RESIZEDB says.
enum class HintTable : uint8_t {
  dict,       // 8 bytes for each key, their number a power of two
  late_dict,  // the same where a key is there already; else the table grows with the keys
  hashtable,  // buckets of 64 bytes for 7 keys each, the same; in a cluster for slots alone
};

struct Target {
  std::string_view name;
  unsigned version;          // the RDB version written, and the newest types and opcodes it reads
  bool reads_valkey;         // VALKEY080 as well
  bool has_big_plain_nodes;  // list elements over 8192 bytes get a node of their own
  unsigned databases;        // by default: SELECTDB of this number or above stops the server
  Scrutiny scrutiny;         // without settings; Scrutiny::deep is had by sanitize-dump-payload yes
  HintTable hint_table;
  // The VKCS envelope (rdb/io/wrap.h) as well: from valkey 9.2 on, which is not released.
  bool reads_vkcs = false;

  // Of a Valkey of this version or a later one.
  [[nodiscard]] constexpr bool is_valkey_since(unsigned major, unsigned minor) const {
    constexpr std::string_view kFamily = "valkey-";  // one digit, a dot and one digit follow
    if (!name.starts_with(kFamily)) return false;
    const auto own_major = static_cast<unsigned>(name[kFamily.size()] - '0');
    const auto own_minor = static_cast<unsigned>(name[kFamily.size() + 2] - '0');
    return own_major > major || (own_major == major && own_minor >= minor);
  }
  // From 6.2 on: what is loaded is looked at, and lengths are.
  [[nodiscard]] bool is_hardened() const { return scrutiny != Scrutiny::none; }
  // Collections without an element, which are skipped from 6.2 on.
  [[nodiscard]] bool keeps_empty() const { return !is_hardened(); }
};

// RDB versions from which opcodes exist.
inline constexpr unsigned kHasAux = 7;
inline constexpr unsigned kHasModules = 8;
inline constexpr unsigned kHasEviction = 9;  // idle times and frequencies
inline constexpr unsigned kHasModuleAux = 9;
inline constexpr unsigned kHasFunctions = 10;
inline constexpr unsigned kHasStreamHistory = 10;
inline constexpr unsigned kHasStreamActivity = 11;
// From which on servers print the scores of DEBUG DIGEST by fpconv (fpconv.h), not by "%.17g".
inline constexpr unsigned kHasFpconvScores = 11;
// From which on servers drop the sign of a zero when they pack a plain sorted set.
inline constexpr unsigned kDropsZeroSigns = 10;

// What may be lost on the way to a target, as it cannot hold it or does not take it.
inline constexpr std::string_view kLosses[] = {
    "streams",          // before 5.0
    "stream_history",   // what a stream once held, what a group has read: before 7.0
    "stream_activity",  // when consumers last read something: before 7.2
    "field_expiries",   // but for VALKEY080
    "functions",        // before 7.0
    "modules",          // before 4.0, their AUX data before 5.0
    "damaged_values",   // that it refuses, or loads and then breaks on
    "commands",         // append-only, where an RDB file is written
};

// Whether a file for the target, of its widest form, may hold that one of kLosses.
[[nodiscard]] bool can_hold(const Target& target, std::string_view loss);

// Returns the target of that name, "valkey-8.1", or of one of its releases, by its full version,
// "valkey-8.1.1", or by that of its Debian package, "valkey-8.1.1+dfsg1-3+deb13u3"; nullptr: there
// is none.
[[nodiscard]] const Target* find_target(std::string_view name);
// Returns the full version in such a name, "8.1.1"; "": it names no release.
[[nodiscard]] std::string_view release_in(std::string_view name);
[[nodiscard]] std::span<const Target> targets();

// The header of the file written for a target from a source with `header`: VALKEY080 for those that
// read it if the source has it, since hash field expiries exist nowhere else.
[[nodiscard]] std::string header_for(const Target& target, const Header& header);

// True when a file under that header for the target may hold values of this type.
[[nodiscard]] bool holds(const Target& target, const Header& header, const Type& type);

// How values are encoded in that file.
[[nodiscard]] EncodeOptions encoding_for(const Target& target, const Header& header);

}  // namespace rdb
