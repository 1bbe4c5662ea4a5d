// Digests: whatever the reads they are the same; what a conversion writes has the content of what
// it read, as far as the target holds it, and diff says so too. Choices: the step; the target;
// whether values are encoded again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;
constexpr ReaderOptions kUnverified{.verify_checksum = false};

// Both digests, and the names of module types; false: the file is not sound.
bool digest(std::string_view file, size_t step, std::string& to,
            std::vector<std::string>& modules) {
  MemorySource source(file, step);
  Reader reader(source, kUnverified);
  Digest digest({.redis = true, .now_ms = kNow});
  if (!reader.open() || !digest.run(reader)) return false;
  to = to_hex(digest.redis()) + to_hex(digest.content().keys.hash) +
       to_hex(digest.content().functions.hash) + to_hex(digest.content().module_aux.hash);
  MemorySource again(file);
  Reader other(again, kUnverified);
  Survey survey(kNow);
  if (other.open()) (void)survey.add_all(other, true);
  for (const ModuleCount& module : survey.modules()) modules.push_back(module.name);
  return true;
}

void check_same(std::string_view a, std::string_view b, const Carried& carried, size_t step) {
  MemorySource left(a, step);
  MemorySource right(b);
  Reader in(left, kUnverified);
  Reader out(right, kUnverified);
  Diff diff({.form = carried.form, .expired = false, .now_ms = kNow, .listed_max = 1});
  require(in.open() && out.open() && diff.run(in, out), "both can be read");
  require(diff.is_same(), "diff finds no difference between a file and its conversion");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const auto targets = rdb::targets();
  rdb::ConvertOptions options;
  const uint8_t choice = choices.byte();
  options.loading.target = &targets[(choice & 15U) % targets.size()];
  const std::string_view file = choices.rest();

  std::string whole;
  std::string pieces;
  if (!rdb::digest(file, SIZE_MAX, whole, options.loading.modules)) return 0;
  std::vector<std::string> ignored;
  rdb::require(rdb::digest(file, step, pieces, ignored), "it can be read in pieces");
  rdb::require_equal(whole, pieces, "the digests are the same");

  rdb::Carried carried;
  options.loading.databases = UINT64_MAX;
  options.now_ms = rdb::kNow;
  options.carried = &carried;
  if ((choice & 32) != 0) {
    for (const rdb::Type& type : rdb::types()) options.reencode.push_back(type.kind);
  }
  rdb::MemorySource source(file, step);
  rdb::Reader reader(source, rdb::kUnverified);
  rdb::MemorySink sink;
  rdb::Converter converter(std::move(options));
  if (!reader.open() || !converter.run(reader, sink, false)) return 0;

  rdb::MemorySource written(sink.bytes());
  rdb::Reader back(written);
  rdb::Verify verify(carried);
  rdb::require(back.open() && verify.add(back) && verify.finish(), "it arrives as it was carried");
  rdb::check_same(file, sink.bytes(), carried, step);
  return 0;
}
