// A file that is merged with others, and the passes over it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_source.h"
#include "cli/common.h"

namespace cli {

// A pass over a file, or the only one over a pipe.
class Pass {
 public:
  // `bytes` of the file, which are used if it can be read again. `tail`: gets the commands that
  // follow, or nullptr.
  Pass(rdb::FileSource& file, rdb::RandomAccess& bytes, const CommonOptions& options,
       std::string_view progress, rdb::TailSink* tail = nullptr)
      : source_(file.size() ? std::make_unique<rdb::RandomSource>(bytes) : nullptr),
        again_(file.size() ? &bytes : nullptr),
        progress_(source_ ? static_cast<rdb::ByteSource&>(*source_) : file, progress),
        reader_(wrap_, reader_options(options, tail)),
        bytes_(bytes) {}

  [[nodiscard]] rdb::Error open() {
    if (rdb::Error error = wrap_.open(progress_, again_); !error.ok()) return error;
    if (source_ && wrapper().empty()) reader_.reread_from(bytes_);
    return reader_.open() ? rdb::Error{} : reader_.error();
  }
  [[nodiscard]] rdb::Reader& reader() { return reader_; }
  [[nodiscard]] std::string_view wrapper() const { return wrap_.wrapper(); }
  [[nodiscard]] Progress& progress() { return progress_; }

 private:
  static rdb::ReaderOptions reader_options(const CommonOptions& options, rdb::TailSink* tail) {
    rdb::ReaderOptions out = options.tolerant_reader();
    out.tolerates_flaws = true;  // so that all values that the target would refuse are named
    out.tail = tail;
    return out;
  }

  std::unique_ptr<rdb::RandomSource> source_;
  rdb::RandomAccess* again_;
  Progress progress_;
  rdb::ArrivingSource wrap_;
  rdb::Reader reader_;
  rdb::RandomAccess& bytes_;
};

// A file that is joined, and what became of it.
struct Input {
  explicit Input(std::string name) : path(std::move(name)) {}

  std::string path;
  CommandSource aof{};
  rdb::FileSource file = {};
  rdb::FileAccess bytes{file};
  std::unique_ptr<Pass> pipe = {};  // opened, of what can be read but once
  std::string wrapper = {};
  rdb::Header header = {};
  std::string writer = {};
  uint64_t from = 0;                      // of all files, one behind the other
  std::optional<uint64_t> checksum = {};  // as it was read for duplicates
  std::vector<uint64_t> left_out = {};
  uint64_t keys = 0;     // read
  uint64_t dropped = 0;  // of these, duplicates
  uint64_t lost = 0;     // of these, what the target does not hold, as was allowed
  std::vector<rdb::Finding> findings = {};

  [[nodiscard]] std::string shown() const {
    const std::string& read = aof.base().empty() ? path : aof.base();
    const std::string name = read == "-" ? "standard input" : shown_output(read);
    return wrapper.empty() ? name : name + " (unwrapped)";
  }
};

}  // namespace cli
