#include "rdb/codec/real.h"

#include <bit>
#include <cmath>
#include <limits>

#include "rdb/base/bytes.h"
#include "rdb/base/number.h"

namespace rdb {
namespace {

enum : uint8_t { kNan = 253, kInfinity = 254, kMinusInfinity = 255 };

// zzlStrtod copies at most this much before it parses (redis 7.2.6 src/t_zset.c).
constexpr size_t kPackedScoreBytes = 127;

template <typename T>
bool read_fixed(Input& in, T& value) {
  value = 0;
  if (!in.need(sizeof value)) return false;
  value = load_le<T>(in.cursor());
  in.advance(sizeof value);
  return true;
}

}  // namespace

bool read_text_score(Input& in, double& score) {
  score = 0;
  const uint64_t at = in.pos();
  uint8_t size = 0;
  if (!in.byte(size)) return false;
  if (size >= kNan) {
    in.tally.count(static_cast<Form>(static_cast<int>(Form::double_nan) + (size - kNan)));
    if (size == kNan) {
      score = std::numeric_limits<double>::quiet_NaN();
      return in.flaw({.code = Code::nan_score, .offset = at, .has_offset = true});
    }
    const double infinity = std::numeric_limits<double>::infinity();
    score = size == kInfinity ? infinity : -infinity;
    return true;
  }
  in.tally.count(Form::double_text);
  std::string_view text;
  if (!in.view(size, text)) return false;
  size_t used = 0;
  score = parse_double(text, used);
  const bool is_cut = used < text.size() && (text[used] == 'e' || text[used] == 'E');
  if (used == 0 || is_cut) {
    return in.flaw({.code = used == 0 ? Code::bad_score : Code::score_exponent,
                    .offset = at,
                    .words = quoted(text),
                    .has_offset = true});
  }
  if (std::isnan(score)) {
    return in.flaw({.code = Code::nan_score, .offset = at, .has_offset = true});
  }
  if (used != text.size()) in.tally.note(Odd::score_junk, at);
  return true;
}

bool read_int64(Input& in, int64_t& value) { return read_fixed(in, value); }

bool read_double(Input& in, double& value) {
  uint64_t bits = 0;
  const bool read = read_fixed(in, bits);
  value = std::bit_cast<double>(bits);
  return read;
}

bool read_float(Input& in, double& value) {
  uint32_t bits = 0;
  const bool read = read_fixed(in, bits);
  value = static_cast<double>(std::bit_cast<float>(bits));
  return read;
}

double parse_packed_score(std::string_view text) {
  size_t used = 0;
  return parse_double(text.substr(0, kPackedScoreBytes), used);
}

bool write_text_score(Output& out, double score) {
  if (std::isnan(score)) return out.byte(kNan);
  if (std::isinf(score)) return out.byte(score > 0 ? kInfinity : kMinusInfinity);
  char digits[kNumberBytes];
  const std::string_view text = format_double_17g(score, digits);
  return out.byte(static_cast<uint8_t>(text.size())) && out.write(text);
}

bool write_binary_double(Output& out, double value) {
  return out.le(std::bit_cast<uint64_t>(value));
}

}  // namespace rdb
