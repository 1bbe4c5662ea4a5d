// How the library carries a file from one version to another: the example of rdb/file/writer.h.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rdb/rdb.h"
#include "tests/support/content.h"
#include "tests/support/testdata.h"

namespace {

// Reads the file at `path` and writes what it holds to `to` as a Valkey 8.0 would save it.
bool carry(const std::string& path, rdb::ByteSink& to) {
  rdb::FileSource file;
  if (!file.open(path).ok()) return false;
  rdb::Reader in(file);
  rdb::Writer out(to);
  return in.open() && rdb::carry(in, out).ok();
}

TEST_CASE("example: while (in.next(e)) { out.begin(e); in.value(out.sink()); } is the identity") {
  size_t seen = 0;
  for (const std::string& path : rdb::rdb_files("testdata/types")) {
    CAPTURE(path);
    const std::string bytes = rdb::read_whole_file(path);
    if (bytes.compare(0, 5, "REDIS") != 0 || bytes.compare(5, 4, "0011") > 0) continue;
    rdb::MemorySink once;
    rdb::Content content(false);  // older streams tell less
    std::vector<std::string> expected;
    if (!rdb::read_content(bytes, content, expected)) continue;
    REQUIRE(carry(path, once));
    std::vector<std::string> got;
    REQUIRE(rdb::read_content(once.bytes(), content, got));
    CHECK(got == expected);
    ++seen;
  }
  CHECK(seen >= 20);
}

}  // namespace
