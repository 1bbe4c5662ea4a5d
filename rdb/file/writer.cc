#include "rdb/file/writer.h"

#include <array>

#include "rdb/codec/length.h"
#include "rdb/codec/string.h"
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
  return out_.byte(kAux) && write_string(out_, name, false) && write_string(out_, value, false);
}

bool Writer::function(std::string_view source) {
  return begin_function() && write_string(out_, source, false);
}

bool Writer::begin_function() { return out_.byte(kFunction2); }

bool Writer::begin_module_aux(const ModuleId& module, uint64_t when) {
  return out_.byte(kModuleAux) && write_length(out_, module.id) &&
         write_length(out_, static_cast<uint64_t>(ModuleOpcode::uint)) && write_length(out_, when);
}

bool Writer::begin(const Record& entry) {
  if ((!has_database_ || entry.db != db_) && !select(entry.db)) return false;
  ++keys_;
  return lifetime(entry.lifetime) && out_.byte(entry.type->id) &&
         write_string(out_, entry.key, false);
}

bool Writer::lifetime(const Lifetime& lifetime) {
  if (lifetime.expire_ms) {
    ++expires_;
    if (!out_.byte(kExpireMs) || !out_.le(*lifetime.expire_ms)) return false;
  }
  if (lifetime.idle_s && !(out_.byte(kIdle) && write_length(out_, *lifetime.idle_s))) return false;
  return !lifetime.freq || (out_.byte(kFreq) && out_.byte(*lifetime.freq));
}

bool Writer::select(uint64_t db) {
  if (!close_database() || !out_.byte(kSelectDb) || !write_length(out_, db)) return false;
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

bool Writer::finish() {
  return close_database() && out_.byte(kEof) && out_.le(out_.crc()) && out_.flush();
}

}  // namespace rdb
