// Damage: every prefix and every changed byte of small files, under testdata/ and, where
// RDBFERRY_CORPUS names a folder of snapshots, there too.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/file/reader.h"
#include "tests/support/rdb_file.h"
#include "tests/support/testdata.h"
#include "tests/support/vectors.h"

namespace rdb {
namespace {

// Work grows with the square of the size; these keep all of it at 20 seconds of one core under the
// sanitizers, and some minutes with the corpus.
constexpr size_t kBytesMax = 3000;
constexpr size_t kTestdataBytesMax = 200;
constexpr size_t kCorpusBytesMax = 600;
constexpr size_t kEveryValueBytesMax = 160;  // all 255 other values of each byte
constexpr size_t kUncheckedBytesMax = 450;
constexpr size_t kHeaderBytes = 9;

struct Sample {
  std::string name;
  std::string bytes;
  bool is_main = true;  // else one of many
};

// Files of testdata/vectors.json, written by servers or judged by them, and snapshots.
std::vector<Sample> samples() {
  std::vector<Sample> out;
  for (const Vector& vector : vectors_with_prefix("file_")) {
    out.push_back({vector.name, vector.bytes});
  }
  const auto add = [&](const std::string& folder, size_t bytes_max, bool is_main) {
    for (const std::string& path : rdb_files(folder)) {
      std::string bytes = read_whole_file(path);
      if (bytes.size() <= bytes_max) out.push_back({path, std::move(bytes), is_main});
    }
  };
  add("testdata/types", kBytesMax, true);
  add("testdata/corpus", kTestdataBytesMax, false);
  const char* const corpus = std::getenv("RDBFERRY_CORPUS");
  if (corpus != nullptr && *corpus != '\0') add(corpus, kCorpusBytesMax, false);
  return out;
}

struct Verdict {
  Code code = Code::ok;
  Checksum checksum = Checksum::unread;
  bool is_odd = false;  // there is a finding that says that something is wrong with the file
};

// Reads everything, opening every value.
Verdict judge(std::string_view bytes, size_t step = SIZE_MAX) {
  MemorySource source(bytes, step);
  Reader reader(source);
  Sink ignore;
  bool ok = reader.open();
  for (Record record; ok && reader.next(record);) ok = reader.value(&ignore);
  const Tally& tally = reader.tally();
  const uint64_t odd = tally[Odd::newer_than_header].count + tally[Odd::no_checksum].count;
  return {reader.error().code, reader.checksum(),
          odd != 0 || reader.tail().kind == Tail::Kind::unknown};
}

std::string changed(std::string bytes, size_t at, unsigned value) {
  bytes[at] = static_cast<char>(value);
  return bytes;
}

// Values other than `was`: each bit flipped, 00 and ff; or all of them.
std::vector<unsigned> other_values(unsigned was, bool all) {
  std::vector<unsigned> out;
  for (unsigned v = 0; v < 256; ++v) {
    const unsigned flips = v ^ was;
    const bool is_one_bit = flips != 0 && (flips & (flips - 1)) == 0;
    if (v != was && (all || is_one_bit || v == 0 || v == 255)) out.push_back(v);
  }
  return out;
}

struct Coverage {
  uint64_t files = 0;
  uint64_t inputs = 0;
  uint64_t by_finding = 0;
};

}  // namespace

TEST_CASE("robustness: every prefix of a file is damaged, at every step of the source") {
  Coverage covered;
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    ++covered.files;
    for (size_t n = 0; n < sample.bytes.size(); ++n) {
      const std::string_view prefix = std::string_view(sample.bytes).substr(0, n);
      for (const size_t step : kSteps) {
        ++covered.inputs;
        const Verdict verdict = judge(prefix, step);
        if (status(verdict.code) == Status::damaged) continue;
        CAPTURE(n);
        CAPTURE(step);
        FAIL_CHECK("a prefix is not damaged but " << name(verdict.code));
      }
    }
  }
  MESSAGE("prefixes: " << covered.files << " files, " << covered.inputs << " inputs");
  CHECK(covered.inputs > 50000);
}

TEST_CASE("robustness: with the checksum recorded, every changed byte is caught") {
  Coverage covered;
  for (const Sample& sample : samples()) {
    if (judge(sample.bytes).checksum != Checksum::verified) continue;
    CAPTURE(sample.name);
    ++covered.files;
    const bool is_small = sample.is_main && sample.bytes.size() <= kEveryValueBytesMax;
    for (size_t at = 0; at < sample.bytes.size(); ++at) {
      const auto was = static_cast<unsigned char>(sample.bytes[at]);
      for (const unsigned value : other_values(was, is_small)) {
        ++covered.inputs;
        const Verdict verdict = judge(changed(sample.bytes, at, value));
        if (status(verdict.code) == Status::damaged) continue;
        // In a version without a checksum the trailer is bytes behind the end, or what makes the
        // file foreign still does.
        const bool is_version = at >= 5 && at < kHeaderBytes;
        covered.by_finding += verdict.is_odd ? 1 : 0;
        if (is_version && (verdict.is_odd || status(verdict.code) == Status::foreign)) continue;
        CAPTURE(at);
        CAPTURE(value);
        FAIL_CHECK("a changed byte is not caught: " << name(verdict.code));
      }
    }
  }
  MESSAGE("changed bytes: " << covered.files << " files, " << covered.inputs << " inputs, "
                            << covered.by_finding << " caught by a finding");
  CHECK(covered.inputs > 50000);
}

TEST_CASE("robustness: a changed byte gives one answer at every step of the source") {
  uint64_t inputs = 0;
  for (const Sample& sample : samples()) {
    if (!sample.is_main || sample.bytes.size() > kEveryValueBytesMax) continue;
    CAPTURE(sample.name);
    for (size_t at = 0; at < sample.bytes.size(); ++at) {
      for (const unsigned value :
           other_values(static_cast<unsigned char>(sample.bytes[at]), false)) {
        const std::string bytes = changed(sample.bytes, at, value);
        const Verdict whole = judge(bytes);
        for (const size_t step : {size_t{1}, size_t{3}}) {
          ++inputs;
          const Verdict other = judge(bytes, step);
          if (other.code == whole.code && other.is_odd == whole.is_odd) continue;
          CAPTURE(at);
          CAPTURE(value);
          FAIL_CHECK("two answers: " << name(whole.code) << " and " << name(other.code));
        }
      }
    }
  }
  MESSAGE("changed bytes at small steps: " << inputs << " inputs");
}

// Without a checksum nothing is promised but an answer: no crash, no hang.
TEST_CASE("robustness: without a checksum a changed byte still gives an answer") {
  uint64_t inputs = 0;
  for (const Sample& sample : samples()) {
    if (!sample.is_main || sample.bytes.size() > kUncheckedBytesMax) continue;
    CAPTURE(sample.name);
    const bool has_trailer = judge(sample.bytes).checksum == Checksum::verified;
    std::string bytes = sample.bytes;
    if (has_trailer) std::fill(bytes.end() - 8, bytes.end(), '\0');
    for (size_t at = kHeaderBytes; at < bytes.size(); ++at) {
      for (const unsigned value : other_values(static_cast<unsigned char>(bytes[at]), false)) {
        ++inputs;
        const Verdict verdict = judge(changed(bytes, at, value));
        const Status answer = status(verdict.code);
        const bool is_answer =
            answer == Status::ok || answer == Status::damaged || answer == Status::foreign;
        if (!is_answer) FAIL_CHECK("byte " << at << ": " << name(verdict.code));
      }
    }
  }
  MESSAGE("changed bytes without a checksum: " << inputs << " inputs");
}

}  // namespace rdb
