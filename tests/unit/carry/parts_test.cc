#include "rdb/carry/parts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rdb/carry/convert.h"
#include "tests/support/content.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"
#include "tests/support/testdata.h"

namespace rdb {
namespace {

// What is written to each part, by its name.
class Files {
 public:
  [[nodiscard]] Parts::Create create() {
    return [this](const std::string& name, Error&) { return &files_[name]; };
  }
  [[nodiscard]] const std::string& operator[](const std::string& name) const {
    const auto at = files_.find(name);
    REQUIRE(at != files_.end());
    return at->second.bytes();
  }
  [[nodiscard]] const std::map<std::string, MemorySink>& all() const { return files_; }

 private:
  std::map<std::string, MemorySink> files_;
};

ConvertOptions options_for(uint64_t databases) {
  ConvertOptions out;
  out.loading.target = find_target("valkey-8.0");
  out.loading.databases = databases;
  out.now_ms = kNowMs;
  return out;
}

bool split(const std::string& file, Parts& parts, Converter& converter) {
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  return converter.run(reader, parts, false);
}

std::string hint(uint64_t keys, uint64_t expires) {
  return Bytes{}.u8(0xfb).u8(0x81).u64be(keys).u8(0x81).u64be(expires).string();
}

constexpr std::string_view kLibrary =
    "#!lua name=mylib\nredis.register_function('f', function() return 1 end)";

// Slots by CLUSTER KEYSLOT: foo 12182, bar 5061, hello 866.
std::string three_keys() {
  return RdbFile()
      .aux("redis-ver", "7.2.6")
      .function(kLibrary)
      .select(0)
      .hint(3, 1)
      .string("foo", "1")
      .expire_ms(kNowMs + 1)
      .string("bar", "2")
      .string("hello", "3")
      .end();
}

RdbFile common() { return RdbFile().aux("redis-ver", "7.2.6").function(kLibrary); }

void add_content(std::string_view file, std::vector<std::string>& out) {
  Content content;
  REQUIRE(read_content(file, content, out));
}

}  // namespace

TEST_CASE("parts: every key is in the part of its slot, what is common in all, counts are exact") {
  Files files;
  Parts parts(files.create(), divide_evenly(3));
  Converter converter(options_for(1));
  CHECK(split(three_keys(), parts, converter));
  CHECK(files["part-0000-slots-0-5460.rdb"] == common()
                                                   .select(0)
                                                   .raw(hint(2, 1))
                                                   .expire_ms(kNowMs + 1)
                                                   .string("bar", "2")
                                                   .string("hello", "3")
                                                   .end());
  CHECK(files["part-0001-slots-5461-10922.rdb"] == common().end());
  CHECK(files["part-0002-slots-10923-16383.rdb"] ==
        common().select(0).raw(hint(1, 0)).string("foo", "1").end());
  CHECK(parts.keys() == 3);
  const std::vector<Parts::Part> rows = parts.parts();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].keys == 2);
  CHECK(rows[1].keys == 0);
  CHECK(rows[2].bytes == files[rows[2].file].size());
}

TEST_CASE("parts: what is common and stands behind keys is in all parts, too") {
  const std::string file =
      RdbFile().select(0).string("foo", "1").function(kLibrary).string("bar", "2").end();
  Files files;
  Parts parts(files.create(), divide_evenly(3));
  Converter converter(options_for(1));
  CHECK(split(file, parts, converter));
  CHECK(files["part-0000-slots-0-5460.rdb"] ==
        RdbFile().function(kLibrary).select(0).raw(hint(1, 0)).string("bar", "2").end());
  CHECK(files["part-0001-slots-5461-10922.rdb"] == RdbFile().function(kLibrary).end());
  CHECK(files["part-0002-slots-10923-16383.rdb"] ==
        RdbFile().select(0).raw(hint(1, 0)).string("foo", "1").function(kLibrary).end());
}

TEST_CASE("parts: by database there is one part for each that occurs, which keeps its number") {
  const std::string file = RdbFile()
                               .aux("redis-ver", "7.2.6")
                               .function(kLibrary)
                               .select(3)
                               .string("a", "1")
                               .select(0)
                               .string("b", "2")
                               .select(3)
                               .string("c", "3")
                               .end();
  Files files;
  Parts parts(files.create(), {});
  Converter converter(options_for(16));
  CHECK(split(file, parts, converter));
  CHECK(files.all().size() == 2);
  CHECK(files["part-db-0.rdb"] == common().select(0).raw(hint(1, 0)).string("b", "2").end());
  CHECK(files["part-db-3.rdb"] ==
        common().select(3).raw(hint(2, 0)).string("a", "1").string("c", "3").end());
  CHECK(parts.parts()[0].file == "part-db-0.rdb");
}

TEST_CASE("parts: a node's part has its id as name") {
  CHECK(part_name(7, {.slots = {{0, 1}, {3, 3}}, .node = "07c3"}) == "part-0007-node-07c3.rdb");
  CHECK(is_part_name("part-0007-node-07c3.rdb"));
  CHECK_FALSE(is_part_name("dump.rdb"));
  CHECK_FALSE(is_part_name("part-0007.aof"));
}

TEST_CASE("parts: a key outside database 0 is refused by name, unless it is mapped") {
  const std::string file = RdbFile().select(0).string("a", "1").select(3).string("b", "2").end();
  Files files;
  Parts parts(files.create(), divide_evenly(3));
  Converter converter(options_for(1));
  CHECK_FALSE(split(file, parts, converter));
  REQUIRE(converter.findings().size() == 1);
  CHECK(converter.findings()[0].name == "database_out_of_range");
  CHECK(converter.findings()[0].db == 3);
  CHECK(converter.findings()[0].key == "b");

  Changes changes(kNowMs);
  REQUIRE(changes.prepare({.map_db = {"3=0"}}));
  ConvertOptions options = options_for(1);
  options.changes = &changes;
  Files mapped;
  Parts into(mapped.create(), divide_evenly(1));
  Converter mapping(options);
  CHECK(split(file, into, mapping));
  CHECK(mapped["part-0000-slots-0-16383.rdb"] ==
        RdbFile().select(0).raw(hint(2, 0)).string("a", "1").string("b", "2").end());
}

TEST_CASE("parts: in 3, 16 and 1000 parts every file of testdata has the content of the whole") {
  size_t carried = 0;
  for (const std::string& path : rdb_files("testdata/corpus")) {
    CAPTURE(path);
    const std::string file = read_whole_file(path);
    const auto content_in = [&](unsigned nodes, bool encodes) {
      ConvertOptions options = options_for(65536);
      options.loading.target = find_target("valkey-9.0");
      options.loading.modules = {"hellotype", "modtest01"};
      if (encodes) options.reencode = {Kind::list, Kind::set, Kind::zset, Kind::hash, Kind::stream};
      Files files;
      Parts parts(files.create(), divide_evenly(nodes));
      Converter converter(options);
      std::vector<std::string> out;
      if (!split(file, parts, converter)) return out;
      for (const auto& [name, sink] : files.all()) add_content(sink.bytes(), out);
      std::sort(out.begin(), out.end());
      return out;
    };
    for (const bool encodes : {false, true}) {
      const std::vector<std::string> whole = content_in(1, encodes);
      if (!whole.empty()) ++carried;
      for (const unsigned nodes : {3U, 16U, 1000U}) {
        std::vector<std::string> got = content_in(nodes, encodes);
        // Functions and module AUX data are in every part.
        got.erase(std::unique(got.begin(), got.end()), got.end());
        std::vector<std::string> once = whole;
        once.erase(std::unique(once.begin(), once.end()), once.end());
        CHECK(got == once);
      }
    }
  }
  CHECK(carried > 200);
}

// Takes so many bytes and fails then, as a full disk does.
class FillingSink : public ByteSink {
 public:
  explicit FillingSink(uint64_t& left) : left_(left) {}
  [[nodiscard]] bool write(std::string_view bytes) override {
    if (bytes.size() > left_) return fail({.code = Code::write_failed, .words = "full"});
    left_ -= bytes.size();
    return true;
  }
  [[nodiscard]] bool patch(uint64_t, std::string_view) override {
    if (left_ == 0) return fail({.code = Code::write_failed, .words = "full"});
    --left_;
    return true;
  }
  [[nodiscard]] bool is_seekable() const override { return true; }

 private:
  uint64_t& left_;
};

TEST_CASE("parts: whichever write fails, the error is told") {
  RdbFile file;
  file.select(0);
  for (int i = 0; i < 200; ++i) file.string("key" + std::to_string(i), std::string(500, 'v'));
  for (uint64_t room = 0;; room += 997) {
    uint64_t left = room;
    std::vector<std::unique_ptr<FillingSink>> sinks;
    Parts parts(
        [&](const std::string&, Error&) {
          return sinks.emplace_back(std::make_unique<FillingSink>(left)).get();
        },
        divide_evenly(12));
    Converter converter(options_for(1));
    if (split(file.end(), parts, converter)) break;
    CHECK(converter.write_error().code == Code::write_failed);
    CHECK(parts.error().words == "full");
    REQUIRE(room < (1 << 20));
  }
}

TEST_CASE("parts: a part that cannot be created is told") {
  Parts parts(
      [](const std::string&, Error& error) -> ByteSink* {
        error = {.code = Code::open_failed, .words = "no room"};
        return nullptr;
      },
      {});
  Converter converter(options_for(16));
  CHECK_FALSE(split(three_keys(), parts, converter));
  CHECK(converter.write_error().words == "no room");
}

}  // namespace rdb
