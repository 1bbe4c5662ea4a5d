#include "rdb/file/writer.h"

#include <array>
#include <limits>
#include <string>

#include "rdb/base/number.h"
#include "rdb/codec/length.h"
#include "rdb/file/opcode.h"

namespace rdb {
namespace {

constexpr size_t kHintBytes = 2 * kLengthBytes;

// Both counts of RESIZEDB in their longest form, so that they can be patched.
std::array<char, kHintBytes> format_hint(uint64_t keys, uint64_t expires) {
  std::array<char, kHintBytes> out{};
  (void)format_length_fixed(keys, out.data());
  (void)format_length_fixed(expires, out.data() + kLengthBytes);
  return out;
}

}  // namespace

bool Writer::aux(std::string_view name, std::string_view value) {
  return out_.byte(kAux) && string(name) && string(value);
}

bool Writer::function(std::string_view source) { return begin_function() && string(source); }

bool Writer::begin_function() { return out_.byte(kFunction2); }

bool Writer::begin_module_aux(const ModuleId& module, uint64_t when) {
  return out_.byte(kModuleAux) && length(module.id) &&
         length(static_cast<uint64_t>(ModuleOpcode::uint)) && length(when);
}

bool Writer::begin(const Record& entry) {
  if ((!has_database_ || entry.db != db_) && !select(entry.db)) return false;
  ++keys_;
  return lifetime(entry.lifetime) && out_.byte(entry.type->id) && string(entry.key);
}

bool Writer::lifetime(const Lifetime& lifetime) {
  if (lifetime.expire_ms) {
    ++expires_;
    if (!out_.byte(kExpireMs) || !out_.le(*lifetime.expire_ms)) return false;
  }
  if (lifetime.idle_s && !(out_.byte(kIdle) && length(*lifetime.idle_s))) return false;
  return !lifetime.freq || (out_.byte(kFreq) && out_.byte(*lifetime.freq));
}

bool Writer::select(uint64_t db) {
  if (!close_database() || !out_.byte(kSelectDb) || !length(db)) return false;
  db_ = db;
  has_database_ = true;
  keys_ = expires_ = 0;
  if (!out_.can_patch()) return true;
  if (!out_.byte(kResizeDb)) return false;
  hint_offset_ = out_.pos();
  const auto hint = format_hint(0, 0);
  return out_.write({hint.data(), hint.size()});
}

bool Writer::close_database() {
  if (!has_database_ || !out_.can_patch()) return true;
  const auto was = format_hint(0, 0);
  const auto now = format_hint(keys_, expires_);
  return out_.patch(hint_offset_, {was.data(), was.size()}, {now.data(), now.size()});
}

bool Writer::length(uint64_t n) {
  char form[kLengthBytes];
  return out_.write(format_length(n, form));
}

// As servers do: the canonical decimal of an int32 in binary, anything else as it is.
bool Writer::string(std::string_view bytes) {
  constexpr size_t kDigitsMax = 11;
  int64_t v = 0;
  const auto fits = [&v](auto type) {
    return v >= std::numeric_limits<decltype(type)>::min() &&
           v <= std::numeric_limits<decltype(type)>::max();
  };
  if (bytes.size() <= kDigitsMax && parse_int64(bytes, v) && fits(int32_t{})) {
    if (fits(int8_t{})) return out_.byte(0xc0) && out_.le(static_cast<int8_t>(v));
    if (fits(int16_t{})) return out_.byte(0xc1) && out_.le(static_cast<int16_t>(v));
    return out_.byte(0xc2) && out_.le(static_cast<int32_t>(v));
  }
  return length(bytes.size()) && out_.write(bytes);
}

bool Writer::finish() {
  return close_database() && out_.byte(kEof) && out_.le(out_.crc()) && out_.flush();
}

}  // namespace rdb
