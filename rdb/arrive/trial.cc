#include "rdb/arrive/trial.h"

#include "rdb/io/wrap.h"

namespace rdb {
namespace {

constexpr uint64_t kNameMax = uint64_t{1} << 20;  // of a key, in bytes

}  // namespace

Trial try_reading(ByteSource& source) {
  Trial out;
  WrapSource content;
  if (out.error = content.open(source); !out.error.ok()) return out;
  ReaderOptions options;
  options.verify_checksum = false;
  options.held_max = kNameMax;
  Reader reader(content, options);
  out.is_open = reader.open();
  Record record;
  while (out.is_open && reader.next(record) && reader.value(nullptr)) ++out.records;
  out.is_finished = reader.finished();
  out.is_proven = reader.checksum() == Checksum::verified;
  out.pos = reader.pos();
  out.error = reader.error();
  if (reader.checksum() == Checksum::wrong && out.error.ok()) {
    out.error = {.code = Code::checksum_mismatch, .offset = reader.end(), .has_offset = true};
  }
  return out;
}

}  // namespace rdb
