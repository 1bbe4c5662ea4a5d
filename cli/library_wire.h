// What the program and the process in which it judges function libraries say to each other.
//
//   message = kind (1 byte), size (4 bytes, little endian), `size` bytes
//   start, then text in any number, then load or compile in any number, each of which is answered
//   load    = api: flags (1 byte: 1 has_server, 2 may_log, 4 ends_at_zero), two texts
//   answer  = kind (1 byte), flags (1 byte: 1 uses_version, 2 uses_log), text of words,
//             then one text for each function
//   text    = size (4 bytes), bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/server/library_judge.h"

namespace cli {

enum class Message : uint8_t { start = 's', text = 't', load = 'l', compile = 'c', answer = 'a' };

inline constexpr size_t kMessageHeadBytes = 5;
inline constexpr size_t kTextBytesMax = size_t{1} << 16;    // of one message of text
inline constexpr size_t kAnswerBytesMax = size_t{4} << 20;  // else it is none
inline constexpr size_t kWordsBytesMax = 4096;              // of an answer; what is longer is cut

// The first bytes of a message.
[[nodiscard]] std::string message_head(Message kind, size_t size);
struct MessageHead {
  Message kind;
  size_t size;
};
[[nodiscard]] MessageHead parse_message_head(std::string_view head);

[[nodiscard]] std::string format_api(const rdb::LibraryApi& api);
[[nodiscard]] bool parse_api(std::string_view bytes, rdb::LibraryApi& api);

[[nodiscard]] std::string format_answer(const rdb::LibraryAnswer& answer);
// False: the bytes are no answer; nothing in them is trusted.
[[nodiscard]] bool parse_answer(std::string_view bytes, rdb::LibraryAnswer& answer);

}  // namespace cli
