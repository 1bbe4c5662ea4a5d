#include "rdb/io/access.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <initializer_list>
#include <string>

#include "rdb/io/source.h"
#include "tests/support/folder.h"

namespace rdb {
namespace {

constexpr uid_t kOwner = 1234;
constexpr gid_t kGroup = 4321;

Access access_of(mode_t mode) {
  return {.mode = mode, .is_masked = false, .owner = kOwner, .group = kGroup};
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status;
}

}  // namespace

TEST_CASE("access: that of a file is its permission bits and owner, without those that run it") {
  const Folder folder;
  put(folder / "in", "");
  for (const mode_t mode : {0600U, 0644U, 0755U, 06755U, 01777U}) {
    CAPTURE(mode);
    REQUIRE(chmod((folder / "in").c_str(), mode) == 0);
    FileSource in;
    REQUIRE(in.open(folder / "in").ok());
    CHECK(in.access().mode == (mode & 0777));
    CHECK_FALSE(in.access().is_masked);
    CHECK(in.access().owner == geteuid());
    CHECK(in.access().group == status_of(folder / "in").st_gid);
  }
}

TEST_CASE("access: a pipe or device has none to hand on") {
  for (const char* const path : {"/dev/null", "/dev/zero"}) {
    FileSource in;
    REQUIRE(in.open(path).ok());
    CHECK(in.access().is_masked);
    CHECK(in.access().mode == 0666);
    CHECK_FALSE(in.access().owner.has_value());
  }
}

TEST_CASE("access: of several files it is what all allow") {
  const Access both = access_of(0640) & access_of(0604);
  CHECK(both.mode == 0600);
  CHECK(both.owner == kOwner);
  CHECK(both.group == kGroup);
  CHECK((access_of(0644) & access_of(0664)).mode == 0644);
}

TEST_CASE("access: where groups differ no group may do more than others") {
  Access other = access_of(0664);
  other.group = kGroup + 1;
  const Access both = access_of(0664) & other;
  CHECK(both.mode == 0644);
  CHECK(both.owner == kOwner);
  CHECK_FALSE(both.group.has_value());
}

TEST_CASE("access: with a pipe among several the umask has its say, too") {
  const Access both = access_of(0664) & Access{};
  CHECK(both.is_masked);
  CHECK(both.mode == 0644);
  CHECK_FALSE(both.owner.has_value());
  const Access pipes = Access{} & Access{};
  CHECK(pipes.mode == 0666);
  CHECK(pipes.is_masked);
}

TEST_CASE("access: who may read files may search their directory, its owner may do all") {
  struct Case {
    mode_t files;
    mode_t directory;
  };
  for (const Case& c : {Case{0600, 0700},
                        {0640, 0750},
                        {0644, 0755},
                        {0664, 0775},
                        {0400, 0700},
                        {0444, 0755},
                        {0604, 0705}}) {
    CAPTURE(c.files);
    CHECK(access_of(c.files).directory().mode == c.directory);
  }
  CHECK(Access{}.directory().mode == 0777);
  CHECK(Access{}.directory().is_masked);
}

TEST_CASE("access: until it is given a file is private") {
  CHECK(access_of(0644).creation_mode() == 0600);
  CHECK(access_of(0044).creation_mode() == 0600);
  CHECK(access_of(0755).creation_mode() == 0700);
  CHECK(Access{}.creation_mode() == 0666);
}

TEST_CASE("access: what the process may not give does not become more") {
  const Folder folder;
  put(folder / "out", "");
  const int fd = open((folder / "out").c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const uid_t nobody = 65534;
  if (geteuid() == 0) {
    access_of(0640).give(fd);
    CHECK(status_of(folder / "out").st_uid == kOwner);
    CHECK(status_of(folder / "out").st_gid == kGroup);
    CHECK(mode_of(folder / "out") == 0640);
    REQUIRE(fchown(fd, nobody, nobody) == 0);
    REQUIRE(seteuid(nobody) == 0);
  }
  for (const mode_t mode : {0640U, 0660U, 0664U, 0604U, 0777U}) {
    CAPTURE(mode);
    access_of(mode).give(fd);  // of another user and group
    struct stat status {};
    CHECK(fstat(fd, &status) == 0);
    CHECK(status.st_uid == geteuid());
    const mode_t both = (mode >> 3) & mode & 7;
    CHECK((status.st_mode & 07777) == ((mode & 0700) | both << 3 | both));
  }
  if (getuid() == 0) REQUIRE(seteuid(0) == 0);
  close(fd);
}

}  // namespace rdb
