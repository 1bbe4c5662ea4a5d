// Conversion: what comes out is a sound file with the same entries, an exact hint for each database
// and a checksum; converting it once more changes nothing; its parts by cluster slot, joined, have
// its entries. Choices: the step; the target, whether it has the modules and keeps the replication
// history, whether values are encoded again and compressed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/base/limits.h"
#include "rdb/rdb.h"
#include "tests/support/content.h"
#include "tests/support/pipe_sink.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;
constexpr ReaderOptions kUnverified{.verify_checksum = false};

// Everything that a conversion must keep, whatever form it takes.
std::vector<std::string> content_of(std::string_view file) {
  Content content(false);
  std::vector<std::string> out;
  require(read_content(file, content, out), "what can be converted, and its output, can be read");
  return out;
}

// True when no key lost a field or its idle time on the way or was empty and left out, as it
// should.
bool is_whole(const Converter& converter) {
  const auto drops = [](const Finding& finding) {
    return finding.name == "expired_fields" || finding.name == "empty_dropped";
  };
  const auto& findings = converter.findings();
  return std::none_of(findings.begin(), findings.end(), drops) &&
         converter.changes().eviction_dropped == 0;
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

bool convert(std::string_view file, size_t step, const ConvertOptions& options, ByteSink& to,
             bool* whole = nullptr) {
  MemorySource source(file, step);
  Reader reader(source, kUnverified);
  if (!reader.open()) return false;
  Converter converter(options);
  const bool done = converter.run(reader, to, false);
  require(done == (status(converter.findings()) == Status::ok), "findings say why it failed");
  if (whole != nullptr) *whole = is_whole(converter);
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
    require(db < databases_of(options.loading), "the target has the database");
    require(keyspace.has_hint == has_hints, "each database has a hint if any has");
  }
  for (const TypeCount* type : survey.types()) {
    require(holds(*options.loading.target, reader.header(), *type->type),
            "the target reads each type");
  }
}

// Without functions and module AUX data, which are in all parts and once in the whole.
std::vector<std::string> entries_of(std::string_view file) {
  std::vector<std::string> out = content_of(file);
  std::erase_if(out, [](const std::string& text) { return !text.starts_with("db "); });
  return out;
}

// Divided among three nodes and joined again. Data of modules alone may be of two kinds in a file.
void check_parts(std::string_view file, ConvertOptions options,
                 const std::vector<std::string>& entries) {
  std::vector<MemorySink> sinks(3);
  size_t next = 0;
  Parts parts([&](const std::string&, Error&) { return &sinks[next++]; },
              divide_evenly(static_cast<unsigned>(sinks.size())));
  MemorySource source(file);
  Reader reader(source, kUnverified);
  Converter divider(options);
  require(reader.open() && divider.run(reader, parts, false), "what converts can be divided");

  Joint joint(Joint::Conflict::first, options.loading);
  options.joint = &joint;
  MemorySink output;
  FileOutlet to(output);
  for (const MemorySink& part : sinks) {
    check_output(part.bytes(), options, options.loading.target->version >= kHasAux);
    MemorySource bytes(part.bytes());
    Reader again(bytes);
    require(again.open(), "a part can be read");
    joint.add_header(again.header());
    Converter joiner(options);
    const bool joins = joiner.run(again, to, false);
    require(joins || joiner.findings()[0].name == "module_aux_conflict", "parts can be joined");
    if (!joins) return;
    joint.end_file(part.bytes().size());
  }
  require(joint.finish(to) && joint.keys().seen.count() == 0, "no key is in two parts");
  require(entries_of(output.bytes()) == entries, "the parts have the entries of the whole");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t choice = choices.byte();
  const std::string_view file = choices.rest();
  rdb::ConvertOptions options;
  options.loading.target = &rdb::targets()[(choice & 15U) % rdb::targets().size()];
  options.keep_replication_id = choice >= 128;
  options.compress = (choice & 16) != 0;
  options.now_ms = rdb::kNow;
  if ((choice & 64) == 0) options.loading.modules = rdb::modules_of(file);
  if ((choice & 32) != 0) {
    for (const rdb::Type& type : rdb::types()) options.reencode.push_back(type.kind);
  }
  const bool has_hints = options.loading.target->version >= rdb::kHasAux;

  rdb::MemorySink output;
  bool is_whole = false;
  if (!rdb::convert(file, step, options, output, &is_whole)) return 0;
  rdb::check_output(output.bytes(), options, has_hints);
  const std::vector<std::string> before = rdb::content_of(file);
  const bool is_same = rdb::content_of(output.bytes()) == before;
  rdb::require(!is_whole || is_same, "the entries are the same");

  rdb::MemorySink again;
  rdb::require(rdb::convert(output.bytes(), SIZE_MAX, options, again), "the output converts");
  rdb::require(again.bytes() == output.bytes(), "converting again changes nothing");

  rdb::PipeSink pipe;
  rdb::require(rdb::convert(file, SIZE_MAX, options, pipe), "it also goes to a pipe");
  rdb::check_output(pipe.bytes(), options, false);
  rdb::require(!is_whole || rdb::content_of(pipe.bytes()) == before, "and has the same entries");
  rdb::check_full_disk(file, options, pipe.bytes().size() - 1);
  rdb::check_parts(file, options, rdb::entries_of(output.bytes()));
  return 0;
}
