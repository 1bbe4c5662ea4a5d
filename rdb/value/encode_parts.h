// What the encoders of all kinds share. Private to encode*.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rdb/codec/length.h"
#include "rdb/codec/listpack.h"
#include "rdb/codec/string.h"
#include "rdb/codec/ziplist.h"
#include "rdb/io/output.h"
#include "rdb/io/spill.h"
#include "rdb/value/encode.h"
#include "rdb/value/type_id.h"

namespace rdb {

// RDB versions from which forms exist.
inline constexpr unsigned kHasQuicklist = 7;
inline constexpr unsigned kHasBinaryScores = 8;
inline constexpr unsigned kHasLongLengths = 8;  // of 64 bits
inline constexpr unsigned kHasStreams = 9;
inline constexpr unsigned kHasListpacks = 10;
inline constexpr unsigned kHasSetListpack = 11;

struct EncodeContext {
  Output& out;
  ValueStart& start;
  const EncodeOptions& options;
  bool is_open = false;  // a value has been begun and not ended
  EncodeLosses losses = {};
  Error error = {};
  const Output* held = nullptr;  // of a Counted, which may fail
  std::string gathered = {};     // a string that comes in pieces

  // What stands before a value of this type.
  bool begin(TypeId type);
  bool string(Output& to, std::string_view bytes) {
    return write_string(to, bytes, options.compress);
  }
  // A string that may come in pieces, as a server would write it.
  bool text(Output& to, const Text& text);
  // A packed value, in the form of the version.
  bool packed(TypeId listpack_type, TypeId ziplist_type, ListpackBuilder& elements);
  bool too_large(uint64_t found, uint64_t allowed, std::string_view what);
};

// All elements of `from`, which is finished and cleared by this.
template <typename Take>
bool move_all(ListpackBuilder& from, Take&& take) {
  Listpack elements(from.finish());
  for (Scalar element; elements.next(element);) {
    if (!take(element)) return false;
  }
  from.clear();
  return true;
}

// As a ziplist.
std::string_view to_ziplist(ListpackBuilder& from, ZiplistBuilder& to);

// Takes bytes to be handed on later.
class HeldSink : public ByteSink {
 public:
  [[nodiscard]] bool write(std::string_view bytes) override;
  // Writes all of them to `to`, and what comes from now on as well. False: error(), or that of
  // `to`.
  [[nodiscard]] bool hand_on(Output& to);

 private:
  SpillSink spill_;
  Output* to_ = nullptr;
};

// Elements whose number stands before them but is known after them. The first 64 KiB are held. What
// is longer is written behind a number that is patched in where the output can be patched, and held
// where it cannot.
class Counted {
 public:
  explicit Counted(EncodeContext& context) : context_(context) {}

  void begin(TypeId type);
  // Where the next element goes.
  [[nodiscard]] Output& body() {
    if (held_out_ && held_out_->pos() > kFirstBytes && context_.out.can_patch()) settle();
    return held_out_ ? *held_out_ : context_.out;
  }
  bool finish(uint64_t count);

 private:
  static constexpr uint64_t kFirstBytes = 64 << 10;

  void settle();
  bool hand_on();

  EncodeContext& context_;
  TypeId type_ = kString;
  std::unique_ptr<HeldSink> held_;
  std::unique_ptr<Output> held_out_;
  uint64_t at_ = 0;
  std::string was_;
};

}  // namespace rdb
