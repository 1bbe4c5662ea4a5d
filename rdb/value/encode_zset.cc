#include "rdb/value/encode_zset.h"

#include <algorithm>
#include <cmath>

#include "rdb/base/fpconv.h"
#include "rdb/codec/real.h"

namespace rdb {
namespace {

// Scores that are whole numbers up to here are integers in a listpack (redis 7.0.15 and
// valkey 8.0.1 src/util.c, double2ll).
constexpr double kWholeMax = 4611686018427387904.0;  // 2^62

}  // namespace

bool ZsetEncoder::begin(const Type& type, uint64_t count) {
  count_ = count;
  pairs_.clear();
  packed_.clear();
  is_plain_source_ = type.id == kZsetText || type.id == kZset;
  is_packed_ = count != 0 && count <= kZsetEntries;
  return is_packed_ || spill();
}

bool ZsetEncoder::member(const Text& text) {
  const bool is_long = is_plain_source_ && text.total > kPackedValueBytes;
  if (is_packed_ && is_long && !spill()) return false;
  if (!is_packed_) return context_.text(context_.out, text);
  pairs_.push_back({.member = std::string(text.data)});
  return true;
}

bool ZsetEncoder::score_text(std::string_view text) {
  if (is_packed_) pairs_.back().text = text;
  return true;
}

bool ZsetEncoder::score(double score) {
  if (!is_packed_) return write_score(score);
  pairs_.back().score = score;
  return true;
}

bool ZsetEncoder::write_score(double score) {
  if (context_.options.version < kHasBinaryScores) return write_text_score(context_.out, score);
  return write_binary_double(context_.out, score);
}

// The pairs so far, and all that follow, in plain form.
bool ZsetEncoder::spill() {
  is_packed_ = false;
  const TypeId type = context_.options.version < kHasBinaryScores ? kZsetText : kZset;
  if (!context_.begin(type) || !write_length(context_.out, count_)) return false;
  for (const Pair& pair : pairs_) {
    if (!context_.string(context_.out, pair.member) || !write_score(pair.score)) return false;
  }
  return true;
}

// -0 becomes 0 when a server since 7.0 packs a plain sorted set.
void ZsetEncoder::pack_score(const Pair& pair) {
  char digits[kNumberBytes];
  const double score = pair.score;
  if (!is_plain_source_) {
    packed_.add(pair.text);
  } else if (context_.options.version >= kHasListpacks && std::abs(score) <= kWholeMax &&
             std::trunc(score) == score) {
    packed_.add_integer(static_cast<int64_t>(score));
  } else if (context_.options.version < kHasSetListpack) {
    packed_.add(format_double_17g(score, digits));
  } else {
    packed_.add(format_score(score, digits));
  }
}

bool ZsetEncoder::end() {
  if (!is_packed_) return true;
  const auto is_before = [](const Pair& a, const Pair& b) {
    return a.score != b.score ? a.score < b.score : a.member < b.member;
  };
  if (is_plain_source_) std::stable_sort(pairs_.begin(), pairs_.end(), is_before);
  for (const Pair& pair : pairs_) {
    packed_.add(pair.member);
    pack_score(pair);
  }
  return context_.packed(kZsetListpack, kZsetZiplist, packed_);
}

}  // namespace rdb
