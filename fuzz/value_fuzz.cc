// One value: where the full walk succeeds the one for extents ends at the same byte and printing
// succeeds with a line of JSON; how the source is read makes no difference. Choices: the row of the
// table of types; the step; the event at which a sink stops; how bytes are printed.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/events.h"
#include "fuzz/fuzz.h"
#include "fuzz/json_reader.h"
#include "rdb/io/output.h"
#include "rdb/show/json_value.h"
#include "rdb/value/decode.h"

namespace rdb {
namespace {

struct Walk {
  bool ok = false;
  uint64_t end = 0;
  std::string message;
};

Walk walk(const Type& type, std::string_view bytes, size_t step, Sink* sink) {
  MemorySource source(bytes, step);
  Input in(source);
  StringReader strings(in);
  Decoding decoding{in, strings, type, sink};
  Walk out;
  out.ok = type.decode(decoding);
  out.end = in.pos();
  out.message = checked_message(in.error());
  require(!out.ok || out.message.empty(), "success leaves no error");
  return out;
}

void check_json(const Type& type, std::string_view bytes, BytesMode mode, const Walk& full) {
  Record record;
  record.key = "key";
  record.type = &type;
  MemorySink sink;
  Output out(sink);
  Json json(out, mode);
  JsonValue value(json, mode, record, kHeldDefault);
  const Walk printed = walk(type, bytes, SIZE_MAX, &value);
  require_equal(printed.message, full.message, "printing never fails");
  require(printed.ok == full.ok, "and never stops the walk");
  if (!printed.ok) return;
  require(printed.end == full.end, "it walks as far");
  require(value.end_line() && out.flush(), "a line ends");
  require(is_json_lines(sink.bytes()), "a value is a line of JSON");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const rdb::Type& type = rdb::types()[choices.byte() % rdb::types().size()];
  if (type.decode == nullptr) return 0;
  const size_t step = choices.step();
  const uint8_t stop = choices.byte();
  const auto mode = static_cast<rdb::BytesMode>(choices.byte() % 3);
  const std::string_view bytes = choices.rest();

  rdb::EventLog events;
  const rdb::Walk full = rdb::walk(type, bytes, step, &events);
  rdb::require(full.ok == full.message.empty(), "failure leaves an error");
  rdb::EventLog again;
  const rdb::Walk at_once = rdb::walk(type, bytes, SIZE_MAX, &again);
  rdb::require(events.text() == again.text(), "the step makes no difference to events");
  rdb::require_equal(full.message, at_once.message, "nor to the error");

  const rdb::Walk extent = rdb::walk(type, bytes, step, nullptr);
  if (full.ok) rdb::require(extent.ok && extent.end == full.end, "extents are those of the walk");
  rdb::EventLog stopped(stop);
  const rdb::Walk cut = rdb::walk(type, bytes, step, &stopped);
  if (stopped.has_stopped()) rdb::require(!cut.ok && cut.message.empty(), "a sink may stop");
  rdb::check_json(type, bytes, mode, full);
  return 0;
}
