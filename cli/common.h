// What the commands share: options, how input is opened, how errors and reports leave the program.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_source.h"
#include "cli/progress.h"
#include "rdb/rdb.h"

namespace cli {

struct CommonOptions {
  bool json = false;
  std::vector<std::string> allowed_losses;  // of commands that write nothing: "commands"
  std::string color = "auto";               // auto, always, never
  std::string progress = "auto";            // auto, plain, json, never
  std::string expire_byte_order;            // little, big, or empty: assume little
  std::optional<int64_t> now_ms;            // for what counts as expired; the clock otherwise
  std::optional<uint64_t> max_memory;       // bytes

  [[nodiscard]] int64_t now() const;
  // Bytes for the search for duplicate keys.
  [[nodiscard]] uint64_t memory() const {
    return max_memory.value_or(rdb::Duplicates::kMemoryDefault);
  }
  // Bytes of each thing that is held whole, and of a function library that is judged.
  [[nodiscard]] uint64_t held_max() const { return max_memory.value_or(rdb::kHeldDefault); }
  [[nodiscard]] uint64_t library_bytes_max() const {
    return std::min(held_max(), rdb::kLibraryBytesMax);
  }
  [[nodiscard]] rdb::ReaderOptions reader() const;
  // For commands that say themselves what they cannot carry.
  [[nodiscard]] rdb::ReaderOptions tolerant_reader() const;
  // For those that only count it.
  [[nodiscard]] rdb::ReaderOptions counting_reader() const;
};

// Returns `input_changed` in place of an error of the data, or of none, if the file has changed.
[[nodiscard]] rdb::Error settled(const rdb::FileSource& file, rdb::Error error);

// The input of a command: a path or "-", whatever wraps its content taken off. A directory of
// append-only files, or its manifest, is read as its base, and its increments are commands as those
// that follow the RDB part of a file.
class InputFile {
 public:
  // Borrows `options`, and `loading` if it is given: the server for which commands are judged.
  InputFile(std::string path, const CommonOptions& options, const rdb::Loading* loading = nullptr);

  // Opens it; of a directory, reads the increments. `no_rdb_part`: there are commands alone.
  [[nodiscard]] rdb::Error open();
  // The same, but leaves increments to read_increments(), and opens what has no RDB part as well:
  // where aof().has_base() is false, source() is not to be read.
  [[nodiscard]] rdb::Error open_base();
  // Once open, before source() is read: sets aside in a temporary file what cannot be read again,
  // from a pipe or out of a wrapper.
  [[nodiscard]] rdb::Error hold();
  [[nodiscard]] rdb::ByteSource& source() {
    return held_ ? static_cast<rdb::ByteSource&>(*held_) : wrap_;
  }
  [[nodiscard]] const rdb::ByteSource& source() const {
    return held_ ? static_cast<const rdb::ByteSource&>(*held_) : wrap_;
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Of the file that source() reads: in a directory the base.
  [[nodiscard]] const std::string& file_path() const { return aof_.base(); }
  [[nodiscard]] std::string_view wrapper() const { return wrap_.wrapper(); }
  [[nodiscard]] const rdb::FileSource& file() const { return file_; }
  // Once open: a file that offsets are in, not a pipe and not wrapped, or held; bytes() has it
  // then.
  [[nodiscard]] bool can_reread() const { return copy_ || (file_.size() && wrapper().empty()); }
  [[nodiscard]] rdb::RandomAccess& bytes() {
    return copy_ ? static_cast<rdb::RandomAccess&>(*copy_) : bytes_;
  }
  // Once open: where it can be read again, `reader`, which reads source(), may do so.
  void lend(rdb::Reader& reader) {
    if (can_reread()) reader.reread_from(bytes());
  }

  [[nodiscard]] const CommandSource& aof() const { return aof_; }
  [[nodiscard]] CommandSource& aof() { return aof_; }
  // The options of a reader of source(), which hands on commands.
  [[nodiscard]] rdb::ReaderOptions reader_options(rdb::ReaderOptions wanted);
  [[nodiscard]] rdb::ReaderOptions reader_options() { return reader_options(options_.reader()); }
  [[nodiscard]] rdb::Error read_increments(const CommandSource::Copy& copy = nullptr) {
    return aof_.read_increments(options_.progress, copy);
  }
  // As of CommandSource; for commands that write nothing.
  [[nodiscard]] rdb::Error find_unread(const rdb::Reader& reader) const {
    return aof_.find_unread(reader, shown(), options_.allowed_losses);
  }
  // False if no commands follow the RDB part, as far as can be told before its keys are read: by
  // the end of a file, and else by what its AUX fields say.
  [[nodiscard]] bool may_have_commands(const rdb::Reader& reader);

  // As messages call it: the path or "standard input", and whether offsets are in the content of a
  // wrapper.
  [[nodiscard]] std::string shown() const;
  // Keys read so far, for the progress line; must outlive the reading.
  void count_keys(const rdb::Survey& survey) { progress_.count_keys(&survey); }
  // Names a duplicate key that was found when it was gone by, if the input can be read again.
  void name_duplicate(const rdb::Reader& reader, const rdb::Survey& survey,
                      std::vector<rdb::Finding>& findings);
  // Returns `input_changed` in place of `error`, which ended the reading or is ok, if the file is
  // not as it was when it was opened: nothing that was found out is true of any state that it had.
  [[nodiscard]] rdb::Error settled(rdb::Error error) const {
    return cli::settled(file_, std::move(error));
  }
  // Ends the progress line, so that other words may follow.
  void end_progress() { progress_.finish(); }

 private:
  [[nodiscard]] bool ends_as_rdb(const rdb::Reader& reader);

  std::string path_;
  const CommonOptions& options_;
  CommandSource aof_;
  rdb::FileSource file_;
  rdb::FileAccess bytes_{file_};
  Progress progress_;
  rdb::ArrivingSource wrap_;
  std::optional<rdb::SpillAccess> copy_;  // held
  std::optional<rdb::HeldSource> held_;
};

// To be called first: where standard input, output or error are closed, something takes their place
// that cannot be read or written, so that no file the program opens does.
void hold_standard_descriptors();

// A file or "-", up to `bytes_max` of it.
[[nodiscard]] rdb::Error read_text(const std::string& path, uint64_t bytes_max, std::string& text);

// Opens an output for text about an input; a new file gets its access. A name that promises a
// compression is refused: text is not compressed.
[[nodiscard]] rdb::Error open_output(rdb::FileSink& sink, const std::string& path, bool force,
                                     const rdb::FileSource& input);

// The path of what `explain` cannot show: a pipe, an output.
inline constexpr std::string_view kNoPath = "-";

// The path as a shell takes it, and no command takes it for an option.
[[nodiscard]] std::string shell_word(std::string_view path);

// `; see: rdbferry explain dump.rdb --offset 1048`, or nothing for kNoPath and for paths that a
// shell could not take from one line.
[[nodiscard]] std::string see(std::string_view path, uint64_t offset);

// Prints the error as a line of standard error; its exit status. `path`: of the input in which it
// names a byte.
int fail(const rdb::Error& error, std::string_view shown, std::string_view path = kNoPath);

// How a message calls where output goes.
[[nodiscard]] std::string shown_output(const std::string& path);

// Writes a whole text to standard output; 0, or the exit status of the failure.
int print(std::string_view text);

// Writes a JSON document to standard output; 0, or the exit status of the failure.
int print_json(const std::function<void(rdb::Json&)>& document);

// What a command printed by an Output, to standard output if not to a file, is complete; 0, or the
// exit status.
int finish(rdb::Output& out, rdb::FileSink& sink, const std::string& path = "-");

[[nodiscard]] int exit_status(rdb::Status status);

// Words in colour where standard output is to have any.
class Paint {
 public:
  explicit Paint(const CommonOptions& options);
  [[nodiscard]] std::string good(std::string_view s) const { return wrap(s, "32"); }
  [[nodiscard]] std::string bad(std::string_view s) const { return wrap(s, "31"); }
  [[nodiscard]] std::string odd(std::string_view s) const { return wrap(s, "33"); }
  [[nodiscard]] std::string strong(std::string_view s) const { return wrap(s, "1"); }

 private:
  [[nodiscard]] std::string wrap(std::string_view s, std::string_view code) const;
  bool on_ = false;
};

// `byte 1048: db 3 key "user:17": words (4 times)`. Where it makes the file at `path` fail, with
// the call that shows the byte.
[[nodiscard]] std::string describe(const rdb::Finding& finding, std::string_view path = kNoPath);

// Writes the name of a key as the member `key`, and if it is not whole its size as `key_bytes`.
bool json_key(rdb::Json& json, const rdb::KeyName& key);
// Members of a JSON report that several commands have.
bool json_findings(rdb::Json& json, const std::vector<rdb::Finding>& findings);
bool json_databases(rdb::Json& json, const rdb::Survey& survey);
bool json_format(rdb::Json& json, std::string_view wrapper, const rdb::Reader& reader,
                 const rdb::Survey& survey);

// Of a capture of a replication link: what it says before its RDB part.
bool json_framing(rdb::Json& json, const rdb::Framing& framing);

// "1 key", "2 keys".
[[nodiscard]] std::string plural(uint64_t n, std::string_view noun);
[[nodiscard]] std::string hex64(uint64_t v);
[[nodiscard]] std::string_view name(rdb::Checksum state);

}  // namespace cli
