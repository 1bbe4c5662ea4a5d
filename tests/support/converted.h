// Converts in memory, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/carry/convert.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/vectors.h"

namespace rdb {

struct Converted {
  bool ok = false;
  std::string bytes;
  std::vector<Finding> findings;
  ConvertChanges changes;

  // The names of the findings, in order.
  [[nodiscard]] std::string names() const {
    std::string out;
    for (const Finding& finding : findings) out += (out.empty() ? "" : " ") + finding.name;
    return out;
  }
  [[nodiscard]] const Finding& finding(std::string_view name) const {
    const auto is = [&](const Finding& f) { return f.name == name; };
    const auto at = std::find_if(findings.begin(), findings.end(), is);
    REQUIRE(at != findings.end());
    return *at;
  }
};

inline ConvertOptions for_target(std::string_view name) {
  ConvertOptions out;
  out.loading.target = find_target(name);
  out.now_ms = kNowMs;
  return out;
}

inline Converted convert(const std::string& file,
                         const ConvertOptions& options = for_target("valkey-8.0"),
                         bool stop_at_refusal = false) {
  MemorySource source(file);
  Reader reader(source);
  CHECK(reader.open());
  Converter converter(options);
  MemorySink sink;
  Converted out;
  out.ok = converter.run(reader, sink, stop_at_refusal);
  out.bytes = sink.bytes();
  out.findings = converter.findings();
  out.changes = converter.changes();
  CHECK(out.ok == (status(out.findings) == Status::ok));
  if (out.ok) CHECK(converter.bytes_written() == out.bytes.size());
  return out;
}

// Two counts in the form that can be patched.
inline std::string hint(uint64_t keys, uint64_t expires) {
  return Bytes{}.u8(0xfb).u8(0x81).u64be(keys).u8(0x81).u64be(expires).string();
}

inline std::string hellotype() { return vector_named("module_id_hellotype_v0").bytes; }
inline std::string module_value() { return hellotype() + std::string("\x02\x07\x00", 3); }

}  // namespace rdb
