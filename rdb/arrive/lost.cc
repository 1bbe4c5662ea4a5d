#include "rdb/arrive/lost.h"

#include <algorithm>
#include <utility>

#include "rdb/base/bytes.h"
#include "rdb/base/crc64.h"
#include "rdb/base/limits.h"
#include "rdb/value/type.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD in UTF-8
// Fewer zeros may be the end of a value that is cut.
constexpr uint64_t kZerosMin = 32;

// The size of the UTF-8 character there; 0: it is none. One that is cut is as long as it would be.
size_t utf8_size(std::string_view bytes) {
  const uint8_t first = byte_at(bytes.data());
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (size_t i = 1; i < std::min(size, bytes.size()); ++i) {
    if ((byte_at(bytes.data() + i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

Arrival lost(Code code, uint64_t offset, std::string happened, std::string_view cure) {
  Arrival out;
  out.happened = std::move(happened);
  out.error = {.code = code,
               .offset = offset,
               .words = out.happened + std::string(cure),
               .has_offset = true};
  return out;
}

constexpr std::string_view kCopyAgain =
    ": what stood there is lost, copy the file again in binary mode";

// The first place where the text says that a byte stood for no character; of UTF-16 too.
size_t find_replacement(std::string_view head) {
  const bool is_little = head.starts_with("\xFF\xFE");
  if (!is_little && !head.starts_with("\xFE\xFF")) {
    return is_utf8_text(head) ? head.find(kReplacement) : std::string_view::npos;
  }
  const std::string_view unit = is_little ? "\xFD\xFF"sv : "\xFF\xFD"sv;
  size_t at = head.find(unit);
  while (at != std::string_view::npos && at % 2 != 0) at = head.find(unit, at + 1);
  return at;
}

// Bytes above 7F that became "?", lost their high bit or were left out: then no byte has that bit,
// and the name of the first AUX field shows itself behind another byte than FA, or none.
std::optional<Arrival> find_ascii(std::string_view head) {
  constexpr size_t kMagicBytes = 9;
  const std::string_view rest = head.substr(std::min(head.size(), kMagicBytes));
  const auto is_high = [](char c) { return static_cast<uint8_t>(c) >= 0x80; };
  const bool is_ascii = std::none_of(head.begin(), head.end(), is_high);
  if (!is_ascii || !(head.starts_with("REDIS") || head.starts_with("VALKEY"))) return {};
  const auto has_aux_at = [rest](size_t at) {
    return rest.size() > at && (rest.substr(at).starts_with("\tredis-ver") ||
                                rest.substr(at).starts_with("\nvalkey-ver"));
  };
  if (has_aux_at(0)) {
    return lost(Code::bytes_replaced, kMagicBytes, "every byte above 7f was left out", kCopyAgain);
  }
  if (!has_aux_at(1) || (rest[0] != '?' && rest[0] != 'z')) return {};
  return lost(Code::bytes_replaced, kMagicBytes,
              rest[0] == '?' ? "every byte above 7f became a question mark"
                             : "every byte above 7f lost its high bit",
              kCopyAgain);
}

std::optional<Arrival> find_replaced(std::string_view head) {
  const size_t at = find_replacement(head);
  if (at == std::string_view::npos) return find_ascii(head);
  return lost(Code::bytes_replaced, at,
              "the bytes were taken for UTF-8 text, and those that are none became U+FFFD (ef bf "
              "bd)",
              kCopyAgain);
}

// Where the zeros begin that stand before `end`.
uint64_t begin_of_zeros(RandomAccess& file, uint64_t end) {
  while (end != 0) {
    const uint64_t from = end - std::min<uint64_t>(end, kPieceBytes);
    const std::string piece = file.bytes_at(from, static_cast<size_t>(end - from));
    if (piece.size() != end - from) return end;
    const size_t last = piece.find_last_not_of('\0');
    if (last != std::string::npos) return from + last + 1;
    end = from;
  }
  return end;
}

// Zeros where reading ended: all of those that the reader tells, or those from some byte to the end
// of the file, if reading got as far.
std::optional<Arrival> find_zeros(RandomAccess& file, const Error& error, uint64_t pos) {
  Arrival out;
  out.error = error;
  if (error.code == Code::zeros) {
    out.error.offset = begin_of_zeros(file, error.offset);
    out.error.numbers.found += error.offset - out.error.offset;
  } else {
    const uint64_t from = begin_of_zeros(file, file.size());
    const uint64_t reached = error.has_offset ? std::max(pos, error.offset) : pos;
    if (from == 0 || file.size() - from < kZerosMin || reached < from) return {};
    out.error = {.code = Code::zeros,
                 .offset = from,
                 .numbers = {.found = file.size() - from},
                 .words = ", up to the end of the file",
                 .has_offset = true};
  }
  out.happened = std::to_string(out.error.numbers.found) +
                 " zero bytes stand instead of data from byte " + std::to_string(out.error.offset) +
                 " on";
  return out;
}

// What DUMP replies of one key: <type> <value> <version:u16> <crc64:u64>, little-endian.
struct Payload {
  uint64_t size = 0;
  bool has_newline = false;
  uint8_t type = 0;
  uint16_t version = 0;
};

std::optional<Payload> find_payload(ByteSource& source) {
  constexpr size_t kCrcBytes = 8;
  constexpr size_t kKept = 2 + kCrcBytes + 1;  // the footer and a newline
  constexpr uint16_t kVersionMax = 255;
  Payload out;
  std::string kept;  // the last bytes
  uint64_t crc = 0;  // of those before
  std::string piece(kPieceBytes, '\0');
  size_t got = 0;
  while (source.read(piece.data(), piece.size(), got) && got != 0) {
    if (out.size == 0) out.type = byte_at(piece.data());
    out.size += got;
    kept.append(piece, 0, got);
    const size_t done = kept.size() - std::min(kept.size(), kKept);
    crc = crc64(crc, std::string_view(kept).substr(0, done));
    kept.erase(0, done);
  }
  if (out.size <= kKept || !source.error().ok()) return {};
  for (const bool has_newline : {false, true}) {
    const std::string_view tail = std::string_view(kept).substr(0, kKept - (has_newline ? 1 : 0));
    if (has_newline && kept.back() != '\n') break;
    const std::string_view summed = tail.substr(0, tail.size() - kCrcBytes);
    out.version = load_le<uint16_t>(summed.data() + summed.size() - 2);
    const auto recorded = load_le<uint64_t>(tail.data() + summed.size());
    out.has_newline = has_newline;
    const bool is_right = recorded != 0 && crc64(crc, summed) == recorded;
    if (out.version <= kVersionMax && is_right) return out;
  }
  return {};
}

std::optional<Arrival> find_dump_payload(Rereadable& file) {
  const auto source = file.read_again();
  const std::optional<Payload> found = find_payload(*source);
  if (!found) return {};
  const Type* type = find_type(Dialect::valkey, found->type);
  if (type == nullptr) type = find_type(Dialect::redis_ce, found->type);
  return lost(
      Code::dump_payload, 0,
      "not an RDB file but a DUMP payload, the value of one key (" +
          (type != nullptr ? std::string(type->name) : "type " + std::to_string(found->type)) +
          ", RDB version " + std::to_string(found->version) + ")",
      found->has_newline
          ? " with a newline behind it: take that off (head -c -1), and give the rest to "
            "RESTORE (redis-cli -x RESTORE KEY 0)"
          : ": give it to RESTORE (redis-cli -x RESTORE KEY 0)");
}

}  // namespace

bool is_utf8_text(std::string_view bytes) {
  bool has_more = false;  // than ASCII
  while (!bytes.empty()) {
    const size_t size = utf8_size(bytes);
    if (size == 0) return false;
    has_more = has_more || size > 1;
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return has_more;
}

std::optional<Arrival> find_lost(Rereadable& file, std::string_view head, const Error& error,
                                 uint64_t pos) {
  if (auto found = find_replaced(head)) return found;
  if (error.code == Code::not_rdb) return find_dump_payload(file);
  RandomAccess* const bytes = file.anywhere();
  return bytes == nullptr ? std::nullopt : find_zeros(*bytes, error, pos);
}

}  // namespace rdb
