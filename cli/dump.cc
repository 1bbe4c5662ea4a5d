#include "cli/dump.h"

#include <utility>

#include "cli/paths.h"

namespace cli {
namespace {

// Passes what is written on, or sets it aside in a temporary file until it is known whether it is
// to be printed.
class HeldSink : public rdb::ByteSink {
 public:
  explicit HeldSink(rdb::ByteSink& to) : to_(to) {}

  // Before anything is written: what comes until release() is.
  void hold() { is_held_ = true; }
  [[nodiscard]] bool write(std::string_view bytes) override {
    if (is_held_) return held_.write(bytes) || fail(held_.error());
    return to_.write(bytes) || fail(to_.error());
  }
  // Passes on what is held.
  [[nodiscard]] bool release() {
    if (!std::exchange(is_held_, false)) return true;
    const auto pass = [this](std::string_view piece, uint64_t /*done*/) {
      return to_.write(piece);
    };
    if (held_.size() == 0 || held_.pass(0, held_.size(), pass)) return true;
    return fail(held_.error().ok() ? to_.error() : held_.error());
  }

 private:
  rdb::ByteSink& to_;
  rdb::SpillSink held_;
  bool is_held_ = false;
};

rdb::BytesMode mode_of(const DumpOptions& options) {
  return options.bytes == "latin1"   ? rdb::BytesMode::latin1
         : options.bytes == "base64" ? rdb::BytesMode::base64
                                     : rdb::BytesMode::automatic;
}

// Prints a file that is open. Where output cannot be taken back, `is_direct`, it is held if
// commands may follow. Returns why nothing was printed, or not all of it; but for errors of the
// reader.
rdb::Error dump(const DumpOptions& options, InputFile& input, rdb::Reader& reader, HeldSink& held,
                bool is_direct) {
  const bool is_held = is_direct && !allows_commands(options.common.allowed_losses);
  if (is_held) held.hold();
  rdb::Output out(held);
  rdb::Dump dump(out, mode_of(options), options.common.held_max());
  bool ok = true;
  bool has_begun = false;
  for (rdb::Record record; ok && reader.next(record);) {
    // What stands before the first key tells whether commands may follow.
    const bool is_first = record.kind == rdb::RecordKind::entry && !std::exchange(has_begun, true);
    if (is_first && is_held && !input.may_have_commands(reader)) ok = held.release();
    ok = ok && dump.add(reader, record);
  }
  input.end_progress();
  if (reader.finished()) {
    if (rdb::Error error = input.find_unread(reader); !error.ok()) return error;
    if (ok) (void)dump.finish(reader);
  } else if (!reader.error().ok()) {
    (void)dump.break_off();
  }
  if (!(out.flush() && held.release())) return out.error().ok() ? held.error() : out.error();
  return {};
}

}  // namespace

int run(const DumpOptions& options) {
  Paths paths;
  paths.add_input(options.file);
  paths.add_output(options.output, "-o");
  if (const int status = paths.refuse(); status != 0) return status;
  InputFile input(options.file, options.common);
  if (const rdb::Error error = input.open(); !error.ok()) return fail(error, input.shown());
  rdb::Reader reader(input.source(), input.reader_options());
  input.lend(reader);
  if (!reader.open()) {
    return fail(input.settled(input.aof().explain(reader.error())), input.shown(),
                input.file_path());
  }
  rdb::FileSink sink;
  if (const rdb::Error error = open_output(sink, options.output, options.force, input.file());
      !error.ok()) {
    return fail(error, shown_output(options.output));
  }
  HeldSink held(sink);
  rdb::Error error = dump(options, input, reader, held, !sink.is_seekable());
  if (error.code == rdb::Code::write_failed || error.code == rdb::Code::temporary_failed) {
    return fail(error, shown_output(options.output));
  }
  if (!error.ok()) return fail(input.settled(error), input.shown(), input.file_path());
  // Only on standard output does a part appear.
  error = input.settled(reader.error());
  if (error.ok() || options.output == "-") {
    if (!sink.commit()) return fail(sink.error(), shown_output(options.output));
  }
  return error.ok() ? 0 : fail(error, input.shown(), input.file_path());
}

}  // namespace cli
