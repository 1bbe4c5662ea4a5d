// Conversion: what comes out is a sound file with the same entries, an exact hint for each database
// and a checksum, and converting it once more changes nothing. Choices: the step; the target,
// whether it has the modules and keeps the replication history.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/events.h"
#include "fuzz/fuzz.h"
#include "rdb/base/limits.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;
constexpr ReaderOptions kUnverified{.verify_checksum = false};

// Takes bytes in order alone, and no more than so many.
class PipeSink : public ByteSink {
 public:
  explicit PipeSink(size_t bytes_max = SIZE_MAX) : bytes_max_(bytes_max) {}

  [[nodiscard]] bool write(std::string_view bytes) override {
    if (bytes.size() > bytes_max_ - bytes_.size()) return fail({.code = Code::write_failed});
    bytes_ += bytes;
    return true;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  size_t bytes_max_;
  std::string bytes_;
};

template <typename T>
std::string log_number(const char* name, const std::optional<T>& v) {
  return v ? std::string(name) + std::to_string(*v) + " " : "";
}

// What the old form of a library leaves out of its source.
std::string head_of(const Record& record) {
  if (!record.is_pre_ga) return "";
  return "#!" + std::string(record.engine) + " name=" + std::string(record.name) + "\n";
}

// Everything that a conversion must keep, written down; true when the file was read to its end.
bool log_all(std::string_view file, size_t step, std::string& log) {
  MemorySource source(file, step);
  Reader reader(source, kUnverified);
  Record record;
  std::string text;
  uint64_t size = 0;
  if (!reader.open()) return false;
  while (reader.next(record)) {
    EventLog events;
    if (record.kind == RecordKind::entry) {
      const Lifetime& life = record.lifetime;
      log += "\ndb" + std::to_string(record.db) + " " + log_number("expire", life.expire_ms) +
             log_number("idle", life.idle_s) + log_number("freq", life.freq) +
             std::string(record.key) + "=";
    } else if (record.kind == RecordKind::module_aux) {
      log += "\nmodule" + std::to_string(record.module.id) + " " + std::to_string(record.when);
    } else if (record.kind == RecordKind::function) {
      log += "\nfunction " + head_of(record);
      if (!reader.text(text, file.size() * kLzfRatioMax, size)) return false;
      log += text;
      continue;
    } else {
      continue;
    }
    if (!reader.value(&events)) return false;
    log += events.text();
  }
  return reader.finished() && reader.error().ok();
}

// The names of module types in the file.
std::vector<std::string> modules_of(std::string_view file) {
  MemorySource source(file);
  Reader reader(source, kUnverified);
  Survey survey(kNow);
  if (reader.open()) (void)survey.add_all(reader, true);
  std::vector<std::string> names;
  for (const ModuleCount& module : survey.modules()) names.push_back(module.name);
  return names;
}

bool convert(std::string_view file, size_t step, const ConvertOptions& options, ByteSink& to) {
  MemorySource source(file, step);
  Reader reader(source, kUnverified);
  if (!reader.open()) return false;
  Converter converter(options);
  const bool done = converter.run(reader, to, false);
  require(done == (status(converter.findings()) == Status::ok), "findings say why it failed");
  return done;
}

void check_full_disk(std::string_view file, const ConvertOptions& options, size_t bytes_max) {
  MemorySource source(file);
  Reader reader(source, kUnverified);
  PipeSink full(bytes_max);
  Converter converter(options);
  require(reader.open() && !converter.run(reader, full, false), "a full disk is no success");
  require(converter.write_error().code == Code::write_failed, "the error is that of the sink");
}

void check_output(std::string_view file, const ConvertOptions& options, bool has_hints) {
  MemorySource source(file);
  Reader reader(source);
  Survey survey(kNow);
  const bool sound = reader.open() && survey.add_all(reader, true);
  require_equal(checked_message(reader.error()), "", "the output is sound");
  require(sound && reader.end() == file.size(), "the output ends where it ends");
  require(reader.checksum() == Checksum::verified || reader.checksum_value() == 0,
          "the output has a checksum");
  std::vector<Finding> findings;
  compare_hints(reader.header(), survey, findings);
  require(findings.empty(), "hints are exact");
  for (const auto& [db, keyspace] : survey.databases()) {
    require(db < options.databases, "the target has the database");
    require(keyspace.has_hint == has_hints, "each database has a hint if any has");
  }
  for (const TypeCount* type : survey.types()) {
    require(holds(*options.target, *type->type), "the target reads each type");
  }
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t choice = choices.byte();
  const std::string_view file = choices.rest();
  rdb::ConvertOptions options;
  options.target = &rdb::targets()[choice % rdb::targets().size()];
  options.keep_replication_id = choice >= 128;
  options.now_ms = rdb::kNow;
  if ((choice & 64) == 0) options.modules = rdb::modules_of(file);

  rdb::MemorySink output;
  if (!rdb::convert(file, step, options, output)) return 0;
  rdb::check_output(output.bytes(), options, true);
  std::string before;
  std::string after;
  rdb::require(rdb::log_all(file, step, before), "what can be converted can be read");
  rdb::require(rdb::log_all(output.bytes(), step, after), "the output can be read");
  rdb::require_equal(before, after, "the entries are the same");

  rdb::MemorySink again;
  rdb::require(rdb::convert(output.bytes(), SIZE_MAX, options, again), "the output converts");
  rdb::require(again.bytes() == output.bytes(), "converting again changes nothing");

  rdb::PipeSink pipe;
  rdb::require(rdb::convert(file, SIZE_MAX, options, pipe), "it also goes to a pipe");
  rdb::check_output(pipe.bytes(), options, false);
  after.clear();
  rdb::require(rdb::log_all(pipe.bytes(), step, after), "which can be read");
  rdb::require_equal(before, after, "and has the same entries");
  rdb::check_full_disk(file, options, pipe.bytes().size() - 1);
  return 0;
}
