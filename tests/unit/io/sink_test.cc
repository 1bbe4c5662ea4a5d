#include "rdb/io/sink.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/folder.h"

namespace rdb {
namespace {

// Those of temporary files: none, where a file system has files without a name.
Names hidden(const Names& names) {
  Names out;
  for (const std::string& name : names) {
    const size_t letters = std::string("XXXXXX").size();
    const size_t dash = name.rfind(".rdbferry-");
    const bool is_one = name.starts_with('.') && dash != name.npos &&
                        name.size() == dash + std::string(".rdbferry-").size() + letters;
    if (is_one) out.insert(name);
  }
  return out;
}

Names shown(Names names) {
  for (const std::string& name : hidden(names)) names.erase(name);
  return names;
}

}  // namespace

TEST_CASE("sink: the file appears under its name with commit and not before") {
  const Folder folder;
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", false).ok());
  CHECK(sink.is_seekable());
  REQUIRE(sink.write("REDIS"));
  REQUIRE(sink.write("0011"));
  CHECK(hidden(folder.names()) == folder.names());
  CHECK(get(sink.temporary()) == "REDIS0011");
  REQUIRE(sink.commit());
  CHECK(sink.temporary().empty());
  CHECK(folder.names() == Names{"out.rdb"});
  CHECK(get(folder / "out.rdb") == "REDIS0011");
}

TEST_CASE("sink: a new file has the mode that umask leaves") {
  const Folder folder;
  const mode_t before = umask(027);
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", false).ok());
  REQUIRE(sink.commit());
  umask(before);
  CHECK(mode_of(folder / "out.rdb") == 0640);
}

TEST_CASE("sink: a file that replaces another has its mode") {
  const Folder folder;
  for (mode_t mode : {0600U, 0644U, 0666U, 0440U}) {
    CAPTURE(mode);
    put(folder / "out.rdb", "old");
    REQUIRE(chmod((folder / "out.rdb").c_str(), mode) == 0);
    FileSink sink;
    REQUIRE(sink.open(folder / "out.rdb", true).ok());
    REQUIRE(sink.write("new"));
    CHECK(get(folder / "out.rdb") == "old");
    REQUIRE(sink.commit());
    CHECK(get(folder / "out.rdb") == "new");
    CHECK(mode_of(folder / "out.rdb") == mode);
    CHECK(folder.names() == Names{"out.rdb"});
    std::filesystem::remove(folder / "out.rdb");
  }
}

TEST_CASE("sink: a file that replaces another has its owner, where permitted") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root may give files away");
    return;
  }
  const Folder folder;
  put(folder / "out.rdb", "old");
  REQUIRE(chown((folder / "out.rdb").c_str(), 1234, 4321) == 0);
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", true).ok());
  REQUIRE(sink.commit());
  struct stat status {};
  REQUIRE(stat((folder / "out.rdb").c_str(), &status) == 0);
  CHECK(status.st_uid == 1234);
  CHECK(status.st_gid == 4321);
}

TEST_CASE("sink: without force an existing file is refused before anything is written") {
  const Folder folder;
  put(folder / "out.rdb", "old");
  FileSink sink;
  CHECK(sink.open(folder / "out.rdb", false).code == Code::output_exists);
  CHECK(folder.names() == Names{"out.rdb"});
  CHECK(get(folder / "out.rdb") == "old");
}

TEST_CASE("sink: without force a file that appears meanwhile is kept") {
  const Folder folder;
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", false).ok());
  REQUIRE(sink.write("new"));
  put(folder / "out.rdb", "theirs");
  CHECK_FALSE(sink.commit());
  CHECK(sink.error().code == Code::output_exists);
  CHECK(get(folder / "out.rdb") == "theirs");
  CHECK(folder.names() == Names{"out.rdb"});
}

TEST_CASE("sink: with force a file that appears meanwhile is replaced") {
  const Folder folder;
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", true).ok());
  REQUIRE(sink.write("new"));
  put(folder / "out.rdb", "theirs");
  CHECK(sink.commit());
  CHECK(get(folder / "out.rdb") == "new");
  CHECK(folder.names() == Names{"out.rdb"});
}

TEST_CASE("sink: without commit nothing is left and the old file stands") {
  const Folder folder;
  put(folder / "old.rdb", "old");
  {
    FileSink replacing;
    FileSink creating;
    REQUIRE(replacing.open(folder / "old.rdb", true).ok());
    REQUIRE(creating.open(folder / "new.rdb", false).ok());
    REQUIRE(replacing.write("new"));
    REQUIRE(creating.write("new"));
    CHECK(shown(folder.names()) == Names{"old.rdb"});
    CHECK(get(folder / "old.rdb") == "old");
  }
  CHECK(folder.names() == Names{"old.rdb"});
  CHECK(get(folder / "old.rdb") == "old");
}

TEST_CASE("sink: patch replaces bytes in place and the end stays where it was") {
  const Folder folder;
  FileSink sink;
  REQUIRE(sink.open(folder / "out.rdb", false).ok());
  REQUIRE(sink.write("0000abcd"));
  REQUIRE(sink.patch(1, "12"));
  REQUIRE(sink.write("efgh"));
  REQUIRE(sink.patch(10, "GH"));
  REQUIRE(sink.commit());
  CHECK(get(folder / "out.rdb") == "0120abcdefGH");
}

TEST_CASE("sink: the directory must exist") {
  const Folder folder;
  FileSink sink;
  const Error error = sink.open(folder / "none/out.rdb", false);
  CHECK(error.code == Code::open_failed);
  CHECK(error.words == "No such file or directory");
}

TEST_CASE("sink: names that cannot be a file are open_failed") {
  const Folder folder;
  put(folder / "file", "x");
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  for (const std::string& path : {std::string(), folder / "none/", folder / "file/",
                                  folder / "file/x", folder / "dangling"}) {
    CAPTURE(path);
    FileSink sink;
    CHECK(sink.open(path, true).code == Code::open_failed);
  }
  CHECK(folder.names() == Names{"dangling", "file"});
}

TEST_CASE("sink: a directory is refused") {
  const Folder folder;
  FileSink sink;
  CHECK(sink.open(folder / "", true).code == Code::is_directory);
}

TEST_CASE("sink: a name of 255 bytes still has room for its temporary") {
  const Folder folder;
  const std::string name(255, 'x');
  FileSink sink;
  REQUIRE(sink.open(folder / name.c_str(), false).ok());
  REQUIRE(sink.commit());
  CHECK(folder.names() == Names{name});
}

TEST_CASE("sink: a bare name is of the current directory") {
  const Folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "");
  FileSink sink;
  CHECK(sink.open("out.rdb", false).ok());
  CHECK(sink.commit());
  std::filesystem::current_path(before);
  CHECK(folder.names() == Names{"out.rdb"});
}

TEST_CASE("sink: through a symbolic link its file is replaced, not the link") {
  const Folder folder;
  std::filesystem::create_directory(folder / "there");
  put(folder / "there/real.rdb", "old");
  std::filesystem::create_symlink("there/real.rdb", folder / "link.rdb");
  FileSink refused;
  CHECK(refused.open(folder / "link.rdb", false).code == Code::output_exists);
  FileSink sink;
  REQUIRE(sink.open(folder / "link.rdb", true).ok());
  REQUIRE(sink.write("new"));
  REQUIRE(sink.commit());
  CHECK(std::filesystem::is_symlink(folder / "link.rdb"));
  CHECK(get(folder / "there/real.rdb") == "new");
}

TEST_CASE("sink: a full device is write_failed, and stays so") {
  if (access("/dev/full", W_OK) != 0) {
    MESSAGE("skipped: no /dev/full here");
    return;
  }
  FileSink sink;
  REQUIRE(sink.open("/dev/full", false).ok());
  CHECK_FALSE(sink.is_seekable());
  CHECK_FALSE(sink.write("x"));
  CHECK(sink.error().code == Code::write_failed);
  CHECK(sink.error().words == "No space left on device");
  CHECK_FALSE(sink.write("x"));
  CHECK_FALSE(sink.commit());
}

TEST_CASE("sink: a device is written without force and keeps being one") {
  FileSink sink;
  REQUIRE(sink.open("/dev/null", false).ok());
  CHECK(sink.write("x"));
  CHECK_FALSE(sink.patch(0, "y"));
  CHECK(sink.error().code == Code::write_failed);
  FileSink again;
  REQUIRE(again.open("/dev/null", true).ok());
  CHECK(again.write("x"));
  CHECK(again.commit());
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("sink: a FIFO is written as it is") {
  const Folder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const int reader = open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK);
  FileSink sink;
  REQUIRE(sink.open(folder / "fifo", false).ok());
  CHECK_FALSE(sink.is_seekable());
  REQUIRE(sink.write("REDIS"));
  REQUIRE(sink.commit());
  char buffer[16];
  CHECK(read(reader, buffer, sizeof buffer) == 5);
  close(reader);
  CHECK(folder.names() == Names{"fifo"});
}

TEST_CASE("sink: - is standard output, which stays open") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int before = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  FileSink sink;
  const bool opened = sink.open("-", false).ok();
  const bool done = opened && !sink.is_seekable() && sink.write("REDIS") && sink.commit();
  const bool open_still = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
  dup2(before, STDOUT_FILENO);
  close(before);
  CHECK(done);
  CHECK(open_still);
  char buffer[16];
  CHECK(read(ends[0], buffer, sizeof buffer) == 5);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("sink: closed standard output is open_failed") {
  const int status = in_child([] {
    close(STDOUT_FILENO);
    FileSink sink;
    _exit(sink.open("-", false).words == "Bad file descriptor" ? 0 : 1);
  });
  CHECK(status == 0);
}

TEST_CASE("sink: each of the ending signals removes the temporaries and ends the process") {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    const Folder folder;
    const int status = in_child([&] {
      std::signal(signal, SIG_DFL);
      remove_temporaries_on_signal();
      FileSink a;
      FileSink b;
      FileSink committed;
      if (a.open(folder / "a", false).ok() && b.open(folder / "b", false).ok() &&
          committed.open(folder / "c", false).ok() && a.write("x") && committed.commit() &&
          shown(folder.names()) == Names{"c"}) {
        raise(signal);
      }
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK(folder.names() == Names{"c"});
  }
}

TEST_CASE("sink: a signal that was ignored stays ignored") {
  const int status = in_child([] {
    std::signal(SIGHUP, SIG_IGN);
    remove_temporaries_on_signal();
    raise(SIGHUP);
    _exit(0);
  });
  CHECK(status == 0);
}

TEST_CASE("sink: a hundred files at once are no trouble") {
  const Folder folder;
  {
    std::vector<std::unique_ptr<FileSink>> sinks;
    for (int i = 0; i < 100; ++i) {
      sinks.push_back(std::make_unique<FileSink>());
      REQUIRE(sinks.back()->open(folder / std::to_string(i).c_str(), false).ok());
    }
    for (int i = 0; i < 50; ++i) REQUIRE(sinks[static_cast<size_t>(i)]->commit());
    CHECK(shown(folder.names()).size() == 50);
  }
  CHECK(folder.names().size() == 50);
}

TEST_CASE("sink: a reader that went away is write_failed, not the end of the process") {
  const Folder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const int status = in_child([&] {
    remove_temporaries_on_signal();
    const int reader = open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK);
    FileSink sink;
    if (!sink.open(folder / "fifo", false).ok()) _exit(1);
    close(reader);
    _exit(!sink.write("x") && sink.error().words == "Broken pipe" ? 0 : 2);
  });
  CHECK(status == 0);
}

TEST_CASE("sink: a write cut short by a limit is write_failed and leaves nothing") {
  const Folder folder;
  const int status = in_child([&] {
    remove_temporaries_on_signal();
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    FileSink sink;
    if (!sink.open(folder / "out.rdb", false).ok()) _exit(1);
    if (sink.write(std::string(4096, 'x'))) _exit(2);
    if (sink.error().code != Code::write_failed || sink.error().words != "File too large") _exit(3);
    _exit(!sink.commit() && folder.names().empty() ? 0 : 4);
  });
  CHECK(status == 0);
}

TEST_CASE("sink: memory keeps what is written and patched") {
  MemorySink sink;
  REQUIRE(sink.write("abc"));
  REQUIRE(sink.write("def"));
  REQUIRE(sink.patch(2, "CD"));
  CHECK(sink.is_seekable());
  CHECK(sink.bytes() == "abCDef");
}

TEST_CASE("sink: files that are committed together replace and create, all of them") {
  const Folder folder;
  put(folder / "a", "old a");
  FileSink a;
  FileSink b;
  FileSink device;
  REQUIRE(a.open(folder / "a", true).ok());
  REQUIRE(b.open(folder / "b", true).ok());
  REQUIRE(device.open("/dev/null", false).ok());
  REQUIRE((a.write("new a") && b.write("new b") && device.write("x")));
  CHECK(FileSink::commit_together({&a, &b, &device}));
  CHECK(get(folder / "a") == "new a");
  CHECK(get(folder / "b") == "new b");
  CHECK(folder.names() == Names{"a", "b"});
}

TEST_CASE("sink: if the last of several cannot have its name none has, and the old are back") {
  const Folder folder;
  put(folder / "a", "old a");
  FileSink a;
  FileSink b;
  FileSink c;
  REQUIRE(a.open(folder / "a", true).ok());
  REQUIRE(b.open(folder / "b", false).ok());
  REQUIRE(c.open(folder / "c", false).ok());
  REQUIRE((a.write("new a") && b.write("new b") && c.write("new c")));
  put(folder / "c", "theirs");
  CHECK_FALSE(FileSink::commit_together({&a, &b, &c}));
  CHECK(c.error().code == Code::output_exists);
  CHECK(a.error().ok());
  CHECK(b.error().ok());
  CHECK(get(folder / "a") == "old a");
  CHECK(get(folder / "c") == "theirs");
  CHECK(folder.names() == Names{"a", "c"});
}

TEST_CASE("sink: if one of several cannot be written none appears") {
  const Folder folder;
  FileSink a;
  FileSink full;
  REQUIRE(a.open(folder / "a", false).ok());
  REQUIRE(full.open("/dev/full", false).ok());
  REQUIRE(a.write("x"));
  CHECK_FALSE(full.write("x"));
  CHECK_FALSE(FileSink::commit_together({&a, &full}));
  CHECK(folder.names().empty());
}

TEST_CASE("sink: leftovers are named, and removed with force unless a process holds them") {
  const Folder folder;
  put(folder / ".out.rdbferry-abc123", "half");
  put(folder / ".out.rdbferry-abc12", "too short");
  put(folder / ".out.rdbferry-abc12-", "other letters");
  put(folder / ".other.rdbferry-abc123", "of another output");
  {
    FileSink sink;
    REQUIRE(sink.open(folder / "out", false).ok());
    REQUIRE(sink.leftovers().size() == 1);
    CHECK(sink.leftovers()[0].path == folder / ".out.rdbferry-abc123");
    CHECK(sink.leftovers()[0].fate == Leftover::Fate::left);
  }
  const int held = open((folder / ".out.rdbferry-abc123").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(lock_temporary(held));
  {
    FileSink sink;
    REQUIRE(sink.open(folder / "out", true).ok());
    CHECK(sink.leftovers().empty());
  }
  close(held);
  FileSink sink;
  REQUIRE(sink.open(folder / "out", true).ok());
  REQUIRE(sink.leftovers().size() == 1);
  CHECK(sink.leftovers()[0].fate == Leftover::Fate::removed);
  const Names names = folder.names();
  CHECK(names.count(".out.rdbferry-abc123") == 0);
  for (const char* other :
       {".out.rdbferry-abc12", ".out.rdbferry-abc12-", ".other.rdbferry-abc123"}) {
    CHECK(names.count(other) == 1);
  }
}

}  // namespace rdb
