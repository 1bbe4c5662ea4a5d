// Tests of rdb/io/same_file.h.
#include "rdb/io/same_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/folder.h"

namespace rdb {
namespace {

bool are_same(const std::string& a, const std::string& b) {
  const auto x = identify(a);
  const auto y = identify(b);
  return x && y && is_same_file(*x, *y);
}

}  // namespace

TEST_CASE("same file: links lead to it, and paths of any form") {
  const Folder folder;
  put(folder / "a", "a");
  put(folder / "b", "a");
  std::filesystem::create_directory(folder / "sub");
  std::filesystem::create_symlink("a", folder / "symlink");
  std::filesystem::create_hard_link(folder / "a", folder / "hardlink");
  std::filesystem::create_directory_symlink(".", folder / "here");
  for (const char* path : {"a", "./a", "symlink", "hardlink", "sub/../a", "here/here/a"}) {
    CAPTURE(path);
    CHECK(are_same(folder / "a", folder / path));
    CHECK_FALSE(are_same(folder / "b", folder / path));
  }
  CHECK(are_same(folder / "sub", folder / "here/sub"));
}

TEST_CASE("same file: one that is not there yet is known by its directory and name") {
  const Folder folder;
  std::filesystem::create_directory(folder / "sub");
  std::filesystem::create_directory_symlink("sub", folder / "link");
  put(folder / "there", "");
  CHECK(are_same(folder / "new", folder / "./new"));
  CHECK(are_same(folder / "sub/new", folder / "link/new"));
  CHECK_FALSE(are_same(folder / "new", folder / "sub/new"));
  CHECK_FALSE(are_same(folder / "new", folder / "there"));
  CHECK_FALSE(are_same(folder / "new", folder / "other"));
  std::filesystem::create_symlink("none", folder / "dangling");
  CHECK_FALSE(identify(folder / "dangling"));
  CHECK_FALSE(identify(folder / "no/such/folder"));
}

// Whether two names are one is asked of the file system: of this one they are not.
TEST_CASE("same file: names that differ in case are asked for, and nothing is left of it") {
  const Folder folder;
  put(folder / "case", "");
  const bool is_blind = std::filesystem::exists(folder / "CASE");
  CHECK(are_same(folder / "new", folder / "NEW") == is_blind);
  CHECK_FALSE(are_same(folder / "gr\xc3\xbcn", folder / "gr\xc3\xa4n"));
  CHECK(folder.names() == Names{"case"});
}

TEST_CASE("same file: devices and pipes are none") {
  CHECK_FALSE(identify("/dev/null"));
  const Folder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK_FALSE(identify(folder / "fifo"));
}

}  // namespace rdb
