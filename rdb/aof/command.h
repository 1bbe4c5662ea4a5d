// Reads append-only commands, as bytes come:
//   ( # <text>\n                                             annotation, such as #TS:1700000000\r\n
//   | * <count>\r\n ( $ <size>\r\n <size bytes> \r\n ){count}   command and its arguments
//   )*
// Servers are lax, and so is this: a line ends at its \n or after 1023 bytes, a number ends at the
// first byte that is no digit, and the two bytes after an argument may be any. What is not written
// the way servers write it is counted as odd.
// Source: valkey 8.0.1 src/aof.c, loadSingleAppendOnlyFile; redis 7.0.15 and valkey 8.0.1, 8.1.1
// and 9.1.2, which load and refuse the same framing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rdb/base/error.h"
#include "rdb/base/tally.h"
#include "rdb/io/sink.h"

namespace rdb {

// Gets commands, one argument after another. Views are valid during the call only.
class CommandTaker {
 public:
  CommandTaker() = default;
  CommandTaker(const CommandTaker&) = delete;
  CommandTaker& operator=(const CommandTaker&) = delete;
  virtual ~CommandTaker() = default;

  // A command of `arguments` arguments, its name among them, begins at byte `offset`.
  virtual void begin(uint64_t offset, uint64_t arguments) = 0;
  // Returns where all bytes of the next argument go, before the first of them; nullptr: nowhere.
  // Borrowed until argument() is called. What it fails to write is lost.
  virtual ByteSink* body(uint64_t /*index*/, uint64_t /*size*/) { return nullptr; }
  // An argument of `size` bytes has been read; argument 0 is the name. `head` is its first bytes,
  // up to CommandScanner::kHeadBytes.
  virtual void argument(uint64_t index, uint64_t size, std::string_view head) = 0;
  // The command is complete, and ends before byte `offset`.
  virtual void end(uint64_t offset) = 0;
  // A line that begins with #, without its end.
  virtual void annotation(uint64_t /*offset*/, std::string_view /*line*/) {}
};

// Finds the commands in bytes that are written to it. Holds no argument, whatever its size. Not
// thread-safe; distinct objects are independent.
class CommandScanner : public ByteSink {
 public:
  static constexpr size_t kHeadBytes = 64;
  // The servers' proto-max-bulk-len. An argument may be longer, if its bytes are there.
  static constexpr uint64_t kSizeUsual = uint64_t{512} << 20;

  // `taker` is borrowed and must outlive the scanner. `offset`: of the first byte in its file.
  explicit CommandScanner(CommandTaker& taker, uint64_t offset = 0)
      : taker_(taker), at_(offset), begin_(offset), sound_end_(offset), zeros_from_(offset) {}

  // Never fails: bytes after an error are looked at no more, see error().
  [[nodiscard]] bool write(std::string_view bytes) override;
  // Call after the last byte.
  void finish();

  // Returns what stopped the reading, of the codes command_*; ok() when every byte belongs to a
  // complete command or annotation. `command_cut`: the last command is incomplete.
  [[nodiscard]] const Error& error() const { return error_; }
  // True when the input ends inside a line of annotation. Servers load that, but what they append
  // goes on in this line, and the next start fails.
  [[nodiscard]] bool ends_in_annotation() const { return ends_in_annotation_; }
  // Offset just past the last complete command or annotation.
  [[nodiscard]] uint64_t sound_end() const { return sound_end_; }
  // Offset just past the last byte that was written.
  [[nodiscard]] uint64_t end() const { return at_; }
  // Lines and ends of arguments that are not as servers write them.
  [[nodiscard]] const Note& odd() const { return odd_; }

 private:
  static constexpr size_t kLineBytes = 1023;  // fgets() of servers stops there

  enum class State : uint8_t { start, count, size, body, gap, annotation, broken };

  [[nodiscard]] std::string_view take_line(std::string_view& bytes, bool& is_complete);
  void read_line(std::string_view& bytes);
  void read_body(std::string_view& bytes);
  void read_gap(std::string_view& bytes);
  void begin_line(char first);
  void end_line(std::string_view line);
  void end_count(std::string_view line);
  void end_size(std::string_view line);
  [[nodiscard]] bool parse_count(std::string_view line);
  [[nodiscard]] bool parse_size(std::string_view line);
  [[nodiscard]] bool parse_last_line();
  void end_argument();
  void name_zeros();
  void note_odd(uint64_t offset) {
    if (odd_.count++ == 0) odd_.first_offset = offset;
  }
  // Always false.
  bool fail(Code code, uint64_t offset, Detail numbers = {}, std::string_view words = "");
  void watch_zeros(std::string_view bytes);

  CommandTaker& taker_;
  State state_ = State::start;
  uint64_t at_;           // offset of the next byte
  uint64_t begin_;        // of the command or annotation that is being read
  uint64_t line_at_ = 0;  // of the line that is being read
  uint64_t sound_end_;
  std::array<char, kLineBytes> line_;  // its bytes before those at hand
  size_t line_size_ = 0;
  uint64_t arguments_ = 0;  // of the command
  uint64_t index_ = 0;      // of the argument that is being read
  uint64_t size_ = 0;       // of that argument
  uint64_t left_ = 0;       // bytes of it, or of the gap, to come
  std::array<char, kHeadBytes> head_;
  size_t head_size_ = 0;
  ByteSink* body_ = nullptr;
  std::array<char, 2> gap_;
  Error error_;
  bool ends_in_annotation_ = false;
  Note odd_;
  uint64_t zeros_from_;  // every byte from here on is zero
};

}  // namespace rdb
