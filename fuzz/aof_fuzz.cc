// Append-only files: any bytes are commands, or refused with words, and how they come makes no
// difference; what a server would cut off leaves a sound file; a manifest is read or refused.
// Choices: what is read, the target, the step of the source.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/aof/aof_manifest.h"
#include "rdb/aof/commands.h"
#include "rdb/file/reader.h"

namespace rdb {
namespace {

void require_printable(std::string_view text) {
  for (const char c : text) {
    require(static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x7f,
            "words are printable");
  }
}

struct Run {
  std::string summary;
  std::string message;
  std::optional<uint64_t> cut;
  bool is_damaged = false;
};

// What there is to say about a file of commands.
Run read(std::string_view bytes, size_t step, const Loading& loading) {
  Commands commands(loading);
  MemorySource source(bytes, step);
  require(read_commands(source, {}, commands), "memory does not fail");
  Run run;
  run.summary = describe(commands);
  for (const auto& [db, count] : commands.databases()) {
    run.summary += " db" + std::to_string(db) + "=" + std::to_string(count);
  }
  std::vector<Finding> findings;
  commands.find(findings);
  for (const Finding& finding : findings) {
    require_printable(finding.words);
    require(finding.offset <= bytes.size(), "a finding is in the file");
    run.summary += "\n" + std::to_string(finding.offset) + " " + finding.words + " x" +
                   std::to_string(finding.count);
  }
  require_printable(describe(commands));
  run.message = checked_message(commands.error());
  run.cut = commands.cut();
  run.is_damaged = commands.is_damaged();
  require(run.is_damaged != run.message.empty(), "damage has an error");
  require(commands.size() == bytes.size() || !findings.empty(), "all bytes are read");
  require(commands.excess() <= bytes.size(), "no more is cut off than there is");
  return run;
}

void read_all_ways(std::string_view bytes, size_t step, const Loading& loading) {
  const Run run = read(bytes, step, loading);
  const Run whole = read(bytes, SIZE_MAX, loading);
  require_equal(run.summary, whole.summary, "the commands are the same");
  require_equal(run.message, whole.message, "the error is the same");
  require(run.cut == whole.cut, "the same is cut off");
  if (!whole.cut) return;
  const Run rest = read(bytes.substr(0, *whole.cut), step, loading);
  require(!rest.is_damaged, "what is left after a cut is sound");
}

// The same bytes after an RDB part.
void read_tail(std::string_view bytes, size_t step) {
  MemorySource source(bytes, step);
  const Loading any;
  Commands commands(any);
  CommandTail tail(commands);
  Reader reader(source, {.tail = &tail});
  if (reader.open()) {
    for (Record record; reader.next(record);) {
    }
  }
  if (commands.size() != 0) {
    require(reader.tail().size == commands.size(), "the tail is handed on whole");
    require(reader.finished() || reader.error().code == Code::no_rdb_part, "at the end");
  }
  (void)unread_words(reader, &commands);
  (void)checked_message(reader.error());
}

void read_manifest(std::string_view text) {
  std::vector<AofFile> files;
  const Error error = parse_aof_manifest(text, files);
  (void)checked_message(error);
  if (!error.ok()) return;
  size_t bases = 0;
  for (const AofFile& file : files) {
    bases += file.type == AofFile::Type::base ? 1 : 0;
    require(!file.name.empty() && file.name.find('/') == std::string::npos, "a name, no path");
    require(file.seq != 0, "every file has a number");
  }
  require(bases <= 1, "one base at most");
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const uint8_t what = choices.byte();
  const size_t step = choices.step();
  rdb::Loading loading;
  const auto targets = rdb::targets();
  const size_t target = choices.byte() % (targets.size() + 1);
  if (target < targets.size()) loading.target = &targets[target];
  if (what % 3 == 0) rdb::read_all_ways(choices.rest(), step, loading);
  if (what % 3 == 1) rdb::read_tail(choices.rest(), step);
  if (what % 3 == 2) rdb::read_manifest(choices.rest());
  return 0;
}
