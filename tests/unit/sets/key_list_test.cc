#include "rdb/sets/key_list.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "rdb/base/limits.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

using namespace std::string_view_literals;

KeyList listed(std::string_view text, size_t step = SIZE_MAX) {
  KeyList list;
  MemorySource source(text, step);
  std::string why;
  REQUIRE(list.read(source, why));
  return list;
}

std::string refused(std::string_view text) {
  KeyList list;
  MemorySource source(text);
  std::string why;
  CHECK_FALSE(list.read(source, why));
  return why;
}

}  // namespace

TEST_CASE("key list: a line is a name, also the last without its end") {
  for (const size_t step : kSteps) {
    KeyList list = listed("a\nlonger than that\n a b \nlast", step);
    CHECK(list.size() == 4);
    CHECK(list.has("a"));
    CHECK(list.has("longer than that"));
    CHECK(list.has(" a b "));
    CHECK(list.has("last"));
    CHECK_FALSE(list.has("b"));
    CHECK_FALSE(list.has(""));
  }
}

TEST_CASE("key list: line ends of Windows and empty lines name nothing") {
  for (const size_t step : kSteps) {
    KeyList list = listed("a\r\n\r\n\nb\r\n", step);
    CHECK(list.size() == 2);
    CHECK(list.has("a"));
    CHECK(list.has("b"));
    CHECK_FALSE(list.has("a\r"));
    CHECK(listed("", step).size() == 0);
  }
}

TEST_CASE("key list: quotes hold any name, as servers print it") {
  KeyList list = listed(R"("\x00\xfF\n\r\t\a\b\"\\z"
""
"a\r"
a"b"
)");
  CHECK(list.size() == 4);
  CHECK(list.has("\x00\xff\n\r\t\a\b\"\\z"sv));
  CHECK(list.has(""));
  CHECK(list.has("a\r"));
  CHECK(list.has("a\"b\""));
}

TEST_CASE("key list: a line in quotes that are wrong is named") {
  const std::string form =
      " begins with a quote and is no name in quotes, with \\n \\r \\t \\a \\b \\\" \\\\ \\xHH";
  CHECK(refused("a\n\n\"b\nc\n") == "line 3" + form);
  for (const char* line : {"\"", "\"a", "\"a\"b", "\"a\"b\"", "\"\\\"", "\"\\z\"", "\"\\x\"",
                           "\"\\x0\"", "\"\\xg0\"", "\"\\x+1\"", "\"\\"}) {
    CAPTURE(std::string(line));
    CHECK(refused(line) == "line 1" + form);
  }
}

TEST_CASE("key list: names that were not found are told in order, each once") {
  KeyList list = listed("c\nb\na\nc\n");
  CHECK(list.size() == 3);
  CHECK(list.missing() == std::vector<std::string_view>{"a", "b", "c"});
  CHECK(list.has("b"));
  CHECK(list.has("b"));
  CHECK(list.missing() == std::vector<std::string_view>{"a", "c"});
}

TEST_CASE("key list: several files make one list") {
  KeyList list = listed("a\nb");
  MemorySource more("b\nc");
  std::string why;
  REQUIRE(list.read(more, why));
  CHECK(list.size() == 3);
}

TEST_CASE("key list: names take no more memory than they may") {
  const std::string text = "a\nb\n" + std::string(300, 'x') + "\n";
  MemorySource source(text);
  KeyList list;
  std::string why;
  CHECK_FALSE(list.read(source, why, 400));
  CHECK(why ==
        "line 3 makes the names take more than 400 bytes of memory, --max-memory allows more");
  MemorySource again(text);
  KeyList all;
  CHECK(all.read(again, why, 600));
}

TEST_CASE("key list: a source that fails ends the reading") {
  class Failing : public ByteSource {
    bool read(char*, size_t, size_t&) override {
      return fail({.code = Code::read_failed, .words = "Input/output error"});
    }
  };
  Failing source;
  KeyList list;
  std::string why;
  CHECK_FALSE(list.read(source, why));
  CHECK(why.empty());
  CHECK(source.error().code == Code::read_failed);
}

}  // namespace rdb
