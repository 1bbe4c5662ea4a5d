#include "rdb/base/fpconv.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "rdb/base/number.h"

namespace rdb {
namespace {

constexpr int kPowerFirst = -348;
constexpr int kPowerStep = 8;
// 10^(kPowerFirst + i * kPowerStep), the top 64 bits, rounded.
constexpr uint64_t kPowers[] = {
    0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea,
    0x9a6bb0aa55653b2d, 0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f,
    0xbe5691ef416bd60c, 0x8dd01fad907ffc3c, 0xd3515c2831559a83, 0x9d71ac8fada6c9b5,
    0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57, 0xc21094364dfb5637,
    0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
    0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996,
    0xdbac6c247d62a584, 0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8,
    0x87625f056c7c4a8b, 0xc9bcff6034c13053, 0x964e858c91ba2655, 0xdff9772470297ebd,
    0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf, 0x8a08f0f8bf0f156b,
    0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
    0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c,
    0x9c40000000000000, 0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984,
    0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70, 0xd5d238a4abe98068, 0x9f4f2726179a2245,
    0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db, 0xc45d1df942711d9a,
    0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
    0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3,
    0xde469fbd99a05fe3, 0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece,
    0x88fcf317f22241e2, 0xcc20ce9bd35c78a5, 0x98165af37b2153df, 0xe2a0b5dc971f303a,
    0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410, 0x8bab8eefb6409c1a,
    0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
    0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841,
    0x9e19db92b4e31ba9, 0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
};

constexpr uint64_t kTens[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                              10000,      1000,      100,      10,      1};

constexpr int kSignificandBits = 52;
constexpr uint64_t kHidden = uint64_t{1} << kSignificandBits;
constexpr int kDigitsMax = 18;

// f * 2^e
struct Fp {
  uint64_t f = 0;
  int e = 0;
};

Fp normalised(Fp v) {
  const int shift = std::countl_zero(v.f);
  return {v.f << shift, v.e - shift};
}

Fp multiply(Fp a, Fp b) {
  constexpr uint64_t kLow = 0xffffffff;
  const uint64_t high_low = (a.f >> 32) * (b.f & kLow);
  const uint64_t low_high = (a.f & kLow) * (b.f >> 32);
  const uint64_t low_low = (a.f & kLow) * (b.f & kLow);
  const uint64_t middle =
      (high_low & kLow) + (low_high & kLow) + (low_low >> 32) + (uint64_t{1} << 31);
  const uint64_t f =
      (a.f >> 32) * (b.f >> 32) + (high_low >> 32) + (low_high >> 32) + (middle >> 32);
  return {f, a.e + b.e + 64};
}

// The power of ten that brings an exponent of e between -60 and -32; `k` is that of the power.
Fp cached_power(int e, int& k) {
  constexpr double kLog10Of2 = 0.30102999566398114;
  const int approximate = static_cast<int>(-(e + 87) * kLog10Of2);
  int i = (approximate - kPowerFirst) / kPowerStep;
  for (;;) {
    k = kPowerFirst + i * kPowerStep;
    constexpr int kLog2Of10 = 1741647;  // * 2^19
    const Fp power{kPowers[i], ((k * kLog2Of10) >> 19) - 63};
    const int sum = e + power.e + 64;
    if (sum >= -60 && sum <= -32) return power;
    i += sum < -60 ? 1 : -1;
  }
}

// The digits of a positive number, and by which power of ten to multiply them.
class Digits {
 public:
  explicit Digits(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    const int biased = static_cast<int>(bits >> kSignificandBits);
    Fp w{bits & (kHidden - 1), -1074};
    if (biased != 0) w = {w.f + kHidden, biased - 1075};

    Fp upper = normalised({2 * w.f + 1, w.e - 1});
    const int shift = w.f == kHidden ? 2 : 1;
    Fp lower{(w.f << shift) - 1, w.e - shift};
    lower = {lower.f << (lower.e - upper.e), upper.e};
    w = normalised(w);

    int k = 0;
    const Fp power = cached_power(upper.e, k);
    w = multiply(w, power);
    upper = multiply(upper, power);
    lower = multiply(lower, power);
    --upper.f;
    ++lower.f;
    exponent = -k;
    generate(w, upper, upper.f - lower.f);
  }

  std::string text;
  int exponent = 0;

 private:
  void generate(Fp w, Fp upper, uint64_t delta) {
    uint64_t distance = upper.f - w.f;
    const int shift = -upper.e;
    const uint64_t one = uint64_t{1} << shift;
    uint64_t whole = upper.f >> shift;
    uint64_t part = upper.f & (one - 1);
    int kappa = 10;
    for (const uint64_t ten : kTens) {
      const uint64_t digit = whole / ten;
      if (digit != 0 || !text.empty()) text += static_cast<char>('0' + digit);
      whole %= ten;
      --kappa;
      const uint64_t rest = (whole << shift) + part;
      if (rest <= delta) {
        exponent += kappa;
        return round(delta, rest, ten << shift, distance);
      }
    }
    for (;;) {
      part *= 10;
      delta *= 10;
      distance *= 10;
      --kappa;
      const uint64_t digit = part >> shift;
      if (digit != 0 || !text.empty()) text += static_cast<char>('0' + digit);
      part &= one - 1;
      if (part < delta) {
        exponent += kappa;
        return round(delta, part, one, distance);
      }
    }
  }

  void round(uint64_t delta, uint64_t rest, uint64_t unit, uint64_t distance) {
    while (rest < distance && delta - rest >= unit &&
           (rest + unit < distance || distance - rest > rest + unit - distance)) {
      --text.back();
      rest += unit;
    }
  }
};

// `0.000ddd` or `dd.ddd`, or `d.dde-7`.
std::string place(std::string digits, int exponent, bool is_negative) {
  const int count = static_cast<int>(digits.size());
  const int order = std::abs(exponent + count - 1);
  if (exponent >= 0 && order < count + 7) {
    return digits + std::string(static_cast<size_t>(exponent), '0');
  }
  if (exponent < 0 && (exponent > -7 || order < 4)) {
    const int whole = count + exponent;
    if (whole <= 0) return "0." + std::string(static_cast<size_t>(-whole), '0') + digits;
    return digits.insert(static_cast<size_t>(whole), ".");
  }
  digits.resize(static_cast<size_t>(std::min(count, kDigitsMax - (is_negative ? 1 : 0))));
  if (digits.size() > 1) digits.insert(1, ".");
  return digits + (exponent + count - 1 < 0 ? "e-" : "e+") + std::to_string(order);
}

}  // namespace

std::string_view format_score(double value, char* to) {
  std::string text = std::signbit(value) ? "-" : "";
  if (std::isnan(value)) {
    text = "nan";
  } else if (std::isinf(value)) {
    text += "inf";
  } else if (value == 0) {
    text += "0";
  } else {
    const Digits digits(std::abs(value));
    text += place(digits.text, digits.exponent, value < 0);
  }
  return {to, text.copy(to, kNumberBytes)};
}

}  // namespace rdb
