// Finds where records go on behind bytes that cannot be followed. Every byte is a candidate that
// looks like the start of a record; from a candidate the records are decoded one after the other,
// and what speaks for them being records is counted in bits: a known type, readable keys and
// values, compressed or packed values that decode to the last byte. A chain of records is
// convincing at kConvincing bits, or when it ends where the file should.
//
// Work is bounded: a chain is given up kAheadBytes behind its candidate where it has not convinced
// by then (longer values get through as long as the budget lasts), and all chains of a file
// together read at most kBudgetFactor times the file and kBudgetBytes more.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "rdb/file/reader.h"
#include "rdb/io/random.h"

namespace rdb {

// What speaks for a value being one, in bits. Sink of a value that decodes in full.
class Evidence : public Sink {
 public:
  // Of the value whose events it has got, and that has ended.
  [[nodiscard]] int bits() const {
    constexpr int kTwice = -48;  // which no server writes
    return empty_ > 1 ? kTwice : bits_ + (text_ < kTextMax ? text_ : kTextMax);
  }
  // Of a string, its bytes; of a collection, its elements or nodes, or 1 for what is sealed.
  [[nodiscard]] uint64_t size() const { return size_; }
  // Whether nothing could be changed in its extent without it being noticed: it is in a blob that
  // tells its size.
  [[nodiscard]] bool is_sealed() const { return is_sealed_; }
  // Whether all of it is text, which it would hardly be if others had been taken for a part of it.
  // Of strings that are long not all is looked at.
  [[nodiscard]] bool is_fluent() const {
    return is_string_ ? texts_ == 1 && size_ <= kLooked : size_ >= kFluent && size_ == texts_;
  }

  bool begin(const Type& type, uint64_t count) override;
  bool item(const Text& text) override { return add(text); }
  bool member(const Text& text) override { return add_unique(text); }
  bool field(const Text& text) override { return add_unique(text); }
  bool value(const Text& text) override { return add(text); }
  bool score(double score) override;
  bool module(const ModuleId& id) override {
    module_ = id;
    return true;
  }
  [[nodiscard]] const ModuleId& module() const { return module_; }

  // For bytes that can be read as text, at most kTextMax. Not for an integer, which is text
  // whatever its bytes are.
  [[nodiscard]] static int of_text(std::string_view bytes);

 private:
  static constexpr int kTextMax = 24;
  static constexpr uint64_t kFluent = 4;
  static constexpr size_t kLooked = 1024;

  bool add(const Text& text);
  bool add_unique(const Text& text) {
    empty_ += text.total == 0 && !is_stream_ ? 1 : 0;
    return add(text);
  }

  int bits_ = 0;
  int text_ = 0;
  uint64_t size_ = 0;
  uint64_t texts_ = 0;  // elements
  uint64_t empty_ = 0;  // of those that may not occur twice
  ModuleId module_;
  bool is_sealed_ = false;
  bool is_string_ = false;
  bool is_stream_ = false;
  bool is_text_score_ = false;
};

// One thread.
class Resync {
 public:
  static constexpr int kConvincing = 48;
  static constexpr int kWeak = 36;  // is taken where nothing convincing is near behind it
  // What must speak for the first record, which what follows cannot speak for: one that is made up
  // of other bytes may happen to end where a record begins. A file with many stranger records
  // elsewhere is not asked.
  static constexpr int kCredible = 12;
  static constexpr uint64_t kLong = 24;  // more records are not looked at
  static constexpr uint64_t kNearBytes = 64 << 10;
  static constexpr uint64_t kAheadBytes = 1 << 20;
  static constexpr uint64_t kBudgetFactor = 16;
  static constexpr uint64_t kBudgetBytes = uint64_t{1} << 30;

  // A sequence of records.
  struct Chain {
    int bits = 0;
    uint64_t records = 0;
    uint64_t end = 0;
    int first_bits = 0;  // of the first record
    uint64_t first_end = 0;
    bool has_text_key = false;
    uint64_t prefixes = 0;     // idle times and frequencies, which all records have or none
    bool reaches_end = false;  // of the file, as it should be
    bool meets = false;        // has a record at one of the offsets that were given
    bool is_cut = false;       // given up

    [[nodiscard]] bool is_convincing() const {
      return reaches_end || (bits >= kConvincing && records > 1);
    }
  };

  static constexpr uint64_t kKeyBytes = 64 << 10;  // longer keys are taken for none

  // Both must outlive it. `databases` of the target.
  Resync(RandomAccess& file, const Header& header, ReaderOptions options, uint64_t databases);

  // A type or opcode that occurs in the file where nothing is wrong.
  void saw(uint8_t id) { seen_[id] = true; }
  void saw(const ModuleId& id) { modules_.insert(id.id); }
  // What spoke for a record there.
  void saw_bits(int bits) {
    ++records_;
    strange_ += bits < kCredible ? 1 : 0;
  }

  // The first place from `from` on where records go on; the size of the file if there is none.
  [[nodiscard]] uint64_t find(uint64_t from);

  // The first place in [from, to) from where records lead to `goal` (the size of the file: to the
  // end, or on and on) without meeting one of `boundaries`, on more than `bits`; `to` if there is
  // none. Not `strictly`: or to the end of the record there, which may be misread itself.
  [[nodiscard]] uint64_t find_leading(uint64_t from, uint64_t to, uint64_t goal, bool strictly,
                                      std::span<const uint64_t> boundaries, int bits);

  // Where the expiry, idle time or frequency begins that stands before the record at `at`; that if
  // there is none.
  [[nodiscard]] uint64_t find_prefix(uint64_t at);

  // What speaks for the record, whose value it reads.
  int weigh(Reader& reader, const Record& record, Evidence& evidence, Sink* also = nullptr);
  // `first_end`: of the first record, where that is known.
  [[nodiscard]] Chain follow(uint64_t from, int bits_wanted,
                             std::span<const uint64_t> boundaries = {}, uint64_t first_end = 0);
  // Whether all of the budget is spent.
  [[nodiscard]] bool is_exhausted() const { return spent_ > budget_; }

 private:
  Chain follow_within(uint64_t from, uint64_t end, int bits_wanted,
                      std::span<const uint64_t> boundaries);
  // Whether there are binary keys where nothing is wrong.
  [[nodiscard]] bool is_strange() const { return strange_ * 20 > records_ + 20; }
  [[nodiscard]] bool is_credible(const Chain& chain) const {
    return chain.first_bits >= kCredible || (chain.first_bits >= 0 && is_strange());
  }
  uint64_t best_within(uint64_t at, const Chain& chain);
  [[nodiscard]] bool looks_like_start(uint64_t at, std::string_view bytes) const;
  [[nodiscard]] bool looks_like_entry(uint64_t at, std::string_view bytes) const;
  [[nodiscard]] bool is_usual(uint8_t type) const;
  std::string_view window(uint64_t at);
  uint64_t skim_string(uint64_t at, uint8_t type);
  uint64_t skim_elements(uint64_t at, uint64_t n, std::string_view element, uint8_t type,
                         bool& is_sure);
  bool skims(uint64_t at, uint64_t& end);
  bool is_candidate(uint64_t at, uint64_t& end);

  RandomAccess& file_;
  const Header& header_;
  ReaderOptions options_;
  uint64_t databases_;
  std::array<bool, 256> seen_{};
  std::set<uint64_t> modules_;
  uint64_t records_ = 0;
  uint64_t strange_ = 0;
  std::string window_;
  uint64_t window_at_ = 0;
  std::string last_key_;
  uint64_t spent_ = 0;
  uint64_t budget_;
};

}  // namespace rdb
