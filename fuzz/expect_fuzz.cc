// What people expect of a file, in text: anything may be parsed, and what we print ourselves comes
// back. The input is a text, parsed as both forms.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz.h"
#include "rdb/server/counts.h"

namespace rdb {
namespace {

void check_back(const Expectation& expected) {
  Header header;
  header.dialect = expected.volatile_items ? Dialect::valkey : Dialect::redis;
  header.version = expected.volatile_items ? 80 : 11;
  const Keyspace keyspace{.keys = expected.keys,
                          .expires = expected.expires.value_or(0),
                          .volatile_items = expected.volatile_items.value_or(0)};
  Expectations back;
  require(parse_info(keyspace_line(header, expected.db, keyspace) + "\r\n", back),
          "our own line is one");
  require(back.is_complete && back.databases.size() == 1, "it is one database");
  const Expectation& same = back.databases[0];
  require(same.db == expected.db && same.keys == expected.keys && same.expires == keyspace.expires,
          "our own line comes back");
}

void check_info(std::string_view text) {
  Expectations expected;
  const bool parsed = parse_info(text, expected);
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  require(expected.databases.size() <= lines, "a line is one database at most");
  require(parsed == expected.is_complete, "what is a keyspace is a complete one");
  require(parsed || expected.databases.empty(), "what is none has no databases");
  for (const Expectation& one : expected.databases) check_back(one);
  std::vector<Finding> findings;
  compare_expectations(expected, Survey(0), findings);
  require(findings.size() <= expected.databases.size(), "a database has one finding at most");
}

void check_expectation(std::string_view text) {
  Expectations expected;
  if (!parse_expectation(text, expected)) {
    require(expected.databases.empty(), "what is not parsed adds nothing");
    return;
  }
  require(expected.databases.size() == 1 && !expected.is_complete, "it is one database");
  const Expectation& one = expected.databases[0];
  require_equal("db" + std::to_string(one.db) + "=" + std::to_string(one.keys), text,
                "there is one way to write it");
  check_back(one);
}

}  // namespace
}  // namespace rdb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  rdb::check_info(text);
  rdb::check_expectation(text);
  return 0;
}
