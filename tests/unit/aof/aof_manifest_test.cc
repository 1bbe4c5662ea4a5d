// The manifest of append-only files: rdb/aof/aof_manifest.cc.
#include "rdb/aof/aof_manifest.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace rdb {
namespace {

using namespace std::string_literals;

// The files as "base 1 NAME", or the words of the error.
std::vector<std::string> parsed(std::string_view text) {
  std::vector<AofFile> files;
  const Error error = parse_aof_manifest(text, files);
  if (!error.ok()) {
    CHECK(error.code == Code::bad_manifest);
    return {words(error)};
  }
  std::vector<std::string> out;
  for (const AofFile& file : files) {
    out.push_back(std::string(name(file.type)) + " " + std::to_string(file.seq) + " " + file.name);
  }
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace

// Each is accepted by redis 7.0.15, valkey 8.1.1 and 9.1.2.
TEST_CASE("aof manifest: what servers accept") {
  CHECK(parsed("file a.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n") ==
        Strings{"base 1 a.base.rdb", "increment 1 a.1.incr.aof"});
  // increments before the base, gaps, history with any number
  CHECK(parsed("file i2 seq 2 type i\nfile i9 seq 9 type i\nfile h seq 3 type h\nfile b seq 7 type "
               "b\n") == Strings{"increment 2 i2", "increment 9 i9", "history 3 h", "base 7 b"});
  CHECK(parsed("file a seq 1 type i startoffset 1420 endoffset 1500\n") ==
        Strings{"increment 1 a"});
  CHECK(parsed("FILE a SEQ 1 TYPE i\n") == Strings{"increment 1 a"});
  CHECK(parsed("type b seq 1 file x\n") == Strings{"base 1 x"});
  CHECK(parsed("# comment\nfile a seq 1 type i\r\n# no newline") == Strings{"increment 1 a"});
  CHECK(parsed("file \"a b.rdb\" seq 1 type b\n") == Strings{"base 1 a b.rdb"});
  CHECK(parsed("file \"a\\\"b\\x41\\n\" seq 1 type b\n") == Strings{"base 1 a\"bA\n"});
  CHECK(parsed("file 'it\\'s' seq 1 type b\n") == Strings{"base 1 it's"});
  CHECK(parsed("file a seq 1x type increment\n") == Strings{"increment 1 a"});
  CHECK(parsed("file b seq -1 type b\n") == Strings{"base -1 b"});
  CHECK(parsed("# nothing but this\n").empty());
}

// None of them starts on these.
TEST_CASE("aof manifest: what servers refuse, with the line") {
  const struct {
    std::string text;
    const char* words;
  } rows[] = {
      {"", "the manifest is empty"},
      {"\n", "line 1 of the manifest: it is empty"},
      {"file a seq 1 type i\n\n", "line 2 of the manifest: it is empty"},
      {"file a seq 1 type i", "line 1 of the manifest: it does not end in a newline"},
      {"file a seq 1\n",
       "line 1 of the manifest: it has 4 words, not pairs of which there are at least three"},
      {"file a seq 1 type\n",
       "line 1 of the manifest: it has 5 words, not pairs of which there are at least three"},
      {"file \"a seq 1 type i\n", "line 1 of the manifest: a quote is not closed"},
      {"file \"a\"b seq 1 type i\n", "line 1 of the manifest: a quote is not closed"},
      {"file a seq 0 type i\n", "line 1 of the manifest: its sequence number is missing, or 0"},
      {"file a seq 0 type h\n", "line 1 of the manifest: its sequence number is missing, or 0"},
      {"file a seq x type i\n", "line 1 of the manifest: its sequence number is missing, or 0"},
      {"file a seq 1 type x\n", "line 1 of the manifest: its type is none of b, h and i"},
      {"name a seq 1 type i\n", "line 1 of the manifest: it names no file"},
      {"file a seq 1 type b\nfile b seq 2 type b\n",
       "line 2 of the manifest: there is a base file already"},
      {"file a seq 2 type i\nfile b seq 1 type i\n",
       "line 2 of the manifest: increment 1 comes after 2, and sequence numbers must rise"},
      {"file a seq 2 type i\nfile b seq 2 type i\n",
       "line 2 of the manifest: increment 2 comes after 2, and sequence numbers must rise"},
      {"file a seq -1 type i\n",
       "line 1 of the manifest: increment -1 comes after 0, and sequence numbers must rise"},
      {"file " + std::string(1100, 'a') + " seq 1 type i\n",
       "line 1 of the manifest: it is longer than 1024 bytes"},
      {"file a\0 seq 1 type i\n"s, "line 1 of the manifest: it holds a zero byte"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == Strings{row.words});
  }
}

TEST_CASE("aof manifest: no file outside of the directory is named") {
  for (const char* name : {"../a", "/etc/passwd", "a\\\\b", "sub/a"}) {
    CAPTURE(name);
    const Strings found = parsed("file \"" + std::string(name) + "\" seq 1 type i\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].ends_with("is a path, and must be the name of a file beside the manifest"));
  }
  CHECK(parsed("file .. seq 1 type i\n") ==
        Strings{"line 1 of the manifest: \"..\" is not the name of a file"});
  CHECK(parsed("file . seq 1 type i\n") ==
        Strings{"line 1 of the manifest: \".\" is not the name of a file"});
  CHECK(parsed("file \"a\\x00b\" seq 1 type i\n") ==
        Strings{"line 1 of the manifest: \"a\\x00b\" is not the name of a file"});
}

TEST_CASE("aof manifest: what is written is read") {
  const std::vector<AofFile> files = {{AofFile::Type::base, "a.base.rdb", 1},
                                      {AofFile::Type::increment, "a.1.incr.aof", 1},
                                      {AofFile::Type::increment, "a.2.incr.aof", 2}};
  CHECK(format_aof_manifest(files) ==
        "file a.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n"
        "file a.2.incr.aof seq 2 type i\n");
  CHECK(parsed(format_aof_manifest(files)) ==
        Strings{"base 1 a.base.rdb", "increment 1 a.1.incr.aof", "increment 2 a.2.incr.aof"});
}

}  // namespace rdb
