// Zeros where records should be: they read as strings with an empty key, without end.
#include <string>

#include <doctest/doctest.h>

#include "tests/support/file_walk.h"
#include "tests/support/rdb_file.h"

namespace rdb {
namespace {

constexpr std::string_view kWords = ": zero bytes stand here instead of data, ";

RdbFile start() { return RdbFile().select(0).string("key", "value"); }

}  // namespace

TEST_CASE("zeros: they are no keys, and are counted up to the end of the file") {
  const RdbFile file = start();
  for (const size_t n :
       {size_t{4}, size_t{5}, size_t{6}, size_t{100}, size_t{5000}, size_t{600000}}) {
    CAPTURE(n);
    const std::string cut = file.cut() + std::string(n, '\0');
    const FileWalk walk = n > 1000 ? walk_file(cut) : walk_at_every_step(cut);
    CHECK(walk.message() == "dump.rdb: byte " + std::to_string(file.size()) + std::string(kWords) +
                                std::to_string(n) + " of them, up to the end of the file");
    check_lines(walk.records(), {"entry db 0 key key string"});
  }
}

TEST_CASE("zeros: up to where other bytes stand they are counted, too") {
  for (const size_t n : {size_t{6}, size_t{7}, size_t{8}, size_t{100}, size_t{600000}}) {
    CAPTURE(n);
    RdbFile file = start();
    const std::string at = std::to_string(file.size());
    const std::string hole = file.raw(std::string(n, '\0')).raw("more").end();
    const FileWalk walk = n > 1000 ? walk_file(hole) : walk_at_every_step(hole);
    CHECK(walk.message() ==
          "dump.rdb: byte " + at + std::string(kWords) + std::to_string(n) + " of them");
    check_lines(walk.records(), {"entry db 0 key key string"});
  }
}

TEST_CASE("zeros: one string with an empty key and no value is a record like others") {
  const FileWalk walk = walk_at_every_step(start().string("", "").string("k", "").end());
  CHECK(walk.finished);
  check_lines(walk.records(),
              {"entry db 0 key key string", "entry db 0 key  string", "entry db 0 key k string"});
  const FileWalk other = walk_at_every_step(start().string("", "").select(1).string("", "").end());
  CHECK(other.finished);
}

TEST_CASE("zeros: a reader that does not drain tells where they begin, not how many") {
  const FileWalk walk =
      walk_at_every_step(start().cut() + std::string(5000, '\0'), {.reader = {.drains = false}});
  CHECK(walk.message() == "dump.rdb: byte " + std::to_string(start().size()) +
                              ": zero bytes stand here instead of data, 6 of them or more");
}

}  // namespace rdb
