#include "cli/dump.h"

namespace cli {

int run(const DumpOptions& options) {
  InputFile input(options.file, options.common);
  if (const rdb::Error error = input.open(); !error.ok()) return fail(error, input.shown());
  rdb::Reader reader(input.source(), options.common.reader());
  if (!reader.open()) return fail(reader.error(), input.shown(), input.path());
  rdb::FileSink sink;
  if (const rdb::Error error = open_output(sink, options.output, options.force, input.file());
      !error.ok()) {
    return fail(error, shown_output(options.output));
  }
  rdb::Output out(sink);
  const rdb::BytesMode mode = options.bytes == "latin1"   ? rdb::BytesMode::latin1
                              : options.bytes == "base64" ? rdb::BytesMode::base64
                                                          : rdb::BytesMode::automatic;
  rdb::Dump dump(out, mode);
  rdb::Record record;
  bool ok = true;
  while (ok && reader.next(record)) ok = dump.add(reader, record);
  if (ok && reader.finished()) (void)dump.finish(reader);  // a failure is the output's
  if (!reader.error().ok()) (void)dump.break_off();
  input.end_progress();
  // Only on standard output does a part appear.
  if (reader.error().ok() || options.output == "-") {
    const int written = finish(out, sink, options.output);
    if (written != 0) return written;
  }
  return reader.error().ok() ? 0 : fail(reader.error(), input.shown(), input.path());
}

}  // namespace cli
