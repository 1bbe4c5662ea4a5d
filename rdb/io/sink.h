// Where bytes go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/base/error.h"
#include "rdb/io/access.h"
#include "rdb/io/leftover.h"

namespace rdb {

// One thread; distinct objects are independent.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  // Takes all of `bytes`. False: error() says why.
  [[nodiscard]] virtual bool write(std::string_view bytes) = 0;

  // Replaces bytes that were written at `offset` before; only where is_seekable().
  [[nodiscard]] virtual bool patch(uint64_t offset, std::string_view bytes);
  // Takes back what was written from `size` bytes on; only where is_seekable().
  [[nodiscard]] virtual bool truncate(uint64_t size);
  [[nodiscard]] virtual bool is_seekable() const { return false; }

  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  // Keeps the first error; always false.
  bool fail(Error error);

 private:
  Error error_;
};

// A file that appears under its name only when commit() has returned true: written without a name
// (O_TMPFILE), or under a temporary one where the file system has no such files, fsynced, linked or
// renamed, the directory fsynced. Dropped without commit(), it leaves nothing behind; a process
// that is killed leaves at most a temporary name, which leftovers() of a later one tells. "-"
// (standard output) and what exists but is no regular file (a FIFO, a device) are written as the
// bytes come and are not seekable.
class FileSink : public ByteSink {
 public:
  FileSink() = default;
  ~FileSink() override;

  // Opens `path`. An existing regular file or block device is refused with `output_exists` unless
  // `force`. A symbolic link is followed. commit() gives a new file this access, and one that
  // replaces another the access of that. May be called once.
  [[nodiscard]] Error open(const std::string& path, bool force, const Access& access = {});

  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] bool is_seekable() const override { return seekable_; }
  // Whether someone would look at the bytes on a screen.
  [[nodiscard]] bool is_terminal() const;
  // Where the bytes can be read until commit(); empty for what is written as the bytes come.
  [[nodiscard]] const std::string& temporary() const { return readable_; }
  // Once open, or refused with `output_exists`: what earlier runs that were killed left beside the
  // file; removed with `force`.
  [[nodiscard]] const std::vector<Leftover>& leftovers() const { return leftovers_; }

  // All bytes are on disk and under their name; false: error() says why, nothing is left behind.
  // Without `force` a file that has appeared under the name meanwhile is kept, and commit() fails
  // with `output_exists`. Only if the directory itself cannot be synced does a false leave the
  // complete file under its name. Nothing may be written afterwards.
  [[nodiscard]] bool commit();

  // The commit() of several: all appear under their names, in this order, or none. False: the first
  // with an error() says why, and what was there before is there still. A process that is killed in
  // between leaves the rest, and what was replaced, under temporary names beside them.
  [[nodiscard]] static bool commit_together(const std::vector<FileSink*>& sinks);

 private:
  [[nodiscard]] Error open_directly(int fd);
  [[nodiscard]] Error create_temporary();
  [[nodiscard]] bool create_unnamed();
  [[nodiscard]] bool create_named();
  [[nodiscard]] Error replace_existing();
  [[nodiscard]] bool name_temporarily();
  [[nodiscard]] bool give_temporary_name();
  [[nodiscard]] bool copy_to_named();
  [[nodiscard]] bool is_temporary() const { return !readable_.empty(); }
  bool sync();
  bool publish();
  bool keep_old();
  void withdraw();
  void forget_old();
  void discard();

  int fd_ = -1;
  int live_ = -1;  // number in the list of files to remove on a signal, or -1
  bool seekable_ = false;
  bool force_ = false;
  bool is_published_ = false;
  std::string path_;
  Access access_;
  std::string temporary_;  // the name of the file until it is published; empty: it has none
  std::string readable_;
  std::string old_;  // where the file is that was replaced, until all are published
  std::vector<Leftover> leftovers_;
};

// From here on SIGINT, SIGTERM and SIGHUP (where not ignored, as under nohup) remove the temporary
// files of all open FileSinks, 64 at most, and then end the process as they would have. SIGPIPE
// and SIGXFSZ are ignored, so that write() fails and says why.
void remove_temporaries_on_signal();

// Takes everything and keeps nothing.
class NullSink : public ByteSink {
 public:
  [[nodiscard]] bool write(std::string_view) override { return true; }
  [[nodiscard]] bool patch(uint64_t, std::string_view) override { return true; }
  [[nodiscard]] bool truncate(uint64_t) override { return true; }
  [[nodiscard]] bool is_seekable() const override { return true; }
};

class MemorySink : public ByteSink {
 public:
  [[nodiscard]] bool write(std::string_view bytes) override;
  [[nodiscard]] bool patch(uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] bool is_seekable() const override { return true; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace rdb
