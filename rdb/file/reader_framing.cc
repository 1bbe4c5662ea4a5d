// How a Reader takes the framing of a capture off, and what it says where zeros or something that
// happened to the file on its way here keep it from reading on.
#include <algorithm>
#include <utility>

#include "rdb/base/limits.h"
#include "rdb/file/reader.h"
#include "rdb/io/looks_like.h"

namespace rdb {

bool Reader::read_framing() {
  while (in_.available() < kLooksLikeBytes && in_.more()) {
  }
  if (!error().ok()) return false;
  if (in_.available() == 0) return in_.fail(Code::empty_file, 0);
  if (!may_begin_framing(*in_.cursor())) return true;
  std::string_view last;
  FramingState state = FramingState::more;
  for (bool has_more = true; state == FramingState::more; has_more = in_.more()) {
    if (!error().ok()) return false;
    state = parse_framing({in_.cursor(), in_.available()}, !has_more, framing_, last);
  }
  const uint64_t at = in_.pos() + framing_.bytes;
  if (state == FramingState::commands) {
    return in_.fail({.code = Code::capture_commands,
                     .offset = at,
                     .words = "a capture of a replication link without an RDB part: after " +
                              quoted(last) +
                              " come commands only, which change data that is not "
                              "here; capture a full synchronisation (PSYNC ? -1)",
                     .has_offset = true});
  }
  if (state == FramingState::cut) {
    const bool is_inside = framing_.bytes < in_.available();
    return in_.fail({.code = Code::capture_cut,
                     .offset = at,
                     .words = (is_inside ? "inside the line " : "after the line ") + quoted(last) +
                              (last.find("CHANNELSYNC") != std::string_view::npos
                                   ? ", which says that the snapshot goes over a second connection"
                                   : ""),
                     .has_offset = true});
  }
  in_.advance(framing_.bytes);
  in_.restart_crc();
  while (in_.available() < kLooksLikeBytes && in_.more()) {
  }
  return error().ok();
}

// Compares the RDB part that has been read with what the framing announced, and steps over nothing.
bool Reader::end_framing() {
  const uint64_t size = end_ - header_.offset;
  if (framing_.kind == Framing::Kind::size && size != framing_.size) {
    framing_error_ = {.code = Code::capture_size,
                      .offset = end_,
                      .numbers = {size, framing_.size},
                      .words = "which ends",
                      .has_offset = true};
  } else if (framing_.kind == Framing::Kind::mark) {
    while (in_.available() < kMarkBytes && in_.more()) {
    }
    if (!error().ok()) return false;
    const std::string_view found(in_.cursor(), std::min(in_.available(), kMarkBytes));
    if (found == framing_.mark) return true;
    framing_error_ = {.code = Code::capture_mark, .offset = end_, .has_offset = true};
    framing_error_.words = std::string_view(framing_.mark).starts_with(found)
                               ? "the capture ends early: " + std::to_string(found.size()) +
                                     " of the " + std::to_string(kMarkBytes) +
                                     " bytes of the mark at its end are there"
                               : "the capture announces that " + quoted(framing_.mark) +
                                     " ends it, and " + quoted(found) + " follows the RDB part";
  }
  if (framing_error_.ok() || !options_.verify_framing) return true;
  return in_.fail(framing_error_);
}

// At the value of a string with an empty key: whether it and what follows are zeros. A second
// record of that key, which they would be, is in no file that a server wrote.
bool Reader::find_zeros() {
  constexpr size_t kBefore = 2;     // the type and the key
  constexpr size_t kNextBytes = 4;  // the value, and a type, key and value
  while (in_.available() < kNextBytes && in_.more()) {
  }
  const std::string_view next(in_.cursor(), std::min(in_.available(), kNextBytes));
  const auto is_zero = [](char c) { return c == '\0'; };
  if (!error().ok() || next.size() < 2 || !std::all_of(next.begin(), next.end(), is_zero)) {
    return false;
  }
  const uint64_t from = in_.pos() - kBefore;
  if (!options_.drains) in_.advance(next.size());
  bool is_end = options_.drains;
  while (is_end && (in_.available() != 0 || in_.more())) {
    const std::string_view bytes(in_.cursor(), in_.available());
    const size_t zeros = std::min(bytes.find_first_not_of('\0'), bytes.size());
    in_.advance(zeros);
    is_end = zeros == bytes.size();
  }
  if (!error().ok()) return true;
  return !in_.fail({.code = Code::zeros,
                    .offset = from,
                    .numbers = {.found = in_.pos() - from},
                    .words = is_end            ? ", up to the end of the file"
                             : options_.drains ? ""
                                               : " or more",
                    .has_offset = true});
}

// Says of the first error what is known of its cause; always false.
bool Reader::explain() {
  if (error().ok() || is_explained_) return false;
  const Status known = status(error().code);
  if (known == Status::io || known == Status::unexpected) return false;
  is_explained_ = true;
  Error& error = in_.error();
  const uint64_t size = in_.reached() - framing_.bytes;
  if (framing_.kind == Framing::Kind::size && error.code == Code::truncated &&
      size < framing_.size) {
    error = {.code = Code::capture_size,
             .offset = error.offset,
             .numbers = {size, framing_.size},
             .words = "and the file ends",
             .has_offset = true};
  }
  in_.explain();
  return false;
}

}  // namespace rdb
