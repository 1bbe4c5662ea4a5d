// What stands before the RDB part in a capture of a replication link: what the server said to a
// replica until the snapshot began.
//   ( "\n"                                        sent once a second while the snapshot is made
//   | "+PONG\r\n" | "+OK\r\n" | "-ERR …\r\n"      replies to the handshake
//   | "+FULLRESYNC <id> <offset>\r\n"
//   | "+CONTINUE[ <id>]\r\n"                      commands follow, no RDB part
//   | "+DUALCHANNELSYNC\r\n"                      the RDB part goes over a second connection
//   | "+RDBCHANNELSYNC <client>\r\n"              the same in Redis 8
//   | "$ENDOFF:<offset> <id> <db> <client>\r\n"   said on that connection
//   )*
//   ( "$<bytes>\r\n" | "$EOF:<40 hex>\r\n" )
// Source: valkey 8.0 src/replication.c (readSyncBulkPayload, replicationSetupReplicaForFullResync,
// sendCurrentOffsetToReplica); seen with redis 6.0, 7.0, 8.0 and valkey 8.0, 8.1, 9.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rdb {

struct Framing {
  enum class Kind : uint8_t {
    none,  // a file
    size,  // the RDB part has an announced size
    mark,  // 40 hexadecimal digits, announced in front, end it
  } kind = Kind::none;
  uint64_t bytes = 0;  // before the RDB part
  uint64_t size = 0;   // announced, in bytes
  std::string mark = {};
  uint64_t keepalives = 0;
  std::string replication_id = {};  // empty: not told
  std::optional<int64_t> replication_offset = {};
};

inline constexpr size_t kMarkBytes = 40;

// Whether a capture can begin with that byte.
[[nodiscard]] inline bool may_begin_framing(char c) {
  return c == '$' || c == '+' || c == '-' || c == '\n';
}

enum class FramingState : uint8_t {
  none,      // no framing, `to` is empty
  more,      // more bytes are needed to tell
  complete,  // the RDB part follows
  commands,  // commands of the link follow, no RDB part
  cut,       // the capture ends before the RDB part
};

// Parses the first bytes of a file. `is_whole`: there are no others. Of commands and a cut capture,
// `to.bytes` is where what follows begins, and `last` the last line in front of it.
[[nodiscard]] FramingState parse_framing(std::string_view head, bool is_whole, Framing& to,
                                         std::string_view& last);

}  // namespace rdb
