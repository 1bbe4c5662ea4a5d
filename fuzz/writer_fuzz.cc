// The identity: what a Reader reads and a Writer encodes for any version reads the same again, on a
// seekable output and on a pipe. Choices: the step; the version, compression.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"
#include "tests/support/content.h"
#include "tests/support/pipe_sink.h"

namespace rdb {
namespace {

constexpr unsigned kVersionMin = 6;
constexpr unsigned kVersions = 6;

// False: the file is not sound, or has what the version cannot hold.
bool write_again(std::string_view file, size_t step, const EncodeOptions& options, ByteSink& to) {
  MemorySource source(file, step);
  Reader in(source, {.verify_checksum = false});
  Writer out(to, options);
  if (!in.open() || !out.header()) return false;
  for (Record record; in.next(record);) {
    const bool is_entry = record.kind == RecordKind::entry;
    if (is_entry && !Encoder::can_encode(*record.type, options.version)) return false;
    if (!out.begin(record) || !in.value(&out.sink())) return false;
  }
  const EncodeLosses& losses = out.losses();
  const bool is_whole = losses.field_expiries + losses.expired_fields == 0;
  return in.finished() && out.finish() && is_whole;
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t choice = choices.byte();
  const std::string_view file = choices.rest();
  const rdb::EncodeOptions options{.version = rdb::kVersionMin + choice % rdb::kVersions,
                                   .compress = choice < 128};
  rdb::MemorySink output;
  if (!rdb::write_again(file, step, options, output)) return 0;
  rdb::Content content(false);
  std::vector<std::string> before;
  std::vector<std::string> after;
  rdb::require(rdb::read_content(file, content, before), "what was written can be read");
  rdb::require(rdb::read_content(output.bytes(), content, after), "the output is sound");
  rdb::require(before == after, "and holds the same");

  rdb::PipeSink pipe;
  rdb::require(rdb::write_again(file, SIZE_MAX, options, pipe), "it also goes to a pipe");
  after.clear();
  rdb::require(rdb::read_content(pipe.bytes(), content, after), "which is sound");
  rdb::require(before == after, "and holds the same");
  return 0;
}
