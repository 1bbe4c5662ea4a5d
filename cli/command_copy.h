// Copies commands from an input to wherever its data go.
#pragma once

#include <cstdint>
#include <string_view>

#include "cli/carry.h"
#include "rdb/file/reader.h"

namespace cli {

// The bytes of one file of commands after another. Not thread-safe.
class CommandCopy : public rdb::ByteSink {
 public:
  // Borrows `to`, which takes commands.
  explicit CommandCopy(Destination& to) : to_(to) {}

  // Another file of the input begins; one without a byte is not copied.
  void begin() { file_ = nullptr; }
  // The commands that come follow the RDB part that `reader`, borrowed, reads: they begin in the
  // database that it names.
  void follow(const rdb::Reader* reader) { reader_ = reader; }
  [[nodiscard]] bool write(std::string_view bytes) override;
  // Takes back the last `bytes` of the file that was begun last.
  [[nodiscard]] bool take_back(uint64_t bytes);

 private:
  bool start();

  Destination& to_;
  const rdb::Reader* reader_ = nullptr;
  rdb::ByteSink* file_ = nullptr;
  uint64_t size_ = 0;  // of the file
};

}  // namespace cli
