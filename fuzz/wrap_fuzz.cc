// Wrappers: any bytes are unwrapped, passed through or refused with words, and how they are read
// makes no difference. Choices: the step of the source and the size of the reads.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/io/looks_like.h"
#include "rdb/io/wrap.h"

namespace rdb {
namespace {

constexpr size_t kBytesMax = size_t{4} << 20;  // an LZ4 frame makes 255 bytes of one

struct Run {
  std::string wrapper;
  std::string bytes;
  std::string message;
};

Run unwrap(std::string_view file, size_t step, size_t n) {
  MemorySource raw(file, step);
  WrapSource source;
  Run run;
  const Error error = source.open(raw);
  require(error.ok() == source.error().ok(), "open() says what the source says");
  run.wrapper = source.wrapper();
  std::vector<char> to(n);
  size_t got = 0;
  while (run.bytes.size() < kBytesMax && source.read(to.data(), n, got) && got != 0) {
    require(got <= n, "no more than was asked for");
    run.bytes.append(to.data(), got);
  }
  run.message = checked_message(source.error());
  if (run.wrapper.find('+') == std::string::npos) {
    require(source.error().offset <= file.size(), "an error lies inside the file");
  }
  if (!source.error().ok()) require(!source.read(to.data(), n, got), "a failed source stays so");
  return run;
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const size_t n = choices.byte() * size_t{16} + 1;
  const std::string_view file = choices.rest();
  rdb::require(!rdb::looks_like(file).empty(), "everything looks like something");
  const rdb::Run run = rdb::unwrap(file, step, n);
  const rdb::Run other = rdb::unwrap(file, SIZE_MAX, 65536);
  rdb::require_equal(run.wrapper, other.wrapper, "the wrapper is the same");
  rdb::require_equal(run.message, other.message, "the error is the same");
  if (run.bytes.size() < rdb::kBytesMax && other.bytes.size() < rdb::kBytesMax) {
    // Of a damaged block that is stored as it is, small reads get some before it is known.
    const bool same = run.message.empty() ? run.bytes == other.bytes
                                          : run.bytes.starts_with(other.bytes) ||
                                                other.bytes.starts_with(run.bytes);
    rdb::require(same, "the bytes are the same");
  }
  if (run.wrapper.empty() && run.message.empty()) {
    rdb::require(run.bytes == file, "plain bytes pass through");
  }
  return 0;
}
