// A file, read to its end into a Survey.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "rdb/file/reader.h"
#include "rdb/pass/survey.h"

namespace rdb {

// 2024-01-01T00:00:00Z: the clock of tests.
inline constexpr int64_t kNowMs = 1704067200000;

struct Surveyed {
  explicit Surveyed(std::string file, bool deep = true)
      : bytes(std::move(file)), source(bytes), reader(source), survey(kNowMs) {
    ok = reader.open() && survey.add_all(reader, deep);
  }

  std::string bytes;
  MemorySource source;
  Reader reader;
  Survey survey;
  bool ok = false;
};

}  // namespace rdb
