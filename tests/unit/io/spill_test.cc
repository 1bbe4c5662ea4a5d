#include "rdb/io/spill.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace rdb {
namespace {

std::string block_of(size_t i) { return std::string(i % 5000, static_cast<char>('a' + i % 26)); }

}  // namespace

TEST_CASE("spill: blocks come back as they were, from memory and from the file") {
  // None held, one chunk of 256 KiB and a bit that makes none, two chunks, everything.
  for (const uint64_t memory : {0U, 300000U, 512U << 10, 64U << 20}) {
    CAPTURE(memory);
    Spill spill(memory);
    std::vector<uint64_t> offsets(1000);
    uint64_t size = 0;
    for (size_t i = 0; i < offsets.size(); ++i) {
      REQUIRE(spill.append(block_of(i), offsets[i]));
      CHECK(offsets[i] == size);
      size += i % 5000;
    }
    CHECK(spill.size() == size);
    CHECK(spill.has_file() == (memory < size));
    for (size_t i = offsets.size(); i-- > 0;) {
      std::string got(i % 5000, '\0');
      REQUIRE(spill.read(offsets[i], got.data(), got.size()));
      CHECK((got == block_of(i)));
    }
    std::string across(size, '\0');
    REQUIRE(spill.read(0, across.data(), across.size()));
    CHECK((across.substr(offsets[777], 777) == block_of(777)));
  }
}

TEST_CASE("spill: the file has no name") {
  char folder[] = "/tmp/rdbferry-spill-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  {
    Spill spill(0, folder);
    uint64_t offset = 0;
    REQUIRE(spill.append("bytes", offset));
    CHECK(spill.has_file());
    CHECK(std::filesystem::is_empty(folder));
  }
  CHECK(std::filesystem::remove(folder));
}

TEST_CASE("spill: a folder that cannot be written is named, and the error stays") {
  Spill spill(0, "/proc/no/such/folder");
  uint64_t offset = 0;
  CHECK_FALSE(spill.append("bytes", offset));
  CHECK(spill.error().code == Code::temporary_failed);
  CHECK(words(spill.error()) ==
        "temporary file in /proc/no/such/folder: No such file or directory");
  CHECK_FALSE(spill.append("bytes", offset));
}

TEST_CASE("spill: nothing is opened while memory suffices") {
  Spill spill(1 << 20, "/proc/no/such/folder");
  uint64_t offset = 0;
  CHECK(spill.append(std::string(1 << 20, 'x'), offset));
  CHECK_FALSE(spill.append("x", offset));
}

TEST_CASE("spill: TMPDIR says where") {
  const char* const before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  setenv("TMPDIR", "/var/tmp", 1);
  CHECK(Spill::default_directory() == "/var/tmp");
  setenv("TMPDIR", "", 1);
  CHECK(Spill::default_directory() == "/tmp");
  unsetenv("TMPDIR");
  CHECK(Spill::default_directory() == "/tmp");
  if (before != nullptr) setenv("TMPDIR", saved.c_str(), 1);
}

}  // namespace rdb
