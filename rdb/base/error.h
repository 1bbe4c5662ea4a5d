// What can go wrong, in one table: code → name, words, exit status.
//
// A failed function returns false; the object it worked on holds the first Error. Numbers, not
// text, are recorded where the failure is met; message() makes the words, once, on the cold path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/base/key_name.h"
#include "rdb/base/shown.h"

namespace rdb {

// Exit statuses of the program; a code belongs to exactly one.
enum class Status : uint8_t {
  ok = 0,            // yes, done
  negative = 1,      // a negative answer
  usage = 2,         // the command line is wrong
  io = 3,            // cannot open, read, write
  damaged = 4,       // the data is not what any server wrote
  foreign = 5,       // sound, but of another product or too new
  unexpected = 6,    // sound, but not what was expected, or not loadable by the target
  unverifiable = 7,  // no checksum recorded, and one was required
};

enum class Code : uint8_t {
  ok,
  // io
  open_failed,
  read_failed,
  input_changed,
  write_failed,
  output_exists,
  is_directory,
  holds_others,
  temporary_failed,
  too_many_databases,  // a limit of the reader, not damage
  too_large,           // likewise
  // usage
  bad_option,
  same_file,
  same_output,
  too_many_duplicates,
  too_many_damaged,
  // damaged: framing
  empty_file,
  not_rdb,
  bad_version,
  truncated,
  bad_length,
  bad_string_encoding,
  bad_opcode,
  bad_wrapper,
  checksum_mismatch,
  zeros,
  line_ends,
  written_as_text,
  byte_order_mark,
  text_in_front,
  bytes_replaced,
  dump_payload,
  bad_text,
  capture_cut,
  capture_size,
  capture_mark,
  too_much_lost,
  nothing_left,
  // damaged: LZF
  lzf_ratio,
  lzf_overrun,
  lzf_distance,
  lzf_size,
  // damaged: numbers
  bad_score,
  score_exponent,
  nan_score,
  bad_field_expiry,
  // damaged: packed blobs
  blob_short,
  blob_size,
  blob_end,
  blob_count,
  entry_encoding,
  entry_overrun,
  entry_back_length,
  entry_previous_length,
  tail_offset,
  odd_elements,
  intset_width,
  empty_blob,
  // damaged: quicklists, streams, modules
  bad_container,
  empty_plain_node,
  stream_node_key,
  stream_node_empty,
  stream_node_master,
  stream_node_count,
  stream_node_deleted,
  stream_entry,
  stream_entry_end,
  stream_without_nodes,
  module_opcode,
  module_when,
  slot_import,
  // damaged: append-only commands and manifests
  command_start,
  command_count,
  command_argument,
  command_size,
  command_cut,
  command_zeros,
  transaction_cut,
  annotation_cut,
  bad_manifest,
  missing_file,
  // damaged: what other products have
  foreign_layout,
  stray_member,
  // damaged: what was written
  output_differs,
  output_refused,
  // foreign
  foreign_version,
  foreign_type,
  foreign_opcode,
  unsupported_wrapper,
  module_pre_ga,
  // a negative answer
  not_found,
  // unexpected
  count_differs,
  late_member,
  not_loadable,
  capture_commands,
  not_encodable,
  same_hash,
  no_rdb_part,
  commands_unread,
  // unverifiable
  no_checksum,
};

// The numbers that the words of a code may name.
struct Detail {
  uint64_t found = 0;
  uint64_t allowed = 0;
};

struct Error {
  Code code = Code::ok;
  uint64_t offset = 0;  // of the first byte of the token that failed, in the (unwrapped) file
  int64_t inner = -1;   // the same inside a packed or decompressed blob, or -1
  Detail numbers = {};
  std::string words =
      {};  // for codes whose cause is text: a path, strerror, what a file looks like
  bool has_offset = false;
  // Known once a Reader has annotated the error.
  bool has_key = false;
  uint64_t db = 0;
  KeyName key = {};
  std::string type = {};

  [[nodiscard]] bool ok() const { return code == Code::ok; }
};

[[nodiscard]] Status status(Code code);

// Returns true if nothing more can be read from the input. False for `too_large`: the size may be
// damage, and reading can go on after it.
[[nodiscard]] bool ends_input(const Error& error);

// A stable identifier for programs, e.g. "entry_overrun".
[[nodiscard]] std::string_view name(Code code);

// The words alone, in one line (shown.h): "entry of 900 bytes runs past the blob (512)".
[[nodiscard]] std::string words(const Error& error);

// The whole line, in one: `dump.rdb: byte 1048+37: db 3 key "user:17" [hash-listpack]: entry of …`.
[[nodiscard]] std::string message(const Error& error, std::string_view path);

}  // namespace rdb
