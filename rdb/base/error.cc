#include "rdb/base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace rdb {
namespace {

struct Row {
  Code code;
  std::string_view name;
  Status status;
  // {f} and {a} stand for the numbers found and allowed, {s} for that found with its sign, {F} and
  // {A} for the same in sixteen hexadecimal digits, {b} for the byte found in two, {w} for the
  // words.
  std::string_view text;
};

constexpr Row kRows[] = {
    {Code::ok, "ok", Status::ok, "no error"},
    {Code::open_failed, "open_failed", Status::io, "cannot open: {w}"},
    {Code::read_failed, "read_failed", Status::io, "cannot read: {w}"},
    {Code::input_changed, "input_changed", Status::io,
     "the file changed while it was read; read a copy, or read it again once nothing writes to it"},
    {Code::write_failed, "write_failed", Status::io, "cannot write: {w}"},
    {Code::output_exists, "output_exists", Status::io, "exists already, --force replaces it"},
    {Code::is_directory, "is_directory", Status::io, "is a directory, not a file"},
    {Code::holds_others, "holds_others", Status::io,
     "holds {w}, which is none of the files written here, so it is not replaced"},
    {Code::temporary_failed, "temporary_failed", Status::io, "temporary file in {w}"},
    {Code::too_many_databases, "too_many_databases", Status::io,
     "more than {a} distinct databases, the most that are counted here; this is no damage, servers "
     "that are configured for so many load them"},
    {Code::too_large, "too_large", Status::io,
     "{w} of {f} bytes is larger than {a}, the most that is held in memory; --max-memory allows "
     "more"},
    {Code::bad_option, "bad_option", Status::usage, "{w}"},
    {Code::same_file, "same_file", Status::usage, "input and output are the same file"},
    {Code::same_output, "same_output", Status::usage,
     "two outputs are the same file: {w}; give each a file of its own"},
    {Code::too_many_duplicates, "too_many_duplicates", Status::usage,
     "more than {a} records have the key of another, --max-memory takes in more"},
    {Code::too_many_damaged, "too_many_damaged", Status::usage,
     "more than {a} values are damaged, --max-memory takes in more"},
    {Code::empty_file, "empty_file", Status::damaged,
     "file is empty, an RDB file begins with REDIS or VALKEY"},
    {Code::not_rdb, "not_rdb", Status::damaged, "not an RDB file, it looks like {w}"},
    {Code::bad_version, "bad_version", Status::damaged,
     "header \"{w}\" has no version, four digits after REDIS or three after VALKEY"},
    {Code::truncated, "truncated", Status::damaged,
     "file ends early, {f} of the {a} bytes needed here are there{w}"},
    {Code::bad_length, "bad_length", Status::damaged,
     "length begins with byte 0x{b}, none of 00-7f, 80, 81"},
    {Code::bad_string_encoding, "bad_string_encoding", Status::damaged,
     "string encoding {f} is unknown, 0 to {a} are known"},
    {Code::bad_opcode, "bad_opcode", Status::damaged,
     "byte {f} is neither a value type nor an opcode of RDB version {a}"},
    {Code::bad_wrapper, "bad_wrapper", Status::damaged, "{w}"},
    {Code::checksum_mismatch, "checksum_mismatch", Status::damaged,
     "checksum of the content is {A}, the file records {F}"},
    {Code::zeros, "zeros", Status::damaged,
     "zero bytes stand here instead of data, {f} of them{w}"},
    {Code::line_ends, "line_ends", Status::damaged, "{w}"},
    {Code::written_as_text, "written_as_text", Status::damaged, "{w}"},
    {Code::byte_order_mark, "byte_order_mark", Status::damaged, "{w}"},
    {Code::text_in_front, "text_in_front", Status::damaged, "{w}"},
    {Code::bytes_replaced, "bytes_replaced", Status::damaged, "{w}"},
    {Code::dump_payload, "dump_payload", Status::damaged, "{w}"},
    {Code::bad_text, "bad_text", Status::damaged, "{w}"},
    {Code::capture_cut, "capture_cut", Status::damaged,
     "the capture of a replication link ends before its RDB part, {w}"},
    {Code::capture_size, "capture_size", Status::damaged,
     "the capture announces an RDB part of {a} bytes, {w} after {f}"},
    {Code::capture_mark, "capture_mark", Status::damaged, "{w}"},
    {Code::too_much_lost, "too_much_lost", Status::damaged,
     "{f} bytes are lost up to here, {a} are the most that may be (--max-loss)"},
    {Code::nothing_left, "nothing_left", Status::damaged, "no key is left in it"},
    {Code::lzf_ratio, "lzf_ratio", Status::damaged,
     "compressed string claims {f} bytes, at most {a} fit its compressed size"},
    {Code::lzf_overrun, "lzf_overrun", Status::damaged,
     "compressed string ends inside a token of {f} bytes, {a} are left"},
    {Code::lzf_distance, "lzf_distance", Status::damaged,
     "compressed string copies from {f} bytes back, only {a} have been made"},
    {Code::lzf_size, "lzf_size", Status::damaged,
     "compressed string makes {f} bytes, {a} were declared"},
    {Code::bad_score, "bad_score", Status::damaged, "score is no number but {w}"},
    {Code::score_exponent, "score_exponent", Status::damaged,
     "score {w} has an exponent without digits, which not every C library reads"},
    {Code::nan_score, "nan_score", Status::damaged, "score is not a number (NaN)"},
    {Code::bad_field_expiry, "bad_field_expiry", Status::damaged,
     "field expiry is below -1, which stands for none"},
    {Code::blob_short, "blob_short", Status::damaged,
     "blob of {f} bytes is shorter than the {a} of an empty one"},
    {Code::blob_size, "blob_size", Status::damaged, "header says {f} bytes, the blob has {a}"},
    {Code::blob_end, "blob_end", Status::damaged,
     "the last of the blob's {a} bytes, and none before it, should be the end mark ff"},
    {Code::blob_count, "blob_count", Status::damaged, "header says {f} elements, the blob has {a}"},
    {Code::entry_encoding, "entry_encoding", Status::damaged,
     "element begins with byte 0x{b}, which is no encoding"},
    {Code::entry_overrun, "entry_overrun", Status::damaged,
     "element of {f} bytes runs past the blob ({a} bytes)"},
    {Code::entry_back_length, "entry_back_length", Status::damaged,
     "back-length says {f}, the element has {a} bytes"},
    {Code::entry_previous_length, "entry_previous_length", Status::damaged,
     "element before is {a} bytes long, the back-length says {f}"},
    {Code::tail_offset, "tail_offset", Status::damaged,
     "header says that the last element is at {f}, it is at {a}"},
    {Code::odd_elements, "odd_elements", Status::damaged, "{f} elements do not make pairs"},
    {Code::intset_width, "intset_width", Status::damaged,
     "integers are {f} bytes wide, only 2, 4 and 8 exist"},
    {Code::empty_blob, "empty_blob", Status::damaged,
     "blob has no element, which no server accepts in this type"},
    {Code::bad_container, "bad_container", Status::damaged,
     "node container {f} is unknown, 1 (plain) and 2 (packed) are known"},
    {Code::empty_plain_node, "empty_plain_node", Status::damaged, "plain node is empty"},
    {Code::stream_node_key, "stream_node_key", Status::damaged,
     "stream node key has {f} bytes, not {a}"},
    {Code::stream_node_empty, "stream_node_empty", Status::damaged, "stream node is empty"},
    {Code::stream_node_master, "stream_node_master", Status::damaged,
     "stream node does not begin with a master entry"},
    {Code::stream_node_count, "stream_node_count", Status::damaged,
     "stream node declares {s} entries, it has {a}"},
    {Code::stream_node_deleted, "stream_node_deleted", Status::damaged,
     "stream node declares {s} deleted entries, it has {a}"},
    {Code::stream_entry, "stream_entry", Status::damaged,
     "stream entry has no flags, id and field count in integers of their range"},
    {Code::stream_entry_end, "stream_entry_end", Status::damaged,
     "stream entry says it is {f} elements long, it has {a}"},
    {Code::stream_without_nodes, "stream_without_nodes", Status::damaged,
     "stream of {f} entries has no nodes"},
    {Code::module_opcode, "module_opcode", Status::damaged,
     "module data has opcode {f}, 0 to {a} are known"},
    {Code::module_when, "module_when", Status::damaged,
     "module auxiliary data is to be loaded at time {f}, 1 (before) and 2 (after) are known"},
    {Code::slot_import, "slot_import", Status::damaged,
     "slot import record is not 40 bytes of name and ranges within 0-16383"},
    {Code::command_start, "command_start", Status::damaged,
     "an append-only command begins with '*' and an annotation with '#', not with byte 0x{b}"},
    {Code::command_count, "command_count", Status::damaged,
     "a command cannot have {w} arguments, 1 to 2147483647 are possible"},
    {Code::command_argument, "command_argument", Status::damaged,
     "an argument begins with '$', not with byte 0x{b}"},
    {Code::command_size, "command_size", Status::damaged,
     "an argument cannot be {w} bytes long, 0 to 536870912 are usual"},
    {Code::command_cut, "command_cut", Status::damaged,
     "the last command is incomplete, the file ends after {f} of its bytes"},
    {Code::command_zeros, "command_zeros", Status::damaged,
     "{f} zero bytes follow the last command up to the end; servers do not start on them"},
    {Code::transaction_cut, "transaction_cut", Status::damaged,
     "a transaction begins here with MULTI, and the file has no EXEC for it"},
    {Code::annotation_cut, "annotation_cut", Status::damaged,
     "the file ends inside an annotation; a server loads it, appends to this line, and does not "
     "start again"},
    {Code::bad_manifest, "bad_manifest", Status::damaged, "{w}"},
    {Code::missing_file, "missing_file", Status::damaged, "{w}"},
    {Code::foreign_layout, "foreign_layout", Status::damaged,
     "{w} is not laid out as that product writes it, or is cut"},
    {Code::stray_member, "stray_member", Status::damaged, "{w}"},
    {Code::output_differs, "output_differs", Status::damaged,
     "read back, it is not what was carried: {w}"},
    {Code::output_refused, "output_refused", Status::damaged,
     "read back, the target would not load it: {w}"},
    {Code::foreign_version, "foreign_version", Status::foreign, "{w}"},
    {Code::foreign_type, "foreign_type", Status::foreign,
     "value type {f} is of a format that this release cannot follow ({w})"},
    {Code::foreign_opcode, "foreign_opcode", Status::foreign,
     "opcode {f} is of a format that this release cannot follow ({w})"},
    {Code::unsupported_wrapper, "unsupported_wrapper", Status::foreign, "{w}"},
    {Code::module_pre_ga, "module_pre_ga", Status::foreign,
     "value of module {w} in the form of Redis 4.0 release candidates, which nothing frames"},
    {Code::not_found, "not_found", Status::negative, "{w}"},
    {Code::count_differs, "count_differs", Status::unexpected, "{w}"},
    {Code::late_member, "late_member", Status::unexpected, "{w}"},
    {Code::not_loadable, "not_loadable", Status::unexpected, "{w}"},
    {Code::capture_commands, "capture_commands", Status::unexpected, "{w}"},
    {Code::not_encodable, "not_encodable", Status::unexpected,
     "{w} of {f} bytes cannot be written, {a} are the most"},
    {Code::same_hash, "same_hash", Status::unexpected,
     "a key made to be taken for another one: which are duplicates cannot be told"},
    {Code::no_rdb_part, "no_rdb_part", Status::unexpected, "holds {w}"},
    {Code::commands_unread, "commands_unread", Status::unexpected, "{w}"},
    {Code::no_checksum, "no_checksum", Status::unverifiable,
     "no checksum is recorded, and --require-checksum was given"},
};

consteval bool rows_are_in_order() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].code != static_cast<Code>(i)) return false;
  }
  return static_cast<size_t>(Code::no_checksum) + 1 == std::size(kRows);
}
static_assert(rows_are_in_order(), "one row a code, in the order of the enumeration");

const Row& row(Code code) { return kRows[static_cast<size_t>(code)]; }

std::string decimal(uint64_t v) { return std::to_string(v); }

std::string hexadecimal(uint64_t v, size_t width) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v, 16).ptr;
  const std::string text(digits.data(), end);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

Status status(Code code) { return row(code).status; }

bool ends_input(const Error& error) {
  return status(error.code) == Status::io && error.code != Code::too_large;
}

std::string_view name(Code code) { return row(code).name; }

std::string words(const Error& error) {
  std::string out;
  const std::string_view text = row(error.code).text;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      out += text[i];
      continue;
    }
    switch (text[i + 1]) {
      case 'f':
        out += decimal(error.numbers.found);
        break;
      case 'a':
        out += decimal(error.numbers.allowed);
        break;
      case 's':
        out += std::to_string(static_cast<int64_t>(error.numbers.found));
        break;
      case 'F':
        out += hexadecimal(error.numbers.found, 16);
        break;
      case 'A':
        out += hexadecimal(error.numbers.allowed, 16);
        break;
      case 'b':
        out += hexadecimal(error.numbers.found, 2);
        break;
      default:
        out += error.words;
    }
    i += 2;
  }
  return one_line(out);
}

std::string message(const Error& error, std::string_view path) {
  std::string out(path);
  out += ": ";
  if (error.has_offset) {
    out += "byte " + decimal(error.offset);
    if (error.inner >= 0) out += "+" + decimal(static_cast<uint64_t>(error.inner));
    out += ": ";
  }
  if (error.has_key) {
    out += "db " + decimal(error.db) + " key " + error.key.quoted();
    if (!error.type.empty()) out += " [" + error.type + "]";
    out += ": ";
  }
  return one_line(out + words(error));
}

}  // namespace rdb
