#include "tests/support/file_walk.h"

#include <doctest/doctest.h>

#include "rdb/base/crc64.h"
#include "rdb/base/limits.h"
#include "rdb/base/number.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

std::string text_of(const StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

std::string text_of(double v) {
  char digits[kNumberBytes];
  return std::string(format_double_17g(v, digits));
}

std::string count_or_unknown(uint64_t n) { return n == kUnknown ? "?" : std::to_string(n); }

std::string entry_line(const Record& record) {
  const Lifetime& life = record.lifetime;
  std::string line = "entry db " + std::to_string(record.db) + " key " + shown(record.key) + " " +
                     std::string(record.type->name);
  if (life.expire_ms) line += " expires " + std::to_string(*life.expire_ms);
  if (life.idle_s) line += " idle " + std::to_string(*life.idle_s);
  if (life.freq) line += " freq " + std::to_string(*life.freq);
  if (!record.key_time.empty()) line += " time " + std::string(record.key_time);
  if (record.members != nullptr) line += " members " + std::to_string(record.members->size());
  return line;
}

std::string record_line(const Record& record) {
  const std::string counts =
      " keys " + std::to_string(record.keys) + " expires " + std::to_string(record.expires);
  switch (record.kind) {
    case RecordKind::aux:
      return "aux " + shown(record.name);
    case RecordKind::function:
      if (!record.is_pre_ga) return "function";
      return "function pre-ga " + shown(record.name) + " engine " + shown(record.engine);
    case RecordKind::module_aux:
      return "module-aux " + record.module.name() + " " + std::to_string(record.module.version()) +
             " when " + std::to_string(record.when);
    case RecordKind::hint:
      return "hint db " + std::to_string(record.db) + counts;
    case RecordKind::slot_info:
      return "slot-info " + std::to_string(record.slot) + counts;
    case RecordKind::slot_import:
      return "slot-import " + shown(record.name);
    case RecordKind::foreign:
      return "foreign db " + std::to_string(record.db) + " key " + shown(record.key) + " " +
             std::string(record.item->name);
    case RecordKind::stray:
      return "stray " + shown(record.name) + (record.is_late ? " of " : "") + shown(record.key) +
             ": " + std::string(record.why);
    default:
      return entry_line(record);
  }
}

bool read_payload(Reader& reader, const Record& record, const WalkOptions& options, FileWalk& out) {
  if (options.depth == Depth::extents) return reader.value(nullptr);
  MemorySink copy;
  Recorder recorder;
  const bool is_text = record.kind == RecordKind::aux || record.kind == RecordKind::function;
  bool read = false;
  if (is_text) {
    std::string text;
    uint64_t size = 0;
    read = reader.text(text, UINT64_MAX, size, &copy);
    CHECK((!read || size == text.size()));
    if (read) out.lines.back() += " = " + shown(text);
  } else {
    std::optional<MemberSink> members;
    const auto* const expiries = record.kind == RecordKind::entry ? record.members : nullptr;
    Sink* sink = &recorder;
    if (expiries != nullptr) sink = &members.emplace(recorder, *expiries);
    read = reader.value(sink, &copy);
  }
  for (std::string& line : recorder.lines) out.lines.push_back("  " + std::move(line));
  out.pieces += recorder.pieces;
  out.copy += copy.bytes();
  return read;
}

bool has_payload(const Record& record) {
  return record.kind == RecordKind::entry || record.kind == RecordKind::aux ||
         record.kind == RecordKind::function || record.kind == RecordKind::module_aux;
}

}  // namespace

std::string shown(std::string_view bytes) {
  constexpr size_t kWhole = 64;
  if (bytes.size() <= kWhole) return std::string(bytes);
  return std::to_string(bytes.size()) + " bytes " + std::to_string(crc64(0, bytes));
}

bool Recorder::add(std::string line) {
  lines.push_back(std::move(line));
  return true;
}

bool Recorder::join(std::string_view event, const Text& text) {
  ++pieces;
  if (text.is_first()) joined_.clear();
  if (text.offset != joined_.size()) FAIL("a piece is out of order");
  if (text.total <= kPieceBytes && text.data.size() != text.total) FAIL("a short string is cut");
  if (text.data.empty() && text.total != 0) FAIL("a piece is empty");
  joined_ += text.data;
  if (!text.is_last()) return true;
  if (joined_.size() != text.total) FAIL("a string is longer than announced");
  return add(std::string(event) + " " + shown(joined_));
}

bool Recorder::begin(const Type& type, uint64_t count) {
  return add("begin " + std::string(type.name) + " " + count_or_unknown(count));
}

bool Recorder::score(double score) { return add("score " + text_of(score)); }

bool Recorder::stream_entry(const StreamEntry& entry) {
  return add("entry " + text_of(entry.id) + " fields " + std::to_string(entry.fields) +
             (entry.is_deleted ? " deleted" : ""));
}

bool Recorder::stream(const Stream& stream) {
  std::string line =
      "stream length " + std::to_string(stream.length) + " last " + text_of(stream.last);
  if (stream.has_history) {
    line += " first " + text_of(stream.first) + " max-deleted " + text_of(stream.max_deleted) +
            " added " + std::to_string(stream.entries_added);
  }
  return add(line + " groups " + std::to_string(stream.groups));
}

bool Recorder::group(const Group& group) {
  std::string line = "group last " + text_of(group.last);
  if (group.has_entries_read) line += " read " + count_or_unknown(group.entries_read);
  return add(line + " pending " + std::to_string(group.pending));
}

bool Recorder::pending(const Pending& pending) {
  return add("pending " + text_of(pending.id) + " at " + std::to_string(pending.delivery_ms) +
             " times " + std::to_string(pending.deliveries));
}

bool Recorder::consumer(const Consumer& consumer) {
  std::string line = "consumer seen " + std::to_string(consumer.seen_ms);
  if (consumer.has_active) line += " active " + std::to_string(consumer.active_ms);
  return add(line + " pending " + std::to_string(consumer.pending));
}

bool Recorder::owned(const StreamId& id) { return add("owned " + text_of(id)); }

bool Recorder::module(const ModuleId& id) {
  return add("module " + id.name() + " " + std::to_string(id.version()));
}

bool Recorder::module_integer(ModuleOpcode opcode, uint64_t v) {
  return add("integer " + std::to_string(static_cast<int>(opcode)) + " " + std::to_string(v));
}

bool Recorder::module_real(ModuleOpcode opcode, double v) {
  return add("real " + std::to_string(static_cast<int>(opcode)) + " " + text_of(v));
}

Lines FileWalk::records() const {
  Lines out;
  for (const std::string& line : lines) {
    if (!line.starts_with("  ") && !line.starts_with("header ")) out.push_back(line);
  }
  return out;
}

void check_lines(const Lines& got, const Lines& expected) {
  const auto text = [](const Lines& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
  };
  CHECK(text(got) == text(expected));
}

FileWalk walk_file(std::string_view bytes, const WalkOptions& options) {
  FileWalk out;
  // A copy of just the size, so that a sanitizer sees a byte read beyond it.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  MemorySource source({exact.data(), exact.size()}, options.step);
  Reader reader(source, options.reader);
  MemoryAccess access({exact.data(), exact.size()});
  if (options.can_reread) reader.reread_from(access);
  bool ok = reader.open();
  if (ok) out.lines.push_back("header " + reader.header().text);
  Record record;
  while (ok && reader.next(record)) {
    out.lines.push_back(record_line(record));
    if (!has_payload(record)) continue;
    const uint64_t from = reader.pos();
    ok = read_payload(reader, record, options, out);
    out.extents.push_back({from, reader.pos()});
  }
  CHECK(reader.finished() == reader.error().ok());
  CHECK_FALSE(reader.next(record));  // the end is the end, and an error stays
  out.finished = reader.finished();
  out.error = reader.error();
  out.header = reader.header();
  out.checksum = reader.checksum();
  out.end = reader.end();
  out.pos = reader.pos();
  out.tail = reader.tail();
  out.tally = reader.tally();
  out.opcodes = reader.opcodes();
  out.looks_swapped = reader.expiries_look_swapped();
  return out;
}

FileWalk walk_at_every_step(std::string_view bytes, const WalkOptions& options) {
  WalkOptions at = options;
  at.step = SIZE_MAX;
  FileWalk whole = walk_file(bytes, at);
  for (const size_t step : kSteps) {
    if (step == SIZE_MAX) continue;
    CAPTURE(step);
    at.step = step;
    const FileWalk other = walk_file(bytes, at);
    check_lines(other.lines, whole.lines);
    CHECK((other.extents == whole.extents));
    CHECK((other.copy == whole.copy));
    CHECK(other.message() == whole.message());
    CHECK(other.finished == whole.finished);
    CHECK(other.checksum == whole.checksum);
    CHECK(other.end == whole.end);
    CHECK(other.tail.kind == whole.tail.kind);
    CHECK(other.tail.size == whole.tail.size);
    CHECK(other.tally.forms == whole.tally.forms);
    for (size_t i = 0; i < whole.tally.odd.size(); ++i) {
      CHECK(other.tally.odd[i].count == whole.tally.odd[i].count);
      CHECK(other.tally.odd[i].first_offset == whole.tally.odd[i].first_offset);
    }
  }
  return whole;
}

FileWalk walk_value(unsigned type, std::string_view value, std::string_view header) {
  return walk_at_every_step(RdbFile(header).select(3).entry(type, "k", value).end());
}

Lines events_of(unsigned type, std::string_view value, std::string_view header) {
  const FileWalk walk = walk_value(type, value, header);
  CHECK(walk.message() == "dump.rdb: no error");
  Lines out;
  for (size_t i = 2; i < walk.lines.size(); ++i) {
    const std::string_view event = std::string_view(walk.lines[i]).substr(2);
    if (event != "end") out.emplace_back(event);
  }
  return out;
}

std::string damage_of(unsigned type, std::string_view value, std::string_view header) {
  const FileWalk walk = walk_value(type, value, header);
  CHECK_FALSE(walk.finished);
  CHECK(status(walk.error.code) == Status::damaged);
  return walk.message().substr(std::string_view("dump.rdb: ").size());
}

}  // namespace rdb
