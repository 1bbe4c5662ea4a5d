// Whatever the bytes are, salvage ends, what it writes is sound, has no key twice and all values as
// the deepest server wants them; of a sound file it takes all. Choices: where orphans go.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;

uint64_t check_sound(Splice& file) {
  RandomSource source(file);
  Reader reader(source);
  require(reader.open(), "what is saved has a header");
  Survey survey(kNow);
  Loadable loadable({Scrutiny::shallow, Scrutiny::deep, Scrutiny::always});
  Remedy remedy;
  for (Record record; reader.next(record);) {
    const bool is_entry = record.kind == RecordKind::entry;
    Sink* const events = is_entry ? &loadable.start(*record.type) : nullptr;
    require(survey.add(reader, record, true, {.events = events}), "a saved record is sound");
    if (!is_entry) continue;
    require(loadable.judge(remedy), "a saved value can be judged");
    require(remedy.is_sound, "a saved value is what the deepest server loads");
  }
  require_equal(checked_message(reader.error()), "", "what is saved is sound");
  require(survey.finish() && survey.duplicates().count == 0, "no key is there twice");
  return survey.keys();
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  rdb::SalvageOptions options;
  options.now_ms = rdb::kNow;
  options.loading.modules = {"hellotype", "corpusmod"};
  if (choices.byte() % 2 == 1) options.orphans_db = 3;
  rdb::MemoryAccess file(choices.rest());
  rdb::Salvage salvage(file, options);
  if (!salvage.run()) {
    rdb::require(!rdb::checked_message(salvage.error()).empty(), "a failure has words");
    return 0;
  }
  uint64_t keys = rdb::check_sound(salvage.file());
  if (!options.orphans_db) keys += rdb::check_sound(salvage.orphans());
  rdb::require(keys == salvage.keys(), "keys are counted");
  for (const rdb::Loss& loss : salvage.losses()) {
    rdb::require(loss.from <= loss.to && loss.to <= file.size(), "a loss is within the file");
    rdb::require(!loss.words.empty(), "a loss has words");
  }
  return 0;
}
