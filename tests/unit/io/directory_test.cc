#include "rdb/io/directory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "tests/support/folder.h"

namespace rdb {
namespace {

bool is_part(std::string_view name) { return name.starts_with("part-"); }

// Files "part-0" and on, of which each holds its own name.
bool fill(OutputDirectory& to, int files) {
  for (int i = 0; i < files; ++i) {
    const std::string name = "part-" + std::to_string(i);
    ByteSink* const file = to.create(name);
    if (file == nullptr || !file->write(name)) return false;
  }
  return true;
}

Names names_in(const std::string& path) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    names.insert(entry.path().filename());
  }
  return names;
}

}  // namespace

TEST_CASE("directory: it appears with all its files with commit and not before") {
  const Folder folder;
  OutputDirectory out;
  REQUIRE(out.open(folder / "d", false, is_part).ok());
  REQUIRE(fill(out, 3));
  const Names before = folder.names();
  REQUIRE(before.size() == 1);
  CHECK(before.begin()->starts_with(".d.rdbferry-"));
  REQUIRE(out.commit());
  CHECK(folder.names() == Names{"d"});
  CHECK(names_in(folder / "d") == Names{"part-0", "part-1", "part-2"});
  CHECK(get(folder / "d/part-1") == "part-1");
}

TEST_CASE("directory: its modes are what umask leaves") {
  const Folder folder;
  const mode_t before = umask(027);
  OutputDirectory out;
  REQUIRE((out.open(folder / "d", false, is_part).ok() && fill(out, 1) && out.commit()));
  umask(before);
  CHECK(mode_of(folder / "d") == 0750);
  CHECK(mode_of(folder / "d/part-0") == 0640);
}

TEST_CASE("directory: an empty one is replaced and keeps its mode and owner") {
  const Folder folder;
  std::filesystem::create_directory(folder / "d");
  REQUIRE(chmod((folder / "d").c_str(), 0770) == 0);
  if (geteuid() == 0) REQUIRE(chown((folder / "d").c_str(), 1234, 4321) == 0);
  OutputDirectory out;
  REQUIRE((out.open(folder / "d/", false, is_part).ok() && fill(out, 1) && out.commit()));
  CHECK(folder.names() == Names{"d"});
  CHECK(names_in(folder / "d") == Names{"part-0"});
  CHECK(mode_of(folder / "d") == 0770);
  struct stat status {};
  REQUIRE(stat((folder / "d").c_str(), &status) == 0);
  if (geteuid() == 0) CHECK(status.st_uid == 1234);
}

TEST_CASE("directory: own files are replaced with force alone") {
  const Folder folder;
  std::filesystem::create_directory(folder / "d");
  put(folder / "d/part-7", "old");
  OutputDirectory refused;
  CHECK(refused.open(folder / "d", false, is_part).code == Code::output_exists);
  CHECK(folder.names() == Names{"d"});
  OutputDirectory out;
  REQUIRE((out.open(folder / "d", true, is_part).ok() && fill(out, 1)));
  CHECK(names_in(folder / "d") == Names{"part-7"});
  REQUIRE(out.commit());
  CHECK(folder.names() == Names{"d"});
  CHECK(names_in(folder / "d") == Names{"part-0"});
}

TEST_CASE("directory: what is not its own is never replaced") {
  for (const char* name : {"notes", "part-link", "part-directory"}) {
    CAPTURE(name);
    const Folder folder;
    std::filesystem::create_directory(folder / "d");
    put(folder / "d/part-0", "old");
    const std::string path = folder / "d/" + name;
    if (path.ends_with("link")) {
      std::filesystem::create_symlink("part-0", path);
    } else if (path.ends_with("directory")) {
      std::filesystem::create_directory(path);
    } else {
      put(path, "theirs");
    }
    for (const bool force : {false, true}) {
      OutputDirectory out;
      const Error error = out.open(folder / "d", force, is_part);
      CHECK(error.code == Code::holds_others);
      CHECK(error.words == quoted(name));
    }
    CHECK(folder.names() == Names{"d"});
    CHECK(names_in(folder / "d") == Names{"part-0", name});
  }
}

TEST_CASE("directory: what appears in it meanwhile is kept") {
  for (const bool force : {false, true}) {
    CAPTURE(force);
    const Folder folder;
    std::filesystem::create_directory(folder / "d");
    if (force) put(folder / "d/part-0", "old");
    OutputDirectory out;
    REQUIRE((out.open(folder / "d", force, is_part).ok() && fill(out, 2)));
    put(folder / "d/notes", "theirs");
    CHECK_FALSE(out.commit());
    CHECK(out.error().code == (force ? Code::holds_others : Code::output_exists));
    CHECK(folder.names() == Names{"d"});
    CHECK(names_in(folder / "d") == (force ? Names{"notes", "part-0"} : Names{"notes"}));
    CHECK(get(folder / "d/notes") == "theirs");
    if (force) CHECK(get(folder / "d/part-0") == "old");
  }
}

TEST_CASE("directory: without commit nothing is left and the old one stands") {
  const Folder folder;
  std::filesystem::create_directory(folder / "d");
  put(folder / "d/part-0", "old");
  {
    OutputDirectory replacing;
    OutputDirectory creating;
    REQUIRE((replacing.open(folder / "d", true, is_part).ok() && fill(replacing, 2)));
    REQUIRE((creating.open(folder / "new", false, is_part).ok() && fill(creating, 2)));
    CHECK(folder.names().size() == 3);
  }
  CHECK(folder.names() == Names{"d"});
  CHECK(get(folder / "d/part-0") == "old");
}

TEST_CASE("directory: names that cannot be one") {
  const Folder folder;
  put(folder / "file", "x");
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  const auto words = [](const std::string& path) {
    OutputDirectory out;
    const Error error = out.open(path, true, is_part);
    CHECK(error.code == Code::open_failed);
    return error.words;
  };
  CHECK(words(folder / "file") == "Not a directory");
  CHECK(words(folder / "dangling") == "No such file or directory");
  CHECK(words(folder / "none/d") == "No such file or directory");
  CHECK(words("") == "No such file or directory");
  CHECK(folder.names() == Names{"dangling", "file"});
}

TEST_CASE("directory: through a symbolic link the directory is replaced, not the link") {
  const Folder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink("real", folder / "link");
  OutputDirectory out;
  REQUIRE((out.open(folder / "link", false, is_part).ok() && fill(out, 1) && out.commit()));
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(names_in(folder / "real") == Names{"part-0"});
}

TEST_CASE("directory: a file that cannot be written leaves no file, and is named") {
  const Folder folder;
  const int status = in_child([&] {
    remove_temporaries_on_signal();
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    OutputDirectory out;
    if (!out.open(folder / "d", false, is_part).ok() || !fill(out, 7)) _exit(1);
    ByteSink* const file = out.create("part-7");
    if (file->write(std::string(4096, 'x')) || file->write("x")) _exit(2);
    if (out.error().words != "File too large" || out.about() != folder / "d/part-7") _exit(3);
    _exit(!out.commit() && out.error().words == "File too large" && folder.names().empty() ? 0 : 4);
  });
  CHECK(status == 0);
}

TEST_CASE("directory: more files than may be open raise the limit, or it is named") {
  const Folder folder;
  const auto fill_with = [&](rlim_t soft, rlim_t hard) {
    return in_child([&] {
      const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
      setrlimit(RLIMIT_NOFILE, &limit);
      OutputDirectory out;
      if (!out.open(folder / "d", true, is_part).ok()) _exit(1);
      if (fill(out, 100)) _exit(out.commit() ? 0 : 2);
      const bool is_named =
          out.error().words == "Too many open files, the limit is 64 (ulimit -Hn)";
      _exit(is_named && out.about().starts_with(folder / "d/part-") ? 3 : 4);
    });
  };
  CHECK(WEXITSTATUS(fill_with(64, 200)) == 0);
  CHECK(names_in(folder / "d").size() == 100);
  CHECK(WEXITSTATUS(fill_with(64, 64)) == 3);
}

TEST_CASE("directory: the ending signals remove it with its files") {
  const Folder folder;
  const int status = in_child([&] {
    std::signal(SIGTERM, SIG_DFL);
    remove_temporaries_on_signal();
    OutputDirectory out;
    // More names than fit one call of getdents.
    if (out.open(folder / "d", false, is_part).ok() && fill(out, 300)) raise(SIGTERM);
  });
  CHECK(WIFSIGNALED(status));
  CHECK(folder.names().empty());
}

TEST_CASE("directory: patch replaces bytes in place") {
  const Folder folder;
  OutputDirectory out;
  REQUIRE(out.open(folder / "d", false, is_part).ok());
  ByteSink* const file = out.create("part-0");
  REQUIRE(file != nullptr);
  CHECK(file->is_seekable());
  REQUIRE((file->write("0000abcd") && file->patch(1, "12") && file->write("ef")));
  REQUIRE(out.commit());
  CHECK(get(folder / "d/part-0") == "0120abcdef");
}

}  // namespace rdb
