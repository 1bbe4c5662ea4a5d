// Measures the parts that decide how fast the program is: checksums, walks of packed blobs, LZF,
// strings, JSON. One line each: MB a second and, where there are elements, ns an element. The best
// of several rounds counts, so that what else the machine does falls out.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "rdb/base/bytes.h"
#include "rdb/base/crc64.h"
#include "rdb/base/number.h"
#include "rdb/codec/intset.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/lzf.h"
#include "rdb/codec/string.h"
#include "rdb/codec/ziplist.h"
#include "rdb/io/output.h"
#include "rdb/show/json.h"
#include "tests/support/liblzf.h"

namespace rdb {
namespace {

constexpr int kRounds = 7;
constexpr double kRoundSeconds = 0.02;

// What one call of the function measured works on.
struct Work {
  size_t bytes = 0;
  size_t elements = 0;
};

uint64_t sum = 0;  // of whatever is computed, so that it is

double seconds_of(auto& function, size_t times) {
  const auto from = std::chrono::steady_clock::now();
  for (size_t i = 0; i < times; ++i) sum += function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

void measure(const std::string& name, Work work, auto function) {
  size_t times = 1;
  while (seconds_of(function, times) < kRoundSeconds) times *= 2;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) best = std::min(best, seconds_of(function, times));
  const double each = best / static_cast<double>(times);
  std::printf("  %-34s %9.0f MB/s", name.c_str(), static_cast<double>(work.bytes) / each / 1e6);
  if (work.elements != 0) {
    std::printf(" %9.2f ns each", each * 1e9 / static_cast<double>(work.elements));
  }
  std::printf("\n");
}

// The same numbers in every run.
class Random {
 public:
  uint64_t next() { return state_ = state_ * 6364136223846793005 + 1442695040888963407; }
  uint64_t below(uint64_t n) { return (next() >> 33) % n; }

 private:
  uint64_t state_ = 7;
};

std::string noise(size_t size) {
  Random random;
  std::string out;
  while (out.size() < size) out += static_cast<char>(random.next() >> 56);
  return out;
}

// Words with spaces, which compress to about half.
std::string prose(size_t size) {
  Random random;
  std::string out;
  while (out.size() < size) {
    const uint64_t word = random.below(300);
    out += "aeiou"[word % 5];
    for (uint64_t i = 0; i < 2 + word % 7; ++i)
      out += static_cast<char>('a' + (word * (i + 3)) % 26);
    out += ' ';
  }
  out.resize(size);
  return out;
}

void measure_crc64() {
  const std::string bytes = noise(64 << 10);
  for (const Crc64Implementation& row : crc64_implementations()) {
    for (const size_t size : {size_t{16}, size_t{256}, bytes.size()}) {
      const std::string_view part(bytes.data(), size);
      measure("crc64 " + std::string(row.name) + ", " + std::to_string(size) + " bytes", {size, 0},
              [&] { return row.update(sum, part); });
    }
  }
}

constexpr size_t kElements = 128;

// Elements as the server would pack them; the numbers take two bytes.
std::string make_listpack(bool numbers) {
  std::string body;
  for (size_t i = 0; i < kElements; ++i) {
    if (numbers) {
      body += '\xf1';
      body += static_cast<char>(i * 37);
      body += static_cast<char>(i);
      body += '\x03';
    } else {
      const std::string text = prose(10 + i % 20);
      body += static_cast<char>(0x80 | text.size());
      body += text;
      body += static_cast<char>(1 + text.size());
    }
  }
  std::string blob(6, '\0');
  store_le(blob.data(), static_cast<uint32_t>(blob.size() + body.size() + 1));
  store_le(blob.data() + 4, static_cast<uint16_t>(kElements));
  return blob + body + '\xff';
}

std::string make_ziplist() {
  std::string body;
  size_t previous = 0;
  size_t last = 0;
  for (size_t i = 0; i < kElements; ++i) {
    last = 10 + body.size();
    const std::string text = prose(10 + i % 20);
    body += static_cast<char>(previous);
    body += static_cast<char>(text.size());
    body += text;
    previous = 2 + text.size();
  }
  std::string blob(10, '\0');
  store_le(blob.data(), static_cast<uint32_t>(blob.size() + body.size() + 1));
  store_le(blob.data() + 4, static_cast<uint32_t>(last));
  store_le(blob.data() + 8, static_cast<uint16_t>(kElements));
  return blob + body + '\xff';
}

std::string make_intset() {
  std::string blob(8 + 4 * kElements, '\0');
  store_le(blob.data(), uint32_t{4});
  store_le(blob.data() + 4, static_cast<uint32_t>(kElements));
  for (size_t i = 0; i < kElements; ++i) {
    store_le(blob.data() + 8 + 4 * i, static_cast<uint32_t>(i * 40503));
  }
  return blob;
}

template <Cursor C>
void measure_walk(const std::string& name, const std::string& blob) {
  measure(name, {blob.size(), kElements}, [&] {
    C cursor(blob);
    uint64_t bytes = 0;
    for (Scalar element; cursor.next(element);) bytes += element.bytes.size() + 1;
    return bytes;
  });
}

void measure_blobs() {
  measure_walk<Listpack>("listpack, short strings", make_listpack(false));
  measure_walk<Listpack>("listpack, 16-bit integers", make_listpack(true));
  measure_walk<Ziplist>("ziplist, short strings", make_ziplist());
  measure_walk<Intset>("intset, 32-bit integers", make_intset());
}

void measure_lzf() {
  for (const size_t size : {size_t{1000}, size_t{60000}}) {
    const std::string text = prose(size);
    std::string packed(size, '\0');
    packed.resize(lzf_compress(text.data(), static_cast<unsigned>(size), packed.data(),
                               static_cast<unsigned>(size)));
    std::string out(size, '\0');
    const std::string of = ", " + std::to_string(size) + " bytes";
    measure("liblzf" + of, {size, 0},
            [&] { return liblzf_decode(packed, out.data(), size) ? out.size() : 0; });
    measure("lzf_decode" + of, {size, 0},
            [&] { return lzf_decode(packed, out.data(), size) ? out.size() : 0; });
    measure("LzfReader" + of, {size, 0}, [&] {
      MemorySource source(packed);
      Input in(source);
      LzfReader lzf(in, packed.size(), size);
      std::string_view piece;
      uint64_t bytes = 0;
      while (lzf.next(piece) && !piece.empty()) bytes += piece.size();
      return bytes;
    });
  }
}

void measure_strings() {
  constexpr size_t kStrings = 20000;
  std::string file;
  for (size_t i = 0; i < kStrings; ++i) {
    const std::string text = prose(8 + i % 24);
    file += static_cast<char>(text.size());
    file += text;
  }
  const auto each = [&](auto take) {
    return [&file, take] {
      MemorySource source(file);
      Input in(source);
      StringReader strings(in);
      uint64_t bytes = 0;
      for (size_t i = 0; i < kStrings; ++i) bytes += take(strings);
      return bytes;
    };
  };
  const Work work{file.size(), kStrings};
  measure("strings, stepped over", work,
          each([](StringReader& strings) -> uint64_t { return strings.skip() ? 1 : 0; }));
  measure("strings, handed over", work, each([](StringReader& strings) {
            uint64_t bytes = 0;
            (void)strings.pass([&](const Text& text) {
              bytes = text.total;
              return true;
            });
            return bytes;
          }));
  Kept kept;
  measure("strings, kept", work, each([&](StringReader& strings) -> uint64_t {
            return strings.whole(kept, kKeyBytesMax, "key") ? kept.view().size() : 0;
          }));
}

class NullSink : public ByteSink {
 public:
  bool write(std::string_view) override { return true; }
};

void measure_json_bytes(const std::string& name, BytesMode mode, const std::string& bytes) {
  NullSink sink;
  Output out(sink);
  Json json(out, mode);
  measure("JSON, " + name, {bytes.size(), 1}, [&] { return json.bytes(bytes) ? out.pos() : 0; });
}

void measure_json() {
  std::string quotes = prose(1000);
  for (size_t i = 0; i < quotes.size(); i += 16) quotes[i] = '"';
  std::string utf8;
  while (utf8.size() < 1000) utf8 += "na\xc3\xafve \xe2\x82\xac ";
  measure_json_bytes("text of 12 bytes", BytesMode::automatic, prose(12));
  measure_json_bytes("text of 1000 bytes", BytesMode::automatic, prose(1000));
  measure_json_bytes("1000 bytes, a quote in 16", BytesMode::automatic, quotes);
  measure_json_bytes("1000 bytes of UTF-8", BytesMode::automatic, utf8);
  measure_json_bytes("1000 bytes of noise, base64", BytesMode::automatic, noise(1000));
  measure_json_bytes("1000 bytes of noise, latin1", BytesMode::latin1, noise(1000));
  NullSink sink;
  Output out(sink);
  Json json(out);
  Random random;
  measure("JSON, integers up to 2^31", {0, 1}, [&] {
    return json.integer(static_cast<int64_t>(random.below(uint64_t{1} << 31))) ? out.pos() : 0;
  });
  char digits[kNumberBytes];
  measure("shortest text of a double", {0, 1}, [&] {
    return format_double(static_cast<double>(random.below(1 << 20)) / 64, digits).size();
  });
}

}  // namespace
}  // namespace rdb

int main() {
  rdb::measure_crc64();
  rdb::measure_blobs();
  rdb::measure_lzf();
  rdb::measure_strings();
  rdb::measure_json();
  return rdb::sum == 0 ? 1 : 0;
}
