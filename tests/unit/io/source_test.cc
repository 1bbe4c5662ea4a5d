#include "rdb/io/source.h"
#include "rdb/io/random.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace rdb {
namespace {

class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const char* name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/rdbferry-source-XXXXXX";
};

void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// All bytes of a source, read n at a time.
std::string drain(ByteSource& source, size_t n = 4096) {
  std::string all;
  std::string buffer(n, '\0');
  for (size_t got = 1; got > 0;) {
    REQUIRE(source.read(buffer.data(), n, got));
    all.append(buffer, 0, got);
  }
  return all;
}

// Has a file descriptor stand in for standard input while it lives.
class StandardInput {
 public:
  explicit StandardInput(int fd) : before_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
  ~StandardInput() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int before_;
};

}  // namespace

TEST_CASE("source: a file reads back whole at any step and knows its size") {
  const Folder folder;
  const std::string path = folder / "dump.rdb";
  const std::string bytes = "REDIS0011 and more";
  put(path, bytes);
  for (size_t step : {1U, 2U, 7U, 4096U}) {
    CAPTURE(step);
    FileSource source;
    REQUIRE(source.open(path).ok());
    CHECK(source.size() == bytes.size());
    CHECK(drain(source, step) == bytes);
    CHECK(source.error().ok());
  }
}

TEST_CASE("source: the end stays the end") {
  const Folder folder;
  put(folder / "empty", "");
  FileSource source;
  REQUIRE(source.open(folder / "empty").ok());
  CHECK(source.size() == 0);
  char byte = 0;
  size_t got = 1;
  CHECK(source.read(&byte, 1, got));
  CHECK(got == 0);
  CHECK(source.read(&byte, 1, got));
  CHECK(got == 0);
}

TEST_CASE("source: a missing file is open_failed, in the system's words") {
  const Folder folder;
  FileSource source;
  const Error error = source.open(folder / "none");
  CHECK(error.code == Code::open_failed);
  CHECK(error.words == "No such file or directory");
}

TEST_CASE("source: a directory is refused") {
  const Folder folder;
  FileSource source;
  CHECK(source.open(folder / "").code == Code::is_directory);
}

TEST_CASE("source: a directory as standard input is refused") {
  const Folder folder;
  const int fd = open((folder / "").c_str(), O_RDONLY);
  const StandardInput input(fd);
  FileSource source;
  CHECK(source.open("-").code == Code::is_directory);
  close(fd);
}

TEST_CASE("source: a file that may not be read is open_failed") {
  if (geteuid() == 0) {
    MESSAGE("skipped: root may read any file");
    return;
  }
  const Folder folder;
  put(folder / "secret", "x");
  chmod((folder / "secret").c_str(), 0);
  FileSource source;
  const Error error = source.open(folder / "secret");
  CHECK(error.code == Code::open_failed);
  CHECK(error.words == "Permission denied");
}

TEST_CASE("source: a failing read is read_failed, and stays so") {
  const Folder folder;
  put(folder / "dump.rdb", "x");
  FileSource source;
  REQUIRE(source.open(folder / "dump.rdb").ok());
  // The descriptor now is of a file that cannot be read from.
  const int written = open((folder / "dump.rdb").c_str(), O_WRONLY);
  REQUIRE(dup2(written, source.descriptor()) >= 0);
  char byte = 0;
  size_t got = 1;
  CHECK_FALSE(source.read(&byte, 1, got));
  CHECK(got == 0);
  CHECK(source.error().code == Code::read_failed);
  CHECK(source.error().words == "Bad file descriptor");
  CHECK_FALSE(source.read(&byte, 1, got));
  close(written);
}

TEST_CASE("source: - is standard input, from where it stands") {
  const Folder folder;
  put(folder / "dump.rdb", "0123456789");
  const int fd = open((folder / "dump.rdb").c_str(), O_RDONLY);
  REQUIRE(lseek(fd, 4, SEEK_SET) == 4);
  {
    const StandardInput input(fd);
    FileSource source;
    REQUIRE(source.open("-").ok());
    CHECK(source.size() == 6);
    CHECK(drain(source) == "456789");
  }
  close(fd);
}

TEST_CASE("source: closing leaves standard input open") {
  {
    FileSource source;
    CHECK(source.open("-").ok());
  }
  CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
}

TEST_CASE("source: a pipe has no size; one that is non-blocking is waited for") {
  int ends[2];
  REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(write(ends[1], "late", 4) == 4);
    close(ends[1]);
  });
  {
    const StandardInput input(ends[0]);
    FileSource source;
    REQUIRE(source.open("-").ok());
    CHECK(source.size() == std::nullopt);
    CHECK(drain(source) == "late");
  }
  writer.join();
  close(ends[0]);
}

TEST_CASE("source: an interrupted read is repeated") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  struct sigaction nothing {};
  struct sigaction before {};
  nothing.sa_handler = [](int) {};  // without SA_RESTART
  REQUIRE(sigaction(SIGUSR1, &nothing, &before) == 0);
  const pthread_t reader = pthread_self();
  std::thread writer([&] {
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      pthread_kill(reader, SIGUSR1);
    }
    CHECK(write(ends[1], "late", 4) == 4);
    close(ends[1]);
  });
  {
    const StandardInput input(ends[0]);
    FileSource source;
    REQUIRE(source.open("-").ok());
    CHECK(drain(source) == "late");
  }
  writer.join();
  sigaction(SIGUSR1, &before, nullptr);
  close(ends[0]);
}

TEST_CASE("source: memory comes in steps and knows its size") {
  MemorySource source("abcdefg", 3);
  CHECK(source.size() == 7);
  char buffer[16];
  size_t got = 0;
  REQUIRE(source.read(buffer, sizeof buffer, got));
  CHECK(std::string(buffer, got) == "abc");
  CHECK(drain(source) == "defg");
  CHECK(source.size() == 7);
}

TEST_CASE("source: a part is what the file has from there on, where the file itself stands stays") {
  const Folder folder;
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
  put(folder / "file", bytes);
  const int fd = open((folder / "file").c_str(), O_RDONLY);
  REQUIRE(fd >= 0);
  REQUIRE(lseek(fd, 11, SEEK_SET) == 11);
  const StandardInput input(fd);
  close(fd);
  FileSource file;
  REQUIRE(file.open("-").ok());
  FileAccess access(file);
  for (const uint64_t offset : {0U, 1U, 70000U, 99989U}) {
    for (const size_t n : {1000U, 4096U, 1U << 20}) {
      RandomSource part(access, offset);
      CHECK(part.size() == 99989 - offset);
      CHECK((drain(part, n) == bytes.substr(11 + offset)));
    }
  }
  CHECK((drain(file) == bytes.substr(11)));
}

TEST_CASE("source: a file whose size or time of modification changes is told at its end") {
  const Folder folder;
  const auto write = [](const std::string& path) { std::ofstream(path, std::ios::app) << "x"; };
  const auto shorten = [](const std::string& path) { std::filesystem::resize_file(path, 1); };
  const auto touch = [](const std::string& path) {
    const timespec times[] = {{1, 0}, {1, 1}};
    REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  };
  for (const auto& change : {+write, +shorten, +touch}) {
    put(folder / "file", "12345678");
    FileSource source;
    FileAccess again(source);
    REQUIRE(source.open(folder / "file").ok());
    CHECK(source.changed().ok());
    char bytes[4];
    size_t got = 0;
    REQUIRE(source.read(bytes, sizeof bytes, got));
    change(folder / "file");
    CHECK(source.changed().code == Code::input_changed);
    while (source.read(bytes, sizeof bytes, got)) {
    }
    CHECK(source.error().code == Code::input_changed);
    if (!again.read_at(7, bytes, 1, got)) CHECK(again.error().code == Code::input_changed);
  }
}

// What servers and backups do with a snapshot that is finished.
TEST_CASE("source: a new name, link, mode or replacement of a file is no change of it") {
  const Folder folder;
  put(folder / "file", "12345678");
  FileSource source;
  REQUIRE(source.open(folder / "file").ok());
  std::filesystem::create_hard_link(folder / "file", folder / "link");
  REQUIRE(chmod((folder / "file").c_str(), 0600) == 0);
  put(folder / "new", "abc");
  std::filesystem::rename(folder / "new", folder / "file");
  std::filesystem::remove(folder / "link");
  CHECK(drain(source) == "12345678");
  CHECK(source.changed().ok());
  FileSource now;
  REQUIRE(now.open(folder / "file").ok());
  CHECK(now.changed_since(source).code == Code::input_changed);
  CHECK(now.changed_since(now).ok());
}

}  // namespace rdb
