// What a server does with a file, for tests: values, the whole, duplicates and what is dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/server/release.h"
#include "rdb/server/verdict.h"
#include "tests/support/lua_judge.h"
#include "tests/support/surveyed.h"

namespace rdb {

inline Loading loading(std::string_view target, bool sanitizes = false) {
  Loading out;
  out.target = find_target(target);
  out.release = release_in(target);
  out.sanitizes = sanitizes;
  out.judge = &lua_judge();
  REQUIRE(out.target != nullptr);
  return out;
}

inline std::vector<Finding> judged(const Loading& loading, const std::string& file,
                                   size_t max = 100) {
  MemorySource source(file);
  Reader reader(source, {.tolerates_flaws = true});
  Survey survey(kNowMs);
  if (loading.target->keeps_empty()) survey.keep_empty();
  Verdict verdict(loading, kNowMs, max);
  REQUIRE(reader.open());
  Record record;
  while (reader.next(record)) {
    if (!verdict.judges(record)) {
      REQUIRE(survey.add(reader, record, true));
      continue;
    }
    REQUIRE(survey.add(reader, record, true, {.events = &verdict.start(reader, record)}));
    REQUIRE(verdict.judge(reader, record));
  }
  REQUIRE(reader.finished());
  REQUIRE(survey.finish());
  std::vector<Finding> out;
  verdict.find(out);
  find_not_loaded(loading, reader, survey, out);
  find_duplicates(survey, out);
  find_drops(survey, out);
  return out;
}

inline std::string_view said(const Loading& loading, const std::string& file) {
  return name(rdb::verdict(judged(loading, file)));
}

}  // namespace rdb
