// Whatever the bytes are: every flaw that reading tolerates becomes a finding, a closer look finds
// what a quicker one does, and how the file is read makes no difference. Choices: the step, the
// target.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "rdb/rdb.h"

namespace rdb {
namespace {

constexpr int64_t kNow = 1700000000000;
constexpr size_t kListedMax = 64;

struct Judged {
  std::string message;
  uint64_t end = 0;
  uint64_t flaws = 0;
  std::vector<Finding> findings;
};

Judged judge(std::string_view file, size_t step, const Loading& loading, bool tolerates_flaws) {
  MemorySource source(file, step);
  ReaderOptions options;
  options.verify_checksum = false;
  options.tolerates_flaws = tolerates_flaws;
  Reader reader(source, options);
  Verdict verdict(loading, kNow, kListedMax);
  Judged out;
  Record record;
  bool ok = reader.open();
  while (ok && reader.next(record)) {
    const bool is_judged = verdict.judges(record);
    Sink nothing;
    ok = reader.value(is_judged ? &verdict.start(reader, record) : &nothing);
    if (!ok || !is_judged) continue;
    require(verdict.judge(reader, record), "what is read is judged");
    out.flaws += record.kind == RecordKind::entry ? reader.flaws().size() : 0;
  }
  verdict.find(out.findings);
  out.message = checked_message(reader.error());
  out.end = reader.end();
  return out;
}

void check_same(const Judged& a, const Judged& b) {
  require_equal(a.message, b.message, "the step makes no difference to the error");
  require(a.end == b.end && a.flaws == b.flaws && a.findings.size() == b.findings.size(),
          "the step makes no difference to the findings");
  for (size_t i = 0; i < a.findings.size(); ++i) {
    require_equal(a.findings[i].words, b.findings[i].words, "nor to their words");
    require(a.findings[i].severity == b.findings[i].severity, "nor to how bad they are");
  }
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rdb::Choices choices(data, size);
  const size_t step = choices.step();
  const auto targets = rdb::targets();
  rdb::Loading loading;
  loading.target = &targets[choices.byte() % targets.size()];
  const std::string_view file = choices.rest();

  const rdb::Judged quick = rdb::judge(file, step, loading, true);
  rdb::check_same(quick, rdb::judge(file, SIZE_MAX, loading, true));
  for (const rdb::Finding& finding : quick.findings) {
    rdb::require(!finding.name.empty() && !finding.words.empty(), "a finding has a name and words");
  }
  const uint64_t told = std::min<uint64_t>(quick.flaws, rdb::kListedMax);
  rdb::require(quick.findings.size() >= told, "a flaw is told");
  loading.sanitizes = true;
  const rdb::Judged close = rdb::judge(file, step, loading, true);
  rdb::require(rdb::verdict(close.findings) <= rdb::verdict(quick.findings),
               "a closer look finds what a quicker one does");
  const rdb::Judged strict = rdb::judge(file, step, loading, false);
  if (!strict.message.empty()) return 0;
  rdb::check_same(close, strict);
  rdb::require(close.flaws == 0, "what is sound has no flaw");
  return 0;
}
