// Several files that appear together.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/io/sink.h"

namespace rdb {

// A directory that appears under its name, with all its files, only when commit() has returned
// true: the files are written in a directory beside it under a temporary name, everything is
// fsynced, and that directory takes the name. Dropped without commit(), it leaves nothing behind.
// One thread; distinct objects are independent.
class OutputDirectory {
 public:
  // Whether the caller would give a file that name.
  using IsOwn = bool (*)(std::string_view name);

  OutputDirectory();
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  // `path` may exist if it is an empty directory or, with `force`, if it holds nothing but regular
  // files whose names are the caller's own; those are gone once commit() has returned true. A
  // symbolic link is followed. commit() gives new files this access and a new directory one to
  // match; what replaces a directory, or a file in it, gets the access of that. May be called once.
  [[nodiscard]] Error open(const std::string& path, bool force, IsOwn is_own,
                           const Access& access = {});

  // A new file in it, which lives as long as the directory; nullptr: error(). Raises the limit of
  // open files as far as it may.
  [[nodiscard]] ByteSink* create(const std::string& name);

  // Once open, or refused: what earlier runs that were killed left beside the directory; removed
  // with `force`.
  [[nodiscard]] const std::vector<Leftover>& leftovers() const { return leftovers_; }

  // Where the files are until commit().
  [[nodiscard]] const std::string& temporary() const { return temporary_; }

  // All files are on disk and under their names; false: error() says why, and what was there is
  // there still. Only if the directory around it cannot be synced does a false leave the new one.
  // Nothing may be written or created afterwards.
  [[nodiscard]] bool commit();

  // The first, of its files too, and the path that it is about.
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const std::string& about() const { return about_; }

 private:
  class File;

  [[nodiscard]] Error examine(const std::string& directory) const;
  [[nodiscard]] Error create_temporary();
  void give_access();
  bool publish();
  bool exchange();
  bool fail(Error error, const std::string& name = "");
  void discard();

  std::string path_;
  std::string temporary_;  // empty unless such a directory exists
  int fd_ = -1;            // of it
  int live_ = -1;          // place among those to remove on a signal, or -1
  IsOwn is_own_ = nullptr;
  Access access_;            // of new files
  Access directory_access_;  // of the directory itself
  bool force_ = false;
  bool exists_ = false;
  bool is_empty_ = true;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<Leftover> leftovers_;
  Error error_;
  std::string about_;
};

}  // namespace rdb
