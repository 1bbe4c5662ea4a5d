#include "rdb/compare/redis_digest.h"

#include <cmath>
#include <string>

#include "rdb/base/bytes.h"
#include "rdb/base/fpconv.h"
#include "rdb/base/number.h"
#include "rdb/server/target.h"
#include "rdb/value/encode.h"

namespace rdb {
namespace {

constexpr uint8_t kZsetText = 3;
constexpr uint8_t kZset = 5;

std::string_view view(const Sha1Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Sha1Digest sha1(std::string_view bytes) {
  Sha1 sum;
  sum.add(bytes);
  return sum.finish();
}

void flip(Sha1Digest& to, const Sha1Digest& by) {
  for (size_t i = 0; i < to.size(); ++i) to[i] ^= by[i];
}

void exclusive_or(Sha1Digest& to, std::string_view bytes) { flip(to, sha1(bytes)); }

void mix(Sha1Digest& to, std::string_view bytes) {
  exclusive_or(to, bytes);
  to = sha1(view(to));
}

void mix_be32(Sha1Digest& to, uint64_t v) {
  char bytes[4];
  store_be(bytes, static_cast<uint32_t>(v));
  mix(to, {bytes, sizeof bytes});
}

// OBJ_STRING to OBJ_STREAM of src/server.h.
uint32_t type_of(Kind kind) {
  constexpr uint32_t kModule = 5;
  constexpr uint32_t kStream = 6;
  if (kind == Kind::module) return kModule;
  return kind == Kind::stream ? kStream : static_cast<uint32_t>(kind);
}

}  // namespace

DigestRules digest_rules(const Header& header, int64_t now_ms) {
  return {.has_fpconv_scores = header.version >= kHasFpconvScores,
          .counts_field_expiries = header.dialect == Dialect::redis_ce,
          .now_ms = header.dialect == Dialect::valkey ? now_ms : DigestRules{}.now_ms};
}

void KeyDigest::start(const Record& record, bool with_name) {
  key_ = {};
  if (with_name) rdb::mix(key_, record.key);
  kind_ = record.type->kind;
  mix_be32(key_, type_of(kind_));
  expires_ = record.lifetime.expire_ms.has_value();
}

bool KeyDigest::begin(const Type& type, uint64_t count) {
  elements_ = 0;
  is_open_ = is_deleted_ = is_unsorted_ = false;
  last_node_.reset();
  signs_ = {};
  const bool is_plain = type.id == kZsetText || type.id == kZset;
  is_packed_ = rules_.drops_zero_signs && is_plain && count <= kZsetEntries;
  return true;
}

bool KeyDigest::end() {
  add_field();
  return true;
}

Sha1Digest KeyDigest::finish() {
  if (is_packed_) flip(key_, signs_);
  if (expires_) exclusive_or(key_, "!!expire!!");
  return key_;
}

// True once the text is complete.
bool KeyDigest::mix(Sha1Digest& to, const Text& text) {
  text_.add(text.data);
  if (!text.is_last()) return false;
  flip(to, text_.finish());
  to = sha1(view(to));
  text_.start();
  return true;
}

bool KeyDigest::item(const Text& text) {
  elements_ += mix(key_, text) ? 1 : 0;
  return true;
}

bool KeyDigest::member(const Text& text) {
  if (kind_ == Kind::zset) {
    if (text.is_first()) element_ = {};
    if (text.total > kPackedValueBytes) is_packed_ = false;
    elements_ += mix(element_, text) ? 1 : 0;
    return true;
  }
  text_.add(text.data);
  if (!text.is_last()) return true;
  flip(key_, text_.finish());
  text_.start();
  ++elements_;
  return true;
}

bool KeyDigest::score(double score) {
  char digits[kNumberBytes];
  if (is_packed_ && score == 0 && std::signbit(score)) {
    Sha1Digest without = element_;
    rdb::mix(without, "0");
    exclusive_or(signs_, view(without));
    Sha1Digest with = element_;
    rdb::mix(with, "-0");
    exclusive_or(signs_, view(with));
  }
  rdb::mix(element_, rules_.has_fpconv_scores ? format_score(score, digits)
                                              : format_double_17g(score, digits));
  exclusive_or(key_, view(element_));
  return true;
}

bool KeyDigest::field(const Text& text) {
  if (is_deleted_) return true;
  if (kind_ != Kind::hash) {
    (void)mix(key_, text);
    return true;
  }
  add_field();
  if (text.is_first()) element_ = {};
  (void)mix(element_, text);
  return true;
}

bool KeyDigest::value(const Text& text) {
  if (is_deleted_) return true;
  const bool is_complete = mix(kind_ == Kind::hash ? element_ : key_, text);
  is_open_ = is_complete && kind_ == Kind::hash;
  return true;
}

bool KeyDigest::expiry(int64_t ms) {
  if (ms == kNoExpiry) return true;
  if (ms <= rules_.now_ms) is_open_ = false;
  if (rules_.counts_field_expiries) exclusive_or(element_, "!!hexpire!!");
  return true;
}

void KeyDigest::add_field() {
  if (!is_open_) return;
  is_open_ = false;
  ++elements_;
  exclusive_or(key_, view(element_));
}

bool KeyDigest::stream_node(const StreamId& key, std::string_view) {
  is_unsorted_ = is_unsorted_ || (last_node_ && key < *last_node_);
  last_node_ = key;
  return true;
}

bool KeyDigest::stream_entry(const StreamEntry& entry) {
  is_deleted_ = entry.is_deleted;
  if (is_deleted_) return true;
  rdb::mix(key_, std::to_string(entry.id.ms) + "." + std::to_string(entry.id.seq));
  return true;
}

void DatasetDigest::add(uint64_t db, const Sha1Digest& key) {
  if (current_ == nullptr || db != current_db_) {
    current_ = &databases_[db];
    current_db_ = db;
  }
  exclusive_or(*current_, view(key));
}

Sha1Digest DatasetDigest::get() const {
  Sha1Digest out{};
  for (const auto& [db, keys] : databases_) {
    mix_be32(out, db);
    flip(out, keys);
  }
  return out;
}

Sha1Digest DatasetDigest::get(uint64_t db) const {
  Sha1Digest out{};
  mix_be32(out, db);
  flip(out, databases_.at(db));
  return out;
}

}  // namespace rdb
