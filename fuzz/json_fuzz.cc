// Strings as JSON: in each mode the line is JSON and the bytes come back, in however many pieces
// they came; valid_utf8 agrees with a second reading of RFC 3629. Choices: the mode, the piece.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "fuzz/json_reader.h"
#include "rdb/io/output.h"
#include "rdb/show/json.h"

namespace rdb {
namespace {

std::string print(std::string_view bytes, BytesMode mode, size_t piece) {
  MemorySink sink;
  Output out(sink);
  Json json(out, mode);
  bool ok = json.open_array();
  for (Text text{{}, 0, bytes.size()};; text.offset += piece) {
    text.data = bytes.substr(text.offset, piece);
    ok = ok && json.bytes(text);
    if (text.is_last()) break;
  }
  require(ok && json.text(bytes) && json.bytes(bytes) && json.close_array() && json.end_line() &&
              out.flush(),
          "printing never fails");
  return sink.bytes();
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  unsigned held = 0;
  require(text.size() % 4 == 0, "base64 is padded");
  for (const char c : text.substr(0, text.find('='))) {
    const size_t digit = kDigits.find(c);
    require(digit != std::string_view::npos, "base64 has its own digits");
    bits = bits << 6 | static_cast<uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held);
  }
  return out;
}

// The bytes that one printed string stands for.
std::string read_back(JsonReader& reader, BytesMode mode) {
  std::string utf8;
  if (reader.take("{\"base64\":")) {
    require(reader.string(utf8) && reader.take("}"), "base64 stands in an object");
    require(mode != BytesMode::latin1, "latin1 needs no base64");
    return from_base64(utf8);
  }
  require(reader.string(utf8), "bytes are a string otherwise");
  require(mode != BytesMode::base64, "base64 is used throughout");
  if (mode == BytesMode::automatic) return utf8;
  std::string bytes;
  uint32_t point = 0;
  for (std::string_view left = utf8; take_code_point(left, point);) {
    require(point < 256, "latin1 has 256 characters");
    bytes += static_cast<char>(point);
  }
  return bytes;
}

size_t valid_by_points(std::string_view bytes) {
  std::string_view left = bytes;
  uint32_t point = 0;
  while (take_code_point(left, point)) {
  }
  return bytes.size() - left.size();
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const auto mode = static_cast<rdb::BytesMode>(choices.byte() % 3);
  const size_t piece = choices.byte() + size_t{1};
  const std::string_view bytes = choices.rest();
  rdb::require(rdb::valid_utf8(bytes) == rdb::valid_by_points(bytes),
               "UTF-8 is what RFC 3629 says");

  const std::string line = rdb::print(bytes, mode, piece);
  rdb::require(rdb::is_json_lines(line), "a line is JSON");
  rdb::JsonReader reader(line);
  rdb::require(reader.take("["), "the array opens");
  rdb::require(rdb::read_back(reader, mode) == bytes, "pieces come back");
  std::string ignored;
  rdb::require(reader.take(",") && reader.string(ignored), "a text is a string");
  rdb::require(reader.take(",") && rdb::read_back(reader, mode) == bytes, "bytes come back");
  rdb::require(reader.take("]\n") && reader.rest().empty(), "the array closes");
  return 0;
}
