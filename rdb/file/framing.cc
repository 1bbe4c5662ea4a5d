#include "rdb/file/framing.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace rdb {
namespace {

constexpr size_t kLineBytesMax = 1024;  // valkey 8.0 src/replication.c reads no longer one

constexpr std::string_view kResync = "+FULLRESYNC ";
constexpr std::string_view kContinue = "+CONTINUE";
constexpr std::string_view kEndOffset = "$ENDOFF:";
constexpr std::string_view kMarked = "$EOF:";
// Lines that nothing but a replication link has.
constexpr std::array<std::string_view, 6> kLines = {
    kResync, kContinue, kEndOffset, kMarked, "+DUALCHANNELSYNC", "+RDBCHANNELSYNC "};

bool is_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_hex(std::string_view s) {
  return s.size() == kMarkBytes &&
         s.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

template <typename Number>
bool parse_number(std::string_view text, Number& to) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), to);
  return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// Takes the next word off a line of words with one blank between them.
std::string_view take_word(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// `<offset> <id> <db> <client>`, behind "$ENDOFF:".
bool parse_end_offset(std::string_view words, Framing& to) {
  int64_t offset = 0;
  int64_t number = 0;
  if (!parse_number(take_word(words), offset)) return false;
  const std::string_view id = take_word(words);
  if (!is_hex(id) || !parse_number(take_word(words), number)) return false;
  if (!parse_number(words, number)) return false;
  to.replication_id = id;
  to.replication_offset = offset;
  return true;
}

// `<id> <offset>`, behind "+FULLRESYNC ". A replica goes on without them.
void parse_resync(std::string_view words, Framing& to) {
  const std::string_view id = take_word(words);
  int64_t offset = 0;
  if (!is_hex(id) || !parse_number(words, offset)) return;
  to.replication_id = id;
  to.replication_offset = offset;
}

class Parser {
 public:
  Parser(std::string_view head, bool is_whole, Framing& to, std::string_view& last)
      : head_(head), is_whole_(is_whole), to_(to), last_(last) {}

  FramingState run() {
    while (at_ < head_.size()) {
      if (head_[at_] == '\n') {
        ++at_;
        ++to_.keepalives;
        continue;
      }
      const FramingState state = line();
      if (state != FramingState::more || is_short_) return state;
    }
    if (!is_whole_) return FramingState::more;
    if (continues_) return FramingState::commands;
    return said_ ? FramingState::cut : FramingState::none;
  }

  [[nodiscard]] size_t at() const { return at_; }

 private:
  // Parses a line and steps over it. `more`: go on, unless is_short_.
  FramingState line() {
    const std::string_view left = head_.substr(at_);
    if (left[0] == '*' && said_) return FramingState::commands;
    if (left[0] != '+' && left[0] != '-' && left[0] != '$') return FramingState::none;
    const size_t end = left.substr(0, kLineBytesMax).find("\r\n");
    if (end == std::string_view::npos) return cut_line(left);
    const std::string_view line = left.substr(0, end);
    if (!is_printable(line)) return FramingState::none;
    const bool is_payload = left[0] == '$' && !line.starts_with(kEndOffset);
    if (is_payload && !parse_payload(line)) return FramingState::none;
    if (!is_payload && !parse_reply(line)) return FramingState::none;
    at_ += end + 2;
    last_ = line;
    return is_payload ? FramingState::complete : FramingState::more;
  }

  FramingState cut_line(std::string_view left) {
    if (left.size() >= kLineBytesMax) return FramingState::none;
    is_short_ = !is_whole_;
    if (!is_whole_) return FramingState::more;
    const std::string_view begun = left.substr(0, left.size() - (left.ends_with('\r') ? 1 : 0));
    const bool is_known = std::any_of(kLines.begin(), kLines.end(), [begun](std::string_view word) {
      return begun.starts_with(word) || (begun.size() > 3 && word.starts_with(begun));
    });
    if ((!is_known && !said_) || !is_printable(begun)) return FramingState::none;
    last_ = begun;
    return FramingState::cut;
  }

  bool parse_payload(std::string_view line) {
    const std::string_view announced = line.substr(1);
    if (line.starts_with(kMarked) && is_hex(line.substr(kMarked.size()))) {
      to_.kind = Framing::Kind::mark;
      to_.mark = line.substr(kMarked.size());
      return true;
    }
    if (!is_digits(announced) || !parse_number(announced, to_.size)) return false;
    to_.kind = Framing::Kind::size;
    return true;
  }

  bool parse_reply(std::string_view line) {
    if (line.starts_with(kEndOffset)) {
      if (!parse_end_offset(line.substr(kEndOffset.size()), to_)) return false;
    } else if (line.starts_with(kResync)) {
      parse_resync(line.substr(kResync.size()), to_);
    }
    continues_ = continues_ || line.starts_with(kContinue);
    said_ = said_ || line == "+OK" || line == "+PONG" ||
            std::any_of(kLines.begin(), kLines.end(),
                        [line](std::string_view word) { return line.starts_with(word); });
    return true;
  }

  std::string_view head_;
  bool is_whole_;
  Framing& to_;
  std::string_view& last_;
  size_t at_ = 0;
  bool said_ = false;       // what only a replication link has, or +OK, +PONG
  bool continues_ = false;  // an earlier synchronisation
  bool is_short_ = false;   // the line goes on behind the bytes that are there
};

}  // namespace

FramingState parse_framing(std::string_view head, bool is_whole, Framing& to,
                           std::string_view& last) {
  to = {};
  last = {};
  Parser parser(head, is_whole, to, last);
  const FramingState state = parser.run();
  to.bytes = parser.at();
  if (state == FramingState::none) to = {};
  return state;
}

}  // namespace rdb
