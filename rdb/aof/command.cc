#include "rdb/aof/command.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <string>

namespace rdb {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What strtol(3) makes of a text: blanks, a sign, digits; `value` is clamped.
struct Number {
  bool is_negative = false;
  bool is_huge = false;
  uint64_t value = 0;
};

Number parse_number(std::string_view text) {
  Number out;
  size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.is_negative = text[at++] == '-';
  for (; at < text.size() && is_digit(text[at]); ++at) {
    out.is_huge = out.is_huge || out.value > (INT64_MAX - 9) / 10;
    if (!out.is_huge) out.value = out.value * 10 + static_cast<uint64_t>(text[at] - '0');
  }
  out.is_negative = out.is_negative && (out.value != 0 || out.is_huge);
  return out;
}

// True for a letter, the shortest digits of a number, and \r\n.
bool is_as_written(std::string_view line) {
  if (line.size() < 4 || !line.ends_with("\r\n")) return false;
  const std::string_view digits = line.substr(1, line.size() - 3);
  return std::all_of(digits.begin(), digits.end(), is_digit) &&
         (digits[0] != '0' || digits.size() == 1);
}

// The number of a line as it may stand in a message.
std::string shown(std::string_view line) {
  line.remove_prefix(1);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return quoted(line.substr(0, 32));
}

}  // namespace

bool CommandScanner::write(std::string_view bytes) {
  watch_zeros(bytes);
  while (!bytes.empty()) {
    switch (state_) {
      case State::broken:
        at_ += bytes.size();
        return true;
      case State::body:
        read_body(bytes);
        break;
      case State::gap:
        read_gap(bytes);
        break;
      case State::start:
        begin_line(bytes[0]);
        break;
      case State::count:
      case State::size:
      case State::annotation:
        read_line(bytes);
        break;
    }
  }
  return true;
}

// Keeps where the zeros begin that the bytes end with.
void CommandScanner::watch_zeros(std::string_view bytes) {
  const size_t last = bytes.find_last_not_of('\0');
  if (last != std::string_view::npos) zeros_from_ = at_ + last + 1;
}

void CommandScanner::begin_line(char first) {
  begin_ = at_;
  if (first == '*') {
    state_ = State::count;
  } else if (first == '#') {
    state_ = State::annotation;
  } else {
    fail(Code::command_start, at_, {.found = static_cast<uint8_t>(first)});
  }
}

// The bytes of the line that is being read, as far as they are there; they are taken off `bytes`.
std::string_view CommandScanner::take_line(std::string_view& bytes, bool& is_complete) {
  if (line_size_ == 0) line_at_ = at_;
  const size_t room = kLineBytes - line_size_;
  const std::string_view near = bytes.substr(0, room);
  const size_t end = near.find('\n');
  const size_t n = end == std::string_view::npos ? near.size() : end + 1;
  is_complete = end != std::string_view::npos || n == room;
  std::string_view line = near.substr(0, n);
  if (!is_complete || line_size_ != 0) {
    std::memcpy(line_.data() + line_size_, line.data(), n);
    line_size_ += n;
    line = {line_.data(), line_size_};
  }
  bytes.remove_prefix(n);
  at_ += n;
  return line;
}

void CommandScanner::read_line(std::string_view& bytes) {
  if (state_ == State::size && line_size_ == 0 && bytes[0] != '$') {
    fail(Code::command_argument, at_, {.found = static_cast<uint8_t>(bytes[0])});
    return;
  }
  bool is_complete = false;
  const std::string_view line = take_line(bytes, is_complete);
  if (!is_complete) return;
  line_size_ = 0;
  end_line(line);
}

void CommandScanner::end_line(std::string_view line) {
  if (state_ == State::count) {
    end_count(line);
  } else if (state_ == State::size) {
    end_size(line);
  } else {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    taker_.annotation(begin_, line);
    state_ = State::start;
    sound_end_ = at_;
  }
}

bool CommandScanner::parse_count(std::string_view line) {
  const Number count = parse_number(line.substr(1));
  arguments_ = count.value;
  if (!count.is_negative && !count.is_huge && count.value != 0 && count.value <= INT_MAX) {
    return true;
  }
  return fail(Code::command_count, line_at_, {}, shown(line));
}

bool CommandScanner::parse_size(std::string_view line) {
  const Number size = parse_number(line.substr(1));
  size_ = size.value;
  if (!size.is_negative && !size.is_huge) return true;
  return fail(Code::command_size, line_at_, {}, shown(line));
}

void CommandScanner::end_count(std::string_view line) {
  if (!parse_count(line)) return;
  if (!is_as_written(line)) note_odd(line_at_);
  index_ = 0;
  state_ = State::size;
  taker_.begin(begin_, arguments_);
}

void CommandScanner::end_size(std::string_view line) {
  if (!parse_size(line)) return;
  if (!is_as_written(line)) note_odd(line_at_);
  left_ = size_;
  head_size_ = 0;
  body_ = taker_.body(index_, size_);
  state_ = State::body;
  if (left_ == 0) end_argument();
}

void CommandScanner::read_body(std::string_view& bytes) {
  const std::string_view piece = bytes.substr(0, std::min<uint64_t>(left_, bytes.size()));
  if (body_ != nullptr) (void)body_->write(piece);
  const size_t kept = std::min(piece.size(), kHeadBytes - head_size_);
  std::memcpy(head_.data() + head_size_, piece.data(), kept);
  head_size_ += kept;
  bytes.remove_prefix(piece.size());
  at_ += piece.size();
  left_ -= piece.size();
  if (left_ == 0) end_argument();
}

void CommandScanner::end_argument() {
  taker_.argument(index_, size_, {head_.data(), head_size_});
  body_ = nullptr;
  left_ = gap_.size();
  state_ = State::gap;
}

void CommandScanner::read_gap(std::string_view& bytes) {
  const size_t n = std::min<uint64_t>(left_, bytes.size());
  std::memcpy(gap_.data() + gap_.size() - left_, bytes.data(), n);
  bytes.remove_prefix(n);
  at_ += n;
  left_ -= n;
  if (left_ != 0) return;
  if (std::string_view(gap_.data(), gap_.size()) != "\r\n") note_odd(at_ - gap_.size());
  state_ = State::size;
  if (++index_ < arguments_) return;
  state_ = State::start;
  sound_end_ = at_;
  taker_.end(at_);
}

void CommandScanner::finish() {
  switch (state_) {
    case State::start:
      return;
    case State::annotation:
      ends_in_annotation_ = true;
      return;
    case State::broken:
      name_zeros();
      return;
    case State::count:
    case State::size:
      // Servers take the number of a line that is cut as well.
      if (line_size_ > 1 && !parse_last_line()) return;
      break;
    case State::body:
      if (size_ > kSizeUsual) {  // servers make room for all of it first
        fail(Code::command_size, line_at_, {}, quoted(std::to_string(size_)));
        return;
      }
      break;
    case State::gap:
      break;
  }
  fail(Code::command_cut, begin_, {.found = at_ - begin_});
}

bool CommandScanner::parse_last_line() {
  const std::string_view line(line_.data(), line_size_);
  return state_ == State::count ? parse_count(line) : parse_size(line);
}

// Zeros to the end of the input are told apart from what somebody wrote there.
void CommandScanner::name_zeros() {
  const bool is_at_start =
      error_.code == Code::command_start || error_.code == Code::command_argument;
  if (!is_at_start || error_.numbers.found != 0 || zeros_from_ > error_.offset) return;
  fail(Code::command_zeros, zeros_from_, {.found = at_ - zeros_from_});
}

bool CommandScanner::fail(Code code, uint64_t offset, Detail numbers, std::string_view words) {
  state_ = State::broken;
  error_ = {.code = code,
            .offset = offset,
            .numbers = numbers,
            .words = std::string(words),
            .has_offset = true};
  return false;
}

}  // namespace rdb
