// Selecting and changing: what two opposite bounds of the size take is everything, each key once;
// what is added and taken off again, or swapped twice, is as it was. Choices: the step; the bound,
// whether values are encoded again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"
#include "tests/support/content.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;

struct Transform {
  SelectOptions select = {};
  ChangeOptions change = {};
};

bool convert(std::string_view file, size_t step, bool reencode, const Transform& transform,
             std::string& to) {
  Selection selection(kNow);
  Changes changes(kNow);
  require(selection.prepare(transform.select) && changes.prepare(transform.change),
          "the options are fine");
  ConvertOptions options;
  options.loading.target = find_target("valkey-9.1");
  options.loading.databases = UINT64_MAX;
  options.selection = &selection;
  options.changes = &changes;
  options.allow_empty = true;
  options.now_ms = kNow;
  if (reencode) {
    for (const Type& type : types()) options.reencode.push_back(type.kind);
  }
  MemorySource source(file, step);
  Reader reader(source, {.verify_checksum = false});
  MemorySink sink;
  if (!reader.open()) return false;
  Converter converter(options);
  const bool ok = converter.run(reader, sink, false);
  to = sink.bytes();
  return ok;
}

std::vector<std::string> content_of(std::string_view file) {
  Content content;
  std::vector<std::string> out;
  require(read_content(file, content, out), "the output can be read");
  return out;
}

std::vector<std::string> entries_of(std::string_view file) {
  std::vector<std::string> out = content_of(file);
  const auto is_function = [](const std::string& entry) { return entry.starts_with("function "); };
  out.erase(std::remove_if(out.begin(), out.end(), is_function), out.end());
  return out;
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const uint8_t choice = choices.byte();
  const std::string_view file = choices.rest();
  const bool reencode = choice >= 128;
  std::string whole;
  if (!rdb::convert(file, step, reencode, {}, whole)) return 0;

  const std::string bound = std::to_string(choice % 128);
  std::string small;
  std::string large;
  rdb::Transform below;
  below.select.sizes = {"<" + std::to_string(choice % 128 + 1)};
  rdb::Transform above;
  above.select.sizes = {">" + bound};
  rdb::require(rdb::convert(file, step, reencode, below, small), "a part converts");
  rdb::require(rdb::convert(file, step, reencode, above, large), "the other part too");
  std::vector<std::string> both = rdb::entries_of(small);
  const std::vector<std::string> others = rdb::entries_of(large);
  both.insert(both.end(), others.begin(), others.end());
  std::sort(both.begin(), both.end());
  rdb::require(both == rdb::entries_of(whole), "the parts are the whole");

  rdb::Transform there;
  there.change = {.ttl_shift = "", .map_db = {"0=1", "1=0"}, .prefix_add = "p:"};
  rdb::Transform back;
  back.change = {.ttl_shift = "", .map_db = {"0=1", "1=0"}, .prefix_strip = "p:"};
  std::string changed;
  std::string again;
  rdb::require(rdb::convert(whole, step, false, there, changed), "it can be changed");
  rdb::require(rdb::convert(changed, step, false, back, again), "and changed back");
  rdb::require(rdb::content_of(again) == rdb::content_of(whole), "which leaves it as it was");
  return 0;
}
