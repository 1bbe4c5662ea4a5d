// What follows the RDB part of a file, or stands in place of one.
#include <algorithm>
#include <string_view>

#include "rdb/base/bytes.h"
#include "rdb/base/word.h"
#include "rdb/file/reader.h"

namespace rdb {
namespace {

// RDB version of the servers that keep append-only files in a directory.
constexpr unsigned kHasDirectories = 10;

bool is_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view s) {
  return s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// True for the beginning of a command, or of an annotation of the time, however short.
bool begins_command(std::string_view head) {
  constexpr std::string_view kTime = "#TS:";
  if (head[0] == '*') return head.size() == 1 || is_digits(head.substr(1, 1));
  return head.substr(0, kTime.size()) == kTime.substr(0, head.size());
}

}  // namespace

// Looks at the value that comes, 0 or 1 as an integer or as a digit.
void Reader::note_append_only() {
  if (is_same_word(name_.view(), "repl-stream-db")) note_stream_db();
  const bool is_base = is_same_word(name_.view(), "aof-base");
  if (!is_base && !is_same_word(name_.view(), "aof-preamble")) return;
  while (in_.available() < 2 && in_.more()) {
  }
  const std::string_view value(in_.cursor(), std::min<size_t>(in_.available(), 2));
  if (value == "\xc0\x01" || value == "\x01\x31") {
    // Release candidates of 7.0 have directories, and the name of before.
    const bool is_of_directory = is_base || header_.version >= kHasDirectories;
    append_only_ = is_of_directory ? AppendOnly::base : AppendOnly::preamble;
  } else if (append_only_ == AppendOnly::unsaid) {
    append_only_ = AppendOnly::no;
  }
}

// The same for the number of a database, which servers save as an integer of 1, 2 or 4 bytes.
void Reader::note_stream_db() {
  while (in_.available() < 5 && in_.more()) {
  }
  const std::string_view value(in_.cursor(), std::min<size_t>(in_.available(), 5));
  int64_t db = 0;
  if (value.size() == 5 && value[0] == '\xc2') db = load_le<int32_t>(value.data() + 1);
  if (value.size() >= 3 && value[0] == '\xc1') db = load_le<int16_t>(value.data() + 1);
  if (value.size() >= 2 && value[0] == '\xc0') {
    const unsigned byte = byte_at(value.data() + 1);
    if (byte < 128) db = byte;  // else it is negative
  }
  if (db > 0 && framing_.kind != Framing::Kind::none) tail_.db = static_cast<uint64_t>(db);
}

// Servers ignore what follows in a plain dump; in an append-only file it is the rest of the data.
bool Reader::read_tail() {
  while (in_.available() <= kMarkBytes && in_.more()) {
  }
  if (!error().ok()) return false;
  tail_.offset = end_;
  std::string_view head(in_.cursor(), in_.available());
  const bool is_marked = !framing_.mark.empty() && head.starts_with(framing_.mark);
  if (head.size() == kMarkBytes && (is_marked || is_hex(head))) {
    tail_.kind = Tail::Kind::eof_mark;
    tail_.size = kMarkBytes;
    in_.advance(kMarkBytes);
    return true;
  }
  if (is_marked) in_.advance(kMarkBytes);
  if (is_marked) head.remove_prefix(kMarkBytes);
  if (head.empty()) return true;
  tail_.kind = begins_command(head) ? Tail::Kind::commands : Tail::Kind::unknown;
  return pass_tail();
}

// What is left of the input goes to whoever wants it.
bool Reader::pass_tail() {
  tail_.offset = in_.pos();
  TailSink* const to =
      options_.tail != nullptr && options_.tail->begin(tail_) ? options_.tail : nullptr;
  do {
    if (to != nullptr && !to->write({in_.cursor(), in_.available()})) {
      return in_.fail(to->error());
    }
    in_.advance(in_.available());
  } while ((options_.drains || to != nullptr) && in_.more());
  tail_.size = in_.pos() - tail_.offset;
  if (to != nullptr) to->end();
  return error().ok();
}

// Instead of an RDB part there are commands.
bool Reader::read_commands() {
  const uint64_t at = in_.pos();
  tail_.kind = Tail::Kind::commands;
  return pass_tail() && in_.fail({.code = Code::no_rdb_part,
                                  .offset = at,
                                  .words = "append-only commands and no RDB part",
                                  .has_offset = true});
}

}  // namespace rdb
