// What --verify compares: a conversion's output as it arrives, whole or spoilt on its way.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "rdb/base/crc64.h"
#include "rdb/carry/convert.h"
#include "rdb/compare/content.h"
#include "tests/support/bytes.h"
#include "tests/support/rdb_file.h"
#include "tests/support/surveyed.h"

namespace rdb {
namespace {

std::string convert(const std::string& file, ConvertOptions options, Carried& carried) {
  MemorySource source(file);
  Reader reader(source);
  REQUIRE(reader.open());
  options.carried = &carried;
  options.now_ms = kNowMs;
  Converter converter(std::move(options));
  MemorySink out;
  REQUIRE(converter.run(reader, out, false));
  return out.bytes();
}

Error verify(const std::vector<std::string>& files, const Carried& carried) {
  Verify verify(carried);
  for (const std::string& file : files) {
    MemorySource source(file);
    Reader reader(source);
    REQUIRE(reader.open());
    if (!verify.add(reader)) return reader.error().ok() ? verify.error() : reader.error();
  }
  (void)verify.finish();
  return verify.error();
}

// With `to` for `from` on its way to the disk, and a checksum that is right.
std::string spoilt(std::string file, std::string_view from, std::string_view to) {
  const size_t at = file.find(from);
  REQUIRE(at != file.npos);
  file.replace(at, from.size(), to);
  file.resize(file.size() - 8);
  return file + Bytes{}.u64le(crc64(0, file)).string();
}

std::string hash_field(std::string_view name, int64_t expire_ms) {
  return rdb_string(name) + rdb_string("value") + Bytes{}.i64le(expire_ms).string();
}

std::string sample() {
  return RdbFile("REDIS0006")
      .select(0)
      .expire_ms(kNowMs + 5)
      .string("key", "value")
      .entry(4, "hash", rdb_length(1) + rdb_string("field") + rdb_string("text"))
      .end();
}

constexpr std::string_view kLibrary =
    "#!lua name=a\nredis.register_function('f', function() return 1 end)";

}  // namespace

TEST_CASE("verify: what arrives as it was carried is fine, copied or encoded anew") {
  for (const bool reencode : {false, true}) {
    Carried carried;
    ConvertOptions options{.loading = {.target = find_target("valkey-8.0")}};
    if (reencode) options.reencode = {Kind::hash};
    const std::string out = convert(sample(), options, carried);
    CHECK(carried.sums.keys.count == 2);
    CHECK(verify({out}, carried).ok());
  }
}

TEST_CASE("verify: a name, value, expiry or database that arrives otherwise is found") {
  Carried carried;
  const std::string out =
      convert(sample(), {.loading = {.target = find_target("valkey-8.0")}}, carried);
  const std::string expiry = Bytes{}.u8(0xfc).i64le(kNowMs + 5).string();
  const std::string later = Bytes{}.u8(0xfc).i64le(kNowMs + 6).string();
  const std::pair<std::string, std::string> changes[] = {{"value", "valve"},
                                                         {"\x03key", "\x03kez"},
                                                         {"text", "tent"},
                                                         {expiry, later},
                                                         {std::string("\xfe\0", 2), "\xfe\x01"}};
  for (const auto& change : changes) {
    CAPTURE(change.second);
    const Error error = verify({spoilt(out, change.first, change.second)}, carried);
    CHECK(name(error.code) == "output_differs");
    CHECK(status(error.code) == Status::damaged);
  }
}

TEST_CASE("verify: the words tell how many keys were carried and how many arrived") {
  Carried carried;
  (void)convert(sample(), {.loading = {.target = find_target("valkey-8.0")}}, carried);
  const std::string words_of_none = words(verify({RdbFile().end()}, carried));
  CHECK(words_of_none == "read back, it is not what was carried: 0 keys with digest " +
                             std::string(32, '0') + ", not 2 with " +
                             to_hex(carried.sums.keys.hash));
}

TEST_CASE("verify: damage is an error of its own") {
  Carried carried;
  std::string out = convert(sample(), {.loading = {.target = find_target("valkey-8.0")}}, carried);
  out[out.size() - 20] ^= 1;
  CHECK(status(verify({out}, carried).code) == Status::damaged);
}

TEST_CASE("verify: what is left out, dropped or changed on the way is not expected") {
  Carried carried;
  Selection selection(kNowMs);
  REQUIRE(selection.prepare({.sizes = {"<6"}}));
  Changes changes(kNowMs);
  REQUIRE(changes.prepare({.prefix_add = "p:"}));
  const std::string file =
      RdbFile().select(0).string("a", "short").string("b", "much too long").string("c", "1").end();
  const std::string out = convert(file,
                                  {.loading = {.target = find_target("valkey-8.0")},
                                   .selection = &selection,
                                   .changes = &changes},
                                  carried);
  CHECK(carried.sums.keys.count == 1);
  CHECK(verify({out}, carried).ok());
}

TEST_CASE("verify: fields that have expired are not expected where the target has no expiries") {
  Carried carried;
  const std::string file =
      RdbFile("VALKEY080")
          .select(0)
          .entry(22, "some", rdb_length(2) + hash_field("a", kNowMs) + hash_field("b", kNowMs + 9))
          .entry(22, "all", rdb_length(1) + hash_field("a", kNowMs - 1))
          .end();
  const std::string out = convert(
      file,
      {.loading = {.target = find_target("valkey-8.0")}, .allowed_losses = {"field_expiries"}},
      carried);
  CHECK(carried.sums.keys.count == 1);
  CHECK(verify({out}, carried).ok());
  Carried whole;
  CHECK(verify({convert(file, {.loading = {.target = find_target("valkey-9.0")}}, whole)}, whole)
            .ok());
  CHECK(whole.sums.keys.count == 2);
}

TEST_CASE("verify: every part has the functions, all of them together the keys") {
  const auto part = [](std::string_view key) {
    return RdbFile().function(kLibrary).select(0).string(key, "v").end();
  };
  Carried carried;
  const std::string whole =
      RdbFile().function(kLibrary).select(0).string("a", "v").string("b", "v").end();
  (void)convert(whole, {.loading = {.target = find_target("valkey-8.0")}}, carried);
  CHECK(verify({part("a"), part("b")}, carried).ok());
  CHECK_FALSE(verify({part("a")}, carried).ok());
  CHECK_FALSE(verify({part("a"), RdbFile().select(0).string("b", "v").end()}, carried).ok());
}

}  // namespace rdb
