// How explain walks: private to explain*.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/codec/scalar.h"
#include "rdb/codec/string.h"
#include "rdb/file/reader.h"
#include "rdb/io/random.h"
#include "rdb/show/explain.h"

namespace rdb {

// Bytes as text, cut after the first of them if there are many, unless `is_all`.
[[nodiscard]] std::string shown(std::string_view bytes, uint64_t total, bool is_all);

// `1767225600000 ms, 2026-01-01 00:00:00.000 UTC`.
[[nodiscard]] std::string shown_time(int64_t ms);

// Hands annotations on: of the many items of a group the first and the last, and what is wrong as
// soon as its place has been passed.
class Notes {
 public:
  Notes(RandomAccess& file, const Error& damage, bool is_all, Annotations& to)
      : file_(file), damage_(damage), is_all_(is_all), to_(to) {}

  void begin_group() { groups_.push_back(0); }
  bool item();
  bool end_group();

  // Bytes of the file from `offset` to `end`; of a blob with an offset of its own those of `at`.
  bool add(uint64_t offset, uint64_t end, std::string words);
  bool add_inner(const Blob& blob, uint64_t inner, uint64_t size, std::string words);
  // The same where all is shown, in pieces: words, then text, then words.
  bool begin(uint64_t offset, uint64_t end, std::string words);
  bool begin_inner(const Blob& blob, uint64_t inner, uint64_t size, std::string words);
  bool text(std::string_view bytes);
  bool end(std::string_view words);
  // Whether the damage is among these bytes of the file.
  [[nodiscard]] bool is_damaged(uint64_t offset, uint64_t end) const {
    return !damage_.ok() && damage_.has_offset && damage_.offset >= offset && damage_.offset < end;
  }
  // The damage, if it has not been told.
  bool tell_damage(const Blob* blob = nullptr);

  [[nodiscard]] bool is_told() const { return is_told_; }
  [[nodiscard]] bool is_all() const { return is_all_; }
  // Whether `to` wants no more.
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }

 private:
  bool put(Annotation annotation, const Blob* blob);
  bool tell_due_damage();
  bool hand_over(const Annotation& annotation);
  bool flush();

  RandomAccess& file_;
  const Error& damage_;
  bool is_all_;
  Annotations& to_;
  std::vector<uint64_t> groups_;  // how many items each has had
  size_t hidden_at_ = 0;          // the number of groups where hiding began; 0: nothing is hidden
  uint64_t hidden_ = 0;           // items
  std::deque<Annotation> last_;   // of the last of them
  bool is_due_ = false;           // the damage is in what has been handed over
  const Blob* due_in_ = nullptr;  // and in this blob
  bool is_told_ = false;
  bool is_stopped_ = false;
};

// What the elements of a packed blob are, one after the other.
class Labels {
 public:
  virtual ~Labels() = default;
  // The next one; `is_first`: an item begins.
  virtual std::string_view next(bool& is_first) = 0;
  // What it turned out to be.
  virtual void take(const Scalar&) {}
};

// Annotates a blob: header, entries, end mark. False: damage, or `notes` has stopped.
bool explain_blob(char form, const Blob& blob, Labels& labels, Notes& notes);
// Of a stream's listpack.
bool explain_stream_node(const Blob& blob, Notes& notes);

// One thread.
class Walker {
 public:
  Walker(RandomAccess& file, const Header& header, uint64_t offset, Notes& notes,
         uint64_t held_max);

  // Annotates the next record, SELECTDB or end mark. False: damage, or the notes have stopped.
  bool unit();
  [[nodiscard]] uint64_t pos() const { return in_.pos(); }
  [[nodiscard]] bool is_at_end() const { return is_at_end_; }
  // What the trailer is compared with.
  void expect(uint64_t checksum) { checksum_ = checksum; }

 private:
  // What can be told of a string before it is read.
  struct Head {
    std::string form;
    uint64_t stored = 0;  // bytes in the file
    uint64_t size = 0;    // bytes of the string; 0: few, or unknown
  };

  bool run(std::string_view layout);
  bool step(char op, std::string_view label);
  bool repeat(std::string_view label, std::string_view body);
  bool string(std::string_view label);
  bool long_string(std::string_view label, const Head& head);
  bool blob(char form, std::string_view labels);
  bool node();
  bool module_items();
  bool entry(uint8_t id, uint64_t at);
  bool foreign(const ForeignItem& item, uint64_t at);
  bool trailer();
  bool add(uint64_t from, std::string words) {
    return notes_.add(from, in_.pos(), std::move(words));
  }
  bool length(std::string_view label, std::string (*words)(uint64_t) = nullptr);
  Head head();

  RandomSource source_;
  Input in_;
  StringReader strings_;
  const Header& header_;
  Notes& notes_;
  std::optional<uint64_t> checksum_;
  uint64_t length_ = 0;  // the last that was read
  bool is_at_end_ = false;
};

}  // namespace rdb
