#include "cli/library_wire.h"

#include <utility>

#include "rdb/base/bytes.h"

namespace cli {
namespace {

constexpr size_t kSizeBytes = 4;
constexpr unsigned kHasServer = 1;
constexpr unsigned kMayLog = 2;
constexpr unsigned kEndsAtZero = 4;
constexpr unsigned kUsesVersion = 1;
constexpr unsigned kUsesLog = 2;

void put_size(std::string& to, size_t size) {
  char bytes[kSizeBytes];
  rdb::store_le(bytes, static_cast<uint32_t>(size));
  to.append(bytes, sizeof bytes);
}

size_t size_at(std::string_view bytes) { return rdb::load_le<uint32_t>(bytes.data()); }

void put_text(std::string& to, std::string_view text) {
  put_size(to, text.size());
  to += text;
}

bool take_text(std::string_view& from, std::string& text) {
  if (from.size() < kSizeBytes) return false;
  const size_t size = size_at(from);
  from.remove_prefix(kSizeBytes);
  if (from.size() < size) return false;
  text = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

unsigned take_byte(std::string_view& from) {
  const unsigned out = static_cast<uint8_t>(from[0]);
  from.remove_prefix(1);
  return out;
}

}  // namespace

std::string message_head(Message kind, size_t size) {
  std::string out(1, static_cast<char>(kind));
  put_size(out, size);
  return out;
}

MessageHead parse_message_head(std::string_view head) {
  return {.kind = static_cast<Message>(head[0]), .size = size_at(head.substr(1))};
}

std::string format_api(const rdb::LibraryApi& api) {
  const unsigned flags = (api.has_server ? kHasServer : 0) | (api.may_log ? kMayLog : 0) |
                         (api.ends_at_zero ? kEndsAtZero : 0);
  std::string out(1, static_cast<char>(flags));
  put_text(out, api.redis_version);
  put_text(out, api.valkey_version);
  return out;
}

bool parse_api(std::string_view bytes, rdb::LibraryApi& api) {
  if (bytes.empty()) return false;
  const unsigned flags = take_byte(bytes);
  api.has_server = (flags & kHasServer) != 0;
  api.may_log = (flags & kMayLog) != 0;
  api.ends_at_zero = (flags & kEndsAtZero) != 0;
  return take_text(bytes, api.redis_version) && take_text(bytes, api.valkey_version);
}

std::string format_answer(const rdb::LibraryAnswer& answer) {
  std::string out(1, static_cast<char>(answer.kind));
  out += static_cast<char>((answer.uses_version ? kUsesVersion : 0) |
                           (answer.uses_log ? kUsesLog : 0));
  put_text(out, std::string_view(answer.words).substr(0, kWordsBytesMax));
  for (const std::string& function : answer.functions) put_text(out, function);
  return out;
}

bool parse_answer(std::string_view bytes, rdb::LibraryAnswer& answer) {
  using Kind = rdb::LibraryAnswer::Kind;
  if (bytes.size() < 2) return false;
  const unsigned kind = take_byte(bytes);
  if (kind > static_cast<unsigned>(Kind::undecided)) return false;
  answer.kind = static_cast<Kind>(kind);
  const unsigned flags = take_byte(bytes);
  answer.uses_version = (flags & kUsesVersion) != 0;
  answer.uses_log = (flags & kUsesLog) != 0;
  if (!take_text(bytes, answer.words)) return false;
  while (!bytes.empty()) {
    std::string name;
    if (!take_text(bytes, name)) return false;
    answer.functions.insert(std::move(name));
  }
  return true;
}

}  // namespace cli
