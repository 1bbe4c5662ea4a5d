#include "rdb/carry/joint.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/carry/convert.h"
#include "rdb/carry/parts.h"
#include "tests/support/content.h"
#include "tests/support/file_walk.h"
#include "tests/support/lua_judge.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/testdata.h"

namespace rdb {
namespace {

struct Joined {
  bool ok = false;
  std::string bytes;
  std::vector<Finding> findings;
  uint64_t functions_joined = 0;
  uint64_t duplicates = 0;
  uint64_t second_place = 0;
};

ConvertOptions options_for(std::string_view target) {
  ConvertOptions out;
  out.loading.target = find_target(target);
  out.loading.databases = 65536;
  out.loading.modules = {"hellotype", "modtest01", "corpusmod", "test___dt"};
  out.now_ms = kNowMs;
  return out;
}

// `previews`: as for files; without it as for pipes.
Joined join(const std::vector<std::string>& files, Joint::Conflict policy = Joint::Conflict::error,
            bool previews = true, std::string_view target = "valkey-8.0") {
  const Loading loading{.target = find_target(target), .judge = &lua_judge()};
  Joint joint(policy, loading);
  Joined out;
  for (size_t i = 0; i < files.size(); ++i) {
    MemorySource source(files[i]);
    Reader reader(source);
    REQUIRE(reader.open());
    joint.add_header(reader.header());
    if (previews) REQUIRE(joint.preview(reader, "file " + std::to_string(i)));
  }
  MemorySink sink;
  FileOutlet to(sink);
  out.ok = true;
  for (size_t i = 0; i < files.size(); ++i) {
    MemorySource source(files[i]);
    Reader reader(source);
    REQUIRE(reader.open());
    ConvertOptions options = options_for(target);
    options.joint = &joint;
    Converter converter(options);
    joint.begin_file("file " + std::to_string(i));
    out.ok = converter.run(reader, to, false) && out.ok;
    joint.end_file(reader.pos());
    out.findings.insert(out.findings.end(), converter.findings().begin(),
                        converter.findings().end());
  }
  out.ok = joint.finish(to) && out.ok;
  out.bytes = sink.bytes();
  out.functions_joined = joint.functions_joined();
  out.duplicates = joint.keys().seen.count();
  out.second_place = joint.keys().seen.second().offset;
  CHECK(joint.error().ok());
  return out;
}

std::string hint(uint64_t keys, uint64_t expires) {
  return Bytes{}.u8(0xfb).u8(0x81).u64be(keys).u8(0x81).u64be(expires).string();
}

constexpr std::string_view kLibrary =
    "#!lua name=mylib\nredis.register_function('f', function() return 1 end)";
constexpr std::string_view kOther =
    "#!lua name=mylib\nredis.register_function('f', function() return 2 end)";

}  // namespace

TEST_CASE("joint: the keys of all files, AUX fields of the first, counts of all") {
  const Joined got = join({RdbFile("REDIS0009")
                               .aux("redis-ver", "6.2.16")
                               .aux("ctime", "17e8")
                               .select(0)
                               .hint(1, 0)
                               .string("a", "1")
                               .end(),
                           RdbFile("REDIS0011")
                               .aux("redis-ver", "7.2.6")
                               .aux("redis-bits", "64")
                               .select(3)
                               .string("a", "2")
                               .select(0)
                               .expire_ms(kNowMs + 1)
                               .string("b", "3")
                               .end()});
  CHECK(got.ok);
  CHECK(got.bytes == RdbFile()
                         .aux("redis-ver", "6.2.16")
                         .aux("ctime", "17e8")
                         .select(0)
                         .raw(hint(2, 1))
                         .string("a", "1")
                         .select(3)
                         .raw(hint(1, 0))
                         .string("a", "2")
                         .select(0)
                         .expire_ms(kNowMs + 1)
                         .string("b", "3")
                         .end());
  CHECK(got.duplicates == 0);
}

TEST_CASE("joint: a library with the same code is written once, before all keys") {
  const std::string one = RdbFile().function(kLibrary).select(0).string("a", "1").end();
  const std::string two = RdbFile().function(kLibrary).select(0).string("b", "1").end();
  const std::string whole = RdbFile()
                                .function(kLibrary)
                                .select(0)
                                .raw(hint(2, 0))
                                .string("a", "1")
                                .string("b", "1")
                                .end();
  for (const bool previews : {true, false}) {
    const Joined got = join({one, two}, Joint::Conflict::error, previews);
    CHECK(got.ok);
    CHECK(got.bytes == whole);
    CHECK(got.functions_joined == 1);
  }
}

TEST_CASE("joint: a library of a later file stands before all keys, if that can be known") {
  const std::string one = RdbFile().select(0).string("a", "1").end();
  const std::string two = RdbFile().function(kLibrary).end();
  CHECK(join({one, two}).bytes ==
        RdbFile().function(kLibrary).select(0).raw(hint(1, 0)).string("a", "1").end());
  CHECK(join({one, two}, Joint::Conflict::error, false).bytes ==
        RdbFile().select(0).raw(hint(1, 0)).string("a", "1").function(kLibrary).end());
}

TEST_CASE("joint: a library with other code is refused, or one is chosen") {
  const std::string one = RdbFile().function(kLibrary).select(0).string("a", "1").end();
  const std::string two = RdbFile().function(kOther).end();
  const Joined refused = join({one, two});
  CHECK_FALSE(refused.ok);
  REQUIRE(refused.findings.size() == 1);
  CHECK(refused.findings[0].name == "function_conflict");
  CHECK(refused.findings[0].words ==
        "library \"mylib\" is in file 0 with other code (--on-function-conflict)");
  CHECK(status(refused.findings) == Status::unexpected);
  const auto with = [](std::string_view library) {
    return RdbFile().function(library).select(0).raw(hint(1, 0)).string("a", "1").end();
  };
  CHECK(join({one, two}, Joint::Conflict::first).bytes == with(kLibrary));
  CHECK(join({one, two}, Joint::Conflict::first, false).bytes == with(kLibrary));
  CHECK(join({one, two}, Joint::Conflict::last).bytes == with(kOther));
  // The last of three is as the first.
  CHECK(join({one, two, RdbFile().function(kLibrary).end()}, Joint::Conflict::last).bytes ==
        with(kLibrary));
  const Joined late = join({one, two}, Joint::Conflict::last, false);
  CHECK_FALSE(late.ok);
  CHECK(late.findings[0].words.ends_with("is written already: give files, not pipes"));
}

TEST_CASE("joint: a key in two files is found, with its place in all") {
  const std::string one = RdbFile().select(0).string("a", "1").string("b", "1").end();
  const std::string two = RdbFile().select(0).string("c", "1").string("b", "2").end();
  const Joined got = join({one, two});
  CHECK(got.duplicates == 1);
  const uint64_t at = RdbFile().select(0).string("c", "1").size();
  CHECK(got.second_place == one.size() + at);
  CHECK(join({one, RdbFile().select(1).string("b", "2").end()}).duplicates == 0);
  CHECK(join({one, RdbFile().select(0).expire_ms(1).string("b", "2").end()}).duplicates == 0);
}

TEST_CASE("joint: once something is refused nothing is written, whatever the order") {
  const std::string foreign = RdbFile("REDIS0012").select(0).string("x", "1").end();
  const std::string good = RdbFile().select(0).string("a", "1").end();
  CHECK_FALSE(join({foreign, good}).ok);
  CHECK_FALSE(join({good, foreign}).ok);
  CHECK_FALSE(join({good, foreign, good}).ok);
}

TEST_CASE("joint: one file of VALKEY080 makes the output one, for a target that reads it") {
  const std::string plain = RdbFile().select(0).string("a", "1").end();
  const std::string hash =
      rdb_length(1) + rdb_string("f") + rdb_string("v") + Bytes{}.i64le(kNowMs + 1000).string();
  const std::string expiring = RdbFile("VALKEY080").select(0).entry(22, "h", hash).end();
  const Joined got = join({plain, expiring}, Joint::Conflict::error, true, "valkey-9.0");
  CHECK(got.ok);
  CHECK(got.bytes ==
        RdbFile("VALKEY080").select(0).raw(hint(2, 0)).string("a", "1").entry(22, "h", hash).end());
}

TEST_CASE("joint: the parts of every file of testdata join to the content of the whole") {
  size_t joined = 0;
  for (const std::string& path : rdb_files("testdata/corpus")) {
    CAPTURE(path);
    const std::string file = read_whole_file(path);
    const auto contents = [](const std::string& bytes) {
      Content content;
      std::vector<std::string> out;
      REQUIRE(read_content(bytes, content, out));
      return out;
    };
    MemorySource source(file);
    Reader reader(source);
    if (!reader.open()) continue;
    Converter whole(options_for("valkey-9.0"));
    MemorySink sink;
    if (!whole.run(reader, sink, false)) continue;
    for (const unsigned nodes : {3U, 16U}) {
      std::vector<MemorySink> sinks(nodes);
      size_t next = 0;
      Parts parts([&](const std::string&, Error&) { return &sinks[next++]; }, divide_evenly(nodes));
      MemorySource again(file);
      Reader divided(again);
      REQUIRE(divided.open());
      Converter converter(options_for("valkey-9.0"));
      REQUIRE(converter.run(divided, parts, false));
      std::vector<std::string> files;
      for (const MemorySink& part : sinks) files.push_back(part.bytes());
      const Joined got = join(files, Joint::Conflict::error, true, "valkey-9.0");
      REQUIRE(got.ok);
      CHECK(contents(got.bytes) == contents(sink.bytes()));
    }
    ++joined;
  }
  CHECK(joined > 200);
}

}  // namespace rdb
