// A whole file, its checksum mostly unverified: skipping, walking, copying, surveying and printing
// agree on its records, how it is read makes no difference, and a prefix is damaged. Choices: the
// step; the mix of what is done with payloads, and the prefix; the byte order of expiries, how
// bytes are printed, whether the checksum counts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/events.h"
#include "fuzz/fuzz.h"
#include "fuzz/json_reader.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;
constexpr uint8_t kVerifyFrom = 0xf0;  // of the choice of form

struct Options {
  size_t step = SIZE_MAX;
  ReaderOptions reader;
};

// What a pass over the file came to.
struct Outcome {
  bool finished = false;
  uint64_t end = 0;
  uint64_t checksum = 0;
  uint64_t records = 0;
  std::string message;
};

Outcome outcome_of(const Reader& reader, uint64_t records) {
  require(reader.error().ok() || status(reader.error().code) != Status::ok,
          "an error has a status");
  return {reader.finished() && reader.error().ok(), reader.end(), reader.checksum_value(), records,
          checked_message(reader.error())};
}

void check_same(const Outcome& a, const Outcome& b) {
  require_equal(a.message, b.message, "every pass meets the same error");
  require(a.finished == b.finished && a.end == b.end && a.checksum == b.checksum,
          "every pass ends alike");
}

Outcome skip_all(std::string_view file, const Options& options) {
  MemorySource source(file, options.step);
  Reader reader(source, options.reader);
  uint64_t records = 0;
  Record record;
  if (reader.open()) {
    while (reader.next(record)) ++records;
  }
  return outcome_of(reader, records);
}

// Does this and that with payloads, as `mix` has it.
Outcome mix_all(std::string_view file, const Options& options, unsigned mix) {
  MemorySource source(file, options.step);
  Reader reader(source, options.reader);
  uint64_t records = 0;
  Record record;
  std::string text;
  bool ok = reader.open();
  while (ok && reader.next(record)) {
    ++records;
    mix = mix * 5 + 1;
    const unsigned what = mix >> 4 & 3;
    if (what == 0) continue;
    const uint64_t from = reader.pos();
    EventLog log;
    MemorySink copy;
    const bool is_text = record.kind == RecordKind::aux || record.kind == RecordKind::function;
    uint64_t size = 0;
    if (what == 1 && is_text) {
      ok = reader.text(text, 16, size, &copy);
      require(!ok || text.size() == std::min<uint64_t>(size, 16), "a text is cut at its limit");
    } else {
      ok = reader.value(what == 2 ? nullptr : &log, &copy);
    }
    if (!ok) break;
    require(copy.bytes() == file.substr(from, reader.pos() - from), "a copy is verbatim");
    require(reader.value(&log), "a payload that has been read is read no more");
  }
  return outcome_of(reader, records);
}

Outcome survey_all(std::string_view file, const Options& options, bool deep, uint64_t& keys) {
  MemorySource source(file, options.step);
  Reader reader(source, options.reader);
  Survey survey(kNow);
  if (!reader.open()) return outcome_of(reader, 0);
  const bool finished = survey.add_all(reader, deep);
  require(finished == reader.error().ok(), "a survey ends at the end or at an error");
  keys = survey.keys();
  std::vector<Finding> findings;
  find_foreign(reader, survey, findings);
  find_pre_ga(reader, findings);
  find_oddities(reader, findings);
  find_tail(reader, findings);
  find_duplicates(survey, findings);
  find_drops(survey, findings);
  compare_hints(reader.header(), survey, findings);
  compare_expectations({.databases = {{.db = 0, .keys = 1, .expires = 1}}, .is_complete = true},
                       survey, findings);
  for (const Finding& finding : findings) {
    require(!finding.name.empty() && !finding.words.empty(), "a finding has a name and words");
  }
  require(!writer_of(reader.header(), survey).empty(), "somebody wrote the file");
  (void)foreign_inventory(reader, survey);
  return outcome_of(reader, 0);
}

Outcome dump_all(std::string_view file, const Options& options, BytesMode mode) {
  MemorySource source(file, options.step);
  Reader reader(source, options.reader);
  MemorySink sink;
  Output out(sink);
  Dump dump(out, mode);
  Record record;
  bool ok = reader.open();
  while (ok && reader.next(record)) ok = dump.add(reader, record);
  ok = ok && reader.finished() && dump.finish(reader);
  require(ok == reader.error().ok(), "a dump ends at the end or at an error");
  require(out.flush(), "memory takes it");
  require(!ok || is_json_lines(sink.bytes()), "a dump is lines of JSON");
  return outcome_of(reader, 0);
}

void check_prefix(std::string_view file, const Options& options, uint64_t cut) {
  MemorySource source(file.substr(0, cut), options.step);
  Reader reader(source, options.reader);
  Survey survey(kNow);
  const bool finished = reader.open() && survey.add_all(reader, true);
  require(!finished && status(reader.error().code) == Status::damaged, "a prefix is damaged");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  rdb::Options options;
  options.step = choices.step();
  const uint8_t mix = choices.byte();
  const uint8_t form = choices.byte();
  options.reader.verify_checksum = form >= rdb::kVerifyFrom;
  using Order = rdb::ReaderOptions::ExpiryOrder;
  options.reader.expiry_order = static_cast<Order>(form % 3);
  const auto mode = static_cast<rdb::BytesMode>(form / 3 % 3);
  const std::string_view file = choices.rest();

  uint64_t keys = 0;
  const rdb::Outcome deep = rdb::survey_all(file, options, true, keys);
  rdb::check_same(deep, rdb::dump_all(file, options, mode));
  rdb::Options at_once = options;
  at_once.step = SIZE_MAX;
  uint64_t same_keys = 0;
  rdb::check_same(deep, rdb::survey_all(file, at_once, true, same_keys));
  rdb::require(keys == same_keys, "the step makes no difference to the keys");

  const rdb::Outcome skipped = rdb::skip_all(file, options);
  const rdb::Outcome mixed = rdb::mix_all(file, options, mix);
  uint64_t quick_keys = 0;
  const rdb::Outcome quick = rdb::survey_all(file, options, false, quick_keys);
  if (!deep.finished) return 0;
  rdb::check_same(deep, skipped);
  rdb::check_same(deep, mixed);
  rdb::check_same(deep, quick);
  rdb::require(skipped.records == mixed.records && keys == quick_keys, "all see the same records");
  rdb::check_prefix(file, options, mix * deep.end / 256);
  return 0;
}
