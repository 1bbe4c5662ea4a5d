// Reads a whole file record by record and keeps what came out of it as lines of text, one a record
// or event, to be compared: `entry db 0 key k string expires 5`, `  item v`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/file/reader.h"
#include "rdb/value/sink.h"

namespace rdb {

using Lines = std::vector<std::string>;

// Checks that they are the same, and shows them if not.
void check_lines(const Lines& got, const Lines& expected);

// Keeps the events of values. Checks that pieces of a string come in order and make up its size,
// and that a string of up to kPieceBytes is whole.
class Recorder : public Sink {
 public:
  Lines lines;
  uint64_t pieces = 0;

  bool begin(const Type& type, uint64_t count) override;
  bool end() override { return add("end"); }
  bool item(const Text& text) override { return join("item", text); }
  bool member(const Text& text) override { return join("member", text); }
  bool score(double score) override;
  bool field(const Text& text) override { return join("field", text); }
  bool value(const Text& text) override { return join("value", text); }
  bool expiry(int64_t ms) override { return add("expiry " + std::to_string(ms)); }
  bool stream_entry(const StreamEntry& entry) override;
  bool stream(const Stream& stream) override;
  bool group_name(const Text& text) override { return join("group-name", text); }
  bool group(const Group& group) override;
  bool pending(const Pending& pending) override;
  bool consumer_name(const Text& text) override { return join("consumer-name", text); }
  bool consumer(const Consumer& consumer) override;
  bool owned(const StreamId& id) override;
  bool module(const ModuleId& id) override;
  bool module_integer(ModuleOpcode opcode, uint64_t v) override;
  bool module_real(ModuleOpcode opcode, double v) override;
  bool module_string(const Text& text) override { return join("string", text); }

 private:
  bool add(std::string line);
  bool join(std::string_view event, const Text& text);

  std::string joined_;
};

// Short strings as they are; of long ones the size and the checksum.
[[nodiscard]] std::string shown(std::string_view bytes);

enum class Depth : uint8_t { full, extents };

struct WalkOptions {
  size_t step = SIZE_MAX;
  Depth depth = Depth::full;
  ReaderOptions reader = {};
  bool can_reread = false;  // the reader may read the bytes again
};

// Where a payload stands in the file.
struct Extent {
  uint64_t from = 0;
  uint64_t to = 0;
  bool operator==(const Extent&) const = default;
};

struct FileWalk {
  Lines lines;
  std::vector<Extent> extents;  // of every payload
  std::string copy;             // of every payload, as the tap had it
  bool finished = false;
  Error error;
  Header header;
  Checksum checksum = Checksum::unread;
  uint64_t end = 0;
  uint64_t pos = 0;
  uint64_t pieces = 0;
  Tail tail;
  Tally tally;
  std::array<Note, 256> opcodes;
  bool looks_swapped = false;

  // The whole message of the error, the file being "dump.rdb".
  [[nodiscard]] std::string message() const { return rdb::message(error, "dump.rdb"); }
  // The lines of the records alone, without the header and the events.
  [[nodiscard]] Lines records() const;
};

[[nodiscard]] FileWalk walk_file(std::string_view bytes, const WalkOptions& options = {});

// At every step; all must agree in everything, and what is returned is the last.
[[nodiscard]] FileWalk walk_at_every_step(std::string_view bytes, const WalkOptions& options = {});

// One value behind `entry`, key "k" of db 3, in a file with that header; bytes of the value count
// from kValueOffset in the file.
inline constexpr uint64_t kValueOffset = 14;  // header 9, select 2, type 1, key 2
[[nodiscard]] FileWalk walk_value(unsigned type, std::string_view value,
                                  std::string_view header = "REDIS0011");

// The events of a sound value, without begin and end of the record.
[[nodiscard]] Lines events_of(unsigned type, std::string_view value,
                              std::string_view header = "REDIS0011");

// What is wrong with a damaged value: the message behind "dump.rdb: ", after checking that it is
// the same at every step and of status damaged.
[[nodiscard]] std::string damage_of(unsigned type, std::string_view value,
                                    std::string_view header = "REDIS0011");

}  // namespace rdb
